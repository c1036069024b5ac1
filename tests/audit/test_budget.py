"""A night reads no more of its sources than it was asked to, and says what it left."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit
from datagov.commands import _plan
from datagov.config import load
from datagov.model import Exit


def _rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


_READ = (
    "SELECT d.name, max(e.rows_examined) AS read, max(e.reason) AS reason FROM examination e JOIN column c"
    " USING (column_id) JOIN dataset d USING (dataset_id) GROUP BY d.name ORDER BY d.name"
)


def test_datasets_beyond_the_nights_rows_are_not_examined_and_said_once(audited: Callable[..., Audit]) -> None:
    audit = audited(settings="limits: {night_rows: 250}\n")

    read = {row["name"]: (row["read"], row["reason"]) for row in _rows(audit, _READ)}
    assert read["main.customer"][0] == 200
    assert read["main.mailing"] == (0, "The night's budget was spent before this dataset; raise 'limits.night_rows' or "
                                       "'limits.night_mb'.")  # fmt: skip
    (problem,) = _rows(audit, "SELECT message, fatal FROM problem WHERE kind = 'budget'")
    assert problem["message"].startswith("The night's budget was spent before 1 dataset could be read")
    assert not problem["fatal"]
    assert audit.exit is not Exit.INCOMPLETE


def test_a_dataset_of_few_rows_is_read_after_one_that_did_not_fit(audited: Callable[..., Audit], shop: Path) -> None:
    with closing(sqlite3.connect(shop / "shop.db")) as db, db:
        db.execute("CREATE TABLE small (email TEXT)")
        db.execute("INSERT INTO small SELECT email FROM customer LIMIT 10")

    audit = audited(settings="limits: {night_rows: 215}\n")

    assert {row["name"] for row in _rows(audit, _READ) if row["read"]} == {"main.customer", "main.small"}


def test_without_a_budget_everything_is_read(audited: Callable[..., Audit]) -> None:
    assert not _rows(audited(), "SELECT 1 FROM problem WHERE kind = 'budget'")


def test_a_plan_tells_queries_rows_and_time_of_a_source(
    audited: Callable[..., Audit], shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audited()

    _plan.show(load(shop / "datagov.yaml"), "en")

    assert "--   about 3 queries, 400 rows, 0.0 MB, 0 s; rows of 3 tables are counted" in capsys.readouterr().out
