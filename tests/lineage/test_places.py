"""Every place an answer tells is a place of the text: the span of each edge of each case holds the expression."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from datagov.lineage import ColumnEdge, Trace, trace
from datagov.lineage.jinja import looks_templated

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def _cases() -> list[Any]:
    """Every case but templates: their lines are those of the template, their columns those of the rendered line."""
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in FILES
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
        if not looks_templated(case["sql"])
    ]


def traced(case: dict[str, Any], sql: str) -> Trace:
    return trace(
        sql,
        dialect=case.get("dialect", "postgres"),
        schema=case.get("schema"),
        default_catalog=case.get("default_catalog"),
        default_schema=case.get("default_schema"),
        functions=case.get("functions"),
    )


def stretch(sql: str, line: int, column: int, end_line: int, end_column: int) -> str:
    """The text from one place to another, both counted from 1 and both within it."""
    starts = [0, *(at + 1 for at, sign in enumerate(sql) if sign == "\n")]
    return sql[starts[line - 1] + column - 1 : starts[end_line - 1] + end_column]


def same_but_masked(shown: str, written: str) -> bool:
    """Whether ``shown`` is ``written`` with some signs masked: a letter by ``x``, a digit by ``0``."""
    return len(shown) == len(written) and all(
        one == other or (one == "x") or (one == "0" and other.isdigit())
        for one, other in zip(shown, written, strict=True)
    )


def wrong_places(found: Trace, sql: str) -> list[str]:
    return [
        f"{edge}: {edge.span} of statement {edge.statement}" for edge in found.edges if not _is_there(edge, found, sql)
    ]


def _is_there(edge: ColumnEdge, found: Trace, sql: str) -> bool:
    span, statement = edge.span, found.statements[edge.statement]
    written = stretch(sql, span.line, span.column, span.end_line, span.end_column)
    within = (statement.line, statement.column) <= (span.line, span.column) and span.end_line <= statement.end_line
    return within and statement.ordinal == edge.statement and same_but_masked(span.expression, written)


@pytest.mark.parametrize("case", _cases())
def test_the_span_of_each_edge_is_its_expression_in_its_statement(case: dict[str, Any]) -> None:
    assert wrong_places(traced(case, case["sql"]), case["sql"]) == []


@given(case=st.sampled_from([param.values[0] for param in _cases()]), lines=st.integers(0, 3), crlf=st.booleans())
def test_places_move_with_the_text(case: dict[str, Any], lines: int, crlf: bool) -> None:
    """Lines before a script, comments with quotes in them and carriage returns move its places and change no edge."""
    before = "-- it's 中文 '1\n" * lines
    sql = before + case["sql"]
    if crlf:
        sql = sql.replace("\n", "\r\n")
    found = traced(case, sql)

    assert wrong_places(found, sql) == []
    assert sorted(map(str, found.edges)) == sorted(map(str, traced(case, case["sql"]).edges))


def test_a_join_by_using_stands_at_its_columns_and_not_at_its_table() -> None:
    traced = trace("select c.a, o.b from crm.customer c\njoin crm.orders o using (customer_id, region)")
    spans = {
        (edge.source.column, edge.span.line, edge.span.column, edge.span.expression)
        for edge in traced.edges
        if edge.subtype == "JOIN"
    }

    assert spans == {
        ("customer_id", 2, 25, "(customer_id, region)"),
        ("region", 2, 25, "(customer_id, region)"),
    }
