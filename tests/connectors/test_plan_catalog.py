"""A full plan lists the statements that each database's catalog is asked: those that were sent for the plan itself."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from _clickhouse import folder_source
from _mysql import SECRET, admin
from _mysql import Server as MariaDB
from _postgres import Server as PostgreSQL
from _sources import harvested

from datagov.asked import Asked
from datagov.commands import _plan
from datagov.config import load
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.model import Exit


def planned(folder: Path, source: str, capsys: pytest.CaptureFixture[str], *, full: bool) -> list[str]:
    (folder / "datagov.yaml").write_text(f"platform: p\nsources: {{core: {source}}}\n")
    capsys.readouterr()

    assert _plan.show(load(folder / "datagov.yaml"), "en", full=full) is Exit.CLEAN
    return capsys.readouterr().out.splitlines()


def statements(lines: list[str]) -> list[str]:
    """The statements under the heading of the catalog."""
    (at,) = [n for n, line in enumerate(lines) if line.startswith("--   these are ")]
    told = []
    for line in lines[at + 1 :]:
        if line.startswith("--"):
            break
        told.append(line.removesuffix(";"))
    assert lines[at].split()[3] == str(len(told))
    return told


def shown(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("--")]


@pytest.mark.server
@pytest.mark.parametrize("access", ["metadata", "samples"])
def test_the_statements_that_ask_postgresql_for_its_catalog_are_in_the_plan(
    pg: PostgreSQL, schema: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], access: str
) -> None:
    pg.run(f"CREATE TABLE {schema}.t (a int)", f"CREATE VIEW {schema}.v AS SELECT a FROM {schema}.t")
    pg.grant(schema)
    source = f'{{use: postgres, dsn: "{pg.dsn(pg.reader)}", schemas: [{schema}], access: {access}}}'
    told = statements(planned(tmp_path, source, capsys, full=True))

    assert any("FROM pg_class c JOIN pg_namespace" in sql for sql in told)
    assert any("pg_get_viewdef" in sql for sql in told)
    assert any("pg_auth_members" in sql for sql in told)
    assert any("count(*) FROM" in sql for sql in told) == (access == "samples"), "metadata counts no row"
    assert not any("TABLESAMPLE" in sql for sql in told)


@pytest.mark.server
def test_the_statements_that_ask_mariadb_for_its_catalog_are_in_the_plan_and_run(
    my: MariaDB, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    my.run("CREATE TABLE t (a int)", database=database)
    dsn = str(my.source(tmp_path, database).options["dsn"])
    source = f'{{use: mysql, dsn: "{dsn}", password: "${{MY}}", databases: [{database}], access: metadata}}'
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("MY", SECRET)
        told = statements(planned(tmp_path, source, capsys, full=True))
    connection = admin()
    try:
        with connection.cursor() as cursor:
            for sql in told:
                if sql.startswith("SELECT") and "information_schema" in sql:
                    values = [database] * sql.replace("%%", "").count("%s")
                    cursor.execute(sql, values or None)
    finally:
        connection.close()

    assert sum("information_schema" in sql for sql in told) >= 8
    assert not any(re.search(r"\bCOUNT\(", sql) and "`t`" in sql for sql in told)
    assert SECRET not in " ".join(told)


def made_by_sqlite(folder: Path) -> str:
    with sqlite3.connect(folder / "a.db") as connection:
        connection.execute("CREATE TABLE t (a int)")
    return "{use: sqlite, path: a.db, schema: s}"


def made_by_duckdb(folder: Path) -> str:
    duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")
    with duckdb.connect(str(folder / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE t (a int)")
    return "{use: duckdb, path: a.duckdb}"


def made_by_sqlalchemy(folder: Path) -> str:
    made_by_sqlite(folder)
    return '{use: sqlalchemy, url: "sqlite:///a.db"}'


FILES: dict[str, tuple[Callable[[Path], str], str]] = {
    "sqlite": (made_by_sqlite, "FROM sqlite_master"),
    "duckdb": (made_by_duckdb, "duckdb_tables()"),
    "sqlalchemy": (made_by_sqlalchemy, "sqlite_master"),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_catalog_of_a_file_is_listed_too(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, word = FILES[kind]
    source = make(tmp_path)
    full = planned(tmp_path, source, capsys, full=True)
    short = planned(tmp_path, source, capsys, full=False)
    told = statements(full)

    assert any(word in sql for sql in told)
    assert shown(full)[: len(told)] != shown(short)[: len(told)]
    assert set(shown(short)) <= set(shown(full))
    assert [line for line in short if "--plan=full prints them" in line]


def test_the_catalog_of_clickhouse_is_listed_too(tmp_path: Path) -> None:
    pytest.importorskip("chdb", reason="the extra 'clickhouse' is not installed")
    from dataclasses import replace

    asked = Asked()
    source = folder_source(
        tmp_path, "CREATE DATABASE app", "CREATE TABLE app.t (a Int64) ENGINE = MergeTree ORDER BY a"
    )
    harvested(ClickhouseConnector(replace(source, asked=asked)))

    assert any("FROM system.tables" in sql for sql in asked.statements)
    assert any("FROM system.columns" in sql for sql in asked.statements)


def test_a_folder_of_files_is_asked_no_statement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "t.csv").write_text("a\n1\n")

    assert not any("these are" in line for line in planned(tmp_path, "{use: files, path: lake}", capsys, full=True))


@pytest.mark.parametrize(("option", "listed"), [("--plan", False), ("--plan=full", True)])
def test_the_command_line_takes_both_forms(tmp_path: Path, option: str, listed: bool) -> None:
    (tmp_path / "datagov.yaml").write_text(f"platform: p\nsources: {{core: {made_by_sqlite(tmp_path)}}}\n")
    done = subprocess.run(
        [sys.executable, "-m", "datagov", "audit", option], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert ("FROM sqlite_master" in done.stdout) == listed
