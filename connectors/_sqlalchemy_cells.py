"""Rows of any driver as one Arrow batch: some thousand at a time, so that few Python values are held at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any

import pyarrow as pa

from datagov.connectors._arrow import array

_CHUNK_ROWS = 10_000


def batch(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> pa.RecordBatch:
    """The rows as columns of these names; field metadata is that of :func:`datagov.connectors._arrow.array`."""
    chunks: list[list[pa.Array]] = [[] for _ in names]
    notes: list[Counter[str]] = [Counter() for _ in names]
    left = iter(rows)
    while some := list(islice(left, _CHUNK_ROWS)):
        for n, cells in enumerate(zip(*some, strict=True)):
            _add(chunks[n], notes[n], [plain(cell) for cell in cells])
    arrays = [_together(parts, found) for parts, found in zip(chunks, notes, strict=True)]
    fields = [
        pa.field(name, one.type, metadata=_said(found)) for name, one, found in zip(names, arrays, notes, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def plain(value: Any) -> int | float | str | bytes | None:
    """A driver's value as one of the few kinds that Arrow columns are made of here; everything special is text.

    >>> plain(True), plain(2**70), plain({"a": 1}), plain(Decimal("1.50"))
    ('true', '1180591620717411303424', '{"a": 1}', '1.50')
    """
    if value is None or isinstance(value, str | float | bytes):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return format(value, "f") if isinstance(value, Decimal) and value.is_finite() else str(value)


def _add(parts: list[pa.Array], notes: Counter[str], cells: Sequence[Any]) -> None:
    made, said = array(cells)
    parts.append(made)
    notes.update({key: 1 if value == "true" else int(value) for key, value in said.items()})


def _together(parts: Sequence[pa.Array], notes: Counter[str]) -> pa.Array:
    """Chunks of one type joined; of several, their values typed again together."""
    full = [part for part in parts if part.null_count < len(part)]
    kinds = {part.type for part in full}
    if len(kinds) > 1:
        made: list[pa.Array] = []
        _add(made, notes, [cell for part in parts for cell in part.to_pylist()])
        return made[0]
    kind = kinds.pop() if kinds else pa.string()
    return pa.concat_arrays([part.cast(kind) for part in parts]) if parts else pa.nulls(0, kind)


def _said(notes: Counter[str]) -> Mapping[str, str]:
    return {key: "true" if key == "mixed" else str(count) for key, count in notes.items()}
