"""What a ClickHouse server remembers of the queries it ran: ``system.query_log``, with account and time.

Queries are put together by their shape inside the server, which puts ``?`` in the place of values: none leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from datagov.connectors._clickhouse_open import COMMENT, ClickhouseError, Door, rows
from datagov.connectors._clickhouse_words import listed, literal
from datagov.fact_writer import FactWriter

MOST = 5_000
"""Entries taken up: those that ran most often."""
_LONGEST = 256 * 1024
_TIME = "formatDateTime({0}(event_time), '%Y-%m-%dT%H:%i:%SZ', 'UTC')"
_KINDS = ("Select", "Insert", "Create", "AsyncInsertFlush", "Rename", "Exchange", "Alter", "Delete", "Update")
_NO_FLOW = (
    "Set",
    "Use",
    "Show",
    "Describe",
    "Explain",
    "Exists",
    "Check",
    "Optimize",
    "System",
    "KillQuery",
    "Grant",
    "Revoke",
    "Drop",
    "Undrop",
    "Begin",
    "Commit",
    "Rollback",
)
"""Kinds known to move no data."""
_OTHERS = f"""
    SELECT user, query_kind IN ({listed(_NO_FLOW)}), uniqExact(current_database, normalized_query_hash)
    FROM system.query_log
    WHERE type = 'QueryFinish' AND is_initial_query AND event_date >= today() - {{days}}
      AND log_comment != {literal(COMMENT)} AND query_kind NOT IN ({listed(_KINDS)})
      AND (hasAny(databases, [{{databases}}]) OR (empty(databases) AND current_database IN ({{databases}})))
    GROUP BY 1, 2
"""
_QUERIES = f"""
    SELECT user, current_database, hex(normalized_query_hash),
           any(replaceRegexpAll(normalizeQueryKeepNames(query), '\\\\?\\\\.\\\\.', '?')),
           count(), sum(if(written_rows > 0, written_rows, result_rows)), {_TIME.format("min")}, {_TIME.format("max")}
    FROM system.query_log
    WHERE type = 'QueryFinish' AND is_initial_query AND event_date >= today() - {{days}}
      AND log_comment != {literal(COMMENT)} AND query_kind IN ({listed(_KINDS)}) AND length(query) <= {_LONGEST}
      AND (hasAny(databases, [{{databases}}]) OR (empty(databases) AND current_database IN ({{databases}})))
    GROUP BY user, current_database, normalized_query_hash
    ORDER BY count() DESC, user, current_database, normalized_query_hash
"""


def add_history(
    writer: FactWriter, door: Door, databases: Sequence[str], *, source_id: int, left_out: Sequence[str], days: int
) -> int:
    """``query_log``, and ``query`` facts with their jobs; accounts that a glob of ``left_out`` names do not count.

    Returns the engine's error code when the log could not be read, else 0; there is no ``query_log`` then.
    """
    if not databases:
        return 0
    try:
        found = rows(door, _QUERIES.format(databases=listed(list(databases)), days=days))
        others = rows(door, _OTHERS.format(databases=listed(list(databases)), days=days))
    except ClickhouseError as error:
        return error.code
    counted = [row for row in found if _counts(row[0], left_out)]
    uncounted = [row for row in others if _counts(row[0], left_out)]
    no_flow = sum(int(row[2]) for row in uncounted if int(row[1]))
    kept = counted[:MOST]
    writer.add(
        "query_log",
        source_id=source_id,
        kind="query_log",
        has_person=True,
        has_time=True,
        since=min((row[6] for row in counted), default=None),
        entries=len(kept),
        left_out=len(counted) - len(kept) + sum(int(row[2]) for row in uncounted) - no_flow,
        no_flow=no_flow,
    )
    for row in kept:
        _add(writer, row, source_id=source_id)
    return 0


def _counts(user: Any, left_out: Sequence[str]) -> bool:
    return not any(fnmatchcase(str(user), glob) for glob in left_out)


def _add(writer: FactWriter, row: Sequence[Any], *, source_id: int) -> None:
    user, schema, shape, sql, calls, count, first, last = row
    digest = sha256(f"{user}\0{shape}".encode("utf-8", "replace")).hexdigest()[:16]
    name = f"{schema}.query {digest}" if schema else f"query {digest}"
    job_id = writer.add("job", source_id=source_id, name=name, kind="query", dialect="clickhouse")
    writer.add("statement", job_id=job_id, ordinal=0, kind="QUERY", outcome="parsed", sql=sql)
    writer.add("query", job_id=job_id, account=user, calls=int(calls), rows=int(count), first_at=first, last_at=last)
