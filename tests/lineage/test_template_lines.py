"""Lines of a Jinja template: statements, problems and expressions stand where a reader of the template finds them."""

from __future__ import annotations

from datagov.lineage import trace

MODEL = """\
{{ config(
     materialized='table',
) }}
{% set kinds = ['a', 'b'] %}

{% for kind in kinds -%}
insert into s.o ({{ kind }})
select x_{{ kind }}
from {{ ref('t') }};
{% endfor %}

selec nonsense from;
insert into s.p (k) select y
from s.u;
"""


def test_a_statement_of_a_loop_stands_where_the_loop_has_it() -> None:
    traced = trace(MODEL)

    assert [(s.kind, s.line, s.end_line) for s in traced.statements if s.outcome == "parsed"] == [
        ("INSERT", 7, 9),
        ("INSERT", 7, 9),
        ("INSERT", 13, 14),
    ]


def test_a_problem_points_at_the_line_of_the_template() -> None:
    (problem,) = trace(MODEL).problems

    assert (problem.kind, problem.line) == ("failed", 12)


def test_an_expression_points_at_the_line_of_the_template() -> None:
    found = {str(edge): edge.span.line for edge in trace(MODEL).edges}

    assert found == {
        "t.x_a -> s.o.a (DIRECT IDENTITY)": 8,
        "t.x_b -> s.o.b (DIRECT IDENTITY)": 8,
        "s.u.y -> s.p.k (DIRECT IDENTITY)": 13,
    }


def test_only_a_line_feed_ends_a_line_of_a_template() -> None:
    traced = trace("{% if true %}\x0c\u2028\x85\nselect a\r\x0b\nfrom {{ ref('t') }}{% endif %}")

    assert [(statement.line, statement.end_line) for statement in traced.statements] == [(2, 3)]


def test_lines_count_from_where_the_template_stands_in_its_file() -> None:
    traced = trace("-- {# c #}\n{% if true %}\nselect a from {{ ref('t') }}\n{% endif %}", line_offset=10)

    assert [statement.line for statement in traced.statements] == [13]


def test_white_space_control_joins_words_as_without_lines() -> None:
    traced = trace("select na\n{%- if true -%}\nme\n{%- endif %} from {{ ref('t') }}")

    assert [str(edge.source) for edge in traced.edges] == ["t.name"]
