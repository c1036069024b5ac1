"""What the generic connector says, how it draws and types rows, which SQL it writes for whom, and what it refuses."""

import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa
from _mysql import HOST, PORT, SECRET
from _mysql import server as mysql_server
from _postgres import Server, psycopg, server
from _sources import database, datasets, harvested, read
from sqlalchemy.dialects import mssql, oracle, postgresql

from datagov.connectors import _sqlalchemy_cells as cells
from datagov.connectors import _sqlalchemy_sample as sample
from datagov.connectors._sqlalchemy_dialects import TRAITS, namespace, traits
from datagov.connectors.sqlalchemy import SqlalchemyConnector
from datagov.contracts import Access, Source, Split
from datagov.errors import ConfigError, PluginError, SourceError, SourceLimitError

SHOP = """
    CREATE TABLE customer (id INTEGER PRIMARY KEY, mobile TEXT NOT NULL, note TEXT);
    CREATE TABLE pair (a TEXT, b INT, PRIMARY KEY (a, b));
    CREATE VIEW recent AS SELECT id, mobile FROM customer WHERE note <> 'secret literal';
    INSERT INTO customer (mobile, note) VALUES ('1', 'x'), ('2', 'y');
"""
FOREVER = "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;"


def source(folder: Path, url: str = "sqlite:///app.db", **options: Any) -> Source:
    return Source(1, "app", "sqlalchemy", {"url": url, **options}, folder, "my.yaml", 42)


def connector(folder: Path, **options: Any) -> SqlalchemyConnector:
    return SqlalchemyConnector(source(folder, **options))


def test_tables_and_views_come_with_columns_keys_counts_and_jobs(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    rows = harvested(connector(tmp_path))
    names = {row["dataset_id"]: row["name"] for row in rows["dataset"]}

    assert [(row["name"], row["kind"], row["row_count"], row["namespace"]) for row in rows["dataset"]] == [
        ("main.customer", "table", 2, "sqlite://app.db"),
        ("main.pair", "table", 0, "sqlite://app.db"),
        ("main.recent", "view", None, "sqlite://app.db"),
    ]
    assert [
        (row["name"], row["data_type"], row["primary_key"])
        for row in rows["column"]
        if names[row["dataset_id"]] == "main.customer"
    ] == [("id", "INTEGER", True), ("mobile", "TEXT", False), ("note", "TEXT", False)]
    (job,) = rows["job"]
    assert (job["name"], job["kind"], job["dialect"]) == ("main.recent", "view", "sqlite")
    assert rows["statement"][0]["sql"].startswith("CREATE VIEW recent AS SELECT")
    assert rows["problem"] == []


def test_a_broken_view_is_a_fatal_problem_and_the_rest_still_comes(tmp_path: Path) -> None:
    database(tmp_path, SHOP + "CREATE VIEW broken AS SELECT a FROM nowhere;")
    rows = harvested(connector(tmp_path))

    assert [(row["object"], row["kind"], row["fatal"]) for row in rows["problem"]] == [
        ("main.broken", "unreadable", True)
    ]
    assert {"main.customer", "main.broken"} <= {row["name"] for row in rows["dataset"]}


def test_nothing_is_counted_below_counts_and_not_beyond_the_budget(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    closed = SqlalchemyConnector(replace(source(tmp_path), access=Access.METADATA))
    late = harvested(connector(tmp_path, count_seconds=0))

    assert {row["row_count"] for row in harvested(closed)["dataset"]} == {None}
    assert {(row["kind"], row["fatal"]) for row in late["problem"]} == {("deadline", False)}


@pytest.mark.parametrize(
    ("columns", "insert", "way"),
    [
        ("id INTEGER PRIMARY KEY, n INT", "SELECT value, value FROM generate", "keys"),
        ("id INTEGER PRIMARY KEY, n INT", "SELECT value * 1000, value FROM generate", "scan"),
        ("n INT", "SELECT value FROM generate", "scan"),
    ],
)
def test_every_row_is_as_likely_whatever_the_key(tmp_path: Path, columns: str, insert: str, way: str) -> None:
    rows = "WITH RECURSIVE generate(value) AS (SELECT 0 UNION ALL SELECT value + 1 FROM generate WHERE value < 199)"
    database(tmp_path, f"CREATE TABLE t ({columns}); {rows} INSERT INTO t {insert};")
    made = connector(tmp_path)
    dataset = datasets(made)["main.t"]
    seen: Counter[int] = Counter()
    for seed in range(60):
        (split,) = made.plan(dataset, rows=40, seed=seed)
        assert split.detail["way"] == way
        drawn = read(made, dataset, rows=40, seed=seed).column("n").to_pylist()
        assert 30 <= len(drawn) <= 40
        seen.update(drawn)

    assert set(seen) == set(range(200))
    assert max(seen.values()) <= 30


def test_what_arrow_has_no_exact_type_for_is_text() -> None:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    table = [
        (2**63, str(2**63)),
        (Decimal("1E+3"), "1000"),
        (Decimal("NaN"), "NaN"),
        (datetime(2025, 1, 31, 8), "2025-01-31 08:00:00"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (memoryview(b"\0"), b"\0"),
        ([1, {"a": "张"}], '[1, {"a": "张"}]'),
        (False, "false"),
    ]

    assert [cells.plain(value) for value, _ in table] == [text for _, text in table]


@pytest.mark.parametrize(
    ("late", "kind", "last", "notes"),
    [
        (1.5, pa.float64(), 1.5, {}),
        ("x", pa.string(), "x", {b"mixed": b"true"}),
        (None, pa.int64(), None, {}),
        (7, pa.int64(), 7, {}),
    ],
)
def test_a_column_has_one_type_wherever_its_values_differ(late: Any, kind: Any, last: Any, notes: Any) -> None:
    whole = cells.batch(iter([*((n,) for n in range(25_000)), *((late,) for _ in range(5_001))]), ["1"])

    assert (whole.num_rows, whole.schema.field("1").type) == (30_001, kind)
    assert whole.column(0)[30_000].as_py() == last
    assert (whole.schema.field("1").metadata or {}) == notes


def test_text_that_is_not_utf8_and_long_cells_are_counted(tmp_path: Path) -> None:
    database(
        tmp_path, "CREATE TABLE t (a, b); INSERT INTO t VALUES (CAST(x'41FF' AS TEXT), printf('%.*c', 70000, 'x'));"
    )
    made = connector(tmp_path)
    (split,) = made.plan(datasets(made)["main.t"], rows=10, seed=1)
    (batch,) = made.read(split)

    assert [field.metadata for field in batch.schema] == [{b"invalid_utf8": b"1"}, {b"cut": b"1"}]


def test_a_view_that_never_ends_ends_at_its_deadline(tmp_path: Path) -> None:
    database(tmp_path, FOREVER)
    made = connector(tmp_path, statement_seconds=0.5)
    dataset = replace(datasets(made)["main.forever"], row_count=5)

    with pytest.raises(SourceLimitError, match="statement_seconds"):
        read(made, dataset)


def place(dialect: Any, kind: str = "table") -> sample.Place:
    return sample.Place("crm", "order", kind, {}, None, not dialect.requires_name_normalize)


HINTS = {
    "oracle": "SAMPLE (0.300000) SEED",
    "snowflake": "SAMPLE ROW (0.300000) SEED",
    "trino": "TABLESAMPLE BERNOULLI (0.300000)",
    "bigquery": "TABLESAMPLE SYSTEM (0.800000 PERCENT)",
    "mssql": "TABLESAMPLE (0.800000 PERCENT) REPEATABLE",
    "databricks": "TABLESAMPLE (0.300000 PERCENT) REPEATABLE",
    "ibm_db_sa": "TABLESAMPLE BERNOULLI (0.300000) REPEATABLE",
    "postgresql": "TABLESAMPLE BERNOULLI (0.300000) REPEATABLE",
}


QUOTED = {
    "mssql": "SELECT [id] AS c0 FROM [crm].[order]",
    "oracle": 'SELECT id AS c0 FROM crm."order"',
}


@pytest.mark.parametrize("backend", HINTS)
def test_a_sample_is_a_share_that_the_database_draws_in_its_own_words(backend: str) -> None:
    dialect = {"mssql": mssql.dialect, "oracle": oracle.dialect}.get(backend, postgresql.dialect)()
    drawn = sample.drawn_by_database(place(dialect), ["id"], traits(backend), rows=200, total=100_000, seed=1)
    sql = " ".join(str(drawn.compile(dialect=dialect)).split())

    assert HINTS[backend] in sql
    assert sql.startswith(QUOTED.get(backend, 'SELECT "id" AS c0 FROM "crm"."order"'))


@pytest.mark.parametrize(
    ("dialect", "names", "quoted"),
    [
        (mssql.dialect(), 'a]b; DROP "x"', '[a]]b; DROP "x"]'),
        (oracle.dialect(), 'a"b; DROP x', '"a""b; DROP x"'),
        (oracle.dialect(), "Mixed", '"Mixed"'),
        (postgresql.dialect(), 'a"b', '"a""b"'),
    ],
)
def test_hostile_names_are_quoted_for_databases_that_could_not_be_run(dialect: Any, names: str, quoted: str) -> None:
    there = sample.Place(names, names, "table", {}, names, not dialect.requires_name_normalize)
    statements = [
        sample.rows_of(there, [names], traits(dialect.name)),
        sample.count_of(there),
        sample.bounds_of(there, names),
        sample.with_keys(there, [names], traits(dialect.name), names, [1, 2]),
        sample.rows_of(there, [names], traits(dialect.name)).limit(5),
    ]

    for statement in statements:
        assert f"{quoted}.{quoted}" in str(statement.compile(dialect=dialect))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("oracle+oracledb://me@ora/?service_name=x", "oracle://ora:1521"),
        ("mssql+pyodbc://me@sql:1444/db", "mssql://sql:1444"),
        ("snowflake://me@org-account/db/schema", "snowflake://org-account"),
        ("bigquery://project/dataset", "bigquery"),
        ("redshift+redshift_connector://me@cluster/db", "redshift://cluster:5439"),
        ("trino://me@trino:8443/hive", "trino://trino:8443"),
        ("postgresql+psycopg://me@db/shop", "postgres://db:5432"),
        ("sqlite:////srv/secret/app.db", "sqlite://app.db"),
        ("exa+websocket://me@exa:8563/db", "exa://exa:8563"),
    ],
)
def test_the_namespace_is_that_of_open_lineage(url: str, shown: str) -> None:
    assert namespace(sa.make_url(url)) == shown


def test_every_dialect_named_here_is_one_that_lineage_reads() -> None:
    from datagov.lineage import trace

    for known in TRAITS.values():
        assert trace("SELECT 1", dialect=known.sqlglot).problems == ()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"url": "no url"}, "a 'url' that is not"),
        ({"url": "duckdb:///app.duckdb"}, "write 'use: duckdb'"),
        ({"url": "postgresql+psycopg://me:geheim@db/shop"}, "a password in its 'url'"),
        ({"url": "sqlite:///app.db?enable_load_extension=1"}, "not known to be harmless"),
        ({"url": "mysql+pymysql://me@db/shop?local_infile=1"}, "not known to be harmless"),
        ({"url": "sqlite:///app.db", "options": {"factory": "os.system"}}, "not known to be harmless"),
    ],
)
def test_what_could_hold_a_secret_or_run_code_is_refused(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        SqlalchemyConnector(Source(1, "app", "sqlalchemy", options, tmp_path, "my.yaml", 42))

    assert str(caught.value).startswith("my.yaml:42: ")
    assert "geheim" not in str(caught.value) and "os.system" not in str(caught.value)


@pytest.mark.parametrize("url", ["nosuchdatabase://db/shop", "oracle+oracledb://me@ora/x"])
def test_a_missing_dialect_or_driver_is_a_sentence(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oracledb", None)

    with pytest.raises(PluginError, match="pip install"):
        connector(tmp_path, url=url)


def test_a_missing_file_is_not_made_and_a_foreign_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(connector(tmp_path, url="sqlite:///gone.db"))
    assert list(tmp_path.iterdir()) == []

    database(tmp_path, SHOP)
    made = connector(tmp_path)
    with pytest.raises(SourceError, match="plan it again"):
        list(made.read(Split(datasets(made)["main.customer"], 1, True, {"sql": "DROP TABLE customer"})))


def test_rules_are_pushed_down_only_where_their_sql_is_tested(tmp_path: Path) -> None:
    database(tmp_path, SHOP)
    pushdown = connector(tmp_path).pushdown()

    assert pushdown is not None
    assert (pushdown.dialect, pushdown.table("main.customer")) == ("sqlite", (None, "customer"))
    with closing(pushdown.creator()) as connection, pytest.raises(sqlite3.OperationalError):
        connection.execute("DELETE FROM customer")


@pytest.mark.server
class TestPostgres:
    @pytest.fixture(scope="class")
    @classmethod
    def pg(cls) -> Iterator[Server]:
        with server() as running:
            yield running

    def url(self, pg: Server) -> str:
        known = psycopg.conninfo.conninfo_to_dict(pg.dsn(pg.reader))
        return f"postgresql+psycopg://{known['user']}@{known['host']}:{known['port']}/{known['dbname']}"

    def test_comments_special_values_and_views_arrive(self, pg: Server, tmp_path: Path) -> None:
        pg.run(
            "CREATE SCHEMA crm",
            "CREATE TABLE crm.t (id int PRIMARY KEY, d date, n numeric, j jsonb, a int[], u uuid, ts timestamptz)",
            "COMMENT ON TABLE crm.t IS 'people'",
            "COMMENT ON COLUMN crm.t.d IS 'born'",
            "INSERT INTO crm.t VALUES (1, 'infinity', 'NaN', '{\"a\": 1}', '{1,2}', gen_random_uuid(), '-infinity')",
            "CREATE TABLE crm.zoned AS SELECT timestamptz '2025-01-31 08:00+08' AS at",
            "CREATE VIEW crm.v AS SELECT id FROM crm.t",
        )
        pg.grant("crm")
        made = connector(tmp_path, url=self.url(pg), schemas=["crm"])
        rows = harvested(made)
        row = read(made, datasets(made)["crm.t"]).to_pylist()[0]

        assert [(row["name"], row["comment"], row["row_count"]) for row in rows["dataset"]] == [
            ("crm.t", "people", 1),
            ("crm.v", None, None),
            ("crm.zoned", None, 1),
        ]
        assert [row["comment"] for row in rows["column"] if row["name"] == "d"] == ["born"]
        assert (row["d"], row["n"], row["ts"]) == ("infinity", "NaN", "-infinity")
        assert read(made, datasets(made)["crm.zoned"]).to_pylist() == [{"at": "2025-01-31 00:00:00+00"}]
        assert (row["j"], row["a"]) == ('{"a": 1}', "[1, 2]")
        assert rows["statement"][0]["sql"].startswith("CREATE VIEW")

    def test_a_session_only_reads_and_a_statement_ends(self, pg: Server, tmp_path: Path) -> None:
        pg.run("CREATE SCHEMA slow", "CREATE VIEW slow.v AS SELECT 1 AS s FROM pg_sleep(30)")
        pg.grant("slow")
        made = connector(tmp_path, url=self.url(pg), schemas=["slow"], statement_seconds=0.5)
        pushdown = made.pushdown()

        with pytest.raises(SourceLimitError, match="statement_seconds"):
            read(made, replace(datasets(made)["slow.v"], row_count=1))
        assert pushdown is not None
        with closing(pushdown.creator()) as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("CREATE TEMPORARY TABLE made (a int); INSERT INTO slow.gone VALUES (1)")


@pytest.mark.server
def test_mariadb_tables_with_a_key_are_sampled_by_it(tmp_path: Path) -> None:
    with mysql_server() as running:
        name = running.database(tmp_path)
        running.run(
            "CREATE TABLE t (id INT PRIMARY KEY COMMENT 'key', d DATE, n DECIMAL(10, 2)) COMMENT 'things'",
            "INSERT INTO t SELECT seq, '2025-01-31', seq / 4 FROM seq_1_to_2000",
            database=name,
        )
        url = f"mysql+pymysql://{running.reader}@{HOST}:{PORT}/{name}"
        made = connector(tmp_path, url=url, schemas=[name], password=SECRET)
        (dataset,) = datasets(made).values()
        (split,) = made.plan(dataset, rows=100, seed=1)
        drawn = read(made, dataset, rows=100)

        assert harvested(made)["dataset"][0]["comment"] == "things"
        assert split.detail["way"] == "keys"
        assert 80 <= drawn.num_rows <= 100 and max(drawn.column("id").to_pylist()) > 1_000
        assert set(drawn.column("d").to_pylist()) == {"2025-01-31"}
