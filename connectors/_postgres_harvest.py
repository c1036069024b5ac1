"""Turns what PostgreSQL's catalog says of one relation into facts, with a problem for what cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from datagov.connectors import _postgres_catalog as catalog
from datagov.connectors import _problems as problems
from datagov.connectors._postgres_grants import Known
from datagov.connectors._postgres_open import hurry, sentences
from datagov.connectors._postgres_sample import WITH_BLOCKS, qualified, quote
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError
from datagov.fact_writer import FactWriter

COUNT_BLOCKS = 32_768
"""Tables of up to so many blocks, usually 256 MB, are counted; for larger ones and views the count is left open."""

_VIEWS = ("v", "m")


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest under way: where facts go, where they come from, and until when rows are counted (monotonic)."""

    writer: FactWriter
    source: Source
    connection: Any
    namespace: str
    until: float

    def add(self, relation: catalog.Relation, columns: Sequence[catalog.Column]) -> Known:
        """The dataset with its columns, and the job of a view; returns what its privileges refer to."""
        name = f"{relation.schema}.{relation.name}"
        dataset_id = self.writer.add(
            "dataset",
            source_id=self.source.source_id,
            namespace=self.namespace,
            name=name,
            kind=catalog.KINDS[relation.relkind],
            row_count=self._count(relation, name),
            row_estimate=relation.row_estimate,
            size_bytes=relation.size_bytes,
            holder=relation.holder,
            comment=relation.comment,
            change_token=relation.change_token,
        )
        ids: dict[str, int] = {}
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
        if relation.relkind in _VIEWS:
            self._add_job(relation, name, columns)
        return Known(dataset_id, relation.schema, relation.holder, ids)

    def _add_job(self, relation: catalog.Relation, name: str, columns: Sequence[catalog.Column]) -> None:
        """The view's query as the server writes it: every name with its schema, no comment of the author."""
        try:
            with sentences(f"Source {self.source.name!r}: the definition of {name!r}", self.source.patience):
                definition = catalog.definition(self.connection, relation.oid)
        except SourceError as error:
            self._report(name, "unreadable", str(error), fatal=True)
            hurry(self.connection, self.source.patience)
            return
        if definition is None:
            message = f"Source {self.source.name!r}: the view {name!r} went away while it was read; run again."
            self._report(name, "unreadable", message, fatal=True)
            return
        what = "MATERIALIZED VIEW" if relation.relkind == "m" else "VIEW"
        listed = ", ".join(quote(column.name) for column in columns)
        sql = f"CREATE {what} {_quoted(relation)} ({listed}) AS {definition}"
        job_id = self.writer.add("job", source_id=self.source.source_id, name=name, kind="view", dialect="postgres")
        self.writer.add("statement", job_id=job_id, ordinal=0, kind="CREATE_VIEW", outcome="parsed", sql=sql)

    def _count(self, relation: catalog.Relation, name: str) -> int | None:
        """The exact number of rows of a small table; None for others, with a problem when it cannot be read."""
        if not self.source.counts:
            return None
        if relation.readable and (known := self.source.rows_unchanged(name, relation.change_token)) is not None:
            return known
        if not relation.readable:
            message = (
                f"Source {self.source.name!r}: the dataset {name!r} may not be read by this account; "
                f"GRANT USAGE ON SCHEMA {quote(relation.schema)} and GRANT SELECT ON {_quoted(relation)} to it, "
                "or exclude the table."
            )
            self._report(name, "unreadable", message, fatal=True)
            return None
        if relation.relkind not in WITH_BLOCKS or monotonic() > self.until:
            return None
        try:
            with sentences(f"Source {self.source.name!r}: counting the rows of {name!r}", self.source.patience):
                return catalog.count(self.connection, relation.oid, _quoted(relation), most_blocks=COUNT_BLOCKS)
        except SourceLimitError as error:
            self._report(name, "deadline", str(error), fatal=False)
        except SourceError as error:
            self._report(name, "unreadable", str(error), fatal=True)
            hurry(self.connection, self.source.patience)
        return None

    def _report(self, name: str, kind: str, message: str, *, fatal: bool) -> None:
        problems.report(self.writer, self.source, name, kind, message, fatal=fatal)


def _quoted(relation: catalog.Relation) -> str:
    return qualified(catalog.Place(relation.schema, relation.name, relation.relkind, 0))
