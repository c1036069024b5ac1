"""Names in SQL → identities: which dataset and column a statement means, and new ones where no source has them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from datagov.engine import wire
from datagov.facts import ID_STRIDE, FactWriter
from datagov.store import FactStore

_TRACED = 2**31
"""Ids from here on belong to what SQL named and harvest did not find."""


def harvested(identity: int) -> bool:
    """Whether a dataset or column with this id was found in its source, and not only named by SQL."""
    return identity % ID_STRIDE < _TRACED


class Catalogue:
    """Datasets and columns by name, compared without case: ``schema.table`` first, a bare table when it is unique."""

    def __init__(self, store: FactStore) -> None:
        self._datasets: dict[str, int] = {}
        self._bare: dict[str, int | None] = {}
        self._columns: dict[int, dict[tuple[str, str | None], int]] = {}
        self._width: dict[int, int] = {}
        self._writers: dict[int, FactWriter] = {}
        self._temporary: set[str] = set()
        self._shipped: list[tuple[str, str]] = []
        self._names: dict[int, str] = {}
        for row in store.query("SELECT dataset_id, name FROM dataset ORDER BY dataset_id"):
            self._know(row["name"], row["dataset_id"])
        for row in store.query(
            "SELECT dataset_id, column_id, name, field_path FROM column ORDER BY dataset_id, ordinal"
        ):
            self._know_column(row["dataset_id"], row["name"], row["field_path"], row["column_id"])
            if row["field_path"] is None:
                self._shipped.append((self._names[row["dataset_id"]], row["name"]))

    def ship(self) -> bytes:
        """The columns of every dataset, for workers that expand ``SELECT *``."""
        datasets, columns = zip(*self._shipped, strict=True) if self._shipped else ((), ())
        arrays = [pa.array(datasets, pa.string()), pa.array(columns, pa.string())]
        return wire.pack([("catalogue", pa.RecordBatch.from_arrays(arrays, names=["dataset", "column"]))])

    def writer(self, source_id: int) -> FactWriter:
        """A writer for facts that a source's SQL adds; its ids go on where the last one's ended."""
        previous = self._writers.get(source_id)
        fresh = FactWriter(source_id=source_id, start=_TRACED) if previous is None else previous.successor()
        self._writers[source_id] = fresh
        return fresh

    def note_temporary(self, names: Iterable[str]) -> None:
        """Remember datasets that live only as long as their script."""
        self._temporary.update(name.casefold() for name in names)

    def dataset(self, name: str, facts: FactWriter, source_id: int) -> int:
        """Identity of a dataset; one that no source has is added as external, path or temporary."""
        key = name.casefold()
        found = self._datasets.get(key)
        if found is None and "." not in key:
            found = self._bare.get(key)
        if found is None:
            kind = "path" if key.startswith("path:") else "temporary" if key in self._temporary else "external"
            found = facts.add("dataset", source_id=source_id, namespace="sql", name=name, kind=kind)
            self._know(name, found)
        return found

    def name(self, dataset_id: int) -> str:
        """Display name of a dataset."""
        return self._names[dataset_id]

    def lacks(self, dataset_id: int, name: str) -> bool:
        """Whether the source listed the dataset's columns, and none has this name; a star is no name."""
        known = self._columns.get(dataset_id, {})
        return (
            harvested(dataset_id)
            and name != "*"
            and (name.casefold(), None) not in known
            and any(harvested(column_id) for column_id in known.values())
        )

    def column(self, dataset_id: int, name: str, path: str | None, facts: FactWriter) -> int:
        """Identity of a column or nested field; one that no source has is added."""
        found = self._columns.get(dataset_id, {}).get((name.casefold(), path))
        if found is None:
            found = facts.add(
                "column",
                dataset_id=dataset_id,
                name=name,
                field_path=path,
                ordinal=self._width.get(dataset_id, 0),
            )
            self._know_column(dataset_id, name, path, found)
        return found

    def _know(self, name: str, dataset_id: int) -> None:
        key = name.casefold()
        self._names[dataset_id] = name
        self._datasets.setdefault(key, dataset_id)
        bare = key.rpartition(".")[2]
        self._bare[bare] = dataset_id if bare not in self._bare else None

    def _know_column(self, dataset_id: int, name: str, path: str | None, column_id: int) -> None:
        self._columns.setdefault(dataset_id, {})[(name.casefold(), path)] = column_id
        self._width[dataset_id] = self._width.get(dataset_id, 0) + 1
