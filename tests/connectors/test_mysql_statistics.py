"""MySQL and MariaDB whose statistics are far off: a sample stays small and fair, and takes bounded time and memory."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from _mysql import Server, admin
from _sources import datasets

from datagov.connectors import _mysql_catalog as catalog
from datagov.connectors import _mysql_draw as drawing
from datagov.connectors import _mysql_harvest as harvest
from datagov.connectors import _mysql_probe as probe
from datagov.connectors.mysql import MysqlConnector
from datagov.stages import arrived

pytestmark = pytest.mark.server

ROWS = 300_000
KEYS = {
    "dense": ("id int PRIMARY KEY", "seq"),
    "with gaps": ("id bigint PRIMARY KEY", "seq * 100000"),
    "in two clumps": ("id bigint PRIMARY KEY", "IF(seq % 2, seq, 9000000000000000000 + seq)"),
    "with negative keys": ("id bigint PRIMARY KEY", "IF(seq % 2, -seq, 9223372036854000000 + seq)"),
    "several rows of a key": ("id int NOT NULL, n int AUTO_INCREMENT UNIQUE, KEY (id)", "seq DIV 3, NULL"),
    "digests": ("id char(32) CHARACTER SET ascii PRIMARY KEY", "MD5(seq)"),
    "bytes": ("id binary(16) PRIMARY KEY", "UNHEX(MD5(seq))"),
}


def wrong(my: Server, database: str, kind: str, claimed: int, *, rows: int = ROWS) -> None:
    """A table whose statistics say ``claimed`` rows, of which the server makes itself sure no more."""
    column, value = KEYS[kind]
    my.run(
        f"CREATE TABLE made ({column}, place int) STATS_PERSISTENT=1, STATS_AUTO_RECALC=0",
        f"INSERT INTO made SELECT {value}, seq FROM seq_1_to_{rows}",
        "ANALYZE TABLE made",
        f"UPDATE mysql.innodb_table_stats SET n_rows = {claimed} WHERE database_name = '{database}'",
        "RENAME TABLE made TO t",
        database=database,
    )
    said = my.rows("SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s", database)
    assert said == [(claimed,)], "the server read them again when the table was renamed"


@pytest.mark.parametrize("claimed", [0, 10, 5_000, ROWS, 10**9])
@pytest.mark.parametrize("kind", KEYS)
def test_a_sample_is_small_and_from_everywhere_whatever_the_statistics_say(
    my: Server, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, claimed: int
) -> None:
    monkeypatch.setattr(harvest, "COUNT_BYTES", 1)
    wrong(my, database, kind, claimed)
    connector = MysqlConnector(my.source(tmp_path, database))
    dataset = datasets(connector)[f"{database}.t"]
    assert dataset.row_count is None, "a large table is not counted"

    tracemalloc.start()
    began, worked = time.monotonic(), time.process_time()
    splits = connector.plan(dataset, rows=2_000, seed=1)
    came = arrived.read(connector, dataset, splits)
    took, worked = time.monotonic() - began, time.process_time() - worked
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    place = [name for _, name in dataset.columns].index("place")
    places = [value for batch in came.batches for value in batch.column(place).to_pylist()]

    assert came.fair
    assert 600 <= len(set(places)) == len(places) <= 2_000
    assert {n * 10 // (ROWS + 1) for n in places} == set(range(10))
    assert worked < 5, "seconds of processor time here, while memory is watched"
    assert took < 20, "seconds with the server, which others keep busy"
    assert most < 20 * 2**20
    assert len(splits[0].detail["sql"]) < 500_000


@pytest.mark.parametrize("claimed", [10, 10**9])
@pytest.mark.parametrize("kind", KEYS)
def test_the_rows_are_told_by_the_key(my: Server, database: str, kind: str, claimed: int) -> None:
    wrong(my, database, kind, claimed)
    connection = admin()
    try:
        (relation,) = catalog.find(connection, f"{database}.t")
        known = catalog.columns(connection, database, "t")["t"]
        (key, *_) = catalog.keys(connection, relation, known)
        told = [drawing._estimated(connection, relation, key, Random(seed)) for seed in range(5)]
    finally:
        connection.close()

    assert all(ROWS / 3 < one < ROWS * 3 for one in told), told


def test_a_small_table_that_is_called_large_is_counted_by_its_key(my: Server, database: str) -> None:
    wrong(my, database, "with gaps", 10**9, rows=40)
    connection = admin()
    try:
        (relation,) = catalog.find(connection, f"{database}.t")
        known = catalog.columns(connection, database, "t")["t"]
        (key, *_) = catalog.keys(connection, relation, known)
        assert drawing._estimated(connection, relation, key, Random(1)) == 40
    finally:
        connection.close()


def test_a_look_reads_a_bounded_number_of_rows(my: Server, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(probe, "run", lambda connection, sql: [(asked.append(sql) or 10**6,)])
    key = catalog.Key("PRIMARY", catalog.Column("id", 0, "bigint", "bigint", None, False, True, None, True), True)
    relation = catalog.Relation(database, "t", "table", "InnoDB", 10, 1, None, None, None)
    probe.rows_of(
        None,
        relation,
        key,
        space=2**64,
        condition=lambda a, b: f"id BETWEEN {a} AND {b - 1}",
        guess=1,
        chance=Random(1),
    )

    *looks, last = asked
    assert len(looks) <= 20
    assert all(f"LIMIT {probe._MOST + 1})" in sql and len(sql) < 5_000 for sql in looks)
    assert f"LIMIT {probe._ALL + 1})" in last
