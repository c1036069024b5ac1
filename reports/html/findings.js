// Findings, grouped by what has to be repaired; and one finding with its path and its rule.
const wanted = { severities: new Set(), owner: "", text: "" };

function findingsPage(body, parts, query) {
  if (query.has("severity")) wanted.severities = new Set([query.get("severity")]);
  const all = m.data.findings;
  const owners = [...new Set(all.flatMap((row) => ownersOf(row)))].sort();
  const count = h("span", { class: "count", role: "status" });
  const groups = h("div");
  const chips = m.data.severities.filter(([, n]) => n).map(([level, n]) => h("button", {
    type: "button", class: "chip", "aria-pressed": String(wanted.severities.has(level)),
    onclick: (event) => {
      if (!wanted.severities.delete(level)) wanted.severities.add(level);
      event.currentTarget.setAttribute("aria-pressed", String(wanted.severities.has(level)));
      draw();
    },
  }, named("severity", level), " ", num(n)));
  let waiting = 0;
  const controls = h("div", { class: "controls" },
    h("div", { role: "group", "aria-label": say("severity"), class: "controls" }, chips),
    h("label", {}, say("owner"), h("select", { onchange: (event) => { wanted.owner = event.target.value; draw(); } },
      [["", say("filter.all")], ["-", say("owner.none")], ...owners.map((o) => [o, o])].map(([value, text]) => h("option", { value, selected: wanted.owner === value }, text)))),
    h("input", { type: "search", value: wanted.text, placeholder: say("filter"), "aria-label": say("filter") + ": " + say("tab.findings"), oninput: (event) => { clearTimeout(waiting); const box = event.target; waiting = setTimeout(() => { wanted.text = box.value.trim().toLowerCase(); draw(); }, 80); } }),
    count);
  const fits = (row) => (!wanted.severities.size || wanted.severities.has(row[2]))
    && (!wanted.owner || (wanted.owner === "-" ? !ownersOf(row).length : ownersOf(row).includes(wanted.owner)))
    && (!wanted.text || [row[1], row[4], row[5], row[6], row[7], row[8]].join(" ").toLowerCase().includes(wanted.text));
  const target = parts.length ? Number(parts[0]) : -1;
  function draw() {
    const printing = state.printing;
    const rows = printing ? all : all.filter(fits);
    const by = new Map();
    for (const row of rows) { const found = by.get(row[3]); if (found) found.push(row); else by.set(row[3], [row]); }
    const causes = m.data.causes.filter((cause) => by.has(cause[0]));
    count.textContent = say("n_findings", { n: rows.length }) + " " + say("n_from_causes", { n: causes.length });
    groups.replaceChildren();
    let drawn = 0;
    const more = h("div", { class: "more" });
    const add = (upTo) => {
      groups.append(...causes.slice(drawn, upTo).map((cause) => causeCard(cause, by.get(cause[0]), printing || cause[0] === target)), more);
      drawn = Math.min(upTo, causes.length);
      more.replaceChildren();
      if (drawn < causes.length) more.append(h("button", { type: "button", onclick: () => add(drawn + STEP) }, say("show_more", { n: Math.min(STEP, causes.length - drawn) })));
    };
    const position = causes.findIndex((cause) => cause[0] === target);
    add(printing ? Infinity : Math.max(STEP, position + 1));
    if (!causes.length) groups.append(h("p", { class: "empty" }, all.length ? say("filter.none") : say(m.data.silence)));
  }
  draw();
  body.replaceChildren(all.length ? controls : "", groups, explained("finding", "cause", "unknown", "fingerprint", "rectification"));
  const open = target >= 0 ? groups.querySelector("details[open]") : null;
  if (open) open.scrollIntoView({ block: "start" });
}
const ownersOf = (row) => row[5].split(",").map((o) => o.trim()).filter(Boolean);
const personName = (principal) => {
  const row = m.principals.get(principal);
  return h("span", { title: row?.[1] || null }, breakable(principal), row && row[2] !== "active" ? [" ", tag(row[3] ? say("ownership.left", { date: row[3].slice(0, 10) }) : say("ownership.disabled"), heir(principal) ? "warn" : "bad"), heir(principal) ? h("div", { class: "small" }, say("ownership.heir", { person: heir(principal) })) : ""] : "");
};
function causeCard([id, rule, level, subject, , en, chinese, file, line, owners], rows, open) {
  const about = m.rules.get(rule);
  const inside = h("div", { class: "inside" });
  const fill = () => {
    if (inside.firstChild) return;
    inside.append(
      h("p", {}, both(en, chinese)),
      facts([[say("remedy"), about ? both(about[8], about[9]) : null], [say("place"), place(file, line)], [say("owners"), owners.length ? list(owners.map(personName)) : tag(say("owner.none"), "bad")], [say("rule"), ruleLink(rule)]]),
      findingTable(rows));
  };
  const element = h("details", { class: "card cause", id: "cause-" + id, open, ontoggle: fill },
    h("summary", {}, severity(level), h("span", { class: "what" }, h("b", {}, about ? both(about[4], about[5]) : rule), code(subject)),
      h("span", { class: "who" }, h("span", {}, say("n_findings", { n: rows.length })), muted(owners.length ? owners[0] + (owners.length > 1 ? " +" + (owners.length - 1) : "") : say("owner.none")))), inside);
  if (open) fill();
  return element;
}
const findingTable = (rows) => grid({
  caption: say("tab.findings"), rows, empty: say("causes.none"), all: true,
  columns: [
    { title: say("subject"), get: (row) => row[4], cell: (row) => h("a", { href: address("finding", row[0]) }, code(row[4])) },
    ...(new Set(rows.map((row) => row[1])).size > 1 ? [{ title: say("rule"), get: (row) => row[1], cell: (row) => ruleLink(row[1]) }] : []),
    { title: say("message"), get: (row) => both(row[6], row[7]) },
    { title: say("owner"), get: (row) => row[5], cell: (row) => (ownersOf(row).length ? list(ownersOf(row).map(personName)) : tag(say("owner.none"), "bad")) },
    { title: say("place"), get: (row) => row[8] + ":" + row[9], cell: (row) => place(row[8], row[9]) },
  ],
});
const ruleLink = (rule) => { const about = m.rules.get(rule); return h("a", { href: address("evidence", rule) }, rule, about ? " · " + both(about[4], about[5]) : ""); };

// Edges from an origin to a column, the fewest steps; empty when none is known.
function pathTo(column, origin, last) {
  const via = new Map([[column, -1]]);
  let front = [column];
  for (let hop = 0; hop < 64 && front.length && !via.has(origin); hop += 1) {
    const next = [];
    for (const c of front) for (const e of m.into.get(c) ?? []) {
      const source = m.edges.from[e];
      if (m.value(e) && !via.has(source) && (c !== column || last < 0 || e === last)) { via.set(source, e); next.push(source); }
    }
    front = next;
  }
  const steps = [];
  for (let c = origin; via.get(c) >= 0; c = m.edges.to[via.get(c)]) steps.push(via.get(c));
  return steps;
}
function findingPage(body, [fingerprint]) {
  const row = m.data.findings.find((f) => f[0] === fingerprint);
  const back = h("p", {}, h("a", { href: row ? address("findings", String(row[3])) : "#/findings" }, "← " + say("tab.findings")));
  if (!row) { body.replaceChildren(back, h("p", { class: "empty" }, say("ui.not_found"))); return; }
  const [, rule, level, , subject, , en, chinese, file, line, d, c, origin, last] = row;
  const about = m.rules.get(rule);
  const end = c >= 0 ? c : last >= 0 ? m.edges.to[last] : -1;
  let steps = end >= 0 && origin >= 0 ? pathTo(end, origin, last) : [];
  if (!steps.length && last >= 0) steps = [last];
  body.replaceChildren(back,
    h("div", { class: "card" }, h("p", {}, severity(level), " ", ruleLink(rule)), h("h2", {}, both(en, chinese)),
      facts([
        [say("subject"), c >= 0 ? columnLink(c) : d >= 0 ? datasetLink(d) : code(subject)], [say("place"), place(file, line)],
        [say("owner"), ownersOf(row).length ? list(ownersOf(row).map(personName)) : tag(say("owner.none"), "bad")],
        [say("remedy"), about ? both(about[8], about[9]) : null], [term("fingerprint", say("fingerprint")), h("code", {}, fingerprint)],
      ])),
    card(say("path"), steps.length ? h("ol", { class: "steps" }, steps.map((e) => h("li", {}, edgeCard(e)))) : h("p", { class: "empty" }, say("path.none"))),
    about ? card(say("rule"), ruleCard(about)) : "");
}
function ruleCard(about) {
  const [, concern, , pack, , , checks, checksZh, remedy, remedyZh, blind, blindZh, , , cited] = about;
  const known = cited.filter((c) => c[3] === "text_read"), other = cited.filter((c) => c[3] !== "text_read");
  const lines = (entries) => h("ul", {}, entries.map(([law, lawZh, article, status, articleZh]) => h("li", {}, both(law, lawZh), " ", both(article, articleZh), " ", tag(named("status", status), status === "text_read" ? "ok" : "warn"))));
  return facts([
    [say("concern"), named("concern", concern)], [say("checks"), both(checks, checksZh)], [say("remedy"), both(remedy, remedyZh)], [say("blind_spots"), both(blind, blindZh)],
    [say("status.text_read.means"), known.length ? lines(known) : null], [say("status.other.means"), other.length ? lines(other) : null], [say("pack"), pack],
  ]);
}
