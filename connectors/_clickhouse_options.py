"""Options of a source of ClickHouse, and the session with a server that they ask for."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr

from datagov import config
from datagov.connectors._clickhouse_http import Session
from datagov.connectors._clickhouse_open import Caps
from datagov.connectors._options import Options, located
from datagov.contracts import Source
from datagov.errors import ConfigError

_PORT, _TLS_PORT = 8123, 8443


class ClickhouseOptions(Options):
    """Options of a source with ``use: clickhouse``."""

    dsn: Annotated[str | None, Field(description="clickhouse://user@host:8443/database, without password.")] = None
    host: Annotated[str | None, Field(description="Instead of 'dsn': the server's name.")] = None
    port: Annotated[int | None, Field(ge=1, le=65535, description="Its HTTP port, by default 8443 or 8123.")] = None
    user: Annotated[str | None, Field(description="Instead of 'dsn': the account.")] = None
    password: Annotated[SecretStr | None, Field(description="${NAME} or file:PATH.")] = None
    path: Annotated[str | None, Field(description="Instead of a server: a folder of ClickHouse or chDB.")] = None
    databases: Annotated[tuple[str, ...], Field(description="Databases to read; none means all, or the DSN's.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over database.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over database.table to leave out.")] = ()
    tls: Annotated[
        Literal["off", "on", "verify-identity"] | None,
        Field(description="Encryption; by default verify-identity on ports 8443 and 443, else off."),
    ] = None
    tls_ca: Annotated[str | None, Field(description="File with the certificates that are trusted.")] = None
    tls_cert: Annotated[str | None, Field(description="File with this client's certificate.")] = None
    tls_key: Annotated[str | None, Field(description="File with this client's key.")] = None
    allow_privileged: Annotated[bool, Field(description="Use an account that may do more than read.")] = False
    accounts_left_out: Annotated[
        tuple[str, ...], Field(description="Globs over accounts whose queries do not count.")
    ] = ()
    history_days: Annotated[int, Field(ge=0, le=3650, description="Days of query history; 0 reads none.")] = 30
    statement_seconds: Annotated[float, Field(ge=1, description="Longest a statement may run.")] = 60.0
    connect_seconds: Annotated[float, Field(gt=0, description="How long to wait for a connection.")] = 10.0
    threads: Annotated[int, Field(ge=1, le=64, description="Threads a statement may use.")] = 2
    memory_mb: Annotated[int, Field(ge=32, description="Memory a statement may use.")] = 1_024
    read_rows: Annotated[int, Field(ge=1, description="Most rows a statement may read.")] = 100_000_000
    result_mb: Annotated[int, Field(ge=1, description="Most a statement may answer.")] = 512


def session(source: Source, options: ClickhouseOptions, caps: Caps) -> tuple[Session, tuple[str, ...]]:
    """The session that the options ask for, and the database that the DSN names. Raises ConfigError."""
    parts = urlsplit(config.resolve(options.dsn, base=source.base) if options.dsn else "clickhouse://")
    try:
        port = parts.port
    except ValueError:
        port = -1
    misspelt = parts.scheme != "clickhouse" or port == -1 or parts.query or parts.fragment
    if misspelt or parts.password is not None or (options.dsn and (options.host or options.port or options.user)):
        raise wrong(
            source,
            "has a 'dsn' that is not clickhouse://user@host:8443/database without a password, or 'host', 'port' or "
            "'user' beside it.",
        )
    if not (options.dsn or options.host):
        raise wrong(source, "needs the option 'dsn', 'host' or 'path'.")
    named = unquote(parts.path.strip("/"))
    port = options.port or port
    tls = options.tls or ("verify-identity" if port in (_TLS_PORT, 443) else "off")
    secret = options.password
    files = [str(located(source, one)) if one else None for one in (options.tls_ca, options.tls_cert, options.tls_key)]
    made = Session(
        host=options.host or parts.hostname or "localhost",
        port=port or (_PORT if tls == "off" else _TLS_PORT),
        user=options.user or unquote(parts.username or "") or "default",
        password=config.resolve(secret.get_secret_value(), base=source.base) if secret else "",
        tls=tls,
        tls_ca=files[0],
        tls_cert=files[1],
        tls_key=files[2],
        connect_seconds=options.connect_seconds,
        caps=caps,
    )
    return made, (named,) if named else ()


def wrong(source: Source, says: str) -> ConfigError:
    """The options cannot be used; the error names the source's place in the configuration."""
    return ConfigError(f"Source {source.name!r} {says}", file=source.file, line=source.line)
