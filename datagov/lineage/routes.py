"""Routes between two nodes of a graph: the shortest one, and all of them up to a bound, shortest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

LENGTH = 20
COUNT = 100
WORK = 200_000


@dataclass(frozen=True, slots=True)
class Routes:
    """Routes as edge numbers in the direction of the flow, shortest first; no route passes a node twice.

    ``cut_by_count``: there may be more, as long or longer. ``cut_by_length``: there may be longer ones.
    """

    routes: tuple[tuple[int, ...], ...]
    cut_by_count: bool
    cut_by_length: bool

    @property
    def complete(self) -> bool:
        """Whether these are certainly all routes."""
        return not (self.cut_by_count or self.cut_by_length)


@dataclass(frozen=True, slots=True)
class Steps:
    """A graph as routes need it: ``out(node)`` its edges in order of their number, ``target`` where each ends."""

    out: Callable[[int], Ints]
    target: Ints


def shortest(steps: Steps, left: Ints, start: int) -> tuple[int, ...] | None:
    """One shortest route from ``start`` to where ``left`` (edges left to go, -1: no way) is 0, or None.

    Of several the one with the smallest edge numbers, compared from the start.
    """
    if left[start] < 0:
        return None
    route: list[int] = []
    node = start
    while left[node]:
        edges = steps.out(node)
        nearer = edges[left[steps.target[edges]] == left[node] - 1]
        route.append(int(nearer[0]))
        node = int(steps.target[nearer[0]])
    return tuple(route)


def routes(steps: Steps, left: Ints, start: int, *, length: int, count: int) -> Routes:
    """All routes of at most ``length`` edges, at most ``count`` of them.

    Best first by the length a route would have at least (edges so far + edges left), so the shortest come first.
    Gives up after ``WORK`` partial routes, which counts as cut by count.
    """
    if left[start] < 0:
        return Routes((), False, False)
    found: list[tuple[int, ...]] = []
    too_long = False
    open_: list[tuple[int, int, tuple[int, ...], tuple[int, ...]]] = [(int(left[start]), 0, (), (start,))]
    if left[start] > length:
        return Routes((), False, True)
    for _ in range(WORK):
        if not open_:
            return Routes(tuple(found), False, too_long)
        _, _, edges, nodes = heapq.heappop(open_)
        if left[nodes[-1]] == 0:
            if len(found) == count:
                return Routes(tuple(found), True, too_long)
            found.append(edges)
            continue
        for edge in steps.out(nodes[-1]).tolist():
            end = int(steps.target[edge])
            if left[end] < 0 or end in nodes:
                continue
            least = len(edges) + 1 + int(left[end])
            if least > length:
                too_long = True
            else:
                heapq.heappush(open_, (least, -len(edges) - 1, (*edges, edge), (*nodes, end)))
    return Routes(tuple(found), True, too_long)
