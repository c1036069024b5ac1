"""The MySQL connector keeps the promises of every data connector, against a real MariaDB or MySQL server."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
from _mysql import Server, admin, quoted, server
from _special import MYSQL, statements

from datagov.connectors.mysql import MysqlConnector
from datagov.contracts import Source
from datagov.testing import Cannot, Cell, DataConnectorConformance, Special, Table

pytestmark = pytest.mark.server

TYPES = {"integer": "bigint", "float": "double", "text": "longtext", "binary": "longblob"}


class TestMysql(DataConnectorConformance):
    connector = MysqlConnector
    widest = 990
    running: ClassVar[Server]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with server() as cls.running:
            yield

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        database = self.running.database(folder)
        with closing(admin(database)) as db, db.cursor() as cursor:
            for table in tables:
                columns = ", ".join(f"{quoted(column)} {TYPES[kind]}" for column, kind in table.columns)
                cursor.execute(f"CREATE TABLE {quoted(table.name)} ({columns}) CHARACTER SET utf8mb4")
                marks = ", ".join(["%s"] * len(table.columns))
                name = quoted(table.name).replace("%", "%%")
                cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", table.rows)
        return self.running.source(folder, database)

    def special(self) -> Mapping[str, Special | Cannot]:
        return MYSQL

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database = self.running.database(folder)
        self.running.run("SET sql_mode = ''", *statements(values, quote="`"), database=database)
        return self.running.source(folder, database)

    def missing(self, folder: Path) -> Source:
        return Source(4, "core", "mysql", {"dsn": "mysql://nobody@127.0.0.1:1"}, folder, "datagov.yaml", 9)

    def allows(self, name: str) -> bool:
        """Identifiers have 64 characters of the basic plane, and a file's name holds their encoded form."""
        return len(name) <= 64 and max(map(ord, name)) <= 0xFFFF

    def holds(self, cell: Cell) -> bool:
        return not (isinstance(cell, float) and not math.isfinite(cell))

    def quoted(self, name: str) -> str:
        return quoted(name)

    def fingerprint(self, source: Source) -> str:
        (database,) = source.options["databases"]
        tables = self.running.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY 1", database
        )
        return repr([self.running.rows(f"CHECKSUM TABLE {quoted(database)}.{quoted(name)}") for (name,) in tables])
