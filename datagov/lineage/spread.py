"""Spread labels over a graph: a frontier of changed nodes, bitsets of labels in four planes, one per
protection.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Ints32 = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]

PLANES = 4
_FEW = 48
_DEEP = 1000
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Spread:
    """Every (node, label, protection) reached, one row each, in order of hops.

    ``edge`` is the edge over which it was reached first (-1 at a seed), ``hops`` the number of edges from
    the seed.
    """

    node: NDArray[np.int32]
    label: NDArray[np.int32]
    protection: Bytes
    edge: NDArray[np.int32]
    hops: NDArray[np.int32]
    _graph: tuple[Ints, Bytes] = field(repr=False, compare=False)
    _before: list[Ints32] = field(default_factory=list, repr=False, compare=False)

    @property
    def before(self) -> Ints32:
        """Per row the row its edge was taken from (itself at a seed): found once, when first asked for."""
        if not self._before:
            self._before.append(_before(self))
        return self._before[0]

    def __len__(self) -> int:
        return len(self.node)

    def path(self, row: int) -> list[int]:
        """The edges from the seed to ``row``, in the direction of the flow."""
        out: list[int] = []
        at, before = int(row), self.before
        while self.edge[at] >= 0:
            out.append(int(self.edge[at]))
            at = int(before[at])
        out.reverse()
        return out

    def origins(self) -> NDArray[np.int32]:
        """The node of the seed that each row's path begins at: all rows at once."""
        first = self.before
        if self.hops.max(initial=0) <= _DEEP:
            origin = self.node.copy()
            ends = np.searchsorted(self.hops, np.arange(1, int(self.hops.max(initial=0)) + 2), side="left")
            for begin, end in pairwise(ends.tolist()):
                origin[begin:end] = origin[first[begin:end]]
            return origin
        while True:
            nearer = first[first]
            if np.array_equal(nearer, first):
                return self.node[first]
            first = nearer


def _before(spread: Spread) -> Ints32:
    """Per row the row its edge was taken from: one hop nearer, at most as protected.

    Label by label, so that finding a row is a look into one small table and not a search in all rows.
    """
    source, guard = spread._graph
    before: Ints32 = np.arange(len(spread), dtype=np.int32)
    at = np.full((int(spread.node.max(initial=-1)) + 1) * PLANES, -1, np.int32)
    narrow = np.uint16 if spread.label.max(initial=0) < 1 << 16 else np.int32
    by_label = np.argsort(spread.label.astype(narrow), kind="stable")
    ends = np.cumsum(np.bincount(spread.label))
    begin = 0
    for end in ends.tolist():
        rows = by_label[begin:end].astype(np.int32)
        begin = end
        have, edge, hops = spread.protection[rows], spread.edge[rows], spread.hops[rows]
        places = spread.node[rows].astype(np.int64) * PLANES + have
        at[places] = np.arange(len(rows), dtype=np.int32)
        open_ = np.flatnonzero(edge >= 0)
        have, edge, nearer = have[open_], edge[open_], hops[open_] - 1
        first, own = source[edge] * PLANES, guard[edge] == have
        for plane in range(PLANES):
            found = at[first + plane]
            good = (found >= 0) & ((have == plane) | (own & (plane < have))) & (hops[found] == nearer)
            before[rows[open_[good]]] = rows[found[good]]
            bad = np.flatnonzero(~good)
            open_, have, own, nearer, first = open_[bad], have[bad], own[bad], nearer[bad], first[bad]
            if not len(open_):
                break
        if len(open_):
            raise LookupError("The rows of this spread do not belong together.")
        at[places] = -1
    return before


@dataclass(slots=True)
class _Found:
    """Rows as they are found, one block per step."""

    node: list[Any] = field(default_factory=list)
    label: list[Any] = field(default_factory=list)
    protection: list[Any] = field(default_factory=list)
    edge: list[Any] = field(default_factory=list)
    hops: list[Any] = field(default_factory=list)

    def add_bits(self, nodes: Ints, bits: Words, edges: Ints, words: int, hops: int) -> None:
        """Rows for every bit set: ``bits[i]`` reached ``nodes[i]`` over ``edges[i]``."""
        for word in range(bits.shape[1]):
            at, bit = _set_bits(bits[:, word])
            if len(at):
                protection = np.full(len(at), word // words)
                self.add(nodes[at], (word % words) * 64 + bit, protection, edges[at], hops)

    def add_rows(self, rows: list[tuple[int, int, int, int, int]]) -> None:
        """Rows given one by one, each with its own number of hops."""
        if rows:
            table = np.array(rows, dtype=np.int64)
            self.add(table[:, 0], table[:, 1], table[:, 2], table[:, 3], 0)
            self.hops[-1] = table[:, 4].astype(np.int32)

    def closed(self, source: Ints, protection: Bytes) -> Spread:
        """All rows as one table of columns."""
        columns = []
        for part in (self.node, self.label, self.protection, self.edge, self.hops):
            columns.append(np.concatenate(part))
            part.clear()
        return Spread(columns[0], columns[1], columns[2], columns[3], columns[4], (source, protection))

    def add(self, node: Any, label: Any, protection: Any, edge: Any, hops: int) -> None:
        self.node.append(np.asarray(node, dtype=np.int32))
        self.label.append(np.asarray(label, dtype=np.int32))
        self.protection.append(np.asarray(protection, dtype=np.uint8))
        self.edge.append(np.asarray(edge, dtype=np.int32))
        self.hops.append(np.full(len(self.node[-1]), hops, dtype=np.int32))


@dataclass(frozen=True, slots=True)
class _Edges:
    """The graph as the steps need it."""

    starts: Ints
    order: Ints
    target: Ints
    protection: Bytes


class _Field:
    """What every node has been reached by: bitsets of labels, ``words`` per plane, one plane per
    protection.
    """

    __slots__ = ("arrived", "first", "mark", "seen", "words")

    def __init__(self, n_nodes: int, words: int) -> None:
        self.words = words
        self.seen: Words = np.zeros((n_nodes, PLANES * words), dtype=np.uint64)
        self.arrived: Words = np.zeros((n_nodes, PLANES * words), dtype=np.uint64)
        self.first: Ints = np.zeros(n_nodes, dtype=np.int64)
        self.mark = np.zeros(n_nodes, dtype=bool)

    def through(self, fresh: Words, guard: Bytes) -> Words:
        """The bitsets ``fresh`` as they come out of edges that protect with ``guard``."""
        out = np.zeros_like(fresh)
        below = np.zeros((len(fresh), self.words), dtype=np.uint64)
        for plane in range(PLANES):
            part = slice(plane * self.words, (plane + 1) * self.words)
            below |= fresh[:, part]
            out[:, part] = np.where(
                (guard < plane)[:, None],
                fresh[:, part],
                np.where((guard == plane)[:, None], below, np.uint64(0)),
            )
        return out

    def add(self, nodes: Ints, new: Words) -> None:
        """Mark ``new`` as seen at ``nodes`` (each once), and as arrived."""
        for column in range(new.shape[1]):
            self.seen[nodes, column] |= new[:, column]
            self.arrived[nodes, column] |= new[:, column]

    def changed(self, touched: list[Ints]) -> Ints:
        """The nodes in ``touched``, each once, ascending."""
        if sum(map(len, touched)) < len(self.mark) >> 6:
            return np.unique(np.concatenate(touched))
        for nodes in touched:
            self.mark[nodes] = True
        out = np.flatnonzero(self.mark)
        self.mark[out] = False
        return out

    def take_arrived(self, touched: Ints) -> Words:
        """What arrived at ``touched`` since the last call."""
        fresh: Words = self.arrived.take(touched, axis=0)
        self.arrived[touched] = 0
        return fresh


def spread(
    rows: tuple[Ints, Ints],
    n_nodes: int,
    source: Ints,
    target: Ints,
    protection: Bytes,
    seeds: Ints,
    labels: Ints,
    n_labels: int,
) -> Spread:
    """The fixed point; see ``Graph.spread``."""
    edges = _Edges(rows[0], rows[1], target, protection)
    reached = _Field(n_nodes, max(1, (n_labels + 63) // 64))
    found = _Found()
    span = max(n_labels, 1)
    unique = np.unique(seeds * span + labels)
    nodes, kinds = unique // span, unique % span
    np.bitwise_or.at(reached.seen, (nodes, kinds >> 6), np.uint64(1) << (kinds & 63).astype(np.uint64))
    found.add(nodes, kinds, np.zeros(len(nodes)), np.full(len(nodes), -1), 0)
    changed: Ints = np.unique(nodes)
    fresh: Words = reached.seen[changed]
    hops = 0
    while len(changed):
        ahead = int((edges.starts[changed + 1] - edges.starts[changed]).sum())
        if not ahead:
            break
        if ahead <= _FEW and len(changed) <= _FEW:
            changed, fresh, hops = _small_steps(edges, reached, changed, fresh, found, hops)
        else:
            hops += 1
            changed, fresh = _step(edges, reached, changed, fresh, found, hops)
    return found.closed(source, protection)


def _step(edges: _Edges, reached: _Field, changed: Ints, fresh: Words, found: _Found, hops: int) -> tuple[Ints, Words]:
    """One step of every changed node; returns the nodes that changed by it, and how."""
    touched: list[Ints] = []
    first = edges.starts[changed]
    count = edges.starts[changed + 1] - first
    total = np.cumsum(count)
    begin = 0
    while begin < len(changed):
        spent = int(total[begin - 1]) if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, spent + _CHUNK, side="right")))
        block = count[begin:end]
        which = np.repeat(np.arange(begin, end), block)
        inside = np.arange(len(which)) - np.repeat(np.cumsum(block) - block, block)
        numbers = edges.order[np.repeat(first[begin:end], block) + inside]
        _deliver(edges, reached, numbers, fresh.take(which, axis=0), found, touched, hops)
        begin = end
    if not touched:
        return np.empty(0, dtype=np.int64), fresh[:0]
    nodes = reached.changed(touched)
    return nodes, reached.take_arrived(nodes)


def _deliver(
    edges: _Edges, reached: _Field, numbers: Ints, fresh: Words, found: _Found, touched: list[Ints], hops: int
) -> None:
    """Carry ``fresh`` over the edges ``numbers``; each new bit is credited to the first edge that brings
    it.
    """
    bits = reached.through(fresh, edges.protection[numbers])
    ends = edges.target[numbers]
    while len(numbers):
        bits &= ~reached.seen.take(ends, axis=0)
        alive = np.flatnonzero(bits.any(axis=1))
        numbers, ends, bits = numbers[alive], ends[alive], bits.take(alive, axis=0)
        if not len(numbers):
            return
        places = np.arange(len(ends))
        reached.first[ends[::-1]] = places[::-1]
        leads = reached.first[ends] == places
        lead, rest = np.flatnonzero(leads), np.flatnonzero(~leads)
        nodes, new = ends[lead], bits.take(lead, axis=0)
        reached.add(nodes, new)
        touched.append(nodes)
        found.add_bits(nodes, new, numbers[lead], reached.words, hops)
        numbers, ends, bits = numbers[rest], ends[rest], bits.take(rest, axis=0)


def _small_steps(
    edges: _Edges, reached: _Field, changed: Ints, fresh: Words, found: _Found, hops: int
) -> tuple[Ints, Words, int]:
    """Steps of a narrow frontier, one state at a time: a long chain costs its length, not its length in
    arrays.
    """
    words, seen = reached.words, reached.seen
    states = _states(changed, fresh, words)
    rows: list[tuple[int, int, int, int, int]] = []
    while True:
        hops += 1
        after: list[tuple[int, int, int]] = []
        for node, label, guard in states:
            for number in edges.order[edges.starts[node] : edges.starts[node + 1]].tolist():
                protection = max(guard, int(edges.protection[number]))
                if protection >= PLANES:
                    continue
                end = int(edges.target[number])
                word = protection * words + (label >> 6)
                have = int(seen[end, word])
                bit = 1 << (label & 63)
                if not have & bit:
                    seen[end, word] = have | bit
                    after.append((end, label, protection))
                    rows.append((end, label, protection, number, hops))
        states = after
        if not states or len(states) > _FEW:
            break
    found.add_rows(rows)
    if not states:
        return np.empty(0, dtype=np.int64), fresh[:0], hops
    for node, label, guard in states:
        reached.arrived[node, guard * words + (label >> 6)] |= np.uint64(1 << (label & 63))
    nodes = np.unique(np.array([state[0] for state in states], dtype=np.int64))
    return nodes, reached.take_arrived(nodes), hops


def _states(nodes: Ints, fresh: Words, words: int) -> list[tuple[int, int, int]]:
    """The single (node, label, protection) in the bitsets of some nodes."""
    out: list[tuple[int, int, int]] = []
    for word in range(fresh.shape[1]):
        at, bit = _set_bits(fresh[:, word])
        guard, base = word // words, (word % words) * 64
        out.extend((int(nodes[i]), base + int(b), guard) for i, b in zip(at, bit, strict=True))
    out.sort()
    return out


def _set_bits(column: Words) -> tuple[Ints, Ints]:
    """Row and bit number of every bit set in a column of words."""
    octets = column.astype("<u8").view(np.uint8)
    used = np.flatnonzero(octets)
    at, bit = np.nonzero(np.unpackbits(octets[used, None], axis=1, bitorder="little"))
    place = used[at]
    return place >> 3, ((place & 7) << 3) + bit
