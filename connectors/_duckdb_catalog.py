"""What a DuckDB file says of itself: tables, views, columns, keys, comments, macros. No row is read.

The catalog functions are asked for one database, the file; a view's columns are those it had when it was made, so a
view that reads elsewhere is listed without being touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._duckdb_open import quote
from datagov.connectors._foreign_keys import Reference

_RELATIONS = """
    SELECT schema_name, table_name, 'table', comment, estimated_size, NULL
    FROM duckdb_tables() WHERE database_name = $1 AND NOT internal AND NOT temporary
    UNION ALL
    SELECT schema_name, view_name, 'view', comment, NULL, sql
    FROM duckdb_views() WHERE database_name = $1 AND NOT internal AND NOT temporary
    ORDER BY 1, 2
"""
_COLUMNS = """
    SELECT schema_name, table_name, column_name, column_index, data_type, is_nullable, comment
    FROM duckdb_columns() WHERE database_name = $1 AND NOT internal ORDER BY 1, 2, 4
"""
_KEYS = """
    SELECT schema_name, table_name, unnest(constraint_column_names)
    FROM duckdb_constraints() WHERE database_name = $1 AND constraint_type = 'PRIMARY KEY'
"""
_FOREIGN_KEYS = """
    SELECT schema_name, table_name, constraint_index, unnest(constraint_column_names), referenced_table,
           unnest(referenced_column_names)
    FROM duckdb_constraints() WHERE database_name = $1 AND constraint_type = 'FOREIGN KEY' ORDER BY 1, 2, 3
"""
"""A key stays within one schema."""
_MACROS = """
    SELECT schema_name, function_name, function_type, parameters, macro_definition
    FROM duckdb_functions()
    WHERE database_name = $1 AND NOT internal AND function_type IN ('macro', 'table_macro')
    ORDER BY 1, 2, 4, 5
"""
_SCHEMAS = "SELECT schema_name FROM duckdb_schemas() WHERE database_name = $1 ORDER BY 1"


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view. ``rows`` is DuckDB's own number of rows of a table, ``sql`` the definition of a view."""

    catalog: str
    schema: str
    name: str
    kind: str
    comment: str | None = None
    rows: int | None = None
    sql: str | None = None

    @property
    def dataset(self) -> str:
        """``schema.name``."""
        return f"{self.schema}.{self.name}"

    @property
    def qualified(self) -> str:
        """Database, schema and name, quoted."""
        return ".".join(quote(part) for part in (self.catalog, self.schema, self.name))


@dataclass(frozen=True, slots=True)
class Column:
    """A column in the order of its relation; ``data_type`` as DuckDB spells it."""

    name: str
    data_type: str
    nullable: bool
    primary_key: bool
    comment: str | None


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro with a definition that creates it; overloads of one name are several."""

    schema: str
    name: str
    sql: str


def relations(connection: Any, catalog: str) -> list[Relation]:
    """Every table and view of the file, by schema and name."""
    rows = connection.execute(_RELATIONS, [catalog]).fetchall()
    return [Relation(catalog, *row) for row in rows]


def schemas(connection: Any, catalog: str) -> list[str]:
    """Every schema of the file."""
    return [str(name) for (name,) in connection.execute(_SCHEMAS, [catalog]).fetchall()]


def find(connection: Any, catalog: str, dataset: str) -> list[Relation]:
    """Where a dataset of this name is: nowhere, in one place, or in several when dots in names make it ambiguous."""
    return [relation for relation in relations(connection, catalog) if relation.dataset == dataset]


def columns(connection: Any, catalog: str) -> dict[tuple[str, str], list[Column]]:
    """The columns of every relation by schema and name."""
    keys = {tuple(row) for row in connection.execute(_KEYS, [catalog]).fetchall()}
    found: dict[tuple[str, str], list[Column]] = {}
    for schema, table, name, _, type_, nullable, comment in connection.execute(_COLUMNS, [catalog]).fetchall():
        in_key = (schema, table, name) in keys
        column = Column(name, type_, bool(nullable) and not in_key, in_key, comment)
        found.setdefault((schema, table), []).append(column)
    return found


def references(connection: Any, catalog: str) -> Iterator[Reference]:
    """Every foreign key of the file, column by column; DuckDB lets no row be there that does not meet it."""
    for schema, table, number, column, referred, its in connection.execute(_FOREIGN_KEYS, [catalog]).fetchall():
        yield Reference(f"{schema}.{table}", number, column, f"{schema}.{referred}", its, enforced=True)


def macros(connection: Any, catalog: str) -> list[Macro]:
    """Every macro of the file."""
    return [
        Macro(schema, name, _macro(schema, name, kind, parameters or (), body))
        for schema, name, kind, parameters, body in connection.execute(_MACROS, [catalog]).fetchall()
    ]


def _macro(schema: str, name: str, kind: str, parameters: Sequence[str], body: str) -> str:
    taken = ", ".join(quote(str(parameter)) for parameter in parameters)
    made = f"CREATE MACRO {quote(schema)}.{quote(name)}({taken}) AS"
    return f"{made} TABLE {body}" if kind == "table_macro" else f"{made} {body}"
