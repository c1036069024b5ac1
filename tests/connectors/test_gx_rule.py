"""The rule of the page about suites, as it stands there: what a suite asserts settles it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from _sources import database

from datagov.audit import run

PAGE = Path(__file__).parents[2] / "docs" / "connectors" / "gx.md"
SUITE = {
    "name": "crm",
    "expectations": [
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "email"}},
        {"type": "expect_column_to_exist", "kwargs": {"column": "backup_email"}},
    ],
    "meta": {},
}


def rule() -> str:
    """The YAML of the page, without what surrounds it."""
    return (
        PAGE.read_text("utf-8")
        .split("## A rule over what is asserted")[1]
        .partition("```yaml\n")[2]
        .partition("```")[0]
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    columns = "id INTEGER PRIMARY KEY, email TEXT, backup_email TEXT"
    people = [(n, f"user{n}@example.org", f"user{n}@example.com") for n in range(60)]
    database(
        tmp_path,
        f"CREATE TABLE customer ({columns}); CREATE TABLE lead ({columns})",
        rows={"INSERT INTO customer VALUES (?, ?, ?)": people, "INSERT INTO lead VALUES (?, ?, ?)": people},
    )
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "QX-001.yaml").write_text(rule(), "utf-8")
    (tmp_path / "quality" / "expectations").mkdir(parents=True)
    (tmp_path / "quality" / "expectations" / "crm.json").write_text(json.dumps(SUITE, indent=1))
    return tmp_path


def results(folder: Path, suites: str) -> list[tuple[str, str, str | None]]:
    (folder / "datagov.yaml").write_text(
        "platform: shop\nas_of: 2026-06-30T16:00:00Z\nrules: {packs: [./rules]}\nsources:\n"
        f"  app: {{use: sqlite, path: app.db, schema: app}}\n{suites}"
    )
    evidence = run(folder / "datagov.yaml").evidence()
    found = evidence.rows("SELECT subject, outcome, file FROM result WHERE rule = 'QX-001' ORDER BY 1")
    passed = evidence.rows("SELECT sum(passed) AS n FROM evaluation WHERE rule = 'QX-001'")
    evidence.close()
    return [(row["subject"], row["outcome"], row["file"]) for row in found] + [("passed", str(passed[0]["n"]), None)]


def test_a_personal_column_that_no_expectation_is_about_fails_and_one_with_an_expectation_passes(shop: Path) -> None:
    suites = "  quality: {use: gx, path: quality, suites: {crm: app.customer}}\n"

    assert results(shop, suites) == [
        ("app.customer.backup_email", "fail", "quality/expectations/crm.json"),
        ("passed", "1", None),
    ]


def test_without_a_source_of_suites_the_rule_is_one_unknown(shop: Path) -> None:
    found = results(shop, "")

    assert [outcome for _, outcome, _ in found[:-1]] == ["unknown"]
