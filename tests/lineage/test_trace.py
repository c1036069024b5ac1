"""What trace promises whatever it is given: evidence, honesty, and that nothing in SQL makes it raise."""

from __future__ import annotations

import gc
import logging

import pytest

from datagov.errors import UsageError
from datagov.lineage import ColumnRef, fold_name, trace


def test_an_edge_says_where_it_stands_and_masks_literals() -> None:
    sql = "-- head\ninsert into s.o (k)\nselect\n  md5(coalesce(a, 'Ann Lee')) as h\nfrom s.t"

    (edge,) = trace(sql, file="load.sql").edges

    span = edge.span
    assert (span.file, span.line, span.column, span.end_line) == ("load.sql", 4, 3, 4)
    assert span.expression == "md5(coalesce(a, 'xxxxxxx')) as h"


def test_line_offset_moves_every_line() -> None:
    traced = trace("select a from s.t;\nselec )", line_offset=10)

    assert traced.edges[0].span.line == 11
    assert [problem.line for problem in traced.problems] == [12]
    assert [statement.line for statement in traced.statements] == [11, 12]


def test_the_span_of_an_edge_through_a_cte_is_where_the_column_is_read() -> None:
    sql = "with x as (select sha256(a) as h from s.t) select h as k from x"

    (edge,) = trace(sql).edges

    assert edge.span.expression == "sha256(a) as h"


def test_lines_inside_a_procedure_body_are_lines_of_the_file() -> None:
    body = "begin\n  insert into s.o (k) select a from s.t;\nend"
    sql = f"create function f() returns void as $$\n{body} $$ language plpgsql"

    (edge,) = trace(sql).edges

    assert (edge.span.line, edge.span.column) == (3, 30)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_problem_stands_in_its_statement_whatever_ends_a_line(end: str) -> None:
    traced = trace(end.join(("select a", "from t;", "select b from (;", "select c from t")))

    (problem,) = traced.problems
    statement = traced.statements[problem.statement]
    assert statement.line <= problem.line <= statement.end_line


def test_statements_carry_their_masked_text_outcome_and_tables() -> None:
    sql = "insert into s.o (k) select a from s.t where n = 'Ann' and i = 4711; call p(1); selec x"

    first, second, third = trace(sql).statements

    assert (first.kind, first.outcome, first.sources, first.targets) == (
        "INSERT",
        "parsed",
        ("s.t",),
        ("s.o",),
    )
    assert first.text == "insert into s.o (k) select a from s.t where n = 'xxx' and i = 0000"
    assert second.outcome == "opaque"
    assert third.outcome == "failed"
    assert trace(sql).counts == {"parsed": 1, "opaque": 1, "failed": 1, "unsupported": 0, "unresolved": 0}


def test_a_problem_names_the_offending_line_and_quotes_no_value() -> None:
    sql = "select a from s.t;\n\nselect 'Ann Lee' from x where where y = 'secret'"

    (problem,) = trace(sql).problems

    assert problem.line == 3
    assert "Ann" not in problem.message and "secret" not in problem.message


def test_a_problem_inside_a_loop_of_a_template_names_the_line_of_the_template() -> None:
    sql = "{% for n in ['a', 'b'] %} select 1;\nselect 2;\nselect from from;\n {% endfor %}"

    assert {problem.line for problem in trace(sql).problems} == {3}


def test_rows_of_a_dump_are_not_told_whatever_the_dialect() -> None:
    sql = "copy s.t from stdin;\n1\tAnn Lee\n\\.\n\nselect a from s.t;"

    for dialect in ("postgres", "snowflake", "mysql", "tsql"):
        assert not [s for s in trace(sql, dialect=dialect).statements if "Ann" in s.text]


def test_nothing_of_the_sql_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        trace("alter table t frobnicate 'secret'; create foo bar 'secret'; select 'secret' from from")

    assert "secret" not in caplog.text


def test_confidence_falls_with_what_is_guessed() -> None:
    def confidence(sql: str, **more: object) -> float:
        return min(edge.confidence for edge in trace(sql, **more).edges)  # type: ignore[arg-type]  # test shorthand

    known = confidence("select a from s.t", schema={"s.t": ["a"]})
    sole = confidence("select a from s.t")
    eliminated = confidence("select a from s.t, s.u", schema={"s.u": ["b"]})
    ambiguous = confidence("select a from s.t, s.u")
    stale = confidence("select a from s.t", schema={"s.t": ["b"]})

    assert 1.0 == known > sole > eliminated > ambiguous > stale


def test_every_edge_has_a_reason_a_type_and_a_subtype() -> None:
    traced = trace(
        "create table s.o as select case when a > 0 then max(b) over (partition by c) end as x from s.t where d"
    )

    assert {(edge.type, edge.subtype) for edge in traced.edges} == {
        ("INDIRECT", "CONDITIONAL"),
        ("DIRECT", "AGGREGATION"),
        ("INDIRECT", "WINDOW"),
        ("INDIRECT", "FILTER"),
    }
    assert all(edge.reason for edge in traced.edges)


def test_an_influence_on_a_whole_dataset_is_told_once() -> None:
    traced = trace("create table s.o as select a, b, c from s.t where d > 0")

    influences = [edge for edge in traced.edges if edge.type == "INDIRECT"]

    assert [(str(edge.source), str(edge.target), edge.target.column) for edge in influences] == [("s.t.d", "s.o", None)]


def test_references_print_as_dotted_names() -> None:
    assert str(ColumnRef("t", "a", "s")) == "s.t.a"
    assert str(ColumnRef("t", "a", "s", "db", ("f", "g"))) == "db.s.t.a.f.g"
    assert str(ColumnRef("t", None, "s")) == "s.t"


def test_catalog_names_fold_like_the_trace() -> None:
    assert fold_name("EMAIL", dialect="snowflake") == "email"
    assert fold_name("Email", dialect="postgres") == "Email"
    assert fold_name("Email", dialect="tsql") == "email"
    assert fold_name("Email", dialect="clickhouse") == "Email"


def test_wrong_calls_are_told() -> None:
    with pytest.raises(UsageError, match="no SQL dialect called"):
        trace("select 1", dialect="klingon")
    with pytest.raises(UsageError, match="protection"):
        trace("select 1", functions={"f": "very safe"})
    with pytest.raises(TypeError):
        trace(b"select 1")  # type: ignore[arg-type]  # the wrong type is the test


def test_collapsing_a_trace_without_intermediate_tables_changes_nothing() -> None:
    traced = trace("insert into s.o (k) select a from s.t")

    assert traced.collapsed() is traced


def test_the_collapsed_trace_keeps_the_statements_and_the_problems() -> None:
    traced = trace("create temp table x as select a from s.t; insert into s.o (k) select a from x; selec y")
    collapsed = traced.collapsed()

    assert collapsed.statements == traced.statements
    assert collapsed.problems == traced.problems
    assert (collapsed.sources, collapsed.targets) == (("s.t",), ("s.o",))


@pytest.mark.parametrize(
    "sql",
    [
        "",
        ";;;",
        "'",
        "$$",
        "/*",
        "--",
        "\x00",
        "select",
        "select from",
        "(",
        ")",
        "create",
        "create table",
        "create function",
        "create procedure p as",
        "do",
        "do $$",
        "begin",
        "end",
        "insert",
        "insert into",
        "merge into",
        "update x set",
        "if then",
        "for r in loop",
        "declare",
        "with",
        "unload",
        "exchange tables",
        "rename table a to",
        "alter table x exchange partition with table",
        "fetch into",
        "set @x =",
        "{{",
        "{% for %}",
        "{{ 1 / 0 }}",
        "execute immediate",
        "exec sp_rename 'a'",
        "copy",
        "load data",
        "select a..b from c..d",
        "create table t as as select",
        "\ud800",
    ],
)
@pytest.mark.parametrize(
    "dialect", ["postgres", "tsql", "snowflake", "bigquery", "mysql", "oracle", "clickhouse", "hive"]
)
def test_no_text_makes_it_raise(sql: str, dialect: str) -> None:
    traced = trace(sql, dialect=dialect)

    assert traced.edges == ()


def test_deep_nesting_is_a_problem_and_its_neighbours_are_read() -> None:
    for deep in ("(" * 5000, "case when a then " * 5000, "not " * 5000, "- " * 5000, "a[" * 5000):
        traced = trace(f"select {deep} 1; create table s.o as select a from s.t")

        assert [problem.kind for problem in traced.problems] == ["limit"]
        assert [str(edge.target) for edge in traced.edges] == ["s.o.a"]


def test_two_hundred_levels_are_read() -> None:
    nested = "select a from s.t"
    for level in range(60):
        nested = f"select a from ({nested}) d{level}"

    (edge,) = trace(nested).edges

    assert str(edge.source) == "s.t.a"


def test_long_chains_are_not_deep() -> None:
    sql = "select " + " + ".join(f"a{i}" for i in range(3000)) + " as x from s.t"

    assert len(trace(sql).edges) == 3000


def test_a_long_statement_is_a_problem() -> None:
    sql = "select '" + "x" * 300_000 + "' as a from s.t; create table s.o as select b from s.u"

    traced = trace(sql)

    assert [problem.kind for problem in traced.problems] == ["limit"]
    assert [str(edge.target) for edge in traced.edges] == ["s.o.b"]


def test_joins_without_conditions_do_not_hang() -> None:
    traced = trace("select * from a " + "join b " * 40)

    assert [problem.kind for problem in traced.problems] == ["limit"]


def test_long_chains_of_subscripts_do_not_hang() -> None:
    traced = trace("select a" + "[1]" * 2000 + " from s.t; create table s.o as select b from s.u")

    assert [problem.kind for problem in traced.problems] == ["limit"]
    assert [str(edge.target) for edge in traced.edges] == ["s.o.b"]


def test_a_statement_the_parser_gives_up_on_is_read_in_part_and_doubted() -> None:
    (edge,) = trace("create table s.o with (frobnicated = 3) nosuch option as select a from s.t").edges

    assert (str(edge), edge.reason) == ("s.t.a -> s.o.a (DIRECT IDENTITY)", "partly_read")


def test_the_same_script_gives_the_same_trace() -> None:
    sql = "create table s.o as select a, b + c as d from s.t join s.u using (i) where e in (select f from s.v)"

    assert trace(sql) == trace(sql)


def test_the_garbage_collector_is_as_it_was() -> None:
    trace("select a from s.t; selec (")
    assert gc.isenabled()

    gc.disable()
    try:
        trace("select a from s.t")
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("dialect", ["postgres", "mysql", "duckdb", "hive"])
@pytest.mark.parametrize("sql", ["insert into t selec x from c", "insert into t (a) selec x from c"])
def test_a_misspelt_select_fails_and_moves_no_column(sql: str, dialect: str) -> None:
    traced = trace(sql, dialect=dialect)

    assert [statement.outcome for statement in traced.statements] == ["failed"]
    assert traced.edges == ()


def test_a_query_that_begins_with_from_is_read() -> None:
    (edge,) = trace("insert into t from c", dialect="duckdb").edges

    assert (edge.source.table, edge.target.table) == ("c", "t")


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("spark", "insert into t partition (d = '1') if not exists from c"),
        ("databricks", "insert with schema evolution into t by name from c"),
        ("databricks", "insert into t replace on t.a <=> s.a from c as s"),
        ("duckdb", "insert or replace into t as x by name from c"),
        ("clickhouse", "insert into t settings async_insert = 1 from c"),
        ("tsql", "insert into t output inserted.a into u from c"),
    ],
)
def test_what_may_stand_before_a_query_that_begins_with_from_loses_no_edge(dialect: str, sql: str) -> None:
    traced = trace(sql, dialect=dialect)

    assert ("c", "t") in {(edge.source.table, edge.target.table) for edge in traced.edges}
