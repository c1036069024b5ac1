"""Our own connectors keep the promises that third parties' connectors are held to."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from _sources import database, sqlite_source
from _special import SQLITE, statements

from datagov.connectors.odcs import OdcsConnector
from datagov.connectors.sqlfolder import SqlFolderConnector
from datagov.connectors.sqlite import SqliteConnector
from datagov.contracts import Source
from datagov.testing import Cannot, ConnectorConformance, DataConnectorConformance, Special, Table

AFFINITY = {"integer": "INTEGER", "float": "REAL", "text": "TEXT", "binary": "BLOB"}

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: "1"
version: 1.0.0
status: active
servers: [{server: prod, type: custom, schema: lending}]
team: {members: [{username: li.wei@example.org, role: owner}]}
schema: [{name: member, properties: [{name: mobile, classification: C2}]}]
"""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class TestSqlite(DataConnectorConformance):
    connector = SqliteConnector
    widest = 2_000

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        with closing(sqlite3.connect(folder / "app.db")) as db, db:
            for table in tables:
                columns = ", ".join(f"{quoted(name)} {AFFINITY[kind]}" for name, kind in table.columns)
                db.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
                marks = ", ".join("?" * len(table.columns))
                db.executemany(f"INSERT INTO {quoted(table.name)} VALUES ({marks})", table.rows)
        return Source(1, "app", "sqlite", {"path": "app.db", "schema": "app"}, folder, "datagov.yaml", 3)

    def special(self) -> Mapping[str, Special | Cannot]:
        return SQLITE

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database(folder, "; ".join(statements(values)))
        return sqlite_source(folder)

    def missing(self, folder: Path) -> Source:
        return Source(1, "app", "sqlite", {"path": "nowhere.db"}, folder, "datagov.yaml", 3)


class TestSqlFolder(ConnectorConformance):
    connector = SqlFolderConnector

    def source(self, folder: Path) -> Source:
        (folder / "sql").mkdir()
        (folder / "sql" / "a.sql").write_text("CREATE TABLE t AS\nSELECT 1;\n")
        (folder / "sql" / "b.sql").write_bytes(b"\xff\xfe")
        return Source(2, "pipeline", "sqlfolder", {"path": "sql", "dialect": "sqlite"}, folder, "datagov.yaml", 5)

    def missing(self, folder: Path) -> Source:
        return Source(2, "pipeline", "sqlfolder", {"path": "no", "dialect": "sqlite"}, folder, "datagov.yaml", 5)


class TestOdcs(ConnectorConformance):
    connector = OdcsConnector

    def source(self, folder: Path) -> Source:
        (folder / "contracts").mkdir()
        (folder / "contracts" / "member.odcs.yaml").write_text(CONTRACT)
        (folder / "contracts" / "broken.odcs.yaml").write_text("kind: [")
        return Source(3, "contracts", "odcs", {"path": "contracts"}, folder, "datagov.yaml", 7)

    def missing(self, folder: Path) -> Source:
        return Source(3, "contracts", "odcs", {"path": "nowhere"}, folder, "datagov.yaml", 7)
