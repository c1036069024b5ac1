"""One configuration over PostgreSQL, MariaDB, a lake in S3, a dbt project and Airflow: one lineage through all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _dbt import PROJECT, copy
from _mysql import SECRET
from _mysql import server as mysql_server
from _postgres import psycopg, quoted
from _postgres import server as postgres_server
from moto.server import ThreadedMotoServer

from datagov.audit import Audit, run
from datagov.model import Exit

pytestmark = [pytest.mark.server, pytest.mark.slow]

PEOPLE = [(n, f"person{n}@example.org", f"1380013{n * 37 % 10_000:04}") for n in range(120)]

DAG = '''\
from airflow import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator

with DAG("customers", schedule="@daily", default_args={"owner": "li.wei@example.org"}) as dag:
    take_over = SQLExecuteQueryOperator(
        task_id="take_over",
        conn_id="federation",
        sql="""
            INSERT INTO dbt_raw.customer (id, email, mobile)
            SELECT id, mail, phone FROM CRM.lead
        """,
    )
    hand_out = SQLExecuteQueryOperator(
        task_id="hand_out",
        conn_id="lake",
        sql="COPY (SELECT email, mobile_hash FROM dbt_payments.customer_revenue) TO 's3://platform/export/partner/a.parquet'",
    )
'''

CONFIG = """\
platform: payments
as_of: 2026-06-30T16:00:00Z
sources:
  core:     {{use: postgres, dsn: "{dsn}", schemas: [dbt_raw, dbt_payments]}}
  crm:      {{use: mysql, dsn: "{my}", password: "${{PLATFORM_SECRET}}", databases: [{crm}]}}
  lake:     {{use: files, path: "s3://platform/export", endpoint: "{s3}", access_key_id: "${{PLATFORM_SECRET}}",
             secret: "${{PLATFORM_SECRET}}", region: us-east-1}}
  models:   {{use: dbt, path: dw}}
  jobs:     {{use: airflow, path: dags, dialect: postgres, connections: {{lake: duckdb}}}}
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Audit, str]]:
    """The audit of the whole platform, and the name of the database in MariaDB."""
    folder = tmp_path_factory.mktemp("platform")
    with postgres_server() as pg, mysql_server() as my, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATFORM_SECRET", SECRET)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        moto = ThreadedMotoServer(port=0, verbose=False)
        moto.start()
        try:
            host, port = moto.get_host_and_port()
            endpoint = f"http://{host}:{port}"
            crm = my.database(folder)
            my.run(f"CREATE TABLE {crm}.lead (id INT PRIMARY KEY, mail VARCHAR(80), phone VARCHAR(20))")
            my.run(*(f"INSERT INTO {crm}.lead VALUES ({n}, '{mail}', '{phone}')" for n, mail, phone in PEOPLE))
            _fill(pg)
            _export(endpoint)
            copy(folder)
            (folder / "dags").mkdir()
            (folder / "dags" / "customers.py").write_text(DAG.replace("CRM.", f"{crm}."))
            source = my.source(folder, crm)
            (folder / "datagov.yaml").write_text(
                CONFIG.format(dsn=pg.dsn(pg.reader), my=source.options["dsn"], crm=crm, s3=endpoint)
            )
            yield run(folder / "datagov.yaml"), crm
        finally:
            moto.stop()


def _fill(pg: Any) -> None:
    """The tables of the project's catalog in PostgreSQL, the customers with rows."""
    catalog = json.loads((PROJECT / "target" / "catalog.json").read_text())
    tables = [*catalog["nodes"].values(), *catalog["sources"].values()]
    with psycopg.connect(pg.dsn(), autocommit=True) as connection:
        for schema in sorted({table["metadata"]["schema"] for table in tables}):
            connection.execute(f"CREATE SCHEMA {quoted(schema)}")
        for table in tables:
            about = table["metadata"]
            columns = ", ".join(f"{quoted(name)} text" for name in table["columns"])
            connection.execute(f"CREATE TABLE {quoted(about['schema'])}.{quoted(about['name'])} ({columns})")
        for n, mail, phone in PEOPLE:
            connection.execute(
                "INSERT INTO dbt_raw.customer (id, email, mobile) VALUES (%s, %s, %s)", (str(n), mail, phone)
            )
    for schema in ("dbt_raw", "dbt_payments"):
        pg.grant(schema)


def _export(endpoint: str) -> None:
    client = boto3.client(
        "s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=SECRET, aws_secret_access_key=SECRET
    )
    client.create_bucket(Bucket="platform")
    buffer = io.BytesIO()
    table = pa.table({"email": [mail for _, mail, _ in PEOPLE], "mobile_hash": [f"{n:032x}" for n, _, _ in PEOPLE]})
    pq.write_table(table, buffer)
    client.put_object(Bucket="platform", Key="export/partner/a.parquet", Body=buffer.getvalue())


def rows(audit: Audit, sql: str, *values: Any) -> list[dict[str, Any]]:
    with closing(audit.evidence()) as evidence:
        return evidence.rows(sql, values)


def test_every_source_is_read(night: tuple[Audit, str]) -> None:
    audit, _ = night

    assert {row["name"]: row["outcome"] for row in rows(audit, "SELECT name, outcome FROM source")} == dict.fromkeys(
        ("core", "crm", "lake", "models", "jobs"), "read"
    )
    assert not rows(audit, "SELECT object, message FROM problem WHERE fatal AND stage <> 'trace'")
    assert audit.exit in (Exit.CLEAN, Exit.FINDINGS, Exit.INCOMPLETE)


def test_an_address_is_followed_from_mariadb_through_postgresql_and_dbt_to_the_lake(night: tuple[Audit, str]) -> None:
    audit, crm = night
    steps = rows(
        audit,
        "SELECT sd.name || '.' || sc.name AS source, td.name || '.' || tc.name AS target, j.name AS job, s.name AS home"
        " FROM edge e JOIN statement USING (statement_id) JOIN job j USING (job_id)"
        " JOIN source s ON s.source_id = j.source_id"
        " JOIN dataset sd ON sd.dataset_id = e.source_dataset_id JOIN column sc ON sc.column_id = e.source_column_id"
        " JOIN dataset td ON td.dataset_id = e.target_dataset_id JOIN column tc ON tc.column_id = e.target_column_id"
        " WHERE e.type = 'DIRECT'",
    )
    known = {(row["source"], row["target"]): (row["home"], row["job"]) for row in steps}

    assert known[f"{crm}.lead.mail", "dbt_raw.customer.email"] == ("jobs", "customers.take_over")
    assert known["dbt_raw.customer.email", "dbt_payments.stg_customer.email"][0] == "models"
    assert known["dbt_payments.stg_customer.email", "dbt_payments.customer_revenue.email"][0] == "models"
    assert known["dbt_payments.customer_revenue.email", "lake.partner.email"] == ("jobs", "customers.hand_out")


def test_the_lake_carries_what_began_in_mariadb_and_how_it_is_protected(night: tuple[Audit, str]) -> None:
    audit, crm = night
    found = rows(
        audit,
        "SELECT d.name || '.' || c.name AS place, x.entity, x.protection, x.hops FROM exposure x"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " JOIN column oc ON oc.column_id = x.origin_column_id JOIN dataset o ON o.dataset_id = oc.dataset_id"
        " WHERE o.name = ? AND d.name = 'lake.partner' ORDER BY 1, 2",
        f"{crm}.lead",
    )

    assert {(row["place"], row["entity"], row["protection"]) for row in found} >= {
        ("lake.partner.email", "EMAIL_ADDRESS", "none"),
        ("lake.partner.mobile_hash", "CN_MOBILE", "pseudonymised"),
    }
    assert {row["hops"] for row in found} == {4}


def test_no_secret_and_no_value_is_in_the_evidence(night: tuple[Audit, str]) -> None:
    audit, _ = night
    content = audit.evidence_path.read_bytes()

    assert SECRET.encode() not in content
    assert not [1 for _, mail, phone in PEOPLE if mail.encode() in content or phone.encode() in content]


def test_every_dataset_is_called_as_openlineage_calls_it_and_stands_once(night: tuple[Audit, str]) -> None:
    audit, crm = night
    found = rows(
        audit,
        "SELECT d.namespace, d.name, count(*) AS times, min(s.name) AS source"
        " FROM dataset d JOIN source s USING (source_id)"
        " WHERE d.kind <> 'temporary' GROUP BY lower(d.name)",
    )
    known = {row["name"]: (row["namespace"].partition("://")[0], row["times"], row["source"]) for row in found}

    assert known[f"{crm}.lead"] == ("mysql", 1, "crm")
    assert known["dbt_raw.customer"] == ("postgres", 1, "core")
    assert known["dbt_payments.customer_revenue"] == ("postgres", 1, "core")
    assert known["lake.partner"] == ("s3", 1, "lake")
    assert {row["namespace"] for row in found if row["name"] == "lake.partner"} == {"s3://platform"}


def test_every_pair_of_stores_is_crossed_by_an_edge_of_the_pipeline_that_says_so(night: tuple[Audit, str]) -> None:
    audit, _ = night
    crossed = rows(
        audit,
        "SELECT DISTINCT a.name AS origin, b.name AS target, h.name AS told FROM edge e"
        " JOIN statement USING (statement_id) JOIN job j USING (job_id) JOIN source h ON h.source_id = j.source_id"
        " JOIN dataset da ON da.dataset_id = e.source_dataset_id JOIN source a ON a.source_id = da.source_id"
        " JOIN dataset db ON db.dataset_id = e.target_dataset_id JOIN source b ON b.source_id = db.source_id"
        " WHERE e.type = 'DIRECT'",
    )

    assert {(row["origin"], row["target"], row["told"]) for row in crossed} >= {
        ("crm", "core", "jobs"),
        ("core", "core", "models"),
        ("core", "lake", "jobs"),
    }
