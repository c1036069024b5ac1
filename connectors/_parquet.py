"""Rows of Parquet files in batches whose size in memory is bounded, however small the file makes itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

_BATCH_ROWS = 8_192
_BATCH_BYTES = 16 * 2**20
_LEAST_ROWS = 16


def row_groups(parquet: pq.ParquetFile) -> list[int]:
    """The rows of each row group."""
    return [parquet.metadata.row_group(n).num_rows for n in range(parquet.num_row_groups)]


def opened(file: pa.NativeFile) -> pq.ParquetFile:
    """The file, its texts that are kept in dictionaries left there: spread, a few kilobytes may be many gigabytes."""
    metadata = pq.read_metadata(file)
    return pq.ParquetFile(file, metadata=metadata, pre_buffer=False, read_dictionary=_in_dictionaries(metadata))


def batches(
    parquet: pq.ParquetFile, *, groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of some row groups in their order; None means all."""
    chosen = range(parquet.num_row_groups) if groups is None else groups
    for group in chosen:
        about = parquet.metadata.row_group(group)
        row_bytes = max(1, about.total_byte_size // max(1, about.num_rows), 8 * about.num_columns)
        size = max(_LEAST_ROWS, min(_BATCH_ROWS, _BATCH_BYTES // row_bytes))
        yield from parquet.iter_batches(batch_size=size, row_groups=[group], columns=columns)


def _in_dictionaries(metadata: pq.FileMetaData) -> list[str]:
    if not metadata.num_row_groups:
        return []
    group = metadata.row_group(0)
    about = (group.column(n) for n in range(group.num_columns))
    return [
        one.path_in_schema
        for one in about
        if one.physical_type == "BYTE_ARRAY" and "." not in one.path_in_schema and _has_dictionary(one)
    ]


def _has_dictionary(column: pq.ColumnChunkMetaData) -> bool:
    return "RLE_DICTIONARY" in column.encodings or "PLAIN_DICTIONARY" in column.encodings
