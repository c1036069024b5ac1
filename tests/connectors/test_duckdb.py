"""What the DuckDB connector says of a file, which rows it draws, how cells arrive, and what it refuses."""

import subprocess
import sys
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pyarrow as pa
import pytest
from _sources import datasets, harvested, read

duckdb = pytest.importorskip("duckdb", reason="the extra 'duckdb' is not installed")

from datagov.connectors.duckdb import DuckdbConnector  # noqa: E402 - after the skip
from datagov.contracts import Access, Counted, Source, Split  # noqa: E402 - after the skip
from datagov.errors import PluginError, SourceError, SourceLimitError, UsageError  # noqa: E402 - after the skip

SHOP = """
    CREATE SCHEMA crm;
    CREATE TABLE crm.customer (id INTEGER PRIMARY KEY, mobile VARCHAR NOT NULL, note VARCHAR);
    COMMENT ON TABLE crm.customer IS 'people';
    COMMENT ON COLUMN crm.customer.mobile IS 'their telephone';
    INSERT INTO crm.customer VALUES (1, '1', 'x'), (2, '2', 'y');
    CREATE VIEW recent AS SELECT id, mobile FROM crm.customer WHERE note <> 'secret literal';
    CREATE MACRO crm.masked(x) AS left(x, 3) || '****';
    CREATE MACRO of_id(i) AS TABLE SELECT * FROM crm.customer WHERE id = i;
"""


def made(folder: Path, script: str, **options: Any) -> DuckdbConnector:
    with closing(duckdb.connect(str(folder / "app.duckdb"))) as db:
        db.execute(script)
    return DuckdbConnector(source(folder, **options))


def source(folder: Path, **options: Any) -> Source:
    return Source(1, "app", "duckdb", {"path": "app.duckdb", **options}, folder, "datagov.yaml", 3)


def test_tables_and_views_come_with_kind_count_comment_and_namespace(tmp_path: Path) -> None:
    rows = harvested(made(tmp_path, SHOP))["dataset"]

    assert [(row["name"], row["kind"], row["row_count"], row["row_estimate"], row["comment"]) for row in rows] == [
        ("crm.customer", "table", 2, 2, "people"),
        ("main.recent", "view", None, None, None),
    ]
    assert {row["namespace"] for row in rows} == {"duckdb://app.duckdb"}


def test_columns_come_with_type_key_nullability_and_comment(tmp_path: Path) -> None:
    rows = harvested(made(tmp_path, SHOP, include=["crm.*"]))["column"]

    assert [tuple(row[k] for k in ("name", "data_type", "nullable", "primary_key", "comment")) for row in rows] == [
        ("id", "INTEGER", False, True, None),
        ("mobile", "VARCHAR", False, False, "their telephone"),
        ("note", "VARCHAR", True, False, None),
    ]


def test_views_and_macros_are_jobs_with_their_definition(tmp_path: Path) -> None:
    rows = harvested(made(tmp_path, SHOP))
    jobs = {row["job_id"]: (row["name"], row["kind"], row["dialect"]) for row in rows["job"]}
    found = {jobs[row["job_id"]]: row["sql"] for row in rows["statement"]}

    assert found.keys() == {
        ("main.recent", "view", "duckdb"),
        ("crm.masked", "routine", "duckdb"),
        ("main.of_id", "routine", "duckdb"),
    }
    assert found[("main.recent", "view", "duckdb")].startswith("CREATE VIEW recent AS SELECT")
    assert found[("main.of_id", "routine", "duckdb")].startswith('CREATE MACRO "main"."of_id"("i") AS TABLE SELECT')


def test_schemas_and_globs_choose_and_leaving_out_everything_is_said(tmp_path: Path) -> None:
    made(tmp_path, SHOP)

    def names(**options: Any) -> list[str]:
        return [row["name"] for row in harvested(DuckdbConnector(source(tmp_path, **options)))["dataset"]]

    assert names(schemas=["crm"]) == ["crm.customer"]
    assert names(exclude=["crm.*"]) == ["main.recent"]
    (problem,) = harvested(DuckdbConnector(source(tmp_path, include=["none"])))["problem"]
    assert (problem["kind"], problem["fatal"]) == ("empty", True)


HOSTILE_VIEWS = {
    "reads_a_csv": "SELECT * FROM read_csv('{folder}/secret.csv')",
    "reads_a_file": "SELECT * FROM '{folder}/secret.csv'",
    "reads_text": "SELECT content FROM read_text('/etc/passwd')",
    "lists_files": "SELECT * FROM glob('/etc/*')",
    "reads_another": "SELECT * FROM other.t",
    "reads_nothing": "SELECT * FROM gone",
}


def test_a_view_that_reaches_out_of_the_file_is_a_problem_and_never_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("mobile\n13800138000\n")
    views = "".join(f"CREATE VIEW {name} AS {sql};" for name, sql in HOSTILE_VIEWS.items())
    connector = made(
        tmp_path,
        f"ATTACH '{tmp_path}/other.duckdb' AS other; CREATE TABLE other.t (a INT); CREATE TABLE gone (a INT);"
        f"CREATE TABLE fine (a INT); {views} DROP TABLE gone;".replace("{folder}", str(tmp_path)),
    )
    rows = harvested(connector)

    assert {row["object"] for row in rows["problem"]} == {f"main.{name}" for name in HOSTILE_VIEWS}
    assert all(row["fatal"] and row["kind"] == "unreadable" for row in rows["problem"])
    assert {row["name"] for row in rows["dataset"]} == {"main.fine", *(f"main.{name}" for name in HOSTILE_VIEWS)}
    for name in HOSTILE_VIEWS:
        with pytest.raises(SourceError):
            connector.plan(datasets(connector)[f"main.{name}"], rows=10, seed=1)


def test_macros_of_the_file_stand_in_for_nothing(tmp_path: Path) -> None:
    lies = """
        CREATE TABLE t AS SELECT i, 'cell ' || i AS c FROM range(50) r(i);
        CREATE MACRO count(x) AS 99; CREATE MACRO hash(a, b) AS 1; CREATE MACRO strlen(x) AS 99999999;
        CREATE MACRO "="(a, b) AS false; CREATE MACRO ">="(a, b) AS false; CREATE MACRO ">"(a, b) AS true;
        CREATE MACRO duckdb_tables() AS TABLE SELECT 'lie' AS table_name;
    """
    connector = made(tmp_path, lies)
    dataset = datasets(connector)["main.t"]

    assert dataset.row_count == 50
    assert read(connector, dataset, rows=50).column("c").to_pylist() == [f"cell {n}" for n in range(50)]
    drawn = read(connector, dataset, rows=10).column("i").to_pylist()
    assert len(set(drawn)) == 10 and max(drawn) > 10


CELLS: list[tuple[str, pa.DataType, Any]] = [
    ("'nan'::DOUBLE", pa.float64(), "nan"),
    ("'-inf'::FLOAT", pa.float32(), float("-inf")),
    ("170141183460469231731687303715884105727::HUGEINT", pa.string(), "170141183460469231731687303715884105727"),
    ("340282366920938463463374607431768211455::UHUGEINT", pa.string(), "340282366920938463463374607431768211455"),
    ("18446744073709551615::UBIGINT", pa.uint64(), 18446744073709551615),
    ("12345678901234567.890::DECIMAL(38, 3)", pa.decimal128(38, 3), "12345678901234567.890"),
    ("TIMESTAMP 'infinity'", pa.string(), "infinity"),
    ("DATE '-infinity'", pa.string(), "-infinity"),
    ("TIMESTAMPTZ '2025-01-01 08:00:00+08'", pa.string(), "2025-01-01 00:00:00+00"),
    ("DATE '0044-03-15 (BC)'", pa.string(), "0044-03-15 (BC)"),
    ("TIME '24:00:00'", pa.string(), "24:00:00"),
    ("INTERVAL '1 month 2 days'", pa.string(), "1 month 2 days"),
    ("'sad'::ENUM ('ok', 'sad')", pa.string(), "sad"),
    ("'00000000-0000-0000-0000-0000000000ff'::UUID", pa.string(), "00000000-0000-0000-0000-0000000000ff"),
    ("'\\x00\\xFF'::BLOB", pa.binary(), b"\x00\xff"),
    ("'101'::BIT", pa.string(), "101"),
    ("true", pa.bool_(), True),
    ("[1, NULL]", pa.list_(pa.int32()), [1, None]),
    ("[DATE 'infinity']", pa.list_(pa.string()), ["infinity"]),
    ("{'a': 'x', 'b c': TIMESTAMP 'infinity'}", None, {"a": "x", "b c": "infinity"}),
    ("MAP {'k': 1::HUGEINT}", pa.map_(pa.string(), pa.string()), [("k", "1")]),
    ("[1, 2]::INTEGER[2]", None, [1, 2]),
    ("row(1, 'x')", pa.string(), "(1, x)"),
    ("union_value(n := 5)", pa.string(), "5"),
    ('\'{"mobile": "1"}\'::JSON', pa.string(), '{"mobile": "1"}'),
]


@pytest.mark.parametrize(("sql", "kind", "arrives"), CELLS)
def test_a_cell_of_any_type_arrives_whole(tmp_path: Path, sql: str, kind: pa.DataType | None, arrives: Any) -> None:
    connector = made(tmp_path, f"CREATE TABLE t AS SELECT {sql} AS c UNION ALL SELECT NULL")
    column = read(connector, datasets(connector)["main.t"]).column("c")
    cells = [cell for cell in column.to_pylist() if cell is not None]

    assert column.null_count == 1
    assert kind is None or column.type == kind
    assert cells == [arrives] or [str(cell) for cell in cells] == [arrives]


def test_long_cells_are_cut_and_counted(tmp_path: Path) -> None:
    connector = made(tmp_path, "CREATE TABLE t AS SELECT repeat('长', 30000) AS a, repeat('x', 70000)::BLOB AS b")
    (split,) = connector.plan(datasets(connector)["main.t"], rows=10, seed=1)
    (batch,) = connector.read(split)

    assert [len(batch.column(0)[0].as_py().encode()), len(batch.column(1)[0].as_py())] == [65535, 65536]
    assert [field.metadata for field in batch.schema] == [{b"cut": b"1"}] * 2


@pytest.mark.parametrize("kind", ["TABLE", "VIEW"])
def test_every_row_is_as_likely(tmp_path: Path, kind: str) -> None:
    connector = made(
        tmp_path,
        "CREATE TABLE base AS SELECT i FROM range(300) r(i); DELETE FROM base WHERE i % 3 = 0;"
        f"CREATE {kind} drawn AS SELECT i FROM base",
    )
    dataset = datasets(connector)["main.drawn"]
    seen: Counter[int] = Counter()
    for seed in range(100):
        seen.update(read(connector, dataset, rows=40, seed=seed).column("i").to_pylist())

    assert len(seen) == 200
    assert sum(seen.values()) == 100 * 40
    assert min(seen.values()) >= 5 and max(seen.values()) <= 40


def test_samples_are_the_same_for_the_same_seed_with_several_threads(tmp_path: Path) -> None:
    connector = made(
        tmp_path,
        "CREATE TABLE t AS SELECT i, 'k' || i AS k FROM range(400000) r(i); CREATE VIEW v AS SELECT DISTINCT * FROM t",
        threads=4,
    )
    for dataset in datasets(connector).values():
        first, again = (read(connector, dataset, rows=500, seed=3) for _ in range(2))
        assert first.num_rows == 500 and first.equals(again)


def test_a_big_table_read_whole_gives_each_row_once(tmp_path: Path) -> None:
    connector = made(tmp_path, "CREATE TABLE t AS SELECT i FROM range(150000) r(i); DELETE FROM t WHERE i % 7 = 0")
    dataset = datasets(connector)["main.t"]
    splits = connector.plan(dataset, rows=1_000_000, seed=1)
    cells = read(connector, dataset, rows=1_000_000).column("i").to_pylist()

    assert len(splits) == 3 and all(split.full for split in splits)
    assert sorted(cells) == [n for n in range(150_000) if n % 7]


def test_below_counts_nothing_is_counted_and_an_unchanged_count_is_taken_over(tmp_path: Path) -> None:
    made(tmp_path, SHOP)
    closed = replace(source(tmp_path), access=Access.METADATA)
    token = harvested(DuckdbConnector(closed))["dataset"][0]["change_token"]
    known = replace(source(tmp_path), counted={"crm.customer": Counted(token, 77)})

    assert [row["row_count"] for row in harvested(DuckdbConnector(closed))["dataset"]] == [None, None]
    assert harvested(DuckdbConnector(known))["dataset"][0]["row_count"] == 77


def test_the_change_token_follows_the_content_with_what_is_not_yet_in_the_file(tmp_path: Path) -> None:
    connector = made(tmp_path, SHOP)

    def seen() -> tuple[str, int]:
        row = harvested(connector)["dataset"][0]
        return row["change_token"], row["row_count"]

    first = seen()
    assert seen() == first
    stopped = f"import duckdb, os; d = duckdb.connect({str(tmp_path / 'app.duckdb')!r}); "
    insert = "d.execute(\"INSERT INTO crm.customer VALUES (3, '3', 'z')\"); os._exit(0)"
    subprocess.run([sys.executable, "-c", stopped + insert], check=True)
    assert (tmp_path / "app.duckdb.wal").exists()

    token, rows = seen()
    assert token != first[0] and rows == 3


def broken(folder: Path, change: Any) -> DuckdbConnector:
    connector = made(folder, "CREATE TABLE t AS SELECT i, 'k' || i AS k FROM range(100000) r(i)")
    path = folder / "app.duckdb"
    path.write_bytes(change(path.read_bytes()))
    return connector


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda raw: b"", "is not a DuckDB database"),
        (lambda raw: b"SQLite format 3\0" + raw[16:], "is not a DuckDB database"),
        (lambda raw: raw[: len(raw) // 2], "is damaged"),
        (lambda raw: raw[:4096] + b"\xff" * 4096 + raw[8192:], "is damaged"),
        (lambda raw: raw[:12288] + bytes(byte ^ 0xFF for byte in raw[12288:]), "is damaged"),
    ],
)
def test_a_broken_file_is_a_sentence(tmp_path: Path, change: Any, says: str) -> None:
    connector = broken(tmp_path, change)

    with pytest.raises(SourceError, match=says):
        read(connector, datasets(connector)["main.t"], rows=100_000)


def test_a_file_that_somebody_writes_is_a_sentence(tmp_path: Path) -> None:
    connector = made(tmp_path, SHOP)
    writer = f"import duckdb, sys; d = duckdb.connect({str(tmp_path / 'app.duckdb')!r}); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", writer], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline()
        with pytest.raises(SourceError, match="locked by another program"):
            harvested(connector)
        other.communicate(b"\n")


def test_a_folder_and_a_foreign_split_are_sentences(tmp_path: Path) -> None:
    connector = made(tmp_path, SHOP)
    (tmp_path / "folder").mkdir()
    foreign = Split(datasets(connector)["crm.customer"], 1, True, {"way": "all"})

    with pytest.raises(SourceError, match="is a folder"):
        harvested(DuckdbConnector(source(tmp_path, path="folder")))
    with pytest.raises(SourceError, match="plan it again"):
        next(connector.read(foreign))


FOREVER = "CREATE VIEW forever AS SELECT count(*) AS n FROM range(100000000000) a, range(100000) b"


def test_what_never_ends_ends_at_its_deadline(tmp_path: Path) -> None:
    connector = made(tmp_path, f"CREATE TABLE t (a INT); {FOREVER}", statement_seconds=0.5)
    known = datasets(connector)
    began = monotonic()

    with pytest.raises(SourceLimitError, match="statement_seconds"):
        connector.plan(known["main.forever"], rows=10, seed=1)
    with closing(connector.pushdown().creator()) as connection, pytest.raises(duckdb.InterruptException):
        connection.cursor().execute("SELECT n FROM main.forever")
    assert monotonic() - began < 20


def test_what_needs_too_much_memory_is_a_sentence(tmp_path: Path) -> None:
    view = "CREATE VIEW huge AS SELECT list(i) AS l FROM range(100000000) r(i)"
    connector = made(tmp_path, view, memory_mb=64)

    with pytest.raises(SourceLimitError, match="memory_mb"):
        read(connector, replace(datasets(connector)["main.huge"], row_count=1))


@pytest.mark.parametrize(
    "sql",
    [
        "SET threads = 8",
        "SET enable_external_access = true",
        "ATTACH 'other.duckdb' AS other",
        "COPY (SELECT 1) TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_text('/etc/passwd')",
        "INSERT INTO crm.customer VALUES (9, '9', '9')",
        "UPDATE crm.customer SET note = 'z'",
        "CREATE SCHEMA made",
    ],
)
def test_the_pushed_down_connection_refuses_everything_but_reading(tmp_path: Path, sql: str) -> None:
    pushdown = made(tmp_path, SHOP).pushdown()

    with closing(pushdown.creator()) as connection, pytest.raises(duckdb.Error):
        connection.cursor().execute(sql)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.duckdb"]


def test_a_table_called_as_one_of_duckdb_itself_is_not_mistaken_for_it(tmp_path: Path) -> None:
    pushdown = made(tmp_path, "CREATE TABLE duckdb_views (a INT); CREATE TABLE t (a INT)").pushdown()

    assert pushdown.table("main.t") == ("main", "t")
    with pytest.raises(SourceError, match="DuckDB's own"):
        pushdown.table("main.duckdb_views")


def test_without_its_driver_the_connector_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    with pytest.raises(PluginError, match=r"pip install 'datagov\[duckdb\]'"):
        DuckdbConnector(source(tmp_path))


def test_a_url_names_the_file() -> None:
    assert DuckdbConnector.options_from_url("duckdb:///data/shop.duckdb") == {"path": "data/shop.duckdb"}
    assert DuckdbConnector.options_from_url("duckdb:////srv/shop.duckdb") == {"path": "/srv/shop.duckdb"}
    with pytest.raises(UsageError):
        DuckdbConnector.options_from_url("duckdb://")
