"""Turns what information_schema says of a MySQL database into facts, with a problem for what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from datagov.connectors import _mysql_catalog as catalog
from datagov.connectors import _problems as problems
from datagov.connectors._foreign_keys import add_foreign_keys
from datagov.connectors._mysql_catalog import qualified
from datagov.connectors._mysql_grants import Places
from datagov.connectors._mysql_open import driver, hurry, is_locked, sentences
from datagov.connectors._mysql_sample import scanned_rows
from datagov.contracts import Access, Source
from datagov.errors import SourceError, SourceLimitError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

COUNT_BYTES = 256 << 20
"""Tables of up to this size are counted; for larger ones and views the count is left open."""

_TOGETHER, _TOGETHER_BYTES = 50, 16 << 20
"""How many tables, of how many bytes, one statement counts: until it ends, none of them can be altered."""

_ELSEWHERE = ("federated", "spider", "connect", "s3", "oqgraph")
"""Engines whose rows lie elsewhere: counting would read them over there."""

_KINDS = {"view": "CREATE_VIEW", "trigger": "CREATE_TRIGGER", "routine": "CREATE_ROUTINE", "event": "EVENT"}
_SEEN_WITH = {
    "view": "GRANT SHOW VIEW ON {0} to it",
    "routine": "GRANT SELECT ON `mysql`.`proc` (MariaDB) or GRANT SHOW_ROUTINE (MySQL) to it",
    "trigger": "use an account with TRIGGER on the table",
    "event": "use an account with EVENT on the database",
}


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest under way: where facts go, where they come from, and until when rows are counted (monotonic)."""

    writer: FactWriter
    source: Source
    connection: Any
    namespace: str
    until: float

    def add(self, database: str, relations: Sequence[catalog.Relation]) -> Places:
        """The datasets of a database with their columns, and its views, routines, triggers and events as jobs.

        Returns what its grants refer to.
        """
        if not relations:
            return {}
        columns = catalog.columns(self.connection, database)
        countable = [one for one in relations if self._counted(one, columns)] if self.source.counts else []
        counts = {one.name: known for one in countable if (known := self._unchanged(one)) is not None}
        counts |= self._counts([one for one in countable if one.name not in counts])
        places = {one.name: self._add(one, columns.get(one.name, ()), counts.get(one.name)) for one in relations}
        ids = {f"{database}.{name}": known for name, (_, known) in places.items()}
        add_foreign_keys(self.writer, catalog.references(self.connection, database), ids)
        self._jobs(database, set(places), columns)
        return places

    def _add(
        self, relation: catalog.Relation, columns: Sequence[catalog.Column], rows: int | None
    ) -> tuple[int, Mapping[str, int]]:
        """The dataset and its columns; returns their ids, those of columns by name."""
        name = relation.dataset
        dataset_id = self.writer.add(
            "dataset",
            source_id=self.source.source_id,
            namespace=self.namespace,
            name=name,
            kind=relation.kind,
            row_count=rows,
            row_estimate=relation.rows,
            size_bytes=relation.size,
            changed_at=relation.changed_at,
            comment=relation.comment,
            change_token=relation.change_token,
        )
        ids: dict[str, int] = {}
        for column in columns:
            ids[column.name] = self.writer.add(
                "column",
                dataset_id=dataset_id,
                name=column.name,
                ordinal=column.ordinal,
                data_type=column.data_type,
                nullable=column.nullable,
                primary_key=column.primary_key,
                comment=column.comment,
            )
        if relation.versioned:
            message = (
                f"{self._about(name)} keeps what its rows were before they changed or were deleted; only its present "
                "rows are examined (system versioning)."
            )
            self._report(name, "old_rows", message, fatal=False)
        if not columns:
            message = f"{self._about(name)} shows no column; repair it, or exclude it."
            self._report(name, "unreadable", message, fatal=True)
        elif self.source.counts and (hidden := [column for column in columns if not column.readable]):
            message = (
                f"{self._about(name)} has {counted(len(hidden), 'column')} that may not be read by this account; "
                f"GRANT SELECT ON {qualified(relation)} to it, or exclude the table."
            )
            self._report(name, "unreadable", message, fatal=True)
        elif (
            self.source.access is Access.SAMPLES
            and relation.kind == "table"
            and (relation.rows or 0 if rows is None else rows) > scanned_rows(relation, rows=0)
        ):
            self._without_key(relation, columns, name)
        return dataset_id, ids

    def _without_key(self, relation: catalog.Relation, columns: Sequence[catalog.Column], name: str) -> None:
        """Say that only the beginning of a large table can be sampled."""
        known = catalog.keys(self.connection, relation, columns)
        if not known:
            message = (
                f"{self._about(name)} has no key to draw random rows by, so samples come from its first "
                f"{scanned_rows(relation, rows=0):,} rows and say nothing of the others; give it a primary key."
            )
            self._report(name, "no_key", message, fatal=False)

    def _jobs(self, database: str, wanted: set[str], columns: dict[str, list[catalog.Column]]) -> None:
        listed = {name: [column.name for column in found] for name, found in columns.items()}
        for body in catalog.bodies(self.connection, database, listed):
            name = f"{database}.{body.name}"
            if body.kind == "view" and body.name not in wanted:
                continue
            if body.sql is None:
                way = _SEEN_WITH[body.kind].format(f"{catalog.quote(database)}.{catalog.quote(body.name)}")
                message = (
                    f"Source {self.source.name!r}: the definition of the {body.kind} {name!r} may not be seen by this "
                    f"account; {way}."
                )
                self._report(name, "unreadable", message, fatal=body.kind == "view" and self.source.counts)
                continue
            job_id = self.writer.add("job", source_id=self.source.source_id, name=name, kind=body.kind, dialect="mysql")
            self.writer.add(
                "statement", job_id=job_id, ordinal=0, kind=_KINDS[body.kind], outcome="parsed", sql=body.sql
            )

    def _unchanged(self, relation: catalog.Relation) -> int | None:
        return self.source.rows_unchanged(relation.dataset, relation.change_token)

    @staticmethod
    def _counted(relation: catalog.Relation, columns: dict[str, list[catalog.Column]]) -> bool:
        known = columns.get(relation.name, ())
        small = relation.kind == "table" and relation.size is not None and relation.size <= COUNT_BYTES
        small = small and (relation.engine or "").lower() not in _ELSEWHERE
        return small and bool(known) and all(column.readable for column in known)

    def _counts(self, relations: Sequence[catalog.Relation]) -> dict[str, int]:
        """The exact number of rows by table; tables that fail are reported and have none."""
        found: dict[str, int] = {}
        for some in _few(relations):
            if monotonic() > self.until:
                break
            sql = " UNION ALL ".join(f"SELECT {n}, COUNT(*) FROM {qualified(one)}" for n, one in enumerate(some))
            try:
                found |= {some[int(n)].name: int(count) for n, count in catalog.run(self.connection, sql)}
            except driver().MySQLError as error:
                if is_locked(error):
                    self.source.patience.waited()
                    hurry(self.connection, self.source.patience)
                found |= {one.name: count for one in some if (count := self._count(one)) is not None}
        return found

    def _count(self, relation: catalog.Relation) -> int | None:
        name = relation.dataset
        who = f"Source {self.source.name!r}: counting the rows of {name!r}"
        if monotonic() > self.until:
            return None
        try:
            with sentences(who, self.source.patience):
                ((count,),) = catalog.run(self.connection, f"SELECT COUNT(*) FROM {qualified(relation)}")
                return int(count)
        except SourceLimitError as error:
            self._report(name, "deadline", str(error), fatal=False)
        except SourceError as error:
            self._report(name, "unreadable", str(error), fatal=True)
            hurry(self.connection, self.source.patience)
        return None

    def _about(self, name: str) -> str:
        return f"Source {self.source.name!r}: the dataset {name!r}"

    def _report(self, name: str, kind: str, message: str, *, fatal: bool) -> None:
        problems.report(self.writer, self.source, name, kind, message, fatal=fatal)


def _few(relations: Sequence[catalog.Relation]) -> Iterator[list[catalog.Relation]]:
    """The tables in groups that one statement may count."""
    some: list[catalog.Relation] = []
    size = 0
    for one in relations:
        if some and (len(some) == _TOGETHER or size + (one.size or 0) > _TOGETHER_BYTES):
            yield some
            some, size = [], 0
        some.append(one)
        size += one.size or 0
    if some:
        yield some
