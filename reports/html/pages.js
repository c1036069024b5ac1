// The other pages: inventory, consent, ownership, record, coverage, evidence and terms.

// One held category of a column, with the evidence for it in words.
function heldCard(c, { entity, protection, row, origins }) {
  return h("div", { class: "held" }, h("p", {}, h("b", {}, m.entity(entity)), " ", levelTags(entity), " ", protectionTag(protection)),
    row ? evidenceOf(row, maskRow(c, entity, row)) : null,
    origins.length ? h("p", { class: "small" }, say("origin"), ": ", list([...new Set(origins)].filter((o) => o >= 0).slice(0, 8).map((o) => columnLink(o)))) : null);
}
// How the values are protected, and whether that is what lineage claims for the same category.
const SAME_MASK = { partial: ["partially_masked"], hash: ["pseudonymised"], token: ["pseudonymised"], redacted: ["cleared"] };
function maskRow(c, entity, [, , , , masking, byContent]) {
  const claims = [...new Set((m.exposures.get(c) ?? []).filter((x) => x.entity === entity && x.origin !== c).map((x) => x.protection))];
  if (!masking && (!byContent || !claims.some((claim) => claim !== "none"))) return [say("masking"), null];
  const same = masking ? SAME_MASK[masking] ?? [masking] : ["none"];
  const verdict = !claims.length ? muted(say("mask.alone"))
    : claims.every((claim) => same.includes(claim)) ? tag(say("mask.confirms"), "ok")
      : tag(say("mask.contradicts", { claim: claims.map((claim) => named("protection", claim)).join(", ") }), "bad");
  return [say("masking"), [named("masking", masking ?? "none"), " ", verdict]];
}
// A sentence of a fact, in the language of the page where the vocabulary has it.
const sentence = (text) => (zh() ? m.data.sentences[text] ?? text : text);
// Why a column in which nothing was found is thought to hold nothing.
function cleanCard(c) {
  const told = m.data.examined.find((row) => row[0] === c)?.[1];
  return told ? h("div", { class: "held" }, h("h3", {}, say("evidence.clean")), facts(toldRows(told))) : null;
}
const RATES = new Set(["hit_rate", "chance_rate", "interval", "rate", "pattern_rate"]);
function evidenceOf([, , mode, confidence, , byContent, evidence], masked = ["", null]) {
  const how = mode === "is" && !byContent ? "is_name" : mode;
  if (!evidence || typeof evidence !== "object" || Array.isArray(evidence)) return facts([[say("mode"), named("mode", how)], [say("confidence"), [meter(confidence / 100), share(confidence, 100)]], [say("evidence.checks"), plain(evidence, "")]]);
  return facts([[say("mode"), named("mode", how)], [say("confidence"), [meter(confidence / 100), share(confidence, 100)]], masked, ...toldRows(evidence)]);
}
function plain(value, key) {
  if (value === null || value === undefined) return "–";
  if (Array.isArray(value)) return value.map((v) => plain(v, key)).join(RATES.has(key) ? " – " : ", ");
  if (typeof value === "object") return Object.entries(value).map(([k, v]) => `${partName(key, k)} ${plain(v, k)}`).join(key === "full_scan" ? " · " : ", ");
  if (typeof value === "number") return RATES.has(key) ? share(value, 1) : value < 1 && value > 0 ? String(Number(value.toPrecision(3))) : num(value);
  return key === "outcome" || key === "stopped" ? (state.words.has("full_scan." + value) ? say("full_scan." + value) : value) : m.data.titles[value] ? both(...m.data.titles[value]) : String(value);
}
const partName = (key, part) => (key === "full_scan" && state.words.has("full_scan." + part) ? say("full_scan." + part)
  : m.data.titles[part] ? both(...m.data.titles[part]) : state.words.has("evidence." + part) ? say("evidence." + part) : part.replaceAll("_", " "));
// Evidence as rows: the title of each part, and its value in words.
function toldRows(evidence) {
  // What the detector counted comes in its order of weight; empty answers and its own bookkeeping say nothing to a reader.
  const trivial = (value) => value === null || value === false || value === 0 || value === "" || (typeof value === "object" && !Object.keys(value).length);
  const unchecked = evidence.seen === 0;
  const shown = [...TOLD, ...Object.keys(evidence).filter((key) => !TOLD.includes(key) && !KEPT_BACK.has(key)).sort()]
    .filter((key) => Object.hasOwn(evidence, key) && !trivial(evidence[key]) && !(unchecked && CHECKED.has(key)));
  return shown.map((key) => [state.words.has("evidence." + key) ? say("evidence." + key) : key.replaceAll("_", " "), plain(evidence[key], key)]);
}
const TOLD = ["rows", "distinct", "hits", "hit_rate", "chance_rate", "interval", "full_scan", "name_tokens", "tokens", "shape", "masked_shape", "rival", "runners_up", "vetoes", "notes", "declared_by"];
const KEPT_BACK = new Set(["seen"]);
const CHECKED = new Set(["hits", "hit_rate", "interval", "chance_rate"]);
function inventoryRows() {
  if (m.inventory) return m.inventory.slice();
  const columns = new Set([...m.detections.keys(), ...m.exposures.keys()]);
  const rows = [];
  for (const c of [...columns].filter((k) => k >= 0).sort((a, b) => a - b)) for (const entry of held(c)) rows.push({ c, ...entry });
  m.inventory = rows;
  return rows.slice();
}
function inventoryPage(body) {
  const rows = inventoryRows();
  if (!rows.length) { body.replaceChildren(noRows("", say(m.data.looked.scanned + m.data.looked.sampled ? "personal.none" : "personal.not_looked"))); return; }
  const schemaOf = (c) => { const name = m.dataset(m.datasetOf[c]); return name.includes(".") ? name.slice(0, name.lastIndexOf(".")) : m.source(m.datasetOf[c]); };
  const cells = new Map(), schemas = new Map(), used = new Map();
  for (const row of rows) {
    const schema = schemaOf(row.c), key = schema + "\n" + row.entity;
    cells.set(key, (cells.get(key) ?? 0) + 1);
    schemas.set(schema, (schemas.get(schema) ?? 0) + 1);
    used.set(row.entity, (used.get(row.entity) ?? 0) + 1);
  }
  const most = Math.max(...cells.values());
  const shade = (n) => (n ? Math.min(4, 1 + Math.floor((3.999 * Math.log(n)) / Math.log(Math.max(2, most)))) : 0);
  const heads = [...used.keys()].sort((a, b) => sensitive(b) - sensitive(a) || used.get(b) - used.get(a)).slice(0, 14);
  const shown = [...schemas.keys()].sort((a, b) => schemas.get(b) - schemas.get(a)).slice(0, 40).sort();
  const heat = h("div", { class: "card" }, h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": say("heat") }, h("table", { class: "heat" }, h("caption", {}, say("heat"), " ", h("span", { class: "small muted" }, say("heat.means"))),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("schema")), heads.map((e) => h("th", { scope: "col" }, m.entity(e), sensitive(e) ? [h("br"), tag(say("sensitive"), "bad")] : "")))),
    h("tbody", {}, shown.map((schema) => h("tr", {}, h("th", { scope: "row" }, code(schema)), heads.map((e) => { const n = cells.get(schema + "\n" + e) ?? 0; return h("td", { class: "q" + shade(n) }, n ? num(n) : "·"); })))))));
  const rank = (row) => (sensitive(row.entity) ? 2 : 0) + (row.protection === "none" ? 1 : 0);
  rows.sort((a, b) => rank(b) - rank(a) || a.c - b.c);
  const mode = (row) => (row.row ? named("mode", row.row[2] === "is" && !row.row[5] ? "is_name" : row.row[2]) : named("mode", "lineage"));
  body.replaceChildren(heat, grid({
    caption: say("tab.inventory"), rows, empty: say("personal.none"),
    columns: [
      { title: say("column"), get: (row) => m.column(row.c), cell: (row) => columnLink(row.c) },
      { title: say("category"), get: (row) => m.entity(row.entity) },
      { title: say("level"), head: say("level"), get: (row) => rank(row) * 10 + (m.data.entities[row.entity][5] ?? 0), cell: (row) => levelTags(row.entity), num: false },
      { title: say("protection"), get: (row) => named("protection", row.protection), cell: (row) => protectionTag(row.protection) },
      { title: say("mode"), get: mode, cell: (row) => [mode(row), row.row ? null : h("div", { class: "small muted" }, say("origin"), " ", list([...new Set(row.origins)].filter((o) => o >= 0).slice(0, 3).map((o) => columnLink(o))))] },
      { title: say("confidence"), get: (row) => (row.row ? row.row[3] : 0), cell: (row) => (row.row ? [meter(row.row[3] / 100), share(row.row[3], 100)] : "–"), num: true },
      { title: say("examined"), get: (row) => m.columns.seen[row.c], num: true, cell: (row) => num(m.columns.seen[row.c]) },
      { title: say("owner"), get: (row) => activeOwners(m.datasetOf[row.c]).join(" "), cell: (row) => ownerNames(m.datasetOf[row.c]) },
    ],
    detailTitle: say("evidence"),
    detail: (row) => [heldCard(row.c, row), facts([[say("examined"), examinedLine(row.c)], ["fideslang", m.data.entities[row.entity][6] || null]])],
  }), explained("personal", "sensitive", "protected", "jrt0171", "jrt0197", "pseudonymised", "partially_masked", "aggregated", "cleared", "exposure", "confidence", "log_odds", "rival"));
}
const VERDICTS = ["covered", "no_record", "withdrawn", "superseded_notice", "unmatched_identity", "not_in_force", "not_separate", "unknown", "withdrawn_recorded_late", "bundled_action", "undated", "unclear_notice", "unclear_term", "unclear_state"];
const verdictClass = (verdict) => "c-" + (VERDICTS.indexOf(verdict) < 0 || VERDICTS.indexOf(verdict) > 9 ? 7 : VERDICTS.indexOf(verdict));
const purposeName = (purpose) => { const row = m.purposes.get(purpose); return [row ? both(row[1], row[2]) + " " : "", code(purpose, { class: row ? "muted" : null })]; };
function consentPage(body) {
  const groups = new Map();
  for (const [d, purpose, verdict, rows] of m.data.consent) {
    const key = d + "\n" + purpose;
    if (!groups.has(key)) groups.set(key, { d, purpose, parts: [], total: 0, covered: 0 });
    const group = groups.get(key);
    group.parts.push([verdict, rows]);
    group.total += rows;
    if (verdict === "covered") group.covered += rows;
  }
  if (!groups.size) { body.replaceChildren(noRows("", say("consent.none"))); return; }
  const rank = (verdict) => (VERDICTS.includes(verdict) ? VERDICTS.indexOf(verdict) : 99);
  const all = [...groups.values()].sort((a, b) => a.covered / a.total - b.covered / b.total || a.d - b.d);
  for (const group of all) group.parts.sort((a, b) => rank(a[0]) - rank(b[0]));
  body.replaceChildren(h("div", { class: "purposes" }, all.slice(0, state.printing ? PRINTED : 60).map(({ d, purpose, parts, total, covered }) => h("div", { class: "card" },
    h("div", { class: "split" }, h("div", {}, h("h2", {}, datasetLink(d)), h("p", {}, purposeName(purpose))), h("p", { class: "num" }, h("span", { class: "big" }, share(covered, total)), h("br"), muted(say("covered")))),
    bar(parts.map(([verdict, n]) => [verdictClass(verdict), n]), total, "tall"),
    h("ul", {}, parts.map(([verdict, n]) => h("li", { class: "split small" }, h("span", {}, swatch(verdictClass(verdict)), named("consent", verdict)), h("span", { class: "num" }, num(n), " ", muted(share(n, total))))))))),
  grid({
    caption: say("tab.consent"), rows: all, empty: say("consent.none"),
    columns: [
      { title: say("dataset"), get: (g) => m.dataset(g.d), cell: (g) => datasetLink(g.d) }, { title: say("purpose"), get: (g) => g.purpose, cell: (g) => purposeName(g.purpose) },
      { title: say("rows"), get: (g) => g.total, cell: (g) => num(g.total), num: true }, { title: say("covered"), get: (g) => g.covered / g.total, cell: (g) => share(g.covered, g.total), num: true },
      { title: say("not_covered"), get: (g) => g.total - g.covered, cell: (g) => num(g.total - g.covered), num: true },
    ],
  }), explained("consent", "separate_consent", "purpose", "legal_basis", "unknown"));
}
const inScope = (d) => { const kind = m.text(m.datasets.kind[d]); return kind !== "temporary" && kind !== "external" && kind !== "path"; };
const valuesOf = (d, key) => (m.declared.get(d) ?? []).filter((row) => row[1] === key).map((row) => row[2]);
const legalName = (entity) => h("span", { title: m.legal.get(entity)?.[1] ?? null }, entity);
function ownershipPage(body) {
  const datasets = m.datasets.name.map((_, d) => d).filter(inScope);
  const assigned = (d, role) => (m.owners.get(d) ?? []).filter((row) => row[1] === role);
  const isGone = (d) => assigned(d, "data_owner").some((row) => row[3] === "active" && gone(row[2]));
  const isOwned = (d) => activeOwners(d).some((p) => !gone(p) || heir(p));
  const hasConflict = (d) => (m.owners.get(d) ?? []).some((row) => row[4]);
  const select = { all: () => true, unowned: (d) => !isOwned(d), gone: isGone, conflict: hasConflict };
  const people = (d, role) => {
    const rows = assigned(d, role);
    if (!rows.length) return role === "data_owner" ? tag(say("owner.none"), "bad") : muted("–");
    return rows.map((row) => h("div", {}, personName(row[2]), row[5] ? h("div", { class: "small muted" }, place(row[5], row[6])) : "", row[3] === "active" ? "" : [" ", tag(say("ownership." + row[3]), "warn")], row[4] ? [" ", tag(say("ownership.conflict"), "warn")] : "",
      m.principals.size && !m.principals.has(row[2]) ? [" ", tag(say("ownership.unlisted"), "warn")] : ""));
  };
  const right = (d, key) => { const values = valuesOf(d, key); return values.length ? list(values.map(legalName)) : muted("–"); };
  const holder = h("div");
  const draw = (which) => holder.replaceChildren(grid({
    caption: say("tab.ownership"), rows: datasets.filter(select[which]), empty: say("filter.none"),
    columns: [
      { title: say("dataset"), get: (d) => m.dataset(d), cell: (d) => datasetLink(d) },
      ...["data_owner", "steward", "custodian"].map((role) => ({ title: say("role." + role), get: (d) => assigned(d, role).map((row) => row[2]).join(" "), cell: (d) => people(d, role) })),
      ...["right_hold", "right_process_use", "right_operate"].map((key) => ({ title: say("right." + key), get: (d) => valuesOf(d, key).join(" "), cell: (d) => right(d, key) })),
    ],
  }));
  const figure = (n, key, hot) => h("li", { class: hot && n ? "hot" : "" }, h("b", {}, num(n)), h("span", {}, say(key)));
  const owned = datasets.filter(isOwned).length;
  const leavers = new Set(datasets.flatMap((d) => activeOwners(d)).filter(gone)).size;
  body.replaceChildren(
    h("div", { class: "card" }, h("ul", { class: "figures" }, figure(owned, "ownership.owned"), figure(datasets.length - owned, "ownership.unowned", true), figure(leavers, "ownership.gone", true), figure(datasets.filter(hasConflict).length, "ownership.conflicts", true)),
      m.data.owners.length ? "" : h("p", { class: "empty" }, say("ownership.none")),
      explained("data_owner", "steward", "custodian", "three_rights")),
    h("div", { class: "controls" }, h("label", {}, say("ownership.only"), h("select", { onchange: (event) => draw(event.target.value) }, ["all", "unowned", "gone", "conflict"].map((value) => h("option", { value }, say("ownership.only." + value)))))), holder);
  draw("all");
}
function recordPage(body) {
  const from = new Map();
  for (const [d, origin] of m.data.flows) { if (!from.has(d)) from.set(d, []); from.get(d).push(origin); }
  const observed = new Map();
  for (const { c, entity } of inventoryRows()) { const d = m.datasetOf[c]; if (!observed.has(d)) observed.set(d, new Set()); observed.get(d).add(entity); }
  const rows = m.datasets.name.map((_, d) => d).filter((d) => inScope(d) && (observed.has(d) || valuesOf(d, "purpose").length));
  if (!rows.length) { body.replaceChildren(noRows("", say("record.none"))); return; }
  const foreign = (d) => {
    const own = valuesOf(d, "purpose");
    const found = new Map();
    for (const o of from.get(d) ?? []) for (const p of valuesOf(o, "purpose")) if (!own.some((q) => q === p || p.startsWith(q + "."))) found.set(p, o);
    return [...found];
  };
  const missing = (d) => ["purpose", "legal_basis", "controller", "retention"].filter((key) => !valuesOf(d, key).length);
  const cell = (d, key, show) => { const values = valuesOf(d, key); return values.length ? list(values.map(show)) : key === "purpose" ? tag(say("not_declared"), "warn") : muted(say("not_declared")); };
  const holder = h("div");
  const draw = (only) => holder.replaceChildren(grid({
    caption: say("tab.record"), rows: only ? rows.filter((d) => missing(d).length) : rows, empty: say("filter.none"),
    columns: [
      { title: say("dataset"), get: (d) => m.dataset(d), cell: (d) => datasetLink(d) },
      { title: say("purpose"), get: (d) => valuesOf(d, "purpose").join(" "), cell: (d) => cell(d, "purpose", purposeName) },
      { title: say("legal_basis"), get: (d) => valuesOf(d, "legal_basis").join(" "), cell: (d) => cell(d, "legal_basis", (v) => named("legal_basis", v)) },
      { title: say("controller"), get: (d) => valuesOf(d, "controller").join(" "), cell: (d) => cell(d, "controller", legalName) },
      { title: say("retention"), get: (d) => valuesOf(d, "retention").join(" "), cell: (d) => cell(d, "retention", (v) => v) },
      { title: say("region"), get: (d) => valuesOf(d, "region").join(" "), cell: (d) => cell(d, "region", (v) => v) },
      { title: say("observed"), get: (d) => observed.get(d)?.size ?? 0, cell: (d) => tags([...(observed.get(d) ?? [])].map((e) => tag(m.entity(e), sensitive(e) ? "bad" : "warn"))) },
      { title: say("arrives"), get: (d) => foreign(d).length, cell: (d) => foreign(d).map(([p, o]) => h("div", {}, purposeName(p), " ", muted("← "), datasetLink(o))) },
    ],
  }));
  body.replaceChildren(h("div", { class: "controls" }, h("label", {}, h("input", { type: "checkbox", onchange: (event) => draw(event.target.checked) }), say("record.only"))), holder, explained("purpose", "legal_basis", "handler", "entrusted"));
  draw(false);
}
// What became of the SQL: [source, file, dialect, parsed, opaque, failed, unsupported, unresolved, read].
const COUNTERS = ["parsed", "opaque", "failed", "unsupported", "unresolved"];
const counters = (first) => COUNTERS.map((key, k) => ({ title: say(key), get: (r) => r[first + k], num: true, cell: (r) => (r[first + k] ? num(r[first + k]) : muted("0")) }));
const isPartial = (row) => !row[8] || row.slice(4, 8).some((n) => n);
function sqlBySource() {
  const rows = new Map();
  for (const [source, , , ...rest] of m.data.sql) {
    const row = rows.get(source) ?? [source, 0, 0, 0, 0, 0, 0, 0];
    row[1] += 1;
    for (let k = 0; k < 5; k += 1) row[2 + k] += rest[k];
    row[7] += rest[5] ? 0 : 1;
    rows.set(source, row);
  }
  return grid({ caption: say("coverage.sql_sources"), rows: [...rows.values()], empty: say("none.sql"), columns: [
    { title: say("source"), get: (r) => r[0] }, { title: say("files"), get: (r) => r[1], num: true }, ...counters(2), { title: say("sql.lost"), get: (r) => r[7], num: true }] });
}
// Files of which something was not seen come first.
const sqlByFile = () => (m.data.sql.length ? grid({ caption: say("coverage.sql"), rows: [...m.data.sql].sort((a, b) => isPartial(b) - isPartial(a)), empty: "", columns: [
  { title: say("place"), get: (r) => r[1], cell: (r) => [code(r[1]), r[8] ? "" : [" ", tag(say("sql.lost"), "bad")]] }, { title: say("source"), get: (r) => r[0] }, { title: say("dialect"), get: (r) => r[2] ?? "" }, ...counters(3)] }) : "");
function coveragePage(body) {
  const { looked, parsed, sources, registers, problems, unsettled } = m.data;
  const figure = (title, parts, unresolved) => {
    const total = parts.reduce((sum, [, n]) => sum + n, 0);
    return card(title, bar(parts.map(([kind, n]) => [kind, n]), total, "tall"), h("ul", {}, parts.map(([kind, n, text]) => h("li", { class: "split small" }, h("span", {}, swatch(kind), text), h("span", { class: "num" }, num(n), " ", muted(share(n, total))))), unresolved === undefined ? "" : h("p", { class: "split small" }, h("span", {}, say("unresolved")), h("span", { class: "num" }, num(unresolved)))));
  };
  const groups = new Map();
  for (let c = 0; c < m.columns.name.length; c += 1) {
    const how = m.looked(c);
    if (how !== "unreadable" && how !== "not_examined") continue;
    const key = [m.datasetOf[c], how, m.columns.why[c]].join(" ");
    if (!groups.has(key)) groups.set(key, { d: m.datasetOf[c], how, why: m.text(m.columns.why[c]), columns: [] });
    groups.get(key).columns.push(c);
  }
  const failed = m.data.statements.outcome.map((o, n) => [m.text(o), n]).filter(([o]) => o !== "parsed");
  body.replaceChildren(
    h("div", { class: "purposes" }, figure(say("coverage.columns"), [["c-0", looked.scanned, say("scanned")], ["c-5", looked.sampled, say("sampled")], ["c-1", looked.unreadable, say("unreadable")], ["c-7", looked.not_examined, say("unexamined")]]),
      figure(say("coverage.statements"), [["c-0", parsed.parsed, say("parsed")], ["c-3", parsed.opaque, say("opaque")], ["c-1", parsed.failed, say("failed")], ["c-7", parsed.unsupported, say("unsupported")]], parsed.unresolved)),
    sqlBySource(), sqlByFile(),
    grid({ caption: say("problems"), rows: problems, empty: say("none.problems"), columns: [
      { title: say("stage"), get: (r) => named("stage", r[0]) }, { title: say("object"), get: (r) => r[2], cell: (r) => code(r[2]) }, { title: say("kind"), get: (r) => named("problem", r[3]), cell: (r) => [tag(named("problem", r[3]), r[5] ? "bad" : "warn"), r[5] ? h("div", { class: "small" }, say("fatal")) : ""] },
      { title: say("message"), get: (r) => sentence(r[4]), cell: (r) => [sentence(r[4]), r[8] > 1 ? muted(` (× ${num(r[8])})`) : ""] }, { title: say("place"), get: (r) => r[6] ?? "", cell: (r) => place(r[6], r[7]) ?? muted("–") }] }),
    grid({ caption: say("coverage.list"), rows: [...groups.values()], empty: say("none.columns"), columns: [
      { title: say("dataset"), get: (g) => m.dataset(g.d), cell: (g) => datasetLink(g.d) }, { title: say("result"), get: (g) => say("examined." + g.how), cell: (g) => tag(say("examined." + g.how), g.how === "unreadable" ? "bad" : "warn") },
      { title: say("message"), get: (g) => sentence(g.why) }, { title: say("number"), get: (g) => g.columns.length, num: true }, { title: say("column"), get: (g) => g.columns.map((c) => m.columns.name[c]).join(" "), cell: (g) => [list(g.columns.slice(0, 12).map((c) => columnLink(c, m.columns.name[c]))), g.columns.length > 12 ? [" ", muted(say("n_more", { n: g.columns.length - 12 }))] : ""] }] }),
    failed.length ? grid({ caption: say("coverage.failed"), rows: failed, empty: "", columns: [
      { title: say("place"), get: ([, n]) => m.text(m.data.statements.file[n]) + ":" + m.data.statements.line[n], cell: ([, n]) => place(m.text(m.data.statements.file[n]) || m.text(m.data.statements.job[n]), m.data.statements.line[n]) }, { title: say("result"), get: ([o]) => say(o), cell: ([o]) => tag(say(o), "warn") }, { title: say("statement"), get: ([, n]) => m.text(m.data.statements.kind[n]) }],
      detail: ([, n]) => sqlBlock(m.data.statements.sql[n], m.data.statements.line[n], -1, 0) }) : "",
    grid({ caption: say("coverage.unknowns"), rows: unsettled, empty: say("none.unknowns"), columns: [
      { title: say("rule"), get: (r) => r[0], cell: (r) => h("a", { href: address("evidence", r[0]) }, r[0]) }, { title: say("subject"), get: (r) => r[2], cell: (r) => (state.words.has("register." + r[2]) ? named("register", r[2]) : code(r[2])) }, { title: say("result"), get: (r) => say("outcome." + r[1]), cell: (r) => tag(say("outcome." + r[1]), r[1] === "error" ? "bad" : "") },
      { title: say("needs"), get: (r) => (r[3] ? named("register", r[3]) : "") }, { title: say("message"), get: (r) => both(r[4], r[5]) }] }),
    m.data.unsettled_left ? h("p", { class: "muted" }, say("n_more", { n: m.data.unsettled_left })) : "",
    grid({ caption: say("coverage.registers"), rows: registers, empty: say("none.registers"), columns: [
      { title: say("kind"), get: (r) => named("register", r[0]) }, { title: say("result"), get: (r) => say(r[1] ? "connected" : "connected.no"), cell: (r) => tag(say(r[1] ? "connected" : "connected.no"), r[1] ? "ok" : "warn") },
      { title: say("number"), get: (r) => r[2], num: true }, { title: say("place"), get: (r) => r[3] ?? "", cell: (r) => place(r[3], r[4]) ?? muted("–") }] }),
    grid({ caption: say("coverage.sources"), rows: sources, empty: say("none.sources"), columns: [
      { title: say("source"), get: (r) => r[0] }, { title: say("adapter"), get: (r) => r[1] }, { title: say("kind"), get: (r) => named("source_role", r[2]) }, { title: say("result"), get: (r) => named("source", r[4]), cell: (r) => tag(named("source", r[4]), r[4] === "read" ? "ok" : "bad") },
      { title: say("message"), get: (r) => sentence(r[5] ?? "") }, { title: say("place"), get: (r) => r[6] ?? "", cell: (r) => place(r[6], r[7]) }] }), explained("unknown", "register", "dataset", "parsed", "opaque", "failed", "unsupported", "unresolved", "adapter"));
}
function evidencePage(body, [wantedRule]) {
  const { run, rules, evaluations } = m.data;
  const order = ["platform", "as_of", "complete", "fail_on", "packs", "ignored_rules", "datagov", "facts_version", "seed", "config", "config_sha256", "digest"];
  const keys = [...order.filter((k) => k in run), ...Object.keys(run).filter((k) => !order.includes(k)).sort()];
  const value = (key) => (run[key] === "" ? muted("–") : run[key] === "true" || run[key] === "false" ? say(run[key]) : key === "fail_on" ? named("severity", run[key]) : code(run[key]));
  const counts = (rule) => evaluations.filter((e) => e[0] === rule).reduce((sum, e) => sum.map((n, k) => n + e[k + 2]), [0, 0, 0, 0, 0]);
  const rows = rules.map((about) => ({ about, n: counts(about[0]) }));
  const cited = rules.flatMap((about) => about[14].map((c) => [about[0], ...c]));
  const laws = (caption, entries) => (entries.length ? grid({ caption, rows: entries, empty: "", columns: [{ title: say("rule"), get: (r) => r[0] }, { title: say("law"), get: (r) => both(r[1], r[2]) }, { title: say("article"), get: (r) => both(r[3], r[5]) }, { title: say("kind"), get: (r) => named("status", r[4]), cell: (r) => tag(named("status", r[4]), r[4] === "text_read" ? "ok" : "warn") }] }) : "");
  const chosen = m.rules.get(wantedRule);
  body.replaceChildren(
    chosen ? h("div", { class: "card" }, h("h2", {}, severity(chosen[2]), " ", chosen[0], " · ", both(chosen[4], chosen[5])), ruleCard(chosen)) : "",
    card(say("run"), facts(keys.map((key) => [key.startsWith("package.") ? say("run.package", { name: key.slice(8) }) : state.words.has("run." + key) ? say("run." + key) : key, value(key)]))),
    grid({ caption: say("rules"), rows, empty: say("none.rules"), columns: [
      { title: say("rule"), get: ({ about }) => about[0], cell: ({ about }) => h("a", { href: address("evidence", about[0]) }, about[0]) }, { title: say("name"), get: ({ about }) => both(about[4], about[5]) }, { title: say("concern"), get: ({ about }) => named("concern", about[1]) },
      { title: say("severity"), get: ({ about }) => -SEVERITY.indexOf(about[2]), cell: ({ about }) => severity(about[2]) },
      ...["passed", "failed", "unknown", "not_applicable", "error"].map((key, k) => ({ title: say("outcome." + key), get: ({ n }) => n[k], cell: ({ n }) => (n[k] ? num(n[k]) : muted("0")), num: true }))],
      detail: ({ about }) => [ruleCard(about), h("p", { class: "small muted" }, "SHA-256 ", h("code", {}, about[13]))] }),
    laws(say("status.text_read.means"), cited.filter((c) => c[4] === "text_read")), laws(say("status.other.means"), cited.filter((c) => c[4] !== "text_read")));
}
const SEVERITY = ["indicator", "low", "medium", "high", "critical"];
function termsPage(body, [wantedTerm]) {
  body.replaceChildren(h("div", { class: "card" }, h("dl", { class: "glossary" }, [...state.glossary.values()].map(([key, en, chinese, means, meansZh, source, sourceZh]) => h("div", { class: key === wantedTerm ? "here" : "", id: "term-" + key },
    h("dt", {}, both(en, chinese), " ", h("span", { class: "small muted", lang: zh() ? "en" : "zh-CN" }, both(chinese, en))), h("dd", {}, both(means, meansZh), " ", h("span", { class: "small muted" }, both(source, sourceZh))))))));
  byId("term-" + wantedTerm)?.scrollIntoView({ block: "center" });
}
