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


def trimmed(values: pa.Array) -> pa.Array:
    """Cells without what is past their longest useful length; a dictionary is spread only after that."""
    if pa.types.is_dictionary(values.type):
        return trimmed(values.dictionary).take(values.indices)
    if not (pa.types.is_string(values.type) or pa.types.is_binary(values.type)) or not len(values):
        return values
    if (pc.max(pc.binary_length(values)).as_py() or 0) <= FETCH_BYTES:
        return values
    cut = pc.binary_slice(values.cast(pa.binary()), 0, FETCH_BYTES)
    return cut.cast(options=pc.CastOptions(values.type, allow_invalid_utf8=True))
