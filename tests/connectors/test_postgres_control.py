"""Who controls a PostgreSQL database and what runs inside it: accounts, grants, routines, triggers, query history."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _own_servers import postgres
from _postgres import Server, psycopg
from _sources import harvested

from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import Access, Counted, Source

pytestmark = pytest.mark.server


@pytest.fixture
def roles(pg: Server) -> Iterator[tuple[str, str, str]]:
    """An account in a role in a role."""
    account, analysts, readers = (f"{pg.reader}_{name}" for name in ("account", "analysts", "readers"))
    pg.run(
        f"CREATE ROLE {readers}",
        f"CREATE ROLE {analysts} IN ROLE {readers}",
        f"CREATE ROLE {account} LOGIN IN ROLE {analysts}",
    )
    yield account, analysts, readers
    pg.run(*(f"DROP OWNED BY {name}; DROP ROLE {name}" for name in (account, analysts, readers)))


def facts(pg: Server, schema: str, folder: Path, *statements: str) -> dict[str, list[dict[str, Any]]]:
    pg.run(f"SET search_path = {schema}; " + "; ".join(statements))
    pg.grant(schema)
    return harvested(PostgresConnector(pg.source(folder, schema)))


def granted(rows: dict[str, list[dict[str, Any]]], grantee: str) -> set[tuple[Any, ...]]:
    tables = {row["dataset_id"]: row["name"].partition(".")[2] for row in rows["dataset"]}
    columns = {row["column_id"]: row["name"] for row in rows["column"]}
    return {
        (row["scope"], tables.get(row["dataset_id"]), columns.get(row["column_id"]), row["action"], row["grantable"])
        for row in rows["privilege"]
        if row["grantee"] == grantee
    }


def test_grants_come_as_they_were_given(pg: Server, schema: str, roles: tuple[str, str, str], tmp_path: Path) -> None:
    account, analysts, readers = roles
    rows = facts(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE customer (id int, phone text)",
        "CREATE TABLE other (id int)",
        f"GRANT SELECT ON customer TO {readers}",
        f"GRANT SELECT (phone), UPDATE (phone) ON customer TO {analysts}",
        f"GRANT INSERT ON customer TO {account} WITH GRANT OPTION",
        "GRANT SELECT ON other TO PUBLIC",
        f"GRANT USAGE ON SCHEMA {schema} TO {readers}",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {analysts}",
    )

    assert granted(rows, readers) == {
        ("dataset", "customer", None, "SELECT", False),
        ("schema", None, None, "USAGE", False),
    }
    assert granted(rows, analysts) == {
        ("column", "customer", "phone", "SELECT", False),
        ("column", "customer", "phone", "UPDATE", False),
        ("future", None, None, "SELECT", False),
    }
    assert granted(rows, account) == {("dataset", "customer", None, "INSERT", True)}
    assert ("dataset", "other", None, "SELECT", False) in granted(rows, "PUBLIC")
    assert ("source", None, None, "CONNECT", False) in granted(rows, "PUBLIC")


def test_an_owner_owns_once_and_is_the_holder(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = facts(pg, schema, tmp_path, "CREATE TABLE customer (id int)", "GRANT SELECT ON customer TO PUBLIC")
    (dataset,) = rows["dataset"]
    mine = [row for row in rows["privilege"] if row["grantee"] == dataset["holder"] and row["dataset_id"]]

    assert [(row["action"], row["grantable"]) for row in mine] == [("OWN", True)]


def test_roles_in_roles_are_followed_and_say_the_way(
    pg: Server, schema: str, roles: tuple[str, str, str], tmp_path: Path
) -> None:
    account, analysts, readers = roles
    rows = facts(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    held = {row["role"]: (row["through"], row["inherits"]) for row in rows["membership"] if row["member"] == account}
    logins = {row["account"]: row["login"] for row in rows["account"]}

    assert held == {analysts: (None, True), readers: (analysts, True)}
    assert (logins[account], logins[readers], logins["PUBLIC"]) == (True, False, False)


def test_what_an_account_may_do_beyond_grants_is_named(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = facts(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    powers = {row["account"]: row["powers"] for row in rows["account"]}

    assert "superuser" in powers["postgres"]
    assert powers["pg_read_all_data"] == "reads all data"
    assert powers[pg.reader] is None


def test_statistics_come_without_a_lock(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = facts(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) AS n",
        "CREATE TABLE never_analysed (a int)",
        "ANALYZE t",
    )
    told = {row["name"].partition(".")[2]: (row["row_estimate"], row["size_bytes"]) for row in rows["dataset"]}

    assert told["t"][0] == 1000
    assert told["t"][1] > 0
    assert told["never_analysed"][0] is None


def test_routines_triggers_and_rules_are_jobs_with_their_sql(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = facts(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE customer (id int, email text)",
        "CREATE TABLE log (who int, mail text)",
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO log VALUES (NEW.id, NEW.email); RETURN NEW; END $$",
        "CREATE TRIGGER noted AFTER INSERT ON customer FOR EACH ROW EXECUTE FUNCTION note()",
        "CREATE PROCEDURE refresh() LANGUAGE sql AS $$ INSERT INTO log SELECT id, email FROM customer $$",
        "CREATE RULE no_delete AS ON DELETE TO log DO INSTEAD NOTHING",
        "CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int)",
    )
    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}
    jobs = {row["name"].partition(".")[2]: (row["kind"], sql[row["job_id"]]) for row in rows["job"]}

    assert {name: kind for name, (kind, _) in jobs.items()} == {
        "noted on customer": "trigger",
        "refresh": "routine",
        "no_delete on log": "rule",
    }
    assert "NEW.email" in jobs["noted on customer"][1]
    assert "CREATE TRIGGER noted" in jobs["noted on customer"][1]


@pytest.fixture(scope="module")
def remembering() -> Iterator[str]:
    """A server of our own that remembers its queries; yields its connection string without a user."""
    with postgres(shared_preload_libraries="pg_stat_statements") as folder:
        yield f"host={folder} dbname=postgres"


def test_queries_that_ran_are_jobs_with_the_account_that_ran_them(remembering: str, tmp_path: Path) -> None:
    with psycopg.connect(f"{remembering} user=postgres", autocommit=True) as connection:
        for statement in (
            "CREATE EXTENSION pg_stat_statements",
            "CREATE SCHEMA s; CREATE TABLE s.customer (id int, email text); CREATE TABLE s.copy (id int, email text)",
            "CREATE ROLE loader LOGIN; GRANT USAGE ON SCHEMA s TO loader",
            "GRANT ALL ON ALL TABLES IN SCHEMA s TO loader",
            "CREATE ROLE reader LOGIN IN ROLE pg_read_all_stats; GRANT USAGE ON SCHEMA s TO reader",
            "GRANT SELECT ON ALL TABLES IN SCHEMA s TO reader",
        ):
            connection.execute(statement)
    with psycopg.connect(f"{remembering} user=loader", autocommit=True) as connection:
        connection.execute("SET statement_timeout = 1000")
        for _ in range(3):
            connection.execute("INSERT INTO s.copy SELECT id, email FROM s.customer WHERE id > 7")
    source = Source(1, "app", "postgres", {"dsn": f"{remembering} user=reader", "schemas": ["s"]}, tmp_path, "c", 1)
    rows = harvested(PostgresConnector(source))
    (log,) = rows["query_log"]
    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}
    ran = {sql[row["job_id"]]: (row["account"], row["calls"]) for row in rows["query"]}

    assert (log["kind"], log["has_person"], log["has_time"]) == ("pg_stat_statements", True, False)
    assert log["entries"] == len(rows["query"])
    assert not any(text.startswith(("SET", "GRANT", "CREATE ROLE")) for text in ran)
    assert (log["left_out"], log["no_flow"] >= 4) == (0, True), "SET, GRANT and CREATE ROLE are counted, not taken up"
    assert ran["INSERT INTO s.copy SELECT id, email FROM s.customer WHERE id > $1"] == ("loader", 3)


def test_without_the_extension_there_is_no_query_log(pg: Server, schema: str, tmp_path: Path) -> None:
    assert "query_log" not in facts(pg, schema, tmp_path, "CREATE TABLE t (a int)")


def test_an_unchanged_table_is_not_even_counted_again(pg: Server, schema: str, tmp_path: Path) -> None:
    (before,) = facts(pg, schema, tmp_path, "CREATE TABLE t AS SELECT 1 AS a")["dataset"]
    known = {before["name"]: Counted(before["change_token"], 7)}
    source = replace(pg.source(tmp_path, schema, lock_seconds=0.2), counted=known)
    with psycopg.connect(pg.dsn()) as other:
        other.execute(f"LOCK TABLE {schema}.t IN ACCESS EXCLUSIVE MODE")
        rows = harvested(PostgresConnector(source))

    assert [row["row_count"] for row in rows["dataset"]] == [7]
    assert not rows["problem"]


def test_with_access_to_metadata_nobody_needs_the_right_to_read_rows(pg: Server, schema: str, tmp_path: Path) -> None:
    pg.run(f"CREATE TABLE {schema}.customer (id int, phone text)", f"GRANT USAGE ON SCHEMA {schema} TO {pg.reader}")
    source = replace(pg.source(tmp_path, schema), access=Access.METADATA)

    rows = harvested(PostgresConnector(source))

    assert [row["name"] for row in rows["column"]] == ["id", "phone"]
    assert not rows["problem"]
