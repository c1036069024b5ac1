"""Forms that no checked case covers are doubted and named; covered ones are not; the evidence is up to date."""

from __future__ import annotations

import pytest

from datagov.lineage import trace
from datagov.lineage.familiar import Familiar, familiar, told
from datagov.vocabulary.terms import terms
from tests.lineage.familiar import PATH, cases, forms


def test_the_file_of_forms_is_what_the_cases_cover() -> None:
    kept = PATH.read_text(encoding="utf-8").splitlines()[1:]
    assert forms(cases()) == kept, "run python -m tests.lineage.familiar --write"


@pytest.mark.parametrize(
    ("dialect", "sql", "named"),
    [
        ("oracle", "insert into o (a) select a from t offset 5 rows fetch first 3 rows only", None),
        ("postgres", "insert into s.o (a) select a from s.t where b > 1 group by a order by a", None),
        ("clickhouse", "insert into o (a) select a from t order by a with fill", "with fill of ordered"),
        (
            "snowflake",
            "insert into o (a) select t.a from t asof join u match_condition (t.x >= u.x)",
            "match condition of join",
        ),
        ("postgres", "reindex table t", None),
    ],
)
def test_an_unseen_form_is_doubted_and_named(dialect: str, sql: str, named: str | None) -> None:
    traced = trace(sql, dialect=dialect)
    found = [problem.message for problem in traced.problems if problem.kind == "unfamiliar"]
    if named is None:
        assert found == []
    else:
        assert [named in message for message in found] == [True]
        assert all(edge.confidence <= 0.6 for edge in traced.edges)
        assert "unfamiliar" in {edge.reason for edge in traced.edges}


def test_a_form_is_unseen_only_until_a_case_covers_it() -> None:
    case = {"sql": "insert into o (a) select a from t order by a with fill", "dialect": "clickhouse"}
    covered = Familiar(forms([case]))
    tree = __import__("sqlglot").parse_one(case["sql"], dialect="clickhouse")
    assert familiar().new_forms(tree) and not covered.new_forms(tree)


def test_no_value_of_the_statement_stands_in_the_words() -> None:
    secret = "jane.roe@example.org"
    sql = f"insert into o (a) select a from t where m = '{secret}' order by a with fill from 4711 to 4712"
    (problem,) = trace(sql, dialect="clickhouse").problems
    assert problem.kind == "unfamiliar" and secret not in problem.message and "4711" not in problem.message
    assert told(["begins USE", "table MY_ROWS", "given Max Struct"]) == (
        "a statement that begins with USE, the function MY_ROWS as a table, max of a struct"
    )
