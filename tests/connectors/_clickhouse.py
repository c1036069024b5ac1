"""chDB as a folder, and behind a test server that speaks ClickHouse's HTTP interface; both are built by SQL."""

import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3

pytest.importorskip("clickhouse_connect", reason="the extra 'clickhouse' is not installed")
if "chdb" not in os.environ.get("DATAGOV_TEST_REQUIRE", "").split(","):
    pytest.importorskip("chdb", reason="the extra 'chdb' is not installed; it takes 534 MB")

import chdb
from _clickhouse_server import SECRET
from _special import statements

from datagov.connectors._clickhouse_words import quote
from datagov.contracts import Source
from datagov.testing import Cell, Special, Table

TYPES = {
    "integer": "Nullable(Int64)",
    "float": "Nullable(Float64)",
    "text": "Nullable(String)",
    "binary": "Nullable(String)",
}


def literal(cell: Cell) -> str:
    if cell is None:
        return "NULL"
    if isinstance(cell, float):
        return str(cell) if math.isfinite(cell) else {"nan": "nan", "inf": "inf", "-inf": "-inf"}[str(cell)]
    if isinstance(cell, int):
        return str(cell)
    raw = cell.encode() if isinstance(cell, str) else cell
    return f"unhex('{raw.hex()}')"


def made(table: Table, database: str) -> Iterator[str]:
    """The statements that make a table of the conformance suite."""
    columns = ", ".join(f"{quote(name)} {TYPES[kind]}" for name, kind in table.columns)
    name = f"{database}.{quote(table.name)}"
    yield f"CREATE TABLE {name} ({columns}) ENGINE = MergeTree ORDER BY tuple()"
    if table.rows:
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in table.rows)
        yield f"INSERT INTO {name} VALUES {rows}"


def is_allowed(name: str) -> bool:
    """Whether a file can be called so: ClickHouse writes everything but letters and digits as %XX."""
    return len(re.sub(r"[^A-Za-z0-9_]", "%XX", name.encode().decode("latin-1"))) <= 200


def folder(path: Path, *statements: str) -> Path:
    """A folder of chDB in which the statements ran, closed again."""
    connection = chdb.connect(str(path))
    try:
        for statement in statements:
            connection.query(statement)
    finally:
        connection.close()
    return path


def folder_source(parent: Path, *statements: str, **options: Any) -> Source:
    if statements:
        folder(parent / "lake", *statements)
    return Source(4, "lake", "clickhouse", {"path": "lake", **options}, parent, "datagov.yaml", 9)


def special(database: str, values: Mapping[str, Special]) -> list[str]:
    """Statements that make the table of special values."""
    made = statements(values, table=f"{database}.special", quote="`")
    return [f"{one} ENGINE = MergeTree ORDER BY tuple()" if one.startswith("CREATE") else one for one in made]


@dataclass(frozen=True)
class Server:
    """A running test server."""

    port: int

    def ask(self, sql: str, *, user: str = "default", **settings: str) -> bytes:
        headers = urllib3.make_headers(basic_auth=f"{user}:{'' if user == 'default' else SECRET}")
        query = "&".join(f"{name}={value}" for name, value in settings.items())
        url = f"http://127.0.0.1:{self.port}/?{query}"
        answer = urllib3.request("POST", url, body=sql.encode(), headers=headers, timeout=60)
        assert answer.status == 200, answer.data[:300]
        return answer.data

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.ask(statement)

    def database(self, parent: Path) -> str:
        """A fresh database of a test's own folder."""
        name = f"d{sha256(str(parent).encode()).hexdigest()[:10]}"
        self.run(f"CREATE DATABASE {name}")
        return name

    def source(self, parent: Path, *databases: str, user: str = "reader", **options: Any) -> Source:
        given = {"dsn": f"clickhouse://{user}@127.0.0.1:{self.port}", "databases": list(databases), **options}
        given.setdefault("password", SECRET)
        return Source(4, "core", "clickhouse", given, parent, "datagov.yaml", 9)


@contextmanager
def server() -> Iterator[Server]:
    """The test server with an empty folder, stopped at the end."""
    with tempfile.TemporaryDirectory() as name:
        script = Path(__file__).with_name("_clickhouse_server.py")
        running = subprocess.Popen([sys.executable, str(script), name], stdout=subprocess.PIPE)
        try:
            assert running.stdout is not None
            yield Server(int(running.stdout.readline()))
        finally:
            running.terminate()
            running.wait(60)


def built(database: str, tables: Sequence[Table]) -> list[str]:
    return [statement for table in tables for statement in made(table, database)]
