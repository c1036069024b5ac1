"""What changed since the last night, as every report for people and machines tells it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov.audit import Audit, Engines, run
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine
from datagov.history.changes import Changes, since

CONFIG = """\
platform: shop
sources:
  app: {use: sqlite, path: app.db, schema: app}
  crm: {use: sqlite, path: crm.db, schema: crm}
"""
OWNED = """\
declarations:
  - {select: app.caller, owner: li@x.org}
"""


@pytest.fixture(scope="module")
def engines() -> Any:
    kept = Engines(LocalEngine(workers=1, limits=Limits(deadline_seconds=60)), LocalEngine(workers=1, limits=Limits()))
    yield kept
    kept.close()


def fill(folder: Path, name: str, table: str, column: str) -> None:
    with closing(sqlite3.connect(folder / name)) as db, db:
        db.execute(f"CREATE TABLE IF NOT EXISTS {table} (customer_id INTEGER, {column} TEXT)")
        db.executemany(f"INSERT INTO {table} VALUES (?, ?)", [(n, f"1381234{n:04}") for n in range(200)])


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> list[Audit]:
    """Five nights: the first; a quiet one; one with a new table; one in which a source is gone; a repeat of that."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "datagov.yaml").write_text(CONFIG)
    fill(folder, "app.db", "caller", "mobile")
    fill(folder, "crm.db", "lead", "mobile")
    done: list[Audit] = []

    def night(day: int) -> None:
        done.append(run(folder / "datagov.yaml", as_of=f"2026-06-{day}T16:00:00Z", engines=engines))

    night(10)
    night(11)
    fill(folder, "app.db", "guest", "phone")
    with closing(sqlite3.connect(folder / "crm.db")) as db, db:
        db.execute("DELETE FROM lead")
        db.execute("INSERT INTO lead VALUES (1, 'x')")
    night(12)
    (folder / "crm.db").unlink()
    night(13)
    night(13)
    return done


def changes(audit: Audit) -> Changes | None:
    evidence = audit.evidence()
    try:
        return since(evidence)
    finally:
        evidence.close()


def subjects(audit: Audit) -> set[str]:
    evidence = audit.evidence()
    try:
        return {f"{row['rule']} {row['subject']}" for row in evidence.rows("SELECT rule, subject FROM finding")}
    finally:
        evidence.close()


def test_the_first_night_has_nothing_to_be_compared_with(nights: list[Audit]) -> None:
    assert changes(nights[0]) is None
    assert "Since the run before" not in nights[0].report("text").decode()
    assert json.loads(nights[0].report("json"))["changes"] is None


def test_a_quiet_night_says_that_nothing_changed(nights: list[Audit]) -> None:
    found = changes(nights[1])

    assert found is not None
    assert not found
    assert "Nothing new, nothing gone." in nights[1].report("text").decode()
    assert "没有新增，也没有消失。" in nights[1].report("text", language="zh").decode()


def test_new_and_gone_findings_and_new_personal_columns_are_told(nights: list[Audit]) -> None:
    found = changes(nights[2])

    assert found is not None
    assert found.run == "20260611T160000Z"
    assert [(row["rule"], row["subject"], row["severity"]) for row in found.new] == [
        ("NS-001", "app.guest.phone", "high")
    ]
    assert [(row["rule"], row["subject"]) for row in found.gone] == [("NS-001", "crm.lead.mobile")]
    assert [(row["source"], row["column"]) for row in found.columns] == [("app", "app.guest.phone")]
    assert (found.lost, found.open, found.changed) == ([], [], False)


def test_a_lost_source_is_told_and_what_was_found_there_is_not_called_gone(nights: list[Audit]) -> None:
    found = changes(nights[3])

    assert found is not None
    assert (found.run, found.lost, found.gone) == ("20260612T160000Z", ["crm"], [])
    assert "- 1 source lost: crm" in nights[3].report("text").decode()


def test_what_a_pipeline_still_tells_of_a_lost_source_is_not_new(tmp_path: Path, engines: Engines) -> None:
    fill(tmp_path, "app.db", "caller", "mobile")
    fill(tmp_path, "crm.db", "lead", "mobile")
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "copy.sql").write_text("INSERT INTO crm.lead SELECT customer_id, mobile FROM app.caller;")
    (tmp_path / "datagov.yaml").write_text(f"{CONFIG}  sql: {{use: sqlfolder, path: sql, dialect: sqlite}}\n{OWNED}")
    before = run(tmp_path / "datagov.yaml", as_of="2026-06-10T16:00:00Z", engines=engines)
    (tmp_path / "crm.db").unlink()
    found = changes(run(tmp_path / "datagov.yaml", as_of="2026-06-11T16:00:00Z", engines=engines))

    assert "DO-004 crm.lead" in subjects(before)
    assert found is not None
    assert found.lost == ["crm"]
    assert (found.new, found.gone, found.columns) == ([], [], [])
    assert [(row["rule"], row["subject"]) for row in found.open] == [
        ("DO-001", "crm.lead"),
        ("NS-001", "crm.lead.mobile"),
    ]


def test_findings_of_a_table_that_could_not_be_read_are_not_called_gone(tmp_path: Path, engines: Engines) -> None:
    path = tmp_path / "lake" / "lead.parquet"
    path.parent.mkdir()
    for table in (path, path.with_name("read.parquet")):
        pq.write_table(pa.table({"mobile": [f"1381234{n:04}" for n in range(200)]}), table)
    owned = OWNED.replace("app.caller", "lake.read")
    (tmp_path / "datagov.yaml").write_text(f"platform: shop\nsources:\n  lake: {{use: files, path: lake}}\n{owned}")
    before = run(tmp_path / "datagov.yaml", as_of="2026-06-10T16:00:00Z", engines=engines)
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\xff" * 400 + raw[404:])
    found = changes(run(tmp_path / "datagov.yaml", as_of="2026-06-11T16:00:00Z", engines=engines))

    assert subjects(before) == {"DO-001 lake.lead", "NS-001 lake.lead.mobile", "NS-001 lake.read.mobile"}
    assert found is not None
    assert found.gone == []
    assert [(row["rule"], row["subject"]) for row in found.open] == [
        ("DO-001", "lake.lead"),
        ("NS-001", "lake.lead.mobile"),
    ]


def test_an_incomplete_night_and_one_of_the_same_time_are_not_compared_with(nights: list[Audit]) -> None:
    found = changes(nights[4])

    assert found is not None
    assert found.run == "20260612T160000Z"


@pytest.mark.parametrize("n", range(5))
def test_the_terminal_tells_changes_in_a_few_lines(nights: list[Audit], n: int) -> None:
    lines = nights[n].report("text").decode().split("\n\n")
    told = [part for part in lines if part.startswith("Since the run before")]

    assert len(told) == (n > 0)
    assert all(len(part.splitlines()) <= 9 for part in told)


def test_the_page_and_the_document_tell_the_same(nights: list[Audit]) -> None:
    page = nights[2].report("html").decode()
    document = json.loads(nights[2].report("json"))["changes"]

    assert "1 column newly found with personal data" in page
    assert "新发现含个人信息的字段 1 个" in page
    assert [row["subject"] for row in document["new"]] == ["app.guest.phone"]
    assert [row["column"] for row in document["columns"]] == ["app.guest.phone"]


def test_another_configuration_or_platform_is_not_compared_with(nights: list[Audit], engines: Engines) -> None:
    folder = nights[0].evidence_path.parents[3]
    (folder / "other.yaml").write_text(CONFIG)

    assert changes(run(folder / "other.yaml", as_of="2026-06-20T16:00:00Z", engines=engines)) is None


def test_a_changed_configuration_is_said_beside_what_it_may_have_caused(nights: list[Audit], engines: Engines) -> None:
    folder = nights[0].evidence_path.parents[3]
    (folder / "datagov.yaml").write_text(CONFIG.replace("  crm: {use: sqlite, path: crm.db, schema: crm}\n", ""))
    found = changes(run(folder / "datagov.yaml", as_of="2026-06-21T16:00:00Z", engines=engines))

    assert found is not None
    assert found.changed
    assert found.lost == ["crm"]
