"""A night over a dbt project: lineage from sources to marts and dashboards, with the places in the model files."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _dbt import OLDER, PROJECT, copy

from datagov.audit import Audit, Engines, run
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine

CONFIG = """\
platform: payments
as_of: 2026-06-30T16:00:00Z
sources:
{sources}  dw: {{use: dbt, path: dw}}
"""
LITE = "  {schema}: {{use: sqlite, path: {schema}.db, schema: {schema}}}\n"


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    kept = Engines(LocalEngine(workers=2, limits=Limits()), LocalEngine(workers=1, limits=Limits()))
    yield kept
    kept.close()


def audit(folder: Path, engines: Engines, sources: str = "") -> Audit:
    path = folder / "datagov.yaml"
    path.write_text(CONFIG.format(sources=sources))
    return run(path, engines=engines)


def rows(night: Audit, sql: str) -> list[dict[str, Any]]:
    with closing(night.evidence()) as evidence:
        return [dict(row) for row in evidence.rows(sql)]


def edges(night: Audit, *, kind: str = "DIRECT") -> set[tuple[str, str, str, int]]:
    """(source column, target column, file, line) of every edge with a target column."""
    found = rows(
        night,
        "SELECT sd.name || '.' || sc.name AS source, td.name || '.' || tc.name AS target, e.file, e.line"
        " FROM edge e JOIN dataset sd ON sd.dataset_id = e.source_dataset_id"
        " JOIN column sc ON sc.column_id = e.source_column_id JOIN dataset td ON td.dataset_id = e.target_dataset_id"
        f" JOIN column tc ON tc.column_id = e.target_column_id WHERE e.type = '{kind}'",
    )
    return {(row["source"], row["target"], row["file"], row["line"]) for row in found}


def warehouse(folder: Path) -> str:
    """SQLite files with the tables of the catalog, as dbt built them in PostgreSQL, one file per schema."""
    catalog = json.loads((PROJECT / "target" / "catalog.json").read_text())
    tables = [*catalog["nodes"].values(), *catalog["sources"].values()]
    for table in tables:
        about = table["metadata"]
        columns = ", ".join(f'"{name}" TEXT' for name in table["columns"])
        with closing(sqlite3.connect(folder / f"{about['schema']}.db")) as db, db:
            db.execute(f'CREATE TABLE "{about["name"]}" ({columns})')
            if about["name"] == "customer":
                people = [(str(n), f"person{n}@example.org", f"+861380013{n:04}") for n in range(60)]
                db.executemany("INSERT INTO customer (id, email, mobile) VALUES (?, ?, ?)", people)
    return "".join(LITE.format(schema=schema) for schema in sorted({one["metadata"]["schema"] for one in tables}))


MARTS = "dw/models/marts"
EXPECTED = {
    ("dbt_raw.customer.email", "dbt_payments.stg_customer.email", "dw/models/staging/stg_customer.sql", 4),
    ("dbt_raw.payment.amount_cents", "dbt_payments.stg_payment.amount", "dw/models/staging/stg_payment.sql", 13),
    ("dbt_payments.stg_payment.amount", "dbt_payments.customer_revenue.total", f"{MARTS}/customer_revenue.sql", 4),
    (
        "dbt_payments.stg_customer.mobile",
        "dbt_payments.customer_revenue.mobile_hash",
        f"{MARTS}/customer_revenue.sql",
        13,
    ),
    ("dbt_payments.country.label", "dbt_payments.customer_revenue.country_name", f"{MARTS}/customer_revenue.sql", 14),
    ("dbt_payments.stg_payment.amount", "dbt_payments.method_totals.wallet_amount", f"{MARTS}/method_totals.sql", 5),
    ("dbt_payments.payment_event.paid_at", "dbt_payments.load_log.loaded_to", f"{MARTS}/payment_event.sql", 4),
    ("dbt_raw.customer.mobile", "dbt_payments.customer_history.mobile", "dw/snapshots/customer_history.sql", 3),
    ("path:dw/seeds/country.csv.label", "dbt_payments.country.label", "dw/seeds/country.csv", 1),
    ("dbt_payments.customer_revenue.email", "exposure.weekly_revenue.email", f"{MARTS}/marts.yml", 50),
    ("dbt_payments.payment_event.card_number", "exposure.weekly_revenue.card_number", f"{MARTS}/marts.yml", 50),
}


@pytest.fixture(scope="module")
def with_warehouse(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Audit:
    folder = tmp_path_factory.mktemp("warehouse")
    copy(folder)
    return audit(folder, engines, warehouse(folder))


def test_columns_flow_from_sources_to_marts_and_dashboards_with_their_place(with_warehouse: Audit) -> None:
    assert EXPECTED - edges(with_warehouse) == set()


def test_an_ephemeral_model_is_passed_through_and_is_no_dataset(with_warehouse: Audit) -> None:
    found = edges(with_warehouse)

    assert ("dbt_payments.stg_payment.card_number", "dbt_payments.payment_event.card_number") in {e[:2] for e in found}
    assert rows(with_warehouse, "SELECT name FROM dataset WHERE name LIKE '%settled%' OR name LIKE '%cte%'") == []


def test_edges_land_on_the_tables_that_the_databases_hold(with_warehouse: Audit) -> None:
    outside = rows(
        with_warehouse,
        "SELECT DISTINCT d.name FROM dataset d JOIN source s USING (source_id) WHERE s.name = 'dw' ORDER BY 1",
    )

    assert [row["name"] for row in outside] == ["exposure.weekly_revenue", "path:dw/seeds/country.csv"]
    assert rows(with_warehouse, "SELECT message FROM problem WHERE kind IN ('unknown_column', 'duplicate_name')") == []


def test_personal_data_found_in_a_source_is_followed_to_the_dashboard(with_warehouse: Audit) -> None:
    found = rows(
        with_warehouse,
        "SELECT d.name || '.' || c.name AS name, o.name AS origin, x.protection, x.entity FROM exposure x"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " JOIN column o ON o.column_id = x.origin_column_id WHERE o.name IN ('email', 'mobile')",
    )
    carried = {(row["name"], row["entity"], row["protection"]) for row in found}

    assert {
        ("exposure.weekly_revenue.email", "EMAIL_ADDRESS", "none"),
        ("dbt_payments.customer_history.mobile", "PHONE_NUMBER", "none"),
        ("exposure.weekly_revenue.mobile_hash", "PHONE_NUMBER", "pseudonymised"),
    } <= carried


def test_what_the_project_declares_holds_for_the_tables_of_the_databases(with_warehouse: Audit) -> None:
    owners = rows(
        with_warehouse,
        "SELECT d.name, a.principal, a.file, a.line FROM owner_assignment a JOIN dataset d USING (dataset_id)"
        " WHERE a.role = 'data_owner' ORDER BY d.name, a.principal",
    )
    declared = rows(
        with_warehouse,
        "SELECT d.name, e.value FROM declared e JOIN dataset d USING (dataset_id) WHERE key = 'retention'",
    )

    assert [(row["name"], row["principal"]) for row in owners] == [
        ("dbt_payments.customer_revenue", "finance-data@example.org"),
        ("dbt_payments.payment_event", "payments@example.org"),
        ("dbt_raw.customer", "crm@example.org"),
        ("dbt_raw.payment", "cards@example.org"),
        ("dbt_raw.payment", "risk@example.org"),
        ("exposure.weekly_revenue", "board@example.org"),
    ]
    assert declared == [{"name": "dbt_payments.customer_revenue", "value": "P5Y"}]


def test_no_literal_of_the_project_is_in_the_evidence(with_warehouse: Audit) -> None:
    statements = " ".join(row["sql"] for row in rows(with_warehouse, "SELECT sql FROM statement"))

    assert "CREATE TABLE" in statements
    assert not [word for word in ("'settled'", "'card'", "'wallet'") if word in statements]


def without_lines(found: set[tuple[str, str, str, int]]) -> set[tuple[str, str]]:
    return {edge[:2] for edge in found}


def test_without_a_database_the_catalog_of_dbt_stands_for_it(
    tmp_path: Path, engines: Engines, with_warehouse: Audit
) -> None:
    copy(tmp_path)
    alone = audit(tmp_path, engines)

    assert edges(alone) == edges(with_warehouse)
    assert edges(alone, kind="INDIRECT") == edges(with_warehouse, kind="INDIRECT")


@pytest.mark.parametrize("target", ["target-parsed", *OLDER])
def test_a_parsed_project_and_older_manifests_give_the_same_lineage(
    tmp_path: Path, engines: Engines, with_warehouse: Audit, target: str
) -> None:
    copy(tmp_path, target=target)
    if not (tmp_path / "dw/target/catalog.json").exists():
        shutil.copy(PROJECT / "target/catalog.json", tmp_path / "dw/target")
    other = audit(tmp_path, engines)

    assert without_lines(edges(other)) == without_lines(edges(with_warehouse))
    assert EXPECTED - edges(other) == set()


def test_init_looks_at_a_project_and_writes_a_configuration_that_audits(tmp_path: Path) -> None:
    copy(tmp_path)
    command = [sys.executable, "-m", "datagov", "init", "dbt:///dw", "--yes"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "Found 11 datasets with 52 columns." in done.stdout + done.stderr
    assert re.search(r"dw:\n    use: dbt\n    path: \"dw\"\n", (tmp_path / "datagov.yaml").read_text())


@pytest.mark.skipif("DATAGOV_TEST_DBT" not in os.environ, reason="DATAGOV_TEST_DBT does not name a dbt program")
def test_a_real_dbt_and_the_database_it_fills_give_the_same_lineage(
    tmp_path: Path, engines: Engines, with_warehouse: Audit
) -> None:
    shutil.copytree(PROJECT, tmp_path / "dw", ignore=shutil.ignore_patterns("target*"))
    build = [sys.executable, str(tmp_path / "dw" / "build.py"), os.environ["DATAGOV_TEST_DBT"]]
    subprocess.run(build, check=True)
    given = {"HOST": "127.0.0.1", "PORT": "5432", "USER": "postgres", "DATABASE": "test"}
    user, host, port, database = (
        os.environ.get(f"DBT_TEST_{k}", given[k]) for k in ("USER", "HOST", "PORT", "DATABASE")
    )
    core = (
        f"  core: {{use: postgres, dsn: 'postgresql://{user}@{host}:{port}/{database}',"
        " schemas: [dbt_raw, dbt_payments], allow_privileged: true}\n"
    )
    night = audit(tmp_path, engines, core)

    assert edges(with_warehouse) - edges(night) == set()
    own = rows(night, "SELECT d.name FROM dataset d JOIN source s USING (source_id) WHERE s.name = 'dw' ORDER BY 1")
    assert [row["name"] for row in own] == ["exposure.weekly_revenue", "path:dw/seeds/country.csv"]
