"""SQLite files: catalog, random samples and pushed-down checks, through the standard library and never a write."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors import _sqlite_catalog as catalog
from datagov.connectors import _sqlite_sample as sample
from datagov.connectors._arrow import array, decoded
from datagov.connectors._foreign_keys import add_foreign_keys
from datagov.connectors._options import Options, chosen, located, shown, validated
from datagov.connectors._sqlite_open import at_rest, check_file, connect, has_changed, sentences, translated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import SourceError, SourceLimitError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

SPLIT_ROWS = 50_000
"""Most rows of one split: its columns are typed together, so it is held in memory."""

_BATCH_ROWS = 8_192
_COUNT_SECONDS = 60.0
"""Time that counting the rows of all tables of one source may take together."""


class SqliteOptions(Options):
    """Options of a source with ``use: sqlite``."""

    path: Annotated[str, Field(min_length=1, description="The database file, from the configuration's folder.")]
    schema_: Annotated[
        str, Field(alias="schema", min_length=1, description="Schema under which reports show the tables.")
    ] = "main"
    include: Annotated[tuple[str, ...], Field(description="Globs over table names; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over table names to leave out.")] = ()
    statement_seconds: Annotated[float, Field(gt=0, description="Longest a statement may run.")] = 60.0
    busy_seconds: Annotated[float, Field(ge=0, description="How long to wait for a lock.")] = 5.0


class SqliteConnector:
    """Reads one SQLite file. A dataset is called ``schema.table``, where the schema is the option, ``main`` by default.

    Raises ConfigError for wrong options at once, SourceError for an unreadable file when it is first used.
    """

    role = "data"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``sqlite:///relative.db`` or ``sqlite:////absolute.db``; raises UsageError without a path."""
        path = unquote(urlsplit(url).path).removeprefix("/")
        if not path:
            raise UsageError("The URL names no file; write sqlite:///shop.sqlite.")
        return {"path": path}

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, SqliteOptions)
        self._path = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the file {shown(self._path, source)!r}"

    @property
    def namespace(self) -> str:
        """OpenLineage namespace of the datasets: the file as the configuration names it, without machine path."""
        path = Path(self._options.path)
        return f"sqlite://{path.name if path.is_absolute() else path.as_posix()}"

    def harvest(self) -> FactBatches:
        """Tables and views with columns and exact row counts; views and triggers as jobs; what cannot be read."""
        writer = FactWriter(source_id=self._source.source_id)
        with self._open() as connection, sentences(self._who):
            objects = catalog.objects(connection)
            token = catalog.change_token(self._path)
            wanted = [o for o in objects if chosen(o.table, **self._globs)]
            until = monotonic() + _COUNT_SECONDS
            known = [o.name for o in objects if o.kind == "table"]
            for item in wanted:
                if item.kind != "trigger":
                    self._harvest_dataset(writer, connection, item, token=token, until=until, known=known)
                if item.kind != "table":
                    self._harvest_job(writer, item)
        if not any(o.kind != "trigger" for o in wanted):
            self._harvest_nothing(writer, hidden=len(objects))
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split for a sample; for a dataset of at most ``rows`` rows, splits that cover all of it."""
        table, names = self._table(dataset.name), [name for _, name in dataset.columns]
        if not names:
            return []
        with self._open() as connection, sentences(self._about(dataset)):
            total = dataset.row_count
            if total is None:
                total = connection.execute(sample.count_sql(table)).fetchone()[0]
            where = sample.bounds(connection, table, names) if total > min(rows, SPLIT_ROWS) else None
        if total <= rows:
            return list(_covering(dataset, total, where))
        way: dict[str, Any] = {"seed": seed, "total": total}
        if where is not None and where.dense(total):
            return [Split(dataset, rows, False, {"way": "row_ids", "bounds": _plain(where), **way})]
        return [Split(dataset, rows, False, {"way": "positions", **way})]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split, all batches with one schema; another split of the dataset may have other types.

        Field metadata says what was mixed, not UTF-8, or cut (:func:`datagov.connectors._arrow.array`).
        """
        with self._open() as connection, sentences(self._about(split.dataset)):
            rows = self._fetched(connection, split)
        columns = zip(*rows, strict=True) if rows else [()] * len(split.dataset.columns)
        fields, arrays = [], []
        for (column_id, _), values in zip(split.dataset.columns, columns, strict=True):
            built, notes = array(values)
            fields.append(pa.field(str(column_id), built.type, metadata=dict(notes)))
            arrays.append(built)
        batch = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
        for start in range(0, max(batch.num_rows, 1), _BATCH_ROWS):
            yield batch.slice(start, _BATCH_ROWS)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The SQL of :meth:`plan` and :meth:`read`; of the two ways to sample, the one that touches more rows.

        Without a known row count that number is 0 for the count and the scan, as nothing is executed to find out.
        """
        table, names = self._table(dataset.name), [name for _, name in dataset.columns]
        if not names:
            return []
        total = dataset.row_count
        if total is not None and total <= rows:
            return [(sample.full_sql(table, names), total)]
        counting = [(sample.count_sql(table), 0)] if total is None else []
        return [*counting, (sample.bounds_sql(table, "rowid"), 2), (sample.positions_sql(table, names), total or 0)]

    def pushdown(self) -> Pushdown:
        """Aggregates inside the file, through the same read-only connection; tables go by their bare names.

        Temporary tables are refused: Great Expectations must be told ``create_temp_table=False``.
        """
        check_file(self._path, who=self._who)
        return Pushdown(url="sqlite://", creator=self._connect, dialect="sqlite", locate=self._locate)

    @property
    def _globs(self) -> dict[str, tuple[str, ...]]:
        return {"include": self._options.include, "exclude": self._options.exclude}

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _connect(self) -> sqlite3.Connection:
        with sentences(self._who):
            return connect(
                self._path,
                statement_seconds=self._options.statement_seconds,
                busy_seconds=self._options.busy_seconds,
                asked=self._source.asked,
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        check_file(self._path, who=self._who)
        before = at_rest(self._path)
        with closing(self._connect()) as connection:
            yield connection
        if before is not None and has_changed(self._path, before):
            raise SourceError(f"{self._who} was changed by another program while it was read; run again.")

    def _table(self, dataset: str) -> str:
        return dataset.removeprefix(f"{self._options.schema_}.")

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        return None, self._table(dataset)

    def _fetched(self, connection: sqlite3.Connection, split: Split) -> list[tuple[Any, ...]]:
        """The rows of a split; SQLite's own reading of text is the faster, and knows nothing but UTF-8."""
        connection.text_factory = str
        try:
            return list(self._rows(connection, split))
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
        connection.text_factory = decoded
        return list(self._rows(connection, split))

    def _rows(self, connection: sqlite3.Connection, split: Split) -> Iterator[tuple[Any, ...]]:
        table, names = self._table(split.dataset.name), [name for _, name in split.dataset.columns]
        match split.detail:
            case {"way": "all"}:
                return connection.execute(sample.full_sql(table, names))
            case {"way": "range", "bounds": (name, low, high)}:
                sql = f"{sample.full_sql(table, names)} WHERE d.{name} BETWEEN ? AND ?"
                return connection.execute(sql, (low, high))
            case {"way": "row_ids", "bounds": bounds, "seed": seed, "total": total}:
                where = sample.Bounds(*bounds)
                return sample.by_row_id(connection, table, names, where, rows=split.rows, total=total, seed=seed)
            case {"way": "positions", "seed": seed, "total": total}:
                return sample.by_position(connection, table, names, rows=split.rows, total=total, seed=seed)
        raise SourceError(f"{self._about(split.dataset)} was planned by another connector or version; plan it again.")

    def _harvest_dataset(
        self,
        writer: FactWriter,
        connection: sqlite3.Connection,
        item: catalog.Object,
        *,
        token: str,
        until: float,
        known: Sequence[str],
    ) -> None:
        schema = self._options.schema_
        name = f"{schema}.{item.name}"
        dataset = partial(
            writer.add,
            "dataset",
            source_id=self._source.source_id,
            namespace=self.namespace,
            name=name,
            kind=item.kind,
            change_token=token,
        )
        try:
            catalog.check_readable(connection, item.name)
            columns = catalog.columns(connection, item.name)
            keys = list(catalog.references(connection, item.name, known, schema)) if item.kind == "table" else []
        except sqlite3.Error as error:
            dataset()
            failure = translated(error, who=f"Source {self._source.name!r}: the dataset {name!r}")
            problems.report(writer, self._source, name, "unreadable", str(failure), fatal=True)
            return
        rows = self._source.rows_unchanged(name, token) if item.kind == "table" and self._source.counts else None
        if rows is None:
            rows = self._count(writer, connection, item.name, name, until=until)
        dataset_id = dataset(row_count=rows)
        ids = {}
        for ordinal, column in enumerate(columns):
            ids[column.name] = writer.add(
                "column",
                dataset_id=dataset_id,
                name=column.name,
                ordinal=ordinal,
                data_type=column.data_type,
                nullable=column.nullable,
                primary_key=column.primary_key,
            )
        add_foreign_keys(writer, keys, {name: ids})

    def _count(
        self, writer: FactWriter, connection: sqlite3.Connection, table: str, name: str, *, until: float
    ) -> int | None:
        """The exact number of rows, or None with the reason as a problem."""
        if not self._source.counts:
            return None
        who = f"Source {self._source.name!r}: counting the rows of {name!r}"
        if monotonic() > until:
            message = f"{who} was left out: the tables before it took {_COUNT_SECONDS:.0f} seconds together."
            problems.report(writer, self._source, name, "deadline", message, fatal=False)
            return None
        try:
            return int(connection.execute(sample.count_sql(table)).fetchone()[0])
        except sqlite3.Error as error:
            failure = translated(error, who=who)
            kind = "deadline" if isinstance(failure, SourceLimitError) else "unreadable"
            problems.report(writer, self._source, name, kind, str(failure), fatal=kind == "unreadable")
            return None

    def _harvest_job(self, writer: FactWriter, item: catalog.Object) -> None:
        """A view or trigger with its definition as it stands; the tracing worker masks it."""
        job_id = writer.add(
            "job",
            source_id=self._source.source_id,
            name=f"{self._options.schema_}.{item.name}",
            kind=item.kind,
            dialect="sqlite",
        )
        kind = f"CREATE_{item.kind.upper()}"
        writer.add("statement", job_id=job_id, ordinal=0, kind=kind, outcome="parsed", sql=item.sql)

    def _harvest_nothing(self, writer: FactWriter, *, hidden: int) -> None:
        """No dataset is never silent; options that leave out everything make the audit incomplete."""
        if hidden:
            message = (
                f"{self._who} has {counted(hidden, 'table')}, of which 'include' and 'exclude' leave none; "
                "correct them."
            )
        else:
            message = f"{self._who} holds no tables, so there is nothing to examine in it."
        problems.report(writer, self._source, self._source.name, "empty", message, fatal=bool(hidden))


def _plain(where: sample.Bounds) -> tuple[str, int, int]:
    return where.name, where.low, where.high


def _covering(dataset: DatasetRef, total: int, where: sample.Bounds | None) -> Iterator[Split]:
    """Splits that cover every row: one, or ranges of row ids of at most SPLIT_ROWS each when they are dense."""
    if where is None or total <= SPLIT_ROWS or not where.dense(total):
        yield Split(dataset, total, True, {"way": "all"})
        return
    low = where.low
    while low <= where.high:
        high = min(low + SPLIT_ROWS - 1, where.high)
        yield Split(dataset, high - low + 1, True, {"way": "range", "bounds": (where.name, low, high)})
        low = high + 1
