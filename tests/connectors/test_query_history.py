"""Queries of a log that differ in their values only are one; what is kept of them is bounded."""

from __future__ import annotations

from typing import Any

import pytest

from datagov.connectors import _query_history
from datagov.connectors._query_history import History
from datagov.fact_writer import FactWriter


def written(dialect: str, *texts: str) -> dict[str, list[dict[str, Any]]]:
    history = History(dialect)
    for line, sql in enumerate(texts, 1):
        history.add(sql, account="li", at=None, schema=None, place=("a.log", line))
    writer = FactWriter(source_id=1)
    history.write(writer, source_id=1, kind="log", has_person=True, has_time=False)
    return {name: batch.to_pylist() for name, batch in writer.batches()}


SAME = [
    (
        "postgres",
        "SELECT a FROM t WHERE b = 'Li' AND c = 7",
        "SELECT a FROM t WHERE b = 'O''Brien, Ann' AND c = 1234.5",
    ),
    ("mysql", 'SELECT a FROM t WHERE b = "Li"', 'SELECT a FROM t WHERE b = "Wang Fang"'),
    ("postgres", "SELECT a /* trace 1 */ FROM t", "SELECT a /* trace 23,456 */ FROM t"),
    ("postgres", "INSERT INTO t VALUES (1e5, '')", "INSERT INTO t VALUES (17e12, '13800138000')"),
]
OTHERS = [
    ("postgres", "SELECT a FROM t1", "SELECT a FROM t22"),
    ("postgres", 'SELECT a FROM "person"', 'SELECT a FROM "staff"'),
    ("postgres", "SELECT a FROM t WHERE b = 1", "SELECT a FROM t WHERE b = '1'"),
    ("mysql", "SELECT a FROM `t`", "SELECT a FROM `u`"),
]


@pytest.mark.parametrize(("dialect", "one", "other", "count"), [*((*c, 1) for c in SAME), *((*c, 2) for c in OTHERS)])
def test_queries_that_differ_in_values_only_are_one(dialect: str, one: str, other: str, count: int) -> None:
    rows = written(dialect, one, other)
    assert len(rows["query"]) == count
    assert sum(row["calls"] for row in rows["query"]) == 2


def test_a_query_has_the_same_name_whatever_value_came_first() -> None:
    one, other = "SELECT a FROM t WHERE b = 'Li'", "SELECT a FROM t WHERE b = 'Wang Fang'"
    assert written("postgres", one, other)["job"][0]["name"] == written("postgres", other, one)["job"][0]["name"]


def test_texts_beyond_what_is_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_query_history, "_MOST_HELD", 40)
    rows = written("postgres", "SELECT a FROM t", "SELECT b FROM t", "SELECT a, b, c, d FROM t", "SELECT a FROM t")
    assert [row["calls"] for row in rows["query"]] == [2, 1]
    assert rows["query_log"][0]["left_out"] == 1
