"""What SQLAlchemy's Inspector says of a database, as facts; what it cannot say is a problem.

Whole schemas are asked for at once (``get_multi_*``); when that fails, which one broken view can cause, each table is
asked for alone.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.reflection import ObjectKind, ObjectScope
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from datagov.connectors import _problems as problems
from datagov.connectors import _sqlalchemy_sample as sample
from datagov.connectors._foreign_keys import Reference, add_foreign_keys
from datagov.connectors._sqlalchemy_dialects import Traits
from datagov.connectors._sqlalchemy_open import deadline, sentences, translated
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError
from datagov.fact_writer import FactWriter

Columns = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Found:
    """A table or view of a schema, with its columns (None when they cannot be read), keys and comment."""

    schema: str | None
    name: str
    kind: str
    columns: Columns | None
    key: Sequence[str]
    comment: str | None
    reason: str = ""
    references: Sequence[Reference] = ()

    @property
    def dataset(self) -> str:
        """``schema.name``."""
        return dataset_name(self.schema, self.name)

    def place(self, dialect: sa.Dialect) -> sample.Place:
        """Where to read it."""
        types = {str(column["name"]): column["type"] for column in self.columns or ()}
        key = str(self.key[0]) if len(self.key) == 1 else None
        whole = key is not None and isinstance(types.get(key), sa.Integer)
        exact = not dialect.requires_name_normalize
        return sample.Place(self.schema, self.name, self.kind, types, key if whole else None, exact)


def dataset_name(schema: str | None, name: str) -> str:
    """How facts call a table."""
    return f"{schema}.{name}" if schema else name


def found_in(connection: sa.Connection, schema: str | None, *, who: str) -> list[Found]:
    """Every table and view of a schema, by name."""
    inspector = sa.inspect(connection)
    kinds = dict.fromkeys(inspector.get_table_names(schema), "table")
    kinds |= dict.fromkeys(inspector.get_view_names(schema), "view")
    kinds |= dict.fromkeys(_or_none(connection, lambda: inspector.get_materialized_view_names(schema)) or (), "view")
    asked: dict[str, Any] = {"schema": schema, "kind": ObjectKind.ANY, "scope": ObjectScope.DEFAULT}
    columns = _by_name(connection, lambda: inspector.get_multi_columns(**asked))
    keys = _by_name(connection, lambda: inspector.get_multi_pk_constraint(**asked)) or {}
    comments = _by_name(connection, lambda: inspector.get_multi_table_comment(**asked)) or {}
    references = _by_name(connection, lambda: inspector.get_multi_foreign_keys(**asked)) or {}
    made = []
    for name, kind in sorted(kinds.items()):
        reason = ""
        mine = (columns or {}).get(name)
        if mine is None:
            try:
                with _misunderstanding_is_an_error():
                    mine = inspector.get_columns(name, schema)
            except (SQLAlchemyError, SAWarning) as error:
                about = f"{who}: the dataset {dataset_name(schema, name)!r}"
                reason = str(translated(error, who=about))
                connection.rollback()
        key = (keys.get(name) or {}).get("constrained_columns") or ()
        comment = (comments.get(name) or {}).get("text") or None
        referring = tuple(_referring(inspector, dataset_name(schema, name), references.get(name) or ()))
        made.append(Found(schema, str(name), kind, mine, key, comment, reason, referring))
    connection.rollback()
    return made


def _referring(inspector: sa.Inspector, dataset: str, keys: Iterable[Mapping[str, Any]]) -> Iterator[Reference]:
    """Foreign keys column by column; without a schema the other table is in the connection's usual one."""
    for number, key in enumerate(keys):
        schema = key.get("referred_schema") or inspector.default_schema_name
        other = dataset_name(schema, str(key["referred_table"]))
        for column, its in zip(key["constrained_columns"], key["referred_columns"], strict=False):
            yield Reference(dataset, number, str(column), other, str(its) if its else None)


def one(connection: sa.Connection, schema: str | None, name: str) -> Found | None:
    """A table or view by its name; None when there is none."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(name, schema):
        return None
    kind = "table" if name in inspector.get_table_names(schema) else "view"
    key = _or_none(connection, lambda: inspector.get_pk_constraint(name, schema)) or {}
    with _misunderstanding_is_an_error():
        columns = inspector.get_columns(name, schema)
    return Found(schema, name, kind, columns, key.get("constrained_columns") or (), None)


@dataclass(frozen=True, slots=True)
class Harvest:
    """A harvest under way; ``until`` is when counting ends (monotonic), ``seconds`` how long one statement may run."""

    writer: FactWriter
    source: Source
    connection: sa.Connection
    namespace: str
    known: Traits
    until: float
    seconds: float

    def add(self, found: Sequence[Found]) -> None:
        """The tables and views as datasets with their columns, and views as jobs.

        No transaction outlives its query: its locks would keep others from altering every table counted so far.
        """
        for item in found:
            rows = self._count(item) if item.kind == "table" and item.columns and self.source.counts else None
            dataset_id = self.writer.add(
                "dataset",
                source_id=self.source.source_id,
                namespace=self.namespace,
                name=item.dataset,
                kind=item.kind,
                row_count=rows,
                comment=item.comment,
            )
            ids = {}
            for ordinal, column in enumerate(item.columns or ()):
                ids[str(column["name"])] = self.writer.add(
                    "column",
                    dataset_id=dataset_id,
                    name=str(column["name"]),
                    ordinal=ordinal,
                    data_type=self._type(column["type"]),
                    nullable=bool(column.get("nullable", True)),
                    primary_key=column["name"] in item.key,
                    comment=column.get("comment") or None,
                )
            add_foreign_keys(self.writer, item.references, {item.dataset: ids})
            if not item.columns:
                self._report(item.dataset, "unreadable", item.reason or self._nothing(item), fatal=True)
            elif item.kind == "table":
                self._say_scanned(item, rows)
            else:
                self._view(item)

    def _nothing(self, item: Found) -> str:
        return f"Source {self.source.name!r}: the dataset {item.dataset!r} shows no column; repair it, or exclude it."

    def _say_scanned(self, item: Found, rows: int | None) -> None:
        """Say that only the beginning of a large table can be sampled."""
        keyed = item.place(self.connection.dialect).key is not None
        if not self.known.samples and not keyed and (rows or 0) > sample.SCAN_ROWS:
            message = (
                f"Source {self.source.name!r}: the dataset {item.dataset!r} has no integer primary key to draw random "
                f"rows by, so samples come from its first {sample.SCAN_ROWS:,} rows."
            )
            self._report(item.dataset, "no_key", message, fatal=False)

    def _view(self, item: Found) -> None:
        """A view with its definition, and whether a query of it can be prepared at all."""
        who = f"Source {self.source.name!r}: the dataset {item.dataset!r}"
        place = item.place(self.connection.dialect)
        names = list(place.types)
        try:
            with sentences(who), deadline(self.connection, self.seconds):
                if self.source.counts:
                    self.connection.execute(sample.rows_of(place, names, self.known).where(sa.false())).fetchall()
            self.connection.rollback()
        except SourceError as error:
            self._report(item.dataset, "unreadable", str(error), fatal=True)
            self.connection.rollback()
        sql = _or_none(self.connection, lambda: sa.inspect(self.connection).get_view_definition(item.name, item.schema))
        self.connection.rollback()
        if not sql:
            message = f"{who} does not show its SQL to this account, so its lineage is unknown."
            self._report(item.dataset, "unreadable", message, fatal=False)
            return
        job_id = self.writer.add(
            "job", source_id=self.source.source_id, name=item.dataset, kind="view", dialect=self.known.sqlglot
        )
        self.writer.add(
            "statement", job_id=job_id, ordinal=0, kind="CREATE_VIEW", outcome="parsed", sql=self._created(item, sql)
        )

    def _created(self, item: Found, sql: str) -> str:
        """The definition as a statement; some databases give the query alone."""
        if sql.lstrip()[:6].lower() == "create":
            return sql
        preparer = self.connection.dialect.identifier_preparer
        return f"CREATE VIEW {preparer.format_table(item.place(self.connection.dialect).table())} AS {sql}"

    def _count(self, item: Found) -> int | None:
        """The exact number of rows, or None with the reason as a problem."""
        who = f"Source {self.source.name!r}: counting the rows of {item.dataset!r}"
        if monotonic() > self.until:
            message = f"{who} was left out: the tables before it took longer than 'count_seconds' together."
            self._report(item.dataset, "deadline", message, fatal=False)
            return None
        try:
            with sentences(who), deadline(self.connection, self.seconds):
                rows = self.connection.execute(sample.count_of(item.place(self.connection.dialect))).scalar_one()
            self.connection.rollback()
            return int(rows)
        except SourceError as error:
            self.connection.rollback()
            limit = isinstance(error, SourceLimitError)
            self._report(item.dataset, "deadline" if limit else "unreadable", str(error), fatal=not limit)
        return None

    def _type(self, kind: sa.types.TypeEngine[Any]) -> str | None:
        """The type as the dialect spells it; None when SQLAlchemy does not know it."""
        if isinstance(kind, sa.types.NullType):
            return None
        spelled: str | None = _or_none(self.connection, lambda: kind.compile(dialect=self.connection.dialect))
        return spelled

    def _report(self, name: str, kind: str, message: str, *, fatal: bool) -> None:
        problems.report(self.writer, self.source, name, kind, message, fatal=fatal)


def _by_name(connection: sa.Connection, ask: Callable[[], Mapping[Any, Any]]) -> dict[str, Any] | None:
    found = _or_none(connection, ask)
    return None if found is None else {key[1]: value for key, value in found.items()}


def _or_none(connection: sa.Connection, ask: Callable[[], Any]) -> Any:
    """What the Inspector says, or None where the dialect cannot say it; a failure does not spoil what is asked next."""
    try:
        with _misunderstanding_is_an_error():
            return ask()
    except (SQLAlchemyError, SAWarning, NotImplementedError):
        connection.rollback()
        return None


@contextmanager
def _misunderstanding_is_an_error() -> Iterator[None]:
    """SQLAlchemy only warns, with the text at hand, of a definition that it does not understand and leaves out."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SAWarning)
        warnings.filterwarnings("ignore", "Did not recognize type", SAWarning)
        yield
