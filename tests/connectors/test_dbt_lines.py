"""Compiled SQL is laid on the lines of the file it was written in, and says the same as before."""

from hypothesis import given
from hypothesis import strategies as st

from datagov.connectors._dbt_artifacts import Node
from datagov.connectors._dbt_lines import MAX_LINES, flat, relaid, start_of, without_line_comments
from datagov.connectors._dbt_sql import writing


def laid(compiled: str, raw: str, *, dialect: str = "postgres", injected: tuple[str, ...] = ()) -> list[str]:
    text, done = relaid(compiled, raw, dialect=dialect, injected=injected)
    assert done
    return text.split("\n")


def test_a_call_over_several_lines_that_yields_nothing_moves_no_line() -> None:
    raw = "{{\n  config(\n    tags=['x']\n  )\n}}\n\nselect a\nfrom {{ ref('t') }}"

    assert laid('\n\nselect a\nfrom "s"."t"', raw) == ["", "", "", "", "", "", "select a", 'from "s"."t"']


def test_a_loop_stands_on_the_line_that_makes_its_rows() -> None:
    raw = "select\n{% for m in ms %}\n  sum({{ m }}) as {{ m }}_total,\n{% endfor %}\n  1 as one\nfrom t"
    compiled = "select\n\n  sum(card) as card_total,\n\n  sum(cash) as cash_total,\n\n  1 as one\nfrom t"

    assert laid(compiled, raw) == [
        "select",
        "",
        "  sum(card) as card_total,   sum(cash) as cash_total,",
        "",
        "  1 as one",
        "from t",
    ]


def test_an_ephemeral_model_put_in_by_dbt_stands_on_one_line_without_its_comments() -> None:
    cte = " __dbt__cte__e as (\n\nselect a -- a's comment\nfrom s.t\n)"
    compiled = f"with {cte} select a\nfrom __dbt__cte__e"

    assert laid(compiled, "select a\nfrom {{ ref('e') }}", injected=(cte,)) == [
        "with  __dbt__cte__e as (  select a  from s.t ) select a",
        "from __dbt__cte__e",
    ]


def test_a_text_of_too_many_lines_stays_as_it_is() -> None:
    sql = "select 1\n" * (MAX_LINES + 1)

    assert relaid(sql, "select 1", dialect="postgres") == (sql, False)


def test_comments_end_where_their_dialect_says() -> None:
    for dialect, sql, left in (
        ("postgres", "a -- b\nc", "a \nc"),
        ("postgres", "'--' || \"--\" || $q$ -- $q$ -- x", "'--' || \"--\" || $q$ -- $q$ "),
        ("postgres", "'it''s -- here' -- x", "'it''s -- here' "),
        ("postgres", "'\\' -- x", "'\\' "),
        ("mysql", "'\\' -- in' # x", "'\\' -- in' "),
        ("postgres", "a #- b", "a #- b"),
        ("bigquery", "'''a\n-- in''' `b--c` # x", "'''a\n-- in''' `b--c` "),
        ("snowflake", "a // x\nb", "a \nb"),
        ("tsql", "[a--b] -- x", "[a--b] "),
        ("postgres", "/* -- */ a", "/* -- */ a"),
    ):
        assert without_line_comments(sql, dialect) == left, (dialect, sql)


def test_the_first_word_is_found_behind_comments() -> None:
    for sql in ("select", "\n select", "-- a\n/* b\nselect */ select"):
        assert sql[start_of(sql, "postgres") :] == "select"


def test_what_creates_the_relation_adds_no_line() -> None:
    node = Node(unique_id="model.p.t", name="t", resource_type="model", relation_name="s.t", config={})
    for sql in ("select 1", "\n\nselect 1", "-- why\nselect 1", "/* two\nlines */\nselect 1", "with a as (select 1)\n"):
        written = writing(node, sql, "postgres")
        assert written.count("CREATE VIEW s.t AS ") == 1
        assert written.rstrip().count("\n") == sql.rstrip().count("\n")
        assert flat(written, "postgres").replace("CREATE VIEW s.t AS ", "").split() == flat(sql, "postgres").split()


WORDS = st.sampled_from(["select", "a", "b", "from t", "'x -- y'", "-- c", "/* d */", "", "where", '"q--"', ","])
LINES = st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=12).map("\n".join)


@given(compiled=LINES, raw=LINES)
def test_only_white_space_and_comments_change_whatever_the_template_was(compiled: str, raw: str) -> None:
    text, _ = relaid(compiled, raw, dialect="postgres")

    assert flat(text, "postgres").split() == flat(compiled, "postgres").split()
    assert text.count("\n") == raw.count("\n")
