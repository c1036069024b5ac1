"""A sample says how many of its rows came of one block, and what a clean column may still hold says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from _clickhouse import folder_source
from _lakes import ref
from _mysql import Server as MariaDB
from _postgres import Server as PostgreSQL
from _sources import datasets

from datagov.connectors._mysql_draw import together
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.connectors.delta import DeltaConnector
from datagov.connectors.files import FilesConnector
from datagov.connectors.mysql import MysqlConnector
from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import DataConnector, DatasetRef, Limits, Source
from datagov.engine import wire
from datagov.stages import arrived
from datagov.stages.detect import examine_datasets
from datagov.stages.examine import Work

ROWS = 200_000


def alike(connector: DataConnector, dataset: DatasetRef, rows: int = 2_000) -> float:
    """How many rows of a sample came together, as the stage that examines them hears it."""
    came = arrived.read(connector, dataset, connector.plan(dataset, rows=rows, seed=1))

    assert came.fair
    assert all(batch.schema.names == [str(column_id) for column_id, _ in dataset.columns] for batch in came.batches)
    return came.alike


@pytest.mark.server
def test_postgresql_counts_the_rows_of_each_block(pg: PostgreSQL, schema: str, tmp_path: Path) -> None:
    pg.run(
        f"CREATE TABLE {schema}.t AS SELECT n AS a, repeat('x', 100) AS b FROM generate_series(1, {ROWS}) AS n",
        f"ANALYZE {schema}.t",
        f"CREATE VIEW {schema}.v AS SELECT a FROM {schema}.t",
        f"CREATE TABLE {schema}.p (a int, b text) PARTITION BY RANGE (a)",
        f"CREATE TABLE {schema}.p1 PARTITION OF {schema}.p FOR VALUES FROM (0) TO (100000)",
        f"CREATE TABLE {schema}.p2 PARTITION OF {schema}.p FOR VALUES FROM (100000) TO (300000)",
        f"INSERT INTO {schema}.p SELECT * FROM {schema}.t",
    )
    pg.grant(schema)
    connector = PostgresConnector(pg.source(tmp_path, schema))
    known = datasets(connector)

    assert 3 < alike(connector, known[f"{schema}.t"]) < 8, "about five rows of each block, and itself"
    assert 3 < alike(connector, known[f"{schema}.p"]) < 8, "blocks of two partitions have the same numbers"
    assert alike(connector, known[f"{schema}.v"]) == 1
    assert alike(connector, known[f"{schema}.t"], ROWS) == 1, "all rows"


@pytest.mark.server
def test_mariadb_counts_the_rows_of_each_range_of_keys(my: MariaDB, database: str, tmp_path: Path) -> None:
    hexadecimal = "CONCAT(MD5(seq), '')"
    my.run(
        "CREATE TABLE t (id int PRIMARY KEY, b varchar(200))",
        f"INSERT INTO t SELECT seq, REPEAT('x', 150) FROM seq_1_to_{ROWS}",
        "CREATE TABLE few (id int PRIMARY KEY)",
        "INSERT INTO few SELECT seq FROM seq_1_to_20000",
        "CREATE TABLE digits (id char(32) CHARACTER SET ascii PRIMARY KEY, b varchar(200))",
        f"INSERT INTO digits SELECT {hexadecimal}, REPEAT('x', 150) FROM seq_1_to_{ROWS}",
        "CREATE TABLE raw (id binary(16) PRIMARY KEY, b varchar(200))",
        f"INSERT INTO raw SELECT UNHEX({hexadecimal}), REPEAT('x', 150) FROM seq_1_to_{ROWS}",
        "CREATE TABLE gaps (id bigint unsigned PRIMARY KEY, b varchar(200))",
        f"INSERT INTO gaps SELECT 18446744073709551615 - seq * 1000, REPEAT('x', 150) FROM seq_1_to_{ROWS}",
        "ANALYZE TABLE t, few, digits, raw, gaps",
        database=database,
    )
    connector = MysqlConnector(my.source(tmp_path, database))
    known = {name.partition(".")[2]: one for name, one in datasets(connector).items()}

    assert 6 < alike(connector, known["t"]) < 15
    assert alike(connector, known["few"]) == 1, "single keys"
    assert 6 < alike(connector, known["digits"]) < 16
    assert 6 < alike(connector, known["raw"]) < 16
    assert 3 < alike(connector, known["gaps"]) < 16


def test_keys_are_counted_by_the_range_they_lie_in() -> None:
    assert sorted(together([10, 20, 2**64 - 9], ["10", "19", "20", str(2**64 - 1), None])) == [1, 1, 2]
    assert sorted(together(["00", "80"], ["0A", "7f", "80"])) == [1, 2]


def test_clickhouse_counts_the_rows_of_each_granule(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the extra 'clickhouse' is not installed")
    source = folder_source(
        tmp_path,
        "CREATE DATABASE app",
        "CREATE TABLE app.large (a Int64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO app.large SELECT number FROM numbers(2000000)",
        "CREATE TABLE app.small (a Int64) ENGINE = MergeTree ORDER BY a",
        "INSERT INTO app.small SELECT number FROM numbers(5000)",
        "OPTIMIZE TABLE app.large FINAL",
    )
    connector = ClickhouseConnector(source)
    known = datasets(connector)

    assert alike(connector, known["app.large"]) == pytest.approx(2_000 / 16, rel=0.05), "16 granules of 245"
    assert alike(connector, known["app.small"]) == 1, "one granule, of which every row may come"


def lake(folder: Path) -> Path:
    made = folder / "lake"
    made.mkdir()
    return made


def numbers(rows: int) -> pa.Table:
    return pa.table({"n": list(range(rows)), "t": [f"text {n}" for n in range(rows)]})


def test_files_count_the_rows_of_each_stretch_or_file(tmp_path: Path) -> None:
    folder = lake(tmp_path)
    for name, size in (("groups", 60_000), ("whole", 1_000_000)):
        (folder / name).mkdir()
        pq.write_table(numbers(2_400_000), folder / name / "a.parquet", row_group_size=size)
    (folder / "many").mkdir()
    for n in range(80):
        pq.write_table(pa.table({"n": list(range(n, n + 40_000))}), folder / "many" / f"{n:02}.parquet")
    connector = FilesConnector(Source(1, "lake", "files", {"path": "lake"}, tmp_path, "datagov.yaml", 3))

    assert alike(connector, ref(connector, "lake.groups")) == pytest.approx(2_000 / 64, rel=0.05), "of 40 row groups"
    assert alike(connector, ref(connector, "lake.whole")) == 1, "no row group is left out"
    assert alike(connector, ref(connector, "lake.many")) == pytest.approx(2_000 / 64, rel=0.05), "64 of 80 files"


def test_a_large_text_file_counts_the_rows_of_each_place(tmp_path: Path) -> None:
    folder = lake(tmp_path)
    pa_csv.write_csv(numbers(300_000), folder / "t.csv")
    small = Source(1, "lake", "files", {"path": "lake", "text_mb": 1}, tmp_path, "datagov.yaml", 3)
    large = Source(1, "lake", "files", {"path": "lake", "text_mb": 64}, tmp_path, "datagov.yaml", 3)
    read: Sequence[FilesConnector] = [FilesConnector(small), FilesConnector(large)]

    assert [alike(one, ref(one, "lake.t")) for one in read] == [pytest.approx(2_000 / 16, rel=0.02), 1]


def test_delta_tables_count_the_rows_of_each_file(tmp_path: Path) -> None:
    folder = lake(tmp_path)
    for n in range(70):
        deltalake.write_deltalake(folder / "t", pa.table({"n": list(range(n, n + 5_000))}), mode="append")
    connector = DeltaConnector(Source(1, "lake", "delta", {"path": "lake"}, tmp_path, "datagov.yaml", 3))
    (dataset,) = datasets(connector).values()

    assert alike(connector, dataset) == pytest.approx(2_000 / 64, rel=0.05)


@pytest.mark.server
def test_what_a_clean_column_may_still_hold_goes_by_blocks(pg: PostgreSQL, schema: str, tmp_path: Path) -> None:
    pg.run(
        f"CREATE TABLE {schema}.t AS SELECT n % 5 AS a, repeat('x', 100) AS b FROM generate_series(1, {ROWS}) AS n",
        f"ANALYZE {schema}.t",
    )
    pg.grant(schema)
    source = pg.source(tmp_path, schema)
    dataset = datasets(PostgresConnector(source))[f"{schema}.t"]
    work = Work(dataset, {column_id: ("int", None) for column_id, _ in dataset.columns})
    packed = examine_datasets(source, [work], Limits(), 1)
    (found, _) = [row for name, batch in wire.unpack(packed) if name == "examination" for row in batch.to_pylist()]

    assert found["rows_examined"] == 1_000
    assert 2.5 * 3 / 1_000 < found["excludable_prevalence"] < 4 * 3 / 1_000
