"""Strongly connected components: which nodes lie on cycles together (Pearce 2005, as SciPy has it)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def components(n_nodes: int, source: Ints, target: Ints) -> Ints:
    """The component of each node, int64[n_nodes], numbered from 0 in order of their first node."""
    if not n_nodes:
        return np.empty(0, dtype=np.int64)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((np.ones(len(source), dtype=np.int32), (source, target)), shape=(n_nodes, n_nodes))
    _, found = connected_components(matrix, directed=True, connection="strong")
    _, first, number = np.unique(found, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    answer: Ints = rank[number]
    return answer
