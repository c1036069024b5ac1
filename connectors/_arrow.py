"""Columns of Python values from a dynamically typed source become Arrow arrays, without loss or surprise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

MAX_CELL_BYTES = 64 * 1024
"""Cells are cut at this many bytes."""

FETCH_BYTES = MAX_CELL_BYTES + 4
"""How much of a long cell a source is asked for: enough to see that it is cut, even inside a UTF-8 character."""

_EXACT_IN_FLOAT = 2**53

Cell = int | float | str | bytes | None


class Damaged(str):
    """Text that was not valid UTF-8; what could not be decoded is U+FFFD."""

    __slots__ = ()


def decoded(raw: bytes) -> str:
    """UTF-8 text, or :class:`Damaged` text.

    >>> decoded("张".encode()), isinstance(decoded(b"ab\\xff"), Damaged)
    ('张', True)
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(raw) > MAX_CELL_BYTES and error.reason == "unexpected end of data":
            return raw[: error.start].decode("utf-8")
        return Damaged(raw.decode("utf-8", "replace"))


def array(values: Sequence[Cell]) -> tuple[pa.Array, Mapping[str, str]]:
    """The values as one Arrow array, and what a reader must know of them as field metadata.

    One kind of value keeps its type: int64, float64, string or binary. Integers beside floats are float64 while
    that is exact. Everything else that is mixed becomes text. Metadata keys: ``mixed`` (``true``),
    ``invalid_utf8`` and ``cut`` (how many cells).
    """
    kinds = set(map(type, values)) - {type(None)}
    notes: dict[str, str] = {}
    if Damaged in kinds:
        notes["invalid_utf8"] = str(sum(isinstance(value, Damaged) for value in values))
        kinds = (kinds - {Damaged}) | {str}
    if not kinds:
        return pa.nulls(len(values), pa.string()), notes
    if kinds == {int}:
        return pa.array(values, pa.int64()), notes
    if kinds == {float}:
        return pa.array(values, pa.float64()), notes
    if kinds == {int, float} and _fits_float(values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64()), notes
    if kinds in ({str}, {bytes}):
        if (short := _short(values, pa.string() if kinds == {str} else pa.binary())) is not None:
            return short, notes
        kept = [value if value is None else _cut(value) for value in values]
        if cut := sum(value is not None and _size(value) > MAX_CELL_BYTES for value in values):
            notes["cut"] = str(cut)
        return pa.array(kept, pa.string() if kinds == {str} else pa.binary()), notes
    notes["mixed"] = "true"
    texts, more = array([None if value is None else _text(value) for value in values])
    return texts, {**more, **notes}


def settled(column: pa.ChunkedArray) -> tuple[pa.Array, Mapping[str, str]]:
    """A column that came as Arrow: text made valid UTF-8, long cells cut, and the notes of :func:`array`."""
    whole = column.combine_chunks()
    if not (pa.types.is_string(whole.type) or pa.types.is_binary(whole.type)) or len(whole) == 0:
        return whole, {}
    if pa.types.is_string(whole.type):
        try:
            whole.validate(full=True)
        except pa.ArrowInvalid:
            cells = whole.cast(pa.binary()).to_pylist()
            return array([None if cell is None else decoded(cell) for cell in cells])
    if (pc.max(pc.binary_length(whole)).as_py() or 0) > MAX_CELL_BYTES:
        return array(whole.to_pylist())
    return whole, {}


def _short(values: Sequence[Cell], kind: pa.DataType) -> pa.Array | None:
    """Text or bytes of which no cell is to be cut, all at once; None where one is."""
    whole = pa.array(values, kind)
    if not isinstance(whole, pa.Array) or (pc.max(pc.binary_length(whole)).as_py() or 0) > MAX_CELL_BYTES:
        return None
    return whole


def _fits_float(values: Sequence[Cell]) -> bool:
    return all(abs(value) <= _EXACT_IN_FLOAT for value in values if isinstance(value, int))


def _text(value: int | float | str | bytes) -> str:
    if isinstance(value, bytes):
        return decoded(value)
    return value if isinstance(value, str) else repr(value)


def _size(value: Cell) -> int:
    if isinstance(value, bytes):
        return len(value)
    return len(value.encode("utf-8", "replace")) if isinstance(value, str) else 0


def _cut(value: Cell) -> Cell:
    if isinstance(value, bytes):
        return value[:MAX_CELL_BYTES]
    if isinstance(value, str) and len(value) > MAX_CELL_BYTES // 4 and _size(value) > MAX_CELL_BYTES:
        return value.encode("utf-8", "replace")[:MAX_CELL_BYTES].decode("utf-8", "ignore")
    return value
