"""Walk a run's column lineage: DIRECT edges are followed, INDIRECT influences on what is met are told apart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from datagov.lineage.arriving import carried
from datagov.lineage.graph import Graph

if TYPE_CHECKING:
    from datagov.lineage.routes import Routes
    from datagov.store import Evidence

_PROTECTIONS = ("none", "partially_masked", "pseudonymised", "aggregated", "cleared")
_DETAIL = """
SELECT e.edge_id, e.type, e.subtype, e.masking, e.protection, e.confidence, e.reason, e.expression, e.file, e.line,
  e.source_column_id, e.target_column_id, j.job_id, j.name AS job,
  s.namespace AS source_namespace, s.name AS source_dataset,
  a.name || coalesce('.' || a.field_path, '') AS source_field,
  t.namespace AS target_namespace, t.name AS target_dataset,
  b.name || coalesce('.' || b.field_path, '') AS target_field
FROM edge e JOIN statement USING (statement_id) JOIN job j USING (job_id)
JOIN dataset s ON s.dataset_id = e.source_dataset_id JOIN column a ON a.column_id = e.source_column_id
JOIN dataset t ON t.dataset_id = e.target_dataset_id LEFT JOIN column b ON b.column_id = e.target_column_id
"""


@dataclass(frozen=True, slots=True)
class Walk:
    """One direction from some columns: DIRECT edges, nearest first, each with its ``hop`` from 1; the INDIRECT
    influences on the columns met (up), or of them (down); ``cut`` when edges beyond the depth were left out.
    """

    edges: list[dict[str, Any]]
    influences: list[dict[str, Any]]
    cut: bool


class LineageOfRun:
    """The edges of one run as a graph; details of an edge are read when it is shown."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        rows = evidence.rows(
            "SELECT edge_id, source_column_id AS a, target_column_id AS b, protection FROM edge"
            " WHERE type = 'DIRECT' AND target_column_id IS NOT NULL ORDER BY edge_id"
        )
        ids = sorted({row["column_id"] for row in evidence.each("SELECT column_id FROM column")})
        self._ids = ids
        self._node = {column_id: n for n, column_id in enumerate(ids)}
        self._edge_ids = [row["edge_id"] for row in rows]
        self._graph = Graph(
            len(ids),
            np.array([self._node[row["a"]] for row in rows], np.int64),
            np.array([self._node[row["b"]] for row in rows], np.int64),
            np.array([_PROTECTIONS.index(row["protection"]) for row in rows], np.uint8),
        )

    def walk(self, columns: list[int], *, up: bool, depth: int) -> Walk:
        """From ``columns`` (ids) against the flow (``up``) or with it, at most ``depth`` steps."""
        graph = self._graph
        far = graph.source if up else graph.target
        hop: dict[int, int] = {}
        met = {self._node[column] for column in columns}
        frontier = sorted(met)
        cut = False
        for step in range(1, depth + 2):
            edges = [e for n in frontier for e in (graph.upstream(n, 1) if up else graph.downstream(n, 1)).tolist()]
            if not edges:
                break
            if step > depth:
                cut = any(edge not in hop for edge in edges)
                break
            for edge in edges:
                hop.setdefault(edge, step)
            frontier = sorted({int(far[edge]) for edge in edges} - met)
            met.update(frontier)
        details = self._details(self._edge_ids[edge] for edge in hop)
        found = [{**details[self._edge_ids[edge]], "hop": step} for edge, step in hop.items()]
        return Walk(found, self._influences([self._ids[n] for n in sorted(met)], up=up), cut)

    def routes(self, start: int, end: int, *, length: int, count: int) -> tuple[Routes, list[list[dict[str, Any]]]]:
        """Routes of DIRECT edges between two columns (ids), shortest first, with the details of their edges."""
        found = self._graph.routes(self._node[start], self._node[end], length=length, count=count)
        details = self._details({self._edge_ids[edge] for route in found.routes for edge in route})
        return found, [[details[self._edge_ids[edge]] for edge in route] for route in found.routes]

    def _details(self, edge_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        wanted = list(edge_ids)
        return {row["edge_id"]: row for row in self._each("e.edge_id IN ({})", wanted)}

    def _influences(self, columns: list[int], *, up: bool) -> list[dict[str, Any]]:
        where = "e.type = 'INDIRECT' AND e.source_column_id IN ({})"
        if up:
            where = (
                "e.type = 'INDIRECT' AND (e.target_column_id IN ({0}) OR (e.target_column_id IS NULL"
                " AND e.target_dataset_id IN (SELECT dataset_id FROM column WHERE column_id IN ({0}))))"
            )
        found = {row["edge_id"]: row for row in self._each(where, columns)}
        return [found[edge_id] for edge_id in sorted(found)]

    def _each(self, where: str, ids: list[int]) -> Iterable[dict[str, Any]]:
        for begin in range(0, len(ids), 5000):
            marks = ", ".join(str(int(one)) for one in ids[begin : begin + 5000])
            rows = self._evidence.rows(f"{_DETAIL} WHERE {where.format(marks)} ORDER BY e.edge_id")
            before = carried(self._evidence.rows, (row["source_column_id"] for row in rows))
            yield from ({**row, "carried": before.get(row["source_column_id"])} for row in rows)
