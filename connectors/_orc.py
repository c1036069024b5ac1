"""Rows of ORC files, stripe by stripe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.orc as pa_orc

from datagov.connectors._alike import without_views


class Orc:
    """A file that is being read: one piece, because it does not say how many rows its stripes have."""

    exact = True

    def __init__(self, file: pa.NativeFile) -> None:
        self._file = pa_orc.ORCFile(file)
        self.schema: pa.Schema = self._file.schema

    @property
    def sizes(self) -> list[int]:
        """The rows of the file."""
        return [self._file.nrows] if self._file.nrows else []

    def batches(self, *, groups: Sequence[int], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """All rows in their order, with some columns."""
        for stripe in range(self._file.nstripes) if groups else ():
            yield without_views(self._file.read_stripe(stripe, list(columns)))
