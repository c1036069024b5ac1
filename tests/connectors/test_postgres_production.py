"""PostgreSQL in production: standbys, inheritance, tables that are locked or grow, accounts that may become others."""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _own_servers import postgres, standby
from _postgres import Server, psycopg
from _sources import datasets, harvested

from datagov.connectors import _postgres_catalog as catalog
from datagov.connectors._postgres_sample import SPLIT_ROWS
from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceRefusedError

pytestmark = pytest.mark.server


def built(pg: Server, schema: str, folder: Path, *statements: str, **options: Any) -> PostgresConnector:
    pg.run(f"SET search_path = {schema}; " + "; ".join(statements))
    pg.grant(schema)
    return PostgresConnector(pg.source(folder, schema, **options))


def by_name(connector: PostgresConnector) -> dict[str, dict[str, Any]]:
    return {row["name"].partition(".")[2]: row for row in harvested(connector)["dataset"]}


def told(pg: Server, schema: str, connector: PostgresConnector, table: str, inserted: int) -> str:
    """The change token once the server has published that so many rows were inserted."""
    for _ in range(100):
        if pg.rows(f"SELECT pg_stat_get_tuples_inserted('{schema}.{table}'::regclass)") == [(inserted,)]:
            break
        time.sleep(0.1)
    return str(by_name(connector)[table]["change_token"])


def test_a_standby_never_says_that_a_table_is_unchanged(tmp_path: Path) -> None:
    with postgres() as primary, standby(primary) as folder:
        dsn = "host={} dbname=postgres user={}"
        with psycopg.connect(dsn.format(primary, "postgres"), autocommit=True) as owner:
            owner.execute("CREATE ROLE reader LOGIN")
            owner.execute("CREATE TABLE t AS SELECT generate_series(1, 50) AS a")
            owner.execute("GRANT SELECT ON t TO reader")
            owner.execute("INSERT INTO t VALUES (51)")
            owner.execute("SELECT pg_sleep(1.5)")
        options = {"dsn": dsn.format(folder, "reader"), "schemas": ["public"]}
        with psycopg.connect(dsn.format(folder, "postgres"), autocommit=True) as follower:
            for _ in range(100):
                if follower.execute("SELECT to_regclass('t') IS NOT NULL").fetchone() == (True,):
                    break
                time.sleep(0.1)
        (found,) = harvested(PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "d.yaml", 9)))[
            "dataset"
        ]

    assert (found["row_count"], found["change_token"]) == (51, None)


def test_where_changes_are_not_counted_no_table_is_called_unchanged(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    pg.run(f"ALTER DATABASE {pg.database} SET track_counts = off")
    try:
        uncounted = by_name(connector)["t"]["change_token"]
    finally:
        pg.run(f"ALTER DATABASE {pg.database} RESET track_counts")

    assert uncounted is None
    assert by_name(connector)["t"]["change_token"] is not None


def test_counters_that_began_again_and_reached_the_same_number_tell_of_a_change(
    pg: Server, schema: str, tmp_path: Path
) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)", "INSERT INTO t VALUES (1), (2)")
    before = told(pg, schema, connector, "t", 2)
    pg.run("SELECT pg_stat_reset()", f"INSERT INTO {schema}.t VALUES (3), (4)")

    assert told(pg, schema, connector, "t", 2) != before


def test_a_column_that_was_dropped_and_made_anew_tells_of_a_change(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int, b text)", "INSERT INTO t VALUES (1, 'x')")
    before = told(pg, schema, connector, "t", 1)
    pg.run(f"ALTER TABLE {schema}.t DROP COLUMN b; ALTER TABLE {schema}.t ADD COLUMN b text DEFAULT 'y'")

    assert told(pg, schema, connector, "t", 1) != before


def test_a_table_that_others_inherit_from_is_as_large_as_all_of_them(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE parent (a int, b text)",
        "CREATE TABLE child () INHERITS (parent)",
        "CREATE TABLE grandchild () INHERITS (child)",
        "INSERT INTO grandchild SELECT n, repeat('x', 500) FROM generate_series(1, 20000) AS n",
        "ANALYZE parent, child, grandchild",
    )
    known = by_name(connector)
    uncounted = replace(datasets(connector)[f"{schema}.parent"], row_count=None)
    (*_, (sql, _)) = connector.queries(uncounted, rows=50, seed=1)

    assert {known["parent"][what] for what in ("change_token", "row_estimate", "size_bytes")} == {None}
    assert known["parent"]["row_count"] == known["grandchild"]["row_count"] == 20_000
    assert known["grandchild"]["change_token"] is not None
    assert float(sql.partition("SYSTEM (")[2].partition(")")[0]) < 20, "not every block of the children"


def test_a_schema_that_is_not_there_is_never_taken_for_an_empty_one(pg: Server, schema: str, tmp_path: Path) -> None:
    built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    rows = harvested(PostgresConnector(pg.source(tmp_path, schema, "misspelt")))

    assert [row["name"] for row in rows["dataset"]] == [f"{schema}.t"]
    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [("misspelt", True)]


def test_a_locked_table_spoils_only_what_is_defined_by_it(pg: Server, schema: str, tmp_path: Path) -> None:
    if pg.rows("SELECT current_setting('server_version_num')::int >= 140000") == [(False,)]:
        pytest.skip("bodies of standard SQL are there since PostgreSQL 14")
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE locked (a int)",
        "CREATE TABLE free (a int)",
        f"CREATE FUNCTION on_locked() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM {schema}.locked; END",
        f"CREATE FUNCTION on_free() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT a FROM {schema}.free; END",
        "CREATE RULE r AS ON INSERT TO locked DO ALSO NOTHING",
        "CREATE RULE r AS ON INSERT TO free DO ALSO NOTHING",
        lock_seconds=0.3,
    )
    with psycopg.connect(pg.dsn()) as other:
        other.execute(f"LOCK TABLE {schema}.locked IN ACCESS EXCLUSIVE MODE")
        rows = harvested(connector)
        other.rollback()

    assert [row["name"] for row in rows["job"]] == [f"{schema}.on_free", f"{schema}.r on free"]
    assert {(row["object"], row["fatal"]) for row in rows["problem"]} == {
        (f"{schema}.locked", True),
        (f"{schema}.on_locked", True),
        (f"{schema}.r on locked", True),
    }
    assert {row["name"] for row in rows["dataset"]} == {f"{schema}.locked", f"{schema}.free"}


def test_a_view_that_went_away_has_no_definition(pg: Server) -> None:
    with psycopg.connect(pg.dsn()) as connection:
        assert catalog.definition(connection, 4_000_000_000) is None


def test_columns_that_a_key_only_includes_are_no_key(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = harvested(built(pg, schema, tmp_path, "CREATE TABLE t (a int, b int, PRIMARY KEY (a) INCLUDE (b))"))

    assert [(row["name"], row["primary_key"]) for row in rows["column"]] == [("a", True), ("b", False)]


def test_a_history_that_cannot_be_read_is_said_and_the_rest_stands(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    try:
        pg.run("CREATE EXTENSION pg_stat_statements SCHEMA public")
    except psycopg.Error:
        pytest.skip("pg_stat_statements is not installed")
    try:
        pg.run("REVOKE EXECUTE ON FUNCTION public.pg_stat_statements(boolean) FROM PUBLIC")
        rows = harvested(connector)
    finally:
        pg.run("DROP EXTENSION pg_stat_statements")

    assert [row["name"] for row in rows["dataset"]] == [f"{schema}.t"]
    assert [(row["kind"], row["fatal"]) for row in rows["problem"]] == [("no_history", False)]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (("CREATE ROLE {role} SUPERUSER",), "is a member of {role}, which is a superuser"),
        (("CREATE ROLE {role} CREATEROLE",), "is a member of {role}, which may create roles"),
        (("CREATE ROLE {role}", "GRANT INSERT ON {schema}.t TO {role}"), "may write to 1 table"),
    ],
)
def test_an_account_that_may_become_a_powerful_role_is_refused_though_it_does_not_inherit(
    pg: Server, schema: str, tmp_path: Path, made: tuple[str, ...], why: str
) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    role = f"{pg.reader}_role"
    pg.run(*(one.format(role=role, schema=schema) for one in made))
    pg.run(f"ALTER ROLE {pg.reader} NOINHERIT", f"GRANT {role} TO {pg.reader}")
    try:
        with pytest.raises(SourceRefusedError, match=why.format(role=role)):
            harvested(connector)
    finally:
        pg.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}", f"ALTER ROLE {pg.reader} INHERIT")

    assert harvested(connector)["dataset"]


def test_a_table_that_has_grown_since_the_harvest_is_sampled_and_not_read_whole(
    pg: Server, schema: str, tmp_path: Path
) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t AS SELECT generate_series(1, 10) AS a")
    dataset = datasets(connector)[f"{schema}.t"]
    pg.run(f"INSERT INTO {schema}.t SELECT generate_series(11, 5000)")
    (split,) = connector.plan(dataset, rows=100, seed=1)

    assert dataset.row_count == 10
    assert not split.full
    assert sum(batch.num_rows for batch in connector.read(split)) <= 100


def test_splits_of_a_whole_table_have_its_rows_together_and_an_end(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = 2 * SPLIT_ROWS + 10
    connector = built(pg, schema, tmp_path, f"CREATE TABLE t AS SELECT generate_series(1, {rows}) AS a")
    splits = connector.plan(datasets(connector)[f"{schema}.t"], rows=10**6, seed=1)
    pg.run(f"INSERT INTO {schema}.t SELECT -n FROM generate_series(1, {3 * rows}) AS n")
    read = [cell for split in splits for batch in connector.read(split) for cell in batch.column(0).to_pylist()]

    assert sum(split.rows for split in splits) == rows
    assert {cell for cell in read if cell > 0} == set(range(1, rows + 1))
    assert len(read) < 3 * rows, "rows that came after the plan are not followed without end"


def test_options_of_a_connection_string_are_refused_because_they_would_not_hold(pg: Server, tmp_path: Path) -> None:
    source = pg.source(tmp_path)
    options = {**source.options, "dsn": f"{pg.dsn(pg.reader)} options='-c role=somebody'"}

    with pytest.raises(ConfigError, match="'options' in its 'dsn'"):
        PostgresConnector(replace(source, options=options))


def test_a_service_gives_the_namespace_of_the_server_it_names(
    pg: Server, schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    known = psycopg.conninfo.conninfo_to_dict(pg.dsn(pg.reader))
    (tmp_path / "services").write_text("[core]\n" + "".join(f"{name}={value}\n" for name, value in known.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    source = pg.source(tmp_path, schema)
    named = replace(source, options={**source.options, "dsn": "service=core"})

    def namespaces(one: Source) -> set[str]:
        return {row["namespace"] for row in harvested(PostgresConnector(one))["dataset"]}

    assert namespaces(named) == namespaces(source)
    assert namespaces(named) != {"postgres://localhost:5432/"}


def test_the_size_of_a_table_has_its_long_values_and_is_unknown_before_it_was_counted(
    pg: Server, schema: str, tmp_path: Path
) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (a text)",
        "ALTER TABLE t ALTER a SET STORAGE EXTERNAL",
        "INSERT INTO t SELECT repeat('x', 100000) FROM generate_series(1, 50)",
    )
    before = by_name(connector)["t"]["size_bytes"]
    pg.run(f"VACUUM ANALYZE {schema}.t")

    assert before is None
    assert by_name(connector)["t"]["size_bytes"] > 5_000_000
