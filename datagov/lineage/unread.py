"""How much of a run's SQL lineage does not see: counters of each file, of each source and of the whole run.

Shown wherever lineage is shown: an edge that is missing means nothing until it is known what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

OUTCOMES = ("parsed", "opaque", "failed", "unsupported")
"""What became of a statement."""

COUNTERS = (*OUTCOMES, "unresolved")
"""Of statements, and of the names in them that could not be resolved."""

Counted = dict[str, Any]

_FILES = """
WITH stale AS (
  SELECT DISTINCT source_id, object, line FROM problem WHERE stage = 'trace' AND kind = 'not_in_schema'
), part AS (
  SELECT j.source_id, coalesce(j.file, j.name) AS file, j.dialect, s.outcome, 0 AS unresolved, 0 AS faults
  FROM job j LEFT JOIN statement s USING (job_id)
  UNION ALL
  SELECT p.source_id, coalesce(p.file, p.object), NULL, NULL,
    p.stage = 'trace' AND (
      p.kind LIKE 'unresolved%' OR p.kind IN ('not_in_schema', 'too_many_names')
      OR p.kind = 'unknown_column' AND stale.source_id IS NULL),
    p.fatal
  FROM problem p LEFT JOIN source o USING (source_id)
    LEFT JOIN stale ON p.kind = 'unknown_column' AND stale.source_id = p.source_id AND stale.object = p.object
      AND stale.line = p.line
  WHERE p.stage = 'trace' OR (p.stage = 'harvest' AND p.fatal AND p.file IS NOT NULL AND o.role = 'pipeline')
)
SELECT coalesce(o.name, '') AS source, part.file, max(part.dialect) AS dialect,
  coalesce(sum(part.outcome = 'parsed'), 0) AS parsed, coalesce(sum(part.outcome = 'opaque'), 0) AS opaque,
  coalesce(sum(part.outcome = 'failed'), 0) AS failed, coalesce(sum(part.outcome = 'unsupported'), 0) AS unsupported,
  sum(part.unresolved) AS unresolved, NOT (count(part.outcome) = 0 AND sum(part.faults) > 0) AS read
FROM part LEFT JOIN source o USING (source_id) GROUP BY part.source_id, part.file ORDER BY part.source_id, part.file
"""
"""A column that the catalogue lacks is told by tracing, and where only landing could know it, by landing: once."""


def files(query: Callable[[str], Sequence[Mapping[str, Any]]]) -> list[Counted]:
    """``source``, ``file`` (a job without a file by its name), ``dialect``, the ``COUNTERS``, and ``read``: false for
    a file of which no statement was read because it, or its worker, was lost.

    ``query`` is :meth:`Evidence.rows <datagov.store.Evidence.rows>` or :meth:`FactStore.query
    <datagov.store.FactStore.query>`.
    """
    return [{**row, "read": bool(row["read"])} for row in query(_FILES)]


def sources(counted: Iterable[Mapping[str, Any]]) -> list[Counted]:
    """The same of each source: its files are ``files`` many, of which ``lost`` were not read at all."""
    found: dict[str, Counted] = {}
    for file in counted:
        one = found.setdefault(
            file["source"], {"source": file["source"], "files": 0, **dict.fromkeys(COUNTERS, 0), "lost": 0}
        )
        one["files"] += 1
        one["lost"] += not file["read"]
        for counter in COUNTERS:
            one[counter] += file[counter]
    return list(found.values())


def total(counted: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """The ``COUNTERS`` of all."""
    sums: dict[str, int] = dict.fromkeys(COUNTERS, 0)
    for one in counted:
        for counter in COUNTERS:
            sums[counter] += one[counter]
    return sums


def is_partial(counted: Mapping[str, Any]) -> bool:
    """Whether something of a file or source was not read or not resolved."""
    lost = not counted["read"] if "read" in counted else counted["lost"]
    return bool(lost or any(counted[counter] for counter in COUNTERS if counter != "parsed"))


def of_run(query: Callable[[str], Sequence[Mapping[str, Any]]]) -> Counted:
    """Of the whole run: ``statements``, ``not_read`` ones, the ``COUNTERS``, ``unread_objects`` (faults of harvesting
    and tracing), and the same by ``sources`` and ``files``.
    """
    by_file = files(query)
    sums = total(by_file)
    statements = sum(sums[outcome] for outcome in OUTCOMES)
    faults = query("SELECT count(*) AS n FROM problem WHERE fatal AND stage IN ('harvest', 'trace')")[0]["n"]
    return {
        "statements": statements,
        "not_read": statements - sums["parsed"],
        **sums,
        "unread_objects": faults,
        "sources": sources(by_file),
        "files": by_file,
    }
