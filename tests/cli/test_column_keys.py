"""Foreign keys where people read of a column: in the terminal and on the page."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from datagov.reports.html.payload import payload
from datagov.reports.summary import summarise
from datagov.store import Evidence
from tests.cli.test_commands import datagov


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was audited: purchases refer to customers."""
    folder = tmp_path_factory.mktemp("shop")
    with closing(sqlite3.connect(folder / "shop.db")) as db, db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)")
        db.execute("CREATE TABLE purchase (id INTEGER PRIMARY KEY, buyer INTEGER REFERENCES customer)")
    assert datagov("init", "sqlite:///shop.db", "--yes", cwd=folder).returncode == 0
    assert datagov("audit", "-f", "text", cwd=folder).returncode == 0
    return folder


def column(shop: Path, *arguments: str) -> str:
    return datagov("column", *arguments, cwd=shop).stdout


def test_a_column_says_what_it_refers_to_and_what_refers_to_it(shop: Path) -> None:
    assert "  refers to main.customer.id" in column(shop, "main.purchase.buyer").splitlines()
    assert "  used by   main.purchase.buyer" in column(shop, "main.customer.id").splitlines()
    assert "  引用      main.customer.id" in column(shop, "main.purchase.buyer", "--lang", "zh").splitlines()
    assert json.loads(column(shop, "main.customer.id", "-f", "json"))["referenced_by"] == [
        {"column": "main.purchase.buyer", "enforced": None}
    ]


def test_the_page_holds_what_a_column_refers_to(shop: Path) -> None:
    (run,) = (shop / ".datagov" / "runs").glob("*/evidence.sqlite")
    evidence = Evidence(run)
    shown = payload(evidence, summarise(evidence))
    evidence.close()

    assert [row[1] for row in shown["references"]] == ["main.customer.id"]
