"""A platform of which nearly every source is broken, each in a way of its own."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

CONTRACT = "kind: DataContract\napiVersion: v3.0.2\nid: x\nversion: 1.0.0\n"
FILES: dict[str, str | bytes] = {
    "text.db": "this is no database\n" * 200,
    "bad.duckdb": b"\x00" * 8192,
    "lake/bad/a.parquet": b"PAR1garbage",
    "lake/csv/a.csv": 'id,name\n1,a\n2,"b\n',
    "lake/json/a.ndjson": '{"a":1}\n{"a":\n{"a":2}\n',
    "lake/utf16/a.csv": "id,name\n1,a\n".encode("utf-16"),
    "lake/odd/readme.xyz": "x",
    "delta/t/_delta_log/00000000000000000000.json": "{not json",
    "iceberg/t/metadata/v1.metadata.json": "{}",
    "dags/a.py": "def broken(:\n",
    "dags/b.py": "from airflow import DAG\n"
    "from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator\n"
    "with DAG('d') as dag:\n"
    "    SQLExecuteQueryOperator(task_id='t', sql='load.sql')\n"
    "    SQLExecuteQueryOperator(task_id='u', sql=f'INSERT INTO {x} SELECT * FROM main.customer')\n",
    "sql/a.sql": "INSERT INTO main.c SELECT FROM WHERE ((;\nINSERT INTO main.c (x) SELECT nobody FROM main.customer;\n"
    "EXECUTE what;\nCALL p();\nINSERT INTO main.x SELECT * FROM main.unknown_table;\n",
    "sql/b.sql": b"SELECT '\xff\xfe'; \x00",
    "notebooks/a.ipynb": "{}",
    "notebooks/b.ipynb": json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {},
            "cells": [
                {"cell_type": "code", "metadata": {}, "outputs": [], "source": [source]}
                for source in ("def x(:\n", "%%bash\nselect * from t insert into x\n")
            ],
        }
    ),
    "events/a.ndjson": '{"job": 1}\n{"a"\n[1]\n',
    "sparklog/app-1": "not an event\n",
    "sparklog/app-2.lzf": b"\x00\x01",
    "logs/a.log": "garbage\n",
    "dagster/a.py": "def x(:\n",
    "sqlmesh/models/a.sql": "MODEL (name a.b,\nSELECT 1",
    "dbt/target/manifest.json": '{"metadata": {}, "nodes": []}',
    "dbt2/dbt_project.yml": "name: x\n",
    "contracts/a.yaml": "kind: DataContract\napiVersion: v9\n",
    "contracts/b.yaml": "a: [1\n",
    "contracts/c.yaml": "kind: Other\n",
    "contracts/d.yaml": f"{CONTRACT}status: draft\nfoo: 1\n",
    "contracts/e.yaml": f"{CONTRACT}status: draft\n",
    "contracts/f.yaml": f"{CONTRACT}status: active\nschema:\n- name: t\n",
    "fides/a.yml": "dataset: 3\n",
    "fides/b.yml": "x: 1\n",
    "repo/CODEOWNERS": "!x @a\nfoo[ab] @a\n*.sql nobody\n",
    "om/a.json": '[{"name": 1}, 3, {"fullyQualifiedName": "a.b.c.d", "columns": [{"x": 1}]}]',
    "om/b.json": "{",
    "om/c.json": '[{"name": "t", "fullyQualifiedName": "a.b.c.d", "columns": [], "owners": [3]}]',
    "dh/a.json": '[{"entityUrn": "urn:li:dataset:x"}, {"entityType": "dataset", "entityUrn": "urn:li:dataset:x",'
    ' "aspectName": "ownership", "aspect": {"value": "{"}}]',
    "gx/expectations/a.json": "{}",
    "gx/expectations/b.json": '{"name": "s", "expectations": [{"kwargs": {}}]}',
    "registers/users.csv": "principal,name\na,b\n",
    "registers/purposes.yaml": "- purpose: a\n  foo: 1\n",
    "registers/notices.yaml": "x: [1\n",
    "registers/entities.yaml": "- entity: a\n  name: A\n  kind: bank\n",
}
SOURCES = {
    "good": "use: sqlite, path: app.db",
    "corrupt": "use: sqlite, path: corrupt.db",
    "text": "use: sqlite, path: text.db",
    "folder": "use: sqlite, path: empty",
    "gone": "use: sqlite, path: gone.db",
    "none_left": "use: sqlite, path: app.db, include: ['x.*']",
    "duck": "use: duckdb, path: bad.duckdb",
    "lake": "use: files, path: lake",
    "lake_gone": "use: files, path: nowhere",
    "lake_empty": "use: files, path: empty",
    "delta": "use: delta, path: delta",
    "ice": "use: iceberg, path: iceberg",
    "ice_gone": "use: iceberg, catalog: {type: sql, uri: 'sqlite:///gone.db'}",
    "pg_down": "use: postgres, dsn: 'postgresql://reader@127.0.0.1:1/shop'",
    "pg_host": "use: postgres, dsn: 'postgresql://reader@nowhere.invalid/shop'",
    "my_down": "use: mysql, dsn: 'mysql://reader@127.0.0.1:1/shop'",
    "my_socket": "use: mysql, socket: /nowhere.sock, user: reader",
    "ch_down": "use: clickhouse, dsn: 'clickhouse://reader@127.0.0.1:1/shop'",
    "ch_folder": "use: clickhouse, path: empty",
    "hive": "use: spark, metastore: 'thrift://127.0.0.1:1'",
    "alchemy": "use: sqlalchemy, url: 'sqlite:///text.db'",
    "dags": "use: airflow, path: dags, dialect: postgres",
    "sql": "use: sqlfolder, path: sql, dialect: postgres",
    "notebooks": "use: notebooks, path: notebooks, dialect: postgres",
    "events": "use: openlineage, path: events, dialect: postgres",
    "sparklog": "use: sparklog, path: sparklog",
    "logs": "use: querylog, path: logs, format: postgres-stderr",
    "dagster": "use: dagster, path: dagster, dialect: postgres",
    "sqlmesh": "use: sqlmesh, path: sqlmesh",
    "dbt": "use: dbt, path: dbt",
    "dbt2": "use: dbt, path: dbt2",
    "contracts": "use: odcs, path: contracts",
    "fides": "use: fides, path: fides",
    "repo": "use: codeowners, path: repo",
    "om": "use: openmetadata, path: om",
    "dh": "use: datahub, path: dh",
    "gx": "use: gx, path: gx",
}
"""Source to its options; on port 1 nothing listens."""


def build(base: Path) -> Path:
    """Write the platform into a folder; returns its configuration."""
    with sqlite3.connect(base / "app.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER, mobile TEXT)")
        db.execute("INSERT INTO customer VALUES (1, '13800138000')")
    db.close()
    (base / "corrupt.db").write_bytes((base / "app.db").read_bytes()[:2000] + b"\xff" * 6000)
    (base / "empty").mkdir()
    for name, content in FILES.items():
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    registers = ", ".join(
        f"{kind}: registers/{file}"
        for kind, file in (
            ("principals", "users.csv"),
            ("purposes", "purposes.yaml"),
            ("notices", "notices.yaml"),
            ("entities", "entities.yaml"),
        )
    )
    sources = "".join(f"  {name}: {{{options}}}\n" for name, options in SOURCES.items())
    config = base / "datagov.yaml"
    config.write_text(f"platform: broken\nlanguage: zh\nregisters: {{{registers}}}\nsources:\n{sources}", "utf-8")
    return config
