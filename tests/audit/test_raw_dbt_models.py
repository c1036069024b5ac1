"""Raw dbt models in a folder of SQL, audited without dbt: what one model fills, the next one reads."""

from __future__ import annotations

import sqlite3

import pytest

from datagov import audit
from datagov.store import Evidence

CONFIG = """
version: 1
platform: shop
sources:
  shop: {use: sqlite, path: shop.db}
  models: {use: sqlfolder, path: models, dialect: sqlite}
"""
MODELS = {
    "a_sends.sql": "{{ config(materialized='table') }}\nselect mail as reach from {{ ref('partner_export') }}\n",
    "partner_export.sql": "{{ config(materialized='table', schema='dw') }}\nselect email as mail from main.customer\n",
    "adhoc.sql": "select email from main.customer\n",
}


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("models")
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE customer (email TEXT)")
        db.executemany("INSERT INTO customer VALUES (?)", [(f"p{n}@example.com",) for n in range(60)])
    db.close()
    (folder / "models").mkdir()
    for name, sql in MODELS.items():
        (folder / "models" / name).write_text(sql, encoding="utf-8")
    (folder / "datagov.yaml").write_text(CONFIG, encoding="utf-8")
    return Evidence(audit.run(folder / "datagov.yaml").evidence_path)


def test_ref_finds_the_table_of_the_other_file(evidence: Evidence) -> None:
    found = evidence.rows(
        "SELECT s.name || '.' || a.name AS source, t.name || '.' || b.name AS target FROM edge e"
        " JOIN column a ON a.column_id = e.source_column_id JOIN dataset s ON s.dataset_id = a.dataset_id"
        " JOIN column b ON b.column_id = e.target_column_id JOIN dataset t ON t.dataset_id = b.dataset_id"
    )

    assert {(row["source"], row["target"]) for row in found} == {
        ("dw.partner_export.mail", "a_sends.reach"),
        ("main.customer.email", "dw.partner_export.mail"),
        ("main.customer.email", "<query>.email"),
    }


def test_personal_data_is_followed_through_both_models(evidence: Evidence) -> None:
    found = evidence.rows(
        "SELECT d.name || '.' || c.name AS column, x.hops FROM exposure x JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE x.entity = 'EMAIL_ADDRESS'"
    )

    assert ("a_sends.reach", 2) in {(row["column"], row["hops"]) for row in found}
