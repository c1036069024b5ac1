"""The DuckDB connector keeps the promises of every data connector, on real files."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")

from datagov.connectors.duckdb import DuckdbConnector  # noqa: E402 - after the skip
from datagov.contracts import Source  # noqa: E402 - after the skip
from datagov.testing import DataConnectorConformance, Table  # noqa: E402 - after the skip

TYPES = {"integer": "BIGINT", "float": "DOUBLE", "text": "VARCHAR", "binary": "BLOB"}


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class TestDuckdb(DataConnectorConformance):
    connector = DuckdbConnector
    widest = 2_000

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        with closing(duckdb.connect(str(folder / "app.duckdb"))) as db:
            for table in tables:
                columns = ", ".join(f"{quoted(name)} {TYPES[kind]}" for name, kind in table.columns)
                db.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
                db.execute("BEGIN")
                for row in table.rows:
                    db.execute(f"INSERT INTO {quoted(table.name)} VALUES ({', '.join('?' * len(row))})", list(row))
                db.execute("COMMIT")
        return Source(1, "app", "duckdb", {"path": "app.duckdb"}, folder, "datagov.yaml", 3)

    def missing(self, folder: Path) -> Source:
        return Source(1, "app", "duckdb", {"path": "nowhere.duckdb"}, folder, "datagov.yaml", 3)
