"""A PostgreSQL database of our own for a test module, with a role that can only read."""

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

psycopg = pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")

from psycopg.conninfo import conninfo_to_dict, make_conninfo  # noqa: E402 - after the skip

from datagov.contracts import Source  # noqa: E402 - after the skip

SERVER = os.environ.get("DATAGOV_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Server:
    """A database of this process, its owner's connection string and the reader's name."""

    database: str
    reader: str

    def dsn(self, user: str | None = None) -> str:
        return make_conninfo(SERVER, dbname=self.database, **({"user": user} if user else {}))

    def run(self, *statements: str) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            return connection.execute(sql).fetchall()

    def grant(self, schema: str) -> None:
        """Let the reader read the schema as it is now."""
        name = quoted(schema)
        self.run(
            f"GRANT USAGE ON SCHEMA {name} TO {self.reader}",
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {name} TO {self.reader}",
        )

    def source(self, folder: Path, *schemas: str, user: str | None = None, **options: Any) -> Source:
        given = {"dsn": self.dsn(user or self.reader), "schemas": list(schemas), **options}
        return Source(4, "core", "postgres", given, folder, "datagov.yaml", 9)


@contextmanager
def server() -> Iterator[Server]:
    """A fresh database; skips when no server is reachable."""
    try:
        admin = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL server is reachable; set DATAGOV_TEST_POSTGRES")
    name = f"datagov_test_{os.getpid()}"
    with closing(admin):
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        admin.execute(f"CREATE ROLE {name} LOGIN")
        try:
            yield Server(name, name)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"DROP ROLE {name}")


def schema_of(folder: Path) -> str:
    """A schema name of a test's own folder."""
    return f"s_{sha256(str(folder).encode()).hexdigest()[:12]}"


class FakePooler:
    """A TCP proxy that drops the ``options`` of the start-up message, as a pooler told to ignore them does."""

    def __init__(self, server: str) -> None:
        known = conninfo_to_dict(server)
        self._server = (str(known.get("host") or "127.0.0.1"), int(known.get("port") or 5432))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            (length,) = struct.unpack("!I", client.recv(4, socket.MSG_WAITALL))
            start = client.recv(length - 4, socket.MSG_WAITALL)
            pairs = start[4:].rstrip(b"\0").split(b"\0")
            kept = [pair for pair in zip(pairs[::2], pairs[1::2], strict=True) if pair[0] != b"options"]
            body = start[:4] + b"".join(key + b"\0" + value + b"\0" for key, value in kept) + b"\0"
            server.sendall(struct.pack("!I", len(body) + 4) + body)
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    @staticmethod
    def _pump(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)
