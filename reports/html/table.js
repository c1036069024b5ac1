// A table that stays quick with 50,000 rows: sorted and filtered as a whole, drawn a hundred rows at a time.
const STEP = 100;
const PRINTED = 500;

// columns: {title, get(row) → text or number to sort and filter by, cell(row) → node, num, plain (not sortable), head}
function grid({ caption, columns, rows, empty, detail, detailTitle = say("open_finding"), filter = true, all = false }) {
  if (!rows.length) return noRows(caption, empty);
  const body = h("tbody");
  const count = h("span", { class: "count", role: "status" });
  const more = h("div", { class: "more" });
  let shown = [], drawn = 0, order = null, query = "";
  const text = (row) => columns.map((c) => (c.get ? c.get(row) : "")).join(" ").toLowerCase();

  function draw(upTo) {
    const part = shown.slice(drawn, upTo).map((row) => tr(row));
    drawn = Math.min(upTo, shown.length);
    body.append(...part);
    more.replaceChildren();
    const left = shown.length - drawn;
    if (left > 0 && !state.printing) {
      more.append(h("button", { type: "button", onclick: () => draw(drawn + STEP * 5) }, say("show_more", { n: Math.min(left, STEP * 5) })));
    } else if (left > 0) body.append(h("tr", {}, h("td", { colspan: columns.length + 1, class: "muted" }, say("ui.printed_part", { n: drawn, total: shown.length }))));
  }
  function tr(row) {
    const cells = columns.map((c, n) => h(n === 0 ? "th" : "td", { scope: n === 0 ? "row" : null, class: c.num ? "num" : null }, c.cell ? c.cell(row) : c.get(row)));
    const line = h("tr", {}, cells);
    if (!detail) return line;
    const button = h("button", { type: "button", class: "plain", "aria-expanded": "false" }, detailTitle);
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
      if (open) line.nextSibling.remove();
      else line.after(h("tr", { class: "detail" }, h("td", { colspan: columns.length + 1 }, detail(row))));
    });
    line.append(h("td", {}, button));
    return line;
  }
  function update() {
    shown = query ? rows.filter((row) => text(row).includes(query)) : rows.slice();
    if (order) {
      const { get } = columns[order.n];
      shown.sort((a, b) => {
        const x = get(a), y = get(b);
        return (typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), zh() ? "zh" : "en")) * order.sign;
      });
    }
    count.textContent = query ? say("n_of", { n: shown.length, total: rows.length }) : say("n_rows", { n: rows.length });
    body.replaceChildren();
    drawn = 0;
    if (!shown.length) body.append(h("tr", {}, h("td", { colspan: columns.length + 1, class: "muted" }, rows.length ? say("filter.none") : empty)));
    draw(state.printing ? (all ? Infinity : PRINTED) : STEP);
  }
  const heads = columns.map((c, n) => {
    if (!c.get || c.plain) return h("th", { scope: "col", class: c.num ? "num" : null }, c.head ?? c.title);
    const th = h("th", { scope: "col", class: c.num ? "num" : null });
    th.append(h("button", {
      type: "button", title: say("ui.sort", { name: c.title }),
      onclick: () => {
        order = { n, sign: order?.n === n ? -order.sign : c.num ? -1 : 1 };
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        th.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
        update();
      },
    }, c.title));
    return th;
  });
  if (detail) heads.push(h("th", { scope: "col" }, h("span", { class: "unseen" }, detailTitle)));
  const save = h("button", { type: "button", onclick: () => saveCsv(caption, columns, shown) }, say("ui.csv"));
  let waiting = 0;
  const box = h("input", {
    type: "search", placeholder: say("filter"), "aria-label": say("filter") + ": " + caption,
    oninput: () => { clearTimeout(waiting); waiting = setTimeout(() => { query = box.value.trim().toLowerCase(); update(); }, 80); },
  });
  update();
  const table = h("table", {}, h("caption", { class: "unseen" }, caption), h("thead", {}, h("tr", {}, heads)), body);
  return h("div", { class: "card" },
    h("div", { class: "controls gridhead" }, h("h2", {}, caption), filter && rows.length > 8 ? [count, box, save] : null),
    h("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption }, table), more);
}
// Comma-separated values for a spreadsheet: a byte-order mark, and nothing that a spreadsheet would compute.
function csv(columns, rows) {
  const cell = (value) => {
    const text = String(value ?? "").replace(/[\r\n]+/g, " ");
    return '"' + (/^[\s]*[=+\-@]/.test(text) && typeof value !== "number" ? "'" : "") + text.replaceAll('"', '""') + '"';
  };
  const told = columns.filter((c) => c.get);
  return "\ufeff" + [told.map((c) => cell(c.title)), ...rows.map((row) => told.map((c) => cell(c.get(row))))].map((line) => line.join(",")).join("\r\n") + "\r\n";
}
function saveCsv(caption, columns, rows) {
  const url = URL.createObjectURL(new Blob([csv(columns, rows)], { type: "text/csv" }));
  const link = h("a", { href: url, download: caption.replace(/\s+/g, "-") + ".csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
const noRows = (title, sentence) => h("div", { class: "card" }, title ? h("h2", {}, title) : null, h("p", { class: "empty" }, sentence));
