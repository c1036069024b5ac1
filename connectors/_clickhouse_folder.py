"""A folder of ClickHouse or chDB in this process, by chDB, on a snapshot: the folder itself is never opened."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from datagov.connectors._clickhouse_http import driver
from datagov.connectors._clickhouse_open import Caps, ClickhouseError
from datagov.connectors._clickhouse_snapshot import check_folder, snapshot
from datagov.errors import PluginError, SourceError

_QUIET = ("SYSTEM STOP MERGES", "SYSTEM STOP TTL MERGES", "SYSTEM STOP MOVES", "SYSTEM STOP VIEWS")


@dataclass(frozen=True, slots=True)
class Folder:
    """Which folder, and what one statement may take."""

    path: Path
    caps: Caps


def engine() -> ModuleType:
    """``chdb``; raises PluginError with the pip line when it is not installed."""
    try:
        return import_module("chdb")
    except ImportError:
        raise PluginError("Reading a folder of ClickHouse needs chDB: pip install 'datagov[chdb]'.") from None


class FolderDoor:
    """An opened folder; ``left_out`` are tables that take rows from streams."""

    unset: tuple[str, ...] = ()

    def __init__(self, folder: Folder, *, who: str) -> None:
        check_folder(folder.path, who=who)
        self._caps, self._who = folder.caps, who
        self._copy = Path(tempfile.mkdtemp(prefix="datagov-"))
        try:
            self.left_out = snapshot(folder.path, self._copy, who=who)
            self._connection = _Connection(self._copy, who=who)
        except SourceError:
            shutil.rmtree(self._copy, ignore_errors=True)
            raise
        self._single: _Connection | None = None
        self._connection.quieten()
        self._connection.set(folder.caps.settings())

    def table(self, sql: str, *, single: bool = False) -> pa.Table:
        """What a query answers. Raises ClickhouseError."""
        if not single:
            return self._connection.table(sql)
        if self._single is None:
            self._single = self._another(replace(self._caps, threads=1))
        return self._single.table(sql)

    def client(self, settings: Mapping[str, str]) -> Any:
        """clickhouse-connect's client of the same snapshot, with some settings more; it can only read."""
        made = driver().get_client(interface="chdb", path=str(self._copy))
        for name, value in {**settings, **self._caps.settings()}.items():
            made.set_client_setting(name, value)
        return made

    def close(self) -> None:
        """Stop the engine, and remove the snapshot."""
        for one in (self._single, self._connection):
            if one is not None:
                one.close()
        shutil.rmtree(self._copy, ignore_errors=True)

    def _another(self, caps: Caps) -> _Connection:
        made = _Connection(self._copy, who=self._who)
        made.set(caps.settings())
        return made


class _Connection:
    """A connection to the engine of this process; settings are its own."""

    def __init__(self, folder: Path, *, who: str) -> None:
        try:
            self._own: Any = engine().connect(str(folder))
        except RuntimeError as error:
            code = ClickhouseError(str(error)).code
            reason = f": ClickHouse reports error {code}" if code else ""
            raise SourceError(
                f"{who} cannot be opened{reason}; check that this version of chDB reads it, and that no other folder "
                "is open in this process."
            ) from None

    def quieten(self) -> None:
        """Let nothing be merged, dropped or refreshed in the background."""
        for statement in _QUIET:
            self._run(statement)

    def set(self, settings: Mapping[str, str]) -> None:
        """Settings that hold from now on; none can be changed behind ``readonly``."""
        for name, value in settings.items():
            self._run(f"SET {name} = '{value}'")

    def table(self, sql: str) -> pa.Table:
        """What a query answers. Raises ClickhouseError."""
        raw = self._run(sql)
        return pa.ipc.open_stream(pa.BufferReader(raw)).read_all() if raw else pa.table({})

    def close(self) -> None:
        """Let go of the engine, which stops with its last connection."""
        self._own.close()

    def _run(self, sql: str) -> bytes:
        try:
            answer: bytes = self._own.query(sql, "ArrowStream").bytes()
        except RuntimeError as error:
            raise ClickhouseError(str(error)) from None
        return answer
