"""A full scan reads free text and identifiers to the last row: exact counts within a budget, the rest said."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datagov import config, scan
from datagov.contracts import DatasetRef, Source
from datagov.stages.full_scan import Budget, scan_dataset
from datagov.store import Evidence
from tests.detect import values

ROWS = 12_000
MAILS = (17, 5_003, 11_999)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("full")
    notes = [f"the parcel went out on day {n % 28} as it was asked for" for n in range(ROWS)]
    for n in MAILS:
        notes[n] += f" write to p{n}@example.com"
    identities = values.valid("CN_RESIDENT_ID", ROWS - 1, random.Random(3))
    with sqlite3.connect(path / "shop.db") as db:
        db.execute("CREATE TABLE ticket (id INTEGER PRIMARY KEY, note TEXT, sfzh TEXT, state TEXT)")
        rows = zip(notes, [*identities, "none given"], ["OPEN", "WAIT"] * (ROWS // 2), strict=True)
        db.executemany("INSERT INTO ticket (note, sfzh, state) VALUES (?, ?, ?)", rows)
        db.execute("CREATE TABLE mail (id INTEGER PRIMARY KEY, body TEXT)")
        texts = [(f"a body of many words about day {n} and nothing else",) for n in range(3_000)]
        db.executemany("INSERT INTO mail (body) VALUES (?)", texts)
    db.close()
    return path


def scanned(folder: Path, detection: str) -> Evidence:
    file = folder / "datagov.yaml"
    file.write_text(
        f"platform: shop\noutput: out\ndetection: {detection}\nsources: {{shop: {{use: sqlite, path: shop.db}}}}\n"
    )
    return scan.run(config.load(file), as_of="2026-06-30T16:00:00Z").evidence()


def columns(evidence: Evidence) -> dict[str, dict[str, Any]]:
    sql = (
        "SELECT d.name || '.' || c.name AS name, e.* FROM examination e"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
    )
    return {row["name"]: {**row, "told": json.loads(row["evidence"] or "{}")} for row in evidence.rows(sql)}


def held(evidence: Evidence, column: str) -> dict[str, str]:
    sql = (
        "SELECT entity, mode FROM detection JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " WHERE d.name || '.' || c.name = ?"
    )
    return {row["entity"]: row["mode"] for row in evidence.rows(sql, (column,))}


def test_three_addresses_among_twelve_thousand_texts_are_counted(folder: Path) -> None:
    evidence = scanned(folder, "{full_scan: {}}")
    seen = columns(evidence)
    note = seen["main.ticket.note"]

    assert held(evidence, "main.ticket.note") == {"EMAIL_ADDRESS": "contains"}
    assert (note["full_scan"], note["rows_scanned"], note["excludable_prevalence"]) == ("complete", ROWS, None)
    assert note["told"]["full_scan"]["contains"] == {"EMAIL_ADDRESS": 3}
    evidence.close()


def test_an_identifier_is_counted_to_the_last_row_and_other_columns_are_left_alone(folder: Path) -> None:
    evidence = scanned(folder, "{full_scan: {columns: [identifiers]}}")
    seen = columns(evidence)

    assert seen["main.ticket.sfzh"]["told"]["full_scan"]["contains"]["CN_RESIDENT_ID"] == ROWS - 1
    assert held(evidence, "main.ticket.sfzh") == {"CN_RESIDENT_ID": "is"}
    assert {seen[f"main.ticket.{name}"]["full_scan"] for name in ("id", "note", "state")} == {None}
    evidence.close()


def test_without_being_asked_nothing_is_read_in_full(folder: Path) -> None:
    evidence = scanned(folder, "{}")

    assert {row["full_scan"] for row in columns(evidence).values()} == {None}
    evidence.close()


def test_a_dataset_larger_than_the_budget_is_read_at_random_and_says_what_is_left(folder: Path) -> None:
    evidence = scanned(folder, "{full_scan: {rows: 6000, tables: ['main.ticket'], columns: [free_text]}}")
    note = columns(evidence)["main.ticket.note"]
    told = note["told"]["full_scan"]

    assert (note["full_scan"], told["stopped"], note["rows_scanned"]) == ("budget", "rows", 6000)
    assert told["excludable"] == pytest.approx(3 / 6000)
    evidence.close()


def test_what_the_nights_budget_does_not_reach_is_said_and_not_clean(folder: Path) -> None:
    evidence = scanned(folder, "{full_scan: {night_rows: 12000}}")
    seen = columns(evidence)
    outcomes = {seen[name]["full_scan"] for name in ("main.mail.body", "main.ticket.note")}
    problems = evidence.rows("SELECT * FROM problem WHERE kind = 'budget'")

    assert outcomes == {"complete", "not_reached"}
    assert len(problems) == 1
    assert "night_rows" in problems[0]["message"]
    evidence.close()


def test_the_bytes_of_a_dataset_are_a_budget_too(folder: Path) -> None:
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE IF NOT EXISTS letter (id INTEGER PRIMARY KEY, body TEXT)")
        db.executemany("INSERT INTO letter (body) VALUES (?)", [("word and word again " * 60,)] * 4_000)
    db.close()

    evidence = scanned(folder, "{full_scan: {megabytes: 1, tables: ['main.letter']}}")
    body = columns(evidence)["main.letter.body"]

    assert body["full_scan"] == "budget"
    assert 500 < body["rows_scanned"] < 1_000
    evidence.close()


def test_a_tag_that_a_person_rejected_is_not_reported_again(folder: Path) -> None:
    (folder / "said.csv").write_text(
        "column,entity,decision,by,when\nmain.ticket.note,EMAIL_ADDRESS,rejected,li.lei,2026-11-01\n"
    )

    evidence = scanned(folder, "{full_scan: {}, corrections: said.csv}")

    assert held(evidence, "main.ticket.note") == {}
    assert columns(evidence)["main.ticket.note"]["told"]["full_scan"]["rejected"] == ["EMAIL_ADDRESS"]
    evidence.close()


def test_the_same_seed_gives_the_same_counts(folder: Path) -> None:
    detection = "{full_scan: {rows: 5000}}"
    first, second = scanned(folder, detection), scanned(folder, detection)

    assert columns(first) == columns(second)
    first.close()
    second.close()


def test_a_table_with_gaps_that_is_read_whole_in_parts_is_complete(tmp_path: Path) -> None:
    """Parts are ranges of row ids and may hold fewer rows than they have ids; no row is lacking for that."""
    with closing(sqlite3.connect(tmp_path / "app.db")) as db, db:
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
        db.executemany("INSERT INTO t VALUES (?, 'x')", ((2 * n,) for n in range(60_000)))
    source = Source(1, "app", "sqlite", {"path": "app.db"}, tmp_path, "datagov.yaml", 3)
    dataset = DatasetRef(1, "main.t", ((1, "a"),), 60_000)
    told = json.loads(scan_dataset(source, dataset, Budget(100_000, 100, 10.0), 1))["1"]

    assert (told["outcome"], told["rows"], told["lacking"]) == ("complete", 60_000, None)
