"""A folder of ClickHouse or chDB, by chDB in a child process on a snapshot: the folder itself is never opened."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow as pa

from datagov.connectors._clickhouse_http import driver
from datagov.connectors._clickhouse_open import Caps
from datagov.connectors._clickhouse_process import claimed, released
from datagov.errors import PluginError


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
    """An opened folder; ``left_out`` is what its snapshot does not have, ``offline`` whether it has no network."""

    unset: tuple[str, ...] = ()

    def __init__(self, folder: Folder, *, who: str) -> None:
        self.caps, self._who = folder.caps, who
        self._engine = claimed(folder.path, folder.caps, who=who)
        self.left_out, self.offline = self._engine.left_out, self._engine.offline
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
        pool = import_module("datagov.connectors._clickhouse_pool")
        return driver().get_client(
            interface="http",
            host="localhost",
            compress=False,
            query_retries=0,
            autogenerate_session_id=False,
            pool_mgr=pool.EnginePool(self.ask, {**settings, **self.caps.settings()}),
        )
