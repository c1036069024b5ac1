"""How facts cross from a worker to the supervisor: named Arrow IPC streams in one byte string, never a pickle."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

import pyarrow as pa

_COUNT = struct.Struct(">I")
"""Number of streams that follow: a message cut between two of them is as truncated as any other."""

_HEAD = struct.Struct(">HQ")
"""Length of the name in bytes, length of the stream in bytes."""


def pack(batches: Iterable[tuple[str, pa.RecordBatch]]) -> bytes:
    """Named record batches as bytes."""
    parts: list[bytes] = []
    count = 0
    for name, batch in batches:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        stream = sink.getvalue().to_pybytes()
        title = name.encode()
        parts += (_HEAD.pack(len(title), len(stream)), title, stream)
        count += 1
    return _COUNT.pack(count) + b"".join(parts)


def unpack(data: bytes) -> Iterator[tuple[str, pa.RecordBatch]]:
    """The named record batches again, in order. Raises ValueError when the bytes are not what ``pack`` made."""
    at = 0

    def take(length: int) -> bytes:
        nonlocal at
        if at + length > len(data):
            raise ValueError("truncated facts")
        at += length
        return data[at - length : at]

    (count,) = _COUNT.unpack(take(_COUNT.size))
    for _ in range(count):
        title, stream = _HEAD.unpack(take(_HEAD.size))
        name = take(title).decode()
        with pa.ipc.open_stream(pa.py_buffer(take(stream))) as reader:
            for batch in reader:
                batch.validate(full=True)
                yield name, batch
    if at != len(data):
        raise ValueError("facts with something after them")
