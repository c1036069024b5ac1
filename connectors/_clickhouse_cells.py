"""How a value of each ClickHouse type comes whole into Arrow, and what is done with text that is none.

Booleans, whole numbers to 64 bits, floats, decimals of up to 38 digits and strings keep their type, also inside arrays,
tuples and maps. Everything else comes as ClickHouse's own text, times in UTC: its Arrow has dates as bare numbers, and
Arrow has no whole number above 64 bits. ClickHouse keeps text and bytes in one type, so what a string column holds is
decided by its cells: bytes when at least half of them are not UTF-8, else text whose damaged cells are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from datagov.connectors._arrow import FETCH_BYTES, array, decoded
from datagov.connectors._arrow import settled as settled_text
from datagov.connectors._clickhouse_types import DEEPEST, Type
from datagov.connectors._clickhouse_words import quote

_AS_IT_IS = frozenset(
    {"Bool", "Int8", "Int16", "Int32", "Int64", "UInt8", "UInt16", "UInt32", "UInt64", "Float32", "Float64"}
)
_HOLDERS = frozenset({"Array", "Map", "Tuple", "Nested"})
_MOST_DIGITS = 38


def cell(name: str, type_: Type) -> str:
    """A column, given as an expression, as it is read; long strings are cut inside the source."""
    if type_.base in _AS_IT_IS or _is_small_decimal(type_):
        return name
    if type_.base == "String":
        return f"substring({name}, 1, {FETCH_BYTES})"
    if type_.base == "FixedString":
        return f"substring(CAST({name} AS {_kept_here(type_, 'String')}), 1, {FETCH_BYTES})"
    if type_.base.startswith("DateTime"):
        return f"toString({name}, 'UTC')"
    if type_.base == "AggregateFunction":
        return f"toString(finalizeAggregation({name}))"
    if type_.base in _HOLDERS and type_.parts:
        kept = kept_type(type_)
        in_utc = kept_type(type_, times="UTC")
        first = name if in_utc == type_.text else f"CAST({name} AS {in_utc})"
        return first if kept == in_utc else f"CAST({first} AS {kept})"
    return f"toString({name})"


def kept_type(type_: Type, depth: int = 0, *, times: str | None = None) -> str:
    """The type a value is cast to: itself where Arrow has it, text where not, and likewise inside of it.

    With ``times`` only times change, into that zone.
    """
    if type_.base in _HOLDERS and type_.parts and depth <= DEEPEST:
        parts = [(name, kept_type(one, depth + 1, times=times)) for name, one in type_.parts]
        if type_.base in ("Array", "Map"):
            return f"{type_.base}({', '.join(text for _, text in parts)})"
        inside = ", ".join(f"{quote(name)} {text}" if name else text for name, text in parts)
        whole = f"Tuple({inside})"
        return f"Array({whole})" if type_.base == "Nested" else _kept_here(type_, whole)
    if times is not None:
        return _kept_here(type_, _in_zone(type_, times)) if type_.base.startswith("DateTime") else type_.text
    if type_.base in _AS_IT_IS or _is_small_decimal(type_):
        inside = f"({', '.join(type_.arguments)})" if type_.arguments else ""
        return _kept_here(type_, type_.base + inside)
    return _kept_here(type_, "String")


def settled(column: pa.ChunkedArray) -> tuple[pa.Array, Mapping[str, str]]:
    """A column as it came, text made valid UTF-8 or seen to be bytes, and the notes of :func:`_arrow.array`."""
    whole = column.combine_chunks()
    if not pa.types.is_string(whole.type):
        return (whole, {}) if _is_valid(whole) else _mended(whole)
    if _is_valid(whole):
        return settled_text(column)
    cells = whole.cast(pa.binary()).to_pylist()
    filled = [one for one in cells if one]
    if 2 * sum(not _is_text(one) for one in filled) >= len(filled):
        return array(cells)
    return array([None if one is None else decoded(one) for one in cells])


def _kept_here(type_: Type, text: str) -> str:
    return f"Nullable({text})" if type_.nullable else text


def _in_zone(type_: Type, zone: str) -> str:
    digits = [one for one in type_.arguments if one.isdigit()]
    return f"{type_.base}({', '.join([*digits, repr(zone)])})"


def _is_small_decimal(type_: Type) -> bool:
    if type_.base != "Decimal" or not type_.arguments:
        return False
    return type_.arguments[0].isdigit() and int(type_.arguments[0]) <= _MOST_DIGITS


def _is_text(cell: bytes) -> bool:
    try:
        cell.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_valid(whole: pa.Array) -> bool:
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _mended(whole: pa.Array) -> tuple[pa.Array, Mapping[str, str]]:
    """A nested column in which some text is not UTF-8: what cannot be decoded in it is U+FFFD."""
    broken = 0

    def mended(value: Any) -> Any:
        nonlocal broken
        if isinstance(value, bytes):
            broken += not _is_text(value)
            return value.decode("utf-8", "replace")
        if isinstance(value, dict):
            return {name: mended(one) for name, one in value.items()}
        return type(value)(map(mended, value)) if isinstance(value, (list, tuple)) else value

    values = [mended(value) for value in whole.cast(_as_bytes(whole.type)).to_pylist()]
    return pa.array(values, whole.type), {"invalid_utf8": str(broken)}


def _as_bytes(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.binary()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_as_bytes(kind.value_type)))
    if pa.types.is_map(kind):
        return pa.map_(_as_bytes(kind.key_type), _as_bytes(kind.item_type))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_as_bytes(field.type)) for field in kind])
    return kind
