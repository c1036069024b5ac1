"""Connectors that go wrong in every way a third party's may; installed by the tests as a distribution of their own."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from datagov.contracts import DatasetRef, FactBatches, Source, Split
from datagov.fact_writer import FactWriter


class Segfaulting:
    """Dies while it harvests."""

    role = "data"

    def __init__(self, source: Source) -> None:
        self.source = source

    def harvest(self) -> FactBatches:
        ctypes.string_at(0)
        yield from ()


class Hanging(Segfaulting):
    """Never answers."""

    def harvest(self) -> FactBatches:
        while True:
            pass
        yield from ()


class Lying(Segfaulting):
    """Hands over facts that do not have the published schema."""

    def harvest(self) -> FactBatches:
        yield "dataset", pa.RecordBatch.from_pydict({"dataset_id": ["one"]})


class Leaking(Segfaulting):
    """Raises a foreign exception with a data value in it."""

    def harvest(self) -> FactBatches:
        raise RuntimeError("cannot cast 6222020200112233445 to integer")
        yield from ()


class DyingReader(Segfaulting):
    """Harvests two tables, and dies when it reads the first."""

    def harvest(self) -> FactBatches:
        facts = FactWriter(source_id=self.source.source_id)
        for name in ("x.broken", "x.whole"):
            dataset = facts.add(
                "dataset",
                source_id=self.source.source_id,
                namespace="faulty",
                name=name,
                kind="table",
                row_count=20,
            )
            facts.add("column", dataset_id=dataset, name="email", ordinal=0)
        yield from facts.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> list[Split]:
        return [Split(dataset, 20, True)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        if split.dataset.name == "x.broken":
            ctypes.string_at(0)
        ((column_id, _),) = split.dataset.columns
        yield pa.RecordBatch.from_pydict({str(column_id): [f"user{n}@example.org" for n in range(20)]})

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> list[tuple[str, int]]:
        return []

    def pushdown(self) -> Any:
        return None
