"""How the SQLite connector samples and types rows, and what its connection refuses."""

import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy
from _sources import database, datasets, read, sqlite_source
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.connectors._arrow import MAX_CELL_BYTES
from datagov.connectors.sqlite import SPLIT_ROWS, SqliteConnector
from datagov.contracts import Split
from datagov.errors import SourceError

SHAPES = {
    "dense row ids": ("CREATE TABLE t (n)", "INSERT INTO t VALUES (?)"),
    "sparse row ids": (
        "CREATE TABLE t (k INTEGER PRIMARY KEY, n AS (k / 1000000007))",
        "INSERT INTO t VALUES (? * 1000000007)",
    ),
    "row ids with a far outlier": (
        "CREATE TABLE t (n INTEGER PRIMARY KEY); CREATE TABLE other (a)",
        "INSERT INTO t SELECT iif(?1 = 4999, 9223372036854775807, ?1)",
    ),
    "negative row ids": ("CREATE TABLE t (k INTEGER PRIMARY KEY, n AS (k + 2500))", "INSERT INTO t VALUES (? - 2500)"),
    "no row id": ("CREATE TABLE t (n PRIMARY KEY) WITHOUT ROWID", "INSERT INTO t VALUES (?)"),
    "row id names hidden": ("CREATE TABLE t (n, rowid, oid, _rowid_)", "INSERT INTO t VALUES (?, 1, 1, 1)"),
    "two row id names hidden": ("CREATE TABLE t (n, rowid, oid)", "INSERT INTO t VALUES (?, 1, 1)"),
    "a view": ("CREATE TABLE u (n); CREATE VIEW t AS SELECT n FROM u", "INSERT INTO u VALUES (?)"),
    "a view of a join": (
        "CREATE TABLE u (n); CREATE TABLE two (b); INSERT INTO two VALUES (0), (1);"
        "CREATE VIEW t AS SELECT n * 2 + b AS n FROM u JOIN two WHERE n < 2500",
        "INSERT INTO u VALUES (?)",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_row_is_as_likely_whatever_the_shape_of_the_table(tmp_path: Path, shape: str) -> None:
    script, insert = SHAPES[shape]
    database(tmp_path, script, rows={insert: ((n,) for n in range(5_000))})
    connector = SqliteConnector(sqlite_source(tmp_path))
    dataset = datasets(connector)["app.t"]

    tenths: Counter[int] = Counter()
    for seed in range(10):
        values = read(connector, dataset, rows=300, seed=seed)["n"].to_pylist()
        assert len(values) == len(set(values)) == 300
        tenths.update(min(n, 4_999) // 500 for n in values)

    # 3,000 draws in ten cells: chi-squared with nine degrees of freedom is under 33.7 with probability 0.9999
    assert sum((tenths[tenth] - 300) ** 2 / 300 for tenth in range(10)) < 33.7


def test_a_sample_of_dense_row_ids_touches_no_other_rows(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (n)", rows={"INSERT INTO t VALUES (?)": ((n,) for n in range(5_000))})
    connector = SqliteConnector(sqlite_source(tmp_path))
    (split,) = connector.plan(datasets(connector)["app.t"], rows=100, seed=1)

    assert (split.full, split.rows, split.detail["way"]) == (False, 100, "row_ids")


@pytest.mark.parametrize("key", ["", "PRIMARY KEY"])
def test_a_big_table_read_whole_gives_each_row_once(tmp_path: Path, key: str) -> None:
    total = 2 * SPLIT_ROWS + 17
    tail = "WITHOUT ROWID" if key else ""
    database(
        tmp_path,
        f"CREATE TABLE t (n {key}) {tail}",
        rows={"INSERT INTO t VALUES (?)": ((n,) for n in range(total))},
    )
    connector = SqliteConnector(sqlite_source(tmp_path))
    dataset = datasets(connector)["app.t"]
    splits = connector.plan(dataset, rows=total, seed=1)

    assert len(splits) == (1 if key else 3)
    assert all(split.full for split in splits)
    assert sorted(read(connector, dataset, rows=total)["n"].to_pylist()) == list(range(total))


@pytest.mark.parametrize(
    ("values", "kind", "comes", "notes"),
    [
        ([1, None, 2**63 - 1, -(2**63)], pa.int64(), [1, None, 2**63 - 1, -(2**63)], {}),
        ([1, 2.5], pa.float64(), [1.0, 2.5], {}),
        ([9e999, -9e999], pa.float64(), [float("inf"), float("-inf")], {}),
        ([110101199003074557, 0.5], pa.string(), ["110101199003074557", "0.5"], {b"mixed": b"true"}),
        ([13800138000, "13900139000"], pa.string(), ["13800138000", "13900139000"], {b"mixed": b"true"}),
        (["a", b"b\xff"], pa.string(), ["a", "b\ufffd"], {b"mixed": b"true", b"invalid_utf8": b"1"}),
        ([b"\x00\xff", None], pa.binary(), [b"\x00\xff", None], {}),
        (["x\0y", ""], pa.string(), ["x\0y", ""], {}),
        ([None, None], pa.string(), [None, None], {}),
    ],
)
def test_dynamically_typed_cells_become_one_arrow_type(tmp_path: Path, values, kind, comes, notes) -> None:
    database(tmp_path, "CREATE TABLE t (a)", rows={"INSERT INTO t VALUES (?)": ((value,) for value in values)})
    connector = SqliteConnector(sqlite_source(tmp_path))
    column = read(connector, datasets(connector)["app.t"])

    assert column["a"].to_pylist() == comes
    assert column.schema.field("a").type == kind
    assert (column.schema.field("a").metadata or {}) == notes


def test_text_that_is_not_utf8_arrives_with_a_count(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'c4e3' AS TEXT)), ('好')")
    connector = SqliteConnector(sqlite_source(tmp_path))
    column = read(connector, datasets(connector)["app.t"])

    assert column["a"].to_pylist() == ["\ufffd\ufffd", "好"]
    assert column.schema.field("a").metadata == {b"invalid_utf8": b"1"}


@pytest.mark.parametrize(
    ("long", "kept"),
    [
        ("a" * 200_000, "a" * MAX_CELL_BYTES),
        ("长" * 100_000, "长" * (MAX_CELL_BYTES // 3)),
        ("é" * 100_000, "é" * (MAX_CELL_BYTES // 2)),
        ("😀" * MAX_CELL_BYTES, "😀" * (MAX_CELL_BYTES // 4)),
        ("x" + "😀" * MAX_CELL_BYTES, "x" + "😀" * (MAX_CELL_BYTES // 4 - 1)),
        (b"\xff" * 200_000, b"\xff" * MAX_CELL_BYTES),
    ],
    ids=["ascii", "three bytes", "two bytes", "four bytes", "off by one", "blob"],
)
def test_long_cells_are_cut_between_characters_and_counted(tmp_path: Path, long, kept) -> None:
    fit = long[:10]
    database(tmp_path, "CREATE TABLE t (a)", rows={"INSERT INTO t VALUES (?)": [(long,), (fit,)]})
    connector = SqliteConnector(sqlite_source(tmp_path))
    column = read(connector, datasets(connector)["app.t"])

    assert column["a"].to_pylist() == [kept, fit]
    assert column.schema.field("a").metadata == {b"cut": b"1"}


NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(table=NAMES.filter(lambda name: not name.lower().startswith("sqlite_")), column=NAMES, value=st.text())
def test_any_name_and_any_text_arrive_as_they_are(tmp_path_factory, table: str, column: str, value: str) -> None:
    folder = tmp_path_factory.mktemp("any")
    quoted = ['"' + name.replace('"', '""') + '"' for name in (table, column)]
    database(
        folder,
        f"CREATE TABLE {quoted[0]} ({quoted[1]} TEXT)",
        rows={f"INSERT INTO {quoted[0]} VALUES (?)": [(value,)]},
    )
    connector = SqliteConnector(sqlite_source(folder))

    assert read(connector, datasets(connector)[f"app.{table}"]).to_pydict() == {column: [value]}


def test_a_column_that_is_gone_is_a_sentence_and_not_a_literal(tmp_path: Path) -> None:
    path = database(tmp_path, "CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)")
    connector = SqliteConnector(sqlite_source(tmp_path))
    dataset = datasets(connector)["app.t"]
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE t DROP COLUMN b")

    with pytest.raises(SourceError, match=r"the dataset 'app\.t' cannot be read"):
        read(connector, dataset)


def test_a_split_of_somebody_else_is_refused(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a)")
    connector = SqliteConnector(sqlite_source(tmp_path))

    with pytest.raises(SourceError, match="plan it again"):
        list(connector.read(Split(datasets(connector)["app.t"], 1, True, {"way": "unheard of"})))


REFUSED = (
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DELETE FROM t",
    "DROP TABLE t",
    "ALTER TABLE t RENAME TO u",
    "CREATE TABLE made (a)",
    "CREATE TEMP TABLE made (a)",
    "CREATE TEMP VIEW made AS SELECT 1",
    "CREATE INDEX made ON t (a)",
    "CREATE VIRTUAL TABLE made USING fts5 (a)",
    "UPDATE sqlite_master SET sql = ''",
    "ATTACH DATABASE ':memory:' AS made",
    "ATTACH DATABASE 'made.db' AS made",
    "DETACH DATABASE main",
    "VACUUM",
    "VACUUM INTO 'made.db'",
    "ANALYZE",
    "REINDEX",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA trusted_schema = ON",
    "PRAGMA user_version = 3",
    "SELECT load_extension('made')",
    "SELECT fts3_tokenizer('made', x'00')",
)


@pytest.mark.parametrize("sql", REFUSED)
def test_the_pushed_down_connection_refuses_everything_but_reading(tmp_path: Path, monkeypatch, sql: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = database(tmp_path, "CREATE TABLE t (a); CREATE INDEX i ON t (a); INSERT INTO t VALUES (1)")
    before = path.read_bytes()

    with (
        closing(SqliteConnector(sqlite_source(tmp_path)).pushdown().creator()) as connection,
        pytest.raises(sqlite3.Error),
    ):
        connection.execute(sql).fetchall()

    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["app.db"]


def test_a_pushed_down_statement_ends_at_its_deadline_and_the_next_one_runs(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a)")
    pushdown = SqliteConnector(sqlite_source(tmp_path, statement_seconds=0.2)).pushdown()

    with closing(pushdown.creator()) as connection:
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            connection.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
            ).fetchall()

        assert connection.execute("SELECT count(*) FROM t").fetchall() == [(0,)]


@pytest.mark.parametrize("name", ["customer", "a.b.c", "app.customer", "客户"])
def test_a_pushed_down_table_goes_by_its_bare_name(tmp_path: Path, name: str) -> None:
    database(tmp_path, f'CREATE TABLE "{name}" (a)')
    connector = SqliteConnector(sqlite_source(tmp_path))
    (dataset,) = datasets(connector)

    assert connector.pushdown().table(dataset) == (None, name)


def test_sqlalchemy_reflects_and_counts_through_a_pushdown(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a TEXT, b INT REFERENCES u (c)); CREATE TABLE u (c); CREATE INDEX i ON t (a)")
    pushdown = SqliteConnector(sqlite_source(tmp_path)).pushdown()
    engine = sqlalchemy.create_engine(pushdown.url, creator=pushdown.creator)
    table = sqlalchemy.Table("t", sqlalchemy.MetaData(), autoload_with=engine)

    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)) == 0
    assert [column.name for column in table.columns] == ["a", "b"]
    engine.dispose()


def test_queries_show_a_scan_or_two_look_ups_and_execute_nothing(tmp_path: Path) -> None:
    database(tmp_path, "CREATE TABLE t (a)", rows={"INSERT INTO t VALUES (?)": ((n,) for n in range(50))})
    connector = SqliteConnector(sqlite_source(tmp_path))
    dataset = datasets(connector)["app.t"]
    (tmp_path / "app.db").unlink()

    assert [rows for _, rows in connector.queries(dataset, rows=50, seed=1)] == [50]
    assert [rows for _, rows in connector.queries(dataset, rows=10, seed=1)] == [2, 50]
