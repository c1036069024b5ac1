"""A folder of Airflow DAG files: the SQL of its tasks, found without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors._dialect_words import dialect_of
from datagov.connectors.airflow import AirflowConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

HEAD = """\
from airflow import DAG
from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator
from airflow.providers.postgres.operators.postgres import PostgresOperator
"""


def source(folder: Path, **options: object) -> Source:
    return Source(
        5, "airflow", "airflow", {"path": "dags", "dialect": "postgres", **options}, folder, "datagov.yaml", 7
    )


def dags(folder: Path, files: Mapping[str, str]) -> Path:
    for name, content in files.items():
        path = folder / "dags" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def read(folder: Path, code: str, **options: object) -> Mapping[str, list[dict[str, Any]]]:
    return harvested(AirflowConnector(source(dags(folder, {"d.py": HEAD + code}), **options)))


def statements(rows: Mapping[str, list[dict[str, Any]]]) -> list[tuple[str, str, str]]:
    jobs = {job["job_id"]: job for job in rows["job"]}
    return [(jobs[s["job_id"]]["name"], jobs[s["job_id"]]["dialect"], s["sql"]) for s in rows["statement"]]


TASKS = [
    (
        "an operator inside a DAG's block",
        "with DAG('nightly'):\n    PostgresOperator(task_id='copy', sql='SELECT 1')",
        [("nightly.copy", "postgres", "SELECT 1")],
    ),
    (
        "an operator that is given its DAG",
        "d = DAG(dag_id='nightly')\nSQLExecuteQueryOperator(task_id='copy', sql='SELECT 1', dag=d)",
        [("nightly.copy", "postgres", "SELECT 1")],
    ),
    (
        "a decorated DAG",
        "@dag(schedule='@daily')\ndef nightly():\n    SQLExecuteQueryOperator(task_id='copy', sql='SELECT 1')",
        [("nightly.copy", "postgres", "SELECT 1")],
    ),
    (
        "the dialect of the operator",
        "with DAG('n'):\n    SnowflakeOperator(task_id='t', sql='SELECT 1')",
        [("n.t", "snowflake", "SELECT 1")],
    ),
    (
        "the dialect of the connection's name",
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', conn_id='mysql_core', sql='SELECT 1')",
        [("n.t", "mysql", "SELECT 1")],
    ),
    (
        "several statements",
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=['SELECT 1', 'SELECT 2'])",
        [("n.t", "postgres", "SELECT 1"), ("n.t", "postgres", "SELECT 2")],
    ),
    (
        "a constant of the module",
        "Q = 'SELECT 1'\nwith DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=Q)",
        [("n.t", "postgres", "SELECT 1")],
    ),
    (
        "an f-string of constants",
        "T = 'dw.person'\nwith DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=f'SELECT a FROM {T}')",
        [("n.t", "postgres", "SELECT a FROM dw.person")],
    ),
    (
        "str.format with a constant",
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='SELECT a FROM {t}'.format(t='dw.person'))",
        [("n.t", "postgres", "SELECT a FROM dw.person")],
    ),
    (
        "joined texts and dedent",
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=dedent('  SELECT a ' + 'FROM t'))",
        [("n.t", "postgres", "SELECT a FROM t")],
    ),
    (
        "macros of Airflow, as a value and in a name",
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', params={'t': 'person'},"
        " sql=\"SELECT a FROM {{ params.t }} WHERE d = '{{ ds }}'\")",
        [("n.t", "postgres", "SELECT a FROM person WHERE d = '00000000'")],
    ),
    (
        "a hook in a Python task",
        "@dag()\ndef n():\n    @task\n    def load():\n        PostgresHook('c').run('INSERT INTO a SELECT b FROM c')",
        [("n.load", "postgres", "INSERT INTO a SELECT b FROM c")],
    ),
    (
        "Spark SQL in a Python task",
        "@dag()\ndef n():\n    @task\n    def load():\n        session.sql('INSERT OVERWRITE TABLE a SELECT b FROM c')",
        [("n.load", "spark", "INSERT OVERWRITE TABLE a SELECT b FROM c")],
    ),
    (
        "a transfer writes its target",
        "with DAG('n'):\n    GenericTransfer(task_id='t', sql='SELECT b FROM c', destination_table='dw.x')",
        [("n.t", "postgres", "INSERT INTO dw.x SELECT b FROM c")],
    ),
    (
        "a BigQuery job",
        "with DAG('n'):\n    BigQueryInsertJobOperator(task_id='t',"
        " configuration={'query': {'query': 'SELECT b FROM c',"
        " 'destinationTable': {'projectId': 'p', 'datasetId': 'd', 'tableId': 'x'}}})",
        [("n.t", "bigquery", "INSERT INTO p.d.x SELECT b FROM c")],
    ),
]


@pytest.mark.parametrize(("code", "expected"), [case[1:] for case in TASKS], ids=[case[0] for case in TASKS])
def test_tasks_that_run_sql_are_jobs(tmp_path: Path, code: str, expected: list[tuple[str, str, str]]) -> None:
    rows = read(tmp_path, code)

    assert statements(rows) == expected
    assert "problem" not in rows


def test_a_job_knows_its_owner_its_schedule_and_its_line(tmp_path: Path) -> None:
    (job,) = read(
        tmp_path,
        "with DAG('n', schedule='0 2 * * *', default_args={'owner': 'risk'}):\n"
        "    SQLExecuteQueryOperator(\n        task_id='t',\n        sql='''\n        SELECT 1\n        ''',\n    )",
    )["job"]

    assert (job["owner"], job["schedule"], job["file"], job["line"]) == ("risk", "0 2 * * *", "dags/d.py", 5)


def test_a_statement_stands_on_the_line_of_its_text(tmp_path: Path) -> None:
    (statement,) = read(
        tmp_path,
        "with DAG('n'):\n    SQLExecuteQueryOperator(\n        task_id='t',\n"
        "        sql='''SELECT 1\n          FROM t''',\n    )",
    )["statement"]

    assert (statement["file"], statement["line"], statement["end_line"]) == ("dags/d.py", 7, 8)


@pytest.mark.parametrize("place", ["dags/sql/load.sql", "shared/sql/load.sql"])
def test_sql_in_a_file_is_found_beside_the_dag_or_on_the_search_path(tmp_path: Path, place: str) -> None:
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text("SELECT a\nFROM t WHERE d = '{{ ds }}'\n")
    rows = read(
        tmp_path,
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='sql/load.sql')",
        searchpath=["shared"],
    )
    (statement,) = rows["statement"]

    assert (statement["file"], statement["line"], statement["end_line"]) == (place, 1, 2)
    assert "{{" not in statement["sql"]


@pytest.mark.parametrize(
    ("code", "kind", "fatal"),
    [
        ("with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=build())", "opaque", False),
        ("with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql=f'SELECT a FROM {build()}')", "opaque", False),
        (
            "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='SELECT a FROM t_{{ ds_nodash }}')",
            "opaque",
            False,
        ),
        ("with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='no/such.sql')", "unreadable", True),
        ("with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='../../outside.sql')", "unreadable", True),
    ],
)
def test_what_only_a_run_would_tell_is_a_problem_on_the_line_of_the_task(
    tmp_path: Path, code: str, kind: str, fatal: bool
) -> None:
    (tmp_path / "outside.sql").write_text("SELECT 1")
    problems = read(tmp_path, code)["problem"]

    assert (problems[0]["kind"], problems[0]["fatal"], problems[0]["file"], problems[0]["line"]) == (
        kind,
        fatal,
        "dags/d.py",
        5,
    )


def test_a_file_that_is_no_python_is_named_with_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    base = dags(
        tmp_path,
        {
            "a.py": HEAD + "def broken(:\n",
            "b.py": HEAD + "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='SELECT 1')",
        },
    )
    rows = harvested(AirflowConnector(source(base)))

    assert [(p["file"], p["line"], p["kind"], p["fatal"]) for p in rows["problem"]] == [
        ("dags/a.py", 4, "failed", True)
    ]
    assert statements(rows) == [("n.t", "postgres", "SELECT 1")]


def test_nothing_of_a_dag_file_is_run(tmp_path: Path) -> None:
    read(
        tmp_path,
        f"open({str(tmp_path / 'ran')!r}, 'w')\n"
        "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='SELECT 1')",
    )

    assert not (tmp_path / "ran").exists()


def test_a_folder_without_tasks_says_so(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, "x = 1")["problem"]

    assert problem["kind"] == "empty"


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(AirflowConnector(source(tmp_path)))


class TestConformance(ConnectorConformance):
    connector = AirflowConnector

    def source(self, folder: Path) -> Source:
        dags(
            folder,
            {"d.py": HEAD + "with DAG('n'):\n    SQLExecuteQueryOperator(task_id='t', sql='SELECT 1')", "e.py": "("},
        )
        return source(folder)

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


WORDS = [
    *[(name, "postgres") for name in ("PostgresHook", "postgres_default", "postgresql+psycopg", "PostgreSQLHook")],
    *[(name, "mysql") for name in ("MySqlOperator", "mysql+pymysql", "pymysql", "MariaDB", "mysql2", "mysqlconn")],
    *[(name, "bigquery") for name in ("BigQueryInsertJobOperator", "bq_client", "BQ", "bigquery")],
    *[(name, "spark") for name in ("SparkSqlOperator", "spark", "sparksession", "pyspark")],
    *[(name, "hive") for name in ("HiveCliOperator", "hive_default", "hiveserver2_default")],
    *[(name, "sqlite") for name in ("SQLite3Hook", "SqliteOperator", "sqlite3")],
    *[(name, "tsql") for name in ("MsSqlHook", "mssql+pyodbc")],
    ("awsathena+rest", "athena"), ("ClickHouseHook", "clickhouse"), ("oracledb", "oracle"),
    ("DuckDBResource", "duckdb"),
    ("RedshiftSQLOperator", "redshift"), ("get_snowflake_conn('x').cursor", "snowflake"),
    *[(name, None) for name in ("archive_db", "Archiver", "sparkle", "oracles", "trinotes", "bqueue", "core", "")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "dialect"), WORDS)
def test_the_dialect_of_a_name_is_told_by_a_whole_word_of_it(name: str, dialect: str | None) -> None:
    assert dialect_of(name) == dialect


def test_a_name_that_is_put_together_at_run_time_is_told_without_its_texts(tmp_path: Path) -> None:
    (job,) = read(
        tmp_path,
        "with DAG('n', schedule=plan_of('ann@example.org')):\n"
        "    SQLExecuteQueryOperator(task_id=task_of('ann@example.org'), sql='SELECT 1 FROM t')",
    )["job"]

    assert (job["name"], job["schedule"]) == ("n.task_of('…')", "plan_of('…')")
