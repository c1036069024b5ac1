"""Chunks of one column from several files become one array of one type; long cells are cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from datagov.connectors._arrow import FETCH_BYTES, decoded, settled


def together(chunks: Sequence[pa.Array]) -> tuple[pa.Array, Mapping[str, str]]:
    """One array of all chunks, and the notes of :func:`datagov.connectors._arrow.array`."""
    kind = common([chunk.type for chunk in chunks])
    same = []
    for chunk in chunks:
        try:
            same.append(chunk if chunk.type == kind else chunk.cast(kind))
        except pa.ArrowException:
            kind = pa.string()
            same = [text(one) for one in chunks]
            break
    return settled(pa.chunked_array(same, kind))


def common(kinds: Sequence[pa.DataType]) -> pa.DataType:
    """One type for the values of several files; text where they do not agree."""
    distinct = list(dict.fromkeys(plain(kind) for kind in kinds if not pa.types.is_null(kind)))
    if len(distinct) < 2:
        return distinct[0] if distinct else pa.string()
    try:
        schemas = [pa.schema([("c", kind)]) for kind in distinct]
        kind: pa.DataType = pa.unify_schemas(schemas, promote_options="permissive").field(0).type
    except pa.ArrowException:
        return pa.string()
    return kind


def plain(kind: pa.DataType) -> pa.DataType:
    """The type a column is read as: views, dictionaries and large variants as the plain type."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.binary()
    return kind


def text(values: pa.Array) -> pa.Array:
    """Any array as text; nested values as JSON."""
    if pa.types.is_binary(values.type):
        cells = [None if cell is None else decoded(cell) for cell in values.to_pylist()]
        return pa.array(cells, pa.string())
    try:
        return values.cast(pa.string())
    except pa.ArrowException:
        cells = [None if v is None else json.dumps(v, ensure_ascii=False, default=str) for v in values.to_pylist()]
        return pa.array(cells, pa.string())


def stacked(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables one below the other; a column whose types do not agree is text, one that is missing is NULL."""
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:
        kinds: dict[str, list[pa.DataType]] = {}
        for table in tables:
            for field in table.schema:
                kinds.setdefault(field.name, []).append(field.type)
        return pa.concat_tables([_common_text(table, kinds) for table in tables], promote_options="permissive")


def _common_text(table: pa.Table, kinds: Mapping[str, Sequence[pa.DataType]]) -> pa.Table:
    for n, field in enumerate(table.schema):
        if common(kinds[field.name]) == pa.string():
            chunks = [text(chunk) for chunk in table.column(n).chunks]
            table = table.set_column(n, field.name, pa.chunked_array(chunks, pa.string()))
    return table


def usual(values: pa.Array) -> pa.Array:
    """Texts and bytes in the layout that every function of Arrow knows: those in views or with large offsets too."""
    kind = plain(values.type)
    return values.cast(kind) if kind != values.type and (kind == pa.string() or kind == pa.binary()) else values


def without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with texts and bytes out of views, of which Arrow cannot take single rows."""
    kinds = [_without_views(field.type) for field in batch.schema]
    if kinds == batch.schema.types:
        return batch
    fields = [field.with_type(kind) for field, kind in zip(batch.schema, kinds, strict=True)]
    columns = [column.cast(kind) for column, kind in zip(batch.columns, kinds, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=pa.schema(fields))


def _without_views(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        inside = [kind.field(n) for n in range(kind.num_fields)]
        return pa.struct([field.with_type(_without_views(field.type)) for field in inside])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_without_views(kind.value_type)))
    if pa.types.is_map(kind):
        return pa.map_(_without_views(kind.key_type), kind.item_field.with_type(_without_views(kind.item_type)))
    return kind


def trimmed(values: pa.Array) -> pa.Array:
    """Cells without what is past their longest useful length; a dictionary is spread only after that."""
    if pa.types.is_dictionary(values.type):
        return trimmed(values.dictionary).take(values.indices)
    values = usual(values)
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)) or not len(values):
        return values
    if (pc.max(pc.binary_length(values)).as_py() or 0) <= FETCH_BYTES:
        return values
    cut = pc.binary_slice(values.cast(pa.binary()), 0, FETCH_BYTES)
    return cut.cast(options=pc.CastOptions(values.type, allow_invalid_utf8=True))
