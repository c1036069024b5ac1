"""Rows of ORC files in small batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.dataset as pa_dataset
import pyarrow.orc as pa_orc

from datagov.connectors._alike import without_views
from datagov.connectors._stretches import taken

_BATCH_ROWS = 8_192


class Orc:
    """A file that is being read: one piece, because it does not say how many rows its stripes have."""

    exact, cut = True, False

    def __init__(self, file: pa.NativeFile) -> None:
        self._opened = file
        self._file = pa_orc.ORCFile(file)
        self.schema: pa.Schema = self._file.schema

    @property
    def sizes(self) -> list[int]:
        """The rows of the file."""
        return [self._file.nrows] if self._file.nrows else []

    def batches(
        self, *, groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """All rows in their order, with some columns in the order of the file; None means all.

        The reader of stripes holds one as a whole, the scanner a batch; but it cannot tell columns of one name apart,
        and rows without columns it does not count.
        """
        if groups is not None and not groups:
            return
        names = [name for name in self.schema.names if columns is None or name in columns]
        if not names or len(set(self.schema.names)) < len(self.schema.names):
            for stripe in range(self._file.nstripes):
                yield without_views(self._file.read_stripe(stripe, None if columns is None else names))
            return
        scanner = (
            pa_dataset.OrcFileFormat()
            .make_fragment(self._opened)
            .scanner(columns=names, batch_size=_BATCH_ROWS, batch_readahead=0, fragment_readahead=0, use_threads=False)
        )
        yield from (without_views(batch) for batch in scanner.to_batches() if batch.num_rows)

    def counted(self, piece: int) -> int:
        """The rows of a piece, which are those of ``sizes``."""
        return self.sizes[piece]

    def picked(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows at some positions (ascending) of the file."""
        yield from taken(self.batches(groups=[group], columns=columns), positions)
