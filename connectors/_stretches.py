"""Which rows of one file a sample reads: of all of its pieces, or of some stretches of them.

A piece is what a format reads by itself: a row group, a batch, a block, or all of a file. Where rows in the middle of a
piece are reached without those before them, it is cut into stretches, of which many small ones say more than few
large ones: rows of one stretch may be alike.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from datagov.connectors._choice import fairly, parted
from datagov.connectors._neighbours import Neighbours

STRETCHES = 64
"""Stretches of a table whose files are all read; of one that has more files a stretch of each of as many is read."""
_ROWS = 1_024
"""Rows of a stretch at the least, and less than twice as many; a piece that has fewer is one."""
_MOST_STRETCHES = 2**18
"""Stretches that are chosen among, about; of more rows they are longer. A damaged file may say any number of rows."""
_AROUND = 30_000
"""Rows that are unpacked for a stretch, as pages usually are: where that would be all rows, they are all drawn from."""
_FEW_FILES, _FEW_PIECES, _FEW_ROWS = 24, 4, 8_000_000
"""A table of up to 24 files of up to four pieces each is drawn from row by row while it has no more rows than this."""
_PIECES, _MOST_PIECES, _PIECE_ROWS = 24, 64, 200_000
"""Pieces of a table that is not cut: 24, and up to 64 while they hold fewer than 200,000 rows."""
_SPARE = 4
"""How many times the rows that are drawn the stretches hold at the least."""


@dataclass(frozen=True, slots=True)
class Share:
    """What a sample takes of one file: so many rows, which are ``part`` of the sample; ``few`` says that the sample has
    few files. Where files were left out ``part`` is 0: the rows of each file come together, so that one stretch of it
    says all there is to say. ``told`` hears which rows come together.
    """

    rows: int
    part: float
    few: bool
    told: Neighbours


def allotted(parts: Sequence[int], *, every: bool, told: Neighbours) -> list[Share]:
    """What the files of a sample give, each so many rows; ``every`` says that no file is left out."""
    if not every:
        told.together(parts)
        return [Share(rows, 0.0, False, Neighbours()) for rows in parts]
    whole, few = max(1, sum(parts)), len(parts) <= _FEW_FILES
    return [Share(rows, rows / whole, few, told) for rows in parts]


def drawn(
    sizes: Sequence[int], cut: bool, count: Callable[[int], int] | None = None, *, share: Share, draw: random.Random
) -> Iterator[tuple[int, np.ndarray]]:
    """(piece, numbers of its rows): the random rows of a file whose pieces have these sizes, in their order.

    ``cut`` says that the rows in the middle of a piece can be read alone; ``count`` counts the rows of a piece that is
    read as a whole, where the sizes may be guesses.
    """
    pieces = [n for n, size in enumerate(sizes) if size]
    total = sum(sizes)
    fewest, least, most = _wanted(share, cut=cut)
    around = max(fewest, least // _ROWS) * _AROUND if cut else 0
    few = share.few and len(pieces) <= _FEW_PIECES and total <= _FEW_ROWS * share.part
    whole = few or total <= around
    length = max(_ROWS, total // _MOST_STRETCHES) if cut and not whole else None
    stretches = [(n, *ends) for n in pieces for ends in _ends(sizes[n], length)]
    held = [end - start for _, start, end in stretches]
    if whole:
        fewest = len(stretches)
    chosen = fairly(held, fewest=fewest, least=least, most=max(most, fewest), draw=draw)
    worth = dict(chosen)
    if count is not None and not cut:
        for n in worth:
            piece = stretches[n][0]
            found = count(piece)
            worth[n] *= found / held[n]
            stretches[n] = (piece, 0, found)
    parts = parted(list(worth.values()), share.rows, draw)
    if len(chosen) < len(stretches):
        share.told.together(parts)
    else:
        share.told.apart(share.rows)
    for n, rows in zip(worth, parts, strict=True):
        piece, start, end = stretches[n]
        some = np.arange(end - start) if rows >= end - start else np.sort(draw.sample(range(end - start), rows))
        if len(some):
            yield piece, some.astype(np.int64) + start


def taken(read: Iterator[pa.RecordBatch], positions: np.ndarray) -> Iterator[pa.RecordBatch]:
    """The rows at some positions (ascending) of a piece; what comes after the last of them is not read."""
    start = at = 0
    for batch in read:
        end = int(np.searchsorted(positions, start + batch.num_rows))
        if end - at == batch.num_rows:
            yield batch
        elif end > at:
            yield batch.take(pa.array(positions[at:end] - start))
        start, at = start + batch.num_rows, end
        if at == len(positions):
            return


def _wanted(share: Share, *, cut: bool) -> tuple[int, int, int]:
    """Stretches at the least, rows that they hold at the least, stretches at the most."""
    if cut or not share.part:
        count = max(1, round(STRETCHES * share.part))
        return count, share.rows * _SPARE, max(count, share.rows)
    return max(1, round(_PIECES * share.part)), max(round(_PIECE_ROWS * share.part), share.rows), _MOST_PIECES


def _ends(size: int, length: int | None) -> Iterator[tuple[int, int]]:
    """Where the stretches of a piece begin and end: all as long but for a row, and ``length`` at the least; one where
    that is None.

    >>> list(_ends(3_000, 1_024))
    [(0, 1500), (1500, 3000)]
    """
    count = max(1, size // length) if length else 1
    for n in range(count):
        yield size * n // count, size * (n + 1) // count
