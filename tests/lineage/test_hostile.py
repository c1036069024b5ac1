"""Scripts written to be read for ever, to grow without end, or to be passed over: each is read or told, soon."""

from __future__ import annotations

import pytest

from datagov.lineage import trace

_NEIGHBOUR = "insert into s.o select a from s.t"


def _edges(sql: str, dialect: str, **schema: list[str]) -> list[str]:
    return sorted({str(edge) for edge in trace(sql, dialect=dialect, schema=schema or None).edges})


def _problems(sql: str, dialect: str) -> list[tuple[str, str]]:
    traced = trace(sql, dialect=dialect)
    return sorted({(traced.statements[problem.statement].kind, problem.kind) for problem in traced.problems})


@pytest.mark.parametrize(
    "prepared",
    [
        pytest.param("prepare p as create table s.u as execute p", id="itself"),
        pytest.param(
            "prepare p as create table s.u as execute q; prepare q as create table s.v as execute p", id="two"
        ),
        pytest.param("prepare p as select a as execute p; create table s.u as execute p", id="as an alias"),
    ],
)
def test_a_prepared_statement_that_runs_itself_ends(prepared: str) -> None:
    assert "s.t.a -> s.o.a (DIRECT IDENTITY)" in _edges(f"{prepared}; {_NEIGHBOUR}", "postgres")


def test_a_prepared_query_shows_nothing_of_the_script_that_runs_it() -> None:
    sql = (
        "prepare p as select aaaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbb, cccccccccccccccccccc from s.t;\n"
        "do $$ begin create table s.u as execute p; perform 'canary canary canary canary canary canary'; end $$"
    )

    traced = trace(sql)

    assert "s.t.aaaaaaaaaaaaaaaaaaaaaaaaaa -> s.u.aaaaaaaaaaaaaaaaaaaaaaaaaa (DIRECT IDENTITY)" in map(
        str, traced.edges
    )
    assert "canary" not in repr(traced)
    assert {edge.span.line for edge in traced.edges if str(edge.target).startswith("s.u")} == {2}


@pytest.mark.parametrize(
    ("dialect", "begin", "step", "end"),
    [
        ("tsql", "declare @q varchar(max) = 'select 1 '; ", "set @q = @q + @q; ", "exec(@q)"),
        ("postgres", "do $$ declare q text := 'select 1 '; begin ", "q := q || q; ", "execute q; end $$"),
    ],
)
def test_a_text_that_doubles_at_every_step_is_opaque(dialect: str, begin: str, step: str, end: str) -> None:
    word = "EXEC" if dialect == "tsql" else "EXECUTE"

    assert _problems(begin + step * 60 + end, dialect) == [(word, "opaque")]


def test_texts_that_run_each_other_many_times_are_told_where_reading_stops() -> None:
    steps = [f"declare @q{i} varchar(max) = '{f'exec(@q{i - 1}) ' * 20}';" for i in range(1, 8)]
    sql = f"declare @q0 varchar(max) = '{_NEIGHBOUR}';{''.join(steps)}exec(@q7)"

    assert ("TEXT", "opaque") in _problems(sql, "tsql")


def test_a_text_too_deep_inside_others_is_opaque() -> None:
    sql = _NEIGHBOUR
    for _ in range(10):
        sql = "execute immediate '" + sql.replace("'", "''") + "'"

    assert _problems(sql, "snowflake") == [("TEXT", "opaque")]


def test_a_variable_given_another_text_after_it_was_run_runs_that_alone() -> None:
    sql = (
        "declare @q varchar(99) = 'insert into s.o select a from s.t'; exec(@q);"
        "set @q = 'insert into s.p select b from s.t'; exec(@q)"
    )

    written = [statement.targets for statement in trace(sql, dialect="tsql").statements if statement.kind == "INSERT"]

    assert written == [("s.o",), ("s.p",)]


def test_a_thousand_files_in_one_statement_are_read() -> None:
    files = ", ".join(f"openrowset(bulk 'f{i}.csv') as r{i}" for i in range(1200))

    assert _edges(f"insert into s.o (a) select r7.a from {files}", "tsql") == [
        "path:f7.csv.a -> s.o.a (DIRECT IDENTITY)"
    ]


@pytest.mark.parametrize(
    "item",
    [
        pytest.param("columns('(a+)+$')", id="repeats within repeats"),
        pytest.param("columns('" + "(a|a)" * 40 + "$')", id="alternatives"),
        pytest.param("columns('" + "a?" * 40 + "a" * 40 + "$')", id="options"),
        pytest.param("* similar to '(a|a)*'", id="similar to"),
        pytest.param("* like '" + "%a" * 30 + "%c'", id="like"),
    ],
)
def test_a_pattern_made_to_be_tried_for_ever_is_not_tried(item: str) -> None:
    sql = f"create table o as select {item} from t"

    assert trace(sql, dialect="duckdb", schema={"t": ["a" * 60 + "b", "x"]}).statements[0].outcome == "parsed"


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("a%", ["ab", "abcab"]),
        ("%ab", ["ab", "abcab"]),
        ("a_%b", ["abcab"]),
        ("%b%a%", ["abcab"]),
        ("a%a%a", []),
        ("x.y", []),
        ("%", ["ab", "abcab", "xzy"]),
    ],
)
def test_a_pattern_of_like_chooses_the_names_it_matches(pattern: str, chosen: list[str]) -> None:
    edges = _edges(f"create table o as select * like '{pattern}' from t", "duckdb", t=["ab", "abcab", "xzy"])

    assert edges == [f"t.{name} -> o.{name} (DIRECT IDENTITY)" for name in chosen]


@pytest.mark.parametrize("template", ["{% snapshot x select 1", "{% docs", "{% test t(model)", "{{ lipsum(99999) }}"])
def test_a_template_that_breaks_off_is_opaque(template: str) -> None:
    assert _problems(template, "postgres")[0] == ("TEMPLATE", "opaque")


@pytest.mark.parametrize("name", ["sales.orders", "s.s.t", "t", "t.t"])
def test_a_table_named_by_a_text_is_the_table_of_that_name(name: str) -> None:
    edges = _edges(f"insert into o select a from identifier('{name}')", "spark")

    assert edges == [f"{name}.a -> o.a (DIRECT IDENTITY)"]


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("tsql", "exec sp_rename 's.ann@canary', 'canary 138 0013 8000'"),
        ("duckdb", "create table o as pivot t on b in ('ann@canary.org', '138 0013 8000 canary') using sum(a)"),
        ("postgres", "do $$ begin execute format('insert into %I select a from t', 'ann canary, 138 0013'); end $$"),
    ],
)
def test_a_name_made_of_a_text_that_looks_like_a_value_is_masked(dialect: str, sql: str) -> None:
    traced = trace(sql, dialect=dialect)

    assert "canary" not in repr(traced).lower()
    assert "masked_name" in repr(traced.edges)


def test_columns_that_changes_leave_out_are_not_written() -> None:
    sql = "apply changes into o from stream(t) keys (a) sequence by b columns * except (b, c)"

    assert _edges(sql, "databricks", t=["a", "b", "c", "d"]) == [
        "t.a -> o.a (DIRECT IDENTITY)",
        "t.d -> o.d (DIRECT IDENTITY)",
    ]
    assert {edge.confidence for edge in trace(sql, dialect="databricks").edges} == {0.4}


@pytest.mark.parametrize(
    "names",
    ["@objname = @old, @newname = 'new'", "@old, @new", "'s.t.a', 'b', 'COLUMN'"],
)
def test_a_rename_that_is_not_followed_is_opaque(names: str) -> None:
    assert _problems(f"exec sp_rename {names}", "tsql") == [("EXEC", "opaque")]


def test_a_rename_may_say_that_it_is_of_an_object() -> None:
    sql = "exec sp_rename 's.t', 'u', 'OBJECT'; exec sp_rename 's.u.i', 'j', 'INDEX'"

    assert _edges(sql, "tsql") == ["s.t.* -> s.u.* (DIRECT IDENTITY)"]
    assert _problems(sql, "tsql") == []


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        (
            "tsql",
            "create procedure p1 as begin declare @q varchar(99) = 'insert into o(x) select a from t'; exec(@q) end\n"
            "go\ncreate procedure p2 @q varchar(99) as begin exec(@q) end",
        ),
        (
            "postgres",
            "create procedure p1() as $$ declare q text := 'insert into o(x) select a from t'; begin execute q; end $$"
            " language plpgsql; create procedure p2(q text) as $$ begin execute q; end $$ language plpgsql;",
        ),
        (
            "oracle",
            "create procedure p1 is q varchar2(99) := 'insert into o(x) select a from t';"
            " begin execute immediate q; end;\n/\n"
            "create procedure p2 (q varchar2) is begin execute immediate q; end;\n/",
        ),
    ],
)
def test_a_parameter_holds_no_text_of_another_routine_s_variable(dialect: str, sql: str) -> None:
    word = "EXEC" if dialect == "tsql" else "EXECUTE"

    assert len([s for s in trace(sql, dialect=dialect).statements if s.kind == "INSERT"]) == 1
    assert _problems(sql, dialect) == [(word, "opaque")]


@pytest.mark.parametrize(
    ("dialect", "query", "edges"),
    [
        ("oracle", "'select a from t'", ["t.a -> o.x (DIRECT TRANSFORMATION)"]),
        ("oracle", "p_query", []),
        ("postgres", "execute 'select a from t'", ["t.a -> o.x (DIRECT TRANSFORMATION)"]),
        ("postgres", "execute p_query using 1", []),
    ],
)
def test_a_cursor_opened_for_a_text_is_read_or_told(dialect: str, query: str, edges: list[str]) -> None:
    body = f"begin open c for {query}; fetch c into v; insert into o(x) values (v); end"
    sql = f"declare v int; {body};" if dialect == "oracle" else f"do $$ declare v int; {body} $$"

    assert _edges(sql, dialect) == edges
    assert _problems(sql, dialect) == ([] if edges else [("CURSOR", "opaque")])
