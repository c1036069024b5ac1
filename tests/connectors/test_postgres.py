"""PostgreSQL itself: privileges, special types, sampling, deadlines and locks, connections that fail."""

import os
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy
from _postgres import SERVER, FakePooler, Server, make_conninfo, psycopg, schema_of
from _sources import datasets, harvested, read
from sqlalchemy.exc import SQLAlchemyError

from datagov.connectors._arrow import MAX_CELL_BYTES
from datagov.connectors._postgres_sample import SPLIT_ROWS
from datagov.connectors.postgres import PostgresConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError, SourceLimitError, SourceRefusedError

pytestmark = pytest.mark.server

SECRET = "correct-horse-battery"


@pytest.fixture
def schema(pg: Server, tmp_path: Path) -> str:
    """A schema of the test's own, which the reader may use."""
    name = schema_of(tmp_path)
    pg.run(f"CREATE SCHEMA {name}", f"GRANT USAGE ON SCHEMA {name} TO {pg.reader}")
    return name


def built(pg: Server, schema: str, folder: Path, *statements: str, **options: Any) -> PostgresConnector:
    """A connector on the schema after the statements ran in it and SELECT was granted."""
    pg.run(f"SET search_path = {schema}; " + "; ".join(statements))
    pg.grant(schema)
    return PostgresConnector(pg.source(folder, schema, **options))


def test_columns_come_with_types_keys_and_comments(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (b varchar(20), id bigint, dropped int, n numeric(10,2) NOT NULL, PRIMARY KEY (id))",
        "ALTER TABLE t DROP COLUMN dropped",
        "COMMENT ON TABLE t IS '客户'",
        "COMMENT ON COLUMN t.b IS 'mobile number'",
    )
    rows = harvested(connector)

    assert [(row["name"], row["kind"], row["row_count"], row["comment"]) for row in rows["dataset"]] == [
        (f"{schema}.t", "table", 0, "客户")
    ]
    assert [
        (row["ordinal"], row["name"], row["data_type"], row["nullable"], row["primary_key"], row["comment"])
        for row in rows["column"]
    ] == [
        (0, "b", "character varying(20)", True, False, "mobile number"),
        (1, "id", "bigint", False, True, None),
        (2, "n", "numeric(10,2)", False, False, None),
    ]


def test_views_are_jobs_whose_names_all_have_their_schema(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (a int, b text)",
        "CREATE VIEW v (x) AS SELECT b FROM t WHERE a > 1",
        "CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
    )
    rows = harvested(connector)
    sql = {row["job_id"]: row["sql"] for row in rows["statement"]}

    assert {row["name"]: row["kind"] for row in rows["dataset"]} == {
        f"{schema}.m": "view",
        f"{schema}.t": "table",
        f"{schema}.v": "view",
    }
    for job, start in zip(
        rows["job"],
        (f'CREATE MATERIALIZED VIEW "{schema}"."m" ("a")', f'CREATE VIEW "{schema}"."v" ("x")'),
        strict=True,
    ):
        assert (job["kind"], job["dialect"]) == ("view", "postgres")
        assert sql[job["job_id"]].startswith(f"{start} AS  SELECT")
        assert f"FROM {schema}.t" in sql[job["job_id"]]


def test_a_materialized_view_without_data_is_a_problem(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a WITH NO DATA")
    (problem,) = harvested(connector)["problem"]

    assert (problem["object"], problem["fatal"]) == (f"{schema}.m", True)
    assert "refresh the materialized view" in problem["message"]


def test_partitions_belong_to_their_parent_and_all_of_them_are_sampled(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE p (n int) PARTITION BY RANGE (n)",
        *(f"CREATE TABLE p{n} PARTITION OF p FOR VALUES FROM ({n}000) TO ({n + 1}000)" for n in range(5)),
        "INSERT INTO p SELECT generate_series(0, 4999)",
    )
    known = datasets(connector)

    assert list(known) == [f"{schema}.p"]
    assert known[f"{schema}.p"].row_count == 5_000
    sampled = read(connector, known[f"{schema}.p"], rows=300)["n"].to_pylist()
    assert Counter(n // 1_000 for n in sampled).keys() == set(range(5))


def test_the_change_token_follows_inserts_and_truncation(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    tokens = [harvested(connector)["dataset"][0]["change_token"]]
    for statement in ("INSERT INTO {}.t VALUES (1); SELECT pg_stat_force_next_flush()", "TRUNCATE {}.t"):
        pg.run(statement.format(schema))
        tokens.append(harvested(connector)["dataset"][0]["change_token"])

    tokens.append(harvested(connector)["dataset"][0]["change_token"])

    assert tokens[2] == tokens[3]
    assert len(set(tokens[:3])) == 3


POWERS = {
    "a superuser": ("ALTER ROLE {0} SUPERUSER", "is a superuser"),
    "creates roles": ("ALTER ROLE {0} CREATEROLE", "may create roles"),
    "bypasses policies": ("ALTER ROLE {0} BYPASSRLS", "bypasses row security"),
    "reads server files": ("GRANT pg_read_server_files TO {0}", "is a member of pg_read_server_files"),
    "runs programs": ("GRANT pg_execute_server_program TO {0}", "is a member of pg_execute_server_program"),
    "writes everywhere": ("GRANT pg_write_all_data TO {0}", "is a member of pg_write_all_data"),
    "inserts": ("GRANT INSERT ON {1}.t TO {0}", "may write to 1 table, for example {1}.t"),
    "truncates": ("GRANT TRUNCATE ON {1}.t TO {0}", "may write to 1 table, for example {1}.t"),
    "owns a table": ("ALTER TABLE {1}.t OWNER TO {0}", "may write to 1 table, for example {1}.t"),
}


@pytest.mark.parametrize("power", POWERS)
def test_an_account_that_may_do_more_than_read_is_refused_unless_somebody_insists(
    pg: Server, schema: str, tmp_path: Path, power: str
) -> None:
    grant, says = (text.format(f"{pg.reader}_power", schema) for text in POWERS[power])
    role = f"{pg.reader}_power"
    built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    pg.run(f"CREATE ROLE {role} LOGIN", f"GRANT {pg.reader} TO {role}")
    try:
        pg.run(grant)
        with pytest.raises(SourceRefusedError) as refused:
            harvested(PostgresConnector(pg.source(tmp_path, schema, user=role)))
        insisting = PostgresConnector(pg.source(tmp_path, schema, user=role, allow_privileged=True))

        assert says in str(refused.value)
        assert f'GRANT SELECT ON ALL TABLES IN SCHEMA "{schema}" TO reader' in str(refused.value)
        assert "allow_privileged: true" in str(refused.value)
        assert [row["name"] for row in harvested(insisting)["dataset"]] == [f"{schema}.t"]
    finally:
        pg.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_table_without_permission_is_a_problem_with_its_grant_and_the_rest_comes(
    pg: Server, schema: str, tmp_path: Path
) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE open (a int)")
    pg.run(f"CREATE TABLE {schema}.closed (a int)")
    rows = harvested(connector)
    (problem,) = rows["problem"]

    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {
        f"{schema}.closed": None,
        f"{schema}.open": 0,
    }
    assert (problem["object"], problem["fatal"], problem["line"]) == (f"{schema}.closed", True, 9)
    assert f'GRANT SELECT ON "{schema}"."closed"' in problem["message"]
    with pytest.raises(SourceError, match="may not be read by this account"):
        read(connector, datasets(connector)[f"{schema}.closed"])


def test_rows_that_a_policy_hides_are_an_error_and_not_fewer_rows(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (a int)",
        "INSERT INTO t VALUES (1), (2)",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
        "CREATE POLICY one ON t USING (a = 1)",
    )
    (problem,) = harvested(connector)["problem"]

    assert (problem["kind"], problem["fatal"]) == ("unreadable", True)


@pytest.mark.parametrize(
    ("type_", "literal", "comes"),
    [
        ("smallint", "-32768", -32768),
        ("boolean", "true", True),
        ("real", "1.5", 1.5),
        ("numeric", "'123456789012345678901234567890.5'", "123456789012345678901234567890.5"),
        ("numeric", "'NaN'", "NaN"),
        ("date", "'infinity'", "infinity"),
        ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("timestamp", "'1990-03-07 08:09:10.5'", "1990-03-07 08:09:10.5"),
        ("timestamptz", "'1990-03-07 08:09:10+08'", "1990-03-07 00:09:10+00"),
        ("interval", "'1 day 2 hours'", "P1DT2H"),
        ("uuid", "'00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
        ("inet", "'10.0.0.1/8'", "10.0.0.1/8"),
        ("json", """'{"mobile": "1"}'""", '{"mobile": "1"}'),
        ("jsonb", """'{"a": [1]}'""", '{"a": [1]}'),
        ("text[]", "'{a,NULL,\"b,c\"}'", '{a,NULL,"b,c"}'),
        ("int4range", "'[1,5)'", "[1,5)"),
        ("xml", "'<a/>'", "<a/>"),
        ('"char"', "'x'", "x"),
        ("name", "'n'", "n"),
        ("bpchar(3)", "'a'", "a"),
        ("point", "'(1,2)'", "(1,2)"),
        ("bytea", "'\\x00ff'", b"\x00\xff"),
        ("bytea", "''", b""),
        ("text", "''", ""),
        ("text", "'\\.'", "\\."),
        ("text", "E'a,\"b\"\\r\\n\\tc'", 'a,"b"\r\n\tc'),
        ("text", "'NULL'", "NULL"),
        ("text", "'t'", "t"),
        ("mood", "'sad'", "sad"),
        ("mail", "'a@b.cn'", "a@b.cn"),
    ],
)
def test_every_type_arrives_without_loss(pg: Server, schema: str, tmp_path: Path, type_, literal, comes) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TYPE mood AS ENUM ('sad')",
        "CREATE DOMAIN mail AS text CHECK (VALUE LIKE '%@%')",
        f"CREATE TABLE t (a {type_})",
        f"INSERT INTO t VALUES ({literal}), (NULL)",
    )

    assert read(connector, datasets(connector)[f"{schema}.t"])["a"].to_pylist() == [comes, None]


def test_long_cells_are_cut_and_counted(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (a text, b bytea)",
        "INSERT INTO t VALUES (repeat('长', 100000), repeat('x', 70000)::bytea)",
    )
    table = read(connector, datasets(connector)[f"{schema}.t"])

    assert [len(table[name][0].as_py()) for name in ("a", "b")] == [MAX_CELL_BYTES // 3, MAX_CELL_BYTES]
    assert [table.schema.field(name).metadata for name in ("a", "b")] == [{b"cut": b"1"}] * 2


def test_a_big_table_read_whole_gives_each_row_once(pg: Server, schema: str, tmp_path: Path) -> None:
    total = 2 * SPLIT_ROWS + 17
    connector = built(pg, schema, tmp_path, f"CREATE TABLE t AS SELECT n FROM generate_series(1, {total}) AS n")
    dataset = datasets(connector)[f"{schema}.t"]
    splits = connector.plan(dataset, rows=total, seed=1)

    assert len(splits) >= 2
    assert all(split.full for split in splits)
    assert sorted(read(connector, dataset, rows=total)["n"].to_pylist()) == list(range(1, total + 1))


def test_sqlalchemy_reflects_and_counts_through_a_pushdown(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a text, b int)", "INSERT INTO t VALUES ('x', 1)")
    pushdown = connector.pushdown()
    engine = sqlalchemy.create_engine(pushdown.url, creator=pushdown.creator)
    table = sqlalchemy.Table("t", sqlalchemy.MetaData(), schema=schema, autoload_with=engine)

    with engine.connect() as connection:
        assert connection.scalar(sqlalchemy.select(sqlalchemy.func.count()).select_from(table)) == 1
        assert [column.name for column in table.columns] == ["a", "b"]
        with pytest.raises(SQLAlchemyError):
            connection.execute(sqlalchemy.insert(table).values(a="y"))
    engine.dispose()


SHAPES = {
    "a table whose cells are stored apart": (
        "CREATE TABLE t (n int, big text); ALTER TABLE t ALTER big SET STORAGE EXTERNAL;"
        "INSERT INTO t SELECT n, repeat('x', 3000) FROM generate_series(0, 49999, 25) AS n"
    ),
    "a table": "CREATE TABLE t AS SELECT n FROM generate_series(0, 49999) AS n",
    "a table with dead rows": (
        "CREATE TABLE t AS SELECT n - 50000 AS n FROM generate_series(0, 99999) AS n; DELETE FROM t WHERE n < 0"
    ),
    "a materialized view": "CREATE MATERIALIZED VIEW t AS SELECT n FROM generate_series(0, 49999) AS n",
    "a view": "CREATE TABLE u AS SELECT n FROM generate_series(0, 49999) AS n; CREATE VIEW t AS SELECT n FROM u",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_sample_reaches_every_part_of_the_table(pg: Server, schema: str, tmp_path: Path, shape: str) -> None:
    connector = built(pg, schema, tmp_path, SHAPES[shape])
    dataset = datasets(connector)[f"{schema}.t"]

    tenths: Counter[int] = Counter()
    for seed in range(5):
        values = read(connector, dataset, rows=400, seed=seed)["n"].to_pylist()
        assert len(values) == len(set(values)) == 400
        tenths.update(n // 5_000 for n in values)

    assert set(tenths) == set(range(10))
    assert max(tenths.values()) < 400


def test_queries_are_what_is_sent_for_a_table_and_for_a_view(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t AS SELECT n, now() AS at FROM generate_series(1, 100000) AS n",
        "CREATE VIEW v AS SELECT n FROM t",
    )
    known = datasets(connector)
    for name in ("t", "v"):
        dataset = known[f"{schema}.{name}"]
        (split,) = connector.plan(dataset, rows=100, seed=5)
        shown = connector.queries(dataset, rows=100, seed=5)

        assert split.detail["sql"] == shown[-1][0]
        assert len(shown) == (1 if dataset.row_count else 3)
    assert connector.queries(known[f"{schema}.t"], rows=100, seed=5)[0][1] < 20_000
    whole = connector.queries(known[f"{schema}.t"], rows=100_000, seed=5)
    splits = connector.plan(known[f"{schema}.t"], rows=100_000, seed=5)
    assert [sql for sql, _ in whole] == [split.detail["sql"] for split in splits]
    assert sum(rows for _, rows in whole) == 100_000


def test_a_dataset_whose_dots_make_it_ambiguous_is_refused_and_one_dot_too_many_is_not(
    pg: Server, schema: str, tmp_path: Path
) -> None:
    other = f"{schema}.x"
    pg.run(f'CREATE SCHEMA "{other}"', f'CREATE TABLE "{other}".y (a int)')
    pg.grant(other)
    connector = built(pg, schema, tmp_path, 'CREATE TABLE "x.y" (a int)', 'CREATE TABLE "x.z" (a int)')
    known = datasets(connector)

    assert connector.pushdown().table(f"{schema}.x.z") == (schema, "x.z")
    with pytest.raises(SourceError, match="is the name of two tables because of its dots"):
        read(connector, known[f"{schema}.x.y"])


def test_a_statement_ends_at_its_deadline(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE VIEW slow AS SELECT n, pg_sleep(0.2)::text AS s FROM generate_series(1, 100) n",
        statement_seconds=0.3,
    )
    dataset = datasets(connector)[f"{schema}.slow"]

    with pytest.raises(SourceLimitError, match="took longer than one statement may"):
        read(connector, dataset, rows=10)


def test_a_locked_table_is_a_sentence_after_the_time_it_may_wait(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(
        pg,
        schema,
        tmp_path,
        "CREATE TABLE t (a int)",
        "CREATE TABLE z (a int)",
        "CREATE VIEW v AS SELECT a FROM t",
        lock_seconds=0.2,
    )
    with psycopg.connect(pg.dsn()) as owner:
        owner.execute(f"LOCK TABLE {schema}.t IN ACCESS EXCLUSIVE MODE")
        rows = harvested(connector)

    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [
        (f"{schema}.t", True),
        (f"{schema}.v", True),
    ]
    assert all("is locked by another connection" in row["message"] for row in rows["problem"])
    assert {row["name"]: row["row_count"] for row in rows["dataset"]} == {
        f"{schema}.t": None,
        f"{schema}.v": None,
        f"{schema}.z": 0,
    }


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"port": "1"}, "accepts no connection"),
        ({"user": "nobody_here"}, "refuses this account"),
        ({"dbname": "no_such_database"}, "has no database of this name"),
        ({"host": "no-such-host.invalid"}, "has a host name that is not known"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_connection_that_fails_is_a_sentence_without_the_password(tmp_path: Path, change: dict, says: str) -> None:
    options = {"dsn": make_conninfo(SERVER, **change), "password": SECRET}
    connector = PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "datagov.yaml", 9))

    with pytest.raises(SourceError) as failed:
        harvested(connector)

    assert says in str(failed.value)
    assert SECRET not in f"{failed.value}{connector!r}{vars(connector)!r}{connector.namespace}"


def test_a_session_that_cannot_be_held_to_reading_is_refused(pg: Server, schema: str, tmp_path: Path) -> None:
    connector = built(pg, schema, tmp_path, "CREATE TABLE t (a int)")
    with closing(FakePooler(make_conninfo(SERVER))) as pooler:
        pg_source = pg.source(tmp_path, schema)
        dsn = make_conninfo(pg_source.options["dsn"], host="127.0.0.1", port=pooler.port, sslmode="disable")
        behind = PostgresConnector(replace(pg_source, options={**pg_source.options, "dsn": dsn}))

        with pytest.raises(SourceError, match="did not take the read-only setting, as behind a pooler"):
            harvested(behind)
    assert harvested(connector)["dataset"]


def test_the_password_comes_from_its_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORE_PASSWORD", SECRET)
    options = {"dsn": "postgresql://reader@db.internal:6432/core", "password": "${CORE_PASSWORD}"}
    connector = PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "datagov.yaml", 9))

    assert connector.namespace == "postgres://db.internal:6432/core"
    assert SECRET in connector._session.full_conninfo()
    assert SECRET not in repr(connector._session)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"dsn": f"postgresql://u:{SECRET}@host:notaport:5432/x?zzz"}, "'dsn'"),
        ({"dsn": "postgresql://u@h/d", "password": 5}, "'password'"),
        ({"dsn": "postgresql://u@h/d", "passwrod": SECRET}, "'passwrod'"),
        ({"dsn": "postgresql://u@h/d", "connect_seconds": 0}, "'connect_seconds'"),
    ],
)
def test_a_wrong_option_names_itself_and_its_place(tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:9: ") as wrong:
        PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "datagov.yaml", 9))

    assert says in str(wrong.value)
    assert SECRET not in str(wrong.value)


def test_text_in_a_database_without_encoding_arrives_with_replacements(pg: Server, tmp_path: Path) -> None:
    name = f"datagov_test_ascii_{os.getpid()}"
    with closing(psycopg.connect(SERVER, autocommit=True)) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
        try:
            with psycopg.connect(make_conninfo(SERVER, dbname=name), autocommit=True) as db:
                db.execute("CREATE TABLE public.t (a text)")
                db.execute("INSERT INTO public.t VALUES (E'\\xc4\\xe3'), ('ok')")
                db.execute(f"GRANT SELECT ON public.t TO {pg.reader}")
            options = {"dsn": make_conninfo(SERVER, dbname=name, user=pg.reader), "schemas": ["public"]}
            connector = PostgresConnector(Source(4, "core", "postgres", options, tmp_path, "datagov.yaml", 9))
            table = read(connector, datasets(connector)["public.t"])
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert table["a"].to_pylist() == ["\ufffd\ufffd", "ok"]
    assert table.schema.field("a").metadata == {b"invalid_utf8": b"1"}
    assert table.schema.field("a").type == pa.string()


def test_a_schema_that_is_empty_is_said(pg: Server, schema: str, tmp_path: Path) -> None:
    rows = harvested(PostgresConnector(pg.source(tmp_path, schema)))

    assert [(row["kind"], row["fatal"]) for row in rows["problem"]] == [("empty", False)]
