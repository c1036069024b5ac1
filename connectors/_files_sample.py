"""Which rows of a table of files to read: all, or random ones of some files. Never simply the first rows."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pyarrow as pa

from datagov.connectors import _files_formats as formats
from datagov.connectors._alike import stacked, trimmed, without_views
from datagov.connectors._arrow import array, decoded
from datagov.connectors._choice import fairly, parted
from datagov.connectors._files_faults import FaultError, Opened, endless, sentences
from datagov.connectors._files_formats import Dialect
from datagov.connectors._files_store import StoredFile, told
from datagov.connectors._files_tables import partition_of
from datagov.connectors._neighbours import Neighbours
from datagov.connectors._stream import FEW_ROWS, HELD_BYTES, MOST_BYTES, Part, few, streamed
from datagov.connectors._stretches import STRETCHES, Share, allotted, drawn
from datagov.contracts import DatasetRef
from datagov.errors import SourceError

Open = Callable[[str], AbstractContextManager[pa.NativeFile]]

FEW_FILES, FEW_BYTES, MANY_FILES = 24, 8 * 2**20, 500
"""A sample reads 24 files, of Parquet as many as it reads stretches otherwise; more while they are small: until they
hold 8 MB together, at the most 500."""
_BLOCKS, _BLOCK_BYTES = 16, 2**20
"""Places of a large text file that a sample reads, and how much there at the least; less than twice as much."""
_UNPACKED_FACTOR = 64
"""How much larger than its budget a packed text file may turn out to be."""


class Drawing:
    """Reads rows of the files of one dataset; ``text_bytes`` is the size up to which a text file is read whole."""

    def __init__(
        self, open_file: Open, dataset: DatasetRef, dialect: Dialect, form: str | None, text_bytes: int
    ) -> None:
        self._open = open_file
        self._dataset = dataset
        self._dialect = dialect
        self._form = form
        self._text_bytes = text_bytes
        self._names = [name for _, name in dataset.columns]
        self._lacking: list[str] = []
        self._neighbours = Neighbours()

    def everything(self, files: Sequence[StoredFile], *, rows: int) -> Iterator[pa.RecordBatch]:
        """Every row of every file that can be read; ``rows`` is how many there should be."""
        return self._streamed([(file, self._rows(file)) for file in files], files, rows)

    def count(self, files: Sequence[StoredFile], *, limit: int) -> int:
        """The number of rows, or ``limit`` + 1 when there are more."""
        rows = 0
        for file in files:
            for batch in self._rows(file):
                rows += batch.num_rows
                if rows > limit:
                    return limit + 1
        return rows

    def some(self, files: Sequence[StoredFile], *, rows: int, draw: random.Random) -> Iterator[pa.RecordBatch]:
        """About ``rows`` random rows of random files, every row as likely as far as their sizes tell."""
        ordered = sorted(files, key=lambda file: file.inside)
        sizes = [file.size for file in ordered]
        fewest = STRETCHES if all(self._format(file)[0] == "parquet" for file in files) else FEW_FILES
        taken = fairly(sizes, fewest=fewest, least=FEW_BYTES, most=MANY_FILES, draw=draw)
        chosen = [ordered[n] for n, _ in taken]
        parts = parted([worth for _, worth in taken], rows, draw)
        every = len(chosen) == sum(1 for size in sizes if size)
        given = allotted(parts, every=every, told=self._neighbours)
        asked = [(file, share) for file, share in zip(chosen, given, strict=True) if share.rows]
        found = [(file, self._sampled(file, share, draw)) for file, share in asked]
        return self._streamed(found, chosen, rows)

    def _format(self, file: StoredFile) -> tuple[str, str | None]:
        form, packed = formats.format_of(file.inside)
        return self._form or form or "csv", packed

    def _rows(self, file: StoredFile) -> Iterator[pa.RecordBatch]:
        form, packed = self._format(file)
        with self._open(file.inside) as opened, sentences(f"The file {told(file.inside)!r}"):
            read = formats.read(opened, form, packed, self._dialect, names=self._names)
            yield from read.batches
            self._say_left(file, read)

    def _sampled(self, file: StoredFile, share: Share, draw: random.Random) -> Iterator[pa.RecordBatch]:
        """About as many random rows of a file as it shall give."""
        form, packed = self._format(file)
        with self._open(file.inside) as opened, sentences(f"The file {told(file.inside)!r}"):
            if form in ("csv", "tsv", "json"):
                yield self._sampled_text(opened, file, share.rows, draw, share.told)
                return
            held = formats.pieces(opened, form)
            if held is None:
                read = formats.read(opened, form, packed, self._dialect, names=self._names)
                few = _reservoir(read, share.rows, draw, limit=self._text_bytes * _UNPACKED_FACTOR)
                share.told.apart(few.num_rows)
                yield few
                return
            columns = formats.among(held.schema, self._names)
            for piece, positions in drawn(held.sizes, held.cut, share=share, draw=draw):
                yield from held.picked(piece, positions, columns)

    def _sampled_text(
        self, opened: pa.NativeFile, file: StoredFile, rows: int, draw: random.Random, neighbours: Neighbours
    ) -> pa.RecordBatch:
        form, packed = self._format(file)
        if packed or file.size <= self._text_bytes:
            read = formats.read(opened, form, packed, self._dialect)
            few = _reservoir(read, rows, draw, limit=self._text_bytes * _UNPACKED_FACTOR)
            self._say_left(file, read)
            neighbours.apart(few.num_rows)
            return few
        stratum = file.size // _BLOCKS
        places = max(1, stratum // _BLOCK_BYTES)
        length = stratum // places
        parts = []
        for n in range(_BLOCKS):
            start = stratum * n + length * draw.randrange(places)
            read = formats.read_block(opened, form, self._dialect, start, length)
            parts.append(_reservoir(read, math.ceil(rows / _BLOCKS), draw, limit=2**40))
        parts = [part for part in parts if part.num_rows]
        if not parts:
            raise endless()
        given = parted([1] * len(parts), rows, draw)
        parts = [_among(part, most, draw) for part, most in zip(parts, given, strict=True)]
        neighbours.together([part.num_rows for part in parts])
        whole: pa.RecordBatch = (
            stacked([pa.Table.from_batches([part]) for part in parts]).combine_chunks().to_batches()[0]
        )
        return whole

    def _streamed(
        self, found: Sequence[tuple[StoredFile, Iterator[pa.RecordBatch]]], files: Sequence[StoredFile], rows: int
    ) -> Iterator[pa.RecordBatch]:
        """The dataset's columns: of a sample as one batch, of many rows in batches of bounded size."""
        parts = self._parts(found)
        if rows <= FEW_ROWS:
            parts = few(self._dataset, parts)
        held = MOST_BYTES if rows <= FEW_ROWS else HELD_BYTES
        return streamed(
            self._dataset,
            parts,
            lambda: self._kinds(files),
            held=held,
            lacking=self._lacking,
            neighbours=self._neighbours,
        )

    def _parts(self, found: Sequence[tuple[StoredFile, Iterator[pa.RecordBatch]]]) -> Iterator[Part]:
        """The dataset's columns of all rows; a file that breaks is left out beside good ones, from where it breaks on,
        which is remembered as lacking."""
        broken: SourceError | None = None
        good = 0
        for file, batches in found:
            try:
                for batch in batches:
                    yield self._part(file, batch)
                good += 1
            except SourceError as error:
                broken = error
                self._lacking.append(f"{str(error).removesuffix('.')}, so rows of it are missing")
        if broken is not None and not good:
            raise broken

    def _say_left(self, file: StoredFile, read: Opened) -> None:
        if read.left.lines:
            lines = "A broken line" if read.left.lines == 1 else f"{read.left.lines:,} broken lines"
            self._lacking.append(f"{lines} of the file {told(file.inside)!r} could not be read")

    def _part(self, file: StoredFile, batch: pa.RecordBatch) -> Part:
        values = partition_of(file.inside)
        return [_column(batch, name, values) for _, name in self._dataset.columns]

    def _kinds(self, files: Sequence[StoredFile]) -> Sequence[Sequence[pa.DataType]]:
        """The types of each column in the files, by what these say of themselves; a broken file says nothing."""
        found: list[list[pa.DataType]] = [[] for _ in self._dataset.columns]
        for file in files:
            form, packed = self._format(file)
            try:
                with self._open(file.inside) as opened, sentences(f"The file {told(file.inside)!r}"):
                    schema = formats.described(opened, form, packed, self._dialect).schema
            except SourceError:
                continue
            empty = without_views(pa.RecordBatch.from_pylist([], schema=schema))
            for values, kinds in zip(self._part(file, empty), found, strict=True):
                # What the first lines of a JSON file hold says nothing of those further down: only text surely fits.
                kinds.append(pa.string() if form == "json" else values.type)
        return found


def _column(batch: pa.RecordBatch, name: str, partition: Any) -> pa.Array:
    """A column of a batch; one that the file lacks comes from its folders, or is NULL."""
    at = batch.schema.get_all_field_indices(name)
    if at:
        values = trimmed(batch.column(at[0]))
        return _from_csv(values) if formats.is_csv_cell(batch.schema.field(at[0])) else values
    value = partition.get(name)
    return pa.array([value] * batch.num_rows, pa.string()) if name in partition else pa.nulls(batch.num_rows)


def _from_csv(cells: pa.Array) -> pa.Array:
    try:
        valid = cells.cast(pa.string())
        valid.validate(full=True)
    except pa.ArrowException:
        made, _ = array([None if cell is None else decoded(cell) for cell in cells.to_pylist()])
        return made
    return valid


def _among(batch: pa.RecordBatch, most: int, draw: random.Random) -> pa.RecordBatch:
    """``most`` random rows of a batch; all where it has no more."""
    if batch.num_rows <= most:
        return batch
    some: pa.RecordBatch = batch.take(pa.array(sorted(draw.sample(range(batch.num_rows), most)), pa.int64()))
    return some


def _reservoir(read: Opened, rows: int, draw: random.Random, *, limit: int) -> pa.RecordBatch:
    """``rows`` rows, every one as likely: those with the lowest random keys. Raises FaultError past ``limit``."""
    kept = pa.Table.from_batches([], schema=read.schema)
    keys = np.empty(0)
    seen = 0
    numbers = np.random.default_rng(draw.getrandbits(64))
    for batch in read.batches:
        seen += batch.nbytes
        if seen > limit:
            most = limit // 2**20
            raise FaultError(f"unpacks to more than {most} MB; split it, or raise 'text_mb' of the source", limit=True)
        keys = np.concatenate([keys, numbers.random(batch.num_rows)])
        kept = stacked([kept, pa.Table.from_batches([batch])])
        if kept.num_rows > rows:
            lowest = np.sort(np.argsort(keys, kind="stable")[:rows])
            kept, keys = kept.take(pa.array(lowest)), keys[lowest]
    whole = kept.combine_chunks().to_batches()
    return whole[0] if whole else pa.RecordBatch.from_pylist([], schema=kept.schema)
