"""Rows of a MySQL query as Arrow: the text protocol's packets are cut into columns by numpy, not cell by cell.

PyMySQL opens the connection and speaks the handshake; its own result reader makes a Python object of every cell
(25 krow/s of 15 columns). Here the row packets are taken as they come and decoded a column at a time. A server that
answers a query with a request for a local file (LOAD DATA LOCAL) is refused.
Protocol: https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from datagov.connectors._arrow import settled
from datagov.errors import SourceError

_READ = 1 << 18
_CHUNK = 4 << 20
_LARGEST = 0xFFFFFF
_LONG_CELLS = 256
_PAD = b"\0" * 9

Positions = npt.NDArray[np.int64]


def table(connection: Any, sql: str, fields: Sequence[tuple[str, pa.DataType]], *, who: str) -> pa.Table:
    """The rows of ``sql`` as the named fields in the order of its columns.

    A field's type is what its text is cast to; text is made valid UTF-8, long cells are cut, and the field's metadata
    says how many (:func:`datagov.connectors._arrow.settled`). Raises pymysql's errors, or SourceError about ``who``.
    """
    chunks: list[list[pa.Array]] = [[] for _ in fields]
    for data, starts in _chunks(connection, sql, len(fields), who=who):
        try:
            for n, column in enumerate(_columns(data, starts, len(fields))):
                chunks[n].append(_typed(column, fields[n][1]))
        except (pa.ArrowInvalid, IndexError, ValueError):
            raise SourceError(f"{who} cannot be read: the server sent a row that is not of its column types.") from None
    arrays, made = [], []
    for (name, type_), parts in zip(fields, chunks, strict=True):
        array, notes = settled(pa.chunked_array(parts, type_))
        parts.clear()
        arrays.append(array)
        made.append(pa.field(name, array.type, metadata=dict(notes)))
    return pa.table(arrays, schema=pa.schema(made))


def _chunks(connection: Any, sql: str, columns: int, *, who: str) -> Iterator[tuple[bytes, Positions]]:
    """Row packets by some megabytes: their bytes, and where in them each row begins."""
    rows, starts, size = [], [], 0
    for row in _rows(connection, sql, columns, who=who):
        rows.append(row)
        starts.append(size)
        size += len(row)
        if size >= _CHUNK:
            yield b"".join(rows) + _PAD, np.array(starts, np.int64)
            rows, starts, size = [], [], 0
    if rows:
        yield b"".join(rows) + _PAD, np.array(starts, np.int64)


def _rows(connection: Any, sql: str, columns: int, *, who: str) -> Iterator[bytes]:
    """The payload of every row packet of the query's result."""
    from pymysql import err
    from pymysql.constants import COMMAND

    connection._execute_command(COMMAND.COM_QUERY, sql.encode("utf-8"))
    first = connection._read_packet()
    if first.is_load_local_packet():
        connection._force_close()
        raise SourceError(f"{who} asked for a file of this machine, which no honest server does; do not connect to it.")
    if first.is_ok_packet() or first.read_length_encoded_integer() != columns:
        connection._force_close()
        raise SourceError(f"{who} answered a query with something that is not its result.")
    for _ in range(columns + 1):
        connection._read_packet()
    for row in _packets(connection._rfile):
        if row[:1] == b"\xff":
            err.raise_mysql_exception(row)
        yield row


def _packets(stream: Any) -> Iterator[bytes]:
    """Payloads until the packet that ends the rows; one of 16 MB continues in the next."""
    from pymysql import err
    from pymysql.constants import CR

    held, at = b"", 0
    parts: list[bytes] = []
    while True:
        end = at + 4
        if end <= len(held):
            length = held[at] | held[at + 1] << 8 | held[at + 2] << 16
            if end + length <= len(held):
                row = held[end : end + length]
                at = end + length
                if length == _LARGEST or parts:
                    parts.append(row)
                    if length == _LARGEST:
                        continue
                    row = b"".join(parts)
                    parts = []
                if length < 9 and row[:1] == b"\xfe":
                    return
                yield row
                continue
        try:
            more = stream.read1(_READ)
        except OSError:
            more = b""
        if not more:
            raise err.OperationalError(CR.CR_SERVER_LOST, "lost")
        held = held[at:] + more
        at = 0


def _columns(data: bytes, starts: Positions, columns: int) -> Iterator[pa.Array]:
    """Each column of the rows as bytes: a cell is its length (1, 3, 4 or 9 bytes) and its text, or 0xfb for NULL."""
    raw = np.frombuffer(data, np.uint8)
    at = starts.copy()
    for _ in range(columns):
        first = raw[at]
        null = first == 0xFB
        length = np.where(null, 0, first).astype(np.int64)
        head = np.ones_like(length)
        for mark, width in ((0xFC, 2), (0xFD, 3), (0xFE, 8)):
            some = np.flatnonzero(first == mark)
            if len(some):
                place = at[some]
                length[some] = sum(raw[place + 1 + n].astype(np.int64) << 8 * n for n in range(width))
                head[some] = 1 + width
        begin = at + head
        at = begin + length
        if int(at[-1]) > len(data) - len(_PAD):
            raise ValueError
        yield _gathered(data, raw, begin, length, null)


def _gathered(
    data: bytes, raw: npt.NDArray[np.uint8], begin: Positions, length: Positions, null: npt.NDArray[np.bool_]
) -> pa.Array:
    """The cells at the places as one Arrow array of bytes."""
    offsets = np.zeros(len(length) + 1, np.int32)
    np.cumsum(length, out=offsets[1:])
    total = int(offsets[-1])
    if total > _LONG_CELLS * len(length):
        ends = begin + length
        values: Any = b"".join(data[a:b] for a, b in zip(begin.tolist(), ends.tolist(), strict=True))
    else:
        values = raw[np.arange(total) + np.repeat(begin - offsets[:-1], length)]
    valid = pa.array(~null).buffers()[1] if null.any() else None
    buffers = [valid, pa.py_buffer(offsets), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.binary(), len(length), buffers)


def _typed(column: pa.Array, type_: pa.DataType) -> pa.Array:
    if pa.types.is_binary(type_):
        return column
    text = pa.Array.from_buffers(pa.string(), len(column), column.buffers())
    return text if pa.types.is_string(type_) else pc.cast(text, type_)
