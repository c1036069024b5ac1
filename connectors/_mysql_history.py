"""What a MySQL or MariaDB server remembers of the queries it ran: digests of ``performance_schema``, when it is on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datagov.connectors import _problems as problems
from datagov.connectors._mysql_catalog import run
from datagov.connectors._mysql_open import driver, translated
from datagov.connectors._querylog_entry import is_query
from datagov.contracts import Source
from datagov.fact_writer import FactWriter

MOST = 5_000
"""Entries taken up: those that ran most often."""
_MOST_LOOKED_AT = 50_000

_ON = "SELECT @@performance_schema"
_DIGESTS = f"""
    SELECT DIGEST, DIGEST_TEXT, SCHEMA_NAME, COUNT_STAR, SUM_ROWS_SENT + SUM_ROWS_AFFECTED,
           DATE_FORMAT(FIRST_SEEN, '%%Y-%%m-%%dT%%H:%%i:%%sZ'), DATE_FORMAT(LAST_SEEN, '%%Y-%%m-%%dT%%H:%%i:%%sZ')
    FROM performance_schema.events_statements_summary_by_digest
    WHERE DIGEST_TEXT IS NOT NULL AND SCHEMA_NAME IN ({{marks}})
    ORDER BY COUNT_STAR DESC, DIGEST, SCHEMA_NAME LIMIT {_MOST_LOOKED_AT}
"""
_ALL = "SELECT COUNT(*) FROM performance_schema.events_statements_summary_by_digest WHERE SCHEMA_NAME IN ({marks})"


_HIDDEN = (1142, 1143, 1044, 1146, 1193)
"""Errors that say: there is no such table or variable here, or not for this account."""


def add_history(writer: FactWriter, connection: Any, databases: Sequence[str], source: Source) -> None:
    """``query_log``, and ``query`` facts with their jobs, for statements that ran in the databases.

    A digest says when a statement ran first and last, not who ran it; its constants are ``?``. Without
    ``performance_schema``, or without SELECT on it, there is no ``query_log`` and nothing is said; any other failure is
    a problem, and the rest of the harvest stands.
    """
    marks = ", ".join(["%s"] * len(databases))
    try:
        ((on,),) = run(connection, _ON)
        if not on or not databases:
            return
        ((total,),) = run(connection, _ALL.format(marks=marks), *databases)
        found = run(connection, _DIGESTS.format(marks=marks), *databases)
    except driver().MySQLError as error:
        if error.args[0] not in _HIDDEN:
            told = translated(error, who=f"Source {source.name!r}: the history of queries (performance_schema)")
            problems.report(writer, source, source.name, "no_history", str(told), fatal=False)
        return
    moving = [row for row in found if is_query(str(row[1]))]
    rows = moving[:MOST]
    writer.add(
        "query_log",
        source_id=source.source_id,
        kind="performance_schema",
        has_person=False,
        has_time=True,
        since=min((row[5] for row in rows), default=None),
        entries=len(rows),
        left_out=int(total) - len(found) + len(moving) - len(rows),
        no_flow=len(found) - len(moving),
    )
    for digest, text, schema, calls, count, first, last in rows:
        name = f"{schema}.query {str(digest)[:16]}"
        job_id = writer.add("job", source_id=source.source_id, name=name, kind="query", dialect="mysql")
        writer.add("statement", job_id=job_id, ordinal=0, kind="QUERY", outcome="parsed", sql=text)
        writer.add("query", job_id=job_id, calls=int(calls), rows=int(count), first_at=first, last_at=last)
