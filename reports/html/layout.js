// A drawing of the neighbourhood: layers by longest path, order by barycentre, long links bent around the boxes.
const WIDE = 236, ROW = 21, CAP = 40, GAP_X = 96, GAP_Y = 18, MOST = 60, MOST_ROWS = 24;

// Edges within `hops` steps of the columns in `focus`; a walk goes only up or only down, never sideways.
function neighbourhood(focus, { up, down, hops, influences }) {
  const keep = new Set(), columns = new Set(focus), datasets = new Set(focus.map((c) => m.datasetOf[c]));
  let cut = false;
  const walk = (map, end) => {
    let front = [...focus];
    const seen = new Set(front);
    for (let hop = 0; hop < hops && front.length; hop += 1) {
      const next = [];
      for (const c of front) {
        for (const e of map.get(c) ?? []) {
          if (!m.value(e)) continue;
          const other = m.edges[end][e], d = m.datasetOf[other];
          if (!datasets.has(d) && datasets.size >= MOST) { cut = true; continue; }
          datasets.add(d);
          columns.add(other);
          keep.add(e);
          if (!seen.has(other)) { seen.add(other); next.push(other); }
        }
      }
      front = next;
    }
  };
  if (up) walk(m.into, "from");
  if (down) walk(m.out, "to");
  if (influences) {
    const reached = [...columns];
    const sets = new Set(datasets);
    const add = (e) => {
      const d = m.datasetOf[m.edges.from[e]];
      if (m.value(e) || (!datasets.has(d) && datasets.size >= MOST)) return;
      datasets.add(d); columns.add(m.edges.from[e]); keep.add(e);
    };
    const targets = up ? reached.filter((c) => c) : [];
    for (const c of new Set([...focus, ...targets])) for (const e of m.into.get(c) ?? []) add(e);
    for (const d of sets) for (const e of m.intoDataset.get(d) ?? []) if (columns.has(m.edges.from[e]) || up) add(e);
  }
  return { edges: [...keep].sort((a, b) => a - b), columns, datasets: [...datasets].sort((a, b) => a - b), cut };
}
function layers(ids, links) {
  const out = new Map(ids.map((d) => [d, new Set()])), depth = new Map(), mark = new Map();
  for (const [a, b] of links) if (a !== b) out.get(a).add(b);
  // Cycles: an edge back to a box still being visited is ignored for layering.
  const order = [];
  for (const start of ids) {
    if (mark.has(start)) continue;
    const stack = [[start, [...out.get(start)]]];
    mark.set(start, 1);
    while (stack.length) {
      const [d, left] = stack[stack.length - 1];
      const next = left.pop();
      if (next === undefined) { mark.set(d, 2); order.push(d); stack.pop(); } else if (!mark.has(next)) { mark.set(next, 1); stack.push([next, [...out.get(next)]]); } else if (mark.get(next) === 1) out.get(d).delete(next);
    }
  }
  order.reverse();
  for (const d of ids) depth.set(d, 0);
  for (const d of order) for (const t of out.get(d)) depth.set(t, Math.max(depth.get(t), depth.get(d) + 1));
  // Sources move right, next to what they feed.
  for (const d of [...order].reverse()) {
    const next = [...out.get(d)].map((t) => depth.get(t));
    if (next.length) depth.set(d, Math.max(depth.get(d), Math.min(...next) - 1));
  }
  const least = Math.min(...depth.values());
  for (const d of ids) depth.set(d, depth.get(d) - least);
  return depth;
}
// Places of boxes, rows and bends: {boxes, links, width, height}.
function layout(near) {
  const { edges } = m;
  const setOf = (e) => (edges.to[e] >= 0 ? m.datasetOf[edges.to[e]] : -1 - edges.to[e]);
  const rows = new Map(near.datasets.map((d) => [d, []]));
  for (const c of [...near.columns].sort((a, b) => a - b)) rows.get(m.datasetOf[c])?.push(c);
  const links = near.edges.map((e) => [m.datasetOf[edges.from[e]], setOf(e)]);
  const depth = layers(near.datasets, links);
  const boxes = new Map(), columns = [];
  const lay = (box) => { (columns[box.layer] ??= []).push(box); return box; };
  for (const d of near.datasets) {
    const list = rows.get(d).slice(0, MOST_ROWS);
    const hidden = m.datasets.columns[d] - list.length;
    boxes.set(d, lay({ d, layer: depth.get(d), rows: list, hidden, height: CAP + list.length * ROW + (hidden > 0 ? ROW : 4), near: [] }));
  }
  const bends = new Map();
  for (const [a, b] of links) {
    const key = a + ">" + b;
    if (a === b || bends.has(key)) continue;
    const [x, y] = [boxes.get(a), boxes.get(b)];
    const chain = [];
    let before = x;
    for (let layer = x.layer + 1; layer < y.layer; layer += 1) {
      const bend = lay({ d: -1, layer, rows: [], height: 10, near: [] });
      before.near.push(bend); bend.near.push(before);
      chain.push(bend);
      before = bend;
    }
    before.near.push(y); y.near.push(before);
    bends.set(key, chain);
  }
  for (let n = 0; n < columns.length; n += 1) columns[n] ??= [];
  const spread = () => columns.forEach((column) => {
    let y = 0;
    for (const box of column) { box.y = y; y += box.height + GAP_Y; }
    const shift = -(y - GAP_Y) / 2;
    for (const box of column) { box.y += shift; box.mid = box.y + box.height / 2; }
  });
  spread();
  for (let sweep = 0; sweep < 8; sweep += 1) {
    const walk = sweep % 2 ? [...columns].reverse() : columns;
    for (const column of walk) {
      for (const box of column) {
        const sides = box.near.filter((o) => (sweep % 2 ? o.layer > box.layer : o.layer < box.layer));
        box.key = sides.length ? sides.reduce((sum, o) => sum + o.mid, 0) / sides.length : box.mid;
      }
      column.sort((a, b) => a.key - b.key || a.d - b.d);
    }
    spread();
  }
  // Pull every box towards its neighbours as far as the boxes above and below allow.
  for (let pass = 0; pass < 6; pass += 1) {
    for (const column of pass % 2 ? [...columns].reverse() : columns) {
      const wanted = column.map((box) => (box.near.length ? box.near.reduce((sum, o) => sum + o.mid, 0) / box.near.length - box.height / 2 : box.y));
      column.forEach((box, n) => { const above = column[n - 1]; box.y = Math.max(wanted[n], above ? above.y + above.height + GAP_Y : -Infinity); });
      for (let n = column.length - 1; n >= 0; n -= 1) {
        const box = column[n], below = column[n + 1];
        if (below) box.y = Math.min(box.y, below.y - GAP_Y - box.height);
        box.mid = box.y + box.height / 2;
      }
    }
  }
  const all = columns.flat();
  const top = Math.min(...all.map((b) => b.y)) - 16;
  for (const box of all) { box.y -= top; box.x = 16 + box.layer * (WIDE + GAP_X); }
  return {
    boxes: [...boxes.values()], bends, boxOf: (d) => boxes.get(d),
    width: 32 + columns.length * WIDE + (columns.length - 1) * GAP_X, height: Math.max(...all.map((b) => b.y + b.height)) + 16,
  };
}
function rowY(box, c) {
  const n = box.rows.indexOf(c);
  return n < 0 ? box.y + 20 : box.y + CAP + n * ROW + ROW / 2;
}
// The path of one edge as SVG data; `lane` keeps edges of the same pair apart on bends.
function route(plan, e, lane) {
  const from = plan.boxOf(m.datasetOf[m.edges.from[e]]);
  const target = m.edges.to[e] >= 0 ? m.datasetOf[m.edges.to[e]] : -1 - m.edges.to[e];
  const to = plan.boxOf(target);
  const y1 = rowY(from, m.edges.from[e]), y2 = m.edges.to[e] >= 0 ? rowY(to, m.edges.to[e]) : to.y + 20;
  const x1 = from.x + WIDE, x2 = to.x;
  if (from === to || to.layer <= from.layer) {
    const low = Math.max(from.y + from.height, to.y + to.height) + 12;
    return `M${x1} ${y1}C${x1 + 50} ${y1} ${x1 + 50} ${low} ${(x1 + x2) / 2} ${low}S${x2 - 50} ${y2} ${x2 - 7} ${y2}`;
  }
  let path = `M${x1} ${y1}`, [px, py] = [x1, y1];
  const curve = (x, y) => { const half = (x - px) / 2; path += `C${px + half} ${py} ${x - half} ${y} ${x} ${y}`; [px, py] = [x, y]; };
  for (const bend of plan.bends.get(from.d + ">" + to.d) ?? []) {
    const y = bend.y + 5 + lane;
    curve(bend.x, y);
    path += `H${bend.x + WIDE}`;
    px = bend.x + WIDE;
  }
  curve(x2 - 7, y2);
  return path;
}
