// Elements, words and numbers. Text only ever enters the page as text nodes: there is no innerHTML anywhere.
const root = document.documentElement;
const state = { data: null, printing: false };
const byId = (id) => document.getElementById(id);
const zh = () => root.dataset.lang === "zh";

function build(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== ""));
  return element;
}
const h = (tag, attributes, ...children) => build(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

// A word of the vocabulary, filled in; {n} picks one or many.
function say(key, values = {}) {
  const pair = state.words.get(key);
  if (!pair) return key;
  let text = zh() ? pair[1] : pair[0];
  const [one, many] = text.split("|");
  text = many && values.n !== 1 ? many : one;
  return text.replace(/\{(\w+)\}/g, (all, name) => {
    const value = values[name];
    return value === undefined ? all : typeof value === "number" ? num(value) : value;
  });
}
// The word for one value of a closed list; a value the vocabulary lacks stays itself.
function named(kind, value) {
  const pair = state.words.get(kind + "." + value);
  return pair ? (zh() ? pair[1] : pair[0]) : String(value ?? "").replaceAll("_", " ");
}
const both = (en, chinese) => (zh() ? chinese || en : en || chinese);
const num = (n) => (n === null || n === undefined ? "–" : Number(n).toLocaleString("en-US"));
const share = (part, whole) => (whole ? say("unit.percent", { n: percent(part / whole) }) : "–");
// Never rounds up to 100 or down to 0: 99.96 % covered is not all.
function percent(x) {
  const shown = (100 * x).toFixed(1);
  if (shown === "100.0" && x < 1) return ">99.9";
  if (shown === "0.0" && x > 0) return "<0.1";
  return shown.replace(/\.0$/, "");
}
// A dotted or slashed name that may break after its marks, never inside a word.
const breakable = (text) => String(text).split(/(?<=[._/:@])/).map((part, n) => (n ? [h("wbr"), part] : part));
const code = (text, attributes) => h("code", attributes ?? {}, breakable(text));
const place = (file, line) => (file ? code(line ? file + ":" + line : file) : null);
const muted = (...children) => h("span", { class: "muted" }, children);
const tags = (...children) => h("span", { class: "tags" }, children);
const tag = (text, kind, title) => h("span", { class: "tag " + (kind ?? ""), title }, text);
const severity = (level) => h("span", { class: "sev sev-" + (state.levels.has(level) ? level : "indicator") }, named("severity", level));
const facts = (pairs) => h("dl", { class: "facts" }, pairs.filter(([, v]) => v !== null && v !== "" && v !== undefined).map(([k, v]) => [h("dt", {}, k), h("dd", {}, v)]));
const card = (title, ...children) => h("div", { class: "card" }, title ? h("h2", {}, title) : null, children);
const list = (items) => items.map((item, n) => [n ? (zh() ? "、" : ", ") : "", item]);

// A word that leads to its explanation.
function term(key, text) {
  const entry = state.glossary.get(key);
  if (!entry) return text ?? key;
  return h("a", { class: "term", href: "#/terms/" + key, title: both(entry[3], entry[4]) }, text ?? both(entry[1], entry[2]));
}
// The words of a page that have an explanation.
const explained = (...keys) => h("p", { class: "small muted explained" }, say("tab.terms"), ": ", keys.map((key, n) => [n ? " · " : "", term(key)]));
// A bar of parts [class, amount], drawn 100 wide.
function bar(parts, total, extra = "") {
  let at = 0;
  const rects = parts.map(([kind, n]) => {
    const wide = total ? (100 * n) / total : 0;
    const rect = s("rect", { class: kind, x: at.toFixed(3), width: wide.toFixed(3), height: 8 });
    at += wide;
    return rect;
  });
  return s("svg", { class: "bar " + extra, viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    s("rect", { class: "f-track", width: 100, height: 8 }), rects);
}
const swatch = (kind) => s("svg", { class: "swatch", viewBox: "0 0 10 10", "aria-hidden": "true" }, s("rect", { class: kind, width: 10, height: 10, rx: 2 }));
const meter = (x) => s("svg", { class: "meter", viewBox: "0 0 48 6", "aria-hidden": "true" }, s("rect", { class: "f-track", width: 48, height: 6 }), s("rect", { class: "f-accent", width: 48 * x, height: 6 }));
const address = (...parts) => "#/" + parts.map(encodeURIComponent).join("/");

function keep(key, value) {
  try { localStorage.setItem("datagov." + key, value); } catch { /* a file opened without storage still works */ }
}
async function unpack(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}
