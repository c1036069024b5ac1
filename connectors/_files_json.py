"""JSON files as rows: one object a line, read block by block, or one array of objects, which is held whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.json as pa_json

from datagov.connectors._files_faults import LINE_BYTES, FaultError, Left, Opened, endless
from datagov.connectors._json_depth import DEEPEST, too_deep

ARRAY_BYTES = 64 * 1024 * 1024
"""Largest file that is one JSON array: it has to be held whole."""
BATCH_ROWS = 8_192
_LONG = re.compile(rb"[:\[,]\s*-?\d{19}")
"""A number that may have more digits than 64 bits hold."""
_BEGINS = b"\xef\xbb\xbf \t\r\n"
"""What may stand before the first value: a byte order mark and white space."""


def opened(stream: Any) -> Opened:
    """One object a line, or one array of objects."""
    return _opened(stream, stream)


def head(stream: Any) -> Opened:
    """The same, of lines only those among the first megabytes."""
    return _opened(stream, None)


def _opened(stream: Any, rest: Any | None) -> Opened:
    first = bytes(stream.read(LINE_BYTES))
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in first[:2]:
        raise FaultError("is UTF-16 text; JSON is UTF-8, convert it")
    begins = first.lstrip(_BEGINS)
    if not begins:
        return Opened(pa.schema([]), iter(()), Left())
    if begins.startswith(b"["):
        return _array(begins, stream)
    left = Left()
    ended = len(first) < LINE_BYTES
    tables = _tables(begins, None if ended else rest, left, ended=ended)
    table = next(tables, None)
    if table is None:
        raise ValueError("no line is an object")
    return Opened(table.schema, _batches(table, tables), left)


def lines(block: bytes) -> Opened:
    """The objects of whole lines."""
    left = Left()
    made = _table_of(block, left, 0)
    return Opened(made.schema, iter(made.to_batches()), left)


def _array(begins: bytes, stream: Any) -> Opened:
    whole = begins + bytes(stream.read(ARRAY_BYTES + 1))
    if len(whole) > ARRAY_BYTES:
        limit = ARRAY_BYTES // 2**20
        raise FaultError(f"is a JSON array of more than {limit} MB, which cannot be read; write one object a line")
    _refuse_depth(whole)
    rows = [row if isinstance(row, dict) else {"value": row} for row in json.loads(whole)]
    made = _table(rows)
    return Opened(made.schema, iter(made.to_batches(max_chunksize=BATCH_ROWS)), Left())


def _batches(first: pa.Table, tables: Iterator[pa.Table]) -> Iterator[pa.RecordBatch]:
    yield from first.to_batches()
    for table in tables:
        yield from table.to_batches()


def _tables(block: bytes, stream: Any | None, left: Left, *, ended: bool) -> Iterator[pa.Table]:
    """Tables of as many whole lines as a block holds; their types may differ. Without a stream no more follows."""
    number = 0
    while block:
        more = bytes(stream.read(LINE_BYTES)) if stream is not None else b""
        end = len(block) if ended or (stream is not None and not more) else block.rfind(b"\n") + 1
        if not end:
            raise endless()
        made = _table_of(block[:end], left, number)
        number += block.count(b"\n", 0, end)
        if made.num_columns:
            yield made
        block = block[end:] + more if stream is not None else b""


def _table_of(block: bytes, left: Left, number: int) -> pa.Table:
    """The objects of a block; where a line is broken or types differ, each line is read by itself."""
    if not block.strip():
        return pa.table({})
    _refuse_depth(block)
    options = pa_json.ReadOptions(block_size=len(block))
    try:
        made = pa_json.read_json(pa.BufferReader(block), read_options=options)
    except pa.ArrowException:
        return _table(list(_one_by_one(block, left, number)))
    # Arrow makes floats, which lose digits, of whole numbers beyond 64 bits.
    if pa.float64() in made.schema.types and _LONG.search(block):
        return _table(list(_one_by_one(block, left, number)))
    return made


def _refuse_depth(text: bytes) -> None:
    if too_deep(text):
        raise FaultError(f"is nested more than {DEEPEST} levels deep; exclude it, or write it flatter")


def _one_by_one(block: bytes, left: Left, number: int) -> Iterator[Mapping[str, Any]]:
    for n, line in enumerate(block.split(b"\n"), start=number + 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield row
        else:
            left.add(n)


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; a field whose values are of several kinds becomes text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            texts = [v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
            columns[name] = pa.array(texts, pa.string())
    return pa.table(columns)
