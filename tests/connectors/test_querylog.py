"""Log files as query history: who ran what and when, from logs that the servers themselves have written."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _own_servers import mariadb, postgres
from _sources import database, harvested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.audit import run
from datagov.connectors import _packed_lines
from datagov.connectors.querylog import QueryLogConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError
from datagov.testing import ConnectorConformance

PREFIX = "%m [%p] %q%u@%d/%a "
INSERT = "INSERT INTO crm.copy\n\tSELECT id, mobile FROM crm.customer\n\tWHERE mobile = '13800138000'"
MASKED = "INSERT INTO crm.copy\n\tSELECT id, mobile FROM crm.customer\n\tWHERE mobile = 'xxxxxxxxxxx'"


def source(folder: Path, **options: object) -> Source:
    return Source(8, "log", "querylog", {"path": "log", **options}, folder, "datagov.yaml", 5)


def read(folder: Path, files: dict[str, str | bytes], **options: object) -> dict[str, list[dict[str, Any]]]:
    for name, content in files.items():
        (folder / "log").mkdir(exist_ok=True)
        (folder / "log" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return harvested(QueryLogConnector(source(folder, **options)))


def queries(rows: dict[str, list[dict[str, Any]]]) -> dict[str, tuple[str | None, int]]:
    """(account, calls) by SQL."""
    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}
    return {sql[row["job_id"]]: (row["account"], row["calls"]) for row in rows["query"]}


@pytest.fixture(scope="module")
def postgres_logs() -> Iterator[dict[str, bytes]]:
    """The three kinds of log that one PostgreSQL server has written, by the format's name."""
    psycopg = pytest.importorskip("psycopg", reason="the extra 'postgres' is not installed")
    given = {
        "logging_collector": "on",
        "log_destination": "stderr,csvlog,jsonlog",
        "log_directory": "{}/logs",
        "log_filename": "pg.log",
        "log_file_mode": "0644",
        "log_statement": "all",
        "log_duration": "on",
        "log_timezone": "UTC",
        "log_line_prefix": PREFIX,
    }
    with postgres(**given) as where:
        with psycopg.connect(f"host={where} user=postgres dbname=postgres", autocommit=True) as connection:
            connection.execute("CREATE SCHEMA crm")
            connection.execute("CREATE TABLE crm.customer (id int, mobile text)")
            connection.execute("CREATE TABLE crm.copy (id int, mobile text)")
            connection.execute("CREATE ROLE li LOGIN PASSWORD 'geheim'")
            connection.execute("GRANT ALL ON SCHEMA crm TO li")
            connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA crm TO li")
        with psycopg.connect(f"host={where} user=li dbname=postgres", autocommit=True) as connection:
            for _ in range(2):
                connection.execute(INSERT)
            connection.execute("SELECT mobile FROM crm.customer WHERE id = %s", (4711,))
            connection.execute("SET statement_timeout = 1000")
            with pytest.raises(psycopg.Error):
                connection.execute("SELECT nothing FROM crm.nowhere")
        time.sleep(1)
        ends = {"postgres-stderr": "log", "postgres-csv": "csv", "postgres-json": "json"}
        yield {kind: (where / "logs" / f"pg.{end}").read_bytes() for kind, end in ends.items()}


@pytest.fixture(scope="module")
def mysql_logs() -> Iterator[dict[str, bytes]]:
    """The general and the slow log of one MariaDB server, by the format's name."""
    pymysql = pytest.importorskip("pymysql", reason="the extra 'mysql' is not installed")
    options = [
        "--general-log", "--general-log-file={}/general.log", "--default-time-zone=+00:00",
        "--slow-query-log", "--slow-query-log-file={}/slow.log", "--long-query-time=0",
    ]  # fmt: skip
    with mariadb(*options) as where:

        def connect(user: str, **given: str) -> Any:
            return pymysql.connect(unix_socket=str(where / "socket"), user=user, autocommit=True, **given)

        with closing(connect("root")) as connection, connection.cursor() as cursor:
            for statement in (
                "CREATE DATABASE crm",
                "CREATE TABLE crm.customer (id int, mobile varchar(20))",
                "CREATE TABLE crm.copy (id int, mobile varchar(20))",
                "CREATE USER li IDENTIFIED BY 'geheim'",
                "GRANT ALL ON crm.* TO li",
            ):
                cursor.execute(statement)
        with closing(connect("li", password="geheim", database="crm")) as connection, connection.cursor() as cursor:
            for _ in range(2):
                cursor.execute(INSERT)
            cursor.execute("SELECT mobile FROM customer WHERE id = 4711")
            cursor.execute("SET @x = 1")
        time.sleep(0.5)
        yield {f"mysql-{kind}": (where / f"{kind}.log").read_bytes() for kind in ("general", "slow")}


@pytest.mark.server
@pytest.mark.parametrize("kind", ["postgres-stderr", "postgres-csv", "postgres-json"])
def test_a_log_of_postgresql_tells_who_ran_what_when(
    tmp_path: Path, postgres_logs: dict[str, bytes], kind: str
) -> None:
    rows = read(tmp_path, {"pg": postgres_logs[kind]}, format=kind, prefix=PREFIX)
    found = queries(rows)
    (log,) = rows["query_log"]
    (query,) = [query for query in rows["query"] if query["calls"] == 2]

    assert found[MASKED] == ("li", 2)
    assert found["SELECT mobile FROM crm.customer WHERE id = $0"] == ("li", 1)
    assert found["CREATE TABLE crm.copy (id int, mobile text)"] == ("postgres", 1)
    assert not any(sql.startswith(("SET", "GRANT", "CREATE ROLE")) for sql in found)
    assert (log["has_person"], log["has_time"], log["left_out"]) == (True, True, 0)
    assert log["no_flow"] >= 4, "CREATE ROLE, two GRANT and SET are counted, not taken up"
    assert query["first_at"] <= query["last_at"]
    assert query["first_at"].startswith(time.strftime("%Y-%m-%dT", time.gmtime()))
    assert "problem" not in rows


@pytest.mark.server
@pytest.mark.parametrize("kind", ["mysql-general", "mysql-slow"])
def test_a_log_of_mariadb_tells_who_ran_what_when(tmp_path: Path, mysql_logs: dict[str, bytes], kind: str) -> None:
    rows = read(tmp_path, {"my": mysql_logs[kind]}, format=kind, timezone="UTC")
    found = queries(rows)
    schemas = {job["name"].partition(".")[0] for job in rows["job"] if job["name"].startswith("crm.")}
    (query,) = [query for query in rows["query"] if query["calls"] == 2]

    assert found[MASKED] == ("li", 2)
    assert found["SELECT mobile FROM customer WHERE id = 0000"] == ("li", 1)
    assert found["CREATE TABLE crm.copy (id int, mobile varchar(00))"] == ("root", 1)
    assert not any(
        sql.upper().startswith(("SET", "GRANT", "CREATE USER", "CREATE DATABASE", "USE", "QUIT")) for sql in found
    )
    assert schemas == {"crm"}
    assert query["first_at"].startswith(time.strftime("%Y-%m-%dT", time.gmtime()))
    assert "problem" not in rows


@pytest.mark.server
def test_no_literal_and_no_password_of_a_log_becomes_a_fact(
    tmp_path: Path, postgres_logs: dict[str, bytes], mysql_logs: dict[str, bytes]
) -> None:
    for kind, content in {**postgres_logs, **mysql_logs}.items():
        (tmp_path / kind).mkdir()
        told = repr(read(tmp_path / kind, {"x": content}, format=kind, prefix=PREFIX))

        assert b"13800138000" in content
        assert "13800138000" not in told
        assert "4711" not in told
        assert "geheim" not in told


@pytest.mark.server
def test_a_place_is_the_line_of_the_entry(tmp_path: Path, postgres_logs: dict[str, bytes]) -> None:
    for kind in postgres_logs:
        (tmp_path / kind).mkdir()
        rows = read(tmp_path / kind, {"x": postgres_logs[kind]}, format=kind, prefix=PREFIX)
        lines = postgres_logs[kind].decode().split("\n")

        for row in rows["statement"]:
            assert row["sql"].split("\n")[0].split(" WHERE")[0] in lines[row["line"] - 1]


@pytest.mark.server
def test_another_format_than_the_log_has_is_a_sentence(tmp_path: Path, postgres_logs: dict[str, bytes]) -> None:
    for n, kind in enumerate(("mysql-slow", "mysql-general", "postgres-csv", "postgres-json")):
        (tmp_path / str(n)).mkdir()
        rows = read(tmp_path / str(n), {"x": postgres_logs["postgres-stderr"]}, format=kind)

        assert [p["fatal"] for p in rows["problem"]] == [True], kind
    wrong = read(tmp_path, {"x": postgres_logs["postgres-stderr"]}, format="postgres-stderr", prefix="<%u> ")

    assert "correct 'format' or 'prefix'" in wrong["problem"][0]["message"]


MYSQL_8 = """\
/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:
Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock
Time                 Id Command    Argument
2026-11-27T02:33:27.123456Z\t    8 Connect\tli@localhost on crm using Socket
2026-11-27T02:33:28.123456+08:00\t    8 Query\tSELECT mobile
FROM customer
2026-11-27T02:33:29.123456Z\t    8 Quit\t
"""
MYSQL_8_SLOW = """\
/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:
# Time: 2026-11-27T02:33:27.123456Z
# User@Host: li[li] @ localhost []  Id:     8
# Query_time: 0.000123  Lock_time: 0.000001 Rows_sent: 3  Rows_examined: 9
use crm;
SET timestamp=1795746807;
SELECT mobile
FROM customer;
# User@Host: li[li] @ localhost []  Id:     8
# Query_time: 0.000123  Lock_time: 0.000001 Rows_sent: 4  Rows_examined: 9
SET timestamp=1795746808;
SELECT mobile
FROM customer;
"""


@pytest.mark.parametrize(
    ("kind", "content", "at", "calls"),
    [
        ("mysql-general", MYSQL_8, "2026-11-26T18:33:28Z", 1),
        ("mysql-slow", MYSQL_8_SLOW, "2026-11-27T02:33:27Z", 2),
    ],
)
def test_logs_in_the_layout_of_mysql_8_are_read(tmp_path: Path, kind: str, content: str, at: str, calls: int) -> None:
    rows = read(tmp_path, {"x": content}, format=kind)
    (query,) = rows["query"]

    assert queries(rows) == {"SELECT mobile\nFROM customer": ("li", calls)}
    assert query["first_at"] == at
    assert query["rows"] == (7 if calls == 2 else None)
    assert rows["job"][0]["name"].startswith("crm.query ")
    assert "problem" not in rows


PREFIXES = [
    ("%t %u ", "2026-11-27 10:33:27 CST li LOG:  statement: SELECT 1", "Asia/Shanghai", "li"),
    ("%n|%u|", "1795746807.123|li|LOG:  duration: 0.1 ms  statement: SELECT 1", None, "li"),
    ("[%5p] %m: ", "[   81] 2026-11-27 02:33:27.000 GMT: LOG:  execute S_1: SELECT 1", None, None),
    (
        "%m %% %h(%r) %x %c ",
        "2026-11-27 02:33:27.1 +00 % [local]([local]) 0 65.1a LOG:  statement: SELECT 1",
        None,
        None,
    ),
    ("%m%q %u", "2026-11-27 05:33:27.1 +03:00 liLOG:  statement: SELECT 1", None, "li"),
]


@pytest.mark.parametrize(("prefix", "line", "zone", "account"), PREFIXES)
def test_prefixes_of_lines_are_read_as_the_server_writes_them(
    tmp_path: Path, prefix: str, line: str, zone: str | None, account: str | None
) -> None:
    given = {"format": "postgres-stderr", "prefix": prefix, **({"timezone": zone} if zone else {})}
    rows = read(tmp_path, {"x": line + "\n"}, **given)
    (query,) = rows["query"]

    assert (query["account"], query["first_at"]) == (account, "2026-11-27T02:33:27Z")


def test_a_zone_that_letters_do_not_tell_leaves_the_time_open_and_says_so(tmp_path: Path) -> None:
    line = "2026-11-27 10:33:27 CST li LOG:  statement: SELECT 1\n"
    rows = read(tmp_path, {"x": line}, format="postgres-stderr", prefix="%t %u ")

    assert rows["query"][0]["first_at"] is None
    assert rows["query_log"][0]["has_time"] is False
    assert [(p["kind"], p["fatal"]) for p in rows["problem"]] == [("no_time", False)]


CSV = "Wer;Wann;Was;Zeilen\nli;2026-11-27 02:33:27Z;\"SELECT a\nFROM t WHERE b = 'Zhang'\";3\nli;1795746807;COMMIT;0\n"
COLUMNS = {"sql": "was", "account": "Wer", "time": "Wann", "rows": "Zeilen"}


def test_a_csv_of_any_product_is_read_by_its_heading(tmp_path: Path) -> None:
    rows = read(tmp_path, {"x.csv": CSV}, format="csv", dialect="hive", columns=COLUMNS, delimiter=";", schema="dw")
    (query,), (job,) = rows["query"], rows["job"]

    assert queries(rows) == {"SELECT a\nFROM t WHERE b = 'xxxxx'": ("li", 1)}
    assert (query["first_at"], query["rows"]) == ("2026-11-27T02:33:27Z", 3)
    assert (job["dialect"], job["line"], job["name"].partition(".")[0]) == ("hive", 2, "dw")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("a;b\n1;2\n", "no column 'was'"),
        (CSV + "li;x\n", "the first on line 5"),
        (CSV.encode() + b"li;2026;SELECT \xff;1\n", "not of the format csv or not utf-8 text, the first on line 5"),
        ("", "holds no file"),
    ],
    ids=["another heading", "a short row", "no text", "no file"],
)
def test_what_is_no_entry_is_counted_with_its_first_line(tmp_path: Path, content: str | bytes, says: str) -> None:
    (tmp_path / "log").mkdir()
    files = {"x.csv": content} if content else {}
    rows = read(tmp_path, files, format="csv", dialect="hive", columns=COLUMNS, delimiter=";")
    (problem,) = rows["problem"]

    assert says in problem["message"]
    assert problem["fatal"]


def test_packed_logs_are_read_and_small_ones_that_unpack_to_much_are_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_packed_lines, "MOST_MB", 5)
    good, bomb = gzip.compress(MYSQL_8.encode()), gzip.compress(MYSQL_8.encode() + b"x\n" * 6_000_000)
    rows = read(tmp_path, {"a.log.gz": good, "b.log.gz": bomb, "c.log.gz": good[:100]}, format="mysql-general")

    assert queries(rows)["SELECT mobile\nFROM customer"][1] >= 1
    assert {p["object"] for p in rows["problem"] if p["fatal"]} == {"log/b.log.gz", "log/c.log.gz"}


def test_accounts_may_be_left_out_and_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text(MYSQL_8)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "b").symlink_to(tmp_path / "outside")
    (tmp_path / "log" / "c").symlink_to("c")
    rows = read(tmp_path, {"a": MYSQL_8}, format="mysql-general", accounts_left_out=["l?"])

    assert "query" not in rows
    assert {p["object"] for p in rows["problem"]} == {"log/b", "log/c"}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"format": "oracle"}, "'format'"),
        ({"format": "csv", "columns": {"sql": "a"}}, "the format csv needs 'dialect'"),
        ({"format": "csv", "dialect": "hive", "columns": {"sql": "a", "who": "b"}}, "'columns' may have"),
        ({"format": "mysql-slow", "timezone": "Mars/Base"}, "'timezone'"),
        ({"format": "postgres-stderr", "prefix": "%u%u"}, "'prefix'"),
        ({"format": "mysql-slow", "encoding": "none"}, "'encoding'"),
    ],
)
def test_a_wrong_option_is_a_sentence_with_the_line_of_the_source(tmp_path: Path, options: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:5: .*" + says):
        QueryLogConnector(source(tmp_path, **options))


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(QueryLogConnector(source(tmp_path, format="mysql-slow")))


def test_queries_of_a_log_reach_the_tables_of_a_database_in_an_audit(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE customer (id INT, mobile TEXT); CREATE TABLE copy (id INT, mobile TEXT)")
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "x").write_text(
        MYSQL_8.replace("SELECT mobile\nFROM", "INSERT INTO copy (mobile) SELECT mobile\nFROM")
    )
    (tmp_path / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  app: {use: sqlite, path: app.db, schema: crm}\n"
        "  log: {use: querylog, path: log, format: mysql-general}\n"
    )
    with closing(run(tmp_path / "datagov.yaml").evidence()) as evidence:
        rows = evidence.rows(
            "SELECT f.name AS f, t.name AS t, q.account FROM edge e JOIN statement USING (statement_id)"
            " JOIN query q USING (job_id) JOIN dataset f ON f.dataset_id = e.source_dataset_id"
            " JOIN dataset t ON t.dataset_id = e.target_dataset_id"
        )

    assert [(row["f"], row["t"], row["account"]) for row in rows] == [("crm.customer", "crm.copy", "li")]


KINDS = st.sampled_from(["postgres-csv", "postgres-json", "postgres-stderr", "mysql-general", "mysql-slow"])
PIECES = st.sampled_from(
    ["\n", "\t", '"', ",", "# Time: ", "# User@Host: a[a]", "SET timestamp=9999999999999999;", "LOG:  statement: ",
     '{"message":', "}", "261127  2:33:27", "9 Query\t", "2026-13-45 99:99:99 UTC", "SELECT 'x", "\ufeff\x00", "use x;"]
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=KINDS, content=st.lists(PIECES, max_size=20).map("".join))
def test_logs_of_any_text_end_with_facts_or_sentences(tmp_path: Path, kind: str, content: str) -> None:
    rows = read(tmp_path, {"x": content}, format=kind)

    assert all(row["line"] >= 1 for table in rows.values() for row in table if "line" in row)


class TestConformance(ConnectorConformance):
    connector = QueryLogConnector

    def source(self, folder: Path) -> Source:
        (folder / "log").mkdir(exist_ok=True)
        (folder / "log" / "a").write_text(MYSQL_8)
        (folder / "log" / "b").write_text("?")
        return source(folder, format="mysql-general")

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere", format="mysql-general")
