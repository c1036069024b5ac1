"""Rows of Parquet files in batches whose size in memory is bounded, however small the file makes itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from datagov.connectors._alike import trimmed, usual, without_views
from datagov.connectors._parquet_pages import Pages, PagesError
from datagov.connectors._stretches import taken

_BATCH_ROWS = 8_192
_BATCH_BYTES = 16 * 2**20
_LEAST_ROWS = 16
_WORDS_BYTES = 64 * 2**20
"""What the texts of a batch may take up if each were as long as all of a dictionary: then nobody looks into it."""
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
        self._pages = Pages(file, self.metadata, self.schema)

    @property
    def cut(self) -> bool:
        """Whether rows in the middle of a row group are worth to be reached alone: in a store each step over a page
        would be a request.
        """
        return isinstance(self._file, pa.OSFile)

    @property
    def sizes(self) -> list[int]:
        """The rows of each row group."""
        return row_groups(self.metadata)

    def batches(
        self,
        *,
        groups: Sequence[int] | None = None,
        columns: Sequence[str] | None = None,
        most: int = _BATCH_ROWS,
    ) -> Iterator[pa.RecordBatch]:
        """The rows of some row groups in their order; None means all, as of the columns. ``most`` is how many rows a
        batch has at the most: so few that their texts fit, whatever the dictionary holds, need no look at it.

        Raises ArrowInvalid where a row group ends before its last row.
        """
        for group in range(self.metadata.num_row_groups) if groups is None else groups:
            about = self.metadata.row_group(group)
            row_bytes = max(1, about.total_byte_size // max(1, about.num_rows), 8 * about.num_columns)
            told = self._told_short(group, columns)
            size = max(_LEAST_ROWS, min(_BATCH_ROWS, most, _BATCH_BYTES // row_bytes, _WORDS_BYTES // max(1, told)))
            long = self._long(group, columns, size) if not _LEAST_ROWS <= most < _BATCH_ROWS else []
            if not isinstance(self._file, pa.BufferReader):
                pa.default_memory_pool().release_unused()
            at_once = not isinstance(self._file, pa.OSFile) and self._packed(group, columns) <= _FETCHED_AT_ONCE
            reader = self._reader(long, at_once=at_once)
            read = reader.iter_batches(batch_size=size, row_groups=[group], columns=columns, use_threads=False)
            rows = 0
            for batch in read:
                rows += batch.num_rows
                yield without_views(batch)
            if rows != about.num_rows:
                raise pa.ArrowInvalid("a row group has another number of rows than its file says")

    def counted(self, piece: int) -> int:
        """The rows of a piece, which are those of ``sizes``."""
        return self.sizes[piece]

    def picked(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows at some positions (ascending) of a row group: where they lie near to each other, without the pages
        before them.
        """
        span = int(positions[-1] - positions[0]) if len(positions) else 0
        if self.cut and columns and span < self.metadata.row_group(group).num_rows // 2:
            try:
                near = self._near(group, positions, columns)
            except (PagesError, pa.ArrowException, OSError):
                near = None
            if near is not None:
                yield near
                return
        yield from taken(self.batches(groups=[group], columns=columns), positions)

    def _near(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> pa.RecordBatch:
        """The rows at positions near to each other. Raises PagesError where a column's pages cannot be told apart."""
        flat = [name for name in columns if name in self._pages.flat]
        if not flat:
            raise PagesError
        rest = [name for name in columns if name not in flat]
        made = [self._column(group, name, positions) for name in flat]
        if rest:
            batches = list(taken(self.batches(groups=[group], columns=rest), positions))
            whole = pa.Table.from_batches(batches).combine_chunks().to_batches()
            made += [(field, whole[0].column(n)) for n, field in enumerate(whole[0].schema)]
        fields, cells = zip(*made, strict=True)
        if any(len(one) != len(positions) for one in cells):
            raise PagesError
        return pa.RecordBatch.from_arrays(list(cells), schema=pa.schema(list(fields)))

    def _column(self, group: int, name: str, positions: np.ndarray) -> tuple[pa.Field, pa.Array]:
        """The cells of one column, out of a small file that holds the pages they are in."""
        piece = self._pages.piece(group, name, int(positions[0]), int(positions[-1]))
        small = Parquet(pa.BufferReader(piece.file))
        most = _WORDS_BYTES // piece.words if piece.words else _BATCH_ROWS
        parts = []
        for batch in taken(small.batches(most=most), positions - piece.start):
            field: pa.Field = batch.schema.field(0)
            parts.append(trimmed(batch.column(0)))
        whole = pa.concat_arrays(parts)
        return field.with_type(whole.type), whole

    def _told_short(self, group: int, columns: Sequence[str] | None) -> int:
        """Bytes of the longest text there may be in a column that tells of each text only where it differs from the one
        before it, so that a few bytes may be many texts; 0 where there is none such.
        """
        about = self.metadata.row_group(group)
        wanted = None if columns is None else set(columns)
        chunks = (about.column(n) for n in range(about.num_columns))
        return max(
            (
                chunk.total_uncompressed_size
                for chunk in chunks
                if "DELTA_BYTE_ARRAY" in chunk.encodings
                and (
                    wanted is None or chunk.path_in_schema.partition(".")[0] in wanted or chunk.path_in_schema in wanted
                )
            ),
            default=0,
        )

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
        read = self._reader([name]).iter_batches(batch_size=1, row_groups=[group], columns=[name], use_threads=False)
        first = next(read, None)
        if first is None:
            return 0
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
