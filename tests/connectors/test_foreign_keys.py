"""A foreign key is the same fact whatever database states it."""

import importlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _sources import database, harvested

from datagov.contracts import Source

TABLES = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, mobile VARCHAR(20));
    CREATE TABLE region (country VARCHAR(2), code VARCHAR(4), PRIMARY KEY (country, code));
    CREATE TABLE purchase (
        id INTEGER PRIMARY KEY, buyer INTEGER, referred_by INTEGER, place VARCHAR(4), land VARCHAR(2),
        CONSTRAINT a_buyer FOREIGN KEY (buyer) REFERENCES customer (id),
        CONSTRAINT b_region FOREIGN KEY (land, place) REFERENCES region (country, code),
        CONSTRAINT c_referred FOREIGN KEY (referred_by) REFERENCES customer (id)
    );
"""
EXPECTED = {
    frozenset({("buyer", "customer", "id", 0)}),
    frozenset({("land", "region", "country", 0), ("place", "region", "code", 1)}),
    frozenset({("referred_by", "customer", "id", 0)}),
}
Made = Callable[[str], Source]


def statements(script: str) -> list[str]:
    return [one for part in script.split(";") if (one := part.strip())]


def postgres(request: pytest.FixtureRequest, folder: Path) -> Made:
    pg, schema = request.getfixturevalue("pg"), request.getfixturevalue("schema")

    def made(script: str) -> Source:
        pg.run(f"SET search_path = {schema}; {script}")
        pg.grant(schema)
        source: Source = pg.source(folder, schema)
        return source

    return made


def mysql(request: pytest.FixtureRequest, folder: Path) -> Made:
    my, name = request.getfixturevalue("my"), request.getfixturevalue("database")

    def made(script: str) -> Source:
        my.run(*statements(script), database=name)
        source: Source = my.source(folder, name)
        return source

    return made


def duckdb(request: pytest.FixtureRequest, folder: Path) -> Made:
    driver = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")

    def made(script: str) -> Source:
        with closing(driver.connect(str(folder / "shop.duckdb"))) as connection:
            connection.execute(script)
        return Source(1, "shop", "duckdb", {"path": "shop.duckdb"}, folder, "datagov.yaml", 3)

    return made


def sqlite(request: pytest.FixtureRequest, folder: Path) -> Made:
    def made(script: str) -> Source:
        database(folder, script)
        return Source(1, "app", "sqlite", {"path": "app.db"}, folder, "datagov.yaml", 3)

    return made


def sqlalchemy(request: pytest.FixtureRequest, folder: Path) -> Made:
    def made(script: str) -> Source:
        database(folder, script)
        return Source(1, "app", "sqlalchemy", {"url": "sqlite:///app.db"}, folder, "datagov.yaml", 3)

    return made


def facts(source: Source) -> dict[str, list[dict[str, Any]]]:
    """What the source's connector harvests."""
    module = importlib.import_module(f"datagov.connectors.{source.plugin}")
    return harvested(getattr(module, f"{source.plugin.capitalize()}Connector")(source))


def keys(rows: dict[str, list[dict[str, Any]]]) -> dict[int, set[tuple[str, str, str | None, int]]]:
    """Foreign keys by their number: column, table and column referred to without their schema, and position."""
    names = {row["column_id"]: row["name"] for row in rows["column"]}
    found: dict[int, set[tuple[str, str, str | None, int]]] = {}
    for row in rows["foreign_key"]:
        other = row["referenced_dataset"].split(".", 1)[1]
        one = (names[row["column_id"]], other, row["referenced_column"], row["ordinal"])
        found.setdefault(row["number"], set()).add(one)
    return found


@pytest.fixture(params=[postgres, mysql, duckdb, sqlite, sqlalchemy], ids=lambda way: str(way.__name__))
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Makes a source of one database out of a script."""
    ready: Made = request.param(request, tmp_path)
    return ready


def test_keys_of_one_and_of_several_columns_are_told_apart(made: Made) -> None:
    rows = facts(made(TABLES))
    names = {row["name"] for row in rows["dataset"]}

    assert set(map(frozenset, keys(rows).values())) == EXPECTED
    assert {row["referenced_dataset"] for row in rows["foreign_key"]} <= names
    assert not any(row["fatal"] for row in rows["problem"])


def test_a_table_that_is_left_out_is_still_referred_to_by_its_name(made: Made) -> None:
    source = made(TABLES)
    source = Source(
        1, source.name, source.plugin, {**source.options, "exclude": ["*customer", "customer"]}, source.base, "d", 1
    )
    rows = facts(source)

    assert not any(row["name"].endswith(".customer") for row in rows["dataset"])
    assert set(map(frozenset, keys(rows).values())) == EXPECTED


def test_a_key_of_a_table_to_itself_is_one(made: Made) -> None:
    rows = facts(
        made("CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER, FOREIGN KEY (boss) REFERENCES staff (id));")
    )

    assert keys(rows) == {0: {("boss", "staff", "id", 0)}}


def test_sqlite_spells_names_as_the_tables_do_and_finds_the_key_that_is_meant(tmp_path: Path, request: Any) -> None:
    script = """
        CREATE TABLE Customer (Id INTEGER PRIMARY KEY);
        CREATE TABLE pair (b TEXT, a TEXT, PRIMARY KEY (a, b));
        CREATE TABLE purchase (
            buyer REFERENCES CUSTOMER, x, y, lost REFERENCES nowhere, FOREIGN KEY (x, y) REFERENCES pair
        );
    """
    found = keys(facts(sqlite(request, tmp_path)(script)))

    assert set(map(frozenset, found.values())) == {
        frozenset({("buyer", "Customer", "Id", 0)}),
        frozenset({("x", "pair", "a", 0), ("y", "pair", "b", 1)}),
        frozenset({("lost", "nowhere", None, 0)}),
    }


def test_postgres_says_which_keys_old_rows_need_not_meet_and_counts_a_partitioned_one_once(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    source = postgres(request, tmp_path)("""
        CREATE TABLE customer (id int PRIMARY KEY);
        CREATE TABLE event (id int, who int REFERENCES customer, PRIMARY KEY (id)) PARTITION BY RANGE (id);
        CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (0) TO (9);
        CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM (9) TO (99);
        CREATE TABLE note (event int REFERENCES event, who int);
        ALTER TABLE note ADD FOREIGN KEY (who) REFERENCES customer NOT VALID;
    """)
    rows = facts(source)
    named = {row["dataset_id"]: row["name"].split(".")[1] for row in rows["dataset"]}
    columns = {row["column_id"]: f"{named[row['dataset_id']]}.{row['name']}" for row in rows["column"]}

    assert sorted((columns[row["column_id"]], row["enforced"]) for row in rows["foreign_key"]) == [
        ("event.who", True),
        ("note.event", True),
        ("note.who", False),
    ]
