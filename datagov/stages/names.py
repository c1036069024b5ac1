"""Names in SQL → identities: which datasets and columns a statement means, and new ones where no source has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from datagov.engine import wire
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.stages.matching import TRACED, Names, harvested
from datagov.store import FactStore


@dataclass(slots=True, eq=False)
class Scope:
    """One job while its SQL is given identities: temporary tables live here and are nobody else's.

    ``made`` maps the name of a temporary table to its dataset and the ordinal of the statement that makes it.
    """

    source_id: int
    job: str
    made: dict[str, tuple[int, int]] = field(default_factory=dict)

    def temporary(self, name: str, ordinal: int, *, written: bool) -> int | None:
        """The temporary table of that name in a statement; the one that makes it may still read another."""
        dataset, since = self.made.get(name.casefold(), (None, -1))
        local = name.startswith(("#", "@"))
        return dataset if local or ordinal > since or (written and ordinal == since) else None


class Catalogue:
    """Datasets and columns by name, compared without case; those of a job's own source go first.

    A store may already hold what SQL named before: ``start`` is the first number, within a source's range, of what is
    added now, and ``defined`` are datasets that no source has but whose columns are known. Its temporary tables are
    nobody's.
    """

    def __init__(self, store: FactStore, *, start: int = TRACED, defined: Collection[int] = ()) -> None:
        self._start = start
        self._sources = {row["source_id"]: row["name"] for row in store.query("SELECT source_id, name FROM source")}
        self._names = Names(self._sources)
        self._columns: dict[int, dict[tuple[str, str | None], int]] = {}
        self._listed: dict[int, list[str]] = {}
        self._outside: dict[str, int] = {}
        self._width: dict[int, int] = {}
        self._writers: dict[int, FactWriter] = {}
        for row in store.query(
            "SELECT dataset_id, name, location FROM dataset WHERE kind <> 'temporary' ORDER BY dataset_id"
        ):
            self._names.add(row["dataset_id"], row["name"])
            if row["location"]:
                self._names.lies(row["dataset_id"], row["location"])
        for row in store.query(
            "SELECT dataset_id, column_id, name, field_path FROM column ORDER BY dataset_id, ordinal"
        ):
            self._know_column(row["dataset_id"], row["name"], row["field_path"], row["column_id"])
            harvest_has_it = harvested(row["dataset_id"]) and harvested(row["column_id"])
            if row["field_path"] is None and (harvest_has_it or row["dataset_id"] in defined):
                self._listed.setdefault(row["dataset_id"], []).append(row["name"])

    def ship(self) -> bytes:
        """The columns of every dataset, for workers that expand ``SELECT *``."""
        schema = pa.schema([("dataset_id", pa.int64()), ("dataset", pa.string()), ("columns", pa.list_(pa.string()))])
        rows = [
            {"dataset_id": dataset_id, "dataset": self._names[dataset_id], "columns": columns}
            for dataset_id, columns in self._listed.items()
        ]
        return wire.pack([("catalogue", pa.RecordBatch.from_pylist(rows, schema=schema))])

    def writer(self, source_id: int) -> FactWriter:
        """A writer for facts that a source's SQL adds; its ids go on where the last one's ended."""
        previous = self._writers.get(source_id)
        fresh = FactWriter(source_id=source_id, start=self._start) if previous is None else previous.successor()
        self._writers[source_id] = fresh
        return fresh

    def note_temporary(self, names: Iterable[str], scope: Scope, ordinal: int, facts: FactWriter) -> None:
        """Remember datasets that a statement makes and that live only as long as their script."""
        for name in names:
            if name.casefold() not in scope.made:
                scope.made[name.casefold()] = (self._add(name, "temporary", scope, facts), ordinal)

    def datasets(self, name: str, scope: Scope, ordinal: int, facts: FactWriter, *, written: bool) -> tuple[int, ...]:
        """The datasets a name may mean in a statement, at least one: what no source has is added."""
        if name.startswith(("#", "@")) and not name.startswith("##"):
            self.note_temporary((name,), scope, ordinal, facts)
        temporary = scope.temporary(name, ordinal, written=written)
        if temporary is not None:
            return (temporary,)
        return self._names.find(name, scope.source_id) or (self.outside(name, scope, facts),)

    def outside(self, name: str, scope: Scope, facts: FactWriter) -> int:
        """A dataset that only SQL names: a path, or external."""
        key = name.casefold()
        if key not in self._outside:
            self._outside[key] = self._add(name, "path" if key.startswith("path:") else "external", scope, facts)
            self._names.add(self._outside[key], name)
        return self._outside[key]

    def name(self, dataset_id: int) -> str:
        """Display name of a dataset that is not temporary."""
        return self._names[dataset_id]

    def place(self, dataset_id: int) -> str:
        """Display name of a dataset with the source that has it."""
        source = self._sources.get(dataset_id // ID_STRIDE)
        return f"{self._names[dataset_id]} of source {source!r}" if harvested(dataset_id) else self._names[dataset_id]

    def listed(self, dataset_id: int) -> Sequence[str]:
        """Names of the columns that its source listed."""
        return self._listed.get(dataset_id, ())

    def has(self, dataset_id: int, name: str) -> bool:
        """Whether a dataset has a column of this name, by its source or by SQL read before."""
        return (name.casefold(), None) in self._columns.get(dataset_id, {})

    def lacks(self, dataset_id: int, name: str) -> bool:
        """Whether the source listed the dataset's columns, and none has this name; a star is no name."""
        return name != "*" and dataset_id in self._listed and not self.has(dataset_id, name)

    def column(self, dataset_id: int, name: str, path: str | None, facts: FactWriter) -> int:
        """Identity of a column or nested field, of fields that differ in case the one spelled so; what no source has
        is added.
        """
        known = self._columns.get(dataset_id, {})
        found = known.get((name.casefold(), path))
        if found is None and path is not None:
            found = known.get((name.casefold(), path.casefold()))
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

    def _add(self, name: str, kind: str, scope: Scope, facts: FactWriter) -> int:
        namespace = f"sql:{scope.job}" if kind == "temporary" else "sql"
        return facts.add("dataset", source_id=scope.source_id, namespace=namespace, name=name, kind=kind)

    def _know_column(self, dataset_id: int, name: str, path: str | None, column_id: int) -> None:
        known = self._columns.setdefault(dataset_id, {})
        known[(name.casefold(), path)] = column_id
        if path is not None:
            known.setdefault((name.casefold(), path.casefold()), column_id)
        self._width[dataset_id] = self._width.get(dataset_id, 0) + 1
