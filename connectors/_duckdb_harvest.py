"""Turns what a DuckDB file says of itself into facts, with a problem for what cannot be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from datagov.connectors import _duckdb_catalog as catalog
from datagov.connectors import _problems as problems
from datagov.connectors._duckdb_open import deadline, driver, translated
from datagov.connectors._duckdb_sample import types_of
from datagov.connectors._foreign_keys import add_foreign_keys
from datagov.contracts import Source
from datagov.errors import SourceLimitError
from datagov.fact_writer import FactWriter

_TOGETHER = 100


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest under way: where facts go, where they come from, and until when rows are counted (monotonic)."""

    writer: FactWriter
    source: Source
    connection: Any
    namespace: str
    token: str
    until: float
    seconds: float

    def add(self, relations: Sequence[catalog.Relation]) -> None:
        """The relations as datasets with their columns, and views as jobs."""
        known = catalog.columns(self.connection, relations[0].catalog) if relations else {}
        counts = self._counts([one for one in relations if one.kind == "table"]) if self.source.counts else {}
        ids = {}
        for relation in relations:
            columns = known.get((relation.schema, relation.name), ())
            ids[relation.dataset] = self._add(relation, columns, counts.get(relation.dataset))
            if relation.sql is not None:
                self._job(relation.dataset, "view", "CREATE_VIEW", relation.sql)
        if relations:
            add_foreign_keys(self.writer, catalog.references(self.connection, relations[0].catalog), ids)

    def add_macros(self, macros: Sequence[catalog.Macro]) -> None:
        """Macros as jobs."""
        for macro in macros:
            self._job(f"{macro.schema}.{macro.name}", "routine", "CREATE_MACRO", macro.sql)

    def _add(
        self, relation: catalog.Relation, columns: Sequence[catalog.Column], rows: int | None
    ) -> Mapping[str, int]:
        """The dataset and its columns, of which it returns the ids by name."""
        dataset_id = self.writer.add(
            "dataset",
            source_id=self.source.source_id,
            namespace=self.namespace,
            name=relation.dataset,
            kind=relation.kind,
            row_count=rows,
            row_estimate=relation.rows,
            comment=relation.comment,
            change_token=self.token,
        )
        ids = {}
        for ordinal, column in enumerate(columns):
            ids[column.name] = self.writer.add(
                "column",
                dataset_id=dataset_id,
                name=column.name,
                ordinal=ordinal,
                data_type=column.data_type,
                nullable=column.nullable,
                primary_key=column.primary_key,
                comment=column.comment,
            )
        if relation.kind == "view":
            self._check(relation)
        return ids

    def _check(self, relation: catalog.Relation) -> None:
        """Prepare a query of a view without running it; report one that cannot be read."""
        try:
            with deadline(self.connection, self.seconds):
                types_of(self.connection, relation)
        except driver().Error as error:
            failure = translated(error, who=f"Source {self.source.name!r}: the dataset {relation.dataset!r}")
            self._report(relation.dataset, "unreadable", str(failure), fatal=True)

    def _job(self, name: str, kind: str, statement: str, sql: str) -> None:
        job_id = self.writer.add("job", source_id=self.source.source_id, name=name, kind=kind, dialect="duckdb")
        self.writer.add("statement", job_id=job_id, ordinal=0, kind=statement, outcome="parsed", sql=sql)

    def _counts(self, tables: Sequence[catalog.Relation]) -> dict[str, int]:
        """The exact number of rows by dataset; tables that fail are reported and have none."""
        found: dict[str, int] = {}
        for table in tables:
            known = self.source.rows_unchanged(table.dataset, self.token)
            if known is not None:
                found[table.dataset] = known
        left = [table for table in tables if table.dataset not in found]
        for start in range(0, len(left), _TOGETHER):
            some = left[start : start + _TOGETHER]
            sql = " UNION ALL ".join(f"SELECT {n}, count(*) FROM {one.qualified}" for n, one in enumerate(some))
            try:
                with deadline(self.connection, self.seconds):
                    rows = self.connection.execute(sql).fetchall()
                found |= {some[n].dataset: int(count) for n, count in rows}
            except driver().Error:
                found |= {one.dataset: count for one in some if (count := self._count(one)) is not None}
        return found

    def _count(self, table: catalog.Relation) -> int | None:
        who = f"Source {self.source.name!r}: counting the rows of {table.dataset!r}"
        if monotonic() > self.until:
            message = f"{who} was left out: the tables before it took too long together."
            self._report(table.dataset, "deadline", message, fatal=False)
            return None
        try:
            with deadline(self.connection, self.seconds):
                return int(self.connection.execute(f"SELECT count(*) FROM {table.qualified}").fetchall()[0][0])
        except driver().Error as error:
            failure = translated(error, who=who)
            limit = isinstance(failure, SourceLimitError)
            self._report(table.dataset, "deadline" if limit else "unreadable", str(failure), fatal=not limit)
        return None

    def _report(self, name: str, kind: str, message: str, *, fatal: bool) -> None:
        problems.report(self.writer, self.source, name, kind, message, fatal=fatal)
