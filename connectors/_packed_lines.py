"""The lines of log files, plain or compressed: gzip, zstd, lz4 and snappy, the last two also as Java writes them."""

from __future__ import annotations

import gzip
import os
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from datagov.wholefile import opened

MOST_MB = 4_096
"""Most megabytes of one file, unpacked."""
LONGEST = 64 << 20
"""Longest line, in bytes."""
_CODECS = (".zstd", ".zst", ".lz4", ".snappy", ".gz", ".lzf")
_BLOCK = 4 << 20


class BadLogError(Exception):
    """A log that cannot be read; the message is the end of a sentence and repeats nothing of it."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number, text) of every line of a file, without its end; raises BadLogError, OSError.

    Codecs of Spark (lz4, zstd, snappy, by the end of the name) and gzip; lzf is refused.
    """
    read = 0
    number, held = 1, 0
    pending: list[bytes] = []
    for piece in _pieces(path):
        read += len(piece)
        if read > MOST_MB << 20:
            raise BadLogError(f"unpacks to more than {MOST_MB} MB; what follows is not read")
        *whole, rest = piece.split(b"\n")
        if pending and whole:
            whole[0] = b"".join((*pending, whole[0]))
            pending, held = [], 0
        for text in whole:
            yield number, text
            number += 1
        if rest:
            pending.append(rest)
            held += len(rest)
        if held > LONGEST:
            raise BadLogError(f"has a line above {LONGEST >> 20} MB, line {number}; what follows is not read")
    if pending:
        yield number, b"".join(pending)


def _pieces(path: Path) -> Iterator[bytes]:
    name = path.name.removesuffix(".inprogress")
    codec = next((end for end in _CODECS if name.endswith(end)), None)
    if codec == ".lzf":
        raise BadLogError(
            "is compressed by lzf, which cannot be unpacked; write it otherwise (spark.eventLog.compression.codec)"
        )
    with opened(path) as file:
        unpack: Callable[[IO[bytes]], Iterator[bytes]] = _UNPACKED.get(codec or "", _plain)
        try:
            yield from unpack(file)
        except (EOFError, zlib.error, gzip.BadGzipFile, struct.error, ValueError, pa.ArrowException) as error:
            if isinstance(error, EOFError):
                raise BadLogError("is cut off; what follows is not read") from None
            raise BadLogError("is damaged or packed otherwise than its name says; what follows is not read") from None
        except OSError as error:
            if error.errno is None:
                raise BadLogError("is damaged or cut off; what follows is not read") from None
            raise


def _plain(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_BLOCK):
        yield piece


def _gzip(file: IO[bytes]) -> Iterator[bytes]:
    with gzip.open(file) as unpacked:
        yield from _plain(unpacked)  # type: ignore[arg-type]  # a GzipFile reads as a file of bytes does


def _zstd(file: IO[bytes]) -> Iterator[bytes]:
    """Frames one after the other, as Spark writes them when it flushes."""
    if not os.fstat(file.fileno()).st_size:
        return
    with pa.CompressedInputStream(pa.PythonFile(file), "zstd") as stream:
        while piece := stream.read(_BLOCK):
            yield piece


def _lz4(file: IO[bytes]) -> Iterator[bytes]:
    """Blocks of lz4-java: ``LZ4Block``, a token, two lengths and a checksum before each; or frames of lz4 itself."""
    if file.peek(4)[:4] == b"\x04\x22\x4d\x18":  # type: ignore[attr-defined]  # a BufferedReader has peek
        with pa.CompressedInputStream(pa.PythonFile(file), "lz4") as stream:
            while piece := stream.read(_BLOCK):
                yield piece
        return
    codec = pa.Codec("lz4_raw")
    while head := file.read(21):
        magic, token, packed, size, _ = struct.unpack("<8sBiii", head)
        if magic != b"LZ4Block" or not 0 <= packed <= LONGEST or not 0 <= size <= LONGEST:
            raise ValueError("no block of lz4-java")
        body = _exactly(file, packed)
        if size:
            yield body if token & 0xF0 == 0x10 else _unpacked(codec, body, size)


def _snappy(file: IO[bytes]) -> Iterator[bytes]:
    """Chunks of snappy-java: a heading of 16 bytes, then the length of each chunk and the chunk."""
    codec = pa.Codec("snappy")
    if not (head := file.read(16)):
        return
    if not head.startswith(b"\x82SNAPPY\x00"):
        raise ValueError("no stream of snappy-java")
    while raw := file.read(4):
        (length,) = struct.unpack(">i", raw)
        if raw == b"\x82SNA":  # another stream follows
            _exactly(file, 12)
            continue
        if not 0 <= length <= LONGEST:
            raise ValueError("no chunk of snappy-java")
        body = _exactly(file, length)
        size, shift = 0, 0
        for byte in body[:5]:
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        if size > LONGEST:
            raise ValueError("no chunk of snappy-java")
        if size:
            yield _unpacked(codec, body, size)


def _unpacked(codec: Any, body: bytes, size: int) -> bytes:
    piece = codec.decompress(body, decompressed_size=size, asbytes=True)
    return bytes(piece)


def _exactly(file: IO[bytes], count: int) -> bytes:
    body = file.read(count)
    if len(body) < count:
        raise EOFError
    return body


_UNPACKED: dict[str, Callable[[IO[bytes]], Iterator[bytes]]] = {
    ".zstd": _zstd,
    ".zst": _zstd,
    ".lz4": _lz4,
    ".snappy": _snappy,
    ".gz": _gzip,
}
