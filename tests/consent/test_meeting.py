"""Rows and ledgers of different sources meet in memory, by hashed keys, within a stated limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from datagov.consent import meeting
from datagov.consent.meeting import Meeting
from datagov.consent.model import Coverage, Ledger
from datagov.consent.query import by_verdict, table_named, verdict_counts
from datagov.errors import SourceLimitError
from tests.rules.world import build

KEY = "440301199001011234"
LEDGER = Ledger(None, "log", {"subject": "who", "purpose": "p", "state": "s", "event_time": "at"}, ["yes"], ["no"])
ASKED = Coverage("who", "at", LEDGER, ["ads"], None, [])


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    made = sa.create_engine("sqlite://")
    with made.begin() as db:
        db.exec_driver_sql("CREATE TABLE log (who, p, s, at)")
        db.exec_driver_sql("CREATE TABLE bill (who, at)")
        db.exec_driver_sql(
            "INSERT INTO log VALUES (?, 'ADS', 'Yes', '2026-01-01'), (?, 'ads', 'maybe', '2026-01-02'),"
            " ('y', 'ads', 'yes', '2026-01-01'), ('y', 'ads', 'no', '2026-01-02')",
            (KEY, KEY),
        )
        db.exec_driver_sql(
            "INSERT INTO bill VALUES (?, '2026-02-01'), (NULL, '2026-02-01'), ('y', '2026-01-01')", (KEY,)
        )
    yield made
    made.dispose()


@pytest.fixture
def met() -> Iterator[Meeting]:
    met = Meeting()
    yield met
    met.end()


def test_the_verdicts_are_those_of_one_source(engine: sa.Engine, met: Meeting) -> None:
    met.bring_ledger(engine, LEDGER)
    table, asked = met.bring_rows(engine, table_named(None, "bill"), ASKED)
    there = sa.create_engine("sqlite://", creator=lambda: met.connection)

    with engine.connect() as inside, there.connect() as outside:
        expected = by_verdict(inside.execute(verdict_counts(ASKED, table_named(None, "bill"))).fetchall())
        found = by_verdict(outside.execute(verdict_counts(asked, table_named(None, table))).fetchall())

    assert found == expected == {"covered": 1, "unclear_state": 1, "unmatched_identity": 1}


def test_no_key_is_kept_and_nothing_is_on_disk(engine: sa.Engine, met: Meeting) -> None:
    met.bring_ledger(engine, LEDGER)
    table, _ = met.bring_rows(engine, table_named(None, "bill"), ASKED)

    kept = "\n".join(met.connection.iterdump())
    (_, _, file), *_ = met.connection.execute("PRAGMA database_list").fetchall()
    met.forget(table)

    assert KEY not in kept
    assert "2026-02-01" in kept
    assert file == ""
    assert table not in "\n".join(met.connection.iterdump())


def test_hashes_of_two_checks_cannot_be_compared(engine: sa.Engine) -> None:
    seen = set()
    for _ in range(2):
        met = Meeting()
        met.bring_ledger(engine, LEDGER)
        seen |= {row[0] for row in met.connection.execute("SELECT subject FROM ledger")}
        met.end()

    assert len(seen) == 4


def test_too_many_rows_are_refused_with_the_way_out(
    engine: sa.Engine, met: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meeting, "MAX_ROWS", 1)

    with pytest.raises(SourceLimitError, match="keep a copy of the ledger in the source of the data"):
        met.bring_rows(engine, table_named(None, "bill"), ASKED)


def test_above_the_limit_the_verdict_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meeting, "MAX_ROWS", 1)
    case = {
        "tables": {
            "app.bill": {"columns": ["who", "at"], "rows": [[KEY, "2026-02-01"], [KEY, "2026-02-02"]]},
            "crm.log": {"columns": ["who", "p", "s", "at"], "rows": [[KEY, "ads", "yes", "2026-01-01"]]},
        },
        "declarations": [
            {
                "select": "app.bill",
                "legal_basis": "consent",
                "purpose": "ads",
                "subject_key": "who",
                "processed_at": "at",
            }
        ],
        "registers": {
            "consent": [
                {"source": "crm", "table": "crm.log", "columns": LEDGER.columns, "given": ["yes"], "withdrawn": ["no"]}
            ]
        },
    }
    found = build(case, tmp_path).check("CR-001")

    assert found.outcomes("CR-001") == {"unknown": ["app.bill"]}
    assert "more than 1 rows would have to meet in memory" in found.messages("CR-001")[0]
    assert not found["problem"]
