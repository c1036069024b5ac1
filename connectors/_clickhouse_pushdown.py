"""The connection on which aggregates run inside ClickHouse: PEP 249, as far as SQLAlchemy asks for it.

clickhouse-connect has the dialect, and its client runs the statements of either way in. Outer joins give NULL for what
is missing and casts keep it, as the SQL standard has it and ClickHouse by itself has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from datagov.connectors._clickhouse_folder import FolderDoor
from datagov.connectors._clickhouse_http import HttpDoor, driver
from datagov.connectors._clickhouse_open import Door

_AS_THE_STANDARD = {
    "join_use_nulls": "1",
    "cast_keep_nullable": "1",
    "union_default_mode": "DISTINCT",
    "aggregate_functions_null_for_empty": "1",
}


class PushdownConnection:
    """An opened server or folder. It never writes, so there is nothing to begin, commit or take back."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.closed = False

    @classmethod
    def of_server(cls, door: HttpDoor) -> PushdownConnection:
        """A server, which is closed with the connection."""
        for name, value in _AS_THE_STANDARD.items():
            known = door.client.server_settings.get(name)
            if known is not None and not known.readonly:
                door.client.set_client_setting(name, value)
        return cls(door)

    @classmethod
    def of_folder(cls, door: FolderDoor) -> PushdownConnection:
        """A folder, which stays open for its connector."""
        driver()
        return cls(door.beside(_AS_THE_STANDARD))

    def cursor(self) -> PushdownCursor:
        """A cursor with a result of its own."""
        return PushdownCursor(self._door)

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Close it."""
        if not self.closed:
            self._door.close()
        self.closed = True


class PushdownCursor:
    """One statement and its result."""

    arraysize = 1
    lastrowid = None

    def __init__(self, door: Door) -> None:
        self._door = door
        self._rows: list[tuple[Any, ...]] = []
        self._at = 0
        self.description: list[tuple[Any, ...]] | None = None
        self.rowcount = -1

    def execute(self, statement: str, parameters: Mapping[str, Any] | Sequence[Any] | None = None) -> None:
        """Run a statement."""
        bound = import_module("clickhouse_connect.driver.binding").finalize_query(statement, parameters or None)
        table = self._door.table(bound)
        self._rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
        self._at = 0
        self.description = [(name, None, None, None, None, None, True) for name in table.column_names]
        self.rowcount = len(self._rows)

    def fetchone(self) -> tuple[Any, ...] | None:
        """The next row, or None."""
        found = self.fetchmany(1)
        return found[0] if found else None

    def fetchmany(self, size: int | None = None) -> list[tuple[Any, ...]]:
        """Some rows more."""
        start, self._at = self._at, self._at + (size or self.arraysize)
        return self._rows[start : self._at]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows that are left."""
        start, self._at = self._at, len(self._rows)
        return self._rows[start:]

    def close(self) -> None:
        """Drop the result."""
        self._rows = []
