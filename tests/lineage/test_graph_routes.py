"""Routes and cycles: the shortest route, all routes up to a bound, what lies on a cycle together."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.lineage import Graph

Edges = list[tuple[int, int]]


def graph(n_nodes: int, edges: Edges) -> Graph:
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return Graph(n_nodes, ends[:, 0], ends[:, 1], np.zeros(len(ends), np.uint8))


def by_hand(edges: Edges, start: int, end: int) -> list[tuple[int, ...]]:
    """Every route that passes no node twice, by trying them all."""
    found: list[tuple[int, ...]] = []

    def walk(node: int, route: tuple[int, ...], seen: set[int]) -> None:
        if node == end:
            found.append(route)
            return
        for number, (source, target) in enumerate(edges):
            if source == node and target not in seen:
                walk(target, (*route, number), seen | {target})

    walk(start, (), {start})
    return found


def test_a_diamond_has_two_routes() -> None:
    made = graph(4, [(0, 1), (0, 2), (1, 3), (2, 3)])

    assert made.routes(0, 3).routes == ((0, 2), (1, 3))
    assert made.routes(0, 3).complete
    assert made.shortest(0, 3) == (0, 2)


def test_the_shortest_routes_come_first_and_a_cut_is_said() -> None:
    made = graph(5, [(0, 1), (1, 2), (2, 3), (0, 3), (0, 4), (4, 3)])

    assert made.routes(0, 3).routes == ((3,), (4, 5), (0, 1, 2))
    by_count = made.routes(0, 3, count=2)
    assert by_count.routes == ((3,), (4, 5)) and by_count.cut_by_count
    by_length = made.routes(0, 3, length=2)
    assert by_length.routes == ((3,), (4, 5)) and by_length.cut_by_length and not by_length.cut_by_count
    assert made.routes(0, 3, count=3).complete


def test_no_way_is_none_and_a_node_is_its_own_route() -> None:
    made = graph(3, [(0, 1)])

    assert made.shortest(1, 0) is None
    assert made.routes(1, 0).routes == () and made.routes(1, 0).complete
    assert made.shortest(2, 2) == () and made.routes(2, 2).routes == ((),)


def test_a_route_too_long_for_the_bound_is_not_no_route() -> None:
    found = graph(4, [(0, 1), (1, 2), (2, 3)]).routes(0, 3, length=2)

    assert found.routes == () and found.cut_by_length


def test_many_routes_end_at_the_bound() -> None:
    layers = 40
    edges = [(2 * n + a, 2 * n + 2 + b) for n in range(layers) for a in (0, 1) for b in (0, 1)]

    found = graph(2 * layers + 2, edges).routes(0, 2 * layers, length=layers, count=50)

    assert len(found.routes) == 50 and found.cut_by_count


def test_a_node_outside_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        graph(2, [(0, 1)]).shortest(0, 2)
    with pytest.raises(ValueError, match="at least"):
        graph(2, [(0, 1)]).routes(0, 1, count=0)


nodes = st.integers(0, 6)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(nodes, nodes), max_size=14), nodes, nodes, st.integers(0, 7))
def test_routes_equal_trying_them_all(edges: Edges, start: int, end: int, length: int) -> None:
    made = graph(7, edges)
    every = by_hand(edges, start, end)

    found = made.routes(start, end, length=length, count=100_000)

    assert set(found.routes) == {route for route in every if len(route) <= length}
    assert [len(route) for route in found.routes] == sorted(len(route) for route in found.routes)
    assert all(edges[a][1] == edges[b][0] for route in found.routes for a, b in pairwise(route))
    assert found.cut_by_length or set(found.routes) == set(every)
    best = made.shortest(start, end)
    assert (best is None) == (not every)
    assert best is None or (best in every and len(best) == min(map(len, every)))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_components_are_the_nodes_that_reach_each_other(edges: Edges) -> None:
    reach = np.eye(10, dtype=bool)
    for source, target in edges:
        reach[source, target] = True
    for middle in range(10):
        reach |= np.outer(reach[:, middle], reach[middle])

    component = graph(10, edges).components()

    assert ((component[:, None] == component[None, :]) == (reach & reach.T)).all()
    first = [component.tolist().index(number) for number in range(int(component.max()) + 1)]
    assert first == sorted(first)


def test_a_graph_without_nodes_has_no_components() -> None:
    assert len(graph(0, []).components()) == 0


def test_scipy_is_imported_only_for_components() -> None:
    code = "import sys, datagov, datagov.lineage.graph; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
