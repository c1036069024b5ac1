"""Where personal data goes: along lineage, protected as SQL says and content shows, back to one origin."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from datagov.audit import Audit

Night = Callable[..., Audit]

EXPOSURES = """
SELECT d.name || '.' || c.name AS reached, x.protection, od.name || '.' || o.name AS origin, x.hops
FROM exposure x JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)
JOIN column o ON o.column_id = x.origin_column_id JOIN dataset od ON od.dataset_id = o.dataset_id
"""


def spread(audit: Audit) -> dict[str, tuple[str, str, int]]:
    evidence = audit.evidence()
    try:
        return {row["reached"]: (row["protection"], row["origin"], row["hops"]) for row in evidence.each(EXPOSURES)}
    finally:
        evidence.close()


def pipeline(shop: Path, *statements: str, data: dict[str, list[str]] | None = None) -> None:
    """Write a pipeline; create its target tables, with the values given."""
    (shop / "sql" / "mailing.sql").unlink()
    (shop / "sql" / "steps.sql").write_text(";\n".join(statements) + ";\n")
    with sqlite3.connect(shop / "shop.db") as db:
        db.execute("DROP TABLE mailing")
        for table, values in (data or {}).items():
            db.execute(f"CREATE TABLE {table} (v TEXT)")
            db.executemany(f"INSERT INTO {table} VALUES (?)", [(value,) for value in values])
    db.close()


@pytest.mark.parametrize(
    ("expression", "protection"),
    [
        ("email", "none"),
        ("upper(trim(email))", "none"),
        ("substr(email, 1, 2) || '***'", "partially_masked"),
        ("sha256(email)", "pseudonymised"),
        ("count(email)", "aggregated"),
        ("max(email)", "none"),
        ("my_own_function(email)", "none"),
        ("CASE WHEN email IS NULL THEN 0 ELSE 1 END", None),
        ("'constant'", None),
    ],
)
def test_an_expression_protects_as_the_table_of_functions_says(
    audited: Night, shop: Path, expression: str, protection: str | None
) -> None:
    pipeline(shop, f"CREATE TABLE main.copy AS SELECT {expression} AS v FROM main.customer")

    found = spread(audited()).get("main.copy.v")

    assert found == (protection and (protection, "main.customer.email", 1))


def test_protection_is_kept_over_many_steps_and_the_origin_is_the_first_column(audited: Night, shop: Path) -> None:
    pipeline(
        shop,
        "CREATE TABLE main.a AS SELECT sha256(email) AS v FROM main.customer",
        "CREATE TABLE main.b AS SELECT v FROM main.a",
        "CREATE TABLE main.c AS SELECT v FROM main.b UNION ALL SELECT v FROM main.a",
    )

    found = spread(audited())

    assert found["main.b.v"] == ("pseudonymised", "main.customer.email", 2)
    assert found["main.c.v"] == ("pseudonymised", "main.customer.email", 2)


def test_the_weakest_of_two_paths_counts(audited: Night, shop: Path) -> None:
    pipeline(
        shop,
        "CREATE TABLE main.a AS SELECT sha256(email) AS v FROM main.customer",
        "CREATE TABLE main.b AS SELECT v FROM main.a UNION ALL SELECT email FROM main.customer",
    )

    assert spread(audited())["main.b.v"][0] == "none"


def test_lineage_in_a_circle_comes_to_an_end(audited: Night, shop: Path) -> None:
    pipeline(
        shop,
        "CREATE TABLE main.a AS SELECT email AS v FROM main.customer",
        "INSERT INTO main.b SELECT v FROM main.a",
        "INSERT INTO main.a SELECT v FROM main.b",
        data={"b": []},
    )

    found = spread(audited())

    assert found["main.a.v"][1] == found["main.b.v"][1] == "main.customer.email"


def test_content_in_the_clear_wins_over_a_mask_that_sql_claims(audited: Night, shop: Path) -> None:
    pipeline(
        shop,
        "INSERT INTO main.hashed SELECT sha256(email) FROM main.customer",
        "CREATE TABLE main.next AS SELECT v FROM main.hashed",
        data={"hashed": [f"user{n}@example.org" for n in range(200)]},
    )

    found = spread(audited())

    assert found["main.hashed.v"] == ("none", "main.customer.email", 1)
    assert found["main.next.v"][0] == "none"


def test_masked_content_protects_though_sql_calls_an_unknown_function(audited: Night, shop: Path) -> None:
    digests = [hashlib.sha256(f"user{n}@example.org".encode()).hexdigest() for n in range(200)]
    pipeline(
        shop,
        "INSERT INTO main.email_hash SELECT in_house(email) FROM main.customer",
        "CREATE TABLE main.next AS SELECT v FROM main.email_hash",
        data={"email_hash": digests},
    )

    found = spread(audited())

    assert found["main.customer.email"] == ("none", "main.customer.email", 0)
    assert found["main.next.v"][1] == "main.customer.email"


def test_a_filter_or_join_does_not_carry_the_data_itself(audited: Night, shop: Path) -> None:
    pipeline(shop, "CREATE TABLE main.a AS SELECT note AS v FROM main.customer WHERE email LIKE '%org' ORDER BY email")

    assert "main.a.v" not in spread(audited())
