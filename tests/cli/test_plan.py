"""``datagov audit --plan``: what a night would ask, without reading a row."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.cli.command import datagov


def test_plan_reads_no_row_and_prints_the_queries(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)

    done = datagov("audit", "--plan", cwd=shop)

    assert done.returncode == 0
    assert "main.customer: 50 rows" in done.stdout
    assert "SELECT" in done.stdout
    assert "user1@example.org" not in done.stdout
    assert not (shop / ".datagov").exists()


def test_the_plan_tells_the_catalog_the_samples_and_what_consent_rules_count(shop: Path) -> None:
    with closing(sqlite3.connect(shop / "shop.db")) as db, db:
        db.execute("CREATE TABLE push (customer_id INTEGER, at TEXT)")
        db.execute("CREATE TABLE consent (subject INTEGER, purpose TEXT, state TEXT, at TEXT)")
        db.execute("INSERT INTO push VALUES (1, '2026-01-01T00:00:00Z')")
    (shop / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  app: {use: sqlite, path: shop.db}\nregisters:\n  consent:\n    - source: app\n"
        "      table: main.consent\n"
        "      columns: {subject: subject, purpose: purpose, state: state, event_time: at}\n"
        "      given: [yes_]\n      withdrawn: [no_]\n"
        "declarations:\n  - {select: main.push, purpose: ads, legal_basis: consent, subject_key: customer_id,"
        " processed_at: at}\n"
    )
    done = datagov("audit", "--plan", cwd=shop)
    lines = done.stdout.splitlines()
    counted = lines[lines.index("--   then the consent rules count:") + 1 :]

    assert done.returncode == 0, done.stderr
    assert "--   first the catalog is asked" in done.stdout
    assert any(line.endswith("at most 1 row") for line in lines)
    assert counted[0] == "--   main.push: rows are counted by consent, for ads"
    with closing(sqlite3.connect(shop / "shop.db")) as db:
        db.execute("ATTACH ? AS elsewhere", (":memory:",))
        assert len(db.execute("\n".join(counted[1:]).partition(";  -- ")[0]).fetchall()) == 1
    assert max(map(len, counted)) < 2_500, "a query is told in the lines of its clauses"
