"""The evidence databases that reports are rendered from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import fintech
import hostile
import pytest

from datagov import audit
from datagov.store import Evidence, FactStore


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A small fintech, audited completely, with findings."""
    evidence = fintech.build(tmp_path_factory.mktemp("fintech") / "evidence.sqlite")
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """The same platform when a worker died over one source."""
    died = (
        "detect", 2, "dw.dwd_payment", "died", "The worker died while it read dw.dwd_payment; run it again with -v.",
        True, "datagov.yaml", 9,
    )  # fmt: skip
    evidence = fintech.build(tmp_path_factory.mktemp("broken") / "evidence.sqlite", problems=[died])
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A platform whose every name is an attack."""
    evidence = hostile.build(tmp_path_factory.mktemp("hostile") / "evidence.sqlite")
    yield evidence
    evidence.close()


_TRACED = {
    "10_guess.sql": "INSERT INTO main.c (x)\nSELECT x FROM main.a, main.b WHERE a.y > 7 ORDER BY b.y;",
    "20_kinds.sql": "INSERT INTO main.d\nSELECT max(c.x), CASE WHEN c.y = 1 THEN c.x END FROM main.c\n"
    "JOIN main.e ON e.x = c.x GROUP BY c.y;",
    "30_unread.sql": "SELECT FROM WHERE ((;\nINSERT INTO main.c (x) SELECT nobody FROM main.a;\nEXECUTE what;",
}


@pytest.fixture(scope="session")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A real run over SQL with a column of two tables, influences of every sort, and statements nobody can read."""
    folder = tmp_path_factory.mktemp("traced")
    with sqlite3.connect(folder / "shop.db") as db:
        for table in "abcde":
            db.execute(f"CREATE TABLE {table} (x TEXT, y INTEGER)")
    db.close()
    (folder / "sql").mkdir()
    for name, sql in _TRACED.items():
        (folder / "sql" / name).write_text(sql)
    (folder / "datagov.yaml").write_text(
        "version: 1\nplatform: shop\nsources:\n  shop: {use: sqlite, path: shop.db}\n"
        "  pipeline: {use: sqlfolder, path: sql, dialect: postgres}\n"
    )
    audit.run(folder / "datagov.yaml")
    evidence = Evidence(next(folder.glob(".datagov/runs/*/evidence.sqlite")))
    yield evidence
    evidence.close()


@pytest.fixture(scope="session")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A run that left no fact at all."""
    path: Path = tmp_path_factory.mktemp("nothing") / "evidence.sqlite"
    with FactStore(path) as store:
        store.index()
    evidence = Evidence(path)
    yield evidence
    evidence.close()
