"""Spread labels over a graph of a million edges: processor time, rows and memory.

python benchmarks/lineage_graph.py [edges]            a graph in layers
python benchmarks/lineage_graph.py edges labels       a graph full of cycles
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from datagov.lineage import Graph


def main() -> None:
    edges = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rng = np.random.default_rng(7)
    nodes = edges // 2
    layers = 12
    per_layer = nodes // layers
    layer = rng.integers(0, layers - 1, edges)
    source = layer * per_layer + rng.integers(0, per_layer, edges)
    target = (layer + 1) * per_layer + rng.integers(0, per_layer, edges)
    protection = rng.choice([0] * 8 + [1, 2, 3, 4], edges).astype(np.uint8)
    start = time.process_time()
    graph = Graph(nodes, source, target, protection)
    built = time.process_time() - start
    print("| seeds | labels | rows reached | hops | seconds |")
    print("|---:|---:|---:|---:|---:|")
    for seeds, labels in ((2_000, 30), (20_000, 30), (20_000, 120)):
        start = time.process_time()
        spread = graph.spread(rng.integers(0, per_layer, seeds), rng.integers(0, labels, seeds), n_labels=labels)
        took = time.process_time() - start
        print(f"| {seeds:,} | {labels} | {len(spread):,} | {spread.hops.max()} | {took:.2f} |", flush=True)
    start = time.process_time()
    component = graph.components()
    print(f"\ncomponents: {component.max() + 1:,} in {time.process_time() - start:.2f} s")
    start = time.process_time()
    route = graph.shortest(int(source[0]), int(target[-1]))
    print(f"shortest route: {'none' if route is None else len(route)} in {time.process_time() - start:.2f} s")
    _peak(edges, nodes, built)


def cyclic(edges: int, labels: int) -> None:
    """Random edges: nearly everything that is reached lies on cycles, in every protection."""
    rng = np.random.default_rng(7)
    nodes = edges // 2
    source, target = rng.integers(0, nodes, edges), rng.integers(0, nodes, edges)
    protection = rng.choice([0] * 8 + [1, 2, 3, 4], edges).astype(np.uint8)
    start = time.process_time()
    graph = Graph(nodes, source, target, protection)
    built = time.process_time() - start
    start = time.process_time()
    spread = graph.spread(rng.integers(0, nodes, 2_000), rng.integers(0, labels, 2_000), n_labels=labels)
    took = time.process_time() - start
    print(f"cyclic, {labels} labels: {len(spread):,} rows, {spread.hops.max()} hops in {took:.2f} s")
    _peak(edges, nodes, built)
    start = time.process_time()
    spread.origins()
    print(f"origins of all rows: {time.process_time() - start:.2f} s more")
    _peak(edges, nodes, built)
    start = time.process_time()
    route = graph.routes(int(source[0]), int(target[-1]), count=100)
    print(f"routes: {len(route.routes)} in {time.process_time() - start:.2f} s")


def _peak(edges: int, nodes: int, built: float) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\n{edges:,} edges, {nodes:,} nodes; built in {built:.2f} s; peak memory {peak:.2f} GB")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        cyclic(int(sys.argv[1]), int(sys.argv[2]))
    else:
        main()
