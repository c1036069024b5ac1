"""Opens MySQL and MariaDB sessions that only read and end by themselves; errors of the server become sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

from datagov.asked import Asked, noting_cursor
from datagov.errors import PluginError, SourceError, SourceLimitError, SourceLockedError
from datagov.patience import Patience

_REFUSED = "refuses this account or its password; check both, and the host the account is allowed to come from"
_UNREADABLE = "may not be read by this account; grant it SELECT and SHOW VIEW on the table"
_FULL = "accepts no more connections; run again later, or raise max_connections"
_BROKE = "cannot be read because the connection broke; run again"
_REASONS = {
    1: "cannot write its temporary files; its operator has to repair 'tmpdir'",
    1040: _FULL,
    1203: _FULL,
    1226: _FULL,
    1044: "may not use the database with this account; grant it SELECT and SHOW VIEW on the database",
    1045: _REFUSED,
    1049: "has no database of this name; correct the configuration",
    1129: "has blocked this host after failed connections; ask its operator to FLUSH HOSTS",
    1130: _REFUSED,
    1142: _UNREADABLE,
    1143: _UNREADABLE,
    1698: _REFUSED,
    1227: "may not be read by this account; it lacks a privilege, or is a view whose definer lacks one",
    1356: "is a view over something that is missing or that its definer may not read; repair it, or exclude it",
    1449: "is a view whose definer does not exist any more; repair it, or exclude it",
    1290: "runs with an option that forbids this statement; ask its operator",
    1792: "was asked to write, which datagov refuses; exclude it",
    1820: "wants a new password for this account; set one",
    1862: "wants a new password for this account; set one",
    2061: "asks for the password in clear text on a line that is not encrypted; set 'tls' to 'verify-identity'",
    2026: "does not agree on encryption; check 'tls' and 'tls_ca'",
    3159: "takes encrypted connections only; set 'tls'",
    4031: _BROKE,
    2006: _BROKE,
    2013: _BROKE,
    1053: _BROKE,
    1927: _BROKE,
}
_OPEN_LINE = 2061
_LOCKED = 1205
_GONE = (1051, 1054, 1109, 1146, 1932)
_TOO_LONG = (1969, 3024, 1317, 1028)
_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"


@dataclass(frozen=True, slots=True)
class Session:
    """How to reach a server, and how long anything may take. The password stays out of ``repr``."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    socket: str | None
    tls: str
    tls_ca: str | None
    tls_cert: str | None
    tls_key: str | None = field(repr=False)
    statement_seconds: float
    lock_seconds: float
    connect_seconds: float

    def arguments(self) -> dict[str, Any]:
        """Arguments of ``pymysql.connect``; they hold the password."""
        verified = self.tls in ("verify-ca", "verify-identity")
        tls: dict[str, Any] = {"ssl_disabled": True} if self.tls == "off" else {}
        if verified or self.tls == "on":
            tls = {
                "ssl_ca": self.tls_ca,
                "ssl_cert": self.tls_cert,
                "ssl_key": self.tls_key,
                "ssl_verify_cert": verified,
                "ssl_verify_identity": self.tls == "verify-identity",
            }
            if self.tls == "on":
                tls = {"ssl": {"check_hostname": False, "verify_mode": False}}
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password.encode(),
            "unix_socket": self.socket,
            "connect_timeout": self.connect_seconds,
            "read_timeout": self.connect_seconds,
            "write_timeout": self.statement_seconds + 10,
            "charset": "utf8mb4",
            "local_infile": False,
            "program_name": "datagov",
            "auth_plugin_map": {b"mysql_clear_password": OnlyEncrypted, b"dialog": OnlyEncryptedDialog},
            **tls,
        }

    def settings(self, *, mariadb: bool) -> dict[str, Any]:
        """Session variables: deadlines, one time zone, no mode that changes quoting.

        They are set after ``init_connect`` ran, so nothing an operator put there stays in force.
        """
        seconds = self.statement_seconds
        deadline = {"max_statement_time": seconds} if mariadb else {"max_execution_time": int(seconds * 1000)}
        return {
            "sql_mode": _MODE,
            "time_zone": "+00:00",
            "lock_wait_timeout": _lock_seconds(self.lock_seconds, mariadb=mariadb),
            "wait_timeout": int(seconds) + 60,
            **deadline,
        }

    def optional(self, *, mariadb: bool) -> dict[str, Any]:
        """Session variables that a server of the MySQL family may lack."""
        one = {"in_predicate_conversion_threshold": 0} if mariadb else {"information_schema_stats_expiry": 0}
        return {"net_write_timeout": int(self.statement_seconds) + 10, **one}


class OnlyEncrypted:
    """Hands the password itself over only where nobody can listen: PyMySQL gives it to any server that asks for it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def authenticate(self, _asked: Any) -> Any:
        """Answer the server's question; raises OperationalError on an open line."""
        if not self._connection._secure:
            raise driver().OperationalError(_OPEN_LINE, "refused")
        self._connection.write_packet(self._connection.password + b"\0")
        answer = self._connection._read_packet()
        answer.check_error()
        return answer


class OnlyEncryptedDialog:
    """The same for a server that asks in a dialog, as PAM does; on a closed line PyMySQL leads it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def authenticate(self, _asked: Any) -> Any:
        """Raises OperationalError on an open line, else AttributeError, by which PyMySQL goes on by itself."""
        if not self._connection._secure:
            raise driver().OperationalError(_OPEN_LINE, "refused")
        raise AttributeError


def driver() -> ModuleType:
    """PyMySQL; raises PluginError with the pip line when it is not installed."""
    try:
        return import_module("pymysql")
    except ImportError:
        raise PluginError("Reading MySQL needs its driver: pip install 'datagov[mysql]'.") from None


def is_mariadb(connection: Any) -> bool:
    """Whether the server calls itself MariaDB."""
    return "mariadb" in connection.get_server_info().lower()


_UNKNOWN_VARIABLE = 1193


def connect(session: Session, *, who: str, autocommit: bool, asked: Asked | None = None) -> Any:
    """A PyMySQL connection; raises SourceError about ``who``, without the driver's text, which names hosts."""
    pymysql = driver()
    try:
        cursor = noting_cursor(pymysql.cursors.Cursor, asked)
        connection = pymysql.connect(**session.arguments(), autocommit=True, cursorclass=cursor)
    except pymysql.MySQLError as error:
        raise _unreachable(error, who=who) from None
    except (OSError, ValueError, RuntimeError):
        raise SourceError(
            f"{who} does not agree on encryption; check 'tls', 'tls_ca', 'tls_cert', 'tls_key'."
        ) from None
    try:
        connection._read_timeout = session.statement_seconds + 10
        with sentences(who):
            _set(connection, session)
            connection.autocommit(autocommit)
    except SourceError:
        connection.close()
        raise
    return connection


def _set(connection: Any, session: Session) -> None:
    """Make the session read only and apply the settings, in as few statements as can be told apart.

    A server may lack an optional setting, and the others still hold; it may not lack a deadline.
    """
    mariadb = is_mariadb(connection)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _assign(cursor, session.settings(mariadb=mariadb))
        optional = session.optional(mariadb=mariadb)
        if not _assigned(cursor, optional):
            for name, value in optional.items():
                _assigned(cursor, {name: value})


def _assign(cursor: Any, values: Mapping[str, Any]) -> None:
    cursor.execute(f"SET {', '.join(f'SESSION {name} = %s' for name in values)}", tuple(values.values()))


def _assigned(cursor: Any, values: Mapping[str, Any]) -> bool:
    """Set them all, or none when the server does not know one of them."""
    try:
        _assign(cursor, values)
    except driver().MySQLError as error:
        if error.args[0] != _UNKNOWN_VARIABLE:
            raise
        return False
    return True


def _lock_seconds(seconds: float, *, mariadb: bool) -> int:
    """Whole seconds that a lock is waited for; MariaDB can leave a locked table at once, MySQL after a second."""
    return 0 if mariadb and not seconds else max(1, round(seconds))


def hurry(connection: Any, patience: Patience) -> None:
    """Wait for no more locks in this session once patience is lost."""
    if patience.lost:
        with connection.cursor() as cursor:
            _assign(cursor, {"lock_wait_timeout": _lock_seconds(0, mariadb=is_mariadb(connection))})


def is_locked(error: Exception) -> bool:
    """Whether an error of the driver says that a lock did not come free."""
    return bool(error.args) and error.args[0] == _LOCKED


@contextmanager
def sentences(who: str, patience: Patience | None = None) -> Iterator[None]:
    """Turn PyMySQL's errors into SourceError; the driver's own text, which may hold values, is dropped. ``patience``
    hears of a lock that did not come free."""
    pymysql = driver()
    try:
        yield
    except pymysql.MySQLError as error:
        if is_locked(error) and patience is not None:
            patience.waited()
        raise translated(error, who=who) from None
    except (OSError, RuntimeError):
        raise SourceError(f"{who} {_BROKE}.") from None


def translated(error: Exception, *, who: str) -> SourceError:
    """An error of the server as a sentence about ``who``, a source or dataset."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code in _TOO_LONG:
        return SourceLimitError(
            f"{who} took longer than one statement may; raise the source's 'statement_seconds' or exclude the table."
        )
    if code == _LOCKED:
        return SourceLockedError(f"{who} is locked by another connection; run again later, or raise 'lock_seconds'.")
    if code in _GONE:
        return SourceError(f"{who} changed while it was read, or refers to something that is not there; run again.")
    if reason := _REASONS.get(code):
        return SourceError(f"{who} {reason}.")
    if code == 0:
        return SourceError(f"{who} {_BROKE}.")
    return SourceError(f"{who} cannot be read: the server reports error {code}; repair it, or exclude it.")


def _unreachable(error: Exception, *, who: str) -> SourceError:
    """Why no connection came about."""
    code = error.args[0] if error.args else 0
    cause = getattr(error, "original_exception", None)
    text = str(error).lower()
    if "timed out" in text or isinstance(cause, TimeoutError):
        return SourceError(f"{who} does not answer; check host, port and firewall.")
    if isinstance(cause, FileNotFoundError):
        return SourceError(f"{who} has no socket at this path; check 'socket', and that the server runs.")
    if "name or service not known" in text or "name resolution" in text or "nodename" in text:
        return SourceError(f"{who} has a host name that is not known; check the host.")
    if isinstance(cause, ConnectionRefusedError):
        return SourceError(f"{who} accepts no connection; check that the server runs, and the host and port.")
    if "certificate" in text:
        return SourceError(f"{who} has a certificate that is not trusted; check 'tls_ca'.")
    if "ssl" in text:
        return SourceError(f"{who} does not agree on encryption; check 'tls' and 'tls_ca'.")
    if code in _REASONS and code not in (2006, 2013):
        return SourceError(f"{who} {_REASONS[code]}.")
    return SourceError(f"{who} cannot be reached; check host and port, and that a MySQL or MariaDB server runs there.")
