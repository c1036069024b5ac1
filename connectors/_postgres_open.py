"""Opens PostgreSQL sessions that only read and end by themselves; errors of the server become sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from datagov.asked import Asked, noting_cursor
from datagov.errors import PluginError, SourceError, SourceLimitError, SourceLockedError
from datagov.patience import Patience

_REASONS = {
    "28000": "refuses this account; check the user and pg_hba.conf",
    "28P01": "refuses the password; check the user and the password",
    "3D000": "has no database of this name; correct 'dsn'",
    "42501": "may not be read by this account; grant it SELECT on the table and USAGE on its schema",
    "55000": "is not in a state to be read; refresh the materialized view, or exclude it",
    "53300": "accepts no more connections; run again later, or raise max_connections",
    "25006": "was asked to write, which datagov refuses; exclude it",
    "22021": "holds text that is not valid in its own encoding; repair it, or exclude the table",
}
_POOLER = "did not take the read-only setting, as behind a pooler; connect to PostgreSQL itself and not to the pooler"
_GONE = ("42P01", "42703", "3F000")
_CANCELED = "57014"
_LOCKED = "55P03"
LEAST_LOCK_MS = 20
"""How long a lock is waited for at the least, in ms; 0 would mean without end."""


@dataclass(frozen=True, slots=True)
class Session:
    """How to reach a server, and how long anything may take. The connection string stays out of ``repr``."""

    conninfo: str = field(repr=False)
    statement_seconds: float
    lock_seconds: float
    connect_seconds: int

    @property
    def settings(self) -> str:
        """Start-up options: read only, deadlines, no name resolved but by its schema, no row hidden silently.

        With ``row_security`` off a query that a policy would filter fails instead of giving fewer rows.
        """
        return " ".join(
            f"-c {name}={value}"
            for name, value in {
                "default_transaction_read_only": "on",
                "statement_timeout": int(self.statement_seconds * 1000),
                "lock_timeout": max(LEAST_LOCK_MS, int(self.lock_seconds * 1000)),
                "idle_in_transaction_session_timeout": int(self.statement_seconds * 1000) + 60_000,
                "search_path": "pg_catalog",
                "row_security": "off",
                "synchronize_seqscans": "off",
                "datestyle": "ISO",
                "intervalstyle": "iso_8601",
                "timezone": "UTC",
                "bytea_output": "hex",
                "jit": "off",
            }.items()
        )

    def full_conninfo(self, *, encoding: str = "utf8") -> str:
        """The connection string with settings and timeouts, for libpq; it may hold the password."""
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            self.conninfo,
            options=self.settings,
            connect_timeout=self.connect_seconds,
            tcp_user_timeout=int((self.statement_seconds + 10) * 1000),
            keepalives_idle=30,
            application_name="datagov",
            client_encoding=encoding,
        )


def driver() -> ModuleType:
    """psycopg; raises PluginError with the pip line when it is not installed."""
    try:
        import psycopg
    except ImportError:
        raise PluginError("Reading PostgreSQL needs its driver: pip install 'datagov[postgres]'.") from None
    return psycopg


def connect(session: Session, *, who: str, autocommit: bool, encoding: str = "utf8", asked: Asked | None = None) -> Any:
    """A psycopg connection; raises SourceError about ``who``, without the driver's text, which names hosts."""
    psycopg = driver()
    try:
        connection = psycopg.connect(
            session.full_conninfo(encoding=encoding),
            autocommit=True,
            cursor_factory=noting_cursor(psycopg.Cursor, asked),
        )
    except psycopg.Error as error:
        raise _unreachable(error, who=who) from None
    with sentences(who):
        (only_reads,) = connection.execute("SELECT current_setting('default_transaction_read_only')::bool").fetchone()
    if not only_reads:
        connection.close()
        raise SourceError(f"{who} {_POOLER}.")
    connection.autocommit = autocommit
    return connection


def hurry(connection: Any, patience: Patience) -> None:
    """Wait for no more locks in this session once patience is lost."""
    if patience.lost and not connection.closed:
        connection.execute(f"SET lock_timeout = {LEAST_LOCK_MS}")


def is_locked(error: Any) -> bool:
    """Whether an error of psycopg says that a lock did not come free in time."""
    return bool(error.sqlstate == _LOCKED)


@contextmanager
def sentences(who: str, patience: Patience | None = None) -> Iterator[None]:
    """Turn psycopg's errors into SourceError; the driver's own text, which may hold values, is dropped. ``patience``
    hears of a lock that did not come free."""
    psycopg = driver()
    try:
        yield
    except psycopg.Error as error:
        if is_locked(error) and patience is not None:
            patience.waited()
        raise translated(error.sqlstate, who=who) from None


def translated(sqlstate: str | None, *, who: str) -> SourceError:
    """A server error as a sentence about ``who``, a source or dataset."""
    if sqlstate == _CANCELED:
        return SourceLimitError(
            f"{who} took longer than one statement may; raise the source's 'statement_seconds' or exclude the table."
        )
    if sqlstate == _LOCKED:
        return SourceLockedError(f"{who} is locked by another connection; run again later, or raise 'lock_seconds'.")
    if sqlstate in _GONE:
        return SourceError(f"{who} changed while it was read, or refers to something that is not there; run again.")
    if reason := _REASONS.get(sqlstate or ""):
        return SourceError(f"{who} {reason}.")
    if sqlstate is None or sqlstate.startswith(("08", "57")):
        return SourceError(f"{who} cannot be read because the connection broke; run again.")
    return SourceError(f"{who} cannot be read: PostgreSQL reports SQLSTATE {sqlstate}; repair it, or exclude it.")


def _unreachable(error: Exception, *, who: str) -> SourceError:
    """Why no connection came about; libpq gives no SQLSTATE then, so its words are looked at and not repeated."""
    text = str(error).lower()
    for words, reason in (
        ("unsupported startup parameter", _POOLER),
        ("password", _REASONS["28P01"]),
        ("no pg_hba.conf entry", _REASONS["28000"]),
        ("role", "refuses this account; check the user"),
        ("database", _REASONS["3D000"]),
        ("too many", _REASONS["53300"]),
        ("certificate", "has a certificate that is not trusted; check 'sslrootcert' in 'dsn'"),
        ("ssl", "does not agree on encryption; check 'sslmode' in 'dsn'"),
        ("could not translate host name", "has a host name that is not known; check 'dsn'"),
        ("name or service not known", "has a host name that is not known; check 'dsn'"),
        ("timeout", "does not answer; check host, port and firewall"),
        ("refused", "accepts no connection; check that the server runs, and host and port in 'dsn'"),
    ):
        if words in text:
            return SourceError(f"{who} {reason}.")
    return SourceError(f"{who} cannot be reached; check 'dsn', and that the server runs.")
