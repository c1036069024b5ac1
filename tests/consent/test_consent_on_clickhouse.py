"""The same verdicts inside ClickHouse, through its connector and clickhouse-connect's SQLAlchemy dialect."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

if "chdb" not in os.environ.get("DATAGOV_TEST_REQUIRE", "").split(","):
    pytest.importorskip("chdb", reason="the extra 'chdb' is not installed; it takes 534 MB")

import chdb

from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.consent.model import FIELDS, Coverage, Ledger
from datagov.consent.query import row_columns, table_named
from datagov.consent.reference import judge
from datagov.contracts import Source
from datagov.expectations._gx import Session
from tests.consent.test_consent_of_rows import LEDGER, QUESTION, TWELVE, day

pytestmark = pytest.mark.chdb

TIMES = {"event_time", "recorded_at", "valid_until"}
EXPECTED = dict(Counter(judge(subject, day(at), LEDGER, QUESTION).value for subject, at, *_ in TWELVE))


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return f"'{value.isoformat(' ') if isinstance(value, datetime) else value}'"


def stored(value: Any, time: str) -> Any:
    """A column of times takes them in UTC without a zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) and "DateTime" in time else value


def coverage(schema: str) -> Coverage:
    mapped = Ledger(
        schema, "Consent", {field: field for field in FIELDS}, ["Given", "renewed"], ["withdrawn"], ["Reminded"]
    )
    return Coverage(
        "Who", "at", mapped, QUESTION.purposes, QUESTION.controller, QUESTION.notices, list(QUESTION.demands)
    )


INSTANTS = {
    "'2025-01-31T08:00:00Z'": "2025-01-31 08:00:00.000",
    "'2025-01-31T08:00:00+08:00'": "2025-01-31 00:00:00.000",
    "'2025-01-31 08:00:00.250-0530'": "2025-01-31 13:30:00.250",
    "' 2025-01-31 '": "2025-01-31 00:00:00.000",
    "20250131": "2025-01-31 00:00:00.000",
    "1738310400": "2025-01-31 08:00:00.000",
    "1738310400250": "2025-01-31 08:00:00.250",
    "toDate('2025-01-31')": "2025-01-31 00:00:00.000",
    "'2025-02-30'": None,
    "'20251399'": None,
    "'2025-01-31 some time'": None,
    "'31/01/2025'": None,
    "''": None,
    "NULL": None,
}


def test_a_time_is_read_in_utc_or_not_at_all(tmp_path: Path) -> None:
    with closing(chdb.connect(str(tmp_path / "lake"))) as db:
        db.query("CREATE DATABASE log")
        for n, time in enumerate(INSTANTS):
            made = "ENGINE = MergeTree ORDER BY tuple() SETTINGS allow_nullable_key = 1"
            db.query(f"CREATE TABLE log.t{n} {made} AS SELECT CAST({time} AS Nullable(String)) AS at, 1 AS Who")
    pushdown = ClickhouseConnector(Source(1, "lake", "clickhouse", {"path": "lake"}, tmp_path, "a.yaml", 3)).pushdown()
    engine = sa.create_engine(pushdown.url, creator=pushdown.creator)
    with engine.connect() as connection:
        found = {
            time: connection.execute(
                sa.select(sa.cast(row_columns(coverage("log"))[1], sa.String)).select_from(table_named("log", f"t{n}"))
            ).scalar_one()
            for n, time in enumerate(INSTANTS)
        }
    engine.dispose()

    assert found == INSTANTS


def test_great_expectations_judges_inside_clickhouse(tmp_path: Path) -> None:
    kinds = {"words": "Nullable(String)", "times": "Nullable(DateTime64(3, 'UTC'))"}
    with closing(chdb.connect(str(tmp_path / "lake"))) as db:
        for schema, time in kinds.items():
            for statement in built(schema, time):
                db.query(statement)
    source = Source(1, "lake", "clickhouse", {"path": "lake"}, tmp_path, "datagov.yaml", 3)
    pushdown = ClickhouseConnector(source).pushdown()
    session = Session()
    opened = session.source("lake", pushdown.url, pushdown.creator)

    for schema in kinds:
        found = session.consent_verdicts(
            opened, schema=schema, table="Order", coverage=coverage(schema).to_json(), rules={"CR-001": ["no_record"]}
        )
        assert found == EXPECTED
    opened.get_engine().dispose()


def built(schema: str, time: str) -> Iterator[str]:
    """A ledger and rows whose times have a type."""
    columns = ", ".join(f"`{field}` {time if field in TIMES else 'Nullable(String)'}" for field in FIELDS)
    yield f"CREATE DATABASE {schema}"
    yield f"CREATE TABLE {schema}.Consent ({columns}) ENGINE = MergeTree ORDER BY tuple()"
    yield f"CREATE TABLE {schema}.Order (Who Nullable(String), at {time}) ENGINE = MergeTree ORDER BY tuple()"
    for event in LEDGER:
        values = {field: getattr(event, field, None) for field in FIELDS}
        values["state"] = {True: "given", False: "WITHDRAWN ", None: "revoked"}[event.given]
        row = ", ".join(literal(stored(values[field], time)) for field in FIELDS)
        yield f"INSERT INTO {schema}.Consent VALUES ({row})"
    for subject, at, *_ in TWELVE:
        yield f"INSERT INTO {schema}.Order VALUES ({literal(subject)}, {literal(stored(day(at), time))})"
