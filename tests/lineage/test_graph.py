"""The graph: labels spread to a fixed point, protections only grow, paths lead from a seed."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.lineage import Graph

NONE, PARTIAL, PSEUDONYMISED, AGGREGATED, CLEARED = range(5)


def graph(n_nodes: int, *edges: tuple[int, int, int]) -> Graph:
    columns = np.array(edges, dtype=np.int64).reshape(-1, 3)
    return Graph(n_nodes, columns[:, 0], columns[:, 1], columns[:, 2].astype(np.uint8))


def reached(made: Graph, *seeds: tuple[int, int], n_labels: int = 3) -> set[tuple[int, int, int]]:
    pairs = np.array(seeds, dtype=np.int64).reshape(-1, 2)
    spread = made.spread(pairs[:, 0], pairs[:, 1], n_labels=n_labels)
    rows = list(zip(spread.node.tolist(), spread.label.tolist(), spread.protection.tolist(), strict=True))
    assert len(rows) == len(set(rows))
    return set(rows)


def test_a_label_follows_the_edges() -> None:
    made = graph(4, (0, 1, NONE), (1, 2, NONE))

    assert reached(made, (0, 1)) == {(0, 1, NONE), (1, 1, NONE), (2, 1, NONE)}


def test_protection_is_the_strongest_on_the_way() -> None:
    made = graph(4, (0, 1, PSEUDONYMISED), (1, 2, PARTIAL), (2, 3, AGGREGATED))

    assert reached(made, (0, 0)) == {
        (0, 0, 0),
        (1, 0, PSEUDONYMISED),
        (2, 0, PSEUDONYMISED),
        (3, 0, AGGREGATED),
    }


def test_a_cleared_edge_stops_the_label() -> None:
    assert reached(graph(3, (0, 1, CLEARED), (1, 2, NONE)), (0, 0)) == {(0, 0, NONE)}


def test_two_ways_are_two_protections() -> None:
    made = graph(3, (0, 1, PSEUDONYMISED), (0, 1, NONE), (1, 2, NONE))

    assert reached(made, (0, 0)) == {
        (0, 0, 0),
        (1, 0, 0),
        (1, 0, PSEUDONYMISED),
        (2, 0, 0),
        (2, 0, PSEUDONYMISED),
    }


def test_cycles_end() -> None:
    made = graph(3, (0, 1, NONE), (1, 2, PARTIAL), (2, 0, NONE))

    assert {(0, 0, PARTIAL), (1, 0, PARTIAL), (2, 0, PARTIAL)} <= reached(made, (0, 0))


def test_labels_do_not_mix() -> None:
    made = graph(3, (0, 2, NONE), (1, 2, NONE))

    assert reached(made, (0, 0), (1, 2)) == {(0, 0, 0), (1, 2, 0), (2, 0, 0), (2, 2, 0)}


def test_a_path_leads_from_the_seed_to_the_row() -> None:
    made = graph(5, (0, 1, NONE), (3, 4, NONE), (1, 2, PARTIAL), (2, 4, NONE))
    spread = made.spread(np.array([0]), np.array([0]), n_labels=1)
    row = spread.node.tolist().index(4)

    assert spread.path(row) == [0, 2, 3]
    assert spread.hops[row] == 3
    assert spread.edge[0] == -1 and spread.path(0) == []


def test_up_and_down_within_a_depth() -> None:
    made = graph(5, (0, 1, NONE), (1, 2, NONE), (2, 3, NONE), (4, 2, NONE))

    assert made.downstream(0, 2).tolist() == [0, 1]
    assert made.upstream(3, 1).tolist() == [2]
    assert sorted(made.upstream(3, 9).tolist()) == [0, 1, 2, 3]
    assert made.downstream(3, 9).tolist() == []


def test_a_long_chain_costs_its_length() -> None:
    source = np.arange(50_000)
    made = Graph(50_001, source, source + 1, np.zeros(50_000, np.uint8))

    spread = made.spread(np.array([0]), np.array([0]), n_labels=1)

    assert len(spread) == 50_001 and spread.hops.max() == 50_000


@pytest.mark.parametrize(
    ("n_nodes", "edge", "sentence"),
    [(2, (0, 2, 0), "outside"), (2, (-1, 1, 0), "outside"), (2, (0, 1, 5), "protection")],
)
def test_arrays_that_make_no_graph_are_refused(n_nodes: int, edge: tuple[int, int, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        graph(n_nodes, edge)


def test_seeds_outside_the_graph_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        graph(1).spread(np.array([1]), np.array([0]), n_labels=1)
    with pytest.raises(ValueError, match="outside"):
        graph(1).spread(np.array([0]), np.array([1]), n_labels=1)


def test_an_empty_graph_spreads_nothing() -> None:
    assert len(graph(0).spread(np.array([]), np.array([]), n_labels=0)) == 0


def by_hand(edges: list[tuple[int, int, int]], seeds: list[tuple[int, int]]) -> set[tuple[int, int, int]]:
    seen = {(node, label, NONE) for node, label in seeds}
    queue = deque(seen)
    while queue:
        node, label, protection = queue.popleft()
        for source, target, guard in edges:
            state = (target, label, max(protection, guard))
            if source == node and state[2] < CLEARED and state not in seen:
                seen.add(state)
                queue.append(state)
    return seen


nodes = st.integers(0, 11)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(nodes, nodes, st.sampled_from([0, 0, 0, 1, 2, 3, 4])), max_size=120),
    st.lists(st.tuples(nodes, st.integers(0, 69)), max_size=20),
)
def test_spreading_equals_walking_by_hand(edges: list[tuple[int, int, int]], seeds: list[tuple[int, int]]) -> None:
    made = graph(12, *edges)
    assert reached(made, *seeds, n_labels=70) == by_hand(edges, seeds)

    spread = made.spread(np.array([s[0] for s in seeds]), np.array([s[1] for s in seeds]), n_labels=70)
    origins = spread.origins()
    for row in range(len(spread)):
        path = spread.path(row)
        assert origins[row] == (edges[path[0]][0] if path else spread.node[row])
        assert len(path) == spread.hops[row]
        assert all(edges[a][1] == edges[b][0] for a, b in pairwise(path))
        assert max([edges[e][2] for e in path], default=0) == spread.protection[row]
