"""Turns what the system tables of ClickHouse say into facts, with a problem for what is never read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datagov.connectors import _clickhouse_catalog as catalog
from datagov.connectors import _nested as nested
from datagov.connectors import _problems as problems
from datagov.connectors._clickhouse_dictionary import filling
from datagov.connectors._clickhouse_grants import Places
from datagov.connectors._clickhouse_types import column as typed
from datagov.connectors._clickhouse_types import parse
from datagov.contracts import Source
from datagov.fact_writer import FactWriter

_FACADES = ("Distributed", "Buffer", "Merge")
"""Engines of tables that show the rows of other tables: their statement says which."""


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest under way: where facts go, and how datasets and problems are named."""

    writer: FactWriter
    source: Source
    namespace: str

    def add(
        self,
        relations: Sequence[catalog.Relation],
        columns: Mapping[tuple[str, str], Sequence[catalog.Column]],
        states: Mapping[tuple[str, str], catalog.State] | None,
    ) -> dict[str, Places]:
        """The relations as datasets with their columns, and what is defined by SQL as jobs.

        Without ``states`` tables of parts have neither a number of rows nor a change token: both could be wrong.
        Returns what grants refer to, by database.
        """
        places: dict[str, dict[str, tuple[int, Mapping[str, int]]]] = {}
        for relation in relations:
            key = (relation.database, relation.name)
            known = columns.get(key, ())
            told = relation.rows is not None and not (states is None and relation.has_parts)
            state = (states or {}).get(key)
            places.setdefault(relation.database, {})[relation.name] = self._add(relation, known, state, told=told)
            if relation.sql and (relation.kind == "view" or relation.engine in ("Dictionary", *_FACADES)):
                self._job(relation, [column.name for column in known])
        return dict(places)

    def _add(
        self,
        relation: catalog.Relation,
        columns: Sequence[catalog.Column],
        state: catalog.State | None,
        *,
        told: bool,
    ) -> tuple[int, Mapping[str, int]]:
        """The dataset and its columns; returns their ids, those of columns by name. Rows are exact where ``told``."""
        is_table = relation.kind == "table"
        rows = relation.rows if is_table else None
        made_up = relation.engine in catalog.MADE_UP
        if made_up or (is_table and relation.has_parts and told and state is None):
            rows = 0
        dataset_id = self.writer.add(
            "dataset",
            source_id=self.source.source_id,
            namespace=self.namespace,
            name=relation.dataset,
            kind=relation.kind,
            row_count=rows if (told or made_up) and self.source.counts and not (state and state.masked) else None,
            row_estimate=rows,
            size_bytes=relation.size if is_table else None,
            changed_at=state.changed_at if state else None,
            comment=relation.comment,
            change_token=_token(relation, state) if told else None,
        )
        ids = {column.name: self._column(dataset_id, ordinal, column) for ordinal, column in enumerate(columns)}
        self._examine(relation, columns)
        return dataset_id, ids

    def _column(self, dataset_id: int, ordinal: int, column: catalog.Column) -> int:
        """The column, and the fields inside it; returns its id."""
        made = typed(column.name, parse(column.data_type))
        column_id = self.writer.add(
            "column",
            dataset_id=dataset_id,
            name=column.name,
            ordinal=ordinal,
            data_type=column.data_type,
            nullable=made.nullable,
            primary_key=column.in_key,
            comment=column.comment,
        )
        seen: set[str] = set()
        for path, field in nested.fields(made):
            if path in seen or len(seen) >= nested.MOST_FIELDS:
                continue
            seen.add(path)
            self.writer.add(
                "column",
                dataset_id=dataset_id,
                name=column.name,
                field_path=path,
                ordinal=ordinal,
                data_type=field.data_type,
                nullable=field.nullable,
            )
        return column_id

    def _examine(self, relation: catalog.Relation, columns: Sequence[catalog.Column]) -> None:
        """Report what will not be read."""
        who = f"Source {self.source.name!r}: the dataset {relation.dataset!r}"
        if relation.has_parameters and not columns:
            message = f"{who} is a view with parameters, which has rows only for given values; its SQL is traced."
            self._report(relation, message, fatal=False)
        elif not columns:
            self._report(
                relation, f"{who} shows no column to this account; grant it SELECT, or exclude it.", fatal=True
            )
        elif self.source.counts and (reason := unread(relation)):
            self._report(relation, f"{who} {reason}.", fatal=True)
        elif self.source.counts and relation.engine in catalog.MADE_UP:
            message = (
                f"{who} makes up its rows when it is asked ({relation.engine}) and keeps none; it is not examined."
            )
            self._report(relation, message, fatal=False)

    def _job(self, relation: catalog.Relation, columns: Sequence[str]) -> None:
        kind = "view" if relation.kind == "view" else "dictionary" if relation.engine == "Dictionary" else "table"
        job_id = self.writer.add(
            "job", source_id=self.source.source_id, name=relation.dataset, kind=kind, dialect="clickhouse"
        )
        said = [(f"CREATE_{kind.upper()}", relation.sql)]
        if kind == "dictionary":
            where = {"database": relation.database, "name": relation.name}
            said.append(("INSERT", filling(relation.sql or "", columns=columns, **where)))
        for ordinal, (statement, sql) in enumerate(said):
            if sql is not None:
                self.writer.add("statement", job_id=job_id, ordinal=ordinal, kind=statement, outcome="parsed", sql=sql)

    def _report(self, relation: catalog.Relation, message: str, *, fatal: bool) -> None:
        problems.report(self.writer, self.source, relation.dataset, "unreadable", message, fatal=fatal)


def unread(relation: catalog.Relation) -> str | None:
    """Why a relation is never read, as the end of a sentence; None for one that may be."""
    if relation.engine in catalog.STREAMS:
        return (
            f"is a stream ({relation.engine}), which datagov never reads because that takes rows away from its "
            "readers; audit the table it is written to, and exclude it"
        )
    if relation.engine in catalog.OUTSIDE:
        return f"lies outside of the server ({relation.engine}); exclude it, and audit that source itself"
    if relation.engine == catalog.FUNCTION:
        said = relation.function or relation.engine
        return f"is a table function ({said}), which may fetch rows from elsewhere; exclude it, and audit what it reads"
    if relation.engine == "Set":
        return "is a set for IN (Set), whose rows no query can read; exclude it, and audit the table that fills it"
    return None


def _token(relation: catalog.Relation, state: catalog.State | None) -> str | None:
    """Changes with every part and every ALTER; only tables of parts have one."""
    if not relation.has_parts:
        return None
    return f"{state.token if state else 'empty'}-{relation.changed}"
