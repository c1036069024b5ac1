"""Any database with a SQLAlchemy dialect: catalog by the Inspector, samples by Core; says what it could not verify."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Annotated, Any

import pyarrow as pa
import sqlalchemy as sa
from pydantic import Field, SecretStr
from sqlalchemy import event

from datagov import config
from datagov.connectors import _problems as problems
from datagov.connectors import _sqlalchemy_harvest as inspected
from datagov.connectors import _sqlalchemy_sample as sample
from datagov.connectors._chance import chance
from datagov.connectors._options import Options, chosen, validated
from datagov.connectors._sqlalchemy_cells import batch
from datagov.connectors._sqlalchemy_dialects import namespace, traits
from datagov.connectors._sqlalchemy_open import HARMLESS, Session, deadline, parsed, sentences
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import ConfigError, SourceError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_BATCH_ROWS = 8_192
_JUDGED = ("sqlite", "postgresql", "mysql", "mariadb")
"""Databases whose consent SQL is written and tested; of others a time's zone could be dropped unseen."""


class SqlalchemyOptions(Options):
    """Options of a source with ``use: sqlalchemy``."""

    url: Annotated[str, Field(min_length=1, description="SQLAlchemy's URL of the database, without password.")]
    password: Annotated[SecretStr | None, Field(description="${NAME} or file:PATH.")] = None
    schemas: Annotated[tuple[str, ...], Field(description="Schemas to read; none means all but the system's.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over schema.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over schema.table to leave out.")] = ()
    options: Annotated[
        dict[str, str | int | bool], Field(description="Harmless arguments of the driver's connect().")
    ] = {}  # noqa: RUF012 - pydantic copies it
    statement_seconds: Annotated[float, Field(gt=0, description="Longest a statement may run.")] = 60.0
    count_seconds: Annotated[float, Field(ge=0, description="Longest counting rows may take together.")] = 60.0


class SqlalchemyConnector:
    """Reads one database through its SQLAlchemy dialect. A dataset is called ``schema.table``.

    Raises ConfigError for wrong options and PluginError for a missing dialect or driver at once, SourceError when the
    database is first used. What the account may do cannot be verified: it has to be one that can only read.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, SqlalchemyOptions)
        self._who = f"Source {source.name!r}: the database"
        self._session = self._made_session()
        self._known = traits(self._session.backend)
        self._dialect = self._session.dialect()

    @property
    def namespace(self) -> str:
        """OpenLineage namespace, without credentials."""
        return namespace(self._session.url)

    def harvest(self) -> FactBatches:
        """Tables and views with columns, comments, keys and row counts; view definitions as jobs; problems."""
        writer = FactWriter(source_id=self._source.source_id)
        seen = kept = 0
        with self._open() as connection, sentences(self._who):
            until = monotonic() + self._options.count_seconds
            seconds = self._options.statement_seconds
            harvest = inspected.Harvest(writer, self._source, connection, self.namespace, self._known, until, seconds)
            there = self._schemas(connection)
            for schema in there:
                found = inspected.found_in(connection, schema, who=f"Source {self._source.name!r}")
                wanted = [one for one in found if self._chosen(one.dataset)]
                seen, kept = seen + len(found), kept + len(wanted)
                harvest.add(wanted)
        for schema in self._options.schemas:
            if schema not in there:
                message = f"{self._who} shows no schema {schema!r} to this account; correct 'schemas', or grant it."
                problems.report(writer, self._source, schema, "unreadable", message, fatal=True)
        if not kept:
            message = (
                f"{self._who} shows {counted(seen, 'table')} to this account, of which 'schemas', 'include' and "
                "'exclude' leave none; correct them, or grant it SELECT."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=bool(seen))
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: all rows of a dataset of at most ``rows``, else a sample."""
        if not dataset.columns:
            return []
        total = dataset.row_count
        with self._open() as connection, self._guarded(connection, dataset):
            place = self._place(connection, dataset)
            if total is None and place.kind == "table":
                total = int(connection.execute(sample.count_of(place)).scalar_one())
            if total is not None and total <= rows:
                return [Split(dataset, total, True, {"way": "all"})]
            if total is not None and place.kind == "table":
                if self._known.samples:
                    way = {"way": "database", "total": total, "seed": seed}
                    return [Split(dataset, rows, False, way, fair=sample.row_by_row(self._known, total))]
                if place.key is not None:
                    low, high = connection.execute(sample.bounds_of(place, place.key)).one()
                    if isinstance(low, int) and isinstance(high, int) and sample.dense(low, high, total):
                        way = {"way": "keys", "bounds": (low, high), "total": total, "seed": seed}
                        return [Split(dataset, rows, False, way)]
            if total is None:
                some = sample.rows_of(place, [dataset.columns[0][1]], self._known).limit(rows + 1)
                if len(connection.execute(some).fetchall()) <= rows:
                    return [Split(dataset, rows, True, {"way": "all"})]
        fair = total is not None and total <= sample.SCAN_ROWS
        return [Split(dataset, rows, False, {"way": "scan", "seed": seed}, fair)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; what Arrow has no exact type for comes as text."""
        with self._open() as connection, self._guarded(connection, split.dataset):
            names = [str(column_id) for column_id, _ in split.dataset.columns]
            whole = batch(self._rows(connection, split), names)
        for start in range(0, max(whole.num_rows, 1), _BATCH_ROWS):
            yield whole.slice(start, _BATCH_ROWS)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """What :meth:`plan` and :meth:`read` would send; only the catalog is asked for it.

        Without a known row count the number is 0 for what counts or passes over all rows.
        """
        names = [name for _, name in dataset.columns]
        if not names:
            return []
        with self._open() as connection, self._guarded(connection, dataset):
            place = self._place(connection, dataset)
            total, known = dataset.row_count, self._known
            if total is not None and total <= rows:
                return [(self._text(sample.rows_of(place, names, known)), total)]
            counting = [] if total is not None else [(self._text(sample.count_of(place)), 0)]
            if place.kind == "table" and known.samples:
                drawn = sample.drawn_by_database(place, names, known, rows=rows, total=total or rows, seed=seed)
                return [*counting, (self._text(drawn), total or 0)]
            scan = self._text(sample.rows_of(place, names, known).limit(sample.SCAN_ROWS))
            if place.kind == "table" and place.key is not None:
                counting.append((self._text(sample.bounds_of(place, place.key)), 2))
            return [*counting, (scan, min(total or 0, sample.SCAN_ROWS))]

    def pushdown(self) -> Pushdown | None:
        """Aggregates inside the database, where the SQL of consent rules is tested for it; None elsewhere."""
        if self._session.backend not in _JUDGED:
            return None
        with self._open():
            pass
        url = f"{self._session.url.drivername}://"
        return Pushdown(url=url, creator=self._connect, dialect=self._known.sqlglot, locate=self._locate)

    def _rows(self, connection: sa.Connection, split: Split) -> Iterator[Sequence[Any]]:
        place = self._place(connection, split.dataset)
        names, known = [name for _, name in split.dataset.columns], self._known
        match split.detail:
            case {"way": "all"}:
                asked = sample.rows_of(place, names, known)
                yield from connection.execution_options(stream_results=True).execute(asked)
            case {"way": "database", "total": total, "seed": seed}:
                asked = sample.drawn_by_database(place, names, known, rows=split.rows, total=total, seed=seed)
                streamed = connection.execution_options(stream_results=True).execute(asked)
                yield from sample.reservoir(iter(streamed), split.rows, chance(seed, split.dataset.name))
            case {"way": "keys", "bounds": (low, high), "total": total, "seed": seed}:
                yield from sample.by_keys(
                    connection, place, names, known, low=low, high=high, rows=split.rows, total=total, seed=seed
                )
            case {"way": "scan", "seed": seed}:
                asked = sample.rows_of(place, names, known).limit(sample.SCAN_ROWS)
                streamed = connection.execution_options(stream_results=True).execute(asked)
                yield from sample.reservoir(iter(streamed), split.rows, chance(seed, split.dataset.name))
            case _:
                raise SourceError(
                    f"{self._about(split.dataset)} was planned by another connector or version; plan it again."
                )

    def _made_session(self) -> Session:
        options = self._options
        url = parsed(config.resolve(options.url, base=self._source.base))
        if url is None:
            raise self._wrong("has a 'url' that is not dialect+driver://user@host:port/database.")
        if url.password is not None:
            raise self._wrong("has a password in its 'url'; set 'password: ${NAME}' instead.")
        if url.get_backend_name() == "duckdb":
            raise self._wrong("names a DuckDB file, whose SQLAlchemy dialect cannot list columns; write 'use: duckdb'.")
        for name in (*url.query, *options.options):
            if name.lower() not in HARMLESS:
                raise self._wrong(
                    f"has {name!r} in 'url' or 'options', which is not known to be harmless; known: "
                    f"{', '.join(sorted(HARMLESS))}."
                )
        secret = options.password
        password = config.resolve(secret.get_secret_value(), base=self._source.base) if secret else None
        return Session(url, password, dict(options.options), options.statement_seconds, self._source.base)

    def _wrong(self, says: str) -> ConfigError:
        return ConfigError(f"Source {self._source.name!r} {says}", file=self._source.file, line=self._source.line)

    @contextmanager
    def _open(self) -> Iterator[sa.Connection]:
        engine = self._session.engine()
        if (asked := self._source.asked) is not None:
            event.listen(engine, "before_cursor_execute", lambda _c, _r, sql, *_: asked.note(sql))
        try:
            with sentences(self._who):
                connection = engine.connect()
            with connection:
                yield connection
        finally:
            engine.dispose()

    def _connect(self) -> Any:
        with sentences(self._who):
            return self._session.connect()

    @contextmanager
    def _guarded(self, connection: sa.Connection, dataset: DatasetRef) -> Iterator[None]:
        with sentences(self._about(dataset)), deadline(connection, self._options.statement_seconds):
            yield

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _chosen(self, dataset: str) -> bool:
        return chosen(dataset, include=self._options.include, exclude=self._options.exclude)

    def _schemas(self, connection: sa.Connection) -> list[str]:
        """The schemas to read: those named that are there, else all but the system's."""
        inspector = sa.inspect(connection)
        usual = inspector.default_schema_name or "main"
        if self._session.backend == "sqlite":
            return [usual]
        there = inspector.get_schema_names()
        if self._options.schemas:
            return [name for name in self._options.schemas if name in there]
        return sorted(name for name in there if name.lower() not in self._known.system)

    def _place(self, connection: sa.Connection, dataset: DatasetRef) -> sample.Place:
        found = self._found(connection, dataset.name)
        place = found.place(connection.dialect)
        if any(name not in place.types for _, name in dataset.columns):
            raise SourceError(f"{self._about(dataset)} has lost a column since it was harvested; run again.")
        return place

    def _found(self, connection: sa.Connection, dataset: str) -> inspected.Found:
        """The dataset of this name; the catalog decides where a name with dots is split."""
        found = []
        for schema in self._schemas(connection):
            if dataset.startswith(f"{schema}."):
                one = inspected.one(connection, schema, dataset.removeprefix(f"{schema}."))
                found += [one] if one else []
        if len(found) == 1:
            return found[0]
        reason = "is the name of two tables because of its dots" if found else "is not there any more; run again"
        raise SourceError(f"Source {self._source.name!r}: the dataset {dataset!r} {reason}.")

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        with self._open() as connection, sentences(self._who):
            found = self._found(connection, dataset)
        return (None if self._session.backend == "sqlite" else found.schema), found.name

    def _text(self, statement: sample.Statement) -> str:
        return str(statement.compile(dialect=self._dialect, compile_kwargs={"literal_binds": True}))
