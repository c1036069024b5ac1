// Addresses, language, theme and print; and the start, after the first paint.
const PAGES = { findings: findingsPage, inventory: inventoryPage, lineage: lineagePage, consent: consentPage, ownership: ownershipPage, record: recordPage, coverage: coveragePage, evidence: evidencePage, terms: termsPage, finding: findingPage };
const sections = new Map([...document.querySelectorAll("section.page")].map((section) => [section.dataset.page, section]));

function where() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [page, ...parts] = path.split("/").map((part) => { try { return decodeURIComponent(part); } catch { return part; } });
  return { page: sections.has(page) ? page : "overview", parts: parts.filter((p) => p !== ""), query: new URLSearchParams(query) };
}
function show(moved) {
  const { page, parts, query } = where();
  for (const [name, section] of sections) section.hidden = name !== page;
  const current = page === "finding" ? "findings" : page;
  document.querySelectorAll("nav.pages a").forEach((a) => { if (a.dataset.page === current) a.setAttribute("aria-current", "page"); else a.removeAttribute("aria-current"); });
  if (state.data && PAGES[page]) PAGES[page](sections.get(page).querySelector(".body"), parts, query);
  document.title = [document.querySelector(`nav.pages a[data-page="${current}"] .t[lang="${root.lang}"]`)?.textContent, document.querySelector(".platform").textContent, "datagov"].filter(Boolean).join(" · ");
  if (moved && !parts.length) { scrollTo(0, 0); byId("h-" + page)?.focus({ preventScroll: true }); } else if (moved && page !== "findings" && page !== "terms") scrollTo(0, 0);
  document.querySelector("nav.pages [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
function speak(language) {
  root.dataset.lang = language;
  root.lang = language === "zh" ? "zh-CN" : "en";
  if (state.words) {
    byId("nav").setAttribute("aria-label", say("ui.nav"));
    byId("language").setAttribute("aria-label", say("ui.language.label"));
  }
  show(false);
}
function paint(theme) {
  root.dataset.theme = theme;
  byId("theme").setAttribute("aria-pressed", String(theme === "dark"));
}
// On paper every finding is there, whatever is open or filtered on the screen.
function printAll() {
  state.printing = true;
  state.theme = root.dataset.theme;
  root.dataset.theme = "light";
  if (state.data) for (const [page, draw] of Object.entries(PAGES)) if (page !== "lineage" && page !== "finding") draw(sections.get(page).querySelector(".body"), [], new URLSearchParams());
}
function trouble(key) {
  const text = { no_stream: byId("main").dataset.noStream, damaged: byId("main").dataset.damaged }[key];
  const [en, chinese] = text.split("\n");
  const box = byId("trouble");
  box.hidden = false;
  box.replaceChildren(h("span", { class: "t", lang: "en" }, en), h("span", { class: "t", lang: "zh-CN" }, chinese));
  document.querySelectorAll("section.page .body").forEach((body) => body.replaceChildren(box.cloneNode(true)));
}
async function start() {
  if (typeof DecompressionStream === "undefined") { trouble("no_stream"); return; }
  try {
    state.data = await unpack(byId("data").textContent);
    byId("data").remove();
  } catch { trouble("damaged"); return; }
  state.words = new Map(Object.entries(state.data.words));
  state.glossary = new Map(state.data.glossary.map((row) => [row[0], row]));
  state.levels = new Set(SEVERITY);
  m = model(state.data);
  speak(root.dataset.lang);
  root.dataset.ready = "yes";
  performance.mark("ready");
}
addEventListener("hashchange", () => show(true));
addEventListener("beforeprint", printAll);
addEventListener("afterprint", () => { state.printing = false; root.dataset.theme = state.theme ?? root.dataset.theme; show(false); });
byId("print").addEventListener("click", () => print());
byId("theme").addEventListener("click", () => { const theme = root.dataset.theme === "dark" ? "light" : "dark"; paint(theme); keep("theme", theme); });
byId("language").addEventListener("click", () => { const language = zh() ? "en" : "zh"; speak(language); keep("language", language); });
paint(root.dataset.theme);
show(false);
requestAnimationFrame(() => setTimeout(start, 0));
