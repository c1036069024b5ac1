"""One run's facts in an embedded SQLite database, which is also the run's evidence.

The supervisor is the only writer (:class:`FactStore`); everybody else reads (:class:`Evidence`) through a
connection that SQLite itself holds to reading. Python's own ``sqlite3`` is used and never a second SQLite
library in the same process: two of them break each other's locks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from datagov import facts
from datagov.errors import DatagovError

_SQLITE_TYPE = {"id": "INTEGER PRIMARY KEY", "int": "INTEGER", "float": "REAL", "bool": "INTEGER", "text": "TEXT"}

_READS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE})


_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "a write failed; the disk may be full, or a quota or a limit on file sizes reached",
}


def quote(name: str) -> str:
    """An identifier quoted for SQLite; a quote inside it is doubled."""
    return '"' + name.replace('"', '""') + '"'


def only_reads(action: int, _first: str | None, _second: str | None, _db: str | None, _inner: str | None) -> int:
    """An SQLite authorizer that allows reading and nothing else: no write, no ATTACH, no PRAGMA."""
    return sqlite3.SQLITE_OK if action in _READS else sqlite3.SQLITE_DENY


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection to an evidence database on which every write fails."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.set_authorizer(only_reads)
    return connection


class FactStore:
    """Writes the facts of one run; a context manager that commits on success and keeps what was committed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._sentences():
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.execute("BEGIN")
            self._create()

    def _create(self) -> None:
        for table in facts.TABLES.values():
            columns = ", ".join(
                f"{quote(f.name)} {_SQLITE_TYPE[f.type]}{' NOT NULL' if f.required else ''}" for f in table.fields
            )
            self._db.execute(f"CREATE TABLE {quote(table.name)} ({columns}) STRICT")
        self.commit()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """SQLite's errors as our own: the driver's text may hold a value."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            name = getattr(error, "sqlite_errorname", "") or os.strerror(getattr(error, "errno", 0) or 0)
            kind = "SQLITE_IOERR" if name.startswith("SQLITE_IOERR") else name
            reason = _REASONS.get(kind, name) or type(error).__name__
            raise DatagovError(f"The evidence in {self.path.parent} cannot be written: {reason}.") from None

    def land(self, batches: Iterable[tuple[str, pa.RecordBatch]]) -> None:
        """Insert fact batches, all of them or none.

        Raises DatagovError when a batch does not have its table's published schema, or repeats an identity.
        """
        with self._sentences():
            self._db.execute("SAVEPOINT landing")
            try:
                for name, batch in batches:
                    self._insert(name, batch)
            except (sqlite3.IntegrityError, pa.ArrowException, ValueError) as error:
                self._undo()
                raise DatagovError(
                    f"A worker handed over facts that cannot be stored ({type(error).__name__}); "
                    "the adapter was written for another version of datagov."
                ) from None
            except DatagovError:
                self._undo()
                raise
            self._db.execute("RELEASE landing")

    def _undo(self) -> None:
        self._db.execute("ROLLBACK TO landing")
        self._db.execute("RELEASE landing")

    def _insert(self, name: str, batch: pa.RecordBatch) -> None:
        table = facts.TABLES.get(name)
        if table is None or not batch.schema.equals(table.schema, check_metadata=False):
            raise DatagovError(
                f"A worker handed over facts for {name!r} that do not have the published schema; "
                "the adapter was written for another version of datagov."
            )
        marks = ", ".join("?" * len(table.fields))
        rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
        self._db.executemany(f"INSERT INTO {quote(name)} VALUES ({marks})", rows)

    def adopt(self, evidence: Evidence, tables: Iterable[str]) -> None:
        """Take over whole tables of a finished run, identities and all, into this store where they are empty.

        Raises DatagovError when the run was written with other schemas.
        """
        for name in tables:
            fields = [f.name for f in facts.TABLES[name].fields]
            listed, marks = ", ".join(map(quote, fields)), ", ".join("?" * len(fields))
            try:
                rows = [tuple(row.values()) for row in evidence.each(f"SELECT {listed} FROM {quote(name)}")]
            except sqlite3.Error:
                raise DatagovError(
                    f"The run in {evidence.path.parent} was written by another version of datagov; audit again."
                ) from None
            with self._sentences():
                self._db.executemany(f"INSERT INTO {quote(name)} VALUES ({marks})", rows)

    def query(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a query on what has landed so far, each as a dict of field name to value."""
        with self._sentences():
            return [dict(row) for row in self._db.execute(sql, parameters)]

    def execute(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> None:
        """Run one statement in the current transaction."""
        with self._sentences():
            self._db.execute(sql, parameters)

    def commit(self) -> None:
        """Make everything so far durable and begin the next transaction."""
        with self._sentences():
            self._db.execute("COMMIT")
            self._db.execute("BEGIN")

    def index(self) -> None:
        """Create the indexes; called once, when the facts are complete and before rules read them."""
        with self._sentences():
            for table in facts.TABLES.values():
                for field in table.indexes:
                    name = quote(f"{table.name}_by_{field}")
                    self._db.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {quote(table.name)} ({quote(field)})")
            self._db.execute("ANALYZE")
        self.commit()

    def close(self) -> None:
        """Commit, fold the write-ahead log back into the one file, and close."""
        try:
            with self._sentences():
                try:
                    if self._db.in_transaction:
                        self._db.execute("COMMIT")
                finally:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    self._db.execute("PRAGMA journal_mode = DELETE")
        finally:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if error is None:
            self.close()
        else:
            with suppress(DatagovError):
                self.close()


class Evidence:
    """Reads the facts of one run. ``rows`` takes SQL over the tables of :mod:`datagov.facts`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = open_read_only(path)

    def rows(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Every row as a dict of field name to value."""
        return list(self.each(sql, parameters))

    def each(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Iterator[dict[str, Any]]:
        """The rows one by one."""
        for row in self._db.execute(sql, parameters):
            yield dict(row)

    def value(self, sql: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> Any:
        """The first field of the first row, or None."""
        row = self._db.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def run(self) -> dict[str, str]:
        """The ``run`` table as a dict."""
        return {row["key"]: row["value"] for row in self.each("SELECT key, value FROM run ORDER BY key")}

    def close(self) -> None:
        """Close the connection."""
        self._db.close()
