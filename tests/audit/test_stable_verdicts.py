"""Verdicts do not waver between nights on unchanged data, and say when they stand only because of the last night."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from datagov.audit import Audit

Night = Callable[..., Audit]

NIGHTS = 6


def rows(audit: Audit, sql: str) -> list[dict[str, object]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def verdicts(audit: Audit) -> list[tuple[object, object, object]]:
    sql = "SELECT c.name, t.entity, t.mode FROM detection t JOIN column c USING (column_id) ORDER BY 1, 2"
    return [(row["name"], row["entity"], row["mode"]) for row in rows(audit, sql)]


def kept(audit: Audit) -> dict[str, object]:
    sql = "SELECT c.name, e.evidence FROM examination e JOIN column c USING (column_id) WHERE e.evidence IS NOT NULL"
    told = {str(row["name"]): json.loads(str(row["evidence"])) for row in rows(audit, sql)}
    return {name: evidence["kept"] for name, evidence in told.items() if "kept" in evidence}


@pytest.fixture
def border(shop: Path) -> Path:
    """A table of 6,000 rows of which a night samples 2,000: columns near the border between two verdicts."""
    chance = random.Random(4)
    shares = {"c50": 0.5, "c55": 0.55, "c90": 0.9}
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute(f"CREATE TABLE border ({', '.join(shares)}, remark)")
        for n in range(6000):
            cells = [f"p{n}@example.com" if chance.random() < share else f"ref {n}" for share in shares.values()]
            remark = f"please write to p{n}@example.com soon" if chance.random() < 0.1 else f"nothing to say about {n}"
            db.execute("INSERT INTO border VALUES (?, ?, ?, ?)", (*cells, remark))
    db.close()
    return shop


def test_nights_with_other_seeds_on_unchanged_data_show_no_flip(border: Path, audited: Night) -> None:
    nights = [audited(settings=f"seed: {seed}\n") for seed in range(NIGHTS)]

    assert {tuple(verdicts(night)) for night in nights} == {tuple(verdicts(nights[0]))}
    assert not rows(nights[-1], "SELECT 1 FROM problem WHERE kind = 'settings_changed'")


def test_a_verdict_that_only_the_last_night_holds_up_says_so_until_the_data_change(shop: Path, audited: Night) -> None:
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute("CREATE TABLE thing (c1 TEXT)")
        db.executemany(
            "INSERT INTO thing VALUES (?)", [(f"p{n}@example.com" if n % 100 < 62 else f"ref {n}",) for n in range(100)]
        )
    first = audited()
    assert ("c1", "EMAIL_ADDRESS", "is") in verdicts(first)

    with sqlite3.connect(shop / "shop.db") as db:
        db.execute("UPDATE thing SET c1 = 'ref ' || rowid WHERE rowid % 100 BETWEEN 0 AND 9")
    little = audited()
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute("UPDATE thing SET c1 = 'ref ' || rowid")
    db.close()
    much = audited()

    assert ("c1", "EMAIL_ADDRESS", "is") in verdicts(little)
    assert ("c1", "EMAIL_ADDRESS", "is") not in verdicts(much)
    assert kept(much) == {}


def test_another_configuration_of_detection_is_not_held_to_old_verdicts_and_says_so(
    border: Path, audited: Night
) -> None:
    audited()
    (border / "words.csv").write_text("term,language,role,entity,strength\nqqzz,en,is,HEALTH,3\n", "utf-8")

    changed = audited(settings="detection: {words: [words.csv]}\n")
    again = audited(settings="detection: {words: [words.csv]}\n")
    off = audited(settings="detection: {stability: false}\n")

    (said,) = rows(changed, "SELECT message, fatal FROM problem WHERE kind = 'settings_changed'")
    assert not said["fatal"]
    assert "changed since the last run" in str(said["message"])
    assert not rows(again, "SELECT 1 FROM problem WHERE kind = 'settings_changed'")
    assert not rows(off, "SELECT 1 FROM problem WHERE kind = 'settings_changed'")
