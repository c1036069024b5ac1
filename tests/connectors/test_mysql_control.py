"""Who controls a MariaDB server and what ran in it, as far as it shows that to the account that asks."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from _mysql import Server, pymysql
from _own_servers import mariadb
from _sources import harvested

from datagov.connectors.mysql import MysqlConnector
from datagov.contracts import Access, Counted, Source

pytestmark = pytest.mark.server


@pytest.fixture
def people(my: Server, database: str) -> Iterator[tuple[str, str, str]]:
    """An account in a role in a role, with grants of each kind on the table ``customer``."""
    account, analysts, readers = (f"{my.reader}_{name}" for name in ("li", "analysts", "readers"))
    my.run(
        f"CREATE TABLE {database}.customer (id INT, phone VARCHAR(20))",
        f"CREATE ROLE {readers}",
        f"CREATE ROLE {analysts}",
        f"CREATE USER {account}",
        f"GRANT {readers} TO {analysts}",
        f"GRANT {analysts} TO {account}",
        f"GRANT SELECT ON {database}.* TO {readers}",
        f"GRANT SELECT (phone) ON {database}.customer TO {account}",
        f"GRANT DELETE ON {database}.customer TO {account} WITH GRANT OPTION",
    )
    yield f"{account}@%", analysts, readers
    my.run(f"DROP USER {account}", f"DROP ROLE {analysts}", f"DROP ROLE {readers}")


def granted(rows: dict[str, list[dict[str, Any]]], grantee: str) -> set[tuple[Any, ...]]:
    columns = {row["column_id"]: row["name"] for row in rows["column"]}
    return {
        (row["scope"], columns.get(row["column_id"]), row["action"], row["grantable"])
        for row in rows["privilege"]
        if row["grantee"] == grantee
    }


def test_an_account_that_may_read_the_servers_own_database_sees_the_grants_of_everybody(
    my: Server, database: str, people: tuple[str, str, str], tmp_path: Path
) -> None:
    account, analysts, readers = people
    my.run(f"GRANT SELECT ON mysql.* TO {my.reader}")
    try:
        rows = harvested(MysqlConnector(my.source(tmp_path, database)))
    finally:
        my.run(f"REVOKE SELECT ON mysql.* FROM {my.reader}")

    assert granted(rows, readers) == {("schema", None, "SELECT", False)}
    assert {("column", "phone", "SELECT", True), ("dataset", None, "DELETE", True)} <= granted(rows, account)
    held = {row["role"]: row["through"] for row in rows["membership"] if row["member"] == account}
    assert held == {analysts: None, readers: analysts}
    logins = {row["account"]: row["login"] for row in rows["account"]}
    assert (logins[account], logins[readers], logins["PUBLIC"]) == (True, False, False)
    assert not [row for row in rows["problem"] if row["kind"] == "grants_hidden"]


def test_an_account_that_sees_its_own_grants_only_says_so(my: Server, database: str, tmp_path: Path) -> None:
    my.run(f"CREATE TABLE {database}.t (a INT)")
    rows = harvested(MysqlConnector(my.source(tmp_path, database)))

    (problem,) = [row for row in rows["problem"] if row["kind"] == "grants_hidden"]
    assert not problem["fatal"]
    assert {row["account"] for row in rows["account"]} == {"PUBLIC", f"{my.reader}@%"}


def test_with_access_to_metadata_references_suffice(my: Server, database: str, tmp_path: Path) -> None:
    reader = f"{my.reader}_catalog"
    my.run(
        f"CREATE TABLE {database}.customer (id INT, phone VARCHAR(20))",
        f"CREATE VIEW {database}.v AS SELECT phone FROM {database}.customer",
        f"CREATE USER {reader}",
        f"GRANT REFERENCES ON {database}.* TO {reader}",
    )
    try:
        source = my.source(tmp_path, database, user=reader, password="")
        rows = harvested(MysqlConnector(replace(source, access=Access.METADATA)))
    finally:
        my.run(f"DROP USER {reader}")

    assert {(row["name"]) for row in rows["column"]} == {"id", "phone"}
    assert not [row for row in rows["problem"] if row["fatal"]]


def test_an_unchanged_table_is_not_counted_again_and_its_statistics_come(
    my: Server, database: str, tmp_path: Path
) -> None:
    my.run(f"CREATE TABLE {database}.t (a INT PRIMARY KEY)", f"INSERT INTO {database}.t VALUES (1), (2)")
    time.sleep(3.2)
    source = my.source(tmp_path, database)
    (first,) = harvested(MysqlConnector(source))["dataset"]
    known = {first["name"]: Counted(first["change_token"], 7)}

    (second,) = harvested(MysqlConnector(replace(source, counted=known)))["dataset"]

    assert (first["row_count"], second["row_count"]) == (2, 7)
    assert first["size_bytes"] > 0
    assert first["changed_at"].endswith("Z")


@pytest.fixture(scope="module")
def remembering() -> Iterator[Path]:
    """A server of our own that remembers its statements; yields its socket."""
    with mariadb("--performance-schema=ON") as folder:
        yield folder / "socket"


def test_statements_that_ran_are_jobs_with_their_times(remembering: Path, tmp_path: Path) -> None:
    opened = closing(pymysql.connect(unix_socket=str(remembering), user="root", autocommit=True))
    with opened as connection, connection.cursor() as cursor:
        for statement in (
            "DROP DATABASE IF EXISTS test",
            "DELETE FROM mysql.db",
            "DELETE FROM mysql.global_priv WHERE User = ''",
            "FLUSH PRIVILEGES",
            "CREATE DATABASE shop",
            "USE shop",
            "SET SESSION wait_timeout = 100",
            "START TRANSACTION",
            "COMMIT",
            "CREATE TABLE customer (id INT, email TEXT)",
            "CREATE TABLE copy (id INT, email TEXT)",
            "TRUNCATE TABLE copy",
            "INSERT INTO copy SELECT id, email FROM customer WHERE id > 7",
            "INSERT INTO copy SELECT id, email FROM customer WHERE id > 8",
            "CREATE USER reader",
            "GRANT SELECT, SHOW VIEW ON shop.* TO reader",
            "GRANT SELECT ON performance_schema.* TO reader",
        ):
            cursor.execute(statement)
    options = {"dsn": "mysql://reader@localhost", "socket": str(remembering), "databases": ["shop"]}
    rows = harvested(MysqlConnector(Source(1, "shop", "mysql", options, tmp_path, "datagov.yaml", 1)))

    (log,) = rows["query_log"]
    assert (log["kind"], log["has_person"], log["has_time"]) == ("performance_schema", False, True)
    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}
    (ran,) = [row for row in rows["query"] if sql[row["job_id"]].startswith("INSERT INTO `copy` SELECT")]
    assert any(text.startswith("TRUNCATE") for text in sql.values()), "what is not known to be harmless is taken up"
    assert not any(text.startswith(("SET", "START", "COMMIT")) for text in sql.values())
    assert log["no_flow"] >= 3
    assert (log["entries"], log["left_out"]) == (len(rows["query"]), 0)
    assert ran["calls"] == 2
    assert ran["first_at"] <= ran["last_at"]
    assert "7" not in sql[ran["job_id"]]
