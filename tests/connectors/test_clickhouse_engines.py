"""Every engine of ClickHouse that chDB can make: read, or a sentence why not; and a look at names sends nothing."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from _clickhouse import folder_source
from _sources import datasets, harvested, read

from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source
from datagov.errors import SourceError

pytestmark = pytest.mark.chdb

BASE = (
    "CREATE DATABASE s",
    "CREATE TABLE s.base (a UInt64, b String) ENGINE = MergeTree ORDER BY a",
    "INSERT INTO s.base SELECT number, 'x' FROM numbers(20)",
)
READABLE = {
    "Join(ANY, LEFT, a)": 2,
    "Log": 2,
    "StripeLog": 2,
    "TinyLog": 2,
    "Null": 0,
    "Buffer(s, base, 1, 100, 1000, 100000, 1000000, 1000000, 100000000)": 20,
    "Buffer(s, nowhere, 1, 100, 1000, 100000, 1000000, 1000000, 100000000)": 0,
    "ReplacingMergeTree ORDER BY a": 2,
    "CoalescingMergeTree ORDER BY a": 2,
    "EmbeddedRocksDB PRIMARY KEY a": 2,
}
ASIDE = {
    "Merge(s, '^base')": 20,
    "Merge(s, '^nowhere')": 0,
}
OUTSIDE = {
    "URL('http://{0}/a.csv', 'CSV')": "URL",
    "S3('http://{0}/bucket/a.csv', 'k', 'secretsecret', 'CSV')": "S3",
    "MySQL('{0}', 'd', 't', 'u', 'secretsecret')": "MySQL",
    "PostgreSQL('{0}', 'd', 't', 'u', 'secretsecret')": "PostgreSQL",
    "MongoDB('{0}', 'd', 't', 'u', 'secretsecret')": "MongoDB",
    "Redis('{0}') PRIMARY KEY a": "Redis",
    "HDFS('hdfs://{0}/x', 'CSV')": "HDFS",
    "File(CSV)": "File",
    "Executable('x.sh', 'CSV')": "Executable",
}
FUNCTIONS = ("remote('{0}', 's', 'base')", "mysql('{0}', 'd', 't', 'u', 'secretsecret')", "merge('s', '^base')")
COLUMNS = "(a UInt64, b String)"


@contextmanager
def listening() -> Iterator[tuple[str, list[float]]]:
    """A place that takes connections, and the times at which somebody came."""
    came: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as place:

        def wait() -> None:
            while True:
                try:
                    peer, _ = place.accept()
                except OSError:
                    return
                came.append(time.monotonic())
                peer.close()

        threading.Thread(target=wait, daemon=True).start()
        yield f"127.0.0.1:{place.getsockname()[1]}", came


def source(parent: Path, *statements: str, **options: object) -> Source:
    return folder_source(parent, *BASE, *statements, **options)


def messages(connector: ClickhouseConnector) -> dict[str, tuple[str, bool]]:
    return {row["object"]: (row["message"], row["fatal"]) for row in harvested(connector)["problem"]}


def test_a_table_of_every_engine_that_keeps_rows_is_read(tmp_path: Path) -> None:
    made = []
    for n, engine in enumerate(READABLE):
        made.append(f"CREATE TABLE s.t{n} {COLUMNS} ENGINE = {engine}")
        if not engine.startswith("Buffer"):
            made.append(f"INSERT INTO s.t{n} VALUES (100, 'q'), (101, 'r')")
    made += [f"CREATE TABLE s.m{n} {COLUMNS} ENGINE = {engine}" for n, engine in enumerate(ASIDE)]
    made += ["CREATE DICTIONARY s.d (a UInt64, b String) PRIMARY KEY a SOURCE(CLICKHOUSE(DB 's' TABLE 'base'))"]
    made[-1] += " LAYOUT(FLAT()) LIFETIME(0)"
    connector = ClickhouseConnector(source(tmp_path, *made))
    found = datasets(connector)
    rows = {name: read(connector, found[name]).num_rows for name in found}

    wanted = {f"s.t{n}": count for n, count in enumerate(READABLE.values())}
    wanted |= {f"s.m{n}": count for n, count in enumerate(ASIDE.values())}
    assert rows == {**wanted, "s.base": 20, "s.d": 20}
    assert messages(connector) == {}


def test_what_no_query_can_read_or_lies_elsewhere_is_a_sentence_and_never_asked(tmp_path: Path) -> None:
    with listening() as (place, came):
        made = [f"CREATE TABLE s.o{n} {COLUMNS} ENGINE = {engine.format(place)}" for n, engine in enumerate(OUTSIDE)]
        made += [f"CREATE TABLE s.f{n} {COLUMNS} AS {one.format(place)}" for n, one in enumerate(FUNCTIONS)]
        made += [
            f"CREATE TABLE s.st {COLUMNS} ENGINE = Set",
            "INSERT INTO s.st VALUES (1, 'x')",
            f"CREATE TABLE s.made {COLUMNS} ENGINE = GenerateRandom(1, 5, 3)",
            "CREATE VIEW s.v AS SELECT a FROM s.base WHERE a = {x:UInt64}",
            "CREATE VIEW s.inset AS SELECT * FROM s.st",
        ]
        connector = ClickhouseConnector(source(tmp_path, *made))
        came.clear()
        said = messages(connector)
        found = datasets(connector)
        for name in found:
            if name in said and name not in ("s.made", "s.v"):
                with pytest.raises(SourceError, match=r"exclude it"):
                    read(connector, found[name])
                assert connector.queries(found[name], rows=10, seed=1) == []

    assert came == []
    for n, engine in enumerate(OUTSIDE.values()):
        assert f"lies outside of the server ({engine})" in said[f"s.o{n}"][0]
    assert [said[f"s.f{n}"][0].partition("table function ")[2][:8] for n in range(3)] == [
        "(remote)",
        "(mysql),",
        "(merge),",
    ]
    assert "is a set for IN" in said["s.st"][0]
    assert said["s.v"][0].endswith(
        "is a view with parameters, which has rows only for given values; its SQL is traced."
    )
    assert {name for name, (_, fatal) in said.items() if not fatal} == {"s.made", "s.v"}
    assert connector.plan(found["s.made"], rows=10, seed=1) == []
    with pytest.raises(SourceError, match="no query can read"):
        read(connector, found["s.inset"])
    assert not any("secretsecret" in text for text, _ in said.values())


def test_opening_a_folder_fetches_nothing_even_for_views_that_refresh_themselves(tmp_path: Path) -> None:
    with listening() as (place, came):
        url = f"url('http://{place}/x', 'CSV', 'a UInt64')"
        made = (
            "CREATE MATERIALIZED VIEW s.r REFRESH EVERY 1 SECOND (a UInt64) ENGINE = MergeTree ORDER BY a EMPTY"
            f" AS SELECT a FROM {url}",
            f"CREATE TABLE s.far (a UInt64) ENGINE = Remote('{place}', 's', 'base')",
        )
        given = source(tmp_path, *made, statement_seconds=5)
        came.clear()
        connector = ClickhouseConnector(given)
        found = datasets(connector)
        with pytest.raises(SourceError):
            read(connector, found["s.far"])
        time.sleep(1.2)
        assert read(connector, found["s.base"]).num_rows == 20

    assert came == []


def test_databases_of_every_kind_are_seen_and_those_of_other_systems_are_named_but_not_asked(tmp_path: Path) -> None:
    with listening() as (place, came):
        made = (
            "SET allow_deprecated_database_ordinary = 1",
            "CREATE DATABASE old ENGINE = Ordinary",
            "CREATE TABLE old.t (a UInt64) ENGINE = MergeTree ORDER BY a",
            "INSERT INTO old.t VALUES (1)",
            f"CREATE DATABASE pg ENGINE = PostgreSQL('{place}', 'd', 'u', 'secretsecret')",
            f"CREATE DATABASE far ENGINE = Remote('{place}', 's')",
            f"CREATE DATABASE `far-off 1` ENGINE = Remote('{place}', 's')",
        )
        given = source(tmp_path, *made)
        came.clear()
        connector = ClickhouseConnector(given)
        rows = harvested(connector)

    assert came == []
    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {"s.base": 20, "old.t": 1}
    said = {row["object"]: row["message"] for row in rows["problem"]}
    assert set(said) == {"pg", "far", "far-off 1"}
    assert "a database 'pg' whose tables lie elsewhere (PostgreSQL)" in said["pg"]
    assert not any(row["fatal"] for row in rows["problem"])


def test_what_is_left_of_an_answer_that_failed_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    made = (
        "CREATE VIEW s.breaks AS SELECT a + throwIf(a = 19) AS a FROM s.base",
        "CREATE VIEW s.log AS SELECT a FROM s.base",
    )
    connector = ClickhouseConnector(source(tmp_path, *made))
    found = datasets(connector)
    for _ in range(3):
        with pytest.raises(SourceError):
            read(connector, found["s.breaks"])
        assert sorted(read(connector, found["s.log"])["a"].to_pylist()) == list(range(20))


def test_databases_and_tables_called_like_folders_of_clickhouse_are_read(tmp_path: Path) -> None:
    names = ("tmp", "detached", "store", "status", "metadata")
    made = ["SET allow_deprecated_database_ordinary = 1"]
    for database, engine in (("old", "Ordinary"), ("tmp", "Ordinary"), ("detached", "Ordinary"), ("status", "Atomic")):
        made.append(f"CREATE DATABASE {database} ENGINE = {engine}")
        for name in names:
            made.append(f"CREATE TABLE {database}.{name} (a UInt64) ENGINE = MergeTree ORDER BY a")
            made.append(f"INSERT INTO {database}.{name} VALUES (1), (2)")
        made.append(f"CREATE TABLE {database}.log (a UInt64) ENGINE = Log")
        made.append(f"INSERT INTO {database}.log VALUES (1)")
    connector = ClickhouseConnector(source(tmp_path, *made))
    found = datasets(connector)

    wanted = {f"{one}.{name}": 2 for one in ("old", "tmp", "detached", "status") for name in names}
    wanted |= {f"{one}.log": 1 for one in ("old", "tmp", "detached", "status")}
    assert {name: read(connector, found[name]).num_rows for name in found} == {**wanted, "s.base": 20}
    assert messages(connector) == {}
