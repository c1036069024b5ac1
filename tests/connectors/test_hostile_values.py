"""One value that nobody expects in a file is a sentence; the rest of the source is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from _sources import harvested

from datagov.connectors._gx_context import Context
from datagov.connectors.airflow import AirflowConnector
from datagov.connectors.notebooks import NotebooksConnector
from datagov.contracts import Source
from datagov.errors import ConfigError
from datagov.jsonfile import Json

LONG = "a" * 300 + ".sql"


def test_a_number_of_five_thousand_digits_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="too many digits"):
        Json("[" + "9" * 5_000 + "]", "x.json").whole()


def test_a_file_name_that_no_disk_holds_and_half_a_character_cost_a_notebook_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "nb").mkdir()
    sources = [f"%sql --file {LONG}", '%%sql\nSELECT "\ud800" FROM t', "%%sql\nSELECT a FROM t"]
    cells = [{"cell_type": "code", "source": one, "metadata": {}, "outputs": []} for one in sources]
    (tmp_path / "nb" / "a.ipynb").write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": cells}), "utf-8")
    options = {"path": "nb", "dialect": "postgres"}
    rows = harvested(NotebooksConnector(Source(6, "nb", "notebooks", options, tmp_path, "datagov.yaml", 4)))
    assert [row["sql"] for row in rows["statement"]] == ['SELECT "\ufffd" FROM t', "SELECT a FROM t"]
    assert [(row["kind"], row["fatal"]) for row in rows["problem"][:1]] == [("opaque", False)]


def test_a_file_name_that_no_disk_holds_costs_a_dag_its_task_alone(tmp_path: Path) -> None:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "one.py").write_text(
        "from airflow import DAG\n"
        "from airflow.providers.postgres.operators.postgres import PostgresOperator\n"
        "with DAG('d'):\n"
        f"    a = PostgresOperator(task_id='a', sql='{LONG}')\n"
        "    b = PostgresOperator(task_id='b', sql='SELECT a FROM t')\n",
        "utf-8",
    )
    options = {"path": "dags", "dialect": "postgres"}
    rows = harvested(AirflowConnector(Source(6, "dags", "airflow", options, tmp_path, "datagov.yaml", 4)))
    assert [row["sql"] for row in rows["statement"]] == ["SELECT a FROM t"]
    assert "was not found" in rows["problem"][0]["message"]


def test_names_that_are_lists_and_folders_with_a_nul_leave_a_configuration_readable(tmp_path: Path) -> None:
    (tmp_path / "great_expectations.yml").write_text(
        'stores: {expectations_store: {store_backend: {base_directory: "a\\0b"}}}\n'
        "fluent_datasources: {shop: {assets: [{name: [a]}, {name: b, table_name: t}]}}\n",
        "utf-8",
    )
    context = Context(tmp_path, lambda path: path.name)
    assert context.faults == []
    assert context.suites == tmp_path / "expectations"
    assert context.named("b") == "t"
