"""The cells of any Arrow array as texts, in pieces of bounded size; what is no text is told apart."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

_SLICE = 65_536
_SLICE_BYTES = 32 << 20


def slices(chunk: Any) -> Iterator[Any]:
    """An array in pieces of at most 65,536 cells and about 32 MB."""
    for part in chunk.chunks if isinstance(chunk, pa.ChunkedArray) else (chunk,):
        step = max(1, min(_SLICE, _SLICE_BYTES * len(part) // max(_size(part), 1)))
        for start in range(0, len(part), step):
            yield part.slice(start, step)


def once(piece: Any) -> tuple[Any, Any]:
    """(values, cells that each stands for): those of a dictionary or of runs are never spread over their rows, where a
    long one would stand a thousand times."""
    weights = np.ones(len(piece), dtype=np.int64)
    while True:
        if isinstance(piece, pa.ExtensionArray):
            piece = piece.storage
        elif pa.types.is_run_end_encoded(piece.type):
            first, count = piece.find_physical_offset(), piece.find_physical_length()
            ends = np.minimum(
                piece.run_ends.to_numpy(zero_copy_only=False)[first : first + count], piece.offset + len(piece)
            )
            cells = np.repeat(np.arange(count), np.diff(ends - piece.offset, prepend=0))
            piece, weights = piece.values.slice(first, count), np.bincount(cells, weights, count).astype(np.int64)
        elif pa.types.is_dictionary(piece.type):
            places = piece.indices.fill_null(len(piece.dictionary)).to_numpy(zero_copy_only=False)
            none = pa.nulls(1, piece.dictionary.type)
            weights = np.bincount(places, weights, len(piece.dictionary) + 1).astype(np.int64)
            piece = pa.concat_arrays([piece.dictionary, none])
        else:
            return piece, weights


def nulls(values: Any) -> Any:
    """Which values there are none: one bool per value."""
    return values.is_null().to_numpy(zero_copy_only=False).astype(bool)


def _size(part: Any) -> int:
    try:
        return int(part.nbytes)
    except (pa.ArrowException, NotImplementedError):
        return 0


def texts_of(values: Any) -> Any:
    """The values as UTF-8, a null where the bytes are none; None when they are neither texts nor whole numbers."""
    kind = values.type
    if pa.types.is_null(kind):
        return values.cast(pa.large_string())
    textual = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary)
    if not any(check(kind) for check in (*textual, *binary, pa.types.is_integer)):
        return None
    try:
        texts = values.cast(pa.large_string())
        if not pa.types.is_integer(kind):
            texts.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError):
        cells = [memoryview(cell.as_buffer()) if cell.is_valid else None for cell in values]
        whole = [bytes(cell) if cell is not None and _is_utf8(cell) else None for cell in cells]
        return pa.array(whole, pa.large_binary()).cast(pa.large_string()) if any(map(bool, whole)) else None
    return texts


def _is_utf8(cell: memoryview) -> bool:
    try:
        codecs.decode(cell, "utf-8")
    except UnicodeDecodeError:
        return False
    return True
