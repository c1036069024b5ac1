"""Opens a DuckDB file so that it can only be read and reaches nothing else; errors become sentences.

Read-only is not enough: a view may read files or another database, and a macro of the file may stand in for any
function or operator of a query, ``count`` and ``+`` included. So everything outside the file is switched off and locked
before anything is read, and names are looked up in DuckDB's own schema first.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Timer
from types import ModuleType
from typing import Any

from datagov.errors import PluginError, SourceError, SourceLimitError

_MAGIC = b"DUCK"
_MAGIC_AT = 8
_DAMAGED = "is damaged; restore it from a backup"
_WRONG = "is not a DuckDB database; give the plain database file"
_SAYINGS = (
    ("could not set lock", "is locked by another program; run again when that program is done, or read a copy"),
    ("not a valid duckdb", _WRONG),
    ("encrypt", "is encrypted, which datagov does not read; give a plain copy"),
    ("version number", "was written by a version of DuckDB that the installed one does not read; update duckdb"),
    ("corrupt", _DAMAGED),
    ("could not read enough bytes", _DAMAGED),
    ("checksum", _DAMAGED),
)
_KINDS = {
    "PermissionException": (
        "reads files, the network or an extension, which datagov refuses; exclude it, or audit that source itself"
    ),
    "CatalogException": "refers to something that is not in this file; repair it, or exclude it",
    "BinderException": "does not fit what it refers to; repair it, or exclude it",
    "OutOfMemoryException": "needs more memory than 'memory_mb' allows; raise it, or exclude the table",
    "SerializationException": _DAMAGED,
    "FatalException": _DAMAGED,
    "InternalException": _DAMAGED,
    "IOException": "cannot be read because the disk reported an error",
    "ConversionException": "holds a value that does not have the type its view gives it; repair it, or exclude it",
}


@dataclass(frozen=True, slots=True)
class Session:
    """How to open a file: ``seconds`` is the longest one statement may run."""

    path: Path
    seconds: float
    memory_mb: int
    threads: int

    @property
    def settings(self) -> dict[str, str]:
        """What is in force before the file is opened."""
        return {
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "allow_community_extensions": "false",
            "allow_persistent_secrets": "false",
            "python_enable_replacements": "false",
            "temp_directory": "",
            "memory_limit": f"{self.memory_mb}MB",
            "threads": str(self.threads),
        }


def driver() -> ModuleType:
    """The ``duckdb`` module; raises PluginError with the pip line when it is not installed."""
    try:
        return import_module("duckdb")
    except ImportError:
        raise PluginError("Reading DuckDB needs its driver: pip install 'datagov[duckdb]'.") from None


def quote(name: str) -> str:
    """An identifier quoted for DuckDB; a quote inside it is doubled."""
    return '"' + name.replace('"', '""') + '"'


def connect(session: Session) -> Any:
    """A connection that can only read this file, in UTC, with its settings locked. Raises duckdb.Error.

    DuckDB opens a file once per process: where it is open already, its settings are locked, and are these.
    """
    connection = driver().connect(str(session.path), read_only=True, config=session.settings)
    connection.execute("SET search_path = 'system.main'")
    if not connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        connection.execute("SET lock_configuration = true")
    return connection


def catalog_of(connection: Any) -> str:
    """The name under which DuckDB knows the file: the beginning of its name, changed where that is taken."""
    sql = "SELECT database_name FROM duckdb_databases() WHERE NOT internal"
    return str(connection.execute(sql).fetchall()[0][0])


@contextmanager
def deadline(connection: Any, seconds: float) -> Iterator[None]:
    """Interrupt what runs on the connection after ``seconds``; raises duckdb.InterruptException in it."""
    watch = Timer(seconds, connection.interrupt)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def check_file(path: Path, *, who: str) -> None:
    """Raise a SourceError sentence when there is no readable DuckDB file at ``path``; ``who`` names source and file."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{who} is a folder; give the path of the database file inside it.")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{who} is not a regular file; give the path of a DuckDB database file.")
        with path.open("rb") as file:
            head = file.read(_MAGIC_AT + len(_MAGIC))
    except FileNotFoundError:
        raise SourceError(
            f"{who} does not exist; correct 'path', which starts at the configuration's folder."
        ) from None
    except PermissionError:
        raise SourceError(f"{who} may not be read by this account; grant it read permission.") from None
    except OSError as error:
        raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
    if head[_MAGIC_AT:] != _MAGIC:
        raise SourceError(f"{who} {_WRONG}.")


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Turn DuckDB's errors into SourceError; its own text, which may hold values, is dropped."""
    try:
        yield
    except driver().Error as error:
        raise translated(error, who=who) from None


def translated(error: Exception, *, who: str) -> SourceError:
    """An error of DuckDB as a sentence about ``who``, a source, file or dataset; never DuckDB's own words."""
    kind = type(error).__name__
    if kind == "InterruptException":
        return SourceLimitError(
            f"{who} took longer than one statement may; raise the source's 'statement_seconds' or exclude the table."
        )
    if kind == "OutOfMemoryException":
        return SourceLimitError(f"{who} {_KINDS[kind]}.")
    if kind in ("Error", "IOException", "SerializationException", "InvalidInputException", "ConnectionException"):
        said = str(error).lower()
        reason = next((reason for sign, reason in _SAYINGS if sign in said), None)
        if reason:
            return SourceError(f"{who} {reason}.")
    reason = _KINDS.get(kind, f"cannot be read: DuckDB reports {kind}; repair it, or exclude it")
    return SourceError(f"{who} {reason}.")


def closed(connection: Any) -> None:
    """Close a connection that may be broken."""
    with suppress(driver().Error):
        connection.close()
