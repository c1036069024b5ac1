"""No value planted in SQL is in anything a trace says, nor in what masking leaves."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sqlglot.errors import TokenError

from datagov.lineage import Trace, mask_literals, trace
from datagov.lineage.dialects import speech
from datagov.lineage.paths import told_path

CANARY = "canary7@secret.example"
NEEDLE = "canary7"
DIALECTS = [
    "", "athena", "bigquery", "clickhouse", "databricks", "doris", "duckdb", "exasol", "fabric", "hive", "mysql",
    "oracle", "postgres", "presto", "redshift", "snowflake", "spark", "sqlite", "starrocks", "teradata", "trino",
    "tsql",
]  # fmt: skip
SCHEMA = {"s.t": ["a", "b", "c"], "s.u": ["a", "d"]}
QUOTED = ["'{}'", '"{}"', "`{}`", "[{}]", "N'{}'", "$${}$$", "''{}''", "'it''s {}'"]
PLACES = [
    "select a from s.t where b = {}",
    "select {} as q, a from s.t",
    "select a, {} from s.t",
    "select a as {} from s.t",
    "select a {} from s.t",
    "create table s.o as select a, {} as q from s.t where a <> {} /* {} */ -- {}",
    "create view s.v as select case when a = 1 then b else {} end as k from s.t",
    "create view s.v as select coalesce(b, {}) from s.t",
    "create table s.o as select (select {}) from s.t",
    "insert into s.t values ({}, {}, 1)",
    "insert into s.t (a, b) select {}, a from s.u",
    "insert into s.t (a, {}) select a, d from s.u",
    "update s.t set b = {} where a = {}",
    "update s.t set b = case when a = 1 then {} else {} end",
    "update s.t set {} = a",
    "delete from s.t where b in ({}, {})",
    "merge into s.t using s.u on t.a = u.a and u.d = {} when matched then update set b = {}",
    "merge into s.t using s.u on t.a = u.a when not matched then insert (a, b) values (u.a, {})",
    "select a from s.t union all select {} from s.u",
    "with x as (select {} as k, a from s.t) insert into s.u select k, a from x",
    "select max(a) over (partition by {} order by {}) from s.t",
    "select a from s.t group by {} having max(b) > {} order by {}",
    "select t.{} from s.t",
    "select {}.a from s.t",
    "select a from s.t join s.u on t.a = {}",
    "select a from s.t join s.u using ({})",
    "select * from {}",
    "select * from s.{}",
    "select * from {}.t",
    "select * from s.t as {}",
    "insert into {} select a from s.t",
    "create table s.n (a text default {} comment {}, b text check (b <> {}))",
    "create table s.n (a text, {} text)",
    "create temp table w as select {} as k from s.t; insert into s.u select k, k from w",
    "create temp table w as select {} from s.t; insert into s.u select *, * from w",
    "create table s.o as select a as {} from s.t; insert into s.u select {}, a from s.o",
    "alter table s.t rename column a to {}",
    "alter table s.t add column {} text",
    "alter table s.t rename to {}",
    "alter user bob password {}",
    "alter table s.t set tblproperties (k = {})",
    "create user bob identified by {}",
    "create user bob identified with x as {}",
    "create role bob with login password {}",
    "set password = {}",
    "set password for bob = {}",
    "set x = {}",
    "set x to {}",
    "attach {} as zz",
    "copy s.t from 's3://u:{}@bucket/x?sig={}' credentials {}",
    "copy s.t from {}",
    "copy into s.t from {} file_format = (type = csv)",
    "copy (select a from s.t) to {}",
    "unload ('select a from s.t where b = ''{}''') to 's3://bucket/x' access_key_id {}",
    "load data infile {} into table s.t",
    "load data inpath {} into table s.t",
    "bulk insert s.t from {}",
    "export data options (uri = {}, x = {}) as select a from s.t",
    "insert overwrite directory {} select a from s.t",
    "select * from read_csv({})",
    "select * from openrowset({}, {}, {})",
    "select * from identifier({})",
    "select * from remote({}, s.t)",
    "execute immediate {}",
    "exec p {}",
    "call p({})",
    "declare @x varchar(9) = {}; set @x = {}",
    "do $$ begin update s.t set a = {}; end $$",
    "create function f() returns text as $$ begin insert into s.t select {}; end $$ language plpgsql",
    "create procedure p as begin insert into s.t select {}, a, a from s.u end",
    "select json_extract(a, {}) from s.t",
    "select a:{} from s.t",
    "select a[{}] from s.t",
    "select a->>{} from s.t",
    "select * from s.t pivot (max(a) for b in ({}, {})) as p",
    "select * from s.t unpivot (v for k in (a as {}, b))",
    "select a from s.t lateral view explode(b) {} as {}",
    "select f({} => a) from s.t",
    "select a from s.t limit {}",
    "select a frm s.t whre ((( {} ",
    "{}",
    "{} {}",
    "grant select on s.t to {}",
    "comment on table s.t is {}",
    "create secret x (type s3, secret {})",
    "create external table s.n (a text) location {} options (k {})",
    "select a from s.t as of timestamp {}",
    "select a from s.t tablesample ({})",
    "values ({}), ({})",
    "select cast({} as date), interval {} day, date {}",
    "rename table s.t to {}",
    "use {}",
    "show tables like {}",
    "pragma x = {}",
    "replace into s.t select {}, {}, a from s.u",
    "select a into {} from s.t",
    "create index {} on s.t (a)",
    "drop table {}",
    "truncate table {}",
    "for r in select {} as k from s.t loop insert into s.u select r.k, r.k; end loop",
    "begin insert into s.t select {}, a, a from s.u; exception when others then raise notice {}; end",
]  # fmt: skip


def said(traced: Trace) -> str:
    """Everything a trace tells."""
    parts: list[object] = [traced, traced.collapsed(), traced.counts]
    parts += [(edge.span, str(edge)) for one in (traced, traced.collapsed()) for edge in one.edges]
    parts += [statement.text for statement in traced.statements]
    return repr(parts).lower()


def is_one_token(quoted: str, dialect: str) -> bool:
    """Are these quotes of the dialect? Others hold words and signs, as any text does."""
    try:
        return len([t for t in speech(dialect).tokens(quoted) if t.text]) == 1
    except TokenError:
        return False


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_value_in_any_place_and_any_quotes_is_nowhere(dialect: str) -> None:
    leaks = []
    for number, (place, quotes) in enumerate(product(PLACES, QUOTED)):
        quoted = quotes.format(CANARY)
        sql = place.replace("{}", quoted)
        traced = trace(sql, dialect=dialect, schema=SCHEMA if number % 2 else None)
        texts = [*(s.text for s in traced.statements), *(e.span.expression for e in traced.edges)]
        if is_one_token(quoted, dialect):
            texts.append(said(traced))
        if NEEDLE in " ".join(texts).lower() or NEEDLE in mask_literals(sql, dialect=dialect):
            leaks.append(sql)

    assert leaks == []


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(PLACES),
    st.sampled_from(QUOTED[:5]),
    st.sampled_from(DIALECTS),
    st.from_regex(r"canary7(@[a-z]{2,9}\.org|:[a-z]{2,9}| [0-9]{3,9}|=[a-z]{2,9})", fullmatch=True),
)
def test_values_of_other_shapes_are_nowhere(place: str, quotes: str, dialect: str, value: str) -> None:
    quoted = quotes.format(value)
    assume(is_one_token(quoted, dialect) and "s3://" not in place)
    sql = place.replace("{}", quoted)

    assert NEEDLE not in mask_literals(sql, dialect=dialect)
    assert not [s for s in trace(sql, dialect=dialect, schema=SCHEMA).statements if NEEDLE in s.text]


@pytest.mark.parametrize("dialect", ["sqlite", "tsql", "fabric"])
def test_a_word_in_double_quotes_that_no_table_has_is_a_string(dialect: str) -> None:
    sql = 'insert into s.u (a, d) select a, case when b = "Ann" then "Bea" else c end from s.t where b <> "Cy Lee"'

    traced = trace(sql, dialect=dialect, schema=SCHEMA)

    assert traced.statements[0].text == (
        'insert into s.u (a, d) select a, case when b = "xxx" then "xxx" else c end from s.t where b <> "xxxxxx"'
    )
    assert {str(e.source) for e in traced.edges} == {"s.t.a", "s.t.b", "s.t.c"}
    assert {p.kind for p in traced.problems} == {"quoted_name"}
    assert not [p for p in traced.problems if "Ann" in p.message]


@pytest.mark.parametrize("dialect", ["sqlite", "tsql", "postgres", "snowflake", "duckdb"])
@pytest.mark.parametrize("name", ["Order Date", "客户 姓名", "total amount", "Customer Name", "address line 2"])
def test_names_of_ordinary_words_stay_names(dialect: str, name: str) -> None:
    sql = f'insert into s.o (k) select "{name}" from s.t'

    for schema in (None, {"s.t": [name, "b"]}):
        traced = trace(sql, dialect=dialect, schema=schema)

        assert [str(e.source).lower() for e in traced.edges] == [f"s.t.{name.lower()}"]
        assert traced.statements[0].text == mask_literals(sql, dialect=dialect) == sql
        assert traced.problems == ()


def test_a_name_of_the_catalog_stays_a_name_whatever_it_looks_like() -> None:
    sql = "insert into s.o (k) select [km/h: max 100] from s.t"

    traced = trace(sql, dialect="tsql", schema={"s.t": ["km/h: max 100"]})

    assert [str(e.source) for e in traced.edges] == ["s.t.km/h: max 100"]
    assert traced.statements[0].text == sql


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("s3://u:secret@bucket/x?sig=1", "s3://bucket/x"),
        ("s3://u:se/cret@bucket/x", "s3://bucket/x"),
        ("s3://bucket/year=2024/x.parquet", "s3://bucket/year=2024/x.parquet"),
        ("https://h:8080/x@y#part", "https://h:8080/x@y"),
        ("abfss://box@account.dfs.core.windows.net/x", "abfss://box@account.dfs.core.windows.net/x"),
        ("abfss://u:secret@account/x", "abfss://account/x"),
        ("jdbc:sqlserver://h;user=u;password=secret", "jdbc:sqlserver://h"),
        ("host=h password=secret", "?"),
        ("u:secret@host/x", "host/x"),
        ("/data/x.csv", "/data/x.csv"),
        ("/data/x.csv?token=secret", "/data/x.csv"),
        ("@stage/x", "@stage/x"),
        ("data/*.csv", "data/*.csv"),
        ("year=2024/x.csv", "year=2024/x.csv"),
        ("password=secret", "?"),
    ],
)
def test_a_path_is_told_without_credentials_and_arguments(path: str, told: str) -> None:
    assert told_path(path) == told
    traced = trace(f"copy into s.t from '{path}'", dialect="snowflake")

    assert "secret" not in repr(traced)
