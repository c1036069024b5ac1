"""The connection on which aggregates run inside ClickHouse: clickhouse-connect's cursor on a client that only reads.

Its SQLAlchemy dialect takes no other cursor. Outer joins give NULL for what is missing and casts keep it, as the SQL
standard has it and ClickHouse by itself has not.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from datagov.connectors._clickhouse_http import HttpDoor

AS_THE_STANDARD = {
    "join_use_nulls": "1",
    "cast_keep_nullable": "1",
    "union_default_mode": "DISTINCT",
    "aggregate_functions_null_for_empty": "1",
}
"""Settings under which SQL means what it means elsewhere."""


class PushdownConnection:
    """An opened server or folder. It never writes, so there is nothing to begin, commit or take back."""

    def __init__(self, client: Any, close: Callable[[], None]) -> None:
        self.client = client
        self.timezone = client.server_tz
        self._close = close
        self._closed = False

    @classmethod
    def of_server(cls, door: HttpDoor) -> PushdownConnection:
        """A server, which is closed with the connection."""
        for name, value in AS_THE_STANDARD.items():
            known = door.client.server_settings.get(name)
            if known is not None and not known.readonly:
                door.client.set_client_setting(name, value)
        return cls(door.client, door.close)

    @classmethod
    def of_folder(cls, client: Any) -> PushdownConnection:
        """A client of a folder's snapshot."""
        return cls(client, client.close)

    def cursor(self) -> Any:
        """A cursor with a result of its own."""
        return import_module("clickhouse_connect.dbapi.cursor").Cursor(self.client)

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""

    def close(self) -> None:
        """Close it."""
        if not self._closed:
            self._close()
        self._closed = True
