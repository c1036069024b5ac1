"""ClickHouse servers that fail in every way: each is one sentence, in time, and the rest is read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _clickhouse import SECRET, Server, server
from _clickhouse_proxy import SECRET_TEXT, black_hole, proxy
from _sources import datasets, harvested, read

from datagov.connectors import _clickhouse_http as http
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError

pytestmark = pytest.mark.chdb


@pytest.fixture(scope="module")
def ch() -> Iterator[Server]:
    with server() as running:
        yield running


@pytest.fixture
def database(ch: Server, tmp_path: Path) -> str:
    """A database with a table ``good``, and ``bad``, to which things happen."""
    made = ch.database(tmp_path)
    for name in ("good", "bad"):
        ch.run(f"CREATE TABLE {made}.{name} (n UInt64, mail String) ENGINE = MergeTree ORDER BY n")
        ch.run(f"INSERT INTO {made}.{name} SELECT number, concat('u', toString(number), '@a.cn') FROM numbers(5000)")
    return made


def through(ch: Server, port: int, parent: Path, database: str, **options: Any) -> Source:
    return ch.source(parent, database, dsn=f"clickhouse://reader@127.0.0.1:{port}", history_days=0, **options)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("hang", "stopped answering; run again"),
        ("reset", "the connection broke; run again"),
        ("short", "the connection broke; run again"),
        ("error inside", "needs more memory than 'memory_mb' allows"),
        ("garbage", "the connection broke; run again"),
    ],
)
def test_a_read_that_fails_is_a_sentence_and_other_tables_are_read(
    ch: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, says: str
) -> None:
    monkeypatch.setattr(http, "_GRACE", 0)
    with proxy(ch.port, fault, named=b"`bad`") as port:
        connector = ClickhouseConnector(through(ch, port, tmp_path, database, statement_seconds=1))
        found = datasets(connector)
        begun = time.monotonic()
        with pytest.raises(SourceError, match=says) as failed:
            read(connector, found[f"{database}.bad"], rows=6_000)

        assert time.monotonic() - begun < 10
        assert str(failed.value).endswith(".")
        assert SECRET_TEXT not in str(failed.value)
        assert read(connector, found[f"{database}.good"], rows=6_000).num_rows == 5_000


def test_a_slow_answer_arrives_whole(ch: Server, database: str, tmp_path: Path) -> None:
    with proxy(ch.port, "slow", named=b"`bad`") as port:
        connector = ClickhouseConnector(through(ch, port, tmp_path, database))

        assert read(connector, datasets(connector)[f"{database}.bad"], rows=6_000).num_rows == 5_000


def test_a_server_that_takes_a_connection_and_never_answers_is_a_sentence_in_time(ch: Server, tmp_path: Path) -> None:
    begun = time.monotonic()
    with black_hole() as port, pytest.raises(SourceError, match="does not answer; check host, port and firewall"):
        harvested(ClickhouseConnector(through(ch, port, tmp_path, "d", connect_seconds=0.5)))

    assert time.monotonic() - begun < 15


def test_a_query_that_its_operator_stops_is_a_sentence(ch: Server, database: str, tmp_path: Path) -> None:
    ch.run(f"CREATE VIEW {database}.slow AS SELECT sleepEachRow(0.2) AS s FROM numbers(14) SETTINGS max_block_size = 1")
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))
    dataset = datasets(connector)[f"{database}.slow"]
    ended = threading.Event()

    def kill() -> None:
        while not ended.wait(0.3):
            ch.run("KILL QUERY WHERE query LIKE '%slow%' AND query NOT LIKE '%KILL%' ASYNC")

    threading.Thread(target=kill, daemon=True).start()
    try:
        with pytest.raises(SourceError, match="its operator stopped the query; run again later"):
            read(connector, dataset)
    finally:
        ended.set()


def test_an_answer_that_is_too_large_is_a_limit(ch: Server, database: str, tmp_path: Path) -> None:
    ch.run(f"CREATE TABLE {database}.wide (a String) ENGINE = MergeTree ORDER BY tuple()")
    ch.run(f"INSERT INTO {database}.wide SELECT repeat('x', 1000) FROM numbers(3000)")
    connector = ClickhouseConnector(ch.source(tmp_path, database, result_mb=1, history_days=0))

    with pytest.raises(SourceLimitError, match="answers with more than 'result_mb' allows"):
        read(connector, datasets(connector)[f"{database}.wide"], rows=5_000)


def test_a_sample_of_many_rows_is_not_too_long_a_statement(ch: Server, database: str, tmp_path: Path) -> None:
    ch.run(f"CREATE TABLE {database}.long (n UInt64) ENGINE = MergeTree ORDER BY n")
    ch.run(f"INSERT INTO {database}.long SELECT number FROM numbers(2000000)")
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))

    assert read(connector, datasets(connector)[f"{database}.long"], rows=60_000).num_rows == 60_000


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("AggregateFunction(uniq, String)", "arrayReduce('uniqState', ['a'])"),
        ("Nested(a String, b Array(UInt8))", "['x'], [[1]]"),
        ("Point", "(1, 2)"),
        ("Dynamic", "'x'"),
        ("Variant(String, UInt8)", "1"),
        ("QBit(Float32, 4)", "[1, 2, 3, 4]"),
        ("Time64(3)", "'08:09:10.123'"),
    ],
)
def test_a_type_that_drivers_do_not_know_is_read_all_the_same(
    ch: Server, tmp_path: Path, type_: str, value: str
) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (a {type_}) ENGINE = MergeTree ORDER BY tuple()")
    ch.run(
        f"INSERT INTO {database}.t VALUES ({value})"
        if "uniq" not in type_
        else f"INSERT INTO {database}.t SELECT {value}"
    )
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))

    (found,) = read(connector, datasets(connector)[f"{database}.t"]).columns[0].to_pylist()
    assert found not in (None, "", [])


def test_an_audit_names_what_it_could_not_read_does_the_rest_and_is_incomplete(
    ch: Server, database: str, tmp_path: Path
) -> None:
    with proxy(ch.port, "reset", named=b"`bad`") as port:
        (tmp_path / "datagov.yaml").write_text(
            "version: 1\nplatform: t\nsources:\n"
            f"  core: {{use: clickhouse, dsn: 'clickhouse://reader@127.0.0.1:{port}', password: '${{CH}}',"
            f" databases: [{database}], history_days: 0}}\n"
            "  gone: {use: clickhouse, dsn: 'clickhouse://reader@127.0.0.1:1'}\n"
        )
        command = [str(Path(sys.executable).with_name("datagov")), "audit", "--format", "json", "-o", "out"]
        environment = {"CH": SECRET, "PATH": "/usr/bin:/bin"}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, timeout=300)
    (evidence,) = tmp_path.rglob("evidence.sqlite")
    with closing(sqlite3.connect(evidence)) as store:
        said = " ".join(text for (text,) in store.execute("SELECT message FROM problem WHERE fatal"))
        found = dict(
            store.execute(
                "SELECT d.name, max(e.outcome) FROM examination e JOIN column USING (column_id)"
                " JOIN dataset d USING (dataset_id) WHERE column.name = 'mail' GROUP BY 1"
            )
        )

    assert ran.returncode == 3
    assert "the connection broke" in said
    assert "accepts no connection" in said
    assert found == {f"{database}.good": "sampled", f"{database}.bad": "unreadable"}
