"""Spread labels over a graph of a million edges: processor time, rows and memory.

python benchmarks/lineage_graph.py [edges]
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"\n{edges:,} edges, {nodes:,} nodes; built in {built:.2f} s; peak memory {peak:.2f} GB")


if __name__ == "__main__":
    main()
