"""What could not be read may be data, and is not shown."""

from __future__ import annotations

from datagov.lineage import trace

DUMP = """\
CREATE TABLE s.kept AS SELECT a FROM s.t;
COPY people (id, name) FROM stdin;
1\tZhang Wei\t13800138000
2\tJane Doe\tjane@example.org
\\.
CREATE TABLE s.also AS SELECT b FROM s.t;
"""


def test_rows_of_a_dump_are_not_shown_and_their_neighbours_are_read() -> None:
    traced = trace(DUMP, dialect="postgres")
    told = " ".join(statement.text for statement in traced.statements)

    assert not [word for word in ("Zhang", "Wei", "13800138000", "Jane", "Doe", "example") if word in told]
    assert {"s.kept", "s.also"} <= set(traced.targets)
    assert traced.problems == ()


def test_rows_of_a_dump_that_breaks_off_are_a_problem_and_show_their_shape() -> None:
    traced = trace(DUMP.replace("\\.\n", ""), dialect="postgres")
    told = " ".join(statement.text for statement in traced.statements)

    assert not [word for word in ("Zhang", "Wei", "13800138000", "Jane", "Doe", "example") if word in told]
    assert "s.kept" in traced.targets
    assert any(statement.outcome == "failed" for statement in traced.statements)


def test_a_statement_that_failed_shows_its_shape_and_keeps_its_length() -> None:
    sql = "selec name from people where x y z w(;"
    (statement,) = trace(sql, dialect="postgres").statements

    assert statement.text == "xxxxx xxxx xxxx xxxxxx xxxxx x x x x("
    assert len(statement.text) == len(sql) - 1


def test_words_in_dynamic_sql_that_are_no_statement_are_not_shown() -> None:
    for text in ("Zhang Wei", "zhang", "name=zhang", "zhang:wei"):
        for dialect in ("snowflake", "postgres", "oracle", "bigquery"):
            told = [s.text for s in trace(f"execute immediate '{text}'", dialect=dialect).statements]

            assert not [t for t in told if "zhang" in t.lower()], (dialect, text)
