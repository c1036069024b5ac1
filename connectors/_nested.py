"""Columns that hold structs, lists and maps: their fields as columns of their own, named as detection names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from datagov.fact_writer import FactWriter

DEEPEST = 8
"""Levels of nesting that are listed."""
MOST_FIELDS = 1_000
"""Fields of one column that are listed."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column or something inside one.

    ``shape`` is ``plain``, ``struct`` (``parts`` are its fields), ``list`` (its element) or ``map`` (key and value).
    ``marks`` are what a file may call it: names, or field ids.
    """

    name: str
    data_type: str
    shape: str = "plain"
    parts: tuple[Column, ...] = ()
    marks: frozenset[str] = frozenset()
    nullable: bool | None = None
    key: bool | None = None
    comment: str | None = None


def from_arrow(field: pa.Field) -> Column:
    """The column as an Arrow schema describes it."""
    shape, parts = _of_arrow(field.type)
    return Column(field.name, str(field.type), shape, parts, frozenset([field.name]))


def _of_arrow(kind: pa.DataType) -> tuple[str, tuple[Column, ...]]:
    if pa.types.is_dictionary(kind):
        return _of_arrow(kind.value_type)
    if pa.types.is_struct(kind):
        return "struct", tuple(from_arrow(kind.field(n)) for n in range(kind.num_fields))
    if pa.types.is_map(kind):
        return "map", (from_arrow(kind.key_field), from_arrow(kind.item_field))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return "list", (from_arrow(kind.value_field),)
    return "plain", ()


def fields(column: Column) -> Iterator[tuple[str, Column]]:
    """(dotted path, field) of every field inside a column; keys and values of maps are ``*.key`` and ``*.value``.

    >>> person = pa.struct([("email", pa.string()), ("tags", pa.list_(pa.string()))])
    >>> [path for path, _ in fields(from_arrow(pa.field("people", pa.list_(person))))]
    ['email', 'tags']
    >>> [path for path, _ in fields(from_arrow(pa.field("m", pa.map_(pa.string(), person))))]
    ['*.key', '*.value']
    """
    yield from _below(column, (), column, 0)


def _below(column: Column, path: tuple[str, ...], named: Column, depth: int) -> Iterator[tuple[str, Column]]:
    """Fields at and below a place; ``named`` is what has the last name of the path, and with it the comment."""
    if column.shape == "list":
        yield from _below(column.parts[0], path, named, depth)
    elif column.shape in ("struct", "map") and depth >= DEEPEST:
        return
    elif column.shape == "struct":
        for part in column.parts:
            yield from _below(part, (*path, part.name), part, depth + 1)
    elif column.shape == "map":
        key, value = column.parts
        yield ".".join((*path, "*", "key")), key
        yield ".".join((*path, "*", "value")), value
    elif path:
        yield ".".join(path), named


def add_columns(writer: FactWriter, dataset_id: int, columns: Sequence[Column]) -> int:
    """``column`` facts of a dataset, fields after the column that holds them; returns how many fields were left out."""
    left = 0
    for ordinal, column in enumerate(columns):
        _add(writer, dataset_id, column.name, None, ordinal, column)
        seen: set[str] = set()
        for path, one in fields(column):
            if path in seen:
                continue
            if len(seen) >= MOST_FIELDS:
                left += 1
                continue
            seen.add(path)
            _add(writer, dataset_id, column.name, path, ordinal, one)
    return left


def _add(writer: FactWriter, dataset_id: int, name: str, path: str | None, ordinal: int, column: Column) -> None:
    writer.add(
        "column",
        dataset_id=dataset_id,
        name=name,
        field_path=path,
        ordinal=ordinal,
        data_type=column.data_type,
        nullable=column.nullable,
        primary_key=column.key,
        comment=column.comment,
    )
