"""Lake tables in a whole night: what is in them is found, and a broken one is never clean."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from datagov.audit import Audit

deltalake = pytest.importorskip("deltalake")
sql = pytest.importorskip("pyiceberg.catalog.sql")

WHO = pa.struct([("email", pa.string()), ("age", pa.int64())])
PEOPLE = pa.table({"who": pa.array([{"email": f"user{n}@example.org", "age": n} for n in range(60)], WHO)})


def test_personal_data_in_fields_of_lake_tables_is_found_and_a_broken_table_is_unreadable(
    audited: Callable[..., Audit], shop: Path
) -> None:
    deltalake.write_deltalake(str(shop / "silver/person"), PEOPLE)
    with closing(
        sql.SqlCatalog("default", uri=f"sqlite:///{shop}/catalog.db", warehouse=f"file://{shop}/lake")
    ) as catalog:
        catalog.create_namespace("crm")
        for name in ("crm.person", "crm.broken"):
            catalog.create_table(name, PEOPLE.schema).append(PEOPLE)
    for path in (shop / "lake/crm/broken/metadata").glob("*-m0.avro"):
        path.write_bytes(b"Obj")

    audit = audited(
        silver="{use: delta, path: silver}",
        lake='{use: iceberg, catalog: {type: sql, uri: "sqlite:///catalog.db"}}',
    )

    evidence = audit.evidence()
    found = evidence.rows(
        "SELECT d.name || '.' || c.name || '.' || c.field_path AS place, e.outcome, x.entity FROM column c"
        " JOIN dataset d USING (dataset_id) JOIN examination e USING (column_id)"
        " LEFT JOIN detection x USING (column_id) WHERE c.field_path = 'email' ORDER BY 1"
    )
    problems = evidence.rows("SELECT object, stage FROM problem WHERE fatal")
    evidence.close()
    assert [tuple(row.values()) for row in found] == [
        ("crm.broken.who.email", "unreadable", None),
        ("crm.person.who.email", "scanned", "EMAIL_ADDRESS"),
        ("silver.person.who.email", "scanned", "EMAIL_ADDRESS"),
    ]
    assert [tuple(row.values()) for row in problems] == [("crm.broken", "detect")]


def test_sql_means_the_field_that_its_source_has_in_whatever_case_it_writes_it(
    audited: Callable[..., Audit], shop: Path
) -> None:
    who = pa.array([{"Email": f"user{n}@example.org"} for n in range(60)], pa.struct([("Email", pa.string())]))
    deltalake.write_deltalake(str(shop / "silver/person"), pa.table({"who": who}))
    (shop / "sql" / "mailing.sql").write_text("INSERT INTO dw.x SELECT p.Who.email AS mail FROM silver.person AS p;")

    audit = audited(
        silver="{use: delta, path: silver}",
        sql="{use: sqlfolder, path: sql, dialect: spark}",
    )

    evidence = audit.evidence()
    spread = evidence.rows(
        "SELECT d.name || '.' || c.name AS place, e.entity FROM exposure e JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE e.hops > 0"
    )
    evidence.close()
    assert [tuple(row.values()) for row in spread] == [("dw.x.mail", "EMAIL_ADDRESS")]
