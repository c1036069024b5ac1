"""ClickHouse itself: accounts, grants and history, types, sampling by part, limits, and what goes wrong."""

import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from _clickhouse import SECRET, Server, folder, folder_source, server
from _sources import datasets, harvested, read

from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError, SourceLimitError, SourceRefusedError, UsageError

pytestmark = pytest.mark.chdb

SHOP = (
    "CREATE DATABASE shop",
    "CREATE TABLE shop.t (id UInt64, mobile LowCardinality(String) COMMENT '手机',"
    " who Tuple(name String, tags Array(String)))"
    " ENGINE = MergeTree ORDER BY id COMMENT '客户'",
    "INSERT INTO shop.t SELECT number, toString(number), ('n', ['a']) FROM numbers(10)",
    "CREATE TABLE shop.target (id UInt64, mobile String) ENGINE = MergeTree ORDER BY id",
    "CREATE MATERIALIZED VIEW shop.mv TO shop.target AS SELECT id, mobile FROM shop.t",
    "CREATE VIEW shop.v AS SELECT mobile FROM shop.t COMMENT 'a view'",
    "CREATE DICTIONARY shop.d (id UInt64, mobile String) PRIMARY KEY id"
    " SOURCE(CLICKHOUSE(DB 'shop' TABLE 't')) LAYOUT(FLAT()) LIFETIME(0)",
)


@pytest.fixture(scope="module")
def ch() -> Iterator[Server]:
    with server() as running:
        yield running


def digest(path: Path) -> dict[str, str]:
    files = (one for one in sorted(path.rglob("*")) if one.is_file())
    return {str(one.relative_to(path)): sha256(one.read_bytes()).hexdigest() for one in files}


def test_tables_come_with_counts_keys_comments_and_fields_and_sql_as_jobs(tmp_path: Path) -> None:
    rows = harvested(ClickhouseConnector(folder_source(tmp_path, *SHOP)))

    found = {row["name"]: (row["kind"], row["row_count"], row["comment"]) for row in rows["dataset"]}
    assert found["shop.t"] == ("table", 10, "客户")
    assert found["shop.v"] == ("view", None, "a view")
    assert found["shop.mv"][:2] == ("view", None)
    names = {row["dataset_id"]: row["name"] for row in rows["dataset"]}
    columns = [row for row in rows["column"] if names[row["dataset_id"]] == "shop.t"]
    assert [(row["name"], row["field_path"], row["primary_key"], row["comment"]) for row in columns] == [
        ("id", None, True, None),
        ("mobile", None, False, "手机"),
        ("who", None, False, None),
        ("who", "name", None, None),
        ("who", "tags", None, None),
    ]
    assert {(row["name"], row["kind"]) for row in rows["job"]} == {
        ("shop.mv", "view"),
        ("shop.v", "view"),
        ("shop.d", "dictionary"),
    }
    assert {row["namespace"] for row in rows["dataset"]} == {"chdb://lake"}


def test_a_folder_is_left_as_it_is_with_every_engine_that_writes_into_its_files(tmp_path: Path) -> None:
    made = [f"INSERT INTO shop.t SELECT number, 'x', ('n', []) FROM numbers({n}, 50)" for n in range(0, 400, 50)]
    logs = [f"CREATE TABLE shop.{one} (a UInt8) ENGINE = {one}" for one in ("Log", "StripeLog", "TinyLog")]
    source = folder_source(tmp_path, *SHOP, *made, *logs, "INSERT INTO shop.Log VALUES (1)")
    before = digest(tmp_path)
    connector = ClickhouseConnector(source)
    for dataset in datasets(connector).values():
        read(connector, replace(dataset, columns=dataset.columns[:1]), rows=20)

    assert digest(tmp_path) == before


@pytest.mark.parametrize(
    ("type_", "literal", "comes"),
    [
        ("UInt64", "18446744073709551615", 2**64 - 1),
        ("UInt256", f"toUInt256('{2**200}')", str(2**200)),
        ("Decimal(60, 5)", "'12345678901234567890123456789012345.5'", "12345678901234567890123456789012345.5"),
        ("DateTime64(3, 'Asia/Shanghai')", "'2024-01-02 03:04:05.678'", "2024-01-01 19:04:05.678"),
        ("Array(DateTime('Asia/Shanghai'))", "['2024-01-02 03:04:05']", ["2024-01-01 19:04:05"]),
        ("Date32", "'1930-01-02'", "1930-01-02"),
        ("Enum8('长' = 1)", "'长'", "长"),
        ("UUID", "'61f0c404-5cb3-11e7-907b-a6006ad3dba0'", "61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
        ("IPv6", "'::1'", "::1"),
        ("FixedString(5)", "'abc'", "abc"),
        ("LowCardinality(Nullable(String))", "'x'", "x"),
        ("Map(String, UInt8)", "map('a', 1)", [("a", 1)]),
        ("Tuple(a String, b Nullable(Date))", "('q', NULL)", {"a": "q", "b": None}),
        ("JSON", """'{"a":{"b":5}}'""", '{"a":{"b":5}}'),
        ("Float64", "inf", float("inf")),
        ("Array(String)", "[unhex('ff'), 'a']", ["\ufffd", "a"]),
    ],
)
def test_every_type_arrives_without_loss(ch: Server, type_: str, literal: str, comes: object, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (a {type_}) ENGINE = MergeTree ORDER BY tuple()")
    ch.run(f"INSERT INTO {database}.t SELECT {literal}")
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))

    dataset = datasets(connector)[f"{database}.t"]
    whole = replace(dataset, columns=dataset.columns[:1])
    assert read(connector, whole)["a"].to_pylist() == [comes]


def test_every_tenth_of_a_table_of_many_parts_is_sampled_alike(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    ch.run(
        *(f"INSERT INTO {database}.t SELECT number FROM numbers({start}, 50000)" for start in range(0, 400_000, 50_000))
    )
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))
    dataset = datasets(connector)[f"{database}.t"]
    tenths: Counter[int] = Counter()
    for seed in range(12):
        found = read(connector, dataset, rows=500, seed=seed)["n"].to_pylist()
        assert len(set(found)) == len(found) == 500
        tenths.update(n // 40_000 for n in found)

    assert set(tenths) == set(range(10))
    assert max(tenths.values()) < 1.5 * 12 * 500 / 10
    assert min(tenths.values()) > 0.5 * 12 * 500 / 10


def test_a_sample_whose_parts_were_merged_is_drawn_again(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    ch.run(*(f"INSERT INTO {database}.t SELECT number FROM numbers({start}, 5000)" for start in (0, 5_000)))
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))
    (split,) = connector.plan(datasets(connector)[f"{database}.t"], rows=100, seed=1)
    ch.run(f"OPTIMIZE TABLE {database}.t FINAL")

    assert sum(batch.num_rows for batch in connector.read(split)) == 100


def test_a_large_table_read_whole_gives_each_row_once(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    ch.run(f"INSERT INTO {database}.t SELECT number FROM numbers(150000)", f"INSERT INTO {database}.t SELECT 150000")
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))
    dataset = datasets(connector)[f"{database}.t"]

    assert len(connector.plan(dataset, rows=200_000, seed=1)) > 2
    assert sorted(read(connector, dataset, rows=200_000)["n"].to_pylist()) == list(range(150_001))


def test_an_account_that_may_write_is_refused_unless_somebody_insists(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n")
    with pytest.raises(SourceRefusedError) as refused:
        harvested(ClickhouseConnector(ch.source(tmp_path, database, user="writer")))
    insisting = ClickhouseConnector(ch.source(tmp_path, database, user="writer", allow_privileged=True))

    assert "INSERT" in str(refused.value)
    assert "FILE" in str(refused.value) or "READ" in str(refused.value)
    assert f"GRANT SELECT ON `{database}`.* TO reader" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert [row["name"] for row in harvested(insisting)["dataset"]] == [f"{database}.t"]


def test_roles_and_grants_are_facts_and_a_hole_in_a_grant_is_none(ch: Server, tmp_path: Path) -> None:
    ch.run(
        "CREATE DATABASE gap",
        *(f"CREATE TABLE gap.{name} (id UInt8, phone String) ENGINE = Memory" for name in ("open", "secret", "part")),
    )
    rows = harvested(ClickhouseConnector(ch.source(tmp_path, "gap", history_days=0)))

    names = {row["dataset_id"]: row["name"] for row in rows["dataset"]}
    mine = {names.get(row["dataset_id"]) for row in rows["privilege"] if row["grantee"] == "gap"}
    assert {"gap.open", "gap.part"} <= mine
    assert "gap.secret" not in mine
    assert None not in mine
    assert ("reader", "audit") in {(row["member"], row["role"]) for row in rows["membership"]}
    assert {row["account"]: row["login"] for row in rows["account"]}["audit"] is False


def test_queries_that_ran_are_jobs_without_their_values_and_ours_do_not_count(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (n UInt64, s String) ENGINE = MergeTree ORDER BY n")
    ch.run(*(f"INSERT INTO {database}.t SELECT number, 'kanarie{n}' FROM numbers(7)" for n in range(2)))
    ch.run("SYSTEM FLUSH LOGS")
    source = ch.source(tmp_path, database)
    rows = harvested(ClickhouseConnector(source))
    left_out = harvested(
        ClickhouseConnector(replace(source, options={**source.options, "accounts_left_out": ["def*"]}))
    )

    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}
    (ran,) = [row for row in rows["query"] if sql[row["job_id"]].startswith("INSERT INTO")]
    assert (ran["calls"], ran["account"], ran["rows"]) == (2, "default", 14)
    assert ran["first_at"].endswith("Z")
    assert "kanarie" not in repr(rows)
    assert not left_out["query"]


def test_an_account_that_may_not_see_others_says_so(ch: Server, tmp_path: Path) -> None:
    ch.run("CREATE DATABASE IF NOT EXISTS seen", "CREATE TABLE IF NOT EXISTS seen.t (a UInt8) ENGINE = Memory")
    rows = harvested(ClickhouseConnector(ch.source(tmp_path, "seen", user="blind")))

    assert "grants_hidden" in {row["kind"] for row in rows["problem"]}
    assert not [row for row in rows["problem"] if row["fatal"]]


def test_an_account_without_the_servers_own_tables_reads_the_data_and_says_what_is_missing(
    ch: Server, tmp_path: Path
) -> None:
    database = ch.database(tmp_path)
    ch.run(
        f"CREATE TABLE {database}.t (n UInt64) ENGINE = MergeTree ORDER BY n",
        f"INSERT INTO {database}.t SELECT number FROM numbers(5000)",
    )
    bare = ClickhouseConnector(ch.source(tmp_path, database, user="bare"))
    stock = harvested(ClickhouseConnector(ch.source(tmp_path, database, user="stock")))
    rows = harvested(bare)
    (dataset,) = rows["dataset"]
    (whole,) = stock["dataset"]
    ref = datasets(bare)[f"{database}.t"]

    assert {row["kind"] for row in rows["problem"]} == {"parts_hidden", "grants_hidden", "history_hidden"}
    assert not [row for row in rows["problem"] if row["fatal"]]
    assert (dataset["row_count"], dataset["row_estimate"], dataset["change_token"]) == (None, 5000, None)
    assert [read(bare, ref, rows=most).num_rows for most in (100, 9_000)] == [100, 5_000]
    assert not stock["problem"]
    assert whole["row_count"] == 5_000
    assert whole["change_token"]
    assert stock["membership"]


def test_limits_are_sentences(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(
        f"CREATE VIEW {database}.slow AS SELECT sleepEachRow(0.5) AS s FROM numbers(20)",
        f"CREATE VIEW {database}.many AS SELECT count() AS c FROM numbers(100000000)",
    )
    connector = ClickhouseConnector(ch.source(tmp_path, database, statement_seconds=1, history_days=0))
    with pytest.raises(SourceLimitError, match="took longer than one statement may"):
        read(connector, datasets(connector)[f"{database}.slow"])
    connector = ClickhouseConnector(ch.source(tmp_path, database, read_rows=10_000, history_days=0))
    with pytest.raises(SourceLimitError, match="more rows than 'read_rows' allows"):
        read(connector, datasets(connector)[f"{database}.many"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"dsn": "clickhouse://nobody@127.0.0.1:1"}, "accepts no connection"),
        ({"password": "wrong"}, "refuses this account or its password"),
        ({"dsn": "clickhouse://nobody@no-such-host.invalid"}, "has a host name that is not known"),
    ],
)
def test_a_source_that_fails_is_a_sentence_without_the_password(
    ch: Server, change: dict, says: str, tmp_path: Path
) -> None:
    options = {**ch.source(tmp_path, "default").options, **change}
    connector = ClickhouseConnector(Source(4, "core", "clickhouse", options, tmp_path, "datagov.yaml", 9))

    with pytest.raises(SourceError) as failed:
        harvested(connector)

    assert says in str(failed.value)
    assert SECRET not in f"{failed.value}{connector!r}{connector._session!r}"


def test_a_table_dropped_between_plan_and_read_is_a_sentence(ch: Server, tmp_path: Path) -> None:
    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t (a UInt8) ENGINE = Memory")
    connector = ClickhouseConnector(ch.source(tmp_path, database, history_days=0))
    (split,) = connector.plan(datasets(connector)[f"{database}.t"], rows=10, seed=1)
    ch.run(f"DROP TABLE {database}.t SYNC")

    with pytest.raises(SourceError, match="changed while it was read"):
        list(connector.read(split))


def test_a_view_that_reads_files_is_refused_and_what_lies_outside_is_a_problem(tmp_path: Path) -> None:
    source = folder_source(
        tmp_path,
        "CREATE DATABASE shop",
        "CREATE VIEW shop.v AS SELECT * FROM file('/etc/hostname', 'LineAsString', 'line String')",
        "CREATE TABLE shop.far (a String) ENGINE = URL('http://127.0.0.1:1/', 'CSV')",
    )
    connector = ClickhouseConnector(source)
    rows = harvested(connector)

    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [("shop.far", True)]
    for name in ("shop.v", "shop.far"):
        with pytest.raises(SourceError):
            read(connector, datasets(connector)[name])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dsn": f"clickhouse://u:{SECRET}@h/d"}, "'dsn'"),
        ({"dsn": "clickhouse://u@h:port"}, "'dsn'"),
        ({}, "'path'"),
        ({"path": "lake", "host": "h"}, "one or the other"),
    ],
)
def test_a_wrong_option_names_itself_and_its_place(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:9: ") as wrong:
        ClickhouseConnector(Source(4, "core", "clickhouse", options, tmp_path, "datagov.yaml", 9))

    assert says in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_a_url_becomes_options_and_one_with_a_password_does_not() -> None:
    assert ClickhouseConnector.options_from_url("clickhouse://u@h:1/d") == {"dsn": "clickhouse://u@h:1/d"}
    assert ClickhouseConnector.options_from_url("chdb:///lake") == {"path": "lake"}
    with pytest.raises(UsageError, match="holds a password"):
        ClickhouseConnector.options_from_url(f"clickhouse://u:{SECRET}@h/d")


def test_sqlalchemys_dialect_asks_through_the_pushed_down_connection(ch: Server, tmp_path: Path) -> None:
    import sqlalchemy as sa

    database = ch.database(tmp_path)
    ch.run(f"CREATE TABLE {database}.t ENGINE = MergeTree ORDER BY n AS SELECT number AS n FROM numbers(7)")
    pushdown = ClickhouseConnector(ch.source(tmp_path, database)).pushdown()
    engine = sa.create_engine(pushdown.url, creator=pushdown.creator)
    with engine.connect() as connection:
        query = (
            sa.select(sa.func.count())
            .select_from(sa.table("t", sa.column("n"), schema=database))
            .where(sa.column("n") > 2)
        )
        assert connection.execute(query).scalar_one() == 4
    engine.dispose()


def test_a_folder_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    with pytest.raises(SourceError, match="is not a folder of ClickHouse or chDB"):
        harvested(ClickhouseConnector(folder_source(tmp_path)))
    folder(tmp_path / "other", "CREATE DATABASE shop")
    (tmp_path / "other" / "out").symlink_to(tmp_path)
    with pytest.raises(SourceError, match="leads out of it"):
        harvested(ClickhouseConnector(folder_source(tmp_path, path="other")))


def test_a_real_audit_has_the_edges_of_a_materialized_view_a_commented_view_and_a_dictionary(tmp_path: Path) -> None:
    source = folder_source(tmp_path, *SHOP)
    (source.base / "datagov.yaml").write_text(
        "version: 1\nplatform: t\nsources:\n  lake: {use: clickhouse, path: lake}\n"
    )
    command = [str(Path(sys.executable).with_name("datagov")), "audit", "--format", "json", "-o", "out"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    (evidence,) = tmp_path.rglob("evidence.sqlite")
    sql = """
        SELECT s.name || '.' || a.name, t.name || '.' || b.name FROM edge
        JOIN column a ON a.column_id = source_column_id JOIN dataset s ON s.dataset_id = a.dataset_id
        JOIN column b ON b.column_id = target_column_id JOIN dataset t ON t.dataset_id = b.dataset_id
    """
    with closing(sqlite3.connect(evidence)) as store:
        edges = set(store.execute(sql).fetchall())

    assert edges >= {("shop.t.mobile", f"shop.{target}.mobile") for target in ("target", "v", "d")}
