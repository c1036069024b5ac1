"""A folder of ClickHouse or chDB, by chDB in a child process on a snapshot: the folder itself is never opened."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import urllib3

from datagov.connectors._clickhouse_http import driver
from datagov.connectors._clickhouse_open import Caps, ClickhouseError
from datagov.connectors._clickhouse_process import claimed, released
from datagov.errors import PluginError

_WORDS = (
    "buffer_size client_protocol_version compress database decompress enable_http_compression"
    " http_headers_progress_interval_ms query query_id quota_key role send_progress_in_http_headers session_check"
    " session_id session_timeout wait_end_of_query"
)
_TRANSPORT = frozenset(_WORDS.split())
"""Parameters of a request that are no settings of the engine."""
_PLAIN = "TabSeparated"


@dataclass(frozen=True, slots=True)
class Folder:
    """Which folder, and what one statement may take."""

    path: Path
    caps: Caps


def engine() -> None:
    """Raise PluginError with the pip line when chDB is not installed; it is never imported into this process."""
    if find_spec("chdb") is None:
        raise PluginError("Reading a folder of ClickHouse needs chDB: pip install 'datagov[chdb]'.")


class FolderDoor:
    """An opened folder; ``left_out`` are tables that take rows from streams."""

    unset: tuple[str, ...] = ()

    def __init__(self, folder: Folder, *, who: str) -> None:
        self.caps, self._who = folder.caps, who
        self._engine = claimed(folder.path, folder.caps, who=who)
        self.left_out = self._engine.left_out
        self.close = weakref.finalize(self, released, self._engine)
        """Let go of it; the engine ends soon after its last reader."""

    def table(self, sql: str, *, single: bool = False) -> pa.Table:
        """What a query answers. Raises ClickhouseError."""
        caps = replace(self.caps, threads=1) if single else self.caps
        raw = self.ask(sql.encode("utf-8", "surrogateescape"), caps.settings(), "ArrowStream")
        return pa.ipc.open_stream(pa.BufferReader(raw)).read_all() if raw else pa.table({})

    def ask(self, sql: bytes, settings: Mapping[str, str], form: str) -> bytearray:
        """What a statement answers, in a format of ClickHouse. Raises ClickhouseError and SourceError."""
        return self._engine.ask(sql, settings, form, seconds=self.caps.seconds, who=self._who)

    def client(self, settings: Mapping[str, str]) -> Any:
        """clickhouse-connect's client of the same snapshot, with some settings more; it can only read."""
        return driver().get_client(
            interface="http",
            host="localhost",
            compress=False,
            query_retries=0,
            autogenerate_session_id=False,
            pool_mgr=_Pool(self, settings),
        )


class _Pool(urllib3.PoolManager):
    """Answers requests of ClickHouse's HTTP interface by an engine: nothing is sent over a network."""

    def __init__(self, door: FolderDoor, settings: Mapping[str, str]) -> None:
        super().__init__(num_pools=1)
        self._door = door
        self._settings = {**settings, **door.caps.settings()}

    def request(self, method: str, url: str, *_: Any, **given: Any) -> Any:
        """The answer to a statement in the URL and the body, with its settings and, always, our limits."""
        told = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        body = given.get("body") or b""
        sql = told.get("query", "").encode() + (body if isinstance(body, bytes) else body.encode())
        settings = {name: value for name, value in told.items() if name not in _TRANSPORT} | self._settings
        headers = {"Content-Type": "application/octet-stream"}
        try:
            data = self._door.ask(sql, settings, _PLAIN)
            status = 200
        except ClickhouseError as error:
            data = bytearray(f"Code: {error.code}. DB::Exception: left out".encode())
            status, headers["X-ClickHouse-Exception-Code"] = 500, str(error.code)
        held = BytesIO(data)
        return urllib3.HTTPResponse(held, headers, status, preload_content=bool(given.get("preload_content", True)))
