"""SQL held by a database that would never get traced costs its own statement: views and a routine, in one night.

DuckDB, ClickHouse and MariaDB work such SQL out when it is made, and would not survive that, so they hold none.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import _postgres
import pytest
from _bad_input import DOUBLING, Told, is_fit_to_be_told, night

from datagov.model import Exit

pytestmark = pytest.mark.server

ENDLESS = f"WITH c0 AS (SELECT mail FROM customer), {DOUBLING} SELECT * FROM c39"
MADE = (
    "CREATE TABLE customer (mail text)",
    "INSERT INTO customer VALUES ('u1@example.org')",
    "CREATE VIEW good AS SELECT mail FROM customer",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Each database has a table, a view that copies it and SQL that never ends."""
    folder = tmp_path_factory.mktemp("sql")
    for name in ("lite", "alchemy"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as lite, lite:
            for statement in (*MADE, f"CREATE VIEW endless AS {ENDLESS}"):
                lite.execute(statement)
    with _postgres.server() as pg:
        schema = _postgres.schema_of(folder)
        routine = f"CREATE FUNCTION endless() RETURNS void LANGUAGE sql AS $$ CREATE TABLE filled AS {ENDLESS} $$"
        settings = f"SET search_path = {schema}", "SET check_function_bodies = off"
        pg.run(f"CREATE SCHEMA {schema}", "; ".join((*settings, *MADE, routine)))
        pg.grant(schema)
        known = _postgres.conninfo_to_dict(pg.dsn())
        dsn = f"postgresql://{pg.reader}@{known['host']}:{known.get('port') or 5432}/{pg.database}"
        sources = f"""
            lite: {{use: sqlite, path: lite.db, schema: lite}}
            alchemy: {{use: sqlalchemy, url: 'sqlite:///alchemy.db'}}
            pg: {{use: postgres, dsn: '{dsn}', schemas: [{schema}]}}
        """
        yield night(folder, sources, limits="{statement_seconds: 1.5}")


@pytest.mark.parametrize("source", ["lite", "pg"])
def test_sql_that_would_hang_costs_its_own_statement_and_the_view_beside_it_is_traced(told: Told, source: str) -> None:
    of_source = "source_id = (SELECT source_id FROM source WHERE name = ?)"
    (lost,) = told.rows(f"SELECT object, message FROM problem WHERE kind = 'deadline' AND {of_source}", source)
    edges = told.rows(
        "SELECT 1 FROM edge e JOIN column c ON c.column_id = e.target_column_id JOIN dataset d USING (dataset_id)"
        f" WHERE d.name LIKE '%.good' AND d.{of_source}",
        source,
    )

    assert "endless" in lost["object"]
    assert lost["message"] == "It took longer than 1.5 s and was left out."
    assert edges


def test_a_view_whose_columns_the_database_cannot_name_is_a_sentence(told: Told) -> None:
    messages = told.of("main.endless")

    assert messages
    assert all(message.endswith(".") for message in messages)


def test_the_night_is_incomplete_and_the_tables_are_scanned(told: Told) -> None:
    assert told.audit.exit is Exit.INCOMPLETE
    assert {name: one for name, one in told.outcomes().items() if name.endswith("customer")} == dict.fromkeys(
        [name for name in told.outcomes() if name.endswith("customer")], "scanned"
    )
    assert sum(name.endswith("customer") for name in told.outcomes()) == 3
    assert is_fit_to_be_told(told.texts, told.audit.evidence_path.parents[3])
