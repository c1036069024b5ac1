"""Opens an SQLite file so that it can only be read: URI mode, authorizer, deadline; errors become sentences."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from datagov.asked import Asked
from datagov.connectors._arrow import decoded
from datagov.errors import SourceError, SourceLimitError

_MAGIC = b"SQLite format 3\x00"
_VERSION_AT, _WITH_LOG = 18, b"\x02"
_PROGRESS_STEPS = 20_000

_READS = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
    }
)
_CATALOG_PRAGMAS = frozenset(
    {
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "table_info",
        "table_list",
        "table_xinfo",
    }
)
_STATE_PRAGMAS = frozenset({"data_version", "read_uncommitted"})
_REFUSED_FUNCTIONS = frozenset({"load_extension", "fts3_tokenizer", "writefile", "readfile", "edit"})

_REASONS = {
    sqlite3.SQLITE_BUSY: "is locked by another program; run again when that program is done, or read a copy",
    sqlite3.SQLITE_LOCKED: "is locked by another program; run again when that program is done",
    sqlite3.SQLITE_CORRUPT: "is damaged; check it with 'PRAGMA integrity_check' and restore it from a backup",
    sqlite3.SQLITE_NOTADB: "is not an SQLite database, or it is encrypted; give the plain database file",
    sqlite3.SQLITE_PERM: "may not be read by this account; grant it read permission",
    sqlite3.SQLITE_AUTH: "was asked for something other than reading, which datagov refuses",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check the permissions of the file and of the folder it is in",
    sqlite3.SQLITE_READONLY: "has an unfinished transaction; open it once with its own program, so that it recovers",
    sqlite3.SQLITE_IOERR: "cannot be read because the disk reported an error",
    sqlite3.SQLITE_FULL: "cannot be read because the disk for temporary files is full",
    sqlite3.SQLITE_NOMEM: "needs more memory than this worker may use",
    sqlite3.SQLITE_TOOBIG: "holds a value that is larger than SQLite can hand over",
}


def quote(name: str) -> str:
    """An identifier quoted for SQLite; a quote inside it is doubled."""
    return '"' + name.replace('"', '""') + '"'


def only_reads(action: int, first: str | None, second: str | None, _db: str | None, _inner: str | None) -> int:
    """An SQLite authorizer: SELECT, functions that compute, and catalog pragmas; everything else is refused.

    Refused is what ``mode=ro`` alone allows: ATTACH, temporary tables, ``load_extension``, pragmas that change state.
    SQLite asks for an update of ``sqlite_master`` when it merely opens a virtual table; a real one it refuses itself.
    """
    if action in _READS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION:
        refused = (second or first or "").lower() in _REFUSED_FUNCTIONS
        return sqlite3.SQLITE_DENY if refused else sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA:
        reads = (first or "").lower() in _CATALOG_PRAGMAS or (second is None and first in _STATE_PRAGMAS)
        return sqlite3.SQLITE_OK if reads else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def connect(
    path: Path, *, statement_seconds: float, busy_seconds: float, asked: Asked | None = None
) -> sqlite3.Connection:
    """A connection that can only read, on which each statement ends after ``statement_seconds``.

    Text comes as ``str``; text that is not UTF-8 as :class:`datagov.connectors._arrow.Damaged`. Raises sqlite3.Error.

    A file :func:`at_rest` is opened as one that nobody writes: SQLite would create two files beside it, which might not
    belong to the program that writes it. Who reads it asks afterwards whether it :func:`has_changed`.
    """
    way = "mode=ro&immutable=1" if at_rest(path) else "mode=ro"
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{way}", uri=True, timeout=busy_seconds, check_same_thread=False
    )
    connection.text_factory = decoded
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    _set_deadline(connection, statement_seconds, asked)
    connection.set_authorizer(only_reads)
    return connection


def at_rest(path: Path) -> tuple[int, int, int] | None:
    """Size and times of a file whose changes would go to a log beside it (WAL), while there is none; else None."""
    try:
        with path.open("rb") as file:
            file.seek(_VERSION_AT)
            logged = file.read(1) == _WITH_LOG
        if not logged or path.with_name(path.name + "-wal").exists():
            return None
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def has_changed(path: Path, before: tuple[int, int, int]) -> bool:
    """Whether a file that was :func:`at_rest` has been written since; a log that is still empty is no change."""
    log = path.with_name(path.name + "-wal")
    try:
        status = path.stat()
        logged = log.exists() and log.stat().st_size > 0
    except OSError:
        return True
    return logged or (status.st_size, status.st_mtime_ns, status.st_ctime_ns) != before


def check_file(path: Path, *, who: str) -> None:
    """Raise a SourceError sentence when there is no readable SQLite file at ``path``; ``who`` names source and file."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{who} is a folder; give the path of the database file inside it.")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{who} is not a regular file; give the path of an SQLite database file.")
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except FileNotFoundError:
        raise SourceError(
            f"{who} does not exist; correct 'path', which starts at the configuration's folder."
        ) from None
    except PermissionError:
        raise SourceError(f"{who} {_REASONS[sqlite3.SQLITE_PERM]}.") from None
    except OSError as error:
        raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
    if head and head != _MAGIC:
        raise SourceError(f"{who} {_REASONS[sqlite3.SQLITE_NOTADB]}.")


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Turn driver errors into SourceError; the driver's own text, which may hold values, is dropped."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, who=who) from None


def translated(error: sqlite3.Error, *, who: str) -> SourceError:
    """A driver error as a sentence about ``who``, a source, file or dataset; never the driver's own words."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return SourceLimitError(
            f"{who} took longer than one statement may; raise the source's 'statement_seconds' or exclude the table."
        )
    reason = _REASONS.get(code)
    if reason is None:
        name = getattr(error, "sqlite_errorname", None) or "an unknown error"
        reason = f"cannot be read: SQLite reports {name}; repair it, or exclude it"
    return SourceError(f"{who} {reason}.")


def _set_deadline(connection: sqlite3.Connection, seconds: float, asked: Asked | None) -> None:
    """Interrupt a statement that runs longer than ``seconds``; the trace callback sees each one start."""
    started = monotonic()

    def start(sql: str) -> None:
        nonlocal started
        if not sql.startswith("--"):
            started = monotonic()
            if asked is not None:
                asked.note(sql)

    connection.set_trace_callback(start)
    connection.set_progress_handler(lambda: monotonic() - started > seconds, _PROGRESS_STEPS)
