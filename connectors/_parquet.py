"""Rows of Parquet files in batches whose size in memory is bounded, however small the file makes itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datagov.connectors._alike import usual, without_views

_BATCH_ROWS = 8_192
_BATCH_BYTES = 16 * 2**20
_LEAST_ROWS = 16
_LOCAL_BUFFER, _REMOTE_BUFFER = 2**16, 2**20
"""What is fetched of a column at a time, in bytes: without it a row group is held packed as a whole."""
_FETCHED_AT_ONCE = 64 * 2**20
"""Row groups up to this size are fetched from a store at once, because every request to it has a price."""


def row_groups(metadata: pq.FileMetaData) -> list[int]:
    """The rows of each row group."""
    return [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)]


class Parquet:
    """A file that is being read.

    A text that repeats stands once in the dictionary of its row group: spread over the rows, a few kilobytes may be
    many gigabytes. Columns with long texts in their dictionaries therefore come as dictionaries. Times of 96
    bits, which Spark and Hive write, come in microseconds: in nanoseconds the year 9999 would be another one.
    """

    exact = True

    def __init__(self, file: pa.NativeFile) -> None:
        self._file = file
        self.metadata = pq.read_metadata(file)
        self.schema: pa.Schema = self._reader().schema_arrow

    @property
    def sizes(self) -> list[int]:
        """The rows of each row group."""
        return row_groups(self.metadata)

    def batches(
        self, *, groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of some row groups in their order; None means all, as of the columns."""
        for group in range(self.metadata.num_row_groups) if groups is None else groups:
            about = self.metadata.row_group(group)
            row_bytes = max(1, about.total_byte_size // max(1, about.num_rows), 8 * about.num_columns)
            size = max(_LEAST_ROWS, min(_BATCH_ROWS, _BATCH_BYTES // row_bytes))
            long = self._long(group, columns, size)
            pa.default_memory_pool().release_unused()
            at_once = not isinstance(self._file, pa.OSFile) and self._packed(group, columns) <= _FETCHED_AT_ONCE
            reader = self._reader(long, at_once=at_once)
            read = reader.iter_batches(batch_size=size, row_groups=[group], columns=columns, use_threads=False)
            yield from (without_views(batch) for batch in read)

    def _long(self, group: int, columns: Sequence[str] | None, rows: int) -> list[str]:
        """Columns of a group whose dictionary holds a text so long that a batch of it would be too large."""
        about = self.metadata.row_group(group)
        chunks = (about.column(n) for n in range(about.num_columns))
        wanted = None if columns is None else set(columns)
        names = [
            chunk.path_in_schema
            for chunk in chunks
            if chunk.physical_type == "BYTE_ARRAY"
            and "." not in chunk.path_in_schema
            and (wanted is None or chunk.path_in_schema in wanted)
            and {"RLE_DICTIONARY", "PLAIN_DICTIONARY"} & set(chunk.encodings)
            and chunk.total_uncompressed_size * rows > _BATCH_BYTES
        ]
        if not names or not about.num_rows:
            return []
        return [name for name in names if self._longest(group, name) * rows > _BATCH_BYTES]

    def _longest(self, group: int, name: str) -> int:
        """Bytes of the longest text in a column's dictionary; 0 where it has none. One column is held at a time."""
        first = next(
            self._reader([name]).iter_batches(batch_size=1, row_groups=[group], columns=[name], use_threads=False)
        )
        column = first.column(0)
        if not pa.types.is_dictionary(column.type):
            return 0
        longest: int | None = pc.max(pc.binary_length(usual(column.dictionary))).as_py()
        return longest or 0

    def _packed(self, group: int, columns: Sequence[str] | None) -> int:
        """Bytes of a row group as it is stored, of the wanted columns."""
        about = self.metadata.row_group(group)
        wanted = None if columns is None else {name.partition(".")[0] for name in columns}
        return sum(
            chunk.total_compressed_size
            for chunk in (about.column(n) for n in range(about.num_columns))
            if wanted is None or chunk.path_in_schema.partition(".")[0] in wanted
        )

    def _reader(self, dictionaries: Sequence[str] = (), *, at_once: bool = False) -> pq.ParquetFile:
        buffer = _LOCAL_BUFFER if isinstance(self._file, pa.OSFile) else _REMOTE_BUFFER
        return pq.ParquetFile(
            self._file,
            metadata=self.metadata,
            pre_buffer=at_once,
            buffer_size=0 if at_once else buffer,
            read_dictionary=list(dictionaries),
            coerce_int96_timestamp_unit="us",
        )
