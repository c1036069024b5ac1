"""Every source that is a folder of files, with one good file of it: what tests of bad input put bad files beside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

COPY = "INSERT INTO crm.copy SELECT mail FROM crm.customer"
EVENT = {
    "eventType": "COMPLETE",
    "job": {"namespace": "etl", "name": "load"},
    "inputs": [{"namespace": "postgres://db:5432", "name": "shop.crm.customer"}],
    "outputs": [{"namespace": "postgres://db:5432", "name": "shop.crm.copy"}],
}
OPENMETADATA = {
    "fullyQualifiedName": "pg.shop.crm.customer",
    "owners": [{"type": "user", "name": "li.wei"}],
    "columns": [{"name": "mail", "dataType": "TEXT"}],
}
DATAHUB = {
    "entityType": "dataset",
    "entityUrn": "urn:li:dataset:(urn:li:dataPlatform:postgres,shop.crm.customer,PROD)",
    "changeType": "UPSERT",
    "aspectName": "ownership",
    "aspect": {"json": {"owners": [{"owner": "urn:li:corpuser:li.wei", "type": "DATAOWNER"}]}},
}
SUITE = {
    "expectation_suite_name": "good",
    "expectations": [{"expectation_type": "expect_column_values_to_not_be_null", "kwargs": {"column": "mail"}}],
    "meta": {"great_expectations_version": "0.18.0"},
}
CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: "1"
version: 1.0.0
status: active
servers: [{server: prod, type: postgres, host: db, port: 5432, database: core, schema: crm}]
team: {name: crm, members: [{username: li.wei, role: owner}]}
schema: [{name: customer, properties: [{name: mail}]}]
"""
MANIFEST = """\
dataset:
  - fides_key: crm
    name: crm
    collections: [{name: customer, fields: [{name: mail, data_categories: [user.contact.email]}]}]
"""
DAG = """\
from airflow import DAG
from airflow.providers.postgres.operators.postgres import PostgresOperator
with DAG("d"):
    PostgresOperator(task_id="t", sql=%s)
"""
ASSET = "from dagster import asset\n@asset\ndef copy(c):\n    c.execute(%s)\n"
MODEL = "MODEL (name crm.copy, kind FULL, dialect sqlite, owner li);\n%s\n"
LOGGED = {"timestamp": "2026-06-30 10:00:00.000 UTC", "user": "li", "dbname": "shop", "error_severity": "LOG"}


def notebook(*sources: str, version: int = 4) -> str:
    cells = [{"cell_type": "code", "source": [one], "metadata": {}, "outputs": []} for one in sources]
    return json.dumps({"nbformat": version, "metadata": {}, "cells": cells}, indent=1)


def logged(*statements: str) -> str:
    return "".join(json.dumps({**LOGGED, "message": f"statement: {one}"}) + "\n" for one in statements)


@dataclass(frozen=True)
class Folder:
    """A source of files: its options, the end of the names of its files, and a good file."""

    options: str
    suffix: str
    good: str
    below: str = ""


FOLDERS: Mapping[str, Folder] = {
    "sqlfolder": Folder("dialect: sqlite", ".sql", f"{COPY};\n"),
    "airflow": Folder("dialect: sqlite", ".py", DAG % json.dumps(COPY)),
    "dagster": Folder("dialect: sqlite", ".py", ASSET % json.dumps(COPY)),
    "notebooks": Folder("dialect: sqlite", ".ipynb", notebook(f"%%sql {COPY}")),
    "sqlmesh": Folder("dialect: sqlite", ".sql", MODEL % "SELECT mail FROM crm.customer"),
    "openlineage": Folder("dialect: sqlite", ".json", json.dumps(EVENT)),
    "querylog": Folder("format: postgres-json", ".log", logged(COPY)),
    "sparklog": Folder("", ".jsonl", Path(__file__).with_name("spark_event_log.jsonl").read_text("utf-8")),
    "openmetadata": Folder("", ".json", json.dumps(OPENMETADATA)),
    "datahub": Folder("", ".json", json.dumps(DATAHUB)),
    "gx": Folder("suites: {good: crm.customer}", ".json", json.dumps(SUITE), "expectations/"),
    "odcs": Folder("", ".yaml", CONTRACT),
    "fides": Folder("", ".yaml", MANIFEST),
}


def file_of(source: str, name: str) -> str:
    folder = FOLDERS[source]
    return f"{source}/{folder.below}{name}{folder.suffix}"
