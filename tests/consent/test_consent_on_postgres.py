"""The same verdicts inside PostgreSQL, whatever the types of the columns and the session's time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from datagov.consent.model import FIELDS, Coverage, Ledger
from datagov.consent.query import by_verdict, table_named, verdict_counts
from datagov.consent.reference import judge
from datagov.expectations._gx import Session
from tests.connectors._postgres import psycopg, server
from tests.consent.test_consent_of_rows import LEDGER, QUESTION, TWELVE, day

pytestmark = pytest.mark.server

MAPPED = Ledger("log", "Consent", {field: field for field in FIELDS}, ["given"], ["withdrawn"])

EXPECTED = dict(Counter(judge(subject, day(at), LEDGER, QUESTION).value for subject, at, *_ in TWELVE))


@pytest.fixture(scope="module")
def connect() -> Iterator[Callable[[], Any]]:
    with server() as database:
        yield partial(psycopg.connect, database.dsn(), options="-c TimeZone=Asia/Shanghai")


@pytest.fixture(scope="module")
def engine(connect: Callable[[], Any]) -> Iterator[sa.Engine]:
    made = sa.create_engine("postgresql+psycopg://", creator=connect)
    yield made
    made.dispose()


@pytest.mark.parametrize("time", ["TIMESTAMPTZ", "TIMESTAMP", "TEXT", "DOUBLE PRECISION"])
def test_twelve_rows(time: str, engine: sa.Engine) -> None:
    times = {"event_time", "recorded_at", "valid_until"}
    with engine.begin() as db:
        db.exec_driver_sql("DROP SCHEMA IF EXISTS log CASCADE; CREATE SCHEMA log")
        columns = ", ".join(f"{field} {time if field in times else 'TEXT'}" for field in FIELDS)
        db.exec_driver_sql(f'CREATE TABLE log."Consent" ({columns})')
        db.exec_driver_sql(f'CREATE TABLE log."Order" ("Who" TEXT, at {time})')
        for event in LEDGER:
            state = {"state": "given" if event.given else "withdrawn"}
            values = [stored(state.get(field, getattr(event, field, None)), time) for field in FIELDS]
            db.exec_driver_sql(f'INSERT INTO log."Consent" VALUES ({", ".join(["%s"] * len(FIELDS))})', tuple(values))
        for subject, at, *_ in TWELVE:
            db.exec_driver_sql('INSERT INTO log."Order" VALUES (%s, %s)', (subject, stored(day(at), time)))
        asked = Coverage("Who", "at", MAPPED, QUESTION.purposes, None, QUESTION.notices)
        found = by_verdict(db.execute(verdict_counts(asked, table_named("log", "Order"))).fetchall())

    assert found == EXPECTED


def test_great_expectations_reaches_the_server_through_the_creator_alone(connect: Callable[[], Any]) -> None:
    asked = Coverage("Who", "at", MAPPED, QUESTION.purposes, None, QUESTION.notices).to_json()
    rules = {"CR-001": ["no_record"], "CR-002": ["withdrawn"]}
    session = Session()
    source = session.source("server", "postgresql+psycopg://", connect)

    assert session.consent_verdicts(source, schema="log", table="Order", coverage=asked, rules=rules) == EXPECTED


def stored(value: Any, time: str) -> Any:
    """A time as a column of that type is given it; everything else as it is."""
    if not isinstance(value, datetime):
        return value
    if time == "TIMESTAMP":
        return value.replace(tzinfo=None)
    return {"TEXT": value.isoformat(), "DOUBLE PRECISION": value.timestamp()}.get(time, value)
