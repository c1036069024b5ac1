"""Rows of a PostgreSQL query as Arrow: COPY as CSV, parsed by pyarrow, no Python object per cell.

ADBC's driver is faster with its own types (466 krow/s against 268), which lose values, and slower with the casts that
keep them (190); it also reads the whole of ``pg_attribute`` on every connection: 0.7 s with 2,000 tables, where a
sample takes 0.2 s (``benchmarks/postgres_adbc.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import csv

from datagov.connectors._arrow import settled

_ARROW = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
}
_MAX_BLOCK = 2**31 - 1


def table(connection: Any, sql: str, fields: Sequence[tuple[str, str]]) -> pa.Table:
    """The rows of ``sql``; ``fields`` are (name in the result, PostgreSQL's base type) in the order of its columns.

    Field metadata says what was cut or not UTF-8. Raises psycopg.Error.
    """
    raw = bytearray()
    with connection.cursor() as cursor, cursor.copy(f"COPY ({sql}) TO STDOUT (FORMAT csv)") as copy:
        for block in copy:
            raw += block
    places = {f"c{n}": _ARROW.get(base, pa.string()) for n, (_, base) in enumerate(fields)}
    parsed = _parsed(bytes(raw), places) if raw else pa.schema(list(places.items())).empty_table()
    arrays, made = [], []
    for (name, base), column in zip(fields, parsed.columns, strict=True):
        array, notes = settled(_unhexed(column) if base == "bytea" else column)
        arrays.append(array)
        made.append(pa.field(name, array.type, metadata=dict(notes)))
    return pa.table(arrays, schema=pa.schema(made))


def _parsed(raw: bytes, places: Mapping[str, pa.DataType]) -> pa.Table:
    """CSV as PostgreSQL writes it: NULL is nothing, an empty text is quoted, a row may be as large as the whole."""
    return csv.read_csv(
        pa.BufferReader(raw),
        read_options=csv.ReadOptions(column_names=list(places), block_size=min(max(len(raw), 1 << 20), _MAX_BLOCK)),
        parse_options=csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(
            column_types=places,
            check_utf8=False,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )


def _unhexed(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Bytes from their hex text ``\\x00ff``."""
    cells = (cell and bytes.fromhex(cell[2:]) for cell in column.to_pylist())
    return pa.chunked_array([pa.array([None if cell is None else cell or b"" for cell in cells], pa.binary())])
