"""The DuckDB connector keeps the promises of every data connector, on real files."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from _special import BYTES, JSON_DEEP, LEVELS, NO_DECIMAL_NAN, UUID, statements

duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")

from datagov.connectors.duckdb import DuckdbConnector  # noqa: E402 - after the skip
from datagov.contracts import Source  # noqa: E402 - after the skip
from datagov.testing import Cannot, DataConnectorConformance, Special, Table  # noqa: E402 - after the skip

TYPES = {"integer": "BIGINT", "float": "DOUBLE", "text": "VARCHAR", "binary": "BLOB"}


SPECIAL: Mapping[str, Special | Cannot] = {
    "float_nan": Special("DOUBLE", "'nan'", float("nan")),
    "float_infinity": Special("DOUBLE", "'infinity'", float("inf")),
    "float_minus_infinity": Special("FLOAT", "'-infinity'", float("-inf")),
    "decimal_nan": NO_DECIMAL_NAN,
    "decimal_huge": Special("UHUGEINT", str(2**128 - 1), str(2**128 - 1)),
    "date_zero": Cannot("DuckDB has no month or day zero."),
    "date_infinity": Special("DATE", "'infinity'", "infinity"),
    "date_before_christ": Special("DATE", "'0044-03-15 (BC)'", "0044-03-15 (BC)"),
    "timestamp_with_zone": Special("TIMESTAMPTZ", "'1990-03-07 08:09:10.5+08'", "1990-03-07 00:09:10.5+00"),
    "time_with_zone": Special("TIMETZ", "'08:09:10+08'", "08:09:10+08"),
    "unsigned": Special("UBIGINT", str(2**64 - 1), 2**64 - 1),
    "array": Special("VARCHAR[]", "['a', NULL, 'b,c']", ["a", None, "b,c"]),
    "enum": Special("mood", "'sad'", "sad", ("CREATE TYPE mood AS ENUM ('ok', 'sad')",)),
    "bit": Special("BIT", "'0101'::BIT", "0101"),
    "uuid": Special("UUID", f"'{UUID}'", UUID),
    "json": Special("JSON", """'{"mobile": ["1", null]}'""", '{"mobile": ["1", null]}'),
    "xml": Cannot("DuckDB has no such type without an extension from the network."),
    "bytes": Special("BLOB", f"unhex('{BYTES.hex()}')", BYTES),
    "not_utf8": Cannot("DuckDB refuses it."),
    "interval": Special("INTERVAL", "INTERVAL '14 months 3 days 4.5 seconds'", "1 year 2 months 3 days 00:00:04.5"),
    "inet": Cannot("DuckDB has no such type without an extension from the network."),
    "money": Cannot("DuckDB has no such type; decimals hold amounts."),
    "range": Cannot("DuckDB has no such type."),
    "domain": Special("mail", "'a@b.cn'", "a@b.cn", ("CREATE TYPE mail AS VARCHAR",)),
    "composite": Special(
        "STRUCT(street VARCHAR, number INT)", "{'street': '长安街', 'number': 1}", {"street": "长安街", "number": 1}
    ),
    "deep": Special("INT" + "[]" * LEVELS, JSON_DEEP, json.loads(JSON_DEEP)),
}


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

    def special(self) -> Mapping[str, Special | Cannot]:
        return SPECIAL

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        with closing(duckdb.connect(str(folder / "app.duckdb"))) as db:
            for statement in statements(values):
                db.execute(statement)
        return Source(1, "app", "duckdb", {"path": "app.duckdb"}, folder, "datagov.yaml", 3)

    def missing(self, folder: Path) -> Source:
        return Source(1, "app", "duckdb", {"path": "nowhere.duckdb"}, folder, "datagov.yaml", 3)
