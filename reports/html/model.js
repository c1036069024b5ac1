// The packed document as rows that can be asked: columns, datasets, edges both ways, who owns what.
let m = null;

function model(data) {
  const { columns, datasets, edges, texts } = data;
  const text = (n) => (n < 0 ? "" : texts[n]);
  const datasetOf = new Int32Array(columns.name.length);
  const first = new Int32Array(datasets.name.length + 1);
  for (let d = 0, c = 0; d < datasets.name.length; d += 1) {
    first[d] = c;
    for (const end = c + datasets.columns[d]; c < end; c += 1) datasetOf[c] = d;
    first[d + 1] = c;
  }
  const sources = new Map(data.sources.map((row, n) => [n + 1, row]));
  const isValue = new Uint8Array(texts.length);
  texts.forEach((t, n) => { isValue[n] = t.startsWith("~") ? 0 : 1; });
  const into = new Map(), out = new Map(), intoDataset = new Map();
  const put = (map, key, value) => { const found = map.get(key); if (found) found.push(value); else map.set(key, [value]); };
  for (let e = 0; e < edges.from.length; e += 1) {
    put(out, edges.from[e], e);
    if (edges.to[e] >= 0) put(into, edges.to[e], e); else put(intoDataset, -1 - edges.to[e], e);
  }
  const detections = new Map(), exposures = new Map(), reach = new Map();
  for (const row of data.detections) put(detections, row[0], row);
  const x = data.exposures;
  for (let n = 0; n < x.column.length; n += 1) {
    put(exposures, x.column[n], { entity: x.entity[n], protection: x.protection[n], origin: x.origin[n], hops: x.hops[n] });
    if (x.protection[n] === "none") reach.set(x.origin[n], (reach.get(x.origin[n]) ?? 0) + 1);
  }
  const owners = new Map();
  for (const row of data.owners) put(owners, row[0], row);
  const declared = new Map();
  for (const row of data.declared) put(declared, row[0], row);
  const numbers = new Map();
  datasets.name.forEach((name, d) => put(numbers, name, d));
  const byColumn = new Map(), byDataset = new Map();
  data.findings.forEach((row) => { if (row[11] >= 0) put(byColumn, row[11], row); else if (row[10] >= 0) put(byDataset, row[10], row); });
  return {
    data, text, datasetOf, first, into, out, intoDataset, detections, exposures, reach, owners, declared, byColumn, byDataset, edges, columns, datasets,
    value: (e) => isValue[edges.subtype[e]] === 1,
    subtype: (e) => text(edges.subtype[e]).replace(/^~/, ""),
    protection: (e) => text(edges.protection[e]),
    dataset: (d) => datasets.name[d],
    source: (d) => sources.get(datasets.source[d])?.[0] ?? "",
    column: (c) => datasets.name[datasetOf[c]] + "." + columns.name[c],
    type: (c) => text(columns.type[c]),
    looked: (c) => text(columns.looked[c]),
    entity: (n) => both(data.entities[n][1], data.entities[n][2]),
    principals: new Map(data.principals.map((row) => [row[0], row])),
    rules: new Map(data.rules.map((row) => [row[0], row])),
    purposes: new Map(data.purposes.map((row) => [row[0], row])),
    legal: new Map(data.legal.map((row) => [row[0], row])),
    find: (name, source) => (numbers.get(name) ?? []).find((d) => !source || sources.get(datasets.source[d])?.[0] === source) ?? -1,
  };
}
// How an edge is drawn and named.
function kindOf(e) {
  if (!m.value(e)) return "influence";
  const protection = m.protection(e);
  if (protection === "partially_masked") return "mask";
  if (protection === "pseudonymised") return "pseudonym";
  if (protection === "aggregated") return "aggregate";
  if (protection === "cleared") return "cleared";
  const subtype = m.subtype(e);
  return subtype === "IDENTITY" ? "copy" : subtype === "AGGREGATION" ? "gather" : "transform";
}
// Short words that stand at the arrow of an edge; a plain copy that is certain needs none.
const CERTAIN = 80;
function markOf(e) {
  const kind = kindOf(e), doubt = m.edges.confidence[e] < CERTAIN ? " ?" : "";
  if (kind === "influence") return say("mark." + m.subtype(e)) + doubt;
  if (kind === "gather") return say("mark.gather") + doubt;
  return kind === "copy" ? doubt.trim() : say("edge." + kind) + doubt;
}
// Where SQL does not say of which table a column is, every table that may have it has an edge; the same place, the same target.
const GUESSED = new Set(["ambiguous", "ambiguous_name"]);
function candidates(e) {
  const { edges } = m;
  if (!GUESSED.has(m.text(edges.reason[e]))) return [];
  const same = ["to", "statement", "subtype", "reason", "file", "line", "at", "len"];
  const all = edges.to[e] >= 0 ? m.into.get(edges.to[e]) : m.intoDataset.get(-1 - edges.to[e]);
  return all.filter((f) => same.every((key) => edges[key][f] === edges[key][e]));
}
const STRENGTH = ["none", "partially_masked", "pseudonymised", "aggregated", "cleared"];
const KEPT = { partial: "partially_masked", hash: "pseudonymised", token: "pseudonymised", redacted: "cleared" };
// Personal data of a column: one entry per entity, the weakest protection first.
function held(c) {
  const found = new Map();
  for (const row of m.detections.get(c) ?? []) {
    const protection = row[4] ? KEPT[row[4]] ?? row[4] : "none";
    if (!found.has(row[1])) found.set(row[1], { entity: row[1], protection, row, origins: [] });
  }
  for (const x of m.exposures.get(c) ?? []) {
    const entry = found.get(x.entity);
    if (!entry) found.set(x.entity, { entity: x.entity, protection: x.protection, row: null, origins: [x.origin] });
    else {
      entry.origins.push(x.origin);
      if (!entry.row && STRENGTH.indexOf(x.protection) < STRENGTH.indexOf(entry.protection)) entry.protection = x.protection;
    }
  }
  return [...found.values()].filter((entry) => m.data.entities[entry.entity][7] !== 0);
}
const sensitive = (entity) => m.data.entities[entity][3] === 1;
// Short mark of the gravest category of a column: [text, class, title].
function levelMark(c) {
  let best = null;
  for (const entry of held(c)) {
    const [, , , secret, jrt] = m.data.entities[entry.entity];
    const open = entry.protection === "none";
    const weight = (secret === 1 ? 2 : 0) + (open ? 1 : 0);
    if (!best || weight > best.weight) {
      const kind = open ? (secret === 1 ? "bad" : "warn") : "ok";
      best = { weight, kind, text: jrt || (secret === 1 ? "!" : "●"), title: m.entity(entry.entity) + " · " + named("protection", entry.protection) };
    }
  }
  return best;
}
function levelTags(entity) {
  const [, , , secret, jrt, level] = m.data.entities[entity];
  return h("span", { class: "tags levels" },
    secret === 1 ? tag(say("sensitive"), "bad") : secret === 0 ? null : tag(say("category.unknown")),
    jrt ? tag(jrt, jrt === "C3" ? "bad" : jrt === "C2" ? "warn" : "") : null,
    level ? tag(String(level), level >= 4 ? "bad" : "", say("level5", { n: level })) : null,
  );
}
const columnLink = (c, text) => h("a", { href: address("lineage", m.source(m.datasetOf[c]), m.dataset(m.datasetOf[c]), m.columns.name[c]) }, code(text ?? m.column(c)));
const datasetLink = (d, text) => h("a", { href: address("lineage", m.source(d), m.dataset(d)) }, code(text ?? m.dataset(d)));
const activeOwners = (d) => (m.owners.get(d) ?? []).filter((row) => row[1] === "data_owner" && row[3] === "active").map((row) => row[2]);
// Who follows somebody who left, through any number of successions, if that person is still here.
const heir = (principal) => {
  const passed = new Set();
  for (let row = gone(principal); row && !passed.has(row[0]); row = m.principals.get(row[5])) {
    passed.add(row[0]);
    if (m.principals.has(row[5]) && !gone(row[5])) return row[5];
  }
  return null;
};
const gone = (principal) => { const row = m.principals.get(principal); return row && row[2] !== "active" ? row : null; };

// Columns and datasets whose name holds every word of the query, the likeliest first.
function search(query, limit = 40) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const hits = [];
  if (!words.length) return hits;
  for (let d = 0; d < m.datasets.name.length; d += 1) {
    const dataset = m.datasets.name[d].toLowerCase();
    if (words.every((w) => dataset.includes(w))) hits.push({ d, c: -1, weight: 3 - dataset.length / 1000 + (dataset === query ? 9 : 0) });
    for (let c = m.first[d]; c < m.first[d + 1]; c += 1) {
      const column = m.columns.name[c].toLowerCase();
      const full = dataset + "." + column;
      if (!words.every((w) => full.includes(w))) continue;
      const last = words[words.length - 1];
      const weight = (column === last ? 4 : column.startsWith(last) ? 2 : column.includes(last) ? 1 : 0) + (full === query ? 9 : 0)
        + (m.detections.has(c) ? 2 : m.exposures.has(c) ? 1 : 0) + (m.into.has(c) || m.out.has(c) ? 0.5 : 0) - full.length / 1000;
      hits.push({ d, c, weight });
    }
  }
  return hits.sort((a, b) => b.weight - a.weight || a.d - b.d || a.c - b.c).slice(0, limit);
}
