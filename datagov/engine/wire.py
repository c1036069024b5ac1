"""How facts cross from a worker to the supervisor: named Arrow IPC streams in one byte string, never a pickle."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pyarrow as pa

_HEAD = struct.Struct(">HQ")
"""Length of the name in bytes, length of the stream in bytes."""


def pack(batches: Iterable[tuple[str, pa.RecordBatch]]) -> bytes:
    """Named record batches as bytes."""
    parts: list[bytes] = []
    for name, batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        stream = sink.getvalue().to_pybytes()
        title = name.encode()
        parts += (_HEAD.pack(len(title), len(stream)), title, stream)
    return b"".join(parts)


def unpack(data: bytes) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The named record batches again, in order. Raises ValueError when the bytes are not what ``pack`` made."""
    at = 0
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise ValueError("truncated facts")
        title, stream = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + title + stream > len(data):
            raise ValueError("truncated facts")
        name = data[at : at + title].decode()
        at += title
        with pa.ipc.open_stream(pa.py_buffer(data[at : at + stream])) as reader:
            for batch in reader:
                batch.validate(full=True)
                yield name, batch
        at += stream
