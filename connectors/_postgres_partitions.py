"""The partitions of a PostgreSQL table one by one, for when others hold some of them locked: those that can be read.

A query of the table takes a lock on every partition, so that one that is locked keeps it from all. The catalog names
them without a lock. A partition is read by itself only where that shows nothing that the table would not: the account
may read the partition, and no policy hides rows of it or of a table above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._postgres_catalog import Place
from datagov.connectors._postgres_open import LEAST_LOCK_MS, driver, is_locked

_MOST_LOCKED = 32
"""Where more partitions are locked than this, the table is taken to be locked as a whole."""

_LEAVES = """
    WITH RECURSIVE family (root, oid, hidden) AS (
        SELECT c.oid, c.oid, c.relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname || '.' || c.relname = %s AND c.relkind = 'p' AND NOT c.relispartition
        UNION ALL
        SELECT f.root, c.oid, f.hidden OR c.relrowsecurity
        FROM family f JOIN pg_inherits i ON i.inhparent = f.oid JOIN pg_class c ON c.oid = i.inhrelid
    )
    SELECT rn.nspname::text, r.relname::text, n.nspname::text, c.relname::text, c.oid::bigint,
           CASE WHEN c.reltuples > 0 AND c.relpages > 0 THEN c.reltuples END, c.relpages,
           c.relkind = 'r' AND NOT f.hidden AND has_schema_privilege(n.oid, 'USAGE')
               AND has_table_privilege(c.oid, 'SELECT')
    FROM family f JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class r ON r.oid = f.root JOIN pg_namespace rn ON rn.oid = r.relnamespace
    WHERE c.relkind <> 'p' ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_BLOCKS = "SELECT pg_relation_size(%s::oid) / current_setting('block_size')::int"


@dataclass(frozen=True, slots=True)
class Readable:
    """What of a partitioned table can be read: ``place`` stands for those partitions, ``lacking`` says which are not
    among them, in sentences."""

    place: Place
    lacking: str


def readable(connection: Any, dataset: str) -> Readable | None:
    """The partitions of the table that nobody has locked; None when it has none, or is no partitioned table.

    Waits for no lock, and leaves the session so.
    """
    found = connection.execute(_LEAVES, (dataset,)).fetchall()
    if len({(schema, name) for schema, name, *_ in found}) != 1:
        return None
    connection.execute(f"SET lock_timeout = {LEAST_LOCK_MS}")
    parts, blocks, tuples, pages, locked, closed = list[tuple[str, str]](), 0, 0.0, 0, 0, 0
    for _, _, schema, name, oid, estimate, its_pages, open_to_us in found:
        if not open_to_us:
            closed += 1
            continue
        try:
            size = _blocks(connection, oid)
        except driver().Error as error:
            if not is_locked(error):
                raise
            locked += 1
            if locked > _MOST_LOCKED:
                return None
            continue
        if size is None:
            continue
        parts.append((schema, name))
        blocks += size
        if estimate is not None:
            tuples, pages = tuples + estimate, pages + its_pages
    if not parts or not locked:
        return None
    place = Place(found[0][0], found[0][1], "p", blocks, tuples / pages if pages else None, tuple(parts))
    return Readable(place, " ".join(_lacking(len(found), locked, closed)))


def _blocks(connection: Any, oid: int) -> int | None:
    """The number of blocks of a table; None when it is gone since. A lock that does not come free is an error."""
    (blocks,) = connection.execute(_BLOCKS, (oid,)).fetchone()
    return None if blocks is None else int(blocks)


def _lacking(total: int, locked: int, closed: int) -> Sequence[str]:
    told = [
        f"The partitions that are locked by another connection did not come: {locked:,} of {total:,}; run again later."
    ]
    if closed:
        told.append(
            f"The partitions that can only be read through their table did not come: {closed:,} of {total:,}; "
            "GRANT SELECT on them to this account."
        )
    return told
