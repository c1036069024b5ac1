"""What the SQLite connector says of a file, and how it refuses what it cannot read."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from _sources import database, datasets, harvested, sqlite_source, unprivileged

from datagov.connectors.sqlite import SqliteConnector
from datagov.errors import ConfigError, SourceError, SourceLimitError

SHOP = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, mobile TEXT NOT NULL, tail AS (substr(mobile, -4)), note);
    CREATE TABLE pair (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
    CREATE VIEW recent AS SELECT id, mobile FROM customer WHERE note <> 'secret literal';
    CREATE TRIGGER copied AFTER INSERT ON customer BEGIN INSERT INTO pair VALUES (new.mobile, 1); END;
    INSERT INTO customer (mobile, note) VALUES ('1', 'x'), ('2', 'y');
"""
FOREVER = "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;"


def test_tables_and_views_come_with_kind_count_and_namespace(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))["dataset"]

    assert {(row["name"], row["kind"], row["row_count"], row["namespace"]) for row in rows} == {
        ("app.customer", "table", 2, "sqlite://app.db"),
        ("app.pair", "table", 2, "sqlite://app.db"),
        ("app.recent", "view", 2, "sqlite://app.db"),
    }


def test_columns_come_with_type_key_and_nullability_and_generated_ones_too(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))
    names = {row["dataset_id"]: row["name"] for row in rows["dataset"]}
    found = {
        f"{names[row['dataset_id']]}.{row['name']}": (
            row["ordinal"],
            row["data_type"],
            row["nullable"],
            row["primary_key"],
        )
        for row in rows["column"]
    }

    assert found == {
        "app.customer.id": (0, "INTEGER", False, True),
        "app.customer.mobile": (1, "TEXT", False, False),
        "app.customer.tail": (2, None, True, False),
        "app.customer.note": (3, None, True, False),
        "app.pair.a": (0, "TEXT", False, True),
        "app.pair.b": (1, "INT", False, True),
        "app.recent.id": (0, "INTEGER", True, False),
        "app.recent.mobile": (1, "TEXT", True, False),
    }


def test_views_and_triggers_are_jobs_with_their_definition(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))
    jobs = {row["job_id"]: (row["name"], row["kind"], row["dialect"]) for row in rows["job"]}
    statements = {jobs[row["job_id"]]: (row["kind"], row["sql"]) for row in rows["statement"]}

    assert statements.keys() == {("app.recent", "view", "sqlite"), ("app.copied", "trigger", "sqlite")}
    assert statements[("app.recent", "view", "sqlite")] == (
        "CREATE_VIEW",
        "CREATE VIEW recent AS SELECT id, mobile FROM customer WHERE note <> 'secret literal'",
    )
    assert statements[("app.copied", "trigger", "sqlite")][0] == "CREATE_TRIGGER"


def test_a_broken_view_is_a_fatal_problem_and_the_rest_still_comes(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a); CREATE VIEW broken AS SELECT b FROM gone; CREATE TABLE z (a)")
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))

    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {"app.t": 0, "app.broken": None, "app.z": 0}
    assert [(row["object"], row["kind"], row["fatal"], row["file"], row["line"]) for row in rows["problem"]] == [
        ("app.broken", "unreadable", True, "datagov.yaml", 3)
    ]


def test_a_virtual_table_of_a_module_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    path = database(tmp_path, "CREATE VIRTUAL TABLE t USING rtree (id, low, high)")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'rtree', 'no_such_module') WHERE name = 't'")
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))

    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [("app.t", True)]


def test_full_text_tables_are_read(tmp_path: Path) -> None:
    database(tmp_path, "CREATE VIRTUAL TABLE letters USING fts5 (body); INSERT INTO letters VALUES ('hello')")
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))

    assert {row["row_count"] for row in rows["dataset"] if row["name"] == "app.letters"} == {1}
    assert not rows["problem"]


def test_include_and_exclude_choose_tables_and_the_triggers_on_them(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path, include=["c*", "p*"], exclude=["customer"])))

    assert [row["name"] for row in rows["dataset"]] == ["app.pair"]
    assert not rows["job"]


@pytest.mark.parametrize(
    ("script", "options", "fatal"),
    [("", {}, False), ("CREATE TABLE t (a)", {"include": ["typo*"]}, True)],
)
def test_no_table_at_all_is_said(tmp_path: Path, script: str, options: dict, fatal: bool) -> None:
    database(tmp_path, script)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path, **options)))

    assert [(row["kind"], row["fatal"]) for row in rows["problem"]] == [("empty", fatal)]


def test_counting_that_takes_too_long_is_a_problem_and_leaves_the_count_open(tmp_path: Path) -> None:
    database(tmp_path, FOREVER + "CREATE TABLE t (a)")
    connector = SqliteConnector(sqlite_source(tmp_path, statement_seconds=0.2))
    rows = harvested(connector)

    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {"app.forever": None, "app.t": 0}
    assert [(row["object"], row["kind"], row["fatal"]) for row in rows["problem"]] == [
        ("app.forever", "deadline", False)
    ]


def test_the_change_token_follows_the_content_and_nothing_else(tmp_path: Path) -> None:
    def token() -> str:
        return harvested(SqliteConnector(sqlite_source(tmp_path)))["dataset"][0]["change_token"]

    path = database(tmp_path, "CREATE TABLE t (a)")
    first = token()
    os.utime(path, (1, 1))

    assert token() == first

    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.commit()
        logged = token()
        db.execute("INSERT INTO t VALUES (1)")
        db.commit()

        assert token() not in (first, logged)


@pytest.mark.parametrize("path", ["data/app.db", "../app.db"])
def test_the_namespace_is_the_path_as_configured(tmp_path: Path, path: str) -> None:
    assert SqliteConnector(sqlite_source(tmp_path, path=path)).namespace == f"sqlite://{path}"


def test_an_absolute_path_shows_only_its_last_part(tmp_path: Path) -> None:
    assert SqliteConnector(sqlite_source(tmp_path, path=str(tmp_path / "a.db"))).namespace == "sqlite://a.db"


def _text_file(path: Path) -> None:
    path.write_text("id,name\n1,x\n" * 100)


def _encrypted(path: Path) -> None:
    path.write_bytes(bytes(range(1, 256)) * 20)


def _folder(path: Path) -> None:
    path.mkdir()


def _nothing(path: Path) -> None:
    assert not path.exists()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _only_a_header(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\x07" * 1_000)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (_nothing, "does not exist"),
        (_folder, "is a folder"),
        (_pipe, "is not a regular file"),
        (_text_file, "is not an SQLite database, or it is encrypted"),
        (_encrypted, "is not an SQLite database, or it is encrypted"),
        (_only_a_header, "is not an SQLite database, or it is encrypted"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_database_is_refused_with_a_sentence(tmp_path: Path, make, says: str) -> None:
    make(tmp_path / "app.db")
    connector = SqliteConnector(sqlite_source(tmp_path))

    for action in (
        lambda: list(connector.harvest()),
        lambda: connector.pushdown().creator().execute("SELECT 1 FROM x"),
    ):
        try:
            action()
        except sqlite3.Error:
            assert make is _only_a_header, "a pushdown's own statements speak for themselves"
        except SourceError as error:
            assert str(error).startswith("Source 'app': the file 'app.db' " + says)
        else:
            pytest.fail("it was accepted")


def test_a_damaged_table_is_a_problem_of_that_table(tmp_path: Path) -> None:
    path = database(
        tmp_path,
        "PRAGMA page_size = 512; CREATE TABLE sound (a); CREATE TABLE damaged (a);",
        rows={"INSERT INTO damaged VALUES (?)": ((f"{n:0100}",) for n in range(500))},
    )
    content = bytearray(path.read_bytes())
    content[3 * 512 :] = b"\xaa" * (len(content) - 3 * 512)
    path.write_bytes(content)
    rows = harvested(SqliteConnector(sqlite_source(tmp_path)))

    assert [(row["object"], row["kind"], row["fatal"]) for row in rows["problem"]] == [
        ("app.damaged", "unreadable", True)
    ]
    assert "is damaged; check it with" in rows["problem"][0]["message"]


def test_a_locked_file_is_a_sentence_after_the_time_it_may_wait(tmp_path: Path) -> None:
    path = database(tmp_path, "CREATE TABLE t (a)")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")

        with pytest.raises(SourceError, match=r"'app\.db' is locked by another program"):
            harvested(SqliteConnector(sqlite_source(tmp_path, busy_seconds=0)))


def test_a_file_without_read_permission_is_a_sentence(tmp_path: Path) -> None:
    path = database(tmp_path, "CREATE TABLE t (a)")
    path.chmod(0)

    with unprivileged(), pytest.raises(SourceError, match="may not be read by this account"):
        harvested(SqliteConnector(sqlite_source(tmp_path)))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"path": ""}, "'path'"),
        ({"pth": "x"}, "'pth'"),
        ({"schema": 3}, "'schema'"),
        ({"include": "customer"}, "'include'"),
        ({"statement_seconds": 0}, "'statement_seconds'"),
    ],
)
def test_a_wrong_option_names_itself_and_its_place(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:3: .*" + says):
        SqliteConnector(sqlite_source(tmp_path, **options))


def test_a_view_that_never_ends_cannot_be_sampled_and_says_so(tmp_path: Path) -> None:
    database(tmp_path, FOREVER)
    connector = SqliteConnector(sqlite_source(tmp_path, statement_seconds=0.2))
    with pytest.raises(SourceLimitError, match=r"'app\.forever' took longer than one statement may"):
        connector.plan(datasets(connector)["app.forever"], rows=10, seed=1)
