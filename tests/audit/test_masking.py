"""Values that people write into SQL, in whatever quotes, are in nothing an audit leaves behind."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from datagov.audit import Audit

Night = Callable[..., Audit]

CANARY = "canary{}@secret.example"
VIEW = f"""
CREATE VIEW written AS
SELECT email AS address, "{CANARY.format(1)}" AS origin,
  CASE WHEN note = "CanaryWord" THEN '{CANARY.format(2)}' ELSE "{CANARY.format(3)}" END AS kind
FROM customer WHERE email <> "{CANARY.format(4)}" /* {CANARY.format(5)} */
"""
PIPELINE = f"""
-- {CANARY.format(6)}
INSERT INTO main.mailing SELECT email FROM main.customer WHERE email <> "{CANARY.format(7)}";
INSERT INTO main.mailing SELECT email FROM main.customer WHERE note = "CanaryWord";
UPDATE main.mailing SET address = CASE WHEN address = '{CANARY.format(8)}' THEN "{CANARY.format(9)}" ELSE address END;
CREATE TABLE main.kept AS SELECT email, `{CANARY.format(10)}`, [{CANARY.format(11)}] AS w FROM main.customer;
CREATE TABLE main.named AS SELECT email AS "{CANARY.format(12)}" FROM main.customer;
COPY main.customer FROM 's3://canary13:canary14@bucket/x?sig=canary15' CREDENTIALS "canary16@secret.example";
SET password = canary17;
CREATE USER bob IDENTIFIED BY canary18;
ALTER USER bob SET password = canary19;
DELETE FROM main.mailing WHERE address = "{CANARY.format(20)}" garbage (((;
"""


@pytest.fixture
def planted(shop: Path, audited: Night) -> Audit:
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute(VIEW)
    db.close()
    (shop / "sql" / "planted.sql").write_text(PIPELINE)
    return audited()


def leaks(raw: bytes) -> list[bytes]:
    return re.findall(rb"(?i)(?:canary|secret\.example).{0,30}", raw)


def test_no_value_of_the_sql_is_in_the_evidence(planted: Audit, shop: Path) -> None:
    (evidence,) = shop.rglob("evidence.sqlite")

    assert leaks(evidence.read_bytes()) == []


@pytest.mark.parametrize("report", ["text", "json", "sarif", "html"])
def test_no_value_of_the_sql_is_in_a_report(planted: Audit, report: str) -> None:
    assert leaks(planted.report(report)) == []


def test_the_statements_with_values_were_read(planted: Audit) -> None:
    evidence = planted.evidence()
    try:
        texts = [row["sql"] for row in evidence.rows("SELECT sql FROM statement")]
        kinds = {row["kind"] for row in evidence.rows("SELECT kind FROM problem WHERE stage = 'trace' AND NOT fatal")}
        paths = [row["name"] for row in evidence.rows("SELECT name FROM dataset WHERE kind = 'path'")]
        flows = evidence.rows(
            "SELECT d.name FROM flow f JOIN dataset d USING (dataset_id) WHERE d.name LIKE '%written'"
        )
    finally:
        evidence.close()

    in_view_and_pipeline = 2
    assert sum('note = "xxxxxxxxxx"' in text for text in texts) == in_view_and_pipeline
    assert "quoted_name" in kinds
    assert paths == ["path:s3://bucket/x"]
    assert flows
