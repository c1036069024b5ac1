"""A ClickHouse server over HTTP, by clickhouse-connect: one connection per opened source, limits on every query."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from types import ModuleType
from typing import Any

import pyarrow as pa

from datagov.connectors._clickhouse_open import Caps, ClickhouseError, translated
from datagov.connectors._clickhouse_snapshot import LeftOut
from datagov.errors import PluginError, SourceError

OLDEST = (22, 3)
"""The first version whose system tables, Arrow and roles are as they are read here."""

_BROKE = "cannot be read because the connection broke; run again"
_FORMAT = "ArrowStream"
_INSIDE = re.compile(rb"Code: (\d+)\. DB::Exception\b")
_TAIL = 64 << 10
_GRACE = 10
"""Seconds that a client waits longer than the server may work."""


@dataclass(frozen=True, slots=True)
class Session:
    """How to reach a server. The password stays out of ``repr``."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: str
    tls_ca: str | None
    tls_cert: str | None
    tls_key: str | None = field(repr=False)
    connect_seconds: float
    caps: Caps

    def arguments(self) -> dict[str, Any]:
        """Arguments of ``clickhouse_connect.get_client``; they hold the password."""
        tools = import_module("clickhouse_connect.driver.httputil")
        options: dict[str, Any] = {"num_pools": 1, "maxsize": 1, "block": True}
        if self.tls != "off":
            options |= {
                "verify": self.tls == "verify-identity",
                "ca_cert": self.tls_ca,
                "client_cert": self.tls_cert,
                "client_cert_key": self.tls_key,
            }
        return {
            "interface": "http" if self.tls == "off" else "https",
            "host": self.host,
            "port": self.port,
            "username": self.user,
            "password": self.password,
            "client_name": "datagov",
            "connect_timeout": math.ceil(self.connect_seconds),
            "send_receive_timeout": math.ceil(self.connect_seconds),
            "query_retries": 0,
            "autogenerate_session_id": False,
            "show_clickhouse_errors": True,
            "pool_mgr": tools.get_pool_manager(**options),
        }


def driver() -> ModuleType:
    """``clickhouse_connect``; raises PluginError with the pip line when it is not installed."""
    try:
        return import_module("clickhouse_connect")
    except ImportError:
        raise PluginError("Reading ClickHouse needs its driver: pip install 'datagov[clickhouse]'.") from None


class HttpDoor:
    """An opened server. ``unset`` are limits that the account's profile fixes, so that ours are not in force."""

    left_out: Sequence[LeftOut] = ()
    offline = False

    def __init__(self, session: Session, *, who: str) -> None:
        self._who = who
        self._exceptions = import_module("clickhouse_connect.driver.exceptions")
        try:
            self.client = driver().get_client(**session.arguments())
        except self._exceptions.Error as error:
            raise unreachable(error, who=who) from None
        except (OSError, ValueError):
            raise SourceError(f"{who} does not agree on encryption; check 'tls' and 'tls_ca'.") from None
        self._check_version()
        settings: Mapping[str, Any] = self.client.server_settings
        self.profile_readonly = str(settings["readonly"].value) if "readonly" in settings else "0"
        self.unset = apply(self.client, session.caps)
        self.client.timeout = _timeout(session)

    def table(self, sql: str, *, single: bool = False) -> pa.Table:
        """What a query answers. Raises ClickhouseError, or SourceError when the connection breaks."""
        settings = {"max_threads": "1"} if single and "max_threads" in self.client.params else None
        try:
            raw = self.client.raw_query(sql, fmt=_FORMAT, settings=settings)
        except self._exceptions.Error as error:
            if code := _code(error):
                raise ClickhouseError("", code) from None
            raise _broken(error, who=self._who) from None
        try:
            return pa.ipc.open_stream(pa.BufferReader(raw)).read_all() if raw else pa.table({})
        except (pa.ArrowInvalid, OSError):
            if code := _code_inside(raw):
                raise ClickhouseError("", code) from None
            raise SourceError(f"{self._who} {_BROKE}.") from None

    def close(self) -> None:
        """Give the connection back."""
        self.client.close()
        self.client.http.clear()

    def _check_version(self) -> None:
        words = [word for word in str(self.client.server_version).split(".")[:2] if word.isdigit()]
        if tuple(map(int, words)) < OLDEST:
            self.close()
            oldest = ".".join(map(str, OLDEST))
            raise SourceError(f"{self._who} is ClickHouse {'.'.join(words)}; datagov reads {oldest} and later.")


def apply(client: Any, caps: Caps) -> list[str]:
    """Set what the server knows and the account may change; returns the limits that its profile leaves open."""
    unset = []
    settings: Mapping[str, Any] = client.server_settings
    for name, value in caps.settings().items():
        known = settings.get(name)
        if known is None:
            continue
        if not known.readonly:
            client.set_client_setting(name, value)
        elif name == "max_execution_time" and str(known.value) in ("", "0"):
            unset.append(name)
    return unset


def _timeout(session: Session) -> Any:
    urllib3 = import_module("urllib3")
    return urllib3.Timeout(connect=session.connect_seconds, read=session.caps.seconds + _GRACE)


def _code(error: Any) -> int:
    """The server's number of an error, 0 when it is not the server's."""
    code = getattr(error, "code", None)
    return int(code) if code else ClickhouseError(str(error)).code


def _code_inside(answer: bytes) -> int:
    """The number of an error that came in the middle of an answer that had begun well; 0 without one."""
    found = _INSIDE.findall(answer[-_TAIL:])
    return int(found[-1]) if found else 0


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return
        yield seen
        reason = getattr(seen, "reason", None)
        seen = reason if isinstance(reason, BaseException) else seen.__cause__ or seen.__context__


def _broken(error: Exception, *, who: str) -> SourceError:
    if any("Timeout" in type(one).__name__ for one in _causes(error)):
        return SourceError(f"{who} stopped answering; run again, and look at the server's load.")
    return SourceError(f"{who} {_BROKE}.")


def unreachable(error: Exception, *, who: str) -> SourceError:
    """Why no connection came about, without the driver's text, which names hosts and accounts."""
    if code := _code(error):
        return translated(ClickhouseError("", code), who=who)
    names = " ".join(type(one).__name__ for one in _causes(error))
    text = " ".join(str(one) for one in _causes(error)).lower()
    if "certificate" in text:
        return SourceError(f"{who} has a certificate that is not trusted; check 'tls' and 'tls_ca'.")
    if "ssl" in names.lower() or "ssl" in text:
        return SourceError(f"{who} does not agree on encryption; check 'tls' and the port.")
    if "NameResolution" in names or "gaierror" in names:
        return SourceError(f"{who} has a host name that is not known; check the host.")
    if "Timeout" in names:
        return SourceError(f"{who} does not answer; check host, port and firewall.")
    if "NewConnection" in names or "ConnectionRefused" in names:
        return SourceError(f"{who} accepts no connection; check that the server runs, and the host and port.")
    if "Protocol" in names or "ConnectionReset" in names:
        return SourceError(f"{who} {_BROKE}.")
    return SourceError(
        f"{who} does not answer as ClickHouse does; check host and port: its HTTP interface listens on 8123 or 8443."
    )
