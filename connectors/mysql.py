"""MySQL and MariaDB: information_schema without joins, samples by key, Arrow rows, and an account that only reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pydantic import Field, SecretStr

from datagov import config
from datagov.connectors import _mysql_catalog as catalog
from datagov.connectors import _mysql_cells as cells
from datagov.connectors import _mysql_draw as drawing
from datagov.connectors import _mysql_grants as grants
from datagov.connectors import _mysql_history as history
from datagov.connectors import _mysql_sample as sample
from datagov.connectors import _problems as problems
from datagov.connectors._choice import shares
from datagov.connectors._mysql_harvest import Harvest
from datagov.connectors._mysql_open import Session, connect, driver, sentences
from datagov.connectors._mysql_preflight import powers, sufficient_grants
from datagov.connectors._mysql_wire import table
from datagov.connectors._neighbours import Neighbours, noted
from datagov.connectors._options import Options, chosen, located, validated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import ConfigError, SourceError, SourceRefusedError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_COUNT_SECONDS = 60.0
_PORT = 3306
_KEY = "key"


class MysqlOptions(Options):
    """Options of a source with ``use: mysql``."""

    dsn: Annotated[str | None, Field(description="mysql://user@host:3306/database, without password.")] = None
    host: Annotated[str | None, Field(description="Instead of 'dsn': the server's name.")] = None
    port: Annotated[int | None, Field(ge=1, le=65535, description="Instead of 'dsn': its port, by default 3306.")] = (
        None
    )
    user: Annotated[str | None, Field(description="Instead of 'dsn': the account.")] = None
    socket: Annotated[str | None, Field(description="Path of a Unix socket, instead of host and port.")] = None
    password: Annotated[SecretStr | None, Field(description="${NAME} or file:PATH.")] = None
    databases: Annotated[tuple[str, ...], Field(description="Databases to read; none means all, or the DSN's.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over database.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over database.table to leave out.")] = ()
    tls: Annotated[
        Literal["off", "preferred", "on", "verify-ca", "verify-identity"],
        Field(description="Encryption: never, when the server can, always, or always with its certificate checked."),
    ] = "preferred"
    tls_ca: Annotated[str | None, Field(description="File with the certificates that are trusted.")] = None
    tls_cert: Annotated[str | None, Field(description="File with this client's certificate.")] = None
    tls_key: Annotated[str | None, Field(description="File with this client's key.")] = None
    allow_privileged: Annotated[bool, Field(description="Use an account that may do more than read.")] = False
    statement_seconds: Annotated[float, Field(gt=0, description="Longest a statement may run.")] = 60.0
    lock_seconds: Annotated[float, Field(gt=0, description="How long to wait for a lock; whole seconds.")] = 5.0
    connect_seconds: Annotated[float, Field(gt=0, description="How long to wait for a connection.")] = 10.0


class MysqlConnector:
    """Reads one MySQL or MariaDB server. A dataset is called ``database.table``.

    Raises ConfigError for wrong options at once, SourceError when the server is first used, SourceRefusedError when the
    account may do more than read.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        driver()
        self._source = source
        self._options = validated(source, MysqlOptions)
        self._who = f"Source {source.name!r}: the server"
        self._databases = self._options.databases
        self._session = self._made_session()

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``mysql://user@host:3306/database``; raises UsageError when it holds a password."""
        if urlsplit(url).password:
            raise UsageError("The URL holds a password; leave it out and set 'password: ${NAME}' in the configuration.")
        return {"dsn": f"mysql://{url.partition('://')[2]}"}

    @property
    def namespace(self) -> str:
        """OpenLineage namespace ``mysql://host:port``, without credentials."""
        return f"mysql://{self._session.host}:{self._session.port}"

    def harvest(self) -> FactBatches:
        """Tables and views with columns, comments and row counts of the smaller ones; bodies and remembered statements
        as jobs; accounts, roles and privileges as far as the server shows them; problems.
        """
        writer = FactWriter(source_id=self._source.source_id)
        seen = 0
        kept = 0
        places: dict[str, grants.Places] = {}
        with self._open() as connection, sentences(self._who):
            harvest = Harvest(writer, self._source, connection, self.namespace, monotonic() + _COUNT_SECONDS)
            found = catalog.databases(connection, self._databases)
            for name in found:
                relations = catalog.relations(connection, name)
                wanted = [one for one in relations if self._chosen(one)]
                seen += len(relations)
                kept += len(wanted)
                places[name] = harvest.add(name, wanted)
            here = {"source_id": self._source.source_id}
            everybody = grants.add_grants(writer, connection, places, **here)
            history.add_history(writer, connection, list(places), self._source)
        for name in self._databases:
            if name not in found:
                message = (
                    f"{self._who} shows no database {name!r} to this account; correct 'databases', or "
                    f"GRANT SELECT, SHOW VIEW ON {catalog.quote(name)}.* to it."
                )
                problems.report(writer, self._source, name, "unreadable", message, fatal=True)
        if not kept:
            message = (
                f"{self._who} shows {counted(seen, 'table')} to this account, of which 'databases', 'include' and "
                "'exclude' leave none; correct them, or grant it SELECT."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=bool(seen))
        if not everybody:
            message = (
                f"{self._who} shows this account its own grants only, so who else may read what is not known; "
                "the server shows them to an account with SELECT on the database `mysql`, which holds password hashes."
            )
            problems.report(writer, self._source, self._source.name, "grants_hidden", message, fatal=False)
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split for a sample; for a dataset of at most ``rows`` rows, splits that cover all of it."""
        if not dataset.columns:
            return []
        with self._open() as connection, sentences(self._about(dataset), self._source.patience):
            relation, known = self._place(connection, dataset)
            total = dataset.row_count
            if (total is None and (relation.rows or 0) <= 2 * rows) or (
                total is not None and total <= min(rows, sample.SPLIT_ROWS)
            ):
                total = self._count_up_to(connection, relation, rows)
            names = [name for _, name in dataset.columns]
            fair, starts = True, tuple[int | str, ...]()
            if total is not None and total <= rows:
                queries = self._whole(connection, relation, names, known, total=total, rows=rows)
            else:
                sql, drawn = self._sample(connection, relation, names, known, rows=rows, total=total, seed=seed)
                queries, fair, starts = [sql], drawn.fair, drawn.starts
        types = {name: _arrow(known.get(name)) for name in names}
        full = total is not None and total <= rows
        parts = shares([1] * len(queries), min(rows, rows if total is None else total))
        return [
            Split(dataset, part, full, {"sql": sql, "types": types, "starts": starts}, fair)
            for part, sql in zip(parts, queries, strict=True)
        ]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; dates, decimals and every other special type come as the server's own text."""
        detail, columns = split.detail, split.dataset.columns
        fields = [(str(column_id), pa.type_for_alias(detail["types"][name])) for column_id, name in columns]
        fields += [(_KEY, pa.string())] if detail["starts"] else []
        who = self._about(split.dataset)
        opened = closing(connect(self._hurried(), who=self._who, autocommit=True))
        with opened as connection, sentences(who, self._source.patience):
            read = table(connection, detail["sql"], fields, who=who)
        if detail["starts"]:
            neighbours = Neighbours()
            neighbours.together(drawing.together(detail["starts"], read.column(_KEY).to_pylist()))
            read = noted(read.drop_columns(_KEY), neighbours.alike)
        yield from read.to_batches(max_chunksize=8_192) or [pa.RecordBatch.from_pylist([], schema=read.schema)]

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The SQL of :meth:`plan` and :meth:`read`; only the catalog and the key's index are asked for it.

        The number is the rows each query may touch; without a known row count it is 0 for what reads all of a view.
        Then rows are counted first, unless the server says that there are many, and of the two queries that follow one
        is sent: that for all rows when they are few.
        """
        if not dataset.columns:
            return []
        with self._open() as connection, sentences(self._about(dataset), self._source.patience):
            relation, known = self._place(connection, dataset)
            names = [name for _, name in dataset.columns]
            total = dataset.row_count
            if total is not None and total <= rows:
                whole = self._whole(connection, relation, names, known, total=total, rows=rows)
                counting = [(sample.count_up_to_sql(relation, rows), total)] if total <= sample.SPLIT_ROWS else []
                return [*counting, *zip(whole, shares([1] * len(whole), total), strict=True)]
            sql, drawn = self._sample(connection, relation, names, known, rows=rows, total=total, seed=seed)
        if total is not None or (relation.rows or 0) > 2 * rows:
            return [(sql, drawn.touched)]
        few = f"{sample.full_sql(relation, names, known)} LIMIT {rows}"
        return [(sample.count_up_to_sql(relation, rows), rows + 1), (few, rows), (sql, drawn.touched)]

    def pushdown(self) -> Pushdown:
        """Aggregates inside the server, in sessions that only read; the password stays in the creator."""
        return Pushdown(url="mysql+pymysql://", creator=self._connect_checked, dialect="mysql", locate=self._locate)

    def _whole(
        self,
        connection: Any,
        relation: catalog.Relation,
        names: Sequence[str],
        known: dict[str, catalog.Column],
        *,
        total: int,
        rows: int,
    ) -> list[str]:
        """All of ``total`` rows, of which there may be ``rows`` by now; a large table in parts of its key."""
        whole = sample.full_sql(relation, names, known)
        if total > sample.SPLIT_ROWS and relation.kind != "view":
            for key in catalog.keys(connection, relation, list(known.values())):
                if key.column.base in cells.INTEGERS:
                    parts = sample.split_sql(connection, whole, relation, key, total=total)
                    return parts if len(parts) > 1 else [f"{whole} LIMIT {rows}"]
        return [f"{whole} LIMIT {rows}"]

    def _sample(
        self,
        connection: Any,
        relation: catalog.Relation,
        names: Sequence[str],
        known: dict[str, catalog.Column],
        *,
        rows: int,
        total: int | None,
        seed: int,
    ) -> tuple[str, drawing.Drawn]:
        """The SQL that samples, and how it draws."""
        expected = total if total is not None else relation.rows
        keys = catalog.keys(connection, relation, list(known.values())) if relation.kind == "table" else []
        if keys:
            found = drawing.draw(connection, relation, keys, rows=rows, total=total, seed=seed)
            if found:
                key, drawn = found
                return sample.sample_sql(relation, names, known, key, drawn, rows=rows, seed=seed), drawn
        first = sample.scanned_rows(relation, rows=rows)
        scanned = min(expected, first) if expected else 0
        whole = total is not None and total <= first
        sql = sample.scan_sql(relation, names, known, rows=rows, seed=seed)
        return sql, drawing.Drawn("", scanned, fair=whole)

    def _made_session(self) -> Session:
        options = self._options
        parts = urlsplit(config.resolve(options.dsn, base=self._source.base) if options.dsn else "mysql://")
        try:
            port = parts.port
        except ValueError:
            port = -1
        wrong = parts.scheme not in ("mysql", "mariadb") or port == -1 or parts.query or parts.fragment
        if wrong or parts.password is not None or (options.dsn and (options.host or options.port or options.user)):
            raise self._wrong(
                "has a 'dsn' that is not mysql://user@host:3306/database without a password, or 'host', 'port' or "
                "'user' beside it."
            )
        if not (options.dsn or options.host or options.socket):
            raise self._wrong("needs the option 'dsn', 'host' or 'socket'.")
        if named := unquote(parts.path.strip("/")):
            self._databases = self._databases or (named,)
        secret = options.password
        files = [
            str(located(self._source, one)) if one else None
            for one in (options.tls_ca, options.tls_cert, options.tls_key)
        ]
        return Session(
            host=options.host or parts.hostname or "localhost",
            port=options.port or port or _PORT,
            user=options.user or unquote(parts.username or ""),
            password=config.resolve(secret.get_secret_value(), base=self._source.base) if secret else "",
            socket=str(located(self._source, options.socket)) if options.socket else None,
            tls=options.tls,
            tls_ca=files[0],
            tls_cert=files[1],
            tls_key=files[2],
            statement_seconds=options.statement_seconds,
            lock_seconds=options.lock_seconds,
            connect_seconds=options.connect_seconds,
        )

    def _wrong(self, says: str) -> ConfigError:
        return ConfigError(f"Source {self._source.name!r} {says}", file=self._source.file, line=self._source.line)

    def _hurried(self) -> Session:
        """The session, which waits for no lock once enough of the source's were waited for in vain."""
        return replace(self._session, lock_seconds=self._source.patience.seconds(self._session.lock_seconds))

    def _connect_checked(self) -> Any:
        connection = connect(self._hurried(), who=self._who, autocommit=False)
        self._refuse_powers(connection)
        connection.rollback()
        return connection

    def _open(self) -> Any:
        connection = connect(self._hurried(), who=self._who, autocommit=True, asked=self._source.asked)
        self._refuse_powers(connection)
        return closing(connection)

    def _refuse_powers(self, connection: Any) -> None:
        """Close and raise SourceRefusedError when the account may do more than read and nobody insists."""
        if self._options.allow_privileged:
            return
        with sentences(self._who):
            found = powers(connection)
        if found:
            connection.close()
            raise SourceRefusedError(
                f"Source {self._source.name!r} was refused because its account {'; '.join(found)}; use one that can "
                f"only read ({sufficient_grants(self._databases)}), or insist with 'allow_privileged: true'."
            )

    def _about(self, dataset: DatasetRef) -> str:
        return f"Source {self._source.name!r}: the dataset {dataset.name!r}"

    def _chosen(self, relation: catalog.Relation) -> bool:
        name = relation.dataset
        return chosen(name, include=self._options.include, exclude=self._options.exclude)

    def _place(self, connection: Any, dataset: DatasetRef) -> tuple[catalog.Relation, dict[str, catalog.Column]]:
        found = catalog.find(connection, dataset.name)
        if len(found) != 1:
            reason = (
                "is not there any more; run again" if not found else "is the name of two tables because of its dots"
            )
            raise SourceError(f"{self._about(dataset)} {reason}.")
        (relation,) = found
        known = catalog.columns(connection, relation.database, relation.name).get(relation.name, [])
        return relation, {column.name: column for column in known}

    def _locate(self, dataset: str) -> tuple[str | None, str]:
        """Database and table of a dataset; the catalog decides where a name with more than one dot is split."""
        database, _, name = dataset.partition(".")
        if "." not in name:
            return database, name
        with self._open() as connection, sentences(self._who):
            relation, _ = self._place(connection, DatasetRef(0, dataset, ()))
        return relation.database, relation.name

    def _count_up_to(self, connection: Any, relation: catalog.Relation, rows: int) -> int | None:
        """The number of rows when it is at most ``rows``, else None; touches ``rows`` + 1 rows at the most."""
        ((count,),) = catalog.run(connection, sample.count_up_to_sql(relation, rows))
        return int(count) if count <= rows else None


def _arrow(column: catalog.Column | None) -> str:
    """The Arrow type a column's text is cast to; everything that is neither a whole nor a binary number is text."""
    base = column.base if column else ""
    if column and (base == "bit" or (base == "bigint" and column.unsigned)):
        return "uint64"
    if base in cells.INTEGERS or base == "year":
        return "int64"
    if base in ("float", "double"):
        return "float64"
    return "binary" if base in cells.BYTES else "string"
