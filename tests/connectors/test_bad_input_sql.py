"""SQL held by a database that would never get traced costs its own statement: views, routines and macros.

There are two kinds of it. ``ENDLESS`` explodes: each step has twice the columns of the one before. Most databases work
it out when it is made and would not survive that (MariaDB even in the body of a procedure), so SQLite and functions of
PostgreSQL alone hold it. ``hanging`` is what every database takes at once and keeps as it was written: calls inside
each other of what may be a type or a function, so that the parser tries both at each level, two to the power of sixty.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from _bad_input import DOUBLING, Told, is_fit_to_be_told, night

from datagov.model import Exit

ENDLESS = f"WITH c0 AS (SELECT mail FROM customer), {DOUBLING} SELECT * FROM c39"
MADE = (
    "CREATE TABLE customer (mail varchar(99))",
    "INSERT INTO customer VALUES ('u1@example.org')",
    "CREATE VIEW good AS SELECT mail FROM customer",
)
SECONDS = 1.5
LIMITS = f"{{statement_seconds: {SECONDS}}}"
LOST = {
    "lite": ["endless"],
    "pg": ["endless", "hanging"],
    "my": ["hanging", "hanging_function", "hanging_procedure"],
    "duck": ["hanging", "hanging_rows", "hanging_value"],
    "lake": ["hanging"],
}
"""The views, routines and macros of each source that cannot be traced."""


def hanging(call: str, table: str = "customer") -> str:
    """A query with sixty calls inside each other; ``call`` is one of them around ``{}``."""
    inside = "mail"
    for _ in range(60):
        inside = call.format(inside)
    return f"SELECT {inside} AS hung FROM {table}"


def lite(path: Path) -> None:
    """A file of SQLite, which takes any view."""
    with closing(sqlite3.connect(path)) as file, file:
        for statement in (*MADE, f"CREATE VIEW endless AS {ENDLESS}"):
            file.execute(statement)


def of_servers(folder: Path) -> Iterator[Told]:
    import _mysql
    import _postgres

    lite(folder / "lite.db")
    (folder / "secret").write_text(_mysql.SECRET)
    with _postgres.server() as pg, _mysql.server() as my:
        schema, database = _postgres.schema_of(folder), my.database(folder)
        settings = f"SET search_path = {schema}", "SET check_function_bodies = off"
        made = "CREATE FUNCTION {}() RETURNS void LANGUAGE {} AS $$ {} $$"
        endless = made.format("endless", "sql", f"CREATE TABLE filled AS {ENDLESS}")
        hung = made.format("hanging", "plpgsql", f"BEGIN CREATE TABLE filled AS {hanging('date({})')}; END")
        pg.run(f"CREATE SCHEMA {schema}", "; ".join((*settings, *MADE, endless, hung)))
        pg.grant(schema)
        my.run(
            *MADE,
            f"CREATE VIEW hanging AS {hanging('year({})')}",
            f"CREATE PROCEDURE hanging_procedure() CREATE TABLE filled AS {hanging('date({})')}",
            f"CREATE FUNCTION hanging_function() RETURNS text RETURN ({hanging('date({})')} LIMIT 1)",
            f"GRANT SELECT ON mysql.proc TO {my.reader}",
            database=database,
        )
        known = _postgres.conninfo_to_dict(pg.dsn())
        dsn = f"postgresql://{pg.reader}@{known['host']}:{known.get('port') or 5432}/{pg.database}"
        to = f"mysql://{my.reader}@{_mysql.HOST}:{_mysql.PORT}"
        sources = f"""
            lite: {{use: sqlite, path: lite.db, schema: lite}}
            pg: {{use: postgres, dsn: '{dsn}', schemas: [{schema}]}}
            my: {{use: mysql, dsn: '{to}', databases: [{database}], password: 'file:secret'}}
        """
        yield night(folder, sources, limits=LIMITS)


def of_duckdb(folder: Path) -> Iterator[Told]:
    duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")
    with closing(duckdb.connect(str(folder / "duck.duckdb"))) as duck:
        for statement in (
            *MADE,
            f"CREATE VIEW hanging AS {hanging('ARRAY[{}]')}",
            f"CREATE MACRO hanging_rows() AS TABLE {hanging('ARRAY[{}]')}",
            f"CREATE MACRO hanging_value() AS ({hanging('ARRAY[{}]')} LIMIT 1)",
        ):
            duck.execute(statement)
    yield night(folder, "duck: {use: duckdb, path: duck.duckdb}", limits=LIMITS)


def of_clickhouse(folder: Path) -> Iterator[Told]:
    import _clickhouse

    table, rows, good = (one.replace("customer", "crm.customer") for one in MADE)
    _clickhouse.folder(
        folder / "lake",
        "CREATE DATABASE crm",
        f"{table} ENGINE = MergeTree ORDER BY mail",
        rows,
        good.replace("good", "crm.good"),
        f"CREATE VIEW crm.hanging AS {hanging('tuple({})', 'crm.customer')}",
    )
    yield night(folder, "lake: {use: clickhouse, path: lake}", limits=LIMITS)


MAKERS = {"servers": of_servers, "duckdb": of_duckdb, "clickhouse": of_clickhouse}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("servers", marks=pytest.mark.server),
        "duckdb",
        pytest.param("clickhouse", marks=pytest.mark.chdb),
    ],
)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A night; each source of it has a table, a view that copies it and SQL that never ends."""
    yield from MAKERS[request.param](tmp_path_factory.mktemp("sql"))


def held(told: Told) -> dict[str, int]:
    return {row["name"]: row["source_id"] for row in told.rows("SELECT name, source_id FROM source")}


def test_sql_that_would_hang_costs_its_own_statement_and_the_view_beside_it_is_traced(told: Told) -> None:
    for source, source_id in held(told).items():
        lost = told.rows(
            "SELECT object, kind, message FROM problem WHERE fatal AND stage = 'trace' AND source_id = ? ORDER BY 1",
            source_id,
        )
        statements = told.rows(
            "SELECT j.name, s.outcome FROM statement s JOIN job j USING (job_id)"
            " WHERE s.outcome <> 'parsed' AND j.source_id = ? ORDER BY 1",
            source_id,
        )
        edges = told.rows(
            "SELECT 1 FROM edge e JOIN column c ON c.column_id = e.target_column_id JOIN dataset d USING (dataset_id)"
            " WHERE d.name LIKE '%.good' AND d.source_id = ?",
            source_id,
        )

        assert [row["object"].rpartition(".")[2] for row in lost] == LOST[source]
        assert {(row["kind"], row["message"]) for row in lost} == {
            ("deadline", f"It took longer than {SECONDS:g} s and was left out.")
        }
        assert [(row["name"].rpartition(".")[2], row["outcome"]) for row in statements] == [
            (name, "failed") for name in LOST[source]
        ]
        assert edges


def test_a_view_whose_columns_the_database_cannot_name_is_a_sentence_and_its_table_is_scanned(tmp_path: Path) -> None:
    lite(tmp_path / "alchemy.db")

    told = night(tmp_path, "alchemy: {use: sqlalchemy, url: 'sqlite:///alchemy.db'}", limits=LIMITS)

    messages = told.of("main.endless")
    assert messages
    assert all(message.endswith(".") for message in messages)
    assert told.outcomes()["main.customer"] == "scanned"
    assert told.audit.exit is Exit.INCOMPLETE


def test_the_night_is_incomplete_and_the_tables_are_scanned(told: Told) -> None:
    outcomes = [outcome for name, outcome in told.outcomes().items() if name.endswith("customer")]

    assert told.audit.exit is Exit.INCOMPLETE
    assert outcomes == ["scanned"] * len(held(told))
    assert is_fit_to_be_told(told.texts, told.audit.evidence_path.parents[3])
