"""What information_schema of MySQL and MariaDB says: datasets, columns, keys, comments, bodies of views and routines.

Every query names one database as a constant, so that the server opens the tables of that database only, and none joins:
a join of information_schema tables opens every table once per row of the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._foreign_keys import Reference

SYSTEM = frozenset({"information_schema", "performance_schema", "mysql", "sys", "__internal_schema", "_statistics_"})
"""Databases of the server itself; also those of Doris and StarRocks."""

_RELATIONS = """
    SELECT TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS, DATA_LENGTH, TABLE_COMMENT, CREATE_TIME,
           CASE WHEN UPDATE_TIME < NOW() - INTERVAL 2 SECOND THEN UPDATE_TIME END,
           DATE_FORMAT(UPDATE_TIME, '%%Y-%%m-%%dT%%H:%%i:%%sZ')
    FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s
"""
_COLUMNS = """
    SELECT TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, COLUMN_TYPE, DATA_TYPE, CHARACTER_SET_NAME, IS_NULLABLE,
           COLUMN_KEY, COLUMN_COMMENT, PRIVILEGES
    FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s
"""
_FOREIGN_KEYS = """
    SELECT TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME,
           REFERENCED_COLUMN_NAME
    FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = %s AND REFERENCED_TABLE_NAME IS NOT NULL
"""
_VIEWS = "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
_ROUTINES = """
    SELECT SPECIFIC_NAME, ROUTINE_TYPE, ROUTINE_DEFINITION, DTD_IDENTIFIER
    FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %s
"""
_PARAMETERS = """
    SELECT SPECIFIC_NAME, ROUTINE_TYPE, ORDINAL_POSITION, PARAMETER_MODE, PARAMETER_NAME, DTD_IDENTIFIER
    FROM information_schema.PARAMETERS WHERE SPECIFIC_SCHEMA = %s AND ORDINAL_POSITION > 0
"""
_TRIGGERS = """
    SELECT TRIGGER_NAME, ACTION_TIMING, EVENT_MANIPULATION, EVENT_OBJECT_TABLE, ACTION_STATEMENT
    FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s
"""
_EVENTS = "SELECT EVENT_NAME, EVENT_DEFINITION FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s"
_INDEXES = """
    SELECT INDEX_NAME, COLUMN_NAME, SEQ_IN_INDEX, NON_UNIQUE, CARDINALITY, SUB_PART
    FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND INDEX_TYPE = 'BTREE'
"""


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view of a database. ``rows`` and ``size`` (bytes) are the server's estimates, None for a view."""

    database: str
    name: str
    kind: str
    engine: str | None
    rows: int | None
    size: int | None
    comment: str | None
    change_token: str | None
    changed_at: str | None
    """UTC: the session's time zone is."""
    versioned: bool = False
    """Whether the server keeps what rows were before (MariaDB's system versioning); only the present ones are read."""

    @property
    def dataset(self) -> str:
        """``database.name``."""
        return f"{self.database}.{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a relation. ``base`` is the type's name alone, ``charset`` None for what is not text."""

    name: str
    ordinal: int
    data_type: str
    base: str
    charset: str | None
    nullable: bool
    primary_key: bool
    comment: str | None
    readable: bool

    @property
    def unsigned(self) -> bool:
        """Whether an integer has no sign."""
        return "unsigned" in self.data_type


@dataclass(frozen=True, slots=True)
class Body:
    """A view, routine, trigger or event. ``sql`` is None when this account may not see it."""

    kind: str
    name: str
    sql: str | None


def quote(name: str) -> str:
    """An identifier quoted for MySQL; a backtick inside it is doubled.

    >>> quote("a`b")
    '`a``b`'
    """
    return "`" + name.replace("`", "``") + "`"


def qualified(relation: Relation) -> str:
    """Database and name, quoted."""
    return f"{quote(relation.database)}.{quote(relation.name)}"


def run(connection: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows of a catalog query."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def databases(connection: Any, wanted: Sequence[str]) -> list[str]:
    """The databases this account sees, of those wanted; all but the server's own when none is named."""
    seen = sorted(str(row[0]) for row in run(connection, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA"))
    return [name for name in seen if (name in wanted if wanted else name.lower() not in SYSTEM)]


def relations(connection: Any, database: str) -> list[Relation]:
    """Every table and view of a database, in the order of their names; sequences hold no data and are left out."""
    found = []
    for name, type_, engine, rows, size, comment, created, updated, changed in run(connection, _RELATIONS, database):
        if type_ == "SEQUENCE":
            continue
        view = "VIEW" in str(type_)
        token = None if view or updated is None else f"{created}:{updated}"
        estimate, length = (None, None) if view else (rows, size)
        found.append(
            Relation(
                database,
                str(name),
                "view" if view else "table",
                engine,
                estimate,
                length,
                (not view and comment) or None,
                token,
                None if view or changed is None else str(changed),
                "VERSIONED" in str(type_),
            )
        )
    return sorted(found, key=lambda one: one.name)


def columns(connection: Any, database: str, table: str | None = None) -> dict[str, list[Column]]:
    """The columns of every relation of a database by its name, or of one of them."""
    found: dict[str, list[Column]] = {}
    one = () if table is None else (table,)
    sql = _COLUMNS + (" AND TABLE_NAME = %s" if one else "")
    for row in sorted(run(connection, sql, database, *one), key=lambda row: (row[0], row[2])):
        name, column, ordinal, type_, base, charset, nullable, key, comment, rights = row
        found.setdefault(str(name), []).append(
            Column(
                str(column), int(ordinal) - 1, str(type_), str(base).lower(), charset, nullable == "YES", key == "PRI",
                comment or None, not rights or "select" in rights.lower(),
            )
        )  # fmt: skip
    return found


def references(connection: Any, database: str) -> Iterator[Reference]:
    """Every foreign key of a database, column by column; rows written with foreign_key_checks off need not meet it."""
    for table, key, _, column, schema, referred, its in sorted(
        run(connection, _FOREIGN_KEYS, database), key=lambda row: row[:3]
    ):
        yield Reference(f"{database}.{table}", str(key), str(column), f"{schema}.{referred}", str(its))


def bodies(connection: Any, database: str, listed: Mapping[str, Sequence[str]]) -> Iterator[Body]:
    """Views, routines, triggers and events as statements; ``listed`` gives the columns of a view."""
    here = quote(database)
    for name, sql in sorted(run(connection, _VIEWS, database)):
        named = ", ".join(quote(column) for column in listed.get(str(name), ()))
        yield Body("view", name, f"CREATE VIEW {here}.{quote(name)} ({named}) AS {sql}" if sql else None)
    taken: dict[tuple[str, str], list[str]] = {}
    for name, type_, _, mode, parameter, kind in sorted(
        run(connection, _PARAMETERS, database), key=lambda row: row[:3]
    ):
        said = f"{mode} " if mode and type_ == "PROCEDURE" else ""
        taken.setdefault((name, type_), []).append(f"{said}{quote(str(parameter))} {kind}")
    for name, type_, sql, returns in sorted(run(connection, _ROUTINES, database), key=lambda row: row[:2]):
        given = ", ".join(taken.get((name, type_), ()))
        back = f" RETURNS {returns}" if type_ == "FUNCTION" else ""
        yield Body("routine", name, f"CREATE {type_} {here}.{quote(name)} ({given}){back} {sql}" if sql else None)
    for name, timing, event, table, sql in sorted(run(connection, _TRIGGERS, database)):
        on = f"{timing} {event} ON {here}.{quote(table)} FOR EACH ROW"
        yield Body("trigger", name, f"CREATE TRIGGER {here}.{quote(name)} {on} {sql}" if sql else None)
    for name, sql in sorted(run(connection, _EVENTS, database)):
        yield Body("event", name, sql or None)


def find(connection: Any, dataset: str) -> list[Relation]:
    """Where a dataset of this name is: nowhere, in one place, or in two when dots in names make it ambiguous."""
    parts = dataset.split(".")
    found = []
    for at in range(1, len(parts)):
        database, name = ".".join(parts[:at]), ".".join(parts[at:])
        if len(database) <= 64 and len(name) <= 64:
            sql = f"{_RELATIONS} AND TABLE_NAME = %s"
            for row in run(connection, sql, database, name):
                if row[0] == name:
                    view = "VIEW" in str(row[1])
                    found.append(
                        Relation(database, name, "view" if view else "table", row[2], row[3], row[4], None, None, None)
                    )
    return found


@dataclass(frozen=True, slots=True)
class Key:
    """An index by whose first column rows can be found: never NULL, and almost as many values as rows."""

    index: str
    column: Column
    alone: bool
    """Whether no two rows share a value."""


def keys(connection: Any, relation: Relation, known: Sequence[Column]) -> list[Key]:
    """The keys of a table, the primary key first, then by how many values they have."""
    by_name = {column.name: column for column in known}
    rows = run(connection, _INDEXES, relation.database, relation.name)
    width: dict[str, int] = {}
    for row in rows:
        width[row[0]] = width.get(row[0], 0) + 1
    found = []
    for index, name, place, several, cardinality, part in rows:
        column = by_name.get(str(name))
        if place != 1 or part or column is None or column.nullable:
            continue
        alone = not int(several) and width[index] == 1
        if alone or (cardinality or 0) * 4 >= (relation.rows or 0):
            found.append((index != "PRIMARY", not alone, -(cardinality or 0), index, Key(str(index), column, alone)))
    return [key for *_, key in sorted(found, key=lambda one: one[:4])]
