"""PostgreSQL: the catalog by two queries, random blocks as samples, Arrow rows, and an account that can only read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from math import ceil
from time import monotonic
from typing import Annotated, Any
from urllib.parse import urlsplit

import pyarrow as pa
from pydantic import Field, SecretStr

from datagov import config
from datagov.connectors import _postgres_catalog as catalog
from datagov.connectors import _postgres_grants as grants
from datagov.connectors import _postgres_history as history
from datagov.connectors import _postgres_partitions as partitions
from datagov.connectors import _postgres_routines as routines
from datagov.connectors import _postgres_sample as sample
from datagov.connectors import _problems as problems
from datagov.connectors._choice import shares
from datagov.connectors._foreign_keys import add_foreign_keys
from datagov.connectors._neighbours import Neighbours, noted
from datagov.connectors._options import Options, chosen, validated
from datagov.connectors._postgres_harvest import Harvest
from datagov.connectors._postgres_open import Session, connect, driver, sentences
from datagov.connectors._postgres_preflight import powers, sufficient_grants
from datagov.connectors._postgres_read import table
from datagov.contracts import LACKING, DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import ConfigError, SourceError, SourceLockedError, SourceRefusedError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_BLOCK = "block"
_COUNT_SECONDS = 60.0
_RANGES_SINCE = 14_00_00


class PostgresOptions(Options):
    """Options of a source with ``use: postgres``."""

    dsn: Annotated[str, Field(min_length=1, description="postgresql://user@host:5432/database, without password.")]
    password: Annotated[SecretStr | None, Field(description="${NAME} or file:PATH; or use a .pgpass file.")] = None
    schemas: Annotated[tuple[str, ...], Field(description="Schemas to read; none means all.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over schema.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over schema.table to leave out.")] = ()
    allow_privileged: Annotated[bool, Field(description="Use an account that may do more than read.")] = False
    statement_seconds: Annotated[float, Field(gt=0, description="Longest a statement may run.")] = 60.0
    lock_seconds: Annotated[float, Field(gt=0, description="How long to wait for a lock.")] = 5.0
    connect_seconds: Annotated[int, Field(ge=2, description="How long to wait for a connection.")] = 10


class PostgresConnector:
    """Reads one PostgreSQL database. A dataset is called ``schema.table``; partitions belong to their parent.

    Raises ConfigError for wrong options at once, SourceError when the server is first used, SourceRefusedError when the
    account may do more than read.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, PostgresOptions)
        self._who = f"Source {source.name!r}: the server"
        self._session = self._made_session()

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``postgresql://user@host:5432/database``; raises UsageError when it holds a password."""
        if urlsplit(url).password:
            raise UsageError("The URL holds a password; leave it out and set 'password: ${NAME}' in the configuration.")
        return {"dsn": f"postgresql://{url.partition('://')[2]}"}

    @property
    def namespace(self) -> str:
        """OpenLineage namespace with the database: ``postgres://host:port/database``, without credentials."""
        return self._namespace({})

    def _namespace(self, reached: Mapping[str, str]) -> str:
        """The namespace; ``reached`` says what a service or the environment names instead of the DSN."""
        from psycopg.conninfo import conninfo_to_dict

        known = {name: str(value) for name, value in conninfo_to_dict(self._session.conninfo).items() if value}
        host = known.get("host") or reached.get("host") or "localhost"
        host = "localhost" if host == reached.get("host") and host.startswith("/") else host
        database = known.get("dbname") or reached.get("dbname") or known.get("user") or ""
        return f"postgres://{host}:{known.get('port') or reached.get('port') or '5432'}/{database}"

    def harvest(self) -> FactBatches:
        """Tables and views with columns, comments and row counts of the smaller ones; views, routines, triggers, rules
        and remembered queries as jobs; accounts, memberships and privileges; problems.
        """
        writer = FactWriter(source_id=self._source.source_id)
        with self._open(tables=True) as connection, sentences(self._who):
            relations = catalog.relations(connection, self._options.schemas)
            columns = catalog.columns(connection, self._options.schemas)
            wanted = [one for one in relations if self._chosen(one)]
            until = monotonic() + _COUNT_SECONDS
            namespace = self._namespace(connection.info.get_parameters())
            harvest = Harvest(writer, self._source, connection, namespace, until)
            known = {relation.oid: harvest.add(relation, columns.get(relation.oid, [])) for relation in wanted}
            ids = {f"{one.schema}.{one.name}": known[one.oid].columns for one in wanted}
            add_foreign_keys(writer, catalog.references(connection, self._options.schemas), ids)
            here = {"source_id": self._source.source_id}
            routines.add_routines(writer, connection, self._source, self._options.schemas)
            grants.add_accounts(writer, connection, **here)
            grants.add_privileges(writer, connection, sorted({one.schema for one in wanted}), known, **here)
            history.add_history(writer, connection, self._source)
            missing = catalog.missing_schemas(connection, self._options.schemas)
        for schema in missing:
            message = f"{self._who} has no schema {schema!r} in this database; correct 'schemas'."
            problems.report(writer, self._source, schema, "unreadable", message, fatal=True)
        if not wanted and not missing:
            message = (
                f"{self._who} shows {counted(len(relations), 'table')} to this account, of which 'schemas', 'include' "
                "and 'exclude' leave none; correct them, or grant it USAGE and SELECT."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=bool(relations))
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split for a sample; for a dataset of at most ``rows`` rows, splits that cover all of it."""
        if not dataset.columns:
            return []
        try:
            return self._planned(dataset, rows=rows, seed=seed)
        except SourceLockedError:
            splits = self._planned_without_the_locked(dataset, rows=rows, seed=seed)
            if not splits:
                raise
            return splits

    def _planned(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        with self._open(tables=False) as connection, sentences(self._about(dataset), self._source.patience):
            place = self._place(connection, dataset)
            types = catalog.types(connection, place)
            encoding = _client_encoding(connection)
            ranges = connection.info.server_version >= _RANGES_SINCE
            total = dataset.row_count
            if total is None or total <= min(rows, sample.SPLIT_ROWS):
                total = self._count_up_to(connection, place, rows)
        names = [name for _, name in dataset.columns]
        how = {"types": {name: types[name] for name in names if name in types}, "encoding": encoding}
        if total is not None and total <= rows:
            whole = sample.full_sql(place, names, types)
            queries = _in_parts(whole, place, total=total, rows=rows, ranges=ranges)
            parts = shares([1] * len(queries), total)
            return [Split(dataset, part, True, {"sql": sql, **how}) for part, sql in zip(parts, queries, strict=True)]
        sql = sample.sample_sql(place, names, types, rows=rows, total=dataset.row_count, seed=seed)
        blocks = sample.by_blocks(place, rows=rows, total=dataset.row_count)
        return [Split(dataset, rows, False, {"sql": sql, "blocks": blocks, **how})]

    def _planned_without_the_locked(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """The partitions of a partitioned table that are not locked, in one split; none when there are no such."""
        with self._open(tables=False) as connection, sentences(self._about(dataset)):
            found = partitions.readable(connection, dataset.name)
            if found is None:
                return []
            types = catalog.types(connection, found.place)
            encoding = _client_encoding(connection)
            total = self._count_up_to(connection, found.place, rows)
        names = [name for _, name in dataset.columns]
        how = {
            "types": {name: types[name] for name in names if name in types},
            "encoding": encoding,
            "lacking": found.lacking,
        }
        if total is not None:
            sql = sample.full_sql(found.place, names, types)
            return [Split(dataset, total, True, {"sql": f"{sql} LIMIT {rows}", **how})]
        sql = sample.sample_sql(found.place, names, types, rows=rows, total=None, seed=seed)
        blocks = sample.by_blocks(found.place, rows=rows, total=None)
        return [Split(dataset, rows, False, {"sql": sql, "blocks": blocks, **how})]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; dates, numeric and every other special type come as PostgreSQL's own text."""
        detail, columns = split.detail, split.dataset.columns
        fields = [(str(column_id), detail["types"].get(name, "")) for column_id, name in columns]
        fields += [(_BLOCK, "int8")] if detail.get("blocks") else []
        opened = closing(connect(self._hurried(), who=self._who, autocommit=True, encoding=detail["encoding"]))
        with opened as connection, sentences(self._about(split.dataset), self._source.patience):
            read = table(connection, detail["sql"], fields)
        if detail.get("blocks"):
            neighbours = Neighbours()
            neighbours.together(read.column(_BLOCK).value_counts().field("counts").to_pylist())
            read = noted(read.drop_columns(_BLOCK), neighbours.alike)
        if lacking := detail.get("lacking"):
            read = read.replace_schema_metadata({**(read.schema.metadata or {}), LACKING: lacking})
        yield from read.to_batches(max_chunksize=8_192) or [pa.RecordBatch.from_pylist([], schema=read.schema)]

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The SQL of :meth:`plan` and :meth:`read`; only the catalog is asked for it.

        The number is the rows each query may touch; without a known row count it is 0 for what scans a view. Then rows
        are counted first, and of the two queries that follow one is sent: that for all rows when they are few.
        """
        if not dataset.columns:
            return []
        with self._open(tables=False) as connection, sentences(self._about(dataset), self._source.patience):
            place = self._place(connection, dataset)
            types = catalog.types(connection, place)
            ranges = connection.info.server_version >= _RANGES_SINCE
        names = [name for _, name in dataset.columns]
        total = dataset.row_count
        whole = sample.full_sql(place, names, types)
        if total is not None and total <= rows:
            counting = [(sample.count_up_to_sql(place, rows), total)] if total <= sample.SPLIT_ROWS else []
            parts = _in_parts(whole, place, total=total, rows=rows, ranges=ranges)
            return [*counting, *zip(parts, shares([1] * len(parts), total), strict=True)]
        sql = sample.sample_sql(place, names, types, rows=rows, total=total, seed=seed)
        touched = total or 0
        if place.relkind in sample.WITH_BLOCKS and total is not None:
            touched = ceil(total * sample.percent_of_blocks(place, rows=rows, total=total) / 100)
        if total is not None:
            return [(sql, touched)]
        return [(sample.count_up_to_sql(place, rows), rows + 1), (f"{whole} LIMIT {rows}", rows), (sql, touched)]

    def pushdown(self) -> Pushdown:
        """Aggregates inside the server, in sessions that only read; the password stays in the creator."""
        return Pushdown(
            url="postgresql+psycopg://", creator=self._connect_checked, dialect="postgres", locate=self._locate
        )

    def _made_session(self) -> Session:
        psycopg = driver()
        secret = self._options.password
        try:
            dsn = config.resolve(self._options.dsn, base=self._source.base)
            password = config.resolve(secret.get_secret_value(), base=self._source.base) if secret else None
            from psycopg.conninfo import conninfo_to_dict, make_conninfo

            if conninfo_to_dict(dsn).get("options"):
                raise ConfigError(
                    f"Source {self._source.name!r} has 'options' in its 'dsn', which datagov sets itself; remove them.",
                    file=self._source.file,
                    line=self._source.line,
                )
            conninfo = make_conninfo(dsn, **({"password": password} if password else {}))
        except psycopg.Error:
            message = f"Source {self._source.name!r} has a 'dsn' that is not a PostgreSQL connection string."
            raise ConfigError(message, file=self._source.file, line=self._source.line) from None
        return Session(
            conninfo,
            statement_seconds=self._options.statement_seconds,
            lock_seconds=self._options.lock_seconds,
            connect_seconds=self._options.connect_seconds,
        )

    def _hurried(self) -> Session:
        """The session, which waits for no lock once enough of the source's were waited for in vain."""
        return replace(self._session, lock_seconds=self._source.patience.seconds(self._session.lock_seconds))

    def _connect_checked(self) -> Any:
        connection = connect(self._hurried(), who=self._who, autocommit=False)
        self._refuse_powers(connection, tables=False)
        connection.rollback()
        return connection

    def _open(self, *, tables: bool) -> Any:
        connection = connect(self._hurried(), who=self._who, autocommit=True, asked=self._source.asked)
        self._refuse_powers(connection, tables=tables)
        return closing(connection)

    def _refuse_powers(self, connection: Any, *, tables: bool) -> None:
        """Close and raise SourceRefusedError when the account may do more than read and nobody insists."""
        if self._options.allow_privileged:
            return
        with sentences(self._who):
            found = powers(connection, tables=tables)
        if found:
            connection.close()
            raise SourceRefusedError(
                f"Source {self._source.name!r} was refused because its account {', '.join(found)}; use one that can "
                f"only read ({sufficient_grants(self._options.schemas)}), or insist with 'allow_privileged: true'."
            )

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _chosen(self, relation: catalog.Relation) -> bool:
        name = f"{relation.schema}.{relation.name}"
        return chosen(name, include=self._options.include, exclude=self._options.exclude)

    def _place(self, connection: Any, dataset: DatasetRef) -> catalog.Place:
        found = catalog.find(connection, dataset.name)
        if len(found) == 1:
            return found[0]
        reason = "is not there any more; run again" if not found else "is the name of two tables because of its dots"
        raise SourceError(f"{self._about(dataset)} {reason}.")

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        """Schema and table of a dataset; the catalog decides where a name with more than one dot is split."""
        schema, _, name = dataset.partition(".")
        if "." not in name:
            return schema, name
        with self._open(tables=False) as connection, sentences(self._who):
            place = self._place(connection, DatasetRef(0, dataset, ()))
        return place.schema, place.name

    def _count_up_to(self, connection: Any, place: catalog.Place, rows: int) -> int | None:
        """The number of rows when it is at most ``rows``, else None; touches ``rows`` + 1 rows at the most."""
        count = int(connection.execute(sample.count_up_to_sql(place, rows)).fetchone()[0])
        return count if count <= rows else None


def _in_parts(whole: str, place: catalog.Place, *, total: int, rows: int, ranges: bool) -> list[str]:
    """``whole`` as it is sent for a relation of ``total`` rows, of which there may be ``rows`` by now; a large table in
    parts, where the server looks up ``ranges`` of blocks."""
    many = place.relkind in "rm" and total > sample.SPLIT_ROWS and ranges
    return sample.split_sql(whole, place, total=total) if many else [f"{whole} LIMIT {rows}"]


def _client_encoding(connection: Any) -> str:
    """UTF-8, except from a database that has no encoding: its server would refuse to hand over what is not UTF-8."""
    return "SQL_ASCII" if connection.info.parameter_status("server_encoding") == "SQL_ASCII" else "utf8"
