"""What an SQLite file says of itself: tables, views, columns, definitions, row counts. No row is read, only counted."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from datagov.connectors._file_token import file_token
from datagov.connectors._foreign_keys import Reference
from datagov.connectors._sqlite_open import quote

_GENERATED = re.compile(r"\s*\bGENERATED ALWAYS\s*$", re.IGNORECASE)

_OBJECTS = """
    SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE type IN ('table', 'view', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    ORDER BY type, name
"""
_COLUMNS = """
    SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid
"""
_FOREIGN_KEYS = 'SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq'
_HIDDEN_OF_VIRTUAL_TABLE = 1


@dataclass(frozen=True, slots=True)
class Object:
    """A table, view or trigger as ``sqlite_master`` lists it; ``table`` is what a trigger hangs on."""

    kind: str
    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column in the order of its table, with its declared type or None."""

    name: str
    data_type: str | None
    nullable: bool
    primary_key: bool


def objects(connection: sqlite3.Connection) -> list[Object]:
    """Every table, view and trigger except SQLite's own, by kind and name."""
    return [Object(kind, name, table, sql or "") for kind, name, table, sql in connection.execute(_OBJECTS)]


def columns(connection: sqlite3.Connection, table: str) -> list[Column]:
    """The columns of a table or view, generated ones included; raises sqlite3.Error when the definition is broken."""
    return list(_columns(connection, table))


def _columns(connection: sqlite3.Connection, table: str) -> Iterator[Column]:
    rows = connection.execute(_COLUMNS, (table,)).fetchall()
    key = [row for row in rows if row[3]]
    row_id_alias = len(key) == 1 and str(key[0][1]).upper() == "INTEGER"
    for name, declared, not_null, position, hidden in rows:
        if hidden == _HIDDEN_OF_VIRTUAL_TABLE:
            continue
        data_type = _GENERATED.sub("", str(declared or "")) or None
        in_key = bool(position)
        yield Column(str(name), data_type, not (not_null or (in_key and row_id_alias)), in_key)


def references(connection: sqlite3.Connection, table: str, known: Iterable[str], schema: str) -> Iterator[Reference]:
    """The foreign keys of a table, column by column; ``known`` are the tables of the file, shown below ``schema``.

    Names are compared without case. A key that names no columns means the primary key of the other table. SQLite
    checks keys only where a program asks it to. Raises sqlite3.Error when a definition is broken.
    """
    by_name = {name.lower(): name for name in known}
    mine = {column.name.lower(): column.name for column in columns(connection, table)}
    rows = connection.execute(_FOREIGN_KEYS, (table,)).fetchall()
    for key, group in groupby(rows, key=lambda row: int(row[0])):
        pairs = list(group)
        parent = by_name.get(str(pairs[0][1]).lower(), str(pairs[0][1]))
        its = connection.execute(_COLUMNS, (parent,)).fetchall()
        spelt = {str(row[0]).lower(): str(row[0]) for row in its}
        primary = [str(row[0]) for row in sorted(its, key=lambda row: row[3]) if row[3]]
        for at, (_, _, column, named) in enumerate(pairs):
            if named is None:
                named = primary[at] if len(primary) == len(pairs) else None
            to = None if named is None else spelt.get(str(named).lower(), str(named))
            yield Reference(f"{schema}.{table}", key, mine.get(column.lower(), column), f"{schema}.{parent}", to)


def check_readable(connection: sqlite3.Connection, table: str) -> None:
    """Prepare a SELECT without running it; raises sqlite3.Error when a view or virtual table cannot be read."""
    connection.execute(f"SELECT * FROM {quote(table)} LIMIT 0")


def change_token(path: Path) -> str:
    """A text that changes whenever the data may have changed: of the file and its write-ahead log."""
    return file_token((path, path.with_name(path.name + "-wal")))
