"""SQL that reads or samples a DuckDB relation, and how each of its types comes whole into Arrow.

A sample is the rows whose row ids have the lowest keyed hash: DuckDB passes over the row ids, which are not stored, and
fetches the other columns of the rows drawn. A view, and a table in which a column is called ``rowid``, is passed over
once in a single thread, where the order of rows is always the same, and its rows are drawn by their position.

Numbers, booleans, text and bytes come as they are, also inside lists, structs and maps. Everything else comes as
DuckDB's own text: Arrow has no ``infinity``, no 24:00 and no whole number above 64 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datagov.connectors._arrow import FETCH_BYTES, MAX_CELL_BYTES
from datagov.connectors._chance import seed_of
from datagov.connectors._duckdb_catalog import Relation
from datagov.connectors._duckdb_open import quote

SPLIT_ROWS = 61_440
"""Row ids of one split of a table that is read whole: half of a row group."""

_AS_IT_IS = frozenset(
    {
        "boolean",
        "tinyint",
        "smallint",
        "integer",
        "bigint",
        "utinyint",
        "usmallint",
        "uinteger",
        "ubigint",
        "float",
        "double",
        "decimal",
    }
)
_DEEPEST = 40
"""Levels of lists and structs up to which a nested type is kept; deeper ones come as text."""


def types_of(connection: Any, relation: Relation) -> Mapping[str, Any]:
    """DuckDB's type of every column, by preparing a query that reads no row. Raises duckdb.Error."""
    prepared = connection.sql(f"SELECT * FROM {relation.qualified} LIMIT 0")
    return dict(zip(prepared.columns, prepared.types, strict=True))


def count_up_to_sql(relation: Relation, rows: int) -> str:
    """The number of rows, or ``rows`` + 1 when there are more."""
    return f"SELECT count(*) FROM (SELECT 1 FROM {relation.qualified} LIMIT {rows + 1}) AS d"


def full_sql(relation: Relation, columns: Sequence[str], types: Mapping[str, Any]) -> str:
    """Every row."""
    listed = ", ".join(cell(f"d.{quote(name)}", types[name]) for name in columns)
    return f"SELECT {listed} FROM {relation.qualified} AS d"


def split_sql(whole: str, last: int) -> list[str]:
    """``whole``, a :func:`full_sql`, as queries over ranges of row ids up to ``last``; together all rows."""
    starts = range(0, last + 1, SPLIT_ROWS)
    return [f"{whole} WHERE d.rowid >= {start} AND d.rowid < {start + SPLIT_ROWS}" for start in starts]


def has_row_ids(relation: Relation, names: Sequence[str]) -> bool:
    """Whether ``rowid`` means the row's own id."""
    return relation.kind == "table" and all(name.lower() != "rowid" for name in names)


def by_row_id_sql(relation: Relation, columns: Sequence[str], types: Mapping[str, Any], *, rows: int, seed: int) -> str:
    """The rows with the lowest keyed hash of their row id."""
    drawn = (
        f"SELECT t.rowid FROM {relation.qualified} AS t"
        f" ORDER BY hash(t.rowid, {seed_of(seed, relation.dataset)}), t.rowid LIMIT {rows}"
    )
    return f"{full_sql(relation, columns, types)} WHERE d.rowid IN ({drawn}) ORDER BY d.rowid"


def by_position_sql(
    relation: Relation, columns: Sequence[str], types: Mapping[str, Any], *, rows: int, seed: int
) -> str:
    """The rows with the lowest keyed hash of their position; to be run in a single thread."""
    inner = ", ".join(f"v.{quote(name)} AS c{n}" for n, name in enumerate(columns))
    outer = ", ".join(cell(f"d.c{n}", types[name]) for n, name in enumerate(columns))
    return (
        f"SELECT {outer} FROM (SELECT {inner}, row_number() OVER () AS n FROM {relation.qualified} AS v) AS d"
        f" ORDER BY hash(d.n, {seed_of(seed, relation.dataset)}), d.n LIMIT {rows}"
    )


def cell(name: str, kind: Any) -> str:
    """A column of DuckDB's type ``kind`` as it is read; long text and bytes are cut inside the source."""
    if kind.id in _AS_IT_IS:
        return name
    if kind.id == "blob":
        cut = f"array_slice({name}, 1, {FETCH_BYTES})"
        return f"CASE WHEN octet_length({name}) > {MAX_CELL_BYTES} THEN {cut} ELSE {name} END"
    kept = kept_type(kind)
    if kept == str(kind) and kept != "VARCHAR":
        return name
    if kept != "VARCHAR":
        return f"CAST({name} AS {kept})"
    text = name if str(kind) == "VARCHAR" else f"CAST({name} AS VARCHAR)"
    return f"CASE WHEN strlen({text}) > {MAX_CELL_BYTES} THEN left({text}, {FETCH_BYTES}) ELSE {text} END"


def kept_type(kind: Any, depth: int = 0) -> str:
    """The type a value is cast to: itself where Arrow has it, text where not, and inside lists and structs likewise."""
    if kind.id in _AS_IT_IS or kind.id == "blob":
        return str(kind)
    if depth > _DEEPEST or kind.id not in ("list", "array", "struct", "map"):
        return "VARCHAR"
    children = [(str(name), child) for name, child in kind.children if name != "size"]
    inner = [kept_type(child, depth + 1) for _, child in children]
    if kind.id in ("list", "array"):
        return f"{inner[0]}[]"
    if kind.id == "map":
        return f"MAP({inner[0]}, {inner[1]})"
    if any(not name for name, _ in children):
        return "VARCHAR"
    return f"STRUCT({', '.join(f'{quote(name)} {kept}' for (name, _), kept in zip(children, inner, strict=True))})"
