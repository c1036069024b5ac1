"""An Iceberg schema as columns: fields are told apart by their ids, so that renaming changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from datagov.connectors._nested import Column


def columns_of(schema: Any) -> Sequence[Column]:
    """The columns of a schema; identifier fields are the key."""
    keys = set(schema.identifier_field_ids)
    return [_column(field, keys) for field in schema.fields]


def id_of(field: pa.Field) -> str:
    """The id that a field of a Parquet file carries; empty when it has none."""
    mark: bytes = (field.metadata or {}).get(b"PARQUET:field_id", b"")
    return mark.decode("ascii", "replace")


def names_of(columns: Sequence[Column], mapping: Any) -> Sequence[Column]:
    """The same columns, marked by the names that a mapping gives their ids; one that it lacks is in no file."""
    names = {str(one.field_id): one for one in mapping}
    made = []
    for column in columns:
        known = names.get(next(iter(column.marks)))
        if known is None:
            made.append(replace(column, marks=frozenset()))
            continue
        parts = tuple(names_of(column.parts, known.fields))
        made.append(replace(column, marks=frozenset(known.names), parts=parts))
    return made


def _column(field: Any, keys: set[int]) -> Column:
    shape, parts = _inside(field.field_type, keys)
    return Column(
        field.name,
        _spelled(field.field_type),
        shape,
        parts,
        frozenset([str(field.field_id)]),
        nullable=not field.required,
        key=field.field_id in keys,
        comment=field.doc,
    )


def _inside(kind: Any, keys: set[int]) -> tuple[str, tuple[Column, ...]]:
    from pyiceberg.types import ListType, MapType, StructType

    if isinstance(kind, StructType):
        return "struct", tuple(_column(field, keys) for field in kind.fields)
    if isinstance(kind, ListType):
        return "list", (_column(kind.element_field, keys),)
    if isinstance(kind, MapType):
        return "map", (_column(kind.key_field, keys), _column(kind.value_field, keys))
    return "plain", ()


def _spelled(kind: Any) -> str:
    """A type in the words of the Iceberg specification, without ids."""
    from pyiceberg.types import ListType, MapType, StructType

    if isinstance(kind, StructType):
        inside = ", ".join(f"{field.name}: {_spelled(field.field_type)}" for field in kind.fields)
        return f"struct<{inside}>"
    if isinstance(kind, ListType):
        return f"list<{_spelled(kind.element_type)}>"
    if isinstance(kind, MapType):
        return f"map<{_spelled(kind.key_type)}, {_spelled(kind.value_type)}>"
    return str(kind)
