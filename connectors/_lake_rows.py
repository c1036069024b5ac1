"""Rows of the Parquet or ORC files of a lake table: all, or random ones, never one that the table has deleted."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from datagov.connectors._alike import trimmed, without_views
from datagov.connectors._chance import chance
from datagov.connectors._choice import fairly, parted
from datagov.connectors._files_faults import sentences
from datagov.connectors._neighbours import Neighbours
from datagov.connectors._nested import Column
from datagov.connectors._parquet import Parquet
from datagov.connectors._reshape import Mark, places, reshaped
from datagov.connectors._stream import FEW_ROWS, HELD_BYTES, MOST_BYTES, Part, few, streamed
from datagov.connectors._stretches import STRETCHES, allotted, drawn
from datagov.contracts import DatasetRef, Split
from datagov.plural import counted

FEW_FILES, MANY_FILES, ENOUGH_ROWS = 24, 500, 200_000
"""A sample reads 24 files, more while they hold fewer than 200,000 rows together, at the most 500; of files that are
read in stretches as many as a table has stretches otherwise."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of the table as it is now; ``inside`` is how the store opens it, ``rows`` what the table's log says."""

    inside: str
    size: int
    rows: int | None
    given: Mapping[str, Any] = field(default_factory=dict)
    """Values of columns that the file itself need not hold, such as those of its partition."""


Choice = Callable[[Sequence[int], bool, Callable[[int], int]], Iterable[tuple[int, np.ndarray]]]
"""From the rows that are left of each piece, whether pieces can be cut, and what counts the rows of one where that is a
guess: (piece, numbers of rows among those)."""


class Rows(Protocol):
    """A data file that is being read, piece by piece: Parquet's row groups, or all of an ORC file.

    ``exact`` says that ``sizes`` are counted and that the pieces together hold every row, ``cut`` that rows in the
    middle of a piece are read without those before them.
    """

    schema: pa.Schema
    exact: bool

    @property
    def cut(self) -> bool:
        """See above."""
        ...

    @property
    def sizes(self) -> Sequence[int]:
        """The rows of each piece."""
        ...

    def batches(self, *, groups: Sequence[int], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of some pieces in their order."""
        ...

    def counted(self, piece: int) -> int:
        """The rows of a piece, counted."""
        ...

    def picked(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows at some positions (ascending) of a piece."""
        ...


@dataclass(frozen=True, slots=True)
class Lake:
    """How the files of one table are read. ``columns`` are those of the dataset, in its order.

    ``deleted`` gives the positions in a file that the table has deleted, ``reading`` how the columns are marked in a
    file of this schema; both raise SourceError when they cannot tell.
    """

    open: Callable[[str], AbstractContextManager[pa.NativeFile]]
    who: Callable[[str], str]
    deleted: Callable[[DataFile], np.ndarray]
    reading: Callable[[DataFile, pa.Schema], tuple[Sequence[Column], Mark]]
    form: Callable[[pa.NativeFile], Rows] = Parquet


def planned(
    lake: Lake, dataset: DatasetRef, files: Sequence[DataFile], *, rows: int, hidden: bool, **detail: Any
) -> Split:
    """One split: a sample, or everything when at most ``rows`` rows are left.

    ``hidden`` says whether deletes may hide rows; then, and where the log does not say how many rows there are, and
    where it says that they are few, the files themselves are asked.
    """
    known = [file.rows for file in files]
    claimed = None if None in known else sum(n for n in known if n is not None)
    if claimed is not None and claimed > rows and not hidden:
        return Split(dataset, rows, False, {"way": "sample", **detail})
    left, exact = _counted(lake, files, limit=rows)
    way = "all" if left <= rows else "sample"
    return Split(dataset, min(left, rows), exact and left <= rows, {"way": way, **detail})


def read(lake: Lake, files: Sequence[DataFile], split: Split) -> Iterator[pa.RecordBatch]:
    """The rows of a planned split: a sample as one batch, many rows in batches of bounded size."""
    dataset = split.dataset
    neighbours = Neighbours()
    if split.detail["way"] == "all":
        parts = everything(lake, dataset, files)
    else:
        draw = chance(split.detail["seed"], dataset.name)
        parts = some(lake, dataset, files, rows=split.rows, draw=draw, told=neighbours)
    if split.rows <= FEW_ROWS:
        parts = few(dataset, parts)
    held = MOST_BYTES if split.rows <= FEW_ROWS else HELD_BYTES
    yield from streamed(dataset, parts, lambda: _kinds(lake, dataset, files), held=held, neighbours=neighbours)


def opening(dataset: DatasetRef, files: Sequence[DataFile], *, rows: int) -> Sequence[tuple[str, int]]:
    """What a sample of the dataset would open, and the rows it wants."""
    size = sum(file.size for file in files) / 2**20
    wanted = rows if dataset.row_count is None else min(rows, dataset.row_count)
    what = f"about {wanted} random" if wanted == rows else f"all {wanted}"
    return [(f"read {what} rows of {dataset.name}: {counted(len(files), 'file')}, {size:.1f} MB", wanted)]


def everything(lake: Lake, dataset: DatasetRef, files: Sequence[DataFile]) -> Iterator[Part]:
    """Every row of every file; one file that cannot be read is an error: the rows would not be all."""
    for file in files:
        yield from _rows(lake, dataset, file, _all)


def some(
    lake: Lake,
    dataset: DatasetRef,
    files: Sequence[DataFile],
    *,
    rows: int,
    draw: random.Random,
    told: Neighbours,
) -> Iterator[Part]:
    """``rows`` random rows of random files, every row as likely; ``told`` hears which come together."""
    weight = _weights(files)
    ordered = sorted(files, key=lambda file: file.inside)
    sizes = [weight(file) for file in ordered]
    fewest = STRETCHES if lake.form is Parquet else FEW_FILES
    taken = fairly(sizes, fewest=fewest, least=ENOUGH_ROWS, most=MANY_FILES, draw=draw)
    chosen = [ordered[n] for n, _ in taken]
    parts = parted([worth for _, worth in taken], rows, draw)
    every = len(chosen) == sum(1 for size in sizes if size)
    for file, share in zip(chosen, allotted(parts, every=every, told=told), strict=True):
        if share.rows:
            yield from _rows(lake, dataset, file, partial(drawn, share=share, draw=draw))


def total(lake: Lake, files: Sequence[DataFile], *, limit: int) -> int:
    """The number of rows that are left by the files' own footers; at some point above ``limit`` it stops counting."""
    return _counted(lake, files, limit=limit)[0]


def _counted(lake: Lake, files: Sequence[DataFile], *, limit: int) -> tuple[int, bool]:
    """The same, and whether the pieces of the files hold every row."""
    rows, exact = 0, True
    for file in files:
        with lake.open(file.inside) as opened, sentences(lake.who(file.inside)):
            held = lake.form(opened)
            rows, exact = rows + sum(held.sizes), exact and held.exact
        rows -= len(np.unique(lake.deleted(file)))
        if rows > limit:
            break
    return rows, exact


def _weights(files: Sequence[DataFile]) -> Callable[[DataFile], int]:
    """How large a file is: its rows where the log says them of all, else its bytes; a log may also say nothing true."""
    counted = all(file.rows is not None for file in files) and any(file.rows for file in files)
    return lambda file: (file.rows or 0) if counted else file.size


def _all(left: Sequence[int], _: bool, count: Callable[[int], int]) -> Iterable[tuple[int, np.ndarray]]:
    return ((n, np.arange(count(n))) for n, size in enumerate(left) if size)


def _rows(lake: Lake, dataset: DatasetRef, file: DataFile, choose: Choice) -> Iterator[Part]:
    """The dataset's columns of the rows of a file that are chosen among those that are not deleted."""
    deleted = np.unique(lake.deleted(file))
    with lake.open(file.inside) as opened, sentences(lake.who(file.inside)):
        held = lake.form(opened)
        schema = held.schema
        columns, mark = lake.reading(file, schema)
        wanted = [schema.field(n).name for n in places(schema, columns, mark) if n is not None]
        starts = np.cumsum([0, *held.sizes])
        gone = [deleted[(deleted >= a) & (deleted < b)] - a for a, b in itertools.pairwise(starts)]
        left = [size - len(inside) for size, inside in zip(held.sizes, gone, strict=True)]
        count = left.__getitem__ if held.exact else held.counted
        for piece, numbers in choose(left, held.cut, count):
            for batch in held.picked(piece, _among(numbers, gone[piece]), wanted):
                yield _part(lake, dataset, file, batch)


def _part(lake: Lake, dataset: DatasetRef, file: DataFile, batch: pa.RecordBatch) -> Part:
    """The dataset's columns of a batch, as the table has them now."""
    columns, mark = lake.reading(file, batch.schema)
    at = places(batch.schema, columns, mark)
    cells = {column.name: _cells(batch, place, column, mark, file) for column, place in zip(columns, at, strict=True)}
    return [cells[name] for _, name in dataset.columns]


def _among(numbers: np.ndarray, gone: np.ndarray) -> np.ndarray:
    """Positions of the n-th rows that are left, when the rows at ``gone`` (ascending) are not there.

    >>> _among(np.array([0, 1, 2]), np.array([1, 2])).tolist()
    [0, 3, 4]
    """
    before = np.searchsorted(gone - np.arange(len(gone)), numbers, side="right")
    places: np.ndarray = numbers + before
    return places


def _cells(batch: pa.RecordBatch, place: int | None, column: Column, mark: Mark, file: DataFile) -> pa.Array:
    """A column of a batch as the table has it now; one that the file lacks is what the table says, or NULL."""
    if place is not None:
        return reshaped(trimmed(batch.column(place)), batch.schema.field(place), column, mark)
    value = file.given.get(column.name)
    return pa.nulls(batch.num_rows) if value is None else pa.array([value] * batch.num_rows)


def _kinds(lake: Lake, dataset: DatasetRef, files: Sequence[DataFile]) -> Sequence[Sequence[pa.DataType]]:
    """The types of each column of the dataset in the files, by what the files say of themselves."""
    found: list[list[pa.DataType]] = [[] for _ in dataset.columns]
    for file in files:
        with lake.open(file.inside) as opened, sentences(lake.who(file.inside)):
            schema = lake.form(opened).schema
        empty = without_views(pa.RecordBatch.from_pylist([], schema=schema))
        for values, kinds in zip(_part(lake, dataset, file, empty), found, strict=True):
            kinds.append(values.type)
    return found
