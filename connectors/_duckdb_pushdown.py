"""The connection on which aggregates run inside a DuckDB file: PEP 249, as far as SQLAlchemy asks for it.

Every cursor is a connection of its own to the opened file, because Great Expectations gives a connection back before it
reads the cursor, and DuckDB drops a pending result when its connection begins something else. Every statement and every
fetch has a deadline. DuckDB's own schema comes first in the search path: a macro of the file cannot stand in for a
function of the query.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from datagov.connectors._duckdb_catalog import schemas
from datagov.connectors._duckdb_open import Session, catalog_of, closed, connect, deadline, driver, quote


class PushdownConnection:
    """An opened file. It never writes, so there is nothing to begin, commit or take back."""

    notices: Sequence[str] = ()
    autocommit = None

    def __init__(self, session: Session) -> None:
        self._connection = connect(session)
        self._seconds = session.seconds
        here = catalog_of(self._connection)
        names = (f"{quote(here)}.{quote(schema)}" for schema in schemas(self._connection, here))
        self._path = ",".join(("system.main", *names))
        self._cursors: list[PushdownCursor] = []
        self.closed = False

    def cursor(self) -> PushdownCursor:
        """A cursor whose result outlives whatever happens on this connection."""
        cursor = self._connection.cursor()
        cursor.execute("SET search_path = '" + self._path.replace("'", "''") + "'")
        made = PushdownCursor(self, cursor, self._seconds)
        self._cursors = [*(one for one in self._cursors if not one.closed), made]
        return made

    def begin(self) -> None:
        """Nothing."""

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Close the file and every cursor."""
        for cursor in self._cursors:
            cursor.close()
        closed(self._connection)
        self.closed = True


class PushdownCursor:
    """One statement and its result; duckdb.InterruptException when it takes longer than it may."""

    arraysize = 1
    rowcount = -1
    lastrowid = None

    def __init__(self, connection: PushdownConnection, own: Any, seconds: float) -> None:
        self.connection = connection
        self._own = own
        self._seconds = seconds
        self.closed = False

    @property
    def description(self) -> Any:
        """PEP 249's description of the result's columns."""
        return self._own.description

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        """Run a statement."""
        with deadline(self._own, self._seconds):
            self._own.execute(statement, list(parameters) if parameters else [])

    def fetchone(self) -> Any:
        """The next row, or None."""
        with deadline(self._own, self._seconds):
            return self._own.fetchone()

    def fetchmany(self, size: int | None = None) -> Any:
        """Some rows more."""
        with deadline(self._own, self._seconds):
            return self._own.fetchmany(size or self.arraysize)

    def fetchall(self) -> Any:
        """All rows that are left."""
        with deadline(self._own, self._seconds):
            return self._own.fetchall()

    def close(self) -> None:
        """Drop the result."""
        with suppress(driver().Error):
            self._own.close()
        self.closed = True
