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


FLOWS = (
    "SELECT DISTINCT o.source_id, o.name AS origin, d.name FROM flow f JOIN dataset o ON o.dataset_id ="
    " f.origin_dataset_id JOIN dataset d ON d.dataset_id = f.dataset_id ORDER BY 1, 2, 3"
)
EDGES = (
    "SELECT DISTINCT s.source_id, s.name, c.name AS read, t.name AS written, e.reason, e.confidence FROM edge e"
    " JOIN dataset s ON s.dataset_id = e.source_dataset_id JOIN dataset t ON t.dataset_id = e.target_dataset_id"
    " JOIN column c ON c.column_id = e.source_column_id WHERE e.type = 'DIRECT' ORDER BY 1, 2, 3, 4"
)
PEOPLE = (
    "CREATE TABLE customer (email TEXT, phone TEXT);"
    " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
    " INSERT INTO customer SELECT 'user' || i || '@example.org', NULL FROM n;"
)


def edges(audit: Audit) -> list[str]:
    """Every DIRECT edge as source number, columns and reason."""
    return [f"{n}:{s}.{c} -> {t} {reason} {sure:g}" for n, s, c, t, reason, sure in rows(audit, EDGES)]


def problems_of(audit: Audit, kind: str) -> list[tuple[Any, ...]]:
    return rows(audit, f"SELECT file, line, fatal, message FROM problem WHERE kind = '{kind}' ORDER BY object")


def test_a_database_in_front_of_the_name_does_not_lose_the_table(audited: Night, shop: Path) -> None:
    scripts(shop, a="INSERT INTO dw.leak SELECT email FROM Prod.main.customer;")

    assert rows(audited(), FLOWS) == [(1, "main.customer", "dw.leak")]


def test_a_table_of_another_schema_is_another_table(audited: Night, shop: Path) -> None:
    scripts(shop, a="INSERT INTO dw.leak SELECT email FROM old.customer;")

    assert rows(audited(), FLOWS) == []


def test_two_sources_with_one_table_name_are_told_and_followed_both(audited: Night, shop: Path) -> None:
    database(shop / "other.db", PEOPLE)
    scripts(shop, a="INSERT INTO dw.leak\nSELECT email FROM main.customer;")

    audit = audited(other="{use: sqlite, path: other.db}")

    assert audit.complete
    assert edges(audit) == [
        "1:main.customer.email -> dw.leak ambiguous_name 0.5",
        "3:main.customer.email -> dw.leak ambiguous_name 0.5",
    ]
    assert problems_of(audit, "duplicate_name") == [
        (
            "datagov.yaml",
            6,
            0,
            "The sources 'shop' (datagov.yaml:4) and 'other' (datagov.yaml:6) both hold main.customer; "
            "SQL and declarations that name it mean both. Give one source another schema name.",
        )
    ]
    assert problems_of(audit, "ambiguous_name") == [
        (
            "sql/a.sql",
            2,
            0,
            "The SQL names main.customer, which may be main.customer of source 'shop', main.customer of source "
            "'other'; personal data may flow by each of them: write the table's full name, or give the sources "
            "different schemas.",
        )
    ]


def test_a_bare_name_that_two_sources_have_is_followed_to_both(audited: Night, shop: Path) -> None:
    database(shop / "other.db", PEOPLE)
    scripts(shop, a="INSERT INTO dw.leak SELECT email FROM customer;")

    audit = audited(other="{use: sqlite, path: other.db, schema: crm}")

    assert rows(audit, FLOWS) == [(1, "main.customer", "dw.leak"), (3, "crm.customer", "dw.leak")]
    assert len(problems_of(audit, "ambiguous_name")) == 1
    assert problems_of(audit, "duplicate_name") == []


def test_of_two_tables_only_the_one_with_the_column_is_followed(audited: Night, shop: Path) -> None:
    database(shop / "other.db", PEOPLE)
    scripts(shop, a="INSERT INTO dw.leak SELECT phone FROM customer;")

    audit = audited(other="{use: sqlite, path: other.db, schema: crm}")

    assert edges(audit) == ["3:crm.customer.phone -> dw.leak ambiguous_name 0.5"]
    assert problems_of(audit, "unknown_column") == []


def test_a_star_over_an_ambiguous_name_is_every_column_of_every_candidate(audited: Night, shop: Path) -> None:
    database(shop / "other.db", PEOPLE)
    scripts(shop, a="CREATE TABLE dw.leak AS SELECT * FROM customer;")

    audit = audited(other="{use: sqlite, path: other.db, schema: crm}")

    assert rows(
        audit,
        "SELECT d.name || '.' || c.name FROM exposure x JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE d.name = 'dw.leak' ORDER BY 1",
    ) == [("dw.leak.email",), ("dw.leak.phone",)]


def test_a_source_whose_name_stands_in_front_is_the_one_meant(audited: Night, shop: Path) -> None:
    database(shop / "other.db", PEOPLE)
    scripts(shop, a="INSERT INTO dw.leak SELECT email FROM other.main.customer;")

    audit = audited(other="{use: sqlite, path: other.db}")

    assert rows(audit, FLOWS) == [(3, "main.customer", "dw.leak")]
    assert problems_of(audit, "ambiguous_name") == []


def test_views_and_triggers_read_their_own_source(audited: Night, shop: Path) -> None:
    database(
        shop / "other.db",
        PEOPLE + "CREATE TABLE log (v TEXT); CREATE VIEW people AS SELECT * FROM customer;"
        " CREATE TRIGGER tr AFTER INSERT ON customer BEGIN INSERT INTO log SELECT phone FROM customer; END;",
    )
    scripts(shop)

    audit = audited(other="{use: sqlite, path: other.db}")

    assert [edge.rpartition(" ")[0].rpartition(" ")[0] for edge in edges(audit)] == [
        "3:main.customer.email -> main.people",
        "3:main.customer.phone -> main.log",
        "3:main.customer.phone -> main.people",
    ]
    assert problems_of(audit, "ambiguous_name") == []


def test_temporary_tables_of_two_scripts_are_two_tables(audited: Night, shop: Path) -> None:
    scripts(
        shop,
        b="CREATE TEMP TABLE t AS SELECT email FROM main.customer; INSERT INTO dw.y SELECT email FROM t;",
        c="CREATE TEMP TABLE t AS SELECT id AS email FROM main.customer; INSERT INTO dw.z SELECT email FROM t;",
    )

    audit = audited()

    assert rows(audit, FLOWS) == [(1, "main.customer", "dw.y"), (1, "main.customer", "t")]
    assert rows(audit, "SELECT namespace, kind FROM dataset WHERE name = 't' ORDER BY dataset_id") == [
        ("sql:b.sql", "temporary"),
        ("sql:c.sql", "temporary"),
    ]


def test_a_temporary_table_goes_before_a_table_of_a_source(audited: Night, shop: Path) -> None:
    scripts(shop, a="CREATE TEMP TABLE customer AS SELECT 1 AS email; INSERT INTO dw.x SELECT email FROM customer;")

    assert rows(audited(), FLOWS) == []


def test_what_makes_a_temporary_table_may_read_the_table_of_that_name(audited: Night, shop: Path) -> None:
    scripts(
        shop,
        a="INSERT INTO dw.before SELECT email FROM customer;"
        " CREATE TEMP TABLE customer AS SELECT email FROM customer; INSERT INTO dw.after SELECT email FROM customer;",
    )

    assert rows(audited(), FLOWS) == [
        (1, "main.customer", "customer"),
        (1, "main.customer", "dw.after"),
        (1, "main.customer", "dw.before"),
    ]


def test_a_name_of_too_many_tables_makes_the_audit_incomplete(audited: Night, shop: Path) -> None:
    scripts(shop, a="INSERT INTO dw.leak SELECT email FROM customer;")
    others = {}
    for n in range(16):
        database(shop / f"o{n}.db", "CREATE TABLE customer (email TEXT)")
        others[f"o{n}"] = f"{{use: sqlite, path: o{n}.db, schema: o{n}}}"

    audit = audited(**others)

    assert not audit.complete
    ((_, _, fatal, message),) = problems_of(audit, "too_many_names")
    assert fatal and "and 12 more; its data is followed to none of them" in message
