"""Rows that come in small parts, as batches of bounded size whose columns have one type from the first to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pyarrow as pa

from datagov.connectors._alike import common, plain, text, together
from datagov.connectors._arrow import settled
from datagov.connectors._neighbours import Neighbours, noted
from datagov.contracts import LACKING, DatasetRef
from datagov.errors import SourceError, SourceLimitError

HELD_BYTES = 8 * 2**20
"""Cells of many rows that are held before they are handed over, in bytes."""
MOST_BYTES, FEW_ROWS = 256 * 2**20, 20_000
"""Bytes that the rows of a sample, of at most so many rows, may take up in memory, long cells cut."""

Part = Sequence[pa.Array]
"""Cells of some rows, one array for each column of the dataset."""


def streamed(
    dataset: DatasetRef,
    parts: Iterable[Part],
    kinds: Callable[[], Sequence[Sequence[pa.DataType]]],
    *,
    held: int = HELD_BYTES,
    lacking: Sequence[str] = (),
    neighbours: Neighbours | None = None,
) -> Iterator[pa.RecordBatch]:
    """The parts as batches of at least ``held`` bytes and at least one batch; fields are called by their ids, and their
    metadata holds the notes of :func:`datagov.connectors._arrow.array`.

    ``kinds`` gives the types that each column may come in. It is asked only where one batch does not hold all rows:
    then a later part must fit the type of an earlier one. ``lacking`` may grow while the parts come: it says in words
    which rows do not, and the metadata of the batches that follow say so, as they say of ``neighbours`` what is known
    by then.
    """
    chunks: list[list[pa.Array]] = [[] for _ in dataset.columns]
    size = told = 0
    fixed: Sequence[pa.DataType] | None = None
    for part in parts:
        for values, column in zip(part, chunks, strict=True):
            column.append(values)
            size += values.nbytes
        if size >= held:
            fixed = fixed or [steady(each) for each in kinds()]
            told = len(lacking)
            yield noted(_batch(dataset, chunks, fixed, lacking), neighbours.alike if neighbours else 1.0)
            chunks, size = [[] for _ in dataset.columns], 0
    if fixed is None or any(chunks) or len(lacking) > told:
        yield noted(_batch(dataset, chunks, fixed, lacking), neighbours.alike if neighbours else 1.0)


def few(dataset: DatasetRef, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts of a sample, which is held at once. Raises SourceLimitError when they take up too much."""
    held = 0
    for part in parts:
        held += sum(values.nbytes for values in part)
        if held > MOST_BYTES:
            raise SourceLimitError(
                f"The rows of {dataset.name!r} that were to be read take up more than {MOST_BYTES // 2**20} MB; lower "
                "'sample_rows', or exclude the table."
            )
        yield part


def steady(kinds: Iterable[pa.DataType]) -> pa.DataType:
    """A type that holds every value of all of these types; text where none surely does.

    >>> steady([pa.int32(), pa.null(), pa.int64()]), steady([pa.int64(), pa.float64()])
    (DataType(int64), DataType(string))
    """
    distinct = {plain(kind) for kind in kinds if not pa.types.is_null(kind)}
    kind = common(sorted(distinct, key=str))
    for alike in (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal):
        if alike(kind) and all(alike(one) for one in distinct):
            return kind
    return kind if len(distinct) < 2 else pa.string()


def _batch(
    dataset: DatasetRef,
    chunks: Sequence[Sequence[pa.Array]],
    fixed: Sequence[pa.DataType] | None,
    lacking: Sequence[str],
) -> pa.RecordBatch:
    arrays, fields = [], []
    for n, ((column_id, _), column) in enumerate(zip(dataset.columns, chunks, strict=True)):
        made, notes = together(column) if fixed is None else settled(_as(dataset, column, fixed[n]))
        arrays.append(made)
        fields.append(pa.field(str(column_id), made.type, metadata=dict(notes)))
    said = {LACKING: ". ".join(lacking)} if lacking else None
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields, metadata=said))


def _as(dataset: DatasetRef, chunks: Sequence[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
    """Chunks of a column in one type. Raises SourceError for a type that nothing announced."""
    try:
        same = [
            one if one.type == kind else text(one) if pa.types.is_string(kind) else one.cast(kind) for one in chunks
        ]
    except pa.ArrowException:
        raise SourceError(
            f"The files of {dataset.name!r} have other types of columns than they said; they changed while they were "
            "read, or are damaged."
        ) from None
    return pa.chunked_array(same, kind)
