"""Rows that ``DELETE FROM`` marked as deleted stay in their parts: a sample draws past them and says what came."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from _clickhouse import folder_source
from _sources import datasets, harvested, read

from datagov.connectors import _clickhouse_parts as parts
from datagov.connectors import _clickhouse_sample as sample
from datagov.connectors._clickhouse_catalog import Column, Relation
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import ALIKE

pytestmark = pytest.mark.chdb

MADE = (
    "CREATE DATABASE s",
    "CREATE TABLE s.t (n UInt64) ENGINE = MergeTree ORDER BY n",
    *(f"INSERT INTO s.t SELECT number FROM numbers({start}, 100000)" for start in (0, 100_000, 200_000)),
    "SET lightweight_deletes_sync = 2",
)


def test_a_sample_is_as_large_as_asked_though_most_rows_were_deleted(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MADE, "DELETE FROM s.t WHERE n % 10 != 0 AND n >= 100000")
    connector = ClickhouseConnector(given)
    dataset = datasets(connector)["s.t"]
    thirds: Counter[int] = Counter()
    for seed in range(6):
        (split,) = connector.plan(dataset, rows=1_000, seed=seed)
        found = read(connector, dataset, rows=1_000, seed=seed)["n"].to_pylist()
        thirds.update(n // 100_000 for n in found)
        assert (split.full, split.fair, split.rows) == (False, True, 1_000)
        assert len(found) == len(set(found)) == 1_000
        assert all(n < 100_000 or n % 10 == 0 for n in found)

    assert 0.06 < thirds[1] / thirds[0] < 0.15
    assert 0.06 < thirds[2] / thirds[0] < 0.15


def test_rows_that_are_left_and_fit_into_a_sample_are_all_read(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MADE, "DELETE FROM s.t WHERE n % 1000 != 0")
    connector = ClickhouseConnector(given)
    dataset = datasets(connector)["s.t"]

    assert all(split.full for split in connector.plan(dataset, rows=1_000, seed=1))
    assert sorted(read(connector, dataset, rows=1_000)["n"].to_pylist()) == list(range(0, 300_000, 1_000))
    assert [row["row_count"] for row in harvested(connector)["dataset"]] == [None]


def test_what_came_together_is_told_of_the_rows_that_came(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MADE, "DELETE FROM s.t WHERE n >= 18000")
    connector = ClickhouseConnector(given)
    (split,) = connector.plan(datasets(connector)["s.t"], rows=1_000, seed=1)
    batches = list(connector.read(split))
    rows = sum(batch.num_rows for batch in batches)

    assert batches[0].schema.names == [str(split.dataset.columns[0][0])]
    assert rows == 1_000
    assert float(batches[0].schema.metadata[ALIKE.encode()]) == rows


def test_of_a_large_table_the_share_of_rows_that_are_left_is_estimated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "COUNTED_ROWS", 100_000)
    given = folder_source(tmp_path, *MADE, "DELETE FROM s.t WHERE n % 4 != 0")
    connector = ClickhouseConnector(given)
    dataset = datasets(connector)["s.t"]
    sizes = [read(connector, dataset, rows=1_000, seed=seed).num_rows for seed in range(4)]

    assert sizes == [1_000] * 4
    asked = connector.queries(dataset, rows=1_000, seed=1)
    assert len(asked) == 2
    assert asked[0][1] <= 300_000


def test_the_query_of_a_large_sample_of_a_table_with_hardly_a_row_left_is_one_that_a_server_takes() -> None:
    known = {"n": Column("n", "UInt64", None, True, "")}
    many = [("all_1_1_0", 60_000_000), ("all_2_2_0", 40_000_000)]
    for most in (2_000, 50_000, 600_000):
        one = sample.sample(Relation("s", "t", "MergeTree"), ["n"], known, many, most=most, seed=1, left=0.0)
        assert len(one.sql) < 100_000
        assert one.touched <= 100_000_000


def test_of_a_large_table_with_few_rows_left_every_row_has_the_same_chance_and_the_bound_counts_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "_NAMED", 2_000)
    given = folder_source(tmp_path, *MADE, "DELETE FROM s.t WHERE n % 50 != 0")
    connector = ClickhouseConnector(given)
    dataset = datasets(connector)["s.t"]
    thirds: Counter[int] = Counter()
    for seed in range(12):
        (split,) = connector.plan(dataset, rows=500, seed=seed)
        assert "sipHash64" in split.detail["sql"]
        assert len(split.detail["sql"]) < 20_000
        (batch, *_) = connector.read(split)
        found = batch.column(0).to_pylist()
        thirds.update(n // 100_000 for n in found)
        assert len(found) == len(set(found)) == 500
        assert all(n % 50 == 0 for n in found)
        assert float(batch.schema.metadata[ALIKE.encode()]) > 1
        assert [n for one in connector.read(split) for n in one.column(0).to_pylist()] == found

    assert all(0.28 < thirds[third] / sum(thirds.values()) < 0.39 for third in range(3))
