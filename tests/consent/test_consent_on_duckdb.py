"""The same verdicts inside a DuckDB file, through its connector: any ledger, any type of time, hostile macros."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")

from datagov.connectors.duckdb import DuckdbConnector  # noqa: E402 - after the skip
from datagov.consent.model import FIELDS, Coverage, Ledger  # noqa: E402 - after the skip
from datagov.consent.query import by_verdict, row_columns, table_named, verdict_counts  # noqa: E402 - after the skip
from datagov.consent.reference import Event, Question, judge  # noqa: E402 - after the skip
from datagov.contracts import Pushdown, Source  # noqa: E402 - after the skip
from datagov.expectations._gx import Session  # noqa: E402 - after the skip
from tests.consent.test_consent_of_rows import LEDGER, QUESTION, TWELVE, day  # noqa: E402 - after the skip
from tests.consent.test_query_equals_reference import events, questions, rows  # noqa: E402 - after the skip

TIMES = {"event_time", "recorded_at", "valid_until"}
MAPPED = Ledger("log", "Consent", {field: field for field in FIELDS}, ["Given", "renewed"], ["withdrawn"], ["Reminded"])
EXPECTED = dict(Counter(judge(subject, day(at), LEDGER, QUESTION).value for subject, at, *_ in TWELVE))
LIES = (
    "CREATE MACRO lower(x) AS 'given'",
    "CREATE MACRO count(x) AS 7",
    'CREATE MACRO "="(a, b) AS true',
    "CREATE MACRO log.trim(x) AS 'a'",
)


def stored(value: Any, time: str) -> Any:
    """A time as a column of that type is given it; everything else as it is."""
    if not isinstance(value, datetime):
        return value
    if time == "TIMESTAMP":
        return value.replace(tzinfo=None)
    number = round(value.timestamp() * 1000)
    return {"VARCHAR": value.isoformat(), "DOUBLE": value.timestamp(), "BIGINT": number}.get(time, value)


def built(
    folder: Path,
    ledger: Sequence[Event],
    processed: Sequence[tuple[Any, Any]],
    time: str,
    *more: str,
    text: str = "VARCHAR",
) -> Pushdown:
    """A file with a ledger and a table of rows whose times have a type, as its connector hands it over."""
    with closing(duckdb.connect(str(folder / "app.duckdb"))) as db:
        db.execute("CREATE SCHEMA log")
        columns = ", ".join(f'"{field}" {time if field in TIMES else text}' for field in FIELDS)
        db.execute(f'CREATE TABLE log."Consent" ({columns})')
        db.execute(f'CREATE TABLE log."Order" ("Who" {text}, "at" {time})')
        for event in ledger:
            values = {field: getattr(event, field, None) for field in FIELDS}
            values["state"] = {True: "given", False: "WITHDRAWN ", None: "revoked"}[event.given]
            if not event.term_readable:
                values["valid_until"] = "31/01/2025"
            row = [stored(values[field], time) for field in FIELDS]
            db.execute(f'INSERT INTO log."Consent" VALUES ({", ".join("?" * len(FIELDS))})', row)
        for subject, at in processed:
            db.execute('INSERT INTO log."Order" VALUES (?, ?)', [subject, stored(at, time)])
        for statement in more:
            db.execute(statement)
    source = Source(1, "app", "duckdb", {"path": "app.duckdb"}, folder, "datagov.yaml", 3)
    return DuckdbConnector(source).pushdown()


def asked(question: Question) -> Coverage:
    return Coverage(
        "Who", "at", MAPPED, question.purposes, question.controller, question.notices, list(question.demands)
    )


def inside(pushdown: Pushdown, read: Callable[[sa.Connection], Any]) -> Any:
    engine = sa.create_engine(pushdown.url, creator=pushdown.creator)
    try:
        with engine.connect() as connection:
            return read(connection)
    finally:
        engine.dispose()


def counts(pushdown: Pushdown, question: Question) -> dict[str, int]:
    query = verdict_counts(asked(question), table_named("log", "Order"))
    found: dict[str, int] = inside(pushdown, lambda connection: by_verdict(connection.execute(query).fetchall()))
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledger=st.lists(events, max_size=10), rows=rows, question=questions)
def test_the_query_counts_what_the_reference_judges(
    ledger: list[Event], rows: list[tuple[str | None, datetime | None]], question: Question
) -> None:
    expected = Counter(judge(subject, at, ledger, question).value for subject, at in rows)

    with TemporaryDirectory() as folder:
        assert counts(built(Path(folder), ledger, rows, "VARCHAR"), question) == dict(expected)


@pytest.mark.parametrize("time", ["TIMESTAMPTZ", "TIMESTAMP", "VARCHAR", "DOUBLE", "BIGINT"])
def test_twelve_rows(time: str, tmp_path: Path) -> None:
    pushdown = built(tmp_path, LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], time)

    assert counts(pushdown, QUESTION) == EXPECTED


def test_macros_of_the_file_do_not_stand_in_for_what_the_query_says(tmp_path: Path) -> None:
    pushdown = built(tmp_path, LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], "VARCHAR", *LIES)

    assert counts(pushdown, QUESTION) == EXPECTED


def test_a_collation_does_not_make_two_subjects_one(tmp_path: Path) -> None:
    twelve = [(subject, day(at)) for subject, at, *_ in TWELVE]
    others = [(subject and subject.upper(), at) for subject, at in twelve]

    plain, nocase = (
        counts(built(made, LEDGER, others, "VARCHAR", text=text), QUESTION)
        for made, text in ((folder(tmp_path, "a"), "VARCHAR"), (folder(tmp_path, "b"), "VARCHAR COLLATE NOCASE"))
    )

    assert plain == nocase != EXPECTED


@pytest.mark.parametrize(
    ("stored_as", "instant"),
    [
        ("'2025-01-31T08:00:00Z'", "2025-01-31 08:00:00"),
        ("'2025-01-31T08:00:00+08:00'", "2025-01-31 00:00:00"),
        ("'2025-01-31 08:00:00.250-0530'", "2025-01-31 13:30:00.25"),
        ("'2025-01-31 08:00+08'", "2025-01-31 00:00:00"),
        ("'2025-01-31T08:00'", "2025-01-31 08:00:00"),
        ("' 2025-01-31 '", "2025-01-31 00:00:00"),
        ("'20250131'", "2025-01-31 00:00:00"),
        ("20250131", "2025-01-31 00:00:00"),
        ("1738310400", "2025-01-31 08:00:00"),
        ("1738310400.25::DOUBLE", "2025-01-31 08:00:00.25"),
        ("1738310400250", "2025-01-31 08:00:00.25"),
        ("1738310400000::DOUBLE", "2025-01-31 08:00:00"),
        ("TIMESTAMPTZ '2025-01-31 08:00:00+08'", "2025-01-31 00:00:00"),
        ("TIMESTAMP_NS '2025-01-31 08:00:00.123456789'", "2025-01-31 08:00:00.123456"),
        ("DATE '2025-01-31'", "2025-01-31 00:00:00"),
        ("'2025-02-30'", None),
        ("'2025-13-01T00:00:00Z'", None),
        ("'20251399'", None),
        ("'2025-01-31 some time'", None),
        ("'2025-01-31 08:00:00 Mars/Base'", None),
        ("'31/01/2025'", None),
        ("'infinity'", None),
        ("TIMESTAMP 'infinity'", None),
        ("''", None),
        ("NULL", None),
    ],
)
def test_a_time_is_read_in_utc_or_not_at_all(stored_as: str, instant: str | None, tmp_path: Path) -> None:
    pushdown = built(tmp_path, [], [], "VARCHAR", f'CREATE TABLE log.t AS SELECT {stored_as} AS "at", 1 AS "Who"')
    query = sa.select(sa.cast(row_columns(asked(QUESTION))[1], sa.String)).select_from(table_named("log", "t"))

    assert inside(pushdown, lambda connection: connection.execute(query).scalar_one()) == instant


@pytest.mark.parametrize("key", ["7", "7.0::DOUBLE", "7.00::DECIMAL(5, 2)", "'7 '", "7::HUGEINT", "'7.0'"])
def test_a_key_is_the_same_whatever_its_type(key: str, tmp_path: Path) -> None:
    pushdown = built(tmp_path, [], [], "VARCHAR", f'CREATE TABLE log.t AS SELECT {key} AS "Who", 1 AS "at"')
    query = sa.select(row_columns(asked(QUESTION))[0]).select_from(table_named("log", "t"))

    assert inside(pushdown, lambda connection: connection.execute(query).scalar_one()) == "7"


def test_great_expectations_judges_inside_the_file(tmp_path: Path) -> None:
    pushdown = built(tmp_path, LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], "TIMESTAMPTZ")
    session = Session()
    source = session.source("file", pushdown.url, pushdown.creator)
    rules = {"CR-001": ["no_record"], "CR-002": ["withdrawn"]}

    found = session.consent_verdicts(
        source, schema="log", table="Order", coverage=asked(QUESTION).to_json(), rules=rules
    )

    assert found == EXPECTED


def folder(parent: Path, name: str) -> Path:
    made = parent / name
    made.mkdir()
    return made
