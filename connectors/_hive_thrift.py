"""Apache Thrift's binary protocol, as far as a Hive metastore needs it: calls out, structs back as dicts by field id.

Source: the specification of Thrift's binary protocol (strict). No code is generated: a struct of the metastore that has
more fields than are known here is read like any other.
"""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Mapping, Sequence
from typing import Any

STOP, BOOL, BYTE, DOUBLE, I16, I32, I64, STRING, STRUCT, MAP, SET, LIST = 0, 2, 3, 4, 6, 8, 10, 11, 12, 13, 14, 15

_FIXED = {BYTE: ">b", DOUBLE: ">d", I16: ">h", I32: ">i", I64: ">q"}
_VERSION, _VERSION_MASK = 0x80010000, 0xFFFF0000
_CALL, _REPLY, _EXCEPTION = 1, 2, 3
_UNKNOWN_METHOD = 1
_DEEPEST = 64
_MOST_BYTES = 512 * 2**20
"""Bytes of one answer: some 100,000 tables."""

Struct = Mapping[int, Any]
"""A struct that came: field id → value; text that is not UTF-8 has U+FFFD."""

Argument = tuple[int, int, Any]
"""A field that goes: (id, type, value). A list of texts is ``(id, LIST, [...])``, a struct a list of its fields."""


class WireError(Exception):
    """What came is no Thrift, or too much of it."""


class AnswerError(Exception):
    """The server answers with an exception: ``unknown`` says that it does not know the method.

    ``declared`` is the number of the exception among those that the method may throw, 0 for all others.
    """

    def __init__(self, *, unknown: bool, declared: int) -> None:
        super().__init__()
        self.unknown = unknown
        self.declared = declared


class Wire:
    """A connection on which one call follows the other. Raises OSError, WireError and AnswerError."""

    def __init__(self, host: str, port: int, *, connect_seconds: float, seconds: float, tls: bool) -> None:
        self._socket = socket.create_connection((host, port), connect_seconds)
        self._socket.settimeout(seconds)
        if tls:
            try:
                self._socket = ssl.create_default_context().wrap_socket(self._socket, server_hostname=host)
            except BaseException:
                self._socket.close()
                raise
        self._number = 0
        self._stream = self._socket.makefile("rb")

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()
        self._socket.close()

    def call(self, method: str, *arguments: Argument) -> Any:
        """What a method answers; None when it answers nothing."""
        (answer,) = self.calls(method, [arguments])
        if isinstance(answer, AnswerError):
            raise answer
        return answer

    def calls(self, method: str, several: Sequence[Sequence[Argument]]) -> list[Any]:
        """Several calls of a method sent at once; their answers in order, an AnswerError for one that failed."""
        for arguments in several:
            self._number += 1
            name = method.encode()
            head = struct.pack(">Ii", _VERSION | _CALL, len(name)) + name + struct.pack(">i", self._number)
            self._socket.sendall(head + _struct(arguments))
        return [self._answer() for _ in several]

    def _answer(self) -> Any:
        reader = _Reader(self._stream)
        version = reader.fixed(">I")
        if version & _VERSION_MASK != _VERSION:
            raise WireError
        reader.sized()
        reader.fixed(">i")
        answer = reader.struct(0)
        if version & 0xFF == _EXCEPTION:
            return AnswerError(unknown=answer.get(2) == _UNKNOWN_METHOD, declared=0)
        if version & 0xFF != _REPLY:
            raise WireError
        declared = next((number for number in sorted(answer) if number > 0), 0)
        return AnswerError(unknown=False, declared=declared) if declared else answer.get(0)


def _struct(fields: Sequence[Argument]) -> bytes:
    parts = [struct.pack(">bh", kind, number) + _value(kind, value) for number, kind, value in fields]
    return b"".join((*parts, b"\0"))


def _value(kind: int, value: Any) -> bytes:
    if kind == STRING:
        data: bytes = value.encode("utf-8")
        return struct.pack(">i", len(data)) + data
    if kind == STRUCT:
        return _struct(value)
    if kind == LIST:
        inner = STRING if all(isinstance(one, str) for one in value) else STRUCT
        return struct.pack(">bi", inner, len(value)) + b"".join(_value(inner, one) for one in value)
    if kind == MAP:
        pairs = b"".join(_value(STRING, key) + _value(STRING, one) for key, one in value.items())
        return struct.pack(">bbi", STRING, STRING, len(value)) + pairs
    if kind == BOOL:
        return b"\1" if value else b"\0"
    return struct.pack(_FIXED[kind], value)


class _Reader:
    """Values off a stream, within a budget of bytes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._left = _MOST_BYTES

    def fixed(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def sized(self) -> bytes:
        return self._take(self.fixed(">i"))

    def struct(self, depth: int) -> dict[int, Any]:
        found: dict[int, Any] = {}
        while (kind := self.fixed(">b")) != STOP:
            number = self.fixed(">h")
            found[number] = self._value(kind, depth + 1)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise WireError
        if kind == STRING:
            return self.sized().decode("utf-8", "replace")
        if kind == STRUCT:
            return self.struct(depth)
        if kind in (LIST, SET):
            inner, count = self.fixed(">b"), self._count()
            return [self._value(inner, depth + 1) for _ in range(count)]
        if kind == MAP:
            key, inner, count = self.fixed(">b"), self.fixed(">b"), self._count()
            return {self._value(key, depth + 1): self._value(inner, depth + 1) for _ in range(count)}
        if kind == BOOL:
            return self.fixed(">b") != 0
        if kind not in _FIXED:
            raise WireError
        return self.fixed(_FIXED[kind])

    def _count(self) -> int:
        """The length of a collection, each of whose members takes up a byte at least."""
        count = self.fixed(">i")
        if not 0 <= count <= self._left:
            raise WireError
        return int(count)

    def _take(self, size: int) -> bytes:
        if not 0 <= size <= self._left:
            raise WireError
        self._left -= size
        data = self._stream.read(size)
        if len(data) < size:
            raise ConnectionError
        return bytes(data)
