"""Cells of a file in the shape its table has now: renamed, reordered, added and dropped fields inside columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa

from datagov.connectors._nested import Column

Mark = Callable[[pa.Field], str]
"""What a file calls a field: its name, or the id it carries."""


def places(fields: Iterable[pa.Field], columns: Sequence[Column], mark: Mark) -> list[int | None]:
    """The positions of columns among the fields of a file; None for one that the file lacks."""
    at: dict[str, int] = {}
    for n, field in enumerate(fields):
        at.setdefault(mark(field), n)
    return [next((at[one] for one in column.marks if one in at), None) for column in columns]


def reshaped(values: pa.Array, field: pa.Field, column: Column, mark: Mark) -> pa.Array:
    """The cells with the names, and only the fields, that the table has; a field that the file lacks is NULL.

    What has another shape than the table says is left as it is.
    """
    if column.shape == "plain" or _alike(field, column, mark):
        return values
    if column.shape == "struct" and pa.types.is_struct(field.type):
        return _struct(values, field, column, mark)
    if column.shape == "list" and pa.types.is_list(field.type):
        inside = reshaped(values.values, field.type.value_field, column.parts[0], mark)
        return pa.ListArray.from_buffers(
            pa.list_(inside.type), len(values), values.buffers()[:2], values.null_count, values.offset, [inside]
        )
    if column.shape == "map" and pa.types.is_map(field.type):
        key, value = column.parts
        keys = reshaped(values.keys, field.type.key_field, key, mark)
        items = reshaped(values.items, field.type.item_field, value, mark)
        kind = pa.map_(keys.type, items.type)
        entries = pa.StructArray.from_arrays([keys, items], fields=[kind.key_field, kind.item_field])
        return pa.MapArray.from_buffers(
            kind, len(values), values.buffers()[:2], values.null_count, values.offset, [entries]
        )
    return values


def _struct(values: pa.StructArray, field: pa.Field, column: Column, mark: Mark) -> pa.StructArray:
    inside = [field.type.field(n) for n in range(field.type.num_fields)]
    arrays = []
    for part, at in zip(column.parts, places(inside, column.parts, mark), strict=True):
        arrays.append(pa.nulls(len(values)) if at is None else reshaped(values.field(at), inside[at], part, mark))
    names = [part.name for part in column.parts]
    fields = [pa.field(name, array.type) for name, array in zip(names, arrays, strict=True)]
    return pa.StructArray.from_arrays(arrays, fields=fields, mask=values.is_null())


def _alike(field: pa.Field, column: Column, mark: Mark) -> bool:
    """Whether the file has the column with the same fields under the same names, all the way down."""
    if column.shape == "struct" and pa.types.is_struct(field.type):
        inside = [field.type.field(n) for n in range(field.type.num_fields)]
        return len(inside) == len(column.parts) and all(
            one.name == part.name and mark(one) in part.marks and _alike(one, part, mark)
            for one, part in zip(inside, column.parts, strict=True)
        )
    if column.shape == "list" and pa.types.is_list(field.type):
        return _alike(field.type.value_field, column.parts[0], mark)
    if column.shape == "map" and pa.types.is_map(field.type):
        key, value = column.parts
        return _alike(field.type.key_field, key, mark) and _alike(field.type.item_field, value, mark)
    return True
