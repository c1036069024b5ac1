"""A columnar graph of columns: spread labels along edges with their protection, walk up and down.

Nodes are 0..n-1, edges are two int64 arrays and their protections (``none`` 0 < ``partially_masked`` 1 <
``pseudonymised`` 2 < ``aggregated`` 3; ``cleared`` 4 stops a label). Rows by source and by target are built
once (compressed sparse rows), so that a step costs the edges it touches.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datagov.lineage.components import components
from datagov.lineage.routes import COUNT, LENGTH, Routes, Steps, routes, shortest
from datagov.lineage.spread import Spread, spread

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Graph:
    """``n_nodes`` columns and the edges between them; ``source``, ``target`` int64[E], ``protection``
    uint8[E].
    """

    __slots__ = ("_in", "_out", "n_nodes", "protection", "source", "target")

    def __init__(self, n_nodes: int, source: Ints, target: Ints, protection: Bytes) -> None:
        self.n_nodes = int(n_nodes)
        self.source = np.ascontiguousarray(source, dtype=np.int64)
        self.target = np.ascontiguousarray(target, dtype=np.int64)
        self.protection = np.ascontiguousarray(protection, dtype=np.uint8)
        if not len(self.source) == len(self.target) == len(self.protection):
            raise ValueError("The arrays source, target and protection of a graph must have the same length.")
        for name, ends in (("source", self.source), ("target", self.target)):
            if len(ends) and (ends.min() < 0 or ends.max() >= self.n_nodes):
                raise ValueError(f"The array {name} of a graph names a node outside 0..{self.n_nodes - 1}.")
        if len(self.protection) and self.protection.max() > 4:
            raise ValueError("A protection is 0 (none) to 4 (cleared).")
        self._out = _rows(self.n_nodes, self.source)
        self._in = _rows(self.n_nodes, self.target)

    def spread(self, nodes: Ints, labels: Ints, *, n_labels: int) -> Spread:
        """Carry each ``labels[k]`` (0..n_labels-1) from ``nodes[k]`` along the edges to a fixed point.

        An edge raises the protection to at least its own; 4 stops. Cycles end because a (node, label,
        protection) is reached once.
        """
        seeds = np.ascontiguousarray(nodes, dtype=np.int64)
        kinds = np.ascontiguousarray(labels, dtype=np.int64)
        if len(seeds) != len(kinds):
            raise ValueError("Every seed needs one node and one label.")
        if len(seeds) and (seeds.min() < 0 or seeds.max() >= self.n_nodes):
            raise ValueError(f"A seed names a node outside 0..{self.n_nodes - 1}.")
        if len(kinds) and (kinds.min() < 0 or kinds.max() >= n_labels):
            raise ValueError(f"A seed names a label outside 0..{n_labels - 1}.")
        return spread(self._out, self.n_nodes, self.source, self.target, self.protection, seeds, kinds, n_labels)

    def downstream(self, node: int, depth: int) -> Ints:
        """The edges within ``depth`` steps after ``node``, nearest first."""
        return _within(self._out, self.target, self.n_nodes, node, depth)

    def upstream(self, node: int, depth: int) -> Ints:
        """The edges within ``depth`` steps before ``node``, nearest first."""
        return _within(self._in, self.source, self.n_nodes, node, depth)

    def shortest(self, start: int, end: int) -> tuple[int, ...] | None:
        """The edges of one shortest route from ``start`` to ``end``; empty when they are one node, None when
        there is none.
        """
        return shortest(self._steps(), self._left(start, end), start)

    def routes(self, start: int, end: int, *, length: int = LENGTH, count: int = COUNT) -> Routes:
        """All routes from ``start`` to ``end`` that pass no node twice, shortest first, up to ``length`` edges
        each and ``count`` of them; the answer says when it was cut.
        """
        if length < 0 or count < 1:
            raise ValueError("Routes need a length of at least 0 and a count of at least 1.")
        return routes(self._steps(), self._left(start, end), start, length=length, count=count)

    def components(self) -> Ints:
        """The strongly connected component of each node, numbered from 0 in order of their first node; needs
        SciPy.
        """
        return components(self.n_nodes, self.source, self.target)

    def _steps(self) -> Steps:
        starts, order = self._out
        return Steps(lambda node: order[starts[node] : starts[node + 1]], self.target)

    def _left(self, start: int, end: int) -> Ints:
        """Per node the fewest edges to ``end``; -1 where there is no way."""
        for node in (start, end):
            if not 0 <= node < self.n_nodes:
                raise ValueError(f"The node is outside 0..{self.n_nodes - 1}.")
        left = np.full(self.n_nodes, -1, dtype=np.int64)
        left[end] = 0
        frontier = np.array([end], dtype=np.int64)
        hops = 0
        while len(frontier):
            hops += 1
            reached = self.source[_edges_of(*self._in, frontier)]
            frontier = np.unique(reached[left[reached] < 0])
            left[frontier] = hops
        return left


def _rows(n_nodes: int, ends: Ints) -> tuple[Ints, Ints]:
    """Compressed sparse rows: where each node's edges begin, and the edges by node in order of their
    number.
    """
    order = np.argsort(ends, kind="stable")
    starts = np.zeros(n_nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(ends, minlength=n_nodes), out=starts[1:])
    return starts, order


def _within(rows: tuple[Ints, Ints], far: Ints, n_nodes: int, node: int, depth: int) -> Ints:
    if not 0 <= node < n_nodes:
        raise ValueError(f"The node is outside 0..{n_nodes - 1}.")
    starts, order = rows
    seen = np.zeros(n_nodes, dtype=bool)
    seen[node] = True
    frontier = np.array([node], dtype=np.int64)
    found: list[Ints] = []
    for _ in range(depth):
        edges = _edges_of(starts, order, frontier)
        if not len(edges):
            break
        found.append(np.sort(edges))
        reached = np.unique(far[edges])
        frontier = reached[~seen[reached]]
        seen[frontier] = True
        if not len(frontier):
            break
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _edges_of(starts: Ints, order: Ints, nodes: Ints) -> Ints:
    """All edges of ``nodes``."""
    first = starts[nodes]
    count = starts[nodes + 1] - first
    inside = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    edges: Ints = order[np.repeat(first, count) + inside]
    return edges
