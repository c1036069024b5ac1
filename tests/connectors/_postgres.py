"""A PostgreSQL database of our own for a test module, with a role that can only read."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

psycopg = pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")

from psycopg.conninfo import make_conninfo  # noqa: E402 - after the skip

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
