"""Apache Thrift's compact protocol, as far as the headers of Parquet need it: structs in, structs out.

Source: thrift-compact-protocol.md of Apache Thrift. A field that is not known here is read like any other.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_TRUE, _FALSE, BYTE, I16, I32, I64, _DOUBLE, BINARY, LIST, _SET, _MAP, STRUCT = range(1, 13)
_DEEPEST = 32

Struct = Mapping[int, Any]
"""A struct that was read: field id → value."""

Field = tuple[int, int, Any]
"""A field to write: (id, type, value). A struct is its fields in their order, a list ``(type, values)``."""


class CompactError(Exception):
    """The bytes are no struct, or end before it does."""


class Compact:
    """Reads one value after another, from ``at`` on."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self.at = at

    def struct(self, depth: int = 0) -> Struct:
        """The struct that begins here. Raises CompactError."""
        made: dict[int, Any] = {}
        number = 0
        while found := self.field(number):
            number, kind = found
            made[number] = self._value(kind, depth)
        return made

    def field(self, before: int = 0) -> tuple[int, int] | None:
        """(id, type) of the field after the one with id ``before``, or of the first; None at the end of the struct."""
        head = self._byte()
        if not head:
            return None
        return (before + (head >> 4) if head >> 4 else self._signed()), head & 15

    def value(self, kind: int) -> Any:
        """The value of a field."""
        return self._value(kind, 0)

    def items(self) -> tuple[int, int]:
        """(how many, type) of the list that begins here."""
        head = self._byte()
        return (head >> 4 if head >> 4 < 15 else self._unsigned()), head & 15

    def _value(self, kind: int, depth: int) -> Any:
        if depth > _DEEPEST:
            raise CompactError
        if kind in (_TRUE, _FALSE):
            return kind == _TRUE
        if kind in (LIST, _SET):
            return self._list(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        read: Callable[[], Any] | None = {
            BYTE: self._byte,
            I16: self._signed,
            I32: self._signed,
            I64: self._signed,
            _DOUBLE: self._double,
            BINARY: self._bytes,
        }.get(kind)
        if read is None:
            raise CompactError
        return read()

    def _list(self, depth: int) -> list[Any]:
        count, kind = self.items()
        if count > len(self._data) - self.at:
            raise CompactError
        if kind in (_TRUE, _FALSE):
            return [self._byte() == _TRUE for _ in range(count)]
        return [self._value(kind, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        try:
            one = self._data[self.at]
        except IndexError:
            raise CompactError from None
        self.at += 1
        return one

    def _unsigned(self) -> int:
        made = shift = 0
        while True:
            one = self._byte()
            made |= (one & 127) << shift
            shift += 7
            if one < 128:
                return made
            if shift > 63:
                raise CompactError

    def _signed(self) -> int:
        made = self._unsigned()
        return (made >> 1) ^ -(made & 1)

    def _taken(self, count: int) -> bytes:
        made = self._data[self.at : self.at + count]
        if len(made) < count:
            raise CompactError
        self.at += count
        return made

    def _bytes(self) -> bytes:
        return self._taken(self._unsigned())

    def _double(self) -> float:
        (made,) = struct.unpack("<d", self._taken(8))
        return float(made)


def packed(fields: Sequence[Field]) -> bytes:
    """A struct as bytes.

    >>> Compact(packed([(1, I32, -3), (20, LIST, (BINARY, [b"a"]))])).struct()
    {1: -3, 20: [b'a']}
    """
    made = bytearray()
    before = 0
    for number, kind, value in fields:
        delta = number - before
        made += bytes([delta << 4 | kind]) if 0 < delta < 16 else bytes([kind]) + _zigzag(number)
        made += _packed(kind, value)
        before = number
    return bytes(made) + b"\0"


def _packed(kind: int, value: Any) -> bytes:
    if kind in (I16, I32, I64):
        return _zigzag(value)
    if kind == BINARY:
        return _varint(len(value)) + bytes(value)
    if kind == STRUCT:
        return value if isinstance(value, bytes) else packed(value)
    of, values = value
    head = bytes([len(values) << 4 | of]) if len(values) < 15 else bytes([0xF0 | of]) + _varint(len(values))
    return head + b"".join(_packed(of, one) for one in values)


def _zigzag(number: int) -> bytes:
    return _varint(number << 1 if number >= 0 else (-number << 1) - 1)


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])
