"""How personal data got to a column: the edges of one shortest path, read back from the exposures."""

from __future__ import annotations

from typing import Any

from datagov.store import Evidence

LONGEST = 64
"""Edges of a path that are followed; a longer one shows its last steps."""

_EDGE = """
    SELECT e.*, s.name AS source_dataset, sc.name AS source_column, t.name AS target_dataset, tc.name AS target_column
    FROM edge e LEFT JOIN dataset s ON s.dataset_id = e.source_dataset_id
    LEFT JOIN "column" sc ON sc.column_id = e.source_column_id
    LEFT JOIN dataset t ON t.dataset_id = e.target_dataset_id
    LEFT JOIN "column" tc ON tc.column_id = e.target_column_id
    WHERE e.edge_id = ?
"""

_ARRIVAL = """
    SELECT edge_id FROM exposure WHERE column_id = ? AND origin_column_id = ? AND edge_id IS NOT NULL
    ORDER BY hops, edge_id LIMIT 1
"""


def edge(evidence: Evidence, edge_id: int | None) -> dict[str, Any] | None:
    """One edge with the names of its ends, or None."""
    rows = evidence.rows(_EDGE, (edge_id,)) if edge_id is not None else []
    return rows[0] if rows else None


def path(
    evidence: Evidence, *, column_id: int | None, origin_column_id: int | None, last: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """The edges from an origin column to a column, first step first; empty when no path is known.

    ``last`` is the edge that is known to end the path: then the column may be None.
    """
    steps = [last] if last else []
    at = last["source_column_id"] if last else column_id
    if at is None or origin_column_id is None:
        return steps
    seen = {at}
    while at != origin_column_id and len(steps) < LONGEST:
        arrival = evidence.value(_ARRIVAL, (at, origin_column_id))
        step = edge(evidence, arrival)
        if step is None or step["source_column_id"] in seen:
            break
        steps.append(step)
        at = step["source_column_id"]
        seen.add(at)
    return steps[::-1]
