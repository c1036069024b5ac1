"""What a PostgreSQL server remembers of the queries it ran: the extension ``pg_stat_statements``, when it is there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from datagov.connectors import _problems as problems
from datagov.connectors._postgres_open import sentences
from datagov.connectors._querylog_entry import is_query
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter

MOST = 5_000
"""Entries taken up: those that ran most often."""

_THERE = """
    SELECT n.nspname::text, has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'pg_stat_statements'
    WHERE e.extname = 'pg_stat_statements'
"""
_HIDDEN = "<insufficient privilege>"


_NOT_LOADED = "55000"


def add_history(writer: FactWriter, connection: Any, source: Source) -> None:
    """``query_log``, and ``query`` facts with their jobs, for queries of this database by other accounts.

    The extension names the account and counts calls; it does not say when a query ran. Without the extension, or
    without the right to read it, there is no ``query_log`` and nothing is said; that it failed is a problem, and the
    rest of the harvest stands.
    """
    try:
        with sentences(f"Source {source.name!r}: the history of queries (pg_stat_statements)"):
            _add(writer, connection, source_id=source.source_id)
    except SourceError as error:
        problems.report(writer, source, source.name, "no_history", str(error), fatal=False)


def _add(writer: FactWriter, connection: Any, *, source_id: int) -> None:
    place = connection.execute(_THERE).fetchone()
    if place is None or not place[1]:
        return
    view = '"' + place[0].replace('"', '""') + '".pg_stat_statements'
    chosen = (
        f"FROM {view} s JOIN pg_database b ON b.oid = s.dbid LEFT JOIN pg_roles r ON r.oid = s.userid"
        " WHERE b.datname = current_database() AND r.rolname IS DISTINCT FROM current_user"
    )
    try:
        with connection.transaction():
            (total,) = connection.execute(f"SELECT count(*) {chosen}").fetchone()
            with connection.cursor("datagov_history") as cursor:
                cursor.execute(
                    f"SELECT s.queryid, s.query, r.rolname::text, s.calls, s.rows {chosen} AND s.query <> %s"
                    f" ORDER BY s.calls DESC, s.queryid, s.userid",
                    (_HIDDEN,),
                )
                rows, no_flow = _chosen(cursor)
    except connection.OperationalError as error:
        if error.sqlstate == _NOT_LOADED:
            return
        raise
    writer.add(
        "query_log",
        source_id=source_id,
        kind="pg_stat_statements",
        has_person=True,
        has_time=False,
        entries=len(rows),
        left_out=total - no_flow - len(rows),
        no_flow=no_flow,
    )
    for number, sql, account, calls, count in rows:
        job_id = writer.add("job", source_id=source_id, name=f"query {number}", kind="query", dialect="postgres")
        writer.add("statement", job_id=job_id, ordinal=0, kind="QUERY", outcome="parsed", sql=sql)
        writer.add("query", job_id=job_id, account=account, calls=calls, rows=count)


def _chosen(entries: Iterable[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], int]:
    """The first MOST entries that are queries, and how many move no data."""
    rows: list[tuple[Any, ...]] = []
    no_flow = 0
    for entry in entries:
        if not is_query(entry[1]):
            no_flow += 1
        elif len(rows) < MOST:
            rows.append(entry)
    return rows, no_flow
