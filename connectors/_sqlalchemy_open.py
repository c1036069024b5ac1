"""Opens sessions through SQLAlchemy that only read as far as the database lets a session say so.

The secret stays in the connection factory; a driver's own text, which may hold values, never leaves here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SAWarning
from sqlalchemy.pool import NullPool

from datagov.connectors._arrow import decoded
from datagov.connectors._sqlalchemy_dialects import traits
from datagov.errors import DatagovError, PluginError, SourceError, SourceLimitError

HARMLESS = frozenset(
    {
        "application_name", "applicationintent", "catalog", "charset", "connect_timeout", "database", "driver",
        "encrypt", "http_path", "http_scheme", "location", "login_timeout", "mode", "multisubnetfailover",
        "network_timeout", "protocol", "role", "schema", "secure", "service_name", "sid", "ssl_ca", "sslmode",
        "sslrootcert", "timeout", "trustservercertificate", "verify", "verify_ssl_cert", "warehouse",
    }
)  # fmt: skip
"""What a URL's query and ``options`` may hold: places, time limits and encryption; nothing that runs or loads code."""

_CONNECT_SECONDS = 10
_ENDLESSLY_PATIENT = ("psycopg", "psycopg2")
"""Drivers that wait for a server without end unless they are told otherwise."""

_SAYINGS = (
    ("statement timeout", None),
    ("canceling statement", None),
    ("user requested cancel", None),
    ("max_statement_time", None),
    ("maximum statement execution time", None),
    ("interrupt", None),
    ("out of memory", "needs more memory than it may use; exclude the table"),
    ("row-level security", "hides rows from this account by a policy; use an account that may see all of them"),
    ("lock timeout", "is locked by another connection; run again later"),
    ("lock wait timeout", "is locked by another connection; run again later"),
    ("permission denied", "may not be read by this account; grant it SELECT, or exclude it"),
    ("denied", "may not be used by this account; grant it SELECT, or check account and password"),
    ('fatal:  role "', "refuses this account or its password; check both"),
    ('fatal:  database "', "has no database of this name; correct 'url'"),
    ("unknown database", "has no database of this name; correct 'url'"),
    ("authentication failed", "refuses this account or its password; check both"),
    ("login failed", "refuses this account or its password; check both"),
    ("connection refused", "accepts no connection; check that the server runs, and the host and port"),
    ("can't connect", "accepts no connection; check that the server runs, and the host and port"),
    ("could not translate host name", "has a host name that is not known; check the host"),
    ("name or service not known", "has a host name that is not known; check the host"),
    ("timed out", "does not answer; check host, port and firewall"),
    ("timeout expired", "does not answer; check host, port and firewall"),
    ("unable to open database file", "does not exist or cannot be opened; correct the path in 'url'"),
    ("file is not a database", "is not such a database; check 'url'"),
    ("malformed", "is damaged; restore it from a backup"),
    ("locked", "is locked by another program; run again later"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Session:
    """How to reach a database: a URL without a password, the password, and how long one statement may run."""

    url: sa.URL
    password: str | None = field(repr=False)
    options: Mapping[str, Any]
    seconds: float
    base: Path

    @property
    def backend(self) -> str:
        """SQLAlchemy's name of the database, without the driver."""
        return self.url.get_backend_name()

    def dialect(self) -> sa.Dialect:
        """SQLAlchemy's dialect with its driver; raises PluginError with the way out when one is missing."""
        try:
            made = sa.create_engine(self.url, poolclass=NullPool).dialect
        except NoSuchModuleError:
            raise PluginError(
                f"No SQLAlchemy dialect is installed for {self.backend!r}; pip install the package that brings it."
            ) from None
        except ImportError:
            raise PluginError(
                f"The driver of {self.url.drivername!r} is not installed; pip install it beside SQLAlchemy."
            ) from None
        return made

    def engine(self) -> sa.Engine:
        """An engine without a pool whose connections are set up by :meth:`connect`."""
        self.dialect()
        made = sa.create_engine(f"{self.url.drivername}://", creator=self.connect, poolclass=NullPool)
        if start := traits(self.backend).transaction:
            event.listen(made, "begin", lambda connection: connection.exec_driver_sql(start))
        return made

    def connect(self) -> Any:
        """A DBAPI connection whose session is read-only, where it can be, and ends long statements."""
        dialect = self.dialect()
        positional, named = dialect.create_connect_args(self._opened_url())
        patience = {"connect_timeout": _CONNECT_SECONDS} if dialect.driver in _ENDLESSLY_PATIENT else {}
        connection: Any = dialect.connect(*positional, **{**patience, **named, **self.options})
        try:
            self._set_up(connection, dialect)
        except Exception:
            with suppress(Exception):
                connection.close()
            raise
        return connection

    def _opened_url(self) -> sa.URL:
        url = self.url if self.password is None else self.url.set(password=self.password)
        if self.backend != "sqlite":
            return url
        path = (self.base / (url.database or "")).resolve()
        if path.exists() and not path.is_file():
            raise SourceError(f"The file {path.name!r} is not a regular file; correct the path in 'url'.")
        return url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})

    def _set_up(self, connection: Any, dialect: sa.Dialect) -> None:
        known = traits(self.backend)
        times = {"seconds": max(1, round(self.seconds)), "milliseconds": round(self.seconds * 1000)}
        if self.backend == "sqlite":
            connection.text_factory = decoded
        if self.backend == "oracle":
            connection.call_timeout = times["milliseconds"]
        if self.backend == "mssql" and hasattr(connection, "timeout"):
            connection.timeout = times["seconds"]
        statements = known.session
        with closing(connection.cursor()) as cursor:
            if self.backend == "mysql":
                cursor.execute("SELECT VERSION()")
                statements = traits("mariadb" if "mariadb" in str(cursor.fetchone()).lower() else "mysql").session
            for statement in statements:
                cursor.execute(statement.format(**times))
        dialect.do_commit(connection)


@contextmanager
def deadline(connection: sa.Connection, seconds: float) -> Iterator[None]:
    """Interrupt the driver after ``seconds`` where it has a way to; the database's own deadline holds besides."""
    driver: Any = connection.connection.driver_connection
    stop = next((getattr(driver, name) for name in ("interrupt", "cancel") if hasattr(driver, name)), None)
    if stop is None:
        yield
        return
    watch = Timer(seconds, stop)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Turn SQLAlchemy's and the driver's errors into SourceError about ``who``, without their own words."""
    try:
        yield
    except DatagovError:
        raise
    except Exception as error:  # noqa: BLE001 - drivers raise what they like when a session is opened
        raise translated(error, who=who) from None


def translated(error: Exception, *, who: str) -> SourceError:
    """An error as a sentence about ``who``, a source or dataset."""
    if isinstance(error, SAWarning):
        return SourceError(f"{who} has a definition that SQLAlchemy does not understand; exclude it.")
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = str(cause).lower()
    for sign, reason in _SAYINGS:
        if sign in said:
            if reason is None:
                return SourceLimitError(
                    f"{who} took longer than one statement may; raise the source's 'statement_seconds' or exclude "
                    "the table."
                )
            return SourceError(f"{who} {reason}.")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return SourceError(f"{who} cannot be read because the connection broke; run again.")
    return SourceError(f"{who} cannot be read: its driver reports {type(cause).__name__}; repair it, or exclude it.")


def parsed(url: str) -> sa.URL | None:
    """The URL, or None when it is none."""
    try:
        return sa.make_url(url)
    except (ArgumentError, ValueError):
        return None
