"""The counters of a run's SQL: of each file, of each source and of all, from the facts that tracing leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from datagov import audit
from datagov.lineage import trace, unread
from datagov.store import Evidence

FILES = {
    "one/10_whole.sql": "INSERT INTO b SELECT x, y FROM a;\nINSERT INTO b (x) SELECT x FROM a WHERE y > 7;",
    "one/20_partial.sql": "INSERT INTO b (x) SELECT z FROM a;\nSELECT FROM ((;\nINSERT INTO b (x) SELECT q FROM a",
    "two/30_opaque.sql": "EXEC load_it @who = 'nobody';\nINSERT INTO b SELECT * FROM nobody_knows;",
    "two/40_empty.sql": "",
}
CONFIG = """
version: 1
platform: shop
sources:
  shop: {use: sqlite, path: shop.db}
  one: {use: sqlfolder, path: one, dialect: sqlite}
  two: {use: sqlfolder, path: two, dialect: tsql}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    """A run over two pipelines: SQL read whole, in part, and not at all."""
    folder = tmp_path_factory.mktemp("shop")
    with sqlite3.connect(folder / "shop.db") as db:
        for table in "ab":
            db.execute(f"CREATE TABLE {table} (x TEXT, y INTEGER)")
    db.close()
    for name, sql in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(sql)
    (folder / "two/50_not_text.sql").write_bytes(b"SELECT \x00 FROM a")
    (folder / "datagov.yaml").write_text(CONFIG)
    audit.run(folder / "datagov.yaml")
    evidence = Evidence(next(folder.glob(".datagov/runs/*/evidence.sqlite")))
    yield evidence
    evidence.close()


def numbers(counted: unread.Counted) -> list[int]:
    return [counted[counter] for counter in unread.COUNTERS]


def test_each_file_has_its_counters(run: Evidence) -> None:
    found = {file["file"]: (numbers(file), file["read"]) for file in unread.files(run.rows)}

    assert found == {
        "one/10_whole.sql": ([2, 0, 0, 0, 0], True),
        "one/20_partial.sql": ([2, 0, 1, 0, 2], True),
        "two/30_opaque.sql": ([1, 1, 0, 0, 1], True),
        "two/40_empty.sql": ([0, 0, 0, 0, 0], True),
        "two/50_not_text.sql": ([0, 0, 0, 0, 0], False),
    }


def test_the_counters_of_a_file_are_those_of_its_trace(run: Evidence) -> None:
    for file in unread.files(run.rows):
        if file["file"] in FILES:
            traced = trace(FILES[file["file"]], dialect=file["dialect"], schema={"a": ["x", "y"], "b": ["x", "y"]})
            assert {counter: file[counter] for counter in unread.COUNTERS} == traced.counts, file["file"]


def test_sources_and_the_run_are_the_sums_of_their_files(run: Evidence) -> None:
    whole = unread.of_run(run.rows)
    one, two = whole["sources"]

    assert (one["source"], one["files"], one["lost"], numbers(one)) == ("one", 2, 0, [4, 0, 1, 0, 2])
    assert (two["source"], two["files"], two["lost"], numbers(two)) == ("two", 3, 1, [1, 1, 0, 0, 1])
    assert numbers(whole) == [5, 1, 1, 0, 3]
    assert (whole["statements"], whole["not_read"], whole["unread_objects"]) == (7, 2, 2)


def test_only_what_is_not_seen_is_partial(run: Evidence) -> None:
    partial = [file["file"] for file in unread.files(run.rows) if unread.is_partial(file)]

    assert partial == ["one/20_partial.sql", "two/30_opaque.sql", "two/50_not_text.sql"]
    assert [unread.is_partial(source) for source in unread.of_run(run.rows)["sources"]] == [True, True]
