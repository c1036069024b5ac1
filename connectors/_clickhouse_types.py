"""ClickHouse's types as they are spelled, taken apart: what wraps a value, what is inside of it, and its fields."""

from __future__ import annotations

from dataclasses import dataclass

from datagov.connectors import _nested as nested
from datagov.connectors._clickhouse_words import pieces, plain

DEEPEST = 40
"""Levels up to which a type is taken apart; a deeper one is a type without parts."""

_WRAPPERS = ("Nullable", "LowCardinality")


@dataclass(frozen=True, slots=True)
class Type:
    """A type without Nullable, LowCardinality and SimpleAggregateFunction around it.

    ``parts`` are the elements of Tuple, Nested, Array, Map and the declared paths of JSON, with their names where they
    have one; ``arguments`` is what stands in the brackets of every other type.
    """

    text: str
    base: str
    nullable: bool = False
    parts: tuple[tuple[str | None, Type], ...] = ()
    arguments: tuple[str, ...] = ()


def parse(text: str, depth: int = 0) -> Type:
    """A type by its spelling; one that is not known has its name and arguments.

    >>> one = parse("LowCardinality(Nullable(FixedString(3)))")
    >>> one.base, one.arguments, one.nullable
    ('FixedString', ('3',), True)
    >>> [name for name, _ in parse("Tuple(`a b` Int8, c Array(String))").parts]
    ['a b', 'c']
    """
    base, opened, rest = text.strip().partition("(")
    if not opened or depth > DEEPEST:
        return Type(text, base)
    inside = pieces(rest.rpartition(")")[0])
    if base in _WRAPPERS and len(inside) == 1:
        inner = parse(inside[0], depth + 1)
        nullable = inner.nullable or base == "Nullable"
        return Type(text, inner.base, nullable, inner.parts, inner.arguments)
    if base == "SimpleAggregateFunction" and len(inside) == 2:
        inner = parse(inside[1], depth + 1)
        return Type(text, inner.base, inner.nullable, inner.parts, inner.arguments)
    if base in ("Tuple", "Nested"):
        return Type(text, base, parts=tuple(_element(piece, depth + 1) for piece in inside))
    if base in ("Array", "Map"):
        return Type(text, base, parts=tuple((None, parse(piece, depth + 1)) for piece in inside))
    if base == "JSON":
        declared = [piece for piece in inside if "=" not in piece and not piece.startswith("SKIP ")]
        return Type(text, base, parts=tuple(_element(piece, depth + 1) for piece in declared))
    return Type(text, base, arguments=tuple(inside))


def _element(piece: str, depth: int) -> tuple[str | None, Type]:
    """An element with its name, or without one."""
    words = pieces(piece, " ")
    if len(words) < 2:
        return None, parse(piece, depth)
    return plain(words[0]), parse(piece[len(words[0]) :].strip(), depth)


def column(name: str, type_: Type) -> nested.Column:
    """A column of this type with the fields inside it; elements of a tuple without names are 1, 2, …"""
    if type_.base in ("Tuple", "JSON") and type_.parts:
        return nested.Column(name, type_.text, "struct", _fields(type_), nullable=type_.nullable)
    if type_.base == "Nested":
        inner = nested.Column(name, type_.text, "struct", _fields(type_))
        return nested.Column(name, type_.text, "list", (inner,), nullable=False)
    if type_.base == "Array" and len(type_.parts) == 1:
        return nested.Column(name, type_.text, "list", (column("element", type_.parts[0][1]),), nullable=False)
    if type_.base == "Map" and len(type_.parts) == 2:
        key, value = (one for _, one in type_.parts)
        return nested.Column(name, type_.text, "map", (column("key", key), column("value", value)), nullable=False)
    return nested.Column(name, type_.text, nullable=type_.nullable or type_.base in ("Dynamic", "Variant"))


def _fields(type_: Type) -> tuple[nested.Column, ...]:
    return tuple(column(name or str(n), one) for n, (name, one) in enumerate(type_.parts, start=1))
