"""Forms that no checked case covers are doubted and named; covered ones are not; the evidence is up to date."""

from __future__ import annotations

import pytest

from datagov.lineage import trace
from datagov.lineage.dialects import speech
from datagov.lineage.familiar import Familiar, familiar, told
from datagov.vocabulary.terms import load
from tests.lineage.familiar import PATH, cases, forms


def test_the_file_of_forms_is_what_the_cases_cover() -> None:
    kept = PATH.read_text(encoding="utf-8").splitlines()[1:]
    assert forms(cases()) == kept, "run python -m tests.lineage.familiar --write"


FOLD = "insert into o (a) select my_fold(x -> x + 4711, a) from t where m = 'jane.roe@example.org'"


@pytest.mark.parametrize(
    ("dialect", "sql", "named"),
    [
        ("duckdb", FOLD, "MY_FOLD of a lambda"),
        ("postgres", "insert into o (a) select a from my_rows(4711)", "the function MY_ROWS as a table"),
        ("postgres", "insert into o (a) select g from generate_series(1, 9) as g", None),
        ("postgres", "reindex table t", "a statement that begins with REINDEX TABLE"),
        ("snowflake", "insert into o (a) select a from table(my_rows(4711))", "the function MY_ROWS as a table"),
        ("spark", "insert into o (a) select a from table(my_rows(4711))", "the function MY_ROWS as a table"),
        ("postgres", "insert into s.o (a) select a from s.t where b > 1 group by a order by a", None),
        ("postgres", "merge into s.o using s.t on o.a = t.a when matched then update set b = t.b", None),
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
        assert {edge.reason for edge in traced.edges} <= {"unfamiliar"}


def test_a_form_is_unseen_only_until_a_case_covers_it() -> None:
    covered = Familiar(forms([{"sql": FOLD, "dialect": "duckdb"}]))
    voice = speech("duckdb")
    (tree,) = voice.parse(voice.tokens(FOLD), FOLD)
    assert familiar().new_forms(tree) and not covered.new_forms(tree)


def test_no_value_of_the_statement_stands_in_the_words() -> None:
    (problem,) = trace(FOLD, dialect="duckdb").problems
    assert problem.kind == "unfamiliar"
    assert "jane" not in problem.message and "4711" not in problem.message
    assert told(["begins USE", "table MY_ROWS", "given Max Struct"]) == (
        "a statement that begins with USE, the function MY_ROWS as a table, max of a struct"
    )


def test_both_languages_word_the_reason() -> None:
    words = load()
    for key in ("reason.unfamiliar", "problem.unfamiliar"):
        assert words.say(key, "en") != words.say(key, "zh") != key
