"""Rows of a sample that were drawn together: how much less they say than as many that were drawn one by one.

Rows of one block may be alike, as the rows of one import are. A sample that holds m of each block says as much as one
whose size is divided by Kish's design effect, 1 + (m - 1) rho (Survey Sampling, 1965). With blocks of unequal size m is
the mean over the rows, the sum of m * m divided by the sum of m. rho cannot be estimated where nothing was found, so it
is taken to be 1: a block holds what is looked for in all of its rows or in none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pyarrow as pa

from datagov.contracts import ALIKE

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)


class Neighbours:
    """Counts the rows of a sample by how they were drawn.

    >>> some = Neighbours()
    >>> some.together([5, 5, 10])
    >>> some.alike
    7.5
    """

    __slots__ = ("_rows", "_squares")

    def __init__(self) -> None:
        self._rows = self._squares = 0

    def apart(self, rows: int) -> None:
        """So many rows were drawn one by one, or of blocks of which none was left out."""
        self._rows += rows
        self._squares += rows

    def together(self, counts: Iterable[int]) -> None:
        """So many rows were drawn of each of some blocks, while others were left out."""
        for rows in counts:
            self._rows += rows
            self._squares += rows * rows

    @property
    def alike(self) -> float:
        """The mean over the rows of how many came from the same block; 1 where all were drawn one by one."""
        return self._squares / self._rows if self._rows else 1.0


def noted(rows: Rows, alike: float) -> Rows:
    """The rows, with how many neighbours came together in their metadata."""
    if alike <= 1.0:
        return rows
    return rows.replace_schema_metadata({**(rows.schema.metadata or {}), ALIKE: f"{alike:.4f}"})
