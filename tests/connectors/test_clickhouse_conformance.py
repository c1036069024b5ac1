"""The ClickHouse connector keeps the promises of every data connector, both ways in.

The server's way runs against chDB's engine behind a test server that speaks ClickHouse's HTTP interface: no package
brings a ClickHouse server that is young enough. The folder's way is chDB itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from _clickhouse import Server, built, folder_source, is_allowed, server, special
from _special_clickhouse import CLICKHOUSE

from datagov.connectors._clickhouse_words import quote
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

pytestmark = pytest.mark.chdb


class TestFolder(DataConnectorConformance):
    connector = ClickhouseConnector

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        return folder_source(folder, "CREATE DATABASE shop", *built("shop", tables))

    def special(self) -> Mapping[str, Special | Cannot]:
        return CLICKHOUSE

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        return folder_source(folder, "CREATE DATABASE shop", *special("shop", values))

    def missing(self, folder: Path) -> Source:
        return folder_source(folder, path="nowhere")

    def allows(self, name: str) -> bool:
        return is_allowed(name)

    def quoted(self, name: str) -> str:
        return quote(name)


class TestServer(DataConnectorConformance):
    connector = ClickhouseConnector
    running: ClassVar[Server]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with server() as cls.running:
            yield

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        database = self.running.database(folder)
        self.running.run(*built(database, tables))
        return self.running.source(folder, database, history_days=0)

    def special(self) -> Mapping[str, Special | Cannot]:
        return CLICKHOUSE

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database = self.running.database(folder)
        self.running.run(*special(database, values))
        return self.running.source(folder, database, history_days=0)

    def missing(self, folder: Path) -> Source:
        return Source(4, "core", "clickhouse", {"dsn": "clickhouse://nobody@127.0.0.1:1"}, folder, "datagov.yaml", 9)

    def allows(self, name: str) -> bool:
        return is_allowed(name)

    def quoted(self, name: str) -> str:
        return quote(name)

    def fingerprint(self, source: Source) -> str:
        (database,) = source.options["databases"]
        here = f"active AND database = '{database}'"
        sql = f"SELECT table, name, hash_of_all_files FROM system.parts WHERE {here} ORDER BY ALL"
        return self.running.ask(sql).hex()
