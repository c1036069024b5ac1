"""How the columns of a MySQL table are read: numbers and times as the server writes them, text as bytes, cells cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from datagov.connectors._arrow import FETCH_BYTES
from datagov.connectors._mysql_catalog import Column, quote

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_AS_IT_IS = (*INTEGERS, "double", "year", "date", "datetime", "timestamp", "time", "decimal")
_GEOMETRY = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
)  # fmt: skip
_UTF8 = ("utf8", "utf8mb3", "utf8mb4", "ascii")


def fetched(columns: Sequence[str], known: Mapping[str, Column]) -> str:
    """The columns of ``d`` as they are read."""
    return ", ".join(cell(f"d.{quote(name)}", known.get(name)) for name in columns)


def cell(name: str, column: Column | None) -> str:
    """A column as it is read: numbers and times as the server writes them, text as UTF-8 bytes, long cells cut.

    Text of a UTF-8 column comes as its bytes, so that what is not UTF-8 in it is seen and not replaced by ``?``.
    """
    base = column.base if column else ""
    if base in INTEGERS and column and "zerofill" not in column.data_type:
        return name
    if base == "bit" or base in INTEGERS:
        return f"{name} + 0"
    if base == "float":
        return f"{name} + 0e0"
    if base in _AS_IT_IS:
        return name
    if base in BYTES:
        return f"SUBSTRING({name}, 1, {FETCH_BYTES})"
    if base in _GEOMETRY:
        return f"SUBSTRING(CAST(ST_AsText({name}) AS BINARY), 1, {FETCH_BYTES})"
    text = name if column and column.charset in _UTF8 else f"CONVERT({name} USING utf8mb4)"
    return f"SUBSTRING(CAST({text} AS BINARY), 1, {FETCH_BYTES})"
