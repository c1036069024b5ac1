"""The generic connector keeps the promises of every data connector, through SQLAlchemy's dialects for SQLite,
PostgreSQL and MariaDB, on real files and servers."""

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import _special
import pytest
from _mysql import HOST, PORT, SECRET, admin
from _mysql import Server as MysqlServer
from _mysql import quoted as backticked
from _mysql import server as mysql_server
from _postgres import Server, psycopg, quoted, schema_of, server
from _sources import database

from datagov.connectors.sqlalchemy import SqlalchemyConnector
from datagov.contracts import Source
from datagov.testing import Cannot, Cell, DataConnectorConformance, Special, Table

SQLITE = {"integer": "INTEGER", "float": "REAL", "text": "TEXT", "binary": "BLOB"}
POSTGRES = {"integer": "bigint", "float": "double precision", "text": "text", "binary": "bytea"}
MYSQL = {"integer": "bigint", "float": "double", "text": "longtext", "binary": "longblob"}


def source(folder: Path, url: str, **options: object) -> Source:
    return Source(1, "app", "sqlalchemy", {"url": url, **options}, folder, "datagov.yaml", 3)


class TestSqlite(DataConnectorConformance):
    connector = SqlalchemyConnector
    widest = 2_000

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        with closing(sqlite3.connect(folder / "app.db")) as db, db:
            for table in tables:
                columns = ", ".join(f"{quoted(name)} {SQLITE[kind]}" for name, kind in table.columns)
                db.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
                marks = ", ".join("?" * len(table.columns))
                db.executemany(f"INSERT INTO {quoted(table.name)} VALUES ({marks})", table.rows)
        return source(folder, "sqlite:///app.db")

    def special(self) -> Mapping[str, Special | Cannot]:
        return _special.SQLITE

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database(folder, "; ".join(_special.statements(values)))
        return source(folder, "sqlite:///app.db")

    def missing(self, folder: Path) -> Source:
        return source(folder, "sqlite:///nowhere.db")


@pytest.mark.server
class TestPostgres(DataConnectorConformance):
    connector = SqlalchemyConnector
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
                columns = ", ".join(f"{quoted(column)} {POSTGRES[kind]}" for column, kind in table.columns)
                db.execute(f"CREATE TABLE {name} ({columns})")
                with db.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                    for row in table.rows:
                        copy.write_row(row)
        return self.reached(folder, schema)

    def reached(self, folder: Path, schema: str) -> Source:
        self.running.grant(schema)
        known = psycopg.conninfo.conninfo_to_dict(self.running.dsn(self.running.reader))
        url = f"postgresql+psycopg://{known['user']}@{known['host']}:{known['port']}/{known['dbname']}"
        return source(folder, url, schemas=[schema])

    def special(self) -> Mapping[str, Special | Cannot]:
        """Values that a driver makes objects of are told as Python writes those."""
        return _special.arriving(
            _special.POSTGRES,
            array='["a", null, "b,c"]',
            interval="428 days, 4:05:06.500000",
            range="[1, 5)",
        )

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        schema = schema_of(folder)
        self.running.run(f"CREATE SCHEMA {schema}")
        self.running.run("; ".join([f"SET search_path = {schema}", *_special.statements(values)]))
        return self.reached(folder, schema)

    def missing(self, folder: Path) -> Source:
        return source(folder, "postgresql+psycopg://nobody@127.0.0.1:1/none")

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


@pytest.mark.server
class TestMariadb(DataConnectorConformance):
    connector = SqlalchemyConnector
    widest = 990
    running: ClassVar[MysqlServer]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with mysql_server() as cls.running:
            yield

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        database = self.running.database(folder)
        with closing(admin(database)) as db, db.cursor() as cursor:
            for table in tables:
                columns = ", ".join(f"{backticked(column)} {MYSQL[kind]}" for column, kind in table.columns)
                cursor.execute(f"CREATE TABLE {backticked(table.name)} ({columns}) CHARACTER SET utf8mb4")
                marks = ", ".join(["%s"] * len(table.columns))
                name = backticked(table.name).replace("%", "%%")
                cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", table.rows)
        return self.reached(folder, database)

    def reached(self, folder: Path, database: str) -> Source:
        url = f"mysql+pymysql://{self.running.reader}@{HOST}:{PORT}/{database}?charset=utf8mb4"
        return source(folder, url, schemas=[database], password=SECRET)

    def special(self) -> Mapping[str, Special | Cannot]:
        """Values that a driver makes objects of are told as Python writes those."""
        return _special.arriving(
            _special.MYSQL,
            timestamp_with_zone="1990-03-07 00:09:10.500000",
            unsigned=str(2**64 - 1),
            bit=bytes(7) + b"\x0f",
            interval="-35 days, 1:00:01.500000",
        )

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database = self.running.database(folder)
        self.running.run("SET sql_mode = ''", *_special.statements(values, quote="`"), database=database)
        return self.reached(folder, database)

    def missing(self, folder: Path) -> Source:
        return source(folder, "mysql+pymysql://nobody@127.0.0.1:1/none")

    def allows(self, name: str) -> bool:
        """Identifiers have 64 characters of the basic plane; SQLAlchemy misreads a backtick or a line break in one."""
        return len(name) <= 64 and max(map(ord, name)) <= 0xFFFF and not {"`", "\n"} & set(name)

    def holds(self, cell: Cell) -> bool:
        return not (isinstance(cell, float) and not math.isfinite(cell))

    def quoted(self, name: str) -> str:
        return backticked(name)

    def fingerprint(self, source: Source) -> str:
        (database,) = source.options["schemas"]
        tables = self.running.rows(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s ORDER BY 1", database
        )
        names = [f"{backticked(database)}.{backticked(name)}" for (name,) in tables]
        return repr([self.running.rows(f"CHECKSUM TABLE {name}") for name in names])
