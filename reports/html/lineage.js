// The lineage page: search first, one neighbourhood, and what the selected column or link means.
const view = { direction: "both", hops: 3, influences: false, edge: -1 };
const KINDS = ["copy", "transform", "gather", "aggregate", "mask", "pseudonym", "cleared"];
const INFLUENCES = ["JOIN", "FILTER", "GROUP_BY", "SORT", "WINDOW", "CONDITIONAL"];

// Columns most worth a first look: sensitive and copied furthest in the clear.
function suggestions() {
  if (m.suggested) return m.suggested;
  const score = (c) => (held(c).some((x) => sensitive(x.entity)) ? 1000 : 0) + (m.reach.get(c) ?? 0);
  const origins = [...m.reach.keys()].filter((c) => c >= 0);
  const scored = (origins.length ? origins : [...m.out.keys()]).map((c) => [c, score(c)]);
  m.suggested = scored.sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 6).map(([c]) => c);
  return m.suggested;
}
function searchBox(onPick) {
  const options = h("ul", { class: "options", role: "listbox", id: "options", "aria-label": say("search.column"), hidden: true });
  let hits = [], at = -1;
  const input = h("input", {
    type: "search", role: "combobox", "aria-expanded": "false", "aria-controls": "options", "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
    placeholder: say("search.hint"), "aria-label": say("search.column"), oninput: () => show(input.value),
    onkeydown: (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); if (hits.length) choose((at + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length); }
      else if (event.key === "Enter" && hits.length) { event.preventDefault(); pick(hits[Math.max(0, at)]); }
      else if (event.key === "Escape") close();
    },
    onblur: () => setTimeout(close, 150),
  });
  function close() { options.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); at = -1; }
  function choose(n) {
    at = n;
    [...options.children].forEach((o, k) => o.setAttribute("aria-selected", String(k === n)));
    options.children[n].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", "option-" + n);
  }
  function pick(hit) { close(); input.value = ""; onPick(hit); }
  function show(query) {
    hits = search(query.trim());
    at = -1;
    options.replaceChildren(...hits.map((hit, n) => h("li", { role: "option", id: "option-" + n, "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); pick(hit); } },
      code(hit.c < 0 ? m.dataset(hit.d) : m.column(hit.c)),
      hit.c < 0 ? muted(say("n_columns", { n: m.datasets.columns[hit.d] })) : tags(held(hit.c).slice(0, 2).map((x) => tag(m.entity(x.entity), sensitive(x.entity) ? "bad" : "warn"))))));
    if (!hits.length) options.replaceChildren(h("li", { role: "option", "aria-selected": "false", "aria-disabled": "true" }, muted(say("search.none"))));
    options.hidden = !query.trim();
    input.setAttribute("aria-expanded", String(!options.hidden));
  }
  return h("div", { class: "combo" }, input, options);
}
const goTo = (hit) => { location.hash = hit.c < 0 ? address("lineage", m.source(hit.d), m.dataset(hit.d)) : address("lineage", m.source(m.datasetOf[hit.c]), m.dataset(m.datasetOf[hit.c]), m.columns.name[hit.c]); };

// What #/lineage/source/dataset/column means: [dataset, columns to focus].
function focusOf([source, name, column]) {
  if (name === undefined) { const [c] = suggestions(); return c === undefined ? null : [m.datasetOf[c], [c], true]; }
  const d = m.find(name, source);
  if (d < 0) return null;
  const all = Array.from({ length: m.first[d + 1] - m.first[d] }, (_, n) => m.first[d] + n);
  if (column === undefined) {
    const linked = all.filter((c) => m.into.has(c) || m.out.has(c));
    return [d, (linked.length ? linked : all).slice(0, 20), true];
  }
  const c = all.find((k) => m.columns.name[k] === column);
  return c === undefined ? null : [d, [c], false];
}
function lineagePage(body, parts) {
  const focus = focusOf(parts);
  view.edge = -1;
  const canvas = h("div", { class: "card canvas", tabindex: "0", role: "group" });
  const side = h("div", { class: "card side", "aria-live": "polite" });
  const status = h("span", { class: "count", role: "status" });
  const below = h("div"), key = h("div");
  const choice = (label, key, options) => h("label", {}, label, h("select", { onchange: (event) => { view[key] = key === "hops" ? Number(event.target.value) : event.target.value; draw(); } },
    options.map(([value, text]) => h("option", { value, selected: String(view[key]) === String(value) }, text))));
  const controls = h("div", { class: "controls" }, searchBox(goTo),
    choice(say("direction"), "direction", [["both", say("direction.both")], ["up", say("direction.up")], ["down", say("direction.down")]]),
    choice(say("hops"), "hops", [1, 2, 3, 4, 6, 8].map((n) => [n, num(n)])),
    h("label", {}, h("input", { type: "checkbox", checked: view.influences, onchange: (event) => { view.influences = event.target.checked; draw(); } }), term("influence", say("influences"))), status);
  const chips = h("p", { class: "small" }, muted(say("graph.start"), ": "), list(suggestions().map((c) => columnLink(c))));
  body.replaceChildren(controls, chips, sqlNote(), canvas, key, side, below, explained("column_lineage", "copied", "transformed", "aggregated", "gathered", "partially_masked", "pseudonymised", "cleared", "influence", "join", "filter", "group", "sort", "window", "condition", "confidence", "query_node", "path_node"));
  if (!focus) {
    canvas.append(h("p", { class: "empty" }, parts.length ? say("ui.not_found") : say("graph.none")));
    side.remove();
    return;
  }
  const [d, columns, whole] = focus;
  function draw() {
    if (!focus) return;
    const up = view.direction !== "down", down = view.direction !== "up";
    const near = neighbourhood(columns, { up, down, hops: view.hops, influences: view.influences });
    const plan = layout(near);
    const name = columns.length === 1 ? m.column(columns[0]) : m.dataset(d);
    const drawn = drawing(plan, near, new Set(columns), select, name);
    canvas.setAttribute("aria-label", say("graph", { name }));
    canvas.replaceChildren(drawn);
    key.replaceChildren(legend());
    canvas.scrollLeft = 0;
    status.textContent = say("graph.sum", { datasets: near.datasets.length, edges: near.edges.length });
    below.replaceChildren(near.cut ? h("p", { class: "note" }, say("graph.cut", { n: MOST })) : "", edgeList(near));
    const box = plan.boxOf(d);
    const scale = drawn.dataset.scale;
    canvas.scrollTo(box.x * scale - canvas.clientWidth / 2 + (WIDE * scale) / 2, Math.max(0, box.y * scale - canvas.clientHeight / 3));
    if (!near.edges.length) below.prepend(h("p", { class: "note" }, say("graph.empty")));
    panel();
  }
  function panel() {
    side.replaceChildren(...(columns.length === 1 ? columnCard(columns[0]) : datasetCard(d)), h("p", { class: "small muted" }, say("graph.select")));
  }
  function select(e, shapes) {
    view.edge = view.edge === e ? -1 : e;
    for (const [other, shape] of shapes) { shape.classList.toggle("on", other === view.edge); shape.classList.toggle("dim", view.edge >= 0 && other !== view.edge); shape.setAttribute("aria-pressed", String(other === view.edge)); }
    if (view.edge < 0) panel();
    else { side.replaceChildren(h("div", { class: "split" }, h("h2", {}, say("link")), h("button", { type: "button", onclick: () => select(e, shapes) }, say("ui.close"))), edgeCard(e));
      const below = side.getBoundingClientRect().top - innerHeight / 2;
      if (below > 0) scrollBy(0, below); // so that the SQL is in sight, and the drawing still is
    }
  }
  draw();
  return whole;
}
function clip(text, room) {
  let used = 0, n = 0;
  const letters = Array.from(text);
  for (; n < letters.length; n += 1) { used += letters[n].codePointAt(0) > 0x2e7f ? 1.7 : 1; if (used > room) return letters.slice(0, n - 1).join("") + "…"; }
  return text;
}
function drawing(plan, near, focus, select, name) {
  const room = Math.max(320, byId("main").clientWidth - 62);
  const scale = Math.min(1, Math.max(0.8, room / plan.width));
  const shapes = new Map(), lanes = new Map(), marks = new Map();
  const edges = near.edges.map((e) => {
    const key = m.datasetOf[m.edges.from[e]] + ">" + (m.edges.to[e] >= 0 ? m.datasetOf[m.edges.to[e]] : m.edges.to[e]);
    const lane = lanes.get(key) ?? 0;
    lanes.set(key, lane + 1);
    const path = route(plan, e, ((lane % 2 ? -1 : 1) * Math.ceil(lane / 2) * 4) % 24);
    const kind = kindOf(e);
    const label = `${m.column(m.edges.from[e])} → ${targetName(e)}: ${named("subtype", m.subtype(e))}` + (m.value(e) ? `, ${arrives(e)}` : "");
    const doubt = m.edges.confidence[e] < CERTAIN ? `, ${say("link.confidence")} ${share(m.edges.confidence[e], 100)}` : "";
    const [, x, y] = /(-?[\d.]+) (-?[\d.]+)$/.exec(path);
    const press = () => select(e, shapes);
    const shape = s("g", { class: `edge e-${kind} t-${m.subtype(e)}${doubt ? " doubt" : ""}`, tabindex: "0", role: "button", "aria-pressed": "false", onclick: press, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); press(); } } },
      s("title", {}, label + doubt), s("path", { class: "hit", d: path }), s("path", { class: "ink", d: path }), s("path", { class: "tip", d: `M${x} ${y - 4}l8 4l-8 4z` }));
    shapes.set(e, shape);
    const mark = markOf(e), spot = x + " " + y;
    if (mark) marks.set(spot, (marks.get(spot) ?? new Set()).add(mark));
    return shape;
  });
  const boxes = plan.boxes.map((box) => {
    const owner = activeOwners(box.d);
    const rows = box.rows.map((c, n) => {
      const mark = levelMark(c), y = box.y + CAP + n * ROW;
      return s("g", { class: "col" + (focus.has(c) ? " at" : ""), tabindex: "0", role: "link", onclick: () => goTo({ c }), onkeydown: (event) => { if (event.key === "Enter") goTo({ c }); } },
        s("title", {}, m.column(c) + (mark ? ", " + mark.title : "")), s("rect", { x: box.x + 1, y, width: WIDE - 2, height: ROW, rx: 4 }),
        s("text", { x: box.x + 12, y: y + 15 }, clip(m.columns.name[c], 27)), mark ? s("text", { "aria-hidden": "true", class: "lv " + mark.kind, x: box.x + WIDE - 10, y: y + 14, "text-anchor": "end" }, clip(mark.text, 4)) : null);
    });
    return s("g", { class: "node" + (box.rows.some((c) => focus.has(c)) ? " focus" : "") },
      s("rect", { x: box.x, y: box.y, width: WIDE, height: box.height, rx: 8 }), s("title", {}, m.dataset(box.d)),
      s("text", { class: "title", x: box.x + 12, y: box.y + 17 }, clip(m.dataset(box.d), 31)),
      s("text", { class: owner.length ? "sub" : "sub bad", x: box.x + 12, y: box.y + 31 }, owner.length ? clip(owner.join(", "), 38) : say("owner.none")), rows,
      box.hidden > 0 ? s("text", { class: "sub", x: box.x + 12, y: box.y + CAP + box.rows.length * ROW + 14 }, say("n_more_columns", { n: box.hidden })) : null);
  });
  // Each word once at the arrow's tip, one above the other: many edges end in one place.
  const words = [...marks].flatMap(([spot, texts]) => { const [x, y] = spot.split(" ").map(Number); return [...texts].map((text, n) => s("text", { class: "mark", "aria-hidden": "true", x: x - 5, y: y - 4 - 10 * n, "text-anchor": "end" }, text)); });
  const picture = s("svg", { width: Math.ceil(plan.width * scale), height: Math.ceil(plan.height * scale), viewBox: `0 0 ${plan.width} ${plan.height}`, role: "group", "aria-label": say("graph", { name }) }, edges, words, boxes);
  picture.dataset.scale = scale;
  return picture;
}
const legend = () => h("ul", { class: "legend", "aria-label": say("legend") }, [...KINDS.map((kind) => ["e-" + kind, say("edge." + kind)]), ...(view.influences ? INFLUENCES.map((kind) => ["e-influence t-" + kind, say("legend.influence", { how: say("mark." + kind) })]) : [["e-influence", say("edge.influence")]])]
  .map(([kind, text]) => h("li", { class: kind }, s("svg", { viewBox: "0 0 34 8", "aria-hidden": "true" }, s("path", { d: "M0 4H34" })), text)), h("li", {}, "? ", say("legend.doubt", { n: CERTAIN })));
// Whether a missing link means anything: what of this run's SQL was not seen.
function sqlNote() {
  const { parsed, sql, unread } = m.data, whole = !unread && !sql.some(isPartial);
  if (!sql.length) return h("p", { class: "small" }, tag(say("none.sql"), "warn"));
  return h("p", { class: "small sqlnote" }, tag(say(whole ? "sql.whole" : "sql.partial"), whole ? "ok" : "warn"), " ", say("coverage.statements"), ": ", countersLine(COUNTERS.map((key) => parsed[key])), " · ", h("a", { href: address("coverage") }, say("coverage.sql")));
}

// The links as a table, made when it is opened: most readers never do, and a drawing has to come quickly.
function edgeList(near) {
  const box = h("details", { ontoggle: () => { if (box.childElementCount === 1) box.append(edgeTable(near)); } }, h("summary", {}, say("graph.list")));
  return box;
}
const edgeTable = (near) => grid({
  caption: say("graph.list"), rows: near.edges, empty: say("graph.empty"),
  columns: [
    { title: say("origin"), get: (e) => m.column(m.edges.from[e]), cell: (e) => columnLink(m.edges.from[e]) },
    { title: say("target"), get: targetName, cell: (e) => (m.edges.to[e] >= 0 ? columnLink(m.edges.to[e]) : datasetLink(-1 - m.edges.to[e])) },
    { title: say("flow"), get: (e) => say(m.value(e) ? "flow.direct" : "flow.indirect") }, { title: say("how"), get: (e) => named("subtype", m.subtype(e)) },
    { title: say("protection"), get: (e) => (m.value(e) ? arrives(e) : named("protection", m.protection(e))) },
    { title: say("link.confidence"), get: (e) => m.edges.confidence[e], cell: (e) => share(m.edges.confidence[e], 100), num: true },
    { title: say("place"), get: (e) => (m.text(m.edges.file[e]) || jobOf(e)) + ":" + m.edges.line[e], cell: (e) => edgePlace(e) },
  ],
  detail: (e) => edgeCard(e),
});
const targetName = (e) => (m.edges.to[e] >= 0 ? m.column(m.edges.to[e]) : m.dataset(-1 - m.edges.to[e]));
function examinedLine(c) {
  const how = m.looked(c);
  if (!how) return null;
  const d = m.datasetOf[c], bound = m.columns.bound[c];
  return [say("examined." + how), " · ", say("examined.of", { n: m.columns.seen[c], total: num(m.datasets.rows[d]) }), m.text(m.columns.why[c]) ? [" · ", sentence(m.text(m.columns.why[c]))] : "",
    bound && bound < 1 && !m.detections.has(c) ? h("p", { class: "small muted" }, term("missed_share", say("examined.bound", { share: share(bound, 1) }))) : ""];
}
const ownerNames = (d) => { const names = activeOwners(d); return names.length ? list(names.map((p) => personName(p))) : tag(say("owner.none"), "bad"); };
const references = (c) => { const found = m.data.references.filter((row) => row[0] === c); return found.length ? list(found.map((row) => code(row[1]))) : null; };
function columnCard(c) {
  const d = m.datasetOf[c], carried = held(c), findings = m.byColumn.get(c) ?? [];
  return [h("div", { class: "halves" },
    h("div", {}, h("h2", {}, code(m.column(c))),
      facts([[say("owner"), ownerNames(d)], [say("type"), m.type(c)], [say("comment"), m.text(m.columns.comment[c])], [say("references"), references(c)], [say("examined"), examinedLine(c)], ...m.data.decided.filter((row) => row[0] === c).map((row) => [say("evidence." + row[1]), row[2]])]),
      findings.length ? [h("h3", {}, say("tab.findings")), h("ul", {}, findings.slice(0, 20).map(findingLine))] : null),
    h("div", {}, h("h2", {}, say("carries")), carried.length ? carried.map((x) => heldCard(c, x)) : [h("p", { class: "empty" }, say("carries.none")), cleanCard(c)]))];
}
const findingLine = (row) => h("li", {}, severity(row[2]), " ", h("a", { href: address("finding", row[0]) }, both(row[6], row[7])));
function datasetCard(d) {
  const findings = m.byDataset.get(d) ?? [];
  return [
    h("h2", {}, code(m.dataset(d))),
    facts([[say("owner"), ownerNames(d)], [say("source"), m.source(d)], [say("rows"), num(m.datasets.rows[d])], [say("comment"), m.text(m.datasets.comment[d])]]),
    h("ul", { class: "tiles" }, Array.from({ length: Math.min(200, m.datasets.columns[d]) }, (_, n) => m.first[d] + n).map((c) => h("li", {}, columnLink(c, m.columns.name[c]), " ", tags(held(c).map((x) => tag(m.entity(x.entity), sensitive(x.entity) ? "bad" : "warn")))))),
    findings.length ? h("ul", {}, findings.map(findingLine)) : null,
  ].filter(Boolean);
}
