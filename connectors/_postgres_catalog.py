"""What PostgreSQL's catalog says: datasets, columns, keys, comments, view bodies, privileges.

Two queries that take no lock give every table and column; sizes and view bodies wait for locks, so they are asked for
one by one and a locked table spoils its own row only.
Written against ``pg_catalog``: the same through SQLAlchemy's Inspector costs about 50 ms a table. The schema filter is
part of every query.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._foreign_keys import Reference

_SCHEMAS = """
    n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND (cardinality(%(schemas)s::text[]) = 0 OR n.nspname = ANY(%(schemas)s::text[]))
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
"""
_BLOCKS = """
    (CASE WHEN c.relkind = 'p' THEN
        (SELECT coalesce(sum(pg_relation_size(relid)), 0) FROM pg_partition_tree(c.oid) WHERE isleaf)
     WHEN c.relkind IN ('v', 'f') THEN 0
     WHEN c.relhassubclass THEN
        (WITH RECURSIVE family (oid) AS
            (SELECT c.oid UNION SELECT i.inhrelid FROM family f JOIN pg_inherits i ON i.inhparent = f.oid)
         SELECT sum(pg_relation_size(family.oid)) FROM family)
     ELSE pg_relation_size(c.oid) END / current_setting('block_size')::int)::bigint
"""
_ALONE = "c.relkind IN ('r', 'm') AND NOT c.relhassubclass"
"""What the catalog says of a table that others inherit from leaves out their rows, which its readers see."""

_CHANGES_COUNTED = "current_setting('track_counts')::bool AND NOT pg_is_in_recovery()"
"""A standby replays changes without counting them, and so does a server that was told not to count."""

_COUNTED_SINCE = """
    (SELECT concat_ws(':', extract(epoch FROM pg_stat_get_bgwriter_stat_reset_time()),
                      extract(epoch FROM pg_stat_get_db_stat_reset_time(d.oid)))
     FROM pg_database d WHERE d.datname = current_database())
"""
"""When the counters last began from zero: after a crash or a reset they may come to the same number again."""
_RELATIONS = f"""
    SELECT c.oid::bigint, n.nspname::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'),
           has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'),
           pg_get_userbyid(c.relowner)::text,
           CASE WHEN c.reltuples >= 0 AND (c.relkind = 'p' OR NOT c.relhassubclass) THEN c.reltuples::bigint END,
           CASE WHEN {_ALONE} AND c.reltuples >= 0 THEN
               (c.relpages + coalesce(long.relpages, 0)) * current_setting('block_size')::bigint END,
           CASE WHEN {_ALONE} AND {_CHANGES_COUNTED} THEN concat_ws(':', c.relfilenode, c.relnatts,
                pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
                pg_stat_get_tuples_deleted(c.oid), {_COUNTED_SINCE}) END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class long ON long.oid = c.reltoastrelid
    WHERE {_SCHEMAS}
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_COLUMNS = f"""
    SELECT a.attrelid::bigint, a.attname::text, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
           coalesce(a.attnum = ANY((i.indkey::int2[])[0:i.indnkeyatts - 1]), false),
           col_description(a.attrelid, a.attnum)
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE a.attnum > 0 AND NOT a.attisdropped AND {_SCHEMAS}
    ORDER BY a.attrelid, a.attnum
"""
_FOREIGN_KEYS = f"""
    SELECT n.nspname || '.' || c.relname, k.conname::text, a.attname::text, m.nspname || '.' || r.relname,
           b.attname::text, k.convalidated
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class r ON r.oid = k.confrelid JOIN pg_namespace m ON m.oid = r.relnamespace
    CROSS JOIN unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (of, to_, at)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.of
    JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = pair.to_
    WHERE k.contype = 'f' AND k.conparentid = 0 AND {_SCHEMAS}
    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C", k.conname COLLATE "C", pair.at
"""
"""Keys that partitions have from their parent, and rows for each partition of what is referred to, are left out."""
_FIND = f"""
    SELECT n.nspname::text, c.relname::text, c.relkind::text, {_BLOCKS},
           CASE WHEN c.relpages > 0 AND c.reltuples > 0 AND NOT c.relhassubclass THEN c.reltuples / c.relpages END
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname || '.' || c.relname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_TYPES = """
    SELECT a.attname::text, CASE WHEN t.typtype = 'b' THEN t.typname::text ELSE '' END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
"""

KINDS = {"r": "table", "p": "table", "f": "table", "v": "view", "m": "view"}
"""Dataset kind of a ``pg_class.relkind``; a partition belongs to its parent."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of the catalog."""

    oid: int
    schema: str
    name: str
    relkind: str
    comment: str | None
    readable: bool
    holder: str
    row_estimate: int | None
    size_bytes: int | None
    """With long values stored apart, as of the last VACUUM or ANALYZE: the exact size would wait for locks."""
    change_token: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation, in order."""

    oid: int
    name: str
    data_type: str
    nullable: bool
    primary_key: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a dataset is: its schema and name as the server spells them, its kind and its blocks, 0 for a view.

    ``rows_per_block`` is the server's own estimate; None when the table was never analysed. ``parts`` are the schemas
    and names of the partitions to read, where not all of them can be.
    """

    schema: str
    name: str
    relkind: str
    blocks: int
    rows_per_block: float | None = None
    parts: tuple[tuple[str, str], ...] = ()


def relations(connection: Any, schemas: Sequence[str]) -> list[Relation]:
    """Every table and view of the schemas, all of the user's schemas when none is named."""
    return [Relation(*row) for row in connection.execute(_RELATIONS, {"schemas": list(schemas)})]


def columns(connection: Any, schemas: Sequence[str]) -> dict[int, list[Column]]:
    """The columns of every relation by its oid."""
    found: dict[int, list[Column]] = {}
    for row in connection.execute(_COLUMNS, {"schemas": list(schemas)}):
        found.setdefault(row[0], []).append(Column(*row))
    return found


def references(connection: Any, schemas: Sequence[str]) -> Iterator[Reference]:
    """Every foreign key of the schemas' tables, column by column."""
    for row in connection.execute(_FOREIGN_KEYS, {"schemas": list(schemas)}):
        yield Reference(*row)


def count(connection: Any, oid: int, table: str, *, most_blocks: int) -> int | None:
    """The exact number of rows, or None when the quoted ``table`` has more blocks; waits for the table's lock."""
    sql = f"SELECT CASE WHEN {_BLOCKS} <= {most_blocks} THEN (SELECT count(*) FROM {table}) END FROM pg_class c"
    found = connection.execute(f"{sql} WHERE c.oid = {oid}").fetchone()[0]
    return None if found is None else int(found)


def definition(connection: Any, oid: int) -> str | None:
    """The query of a view as the server writes it, None when it is gone; waits for the locks of the tables it reads."""
    found: str | None = connection.execute("SELECT pg_get_viewdef(%s::oid)", (oid,)).fetchone()[0]
    return found


def missing_schemas(connection: Any, schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that the database does not have."""
    sql = (
        "SELECT s.name FROM unnest(%s::text[]) WITH ORDINALITY AS s (name, n)"
        " WHERE NOT EXISTS (SELECT FROM pg_namespace p WHERE p.nspname = s.name) ORDER BY s.n"
    )
    return [name for (name,) in connection.execute(sql, (list(schemas),))]


def find(connection: Any, dataset: str) -> Sequence[Place]:
    """Where a dataset of this name is: nowhere, in one place, or in two when dots in names make it ambiguous."""
    return [Place(*row) for row in connection.execute(_FIND, (dataset,))]


def types(connection: Any, place: Place) -> dict[str, str]:
    """Base type name by column; empty text for a domain, enum, range or composite."""
    return dict(connection.execute(_TYPES, (place.schema, place.name)).fetchall())
