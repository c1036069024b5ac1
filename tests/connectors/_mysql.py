"""Databases of our own on a MariaDB or MySQL server for a test module, with an account that can only read."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

pymysql = pytest.importorskip("pymysql", reason="the extra 'mysql' is not installed")

from datagov.contracts import Source  # noqa: E402 - after the skip

SERVER = urlsplit(os.environ.get("DATAGOV_TEST_MYSQL", "mysql://root@127.0.0.1:3306/"))
HOST, PORT = SERVER.hostname or "127.0.0.1", SERVER.port or 3306
SECRET = "correct-horse-battery"


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def admin(database: str | None = None) -> Any:
    return pymysql.connect(
        host=HOST,
        port=PORT,
        user=unquote(SERVER.username or "root"),
        password=unquote(SERVER.password or ""),
        database=database,
        autocommit=True,
        connect_timeout=3,
        charset="utf8mb4",
    )


@dataclass(frozen=True)
class Server:
    """The prefix of this process's databases, and the account that reads them; both have its name."""

    reader: str

    def run(self, *statements: str, database: str | None = None) -> None:
        with closing(admin(database)) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with closing(admin()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())

    def database(self, folder: Path) -> str:
        """A fresh database of a test's own folder, which the reader may read."""
        name = f"{self.reader}_{sha256(str(folder).encode()).hexdigest()[:10]}"
        self.run(
            f"CREATE DATABASE {name} CHARACTER SET utf8mb4",
            f"GRANT SELECT, SHOW VIEW ON {name}.* TO {self.reader}",
        )
        return name

    def source(self, folder: Path, *databases: str, user: str | None = None, **options: Any) -> Source:
        given = {"dsn": f"mysql://{user or self.reader}@{HOST}:{PORT}", "databases": list(databases), **options}
        given.setdefault("password", SECRET)
        return Source(4, "core", "mysql", given, folder, "datagov.yaml", 9)


@contextmanager
def server() -> Iterator[Server]:
    """An account of this process; its databases are dropped at the end. Skips when no server is reachable."""
    try:
        admin().close()
    except pymysql.MySQLError:
        pytest.skip("no MySQL or MariaDB server is reachable; set DATAGOV_TEST_MYSQL")
    running = Server(f"datagov_{os.getpid()}_{threading.get_ident() % 1000}")
    running.run(f"DROP USER IF EXISTS {running.reader}", f"CREATE USER {running.reader} IDENTIFIED BY '{SECRET}'")
    try:
        yield running
    finally:
        for (name,) in running.rows("SHOW DATABASES LIKE %s", running.reader.replace("_", r"\_") + r"\_%"):
            running.run(f"DROP DATABASE {quoted(name)}")
        running.run(f"DROP USER {running.reader}")


class Proxy:
    """A TCP proxy to the server. ``mute`` swallows what the server says, ``cut`` resets after so many bytes of it."""

    def __init__(self, *, mute: bool = False, cut: int | None = None) -> None:
        self._mute, self._cut = mute, cut
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
            server = socket.create_connection((HOST, PORT))
            threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, True), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, answers: bool) -> None:
        passed = 0
        with suppress(OSError):
            while data := one.recv(65536):
                passed += len(data)
                if answers and self._cut is not None and passed > self._cut:
                    break
                if not (answers and self._mute):
                    other.sendall(data)
        for end in (one, other):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
