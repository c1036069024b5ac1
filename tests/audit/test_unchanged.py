"""What has not changed is not read again, for some nights; what has changed, or was not read, is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit, Engines, run

NIGHTS = [f"2026-07-{day:02d}T22:00:00Z" for day in range(1, 10)]


@pytest.fixture
def night(audited: Callable[..., Audit], shop: Path, engines: Engines) -> Callable[..., Audit]:
    """Audit the shop as of one night; the first call writes the configuration."""
    audited(settings="detection: {rescan_nights: 3}\n")

    def audit(n: int) -> Audit:
        return run(shop / "datagov.yaml", as_of=NIGHTS[n], engines=engines)

    return audit


def carried(audit: Audit) -> dict[str, set[int]]:
    """By dataset, how many nights in a row the answers about its columns were taken over."""
    found: dict[str, set[int]] = {}
    for row in _rows(
        audit,
        "SELECT d.name, e.carried FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)",
    ):
        found.setdefault(row["name"], set()).add(row["carried"])
    return found


def _rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def _verdicts(audit: Audit) -> list[dict[str, Any]]:
    return _rows(
        audit,
        "SELECT d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS place, x.entity, x.mode, x.confidence,"
        " e.outcome, e.rows_examined FROM examination e JOIN column c USING (column_id) JOIN dataset d"
        " USING (dataset_id) LEFT JOIN detection x USING (column_id) ORDER BY 1, 2",
    )


def change(shop: Path, *statements: str) -> None:
    with closing(sqlite3.connect(shop / "shop.db")) as db, db:
        for statement in statements:
            db.execute(statement)


def test_an_unchanged_dataset_keeps_its_answers_and_is_read_again_after_some_nights(
    night: Callable[..., Audit],
) -> None:
    first, second, third, fourth = (night(n) for n in range(4))

    assert [carried(one)["main.customer"] for one in (first, second, third, fourth)] == [{1}, {2}, {0}, {1}]
    assert _verdicts(first) == _verdicts(second) == _verdicts(third) == _verdicts(fourth)
    read = _rows(second, "SELECT DISTINCT read_as_of FROM examination")
    assert read == [{"read_as_of": "2026-06-30T16:00:00Z"}]


def test_a_change_is_read(night: Callable[..., Audit], shop: Path) -> None:
    night(0)
    change(shop, "UPDATE customer SET note = email")

    after = night(1)

    assert carried(after)["main.customer"] == {0}
    assert [row["entity"] for row in _verdicts(after) if row["place"] == "main.customer.note"] == ["EMAIL_ADDRESS"]


def test_a_new_column_is_read(night: Callable[..., Audit], shop: Path) -> None:
    night(0)
    change(shop, "ALTER TABLE customer ADD COLUMN phone TEXT")

    assert carried(night(1))["main.customer"] == {0}


def test_fields_inside_a_column_are_taken_over_with_it(night: Callable[..., Audit], shop: Path) -> None:
    change(
        shop,
        "CREATE TABLE event (payload TEXT)",
        "INSERT INTO event SELECT json_object('mail', email, 'n', id) FROM customer",
    )
    before = _verdicts(night(0))

    after = night(1)

    assert carried(after)["main.event"] == {1}
    assert _verdicts(after) == before
    assert "main.event.payload.mail" in {row["place"] for row in before}


def test_a_decision_about_a_column_has_its_table_read(night: Callable[..., Audit], shop: Path) -> None:
    night(0)
    (shop / "corrections.csv").write_text(
        "column,entity,decision,by,when\nmain.mailing.address,EMAIL_ADDRESS,rejected,li.wei,2026-07-01\n"
    )
    config = shop / "datagov.yaml"
    config.write_text(
        config.read_text().replace("{rescan_nights: 3}", "{rescan_nights: 3, corrections: corrections.csv}")
    )

    decided = night(1)
    config.write_text(config.read_text().replace(", corrections: corrections.csv", ""))
    undone = night(2)

    assert carried(decided) == {"main.customer": {2}, "main.mailing": {0}, "main.nobody": {2}}
    assert carried(undone)["main.mailing"] == {0}
    assert [row["entity"] for row in _verdicts(decided) if "mailing" in row["place"]] == [None]
    assert [row["entity"] for row in _verdicts(undone) if "mailing" in row["place"]] == ["EMAIL_ADDRESS"]


def test_the_same_night_repeated_reads_everything(night: Callable[..., Audit]) -> None:
    night(0)

    assert set.union(*carried(night(0)).values()) == {0}


def test_other_settings_of_detection_have_everything_read(night: Callable[..., Audit], shop: Path) -> None:
    night(0)
    (shop / "words.csv").write_text("term,language,role,entity,strength\nzzz,en,is,PERSON,2\n")
    config = shop / "datagov.yaml"
    config.write_text(config.read_text().replace("{rescan_nights: 3}", "{rescan_nights: 3, words: [words.csv]}"))

    assert set.union(*carried(night(1)).values()) == {0}


def test_another_database_under_the_name_of_the_source_is_read(night: Callable[..., Audit], shop: Path) -> None:
    night(0)
    config = shop / "datagov.yaml"
    (shop / "other.db").write_bytes((shop / "shop.db").read_bytes())
    config.write_text(config.read_text().replace("shop.db", "other.db"))

    assert carried(night(1))["main.customer"] == {0}
