"""Names in SQL: which column and table of which source they mean, and what is said when that is not certain."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagov.audit import Audit

Night = Callable[..., Audit]


def rows(audit: Audit, sql: str) -> list[tuple[Any, ...]]:
    evidence = audit.evidence()
    try:
        return [tuple(row.values()) for row in evidence.each(sql)]
    finally:
        evidence.close()


def database(path: Path, script: str) -> None:
    with sqlite3.connect(path) as db:
        db.executescript(script)
    db.close()


def scripts(shop: Path, **texts: str) -> None:
    """Replace the shop's pipeline by these files."""
    (shop / "sql" / "mailing.sql").unlink()
    for name, text in texts.items():
        (shop / "sql" / f"{name}.sql").write_text(text)


def test_a_column_that_only_sql_names_does_not_hide_the_table(audited: Night, shop: Path) -> None:
    scripts(shop, stale="INSERT INTO dw.x\nSELECT email, old_col\nFROM main.customer;")

    audit = audited()

    assert audit.complete
    assert rows(
        audit,
        "SELECT c.name, e.outcome FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " WHERE d.name = 'main.customer' ORDER BY c.name",
    ) == [("email", "scanned"), ("id", "scanned"), ("note", "scanned"), ("old_col", "not_examined")]
    assert rows(audit, "SELECT file, line, fatal, message FROM problem WHERE kind = 'unknown_column'") == [
        (
            "sql/stale.sql",
            2,
            0,
            "The SQL names the column main.customer.old_col, which its source does not have; "
            "one of the two is out of date.",
        )
    ]


def test_a_broken_view_does_not_hide_the_table_it_reads(audited: Night, shop: Path) -> None:
    database(shop / "shop.db", "CREATE VIEW broken AS SELECT nosuch, email FROM customer")

    audit = audited()

    assert rows(
        audit,
        "SELECT DISTINCT e.outcome FROM examination e JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " WHERE d.name = 'main.customer' AND c.name <> 'nosuch'",
    ) == [("scanned",)]
    assert rows(audit, "SELECT object FROM problem WHERE kind = 'unknown_column'") == [("main.broken",)]


def test_a_field_inside_a_column_that_sql_names_is_no_unknown_column(audited: Night, shop: Path) -> None:
    (shop / "sql" / "mailing.sql").write_text("INSERT INTO dw.x SELECT c.note.street FROM main.customer AS c;")

    audit = audited(sql="{use: sqlfolder, path: sql, dialect: bigquery}")

    assert rows(audit, "SELECT kind FROM problem") == []
    assert rows(
        audit,
        "SELECT c.name, c.field_path, e.outcome FROM examination e JOIN column c USING (column_id)"
        " WHERE c.field_path IS NOT NULL",
    ) == [("note", "street", "not_examined")]
