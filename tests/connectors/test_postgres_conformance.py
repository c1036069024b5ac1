"""The PostgreSQL connector keeps the promises of every data connector, against a real server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
from _postgres import Server, psycopg, quoted, schema_of, server
from _special import POSTGRES, statements

from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

pytestmark = pytest.mark.server

TYPES = {"integer": "bigint", "float": "double precision", "text": "text", "binary": "bytea"}


class TestPostgres(DataConnectorConformance):
    connector = PostgresConnector
    widest = 1_600
    running: ClassVar[Server]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with server() as cls.running:
            yield

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        schema = schema_of(folder)
        with psycopg.connect(self.running.dsn()) as db:
            db.execute(f"CREATE SCHEMA {schema}")
            for table in tables:
                name = f"{schema}.{quoted(table.name)}"
                columns = ", ".join(f"{quoted(column)} {TYPES[kind]}" for column, kind in table.columns)
                db.execute(f"CREATE TABLE {name} ({columns})")
                with db.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                    for row in table.rows:
                        copy.write_row(row)
        self.running.grant(schema)
        return self.running.source(folder, schema)

    def special(self) -> Mapping[str, Special | Cannot]:
        return POSTGRES

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        schema = schema_of(folder)
        self.running.run(f"CREATE SCHEMA {schema}")
        self.running.run("; ".join([f"SET search_path = {schema}", *statements(values)]))
        self.running.grant(schema)
        return self.running.source(folder, schema)

    def missing(self, folder: Path) -> Source:
        options = {"dsn": "postgresql://nobody@127.0.0.1:1/none"}
        return Source(4, "core", "postgres", options, folder, "datagov.yaml", 9)

    def allows(self, name: str) -> bool:
        return len(name.encode()) <= 63

    def fingerprint(self, source: Source) -> str:
        (schema,) = source.options["schemas"]
        tables = self.running.rows(
            f"SELECT c.oid::regclass::text FROM pg_class c WHERE relnamespace = '{schema}'::regnamespace ORDER BY 1"
        )
        digests = [
            self.running.rows(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {name} AS t")
            for (name,) in tables
        ]
        return repr((tables, digests))
