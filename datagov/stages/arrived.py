"""Arrived: the rows of a dataset that came, and what of those that were planned did not: a plan is no evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from datagov.contracts import ALIKE, LACKING, DataConnector, DatasetRef, Split
from datagov.errors import DatagovError


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came of a dataset.

    ``full``  every row came, as far as anybody can tell;  ``lacking`` what did not come, in words, or None;
    ``missing`` the share (0 to 1) of the rows that did not come, None when nobody knows how many;
    ``broken``  whether rows lack because something could not be read, not because they are gone; ``fair`` whether every
    row had the same chance to come;  ``alike`` how many rows came together of one block, on the mean over the rows.
    """

    batches: Sequence[pa.RecordBatch]
    full: bool
    lacking: str | None = None
    missing: float | None = 0.0
    broken: bool = False
    fair: bool = True
    alike: float = 1.0


def read(connector: DataConnector, dataset: DatasetRef, splits: Sequence[Split]) -> Arrived:
    """Read the splits; rows that came before something broke count. Raises what was raised when none came."""
    batches: list[pa.RecordBatch] = []
    broken: str | None = None
    alike = Alike()
    try:
        for split in splits:
            for batch in connector.read(split):
                batches.append(batch)
                alike.add(batch)
            alike.close()
    except Exception as error:
        if not any(batch.num_rows for batch in batches):
            raise
        # The text of a foreign exception may hold a data value.
        broken = (
            str(error) if isinstance(error, DatagovError) else f"It failed with an unexpected {type(error).__name__}."
        )
    rows = sum(batch.num_rows for batch in batches)
    told = [*told_of(batches), *([f"Reading broke off after {rows:,} rows. {broken}"] if broken else [])]
    planned = bool(splits) and all(split.full for split in splits)
    short = max(0, (dataset.row_count or 0) - rows) if planned else 0
    if short:
        told.append(f"{short:,} of the {dataset.row_count:,} rows that the source had counted did not come.")
    missing = short / dataset.row_count if dataset.row_count and planned else None
    return Arrived(
        batches,
        full=planned and not told,
        lacking=" ".join(told) or None,
        missing=missing if told else 0.0,
        broken=broken is not None or any(told_of(batches)),
        fair=planned or all(split.fair for split in splits),
        alike=1.0 if planned else alike.mean,
    )


class Alike:
    """The mean of what the batches of several splits say under ``ALIKE``; the last batch of a split speaks for it."""

    __slots__ = ("_last", "_open", "_rows", "_sum")

    def __init__(self) -> None:
        self._rows = self._open = 0
        self._sum, self._last = 0.0, 1.0

    def add(self, batch: pa.RecordBatch) -> None:
        """Hear one more batch of the split that is being read."""
        self._open += batch.num_rows
        self._last = max(1.0, float((batch.schema.metadata or {}).get(ALIKE.encode(), 1.0)))

    def close(self) -> None:
        """The split was read to its end."""
        self._rows += self._open
        self._sum += self._open * self._last
        self._open, self._last = 0, 1.0

    @property
    def mean(self) -> float:
        """How many rows came together, on the mean over all rows."""
        rows, total = self._rows + self._open, self._sum + self._open * self._last
        return total / rows if rows else 1.0


def told_of(batches: Sequence[pa.RecordBatch]) -> Iterator[str]:
    """What the connector says of rows that it could not read."""
    said = (str((batch.schema.metadata or {}).get(LACKING.encode(), b""), "utf-8") for batch in batches)
    return (f"{text.removesuffix('.')}." for text in dict.fromkeys(said) if text)
