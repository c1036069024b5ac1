// SQL to read: line numbers, quiet colours, and the expression of one edge marked.
const TOKEN = /(--[^\n]*|\/\*[\s\S]*?\*\/)|('(?:[^']|'')*')|\b(select|from|where|join|left|right|full|inner|outer|cross|on|using|group|order|by|having|union|all|distinct|as|case|when|then|else|end|insert|into|overwrite|values|create|replace|table|view|temporary|temp|with|recursive|update|set|delete|merge|matched|and|or|not|in|is|null|between|like|exists|over|partition|limit|qualify|lateral|unnest|exec|call)\b/gi;

function sqlBlock(sql, firstLine, at, length, label) {
  const letters = Array.from(sql); // offsets count characters, not UTF-16 units
  const units = (n) => letters.slice(0, n).join("").length;
  const from = at >= 0 ? units(at) : -1, to = at >= 0 ? units(at + length) : -1;
  const pieces = [];
  let done = 0;
  for (const match of sql.matchAll(TOKEN)) {
    if (match.index > done) pieces.push([done, match.index, ""]);
    pieces.push([match.index, match.index + match[0].length, match[1] ? "com" : match[2] ? "lit" : "kw"]);
    done = match.index + match[0].length;
  }
  if (done < sql.length) pieces.push([done, sql.length, ""]);
  const lines = [];
  const open = () => { const line = h("span", { class: "ln", "data-n": firstLine + lines.length }); lines.push(line); return line; };
  let line = open();
  function add(start, end, kind, marked) {
    sql.slice(start, end).split("\n").forEach((part, n) => {
      if (n) line = open();
      if (part) line.append(marked ? h("mark", { class: kind }, part) : kind ? h("span", { class: kind }, part) : part);
    });
  }
  for (const [start, end, kind] of pieces) {
    const a = Math.min(Math.max(from, start), end), b = Math.min(Math.max(to, start), end);
    if (from < 0 || a >= b) add(start, end, kind, false);
    else { add(start, a, kind, false); add(a, b, kind, true); add(b, end, kind, false); }
  }
  const block = h("pre", { class: "sql", tabindex: "0", role: "group", "aria-label": label ?? say("sql") }, lines);
  requestAnimationFrame(() => {
    const mark = block.querySelector("mark");
    if (mark) block.scrollTop = Math.max(0, mark.offsetTop - block.offsetTop - 60);
  });
  return block;
}
const jobOf = (e) => (m.edges.statement[e] >= 0 ? m.text(m.data.statements.job[m.edges.statement[e]]) : "");
const edgePlace = (e) => place(m.text(m.edges.file[e]) || jobOf(e), m.edges.line[e]);
const countersLine = (numbers) => say("sql.line", Object.fromEntries(COUNTERS.map((key, k) => [key, num(numbers[k])])));
// What happens along one edge, with its statement.
function edgeCard(e) {
  const { edges, data } = m;
  const statement = edges.statement[e];
  const sql = statement >= 0 ? data.statements.sql[statement] : "";
  const at = edges.at[e], reason = m.text(edges.reason[e]);
  const expression = at >= 0 ? Array.from(sql).slice(at, at + edges.len[e]).join("") : edges.text[e] || "";
  const others = candidates(e), file = m.data.sql.find((row) => row[1] === (m.text(edges.file[e]) || jobOf(e)));
  return h("div", { class: "halves sqlside" },
    h("div", {}, h("p", {}, columnLink(edges.from[e]), " → ", edges.to[e] >= 0 ? columnLink(edges.to[e]) : datasetLink(-1 - edges.to[e])),
      facts([
        [say("flow"), say(m.value(e) ? "flow.direct" : "flow.indirect")],
        [say("how"), named("subtype", m.subtype(e))],
        [say("protection"), m.value(e) ? tag(arrives(e), PROTECTION[arriving(e)]) : named("protection", m.protection(e))],
        [say("link.confidence"), [meter(edges.confidence[e] / 100), share(edges.confidence[e], 100), " ", muted(named("reason", reason))]],
        [say("candidates"), others.length > 1 ? h("ul", {}, others.map((f) => h("li", {}, columnLink(edges.from[f])))) : null],
        [say("place"), edgePlace(e)],
        [say("job"), statement >= 0 ? code(jobOf(e)) : null],
        [say("statement"), statement >= 0 ? say("statement.of", { n: data.statements.ordinal[statement] + 1, kind: m.text(data.statements.kind[statement]).replaceAll("_", " ") }) : null],
        [say("expression"), expression ? h("code", {}, expression) : null],
        [say("sql.file"), file ? (file[8] ? countersLine(file.slice(3, 8)) : say("sql.lost")) : null],
      ])),
    sql ? h("div", {}, sqlBlock(sql, data.statements.line[statement], at, edges.len[e]), h("p", { class: "small muted" }, say("sql.masked"))) : null);
}
const PROTECTION = { none: "bad", partially_masked: "warn", pseudonymised: "ok", aggregated: "ok", cleared: "ok" };
// How a value arrives by an edge: what the step does, and what had been done before; null when nothing personal is known of it.
function arriving(e) {
  const before = held(m.edges.from[e]).map((x) => STRENGTH.indexOf(x.protection)), step = STRENGTH.indexOf(m.protection(e));
  return before.length ? STRENGTH[Math.max(step, Math.min(...before))] : step ? m.protection(e) : null;
}
function arrives(e) {
  const how = arriving(e);
  return how === null ? say("arrives.not_masked") : how === m.protection(e) ? named("protection", how) : say("arrives.already", { protection: named("protection", how) });
}
const protectionTag = (protection) => tag(named("protection", protection), PROTECTION[protection]);
