"""Spark's types as its JSON writes them: columns with their parts, SQL names, and what Arrow holds them as.

Source: ``org.apache.spark.sql.types.DataType.json``, which Delta's schemas use too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

from datagov.connectors._nested import Column

_SQL = {"byte": "tinyint", "short": "smallint", "integer": "int", "long": "bigint"}
"""Types that SQL calls otherwise than the JSON."""
_ARROW = {
    "byte": pa.int8(),
    "short": pa.int16(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "binary": pa.binary(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
}
_DECIMAL = re.compile(r"decimal\((\d+),\s*(-?\d+)\)")
_LETTERS = re.compile(r"(char|varchar)\(\d+\)")
_DECLARED = "__CHAR_VARCHAR_TYPE_STRING"
"""Where Spark notes that a string was declared as ``char(n)`` or ``varchar(n)``."""

Field = Mapping[str, Any]


def named(field: Field) -> str:
    """The name of a field, which is what files call it unless a table format says otherwise."""
    return str(field["name"])


def column(
    field: Field, *, mark: Callable[[Field], str] = named, spelled: Callable[[Any], str] | None = None
) -> Column:
    """A field of a struct as a column with its parts; ``spelled`` writes its type, by default as SQL does."""
    spell = spelled or sql_type
    told = field.get("metadata") or {}
    comment = told.get("comment")
    shape, parts = _inside(field["type"], mark, spell)
    declared = told.get(_DECLARED)
    return Column(
        named(field),
        declared if isinstance(declared, str) and spelled is None else spell(field["type"]),
        shape,
        parts,
        frozenset([mark(field)]),
        nullable=bool(field.get("nullable", True)),
        comment=comment if isinstance(comment, str) else None,
    )


def _inside(kind: Any, mark: Callable[[Field], str], spell: Callable[[Any], str]) -> tuple[str, tuple[Column, ...]]:
    """Shape and parts of a type."""
    if isinstance(kind, str):
        return "plain", ()
    match kind["type"]:
        case "struct":
            return "struct", tuple(column(field, mark=mark, spelled=spell) for field in kind["fields"])
        case "array":
            return "list", (_part("element", kind["elementType"], mark, spell),)
        case "map":
            return "map", (
                _part("key", kind["keyType"], mark, spell),
                _part("value", kind["valueType"], mark, spell),
            )
    return "plain", ()


def _part(name: str, kind: Any, mark: Callable[[Field], str], spell: Callable[[Any], str]) -> Column:
    shape, parts = _inside(kind, mark, spell)
    return Column(name, spell(kind), shape, parts, frozenset([name]))


def written(kind: Any) -> str:
    """A type as the JSON calls it.

    >>> written({"type": "array", "elementType": "long", "containsNull": True})
    'array<long>'
    """
    return _spelled(kind, {})


def sql_type(kind: Any) -> str:
    """A type as SQL calls it.

    >>> sql_type({"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True})
    'map<string,bigint>'
    """
    return _spelled(kind, _SQL)


def _spelled(kind: Any, words: Mapping[str, str]) -> str:
    if isinstance(kind, str):
        return words.get(kind, kind)
    match kind["type"]:
        case "struct":
            inside = ",".join(f"{named(field)}:{_spelled(field['type'], words)}" for field in kind["fields"])
            return f"struct<{inside}>"
        case "array":
            return f"array<{_spelled(kind['elementType'], words)}>"
        case "map":
            return f"map<{_spelled(kind['keyType'], words)},{_spelled(kind['valueType'], words)}>"
    return str(kind["type"])


def arrow_type(kind: Any) -> pa.DataType | None:
    """What Arrow holds cells of a type as; None for types that are read as text.

    >>> arrow_type("decimal(10,2)"), arrow_type("timestamp"), arrow_type("interval day to second")
    (Decimal128Type(decimal128(10, 2)), TimestampType(timestamp[us, tz=UTC]), None)
    """
    if isinstance(kind, str):
        if found := _DECIMAL.fullmatch(kind):
            return pa.decimal128(int(found[1]), int(found[2]))
        return pa.string() if _LETTERS.fullmatch(kind) else _ARROW.get(kind)
    match kind["type"]:
        case "struct":
            fields = [(named(field), arrow_type(field["type"])) for field in kind["fields"]]
            return None if any(inside is None for _, inside in fields) else pa.struct(fields)
        case "array":
            element = arrow_type(kind["elementType"])
            return None if element is None else pa.list_(element)
        case "map":
            key, value = arrow_type(kind["keyType"]), arrow_type(kind["valueType"])
            return None if key is None or value is None else pa.map_(key, value)
    return None


def is_padded(field: Field) -> bool:
    """Whether a field was declared ``char(n)``, whose cells are filled up with spaces."""
    declared = (field.get("metadata") or {}).get(_DECLARED) or field["type"]
    return isinstance(declared, str) and declared.startswith("char(")
