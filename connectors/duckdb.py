"""DuckDB files: catalog, random samples and pushed-down checks, with everything outside the file switched off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pydantic import Field

from datagov.asked import Noted
from datagov.connectors import _duckdb_catalog as catalog
from datagov.connectors import _duckdb_sample as sample
from datagov.connectors import _problems as problems
from datagov.connectors._arrow import settled
from datagov.connectors._duckdb_harvest import Harvest
from datagov.connectors._duckdb_open import (
    Session,
    catalog_of,
    check_file,
    connect,
    deadline,
    driver,
    sentences,
)
from datagov.connectors._duckdb_pushdown import PushdownConnection
from datagov.connectors._file_token import file_token
from datagov.connectors._options import Options, chosen, located, shown, validated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import PluginError, SourceError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_STORED_MB = 192
"""Memory with which rows of tables are fetched by their row ids."""

_BATCH_ROWS = 8_192
_COUNT_SECONDS = 60.0
"""Time that counting the rows of all tables of one source may take together."""


class DuckdbOptions(Options):
    """Options of a source with ``use: duckdb``."""

    path: Annotated[str, Field(min_length=1, description="The database file, from the configuration's folder.")]
    schemas: Annotated[tuple[str, ...], Field(description="Schemas to read; none means all.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over schema.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over schema.table to leave out.")] = ()
    statement_seconds: Annotated[float, Field(gt=0, description="Longest a statement may run.")] = 60.0
    memory_mb: Annotated[int, Field(ge=32, description="Memory DuckDB may use.")] = 512
    threads: Annotated[int, Field(ge=1, le=64, description="Threads DuckDB may use.")] = 2


class DuckdbConnector:
    """Reads one DuckDB file. A dataset is called ``schema.table``.

    Raises ConfigError for wrong options at once, SourceError for an unreadable file when it is first used.
    """

    role = "data"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``duckdb:///relative.duckdb`` or ``duckdb:////absolute.duckdb``; UsageError without a path."""
        path = unquote(urlsplit(url).path).removeprefix("/")
        if not path:
            raise UsageError("The URL names no file; write duckdb:///shop.duckdb.")
        return {"path": path}

    def __init__(self, source: Source) -> None:
        driver()
        self._source = source
        self._options = validated(source, DuckdbOptions)
        self._path = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the file {shown(self._path, source)!r}"

    @property
    def namespace(self) -> str:
        """OpenLineage namespace of the datasets: the file as the configuration names it, without machine path."""
        path = Path(self._options.path)
        return f"duckdb://{path.name if path.is_absolute() else path.as_posix()}"

    def harvest(self) -> FactBatches:
        """Tables and views with columns, comments and exact row counts; views and macros as jobs; problems."""
        writer = FactWriter(source_id=self._source.source_id)
        with self._open() as connection, sentences(self._who):
            here = catalog_of(connection)
            token = file_token((self._path, self._path.with_name(self._path.name + ".wal")))
            until = monotonic() + _COUNT_SECONDS
            seconds = self._options.statement_seconds
            harvest = Harvest(writer, self._source, connection, self.namespace, token, until, seconds)
            relations = catalog.relations(connection, here)
            there = catalog.schemas(connection, here)
            wanted = [one for one in relations if self._chosen(one.schema, one.name)]
            harvest.add(wanted)
            harvest.add_macros([one for one in catalog.macros(connection, here) if self._chosen(one.schema, one.name)])
        missing = [name for name in self._options.schemas if name not in there]
        for name in missing:
            message = f"{self._who} has no schema {name!r}; correct 'schemas'."
            problems.report(writer, self._source, name, "unreadable", message, fatal=True)
        if not wanted and not missing:
            if relations:
                says = (
                    f"has {counted(len(relations), 'table')}, of which 'schemas', 'include' and 'exclude' leave none; "
                    "correct them"
                )
            else:
                says = "holds no tables, so there is nothing to examine in it"
            message = f"{self._who} {says}."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=bool(relations))
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split for a sample; for a dataset of at most ``rows`` rows, splits that cover all of it."""
        names = [name for _, name in dataset.columns]
        if not names:
            return []
        with self._open() as connection, self._guarded(connection, dataset):
            relation, types = self._place(connection, dataset)
            total = dataset.row_count
            if total is None:
                ((total,),) = connection.execute(sample.count_up_to_sql(relation, rows)).fetchall()
            if total <= rows:
                queries = self._whole(connection, relation, names, types, total)
                each = min(total, sample.SPLIT_ROWS) if len(queries) > 1 else total
                return [Split(dataset, each, True, {"sql": sql, "stored": len(queries) > 1}) for sql in queries]
            sql, threads = self._sample(relation, names, types, rows=rows, seed=seed)
        return [Split(dataset, rows, False, {"sql": sql, "threads": threads, "stored": threads is None})]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; dates, times and every other type that Arrow lacks come as DuckDB's own text."""
        who = self._about(split.dataset)
        if "sql" not in split.detail:
            raise SourceError(f"{who} was planned by another connector or version; plan it again.")
        asked = {"threads": split.detail.get("threads"), "stored": split.detail.get("stored", False)}
        with self._open(**asked) as connection, self._guarded(connection, split.dataset):
            read = connection.sql(split.detail["sql"]).to_arrow_table()
        arrays, fields = [], []
        for (column_id, _), column in zip(split.dataset.columns, read.columns, strict=True):
            array, notes = settled(column)
            arrays.append(array)
            fields.append(pa.field(str(column_id), array.type, metadata=dict(notes)))
        whole = pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
        for start in range(0, max(whole.num_rows, 1), _BATCH_ROWS):
            yield whole.slice(start, _BATCH_ROWS)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The SQL of :meth:`plan` and :meth:`read`; only the catalog is asked for it.

        The number is the rows passed over, of which a sample fetches ``rows``; 0 where it is not known.
        """
        names = [name for _, name in dataset.columns]
        if not names:
            return []
        total = dataset.row_count
        with self._open() as connection, self._guarded(connection, dataset):
            relation, types = self._place(connection, dataset)
        if total is not None and total <= rows:
            return [(sample.full_sql(relation, names, types), total)]
        counting = [(sample.count_up_to_sql(relation, rows), rows + 1)] if total is None else []
        return [*counting, (self._sample(relation, names, types, rows=rows, seed=seed)[0], total or 0)]

    def pushdown(self) -> Pushdown:
        """Aggregates inside the file, on connections that can only read it.

        Raises PluginError with the pip line when SQLAlchemy's dialect for DuckDB is not installed.
        """
        if find_spec("duckdb_engine") is None:
            raise PluginError("Checks inside DuckDB need its SQLAlchemy dialect: pip install 'datagov[duckdb]'.")
        check_file(self._path, who=self._who)
        return Pushdown(url="duckdb://", creator=self._connect_pushdown, dialect="duckdb", locate=self._locate)

    def _whole(
        self, connection: Any, relation: catalog.Relation, names: Sequence[str], types: Any, total: int
    ) -> Sequence[str]:
        whole = sample.full_sql(relation, names, types)
        if total <= sample.SPLIT_ROWS or not sample.has_row_ids(relation, list(types)):
            return [whole]
        ((last,),) = connection.execute(f"SELECT max(rowid) FROM {relation.qualified}").fetchall()
        return sample.split_sql(whole, last)

    def _sample(
        self, relation: catalog.Relation, names: Sequence[str], types: Any, *, rows: int, seed: int
    ) -> tuple[str, int | None]:
        """The SQL that samples, and in how many threads it has to run; None leaves that open."""
        if sample.has_row_ids(relation, list(types)):
            return sample.by_row_id_sql(relation, names, types, rows=rows, seed=seed), None
        return sample.by_position_sql(relation, names, types, rows=rows, seed=seed), 1

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _session(self, threads: int | None = None, *, stored: bool = False) -> Session:
        """``stored``: rows of a table are read as they lie, so that more memory would only keep blocks already read."""
        options = self._options
        memory_mb = min(options.memory_mb, _STORED_MB) if stored else options.memory_mb
        return Session(self._path, options.statement_seconds, memory_mb, threads or options.threads)

    def _open(self, threads: int | None = None, *, stored: bool = False) -> closing[Any]:
        check_file(self._path, who=self._who)
        with sentences(self._who):
            opened = connect(self._session(threads, stored=stored))
        asked = self._source.asked
        return closing(opened if asked is None else Noted(opened, "execute", asked))

    def _connect_pushdown(self) -> PushdownConnection:
        check_file(self._path, who=self._who)
        with sentences(self._who):
            return PushdownConnection(self._session())

    @contextmanager
    def _guarded(self, connection: Any, dataset: DatasetRef) -> Iterator[None]:
        """Deadline and sentences about a dataset."""
        with sentences(self._about(dataset)), deadline(connection, self._options.statement_seconds):
            yield

    def _chosen(self, schema: str, name: str) -> bool:
        options = self._options
        wanted = not options.schemas or schema in options.schemas
        return wanted and chosen(f"{schema}.{name}", include=options.include, exclude=options.exclude)

    def _found(self, connection: Any, dataset: str) -> catalog.Relation:
        found = catalog.find(connection, catalog_of(connection), dataset)
        if len(found) == 1:
            return found[0]
        reason = "is the name of two tables because of its dots" if found else "is not there any more; run again"
        raise SourceError(f"Source {self._source.name!r}: the dataset {dataset!r} {reason}.")

    def _place(self, connection: Any, dataset: DatasetRef) -> tuple[catalog.Relation, Any]:
        relation = self._found(connection, dataset.name)
        types = sample.types_of(connection, relation)
        if any(name not in types for _, name in dataset.columns):
            raise SourceError(f"{self._about(dataset)} has lost a column since it was harvested; run again.")
        return relation, types

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        """Schema and table of a dataset; one called as a view of DuckDB's own would be mistaken for it."""
        with self._open() as connection, sentences(self._who):
            relation = self._found(connection, dataset)
            sql = "SELECT count(*) FROM duckdb_views() WHERE internal AND schema_name = $1 AND lower(view_name) = $2"
            ((taken,),) = connection.execute(sql, [relation.schema.lower(), relation.name.lower()]).fetchall()
        if taken:
            raise SourceError(
                f"Source {self._source.name!r}: the dataset {dataset!r} is called as a view of DuckDB's own, so checks "
                "cannot reach it; rename it, or exclude it."
            )
        return relation.schema, relation.name
