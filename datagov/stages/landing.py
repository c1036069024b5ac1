"""Landing: what a worker traced by name becomes facts with identities, and names that are not certain are said so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from datagov.engine import wire
from datagov.fact_writer import FactWriter
from datagov.stages.names import Catalogue, Scope

FATAL = frozenset({"failed", "limit", "deadline", "memory", "died", "too_many_names"})
"""Problems that leave SQL unread: the audit is incomplete. Opaque SQL and ambiguity are results, shown as such."""

_AMBIGUOUS = 0.5
"""Highest confidence of an edge whose table may be another one."""
_MOST = 16
"""Most tables that one ambiguous name is followed to."""
_SHOWN = 5

_KEPT = ("subtype", "masking", "protection", "expression", "line", "col", "end_line", "end_col")


@dataclass(slots=True, eq=False)
class Landing:
    """The facts of one job's SQL as they are made: ``job`` is its row of the ``job`` table."""

    catalogue: Catalogue
    job: Any
    facts: FactWriter
    scope: Scope
    _said: set[str] = field(default_factory=set)

    def land(self, result: bytes, first: int) -> int:
        """Add what a worker handed over, its statements numbered from ``first``; returns how many there were."""
        batches = dict(wire.unpack(result))
        known: dict[int, int] = {}
        for row in batches["statement"].to_pylist():
            ordinal = first + row["ordinal"]
            self.catalogue.note_temporary(_temporary(row["temporary"]), self.scope, ordinal, self.facts)
            known[row["ordinal"]] = self.facts.add(
                "statement",
                job_id=self.job["job_id"],
                ordinal=ordinal,
                file=self.job["file"],
                **{key: row[key] for key in ("kind", "outcome", "sql", "line", "end_line")},
            )
        for row in batches["edge"].to_pylist():
            self._edge(row, known[row["statement"]], first + row["statement"])
        for row in batches["problem"].to_pylist():
            self._problem(row["kind"], row["message"], row["line"])
        return len(known)

    def _edge(self, row: dict[str, Any], statement_id: int, ordinal: int) -> None:
        sources = self._datasets(row, "source", ordinal)
        targets = self._datasets(row, "target", ordinal)
        doubtful = len(sources) > 1 or len(targets) > 1
        for source in self._having(sources, row["source_column"]):
            for target in self._having(targets, row["target_column"]):
                for source_column, target_column in self._columns(row, source, target):
                    self.facts.add(
                        "edge",
                        statement_id=statement_id,
                        source_dataset_id=source,
                        source_column_id=self._column(row, "source", source, source_column, quiet=doubtful),
                        target_dataset_id=target,
                        target_column_id=None
                        if target_column is None
                        else self._column(row, "target", target, target_column, quiet=doubtful),
                        type=row["type"],
                        confidence=min(row["confidence"], _AMBIGUOUS) if doubtful else row["confidence"],
                        reason="ambiguous_name" if doubtful else row["reason"],
                        file=self.job["file"],
                        **{key: row[key] for key in _KEPT},
                    )

    def _datasets(self, row: dict[str, Any], end: str, ordinal: int) -> tuple[int, ...]:
        """The datasets that one end of an edge may mean; more than one is said once per name."""
        name = row[f"{end}_dataset"]
        found = self.catalogue.datasets(name, self.scope, ordinal, self.facts, written=end == "target")
        if len(found) > 1 and name not in self._said:
            self._said.add(name)
            self._ambiguous(name, found, row["line"])
        return found if len(found) <= _MOST else (self.catalogue.outside(name, self.scope, self.facts),)

    def _having(self, datasets: tuple[int, ...], column: str | None) -> tuple[int, ...]:
        """Of several datasets those that have the column; all when none has."""
        if len(datasets) == 1 or column is None:
            return datasets
        return tuple(d for d in datasets if not self.catalogue.lacks(d, column)) or datasets

    def _columns(self, row: dict[str, Any], source: int, target: int) -> Iterator[tuple[str, str | None]]:
        """The columns of an edge; a star over a table whose columns are known is each of them, by its name."""
        listed = self.catalogue.listed(source) if row["source_column"] == "*" else ()
        if not listed:
            yield row["source_column"], row["target_column"]
        for name in listed:
            by_name = row["target_column"] == "*" and not self.catalogue.lacks(target, name)
            yield name, name if by_name else row["target_column"]

    def _column(self, row: dict[str, Any], end: str, dataset: int, name: str, *, quiet: bool) -> int:
        if not quiet and self.catalogue.lacks(dataset, name):
            column = f"{self.catalogue.name(dataset)}.{name}"
            message = (
                f"The SQL names the column {column}, which its source does not have; one of the two is out of date."
            )
            self._problem("unknown_column", message, row["line"])
            self.catalogue.column(dataset, name, None, self.facts)
        return self.catalogue.column(dataset, name, row[f"{end}_path"], self.facts)

    def _ambiguous(self, name: str, found: tuple[int, ...], line: int | None) -> None:
        shown = ", ".join(self.catalogue.place(dataset) for dataset in found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        start = f"The SQL names {name}, which may be {shown}{more};"
        way_out = "write the table's full name, or give the sources different schemas."
        if len(found) > _MOST:
            self._problem("too_many_names", f"{start} its data is followed to none of them: {way_out}", line)
        else:
            self._problem("ambiguous_name", f"{start} personal data may flow by each of them: {way_out}", line)

    def _problem(self, kind: str, message: str, line: int | None) -> None:
        self.facts.add(
            "problem",
            stage="trace",
            source_id=self.job["source_id"],
            object=self.job["name"],
            kind=kind,
            message=message,
            fatal=kind in FATAL,
            file=self.job["file"],
            line=line,
        )


def _temporary(targets: list[str]) -> list[str]:
    """Of the targets of a statement that writes a temporary table, those that are temporary."""
    if len(targets) == 1:
        return targets
    marked = [name for name in targets if name.startswith(("#", "@"))]
    return marked or [name for name in targets if "." not in name]
