"""How far the personal data of single columns reaches, before and after a change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from datagov.lineage.graph import Graph
from datagov.model import Protection
from datagov.stages.spread import Lineage, Seed, roots_of, spread_from, weakest

MOST = Protection.AGGREGATED.level
"""From this protection on, data no longer tells something of a single person."""


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Personal data where it starts: a column, an entity, and the protection its content shows (a level)."""

    column_id: int
    entity: str
    protection: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An origin's data in a column: its weakest protection, and the edges of the shortest way with it."""

    level: int
    path: tuple[int, ...]


Reach = dict[int, Arrival]
"""Columns reached by one origin; the origin's own column is one of them."""


def origins(lineage: Lineage, seeds: Sequence[Seed], touched: Iterable[int]) -> set[Origin]:
    """Where the personal data starts that can flow through one of the ``touched`` columns."""
    nodes = [lineage.node[column] for column in touched if column in lineage.node]
    if not nodes or not seeds:
        return set()
    n = len(lineage.column_ids)
    backwards = Graph(n, lineage.target, lineage.source, np.zeros(len(lineage.source), np.uint8))
    above = backwards.spread(np.array(nodes, np.int64), np.zeros(len(nodes), np.int64), n_labels=1)
    upstream = set(above.node.tolist())
    return {
        Origin(int(lineage.column_ids[seed.node]), seed.entity, seed.protection)
        for seed in roots_of(lineage, list(seeds))
        if seed.node in upstream
    }


def reach(lineage: Lineage, wanted: Sequence[Origin]) -> list[Reach]:
    """Per origin the columns its data reaches as data of single persons, aggregates left out."""
    known = [n for n, origin in enumerate(wanted) if origin.column_id in lineage.node]
    reached: list[Reach] = [{} for _ in wanted]
    if not known:
        return reached
    seeds = [(lineage.node[wanted[n].column_id], n, wanted[n].protection) for n in known]
    spread = spread_from(lineage, seeds, labels=len(wanted))
    edges = len(lineage.edge_ids)
    for row in weakest(spread, len(lineage.column_ids)):
        level = int(spread.protection[row])
        if level < MOST:
            path = tuple(int(lineage.edge_ids[edge]) for edge in spread.path(row) if edge < edges)
            column = int(lineage.column_ids[spread.node[row]])
            reached[int(spread.label[row])][column] = Arrival(level, path)
    return reached
