"""Laws of lineage on generated queries: renaming, wrapping, transpiling and uniting change nothing they
should not.
"""

from __future__ import annotations

import re

import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.lineage import trace
from datagov.lineage.words import words

SCHEMA = {"s.t": ["a", "b", "c"], "s.u": ["a", "d"], "s.v": ["e", "f"]}
COLUMNS = {"t": ["a", "b", "c"], "u": ["a", "d"], "v": ["e", "f"]}
WORDS = sorted(
    words(
        """
        select from where ( ) , . ; a b t * as join on with union all insert into create table view values
        case when then end update set merge using begin if else procedure function $$ 'x' 1 = over partition
        by order pivot for in lateral unnest [ ] : :: @ #t -- /* {{ }} declare loop return fetch exec copy to
        alter rename
        """
    )
)
FUNCTIONS = ["upper", "md5", "max", "coalesce", "length"]
QUIET = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def expressions(draw: st.DrawFn, tables: tuple[str, ...], depth: int = 2) -> str:
    table = draw(st.sampled_from(tables))
    column = f"{table}.{draw(st.sampled_from(COLUMNS[table]))}"
    if depth == 0:
        return column
    kind = draw(st.integers(0, 5))
    inner = expressions(tables, depth - 1)
    if kind == 0:
        return f"{draw(st.sampled_from(FUNCTIONS))}({draw(inner)})"
    if kind == 1:
        return f"{draw(inner)} || {draw(inner)}"
    if kind == 2:
        return f"case when {draw(inner)} = 'x' then {draw(inner)} else {draw(inner)} end"
    if kind == 3:
        return f"sum(length({draw(inner)})) over (partition by {draw(inner)})"
    return column


@st.composite
def queries(draw: st.DrawFn) -> str:
    tables = draw(st.sampled_from([("t",), ("u",), ("t", "u"), ("t", "v"), ("t", "u", "v")]))
    items = [f"{draw(expressions(tables))} as c{i}" for i in range(3)]
    source = f"s.{tables[0]}" + "".join(
        f" join s.{t} on {tables[0]}.{COLUMNS[tables[0]][0]} = {t}.{COLUMNS[t][0]}" for t in tables[1:]
    )
    where = f" where {draw(expressions(tables, 1))} = 'y'" if draw(st.booleans()) else ""
    return f"select {', '.join(items)} from {source}{where}"


def direct(sql: str, dialect: str = "postgres") -> set[tuple[str, str, str, str]]:
    traced = trace(sql, dialect=dialect, schema=SCHEMA)
    assert traced.problems == ()
    return {(str(e.source), str(e.target), e.subtype, e.protection) for e in traced.edges if e.type == "DIRECT"}


def pairs(sql: str, dialect: str = "postgres") -> set[tuple[str, str]]:
    return {edge[:2] for edge in direct(sql, dialect)}


def renamed(sql: str) -> str:
    """The query with other aliases for its tables."""
    sql = re.sub(r"\bs\.([tuv])\b", r"s.\1 as q\1", sql)
    return re.sub(r"(?<![.\w])([tuv])\.", r"q\1.", sql)


@QUIET
@given(queries())
def test_an_alias_of_another_name_changes_nothing(sql: str) -> None:
    assert direct(renamed(sql)) == direct(sql)


@QUIET
@given(queries())
def test_wrapping_in_a_common_table_expression_changes_nothing(sql: str) -> None:
    assert direct(f"with w as ({sql}) select * from w") == direct(sql)
    assert direct(f"with w as ({sql}), z as (select c0, c1, c2 from w) select z.* from z") == direct(sql)


@QUIET
@given(queries())
def test_wrapping_in_a_derived_table_changes_nothing(sql: str) -> None:
    assert direct(f"select d.c0, d.c1, d.c2 from ({sql}) d") == direct(sql)


@QUIET
@given(queries(), queries())
def test_the_edges_of_a_union_are_the_union_of_the_edges(one: str, other: str) -> None:
    assert pairs(f"{one} union all {other}") == pairs(one) | pairs(other)


@QUIET
@given(queries())
def test_a_temporary_table_on_the_way_changes_nothing(sql: str) -> None:
    chain = f"create temp table w as {sql}; create table s.o as select * from w"
    straight = f"create table s.o as {sql}"

    def collapsed(text: str) -> set[tuple[str, str, str, str]]:
        edges = trace(text, schema=SCHEMA).collapsed().edges
        return {(str(e.source), str(e.target), e.type, e.subtype) for e in edges}

    assert collapsed(chain) == collapsed(straight)


@QUIET
@given(queries(), st.sampled_from(["snowflake", "bigquery", "spark", "mysql", "duckdb", "tsql"]))
def test_another_dialect_and_back_changes_nothing(sql: str, dialect: str) -> None:
    there = sqlglot.transpile(sql, read="postgres", write=dialect)[0]
    back = sqlglot.transpile(there, read=dialect, write="postgres")[0]

    assert pairs(there, dialect) == pairs(sql)
    assert pairs(back) == pairs(sql)


@QUIET
@given(queries(), st.data())
def test_cutting_a_query_anywhere_raises_nothing(sql: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(sql)))
    end = data.draw(st.integers(start, len(sql)))

    for text in (sql[:start], sql[end:], sql[start:end], sql[:start] + sql[end:]):
        trace(text)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=25,
    ),
    st.sampled_from(["postgres", "tsql", "snowflake", "bigquery", "oracle", "mysql", "clickhouse", "hive", "duckdb"]),
)
def test_any_heap_of_words_is_read_without_raising(heap: list[str], dialect: str) -> None:
    traced = trace(" ".join(heap), dialect=dialect)

    assert all(0 <= edge.confidence <= 1 and edge.span.line >= 1 for edge in traced.edges)
