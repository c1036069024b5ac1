"""The same verdicts inside MariaDB or MySQL, whatever the types and collations of the columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from datagov.connectors.mysql import MysqlConnector
from datagov.consent.model import FIELDS, Coverage, Ledger, Verdict
from datagov.consent.query import by_verdict, table_named, verdict_counts
from datagov.consent.reference import Event, judge
from datagov.consent.sqltext import instant
from datagov.expectations._gx import Session
from tests.connectors._mysql import Server, admin, server
from tests.consent.test_consent_of_rows import LEDGER, QUESTION, TWELVE, day

pytestmark = pytest.mark.server

EXPECTED = dict(Counter(judge(subject, day(at), LEDGER, QUESTION).value for subject, at, *_ in TWELVE))


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with server() as made:
        yield made


@pytest.fixture
def database(running: Server, tmp_path: Path) -> str:
    return running.database(tmp_path)


@pytest.fixture
def connect(running: Server, database: str, tmp_path: Path) -> Callable[[], Any]:
    """The connector's own read-only connections."""
    return MysqlConnector(running.source(tmp_path, database)).pushdown().creator


@pytest.fixture
def engine(connect: Callable[[], Any]) -> Iterator[sa.Engine]:
    made = sa.create_engine("mysql+pymysql://", creator=connect)
    yield made
    made.dispose()


def fill(database: str, events: list[Event], rows: list[tuple[str, datetime]], time: str, text: str) -> None:
    times = {"event_time", "recorded_at", "valid_until"}
    columns = ", ".join(f"{field} {time if field in times else text}" for field in FIELDS)
    with closing(admin(database)) as db, db.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(f"CREATE TABLE `Consent` ({columns})")
        cursor.execute(f"CREATE TABLE `Order` (`Who` {text}, at {time})")
        for event in events:
            state = {"state": "given" if event.given else "withdrawn"}
            values = [stored(state.get(field, getattr(event, field, None)), time) for field in FIELDS]
            cursor.execute(f"INSERT INTO `Consent` VALUES ({', '.join(['%s'] * len(FIELDS))})", values)
        cursor.executemany("INSERT INTO `Order` VALUES (%s, %s)", [(who, stored(at, time)) for who, at in rows])


def stored(value: Any, time: str) -> Any:
    """A time as a column of that type is given it; everything else as it is."""
    if not isinstance(value, datetime):
        return value
    if time.startswith(("DATETIME", "TIMESTAMP")):
        return value.replace(tzinfo=None)
    return value.timestamp() if time == "DOUBLE" else value.isoformat()


def asked(database: str) -> Coverage:
    ledger = Ledger(database, "Consent", {field: field for field in FIELDS}, ["given"], ["withdrawn"])
    return Coverage("Who", "at", ledger, QUESTION.purposes, None, QUESTION.notices)


@pytest.mark.parametrize("text", ["VARCHAR(80)", "VARCHAR(80) CHARACTER SET latin1", "TEXT COLLATE utf8mb4_general_ci"])
@pytest.mark.parametrize("time", ["DATETIME(3) NULL", "TIMESTAMP(3) NULL", "VARCHAR(40)", "DOUBLE"])
def test_twelve_rows(time: str, text: str, database: str, engine: sa.Engine) -> None:
    fill(database, LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], time, text)

    with engine.connect() as db:
        found = by_verdict(db.execute(verdict_counts(asked(database), table_named(database, "Order"))).fetchall())

    assert found == EXPECTED


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        ("ann", Verdict.COVERED),
        ("ann  ", Verdict.COVERED),
        ("ANN", Verdict.UNMATCHED_IDENTITY),
        ("Ann", Verdict.UNMATCHED_IDENTITY),
        ("ánn", Verdict.UNMATCHED_IDENTITY),
    ],
)
def test_a_subject_is_nobody_else_though_the_collation_says_so(
    key: str, verdict: Verdict, database: str, engine: sa.Engine
) -> None:
    fill(database, LEDGER, [(key, day("03-31"))], "DATETIME(3)" + " NULL", "VARCHAR(80) COLLATE utf8mb4_general_ci")

    with engine.connect() as db:
        found = by_verdict(db.execute(verdict_counts(asked(database), table_named(database, "Order"))).fetchall())

    assert found == {verdict.value: 1}


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2025-03-01", "2025-03-01 00:00:00.000"),
        ("2025-03-01T08:09:10", "2025-03-01 08:09:10.000"),
        ("2025-03-01 08:09:10.5", "2025-03-01 08:09:10.500"),
        ("2025-03-01T08:09:10Z", "2025-03-01 08:09:10.000"),
        ("2025-03-01T08:09:10+08:00", "2025-03-01 00:09:10.000"),
        ("2025-03-01T08:09+0530", "2025-03-01 02:39:00.000"),
        ("2025-03-01 22:09:10-03", "2025-03-02 01:09:10.000"),
        ("2025-03-01 22:09:10-0330", "2025-03-02 01:39:10.000"),
        ("20250301", "2025-03-01 00:00:00.000"),
        ("1740816550", "2025-03-01 08:09:10.000"),
        ("1740816550250", "2025-03-01 08:09:10.250"),
        ("0000-00-00", None),
        ("2025-02-30", None),
        ("2025-13-01", None),
        ("2025-03-01 or so", None),
        ("31/01/2025", None),
        ("", None),
    ],
)
def test_times_are_read_as_utc_or_not_at_all(written: str, utc: str | None, engine: sa.Engine) -> None:
    with engine.connect() as db:
        found = db.scalar(sa.select(sa.cast(instant(sa.literal(written)), sa.String)))

    assert found == utc


def test_great_expectations_reaches_the_server_through_the_creator_alone(
    database: str, connect: Callable[[], Any]
) -> None:
    fill(database, LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], "DATETIME(3) NULL", "VARCHAR(80)")
    rules = {"CR-001": ["no_record"], "CR-002": ["withdrawn"]}
    session = Session()
    source = session.source("server", "mysql+pymysql://", connect)

    assert (
        session.consent_verdicts(
            source, schema=database, table="Order", coverage=asked(database).to_json(), rules=rules
        )
        == EXPECTED
    )
