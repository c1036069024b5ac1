"""Comments written with COMMENT ON in a real database declare owners and keys."""

from pathlib import Path

import pytest
from _postgres import server

from datagov.connectors.postgres import PostgresConnector
from datagov.fact_writer import FactWriter
from datagov.ownership import comments
from datagov.ownership.resolve import resolve
from datagov.store import FactStore

pytestmark = pytest.mark.server


def test_comments_on_tables_and_columns_of_postgresql_declare(tmp_path: Path) -> None:
    with server() as pg, FactStore(tmp_path / "facts.sqlite") as store:
        pg.run(
            "CREATE SCHEMA crm",
            "CREATE TABLE crm.customer (id int, mobile text)",
            "COMMENT ON TABLE crm.customer IS '客户 @owner(li.wei@example.org) @purpose(service.account, ads)'",
            "COMMENT ON COLUMN crm.customer.id IS '@subject_key'",
            "COMMENT ON COLUMN crm.customer.mobile IS '联系电话@entity（PHONE_NUMBER） @sensitive @onwer(x)'",
        )
        pg.grant("crm")
        facts = FactWriter(source_id=4)
        role = {"role": "data", "outcome": "read", "file": "datagov.yaml", "line": 9}
        facts.add("source", source_id=4, name="core", plugin="postgres", **role)
        store.land(facts.batches())
        store.land(PostgresConnector(pg.source(tmp_path, "crm")).harvest())
        store.land(comments.read(store))
        store.land(resolve(store, as_of="2026-06-30T16:00:00Z"))

        declared = store.query(
            "SELECT c.name, d.key, d.value FROM declared d LEFT JOIN column c USING (column_id) ORDER BY 1, 2, 3"
        )
        assert [tuple(row.values()) for row in declared] == [
            (None, "purpose", "ads"),
            (None, "purpose", "service.account"),
            (None, "subject_key", "id"),
            ("mobile", "entity_type", "PHONE_NUMBER"),
            ("mobile", "sensitive", "true"),
        ]
        owners = store.query("SELECT principal, role, status FROM owner_assignment")
        assert [tuple(row.values()) for row in owners] == [("li.wei@example.org", "data_owner", "active")]
        problems = store.query("SELECT object, kind FROM problem WHERE stage = 'declare'")
        assert [tuple(row.values()) for row in problems] == [("crm.customer.mobile", "wrong_tag")]
