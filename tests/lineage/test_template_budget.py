"""Templates written to work for ever or to fill the memory are given up soon; those of real projects are not."""

from __future__ import annotations

import pytest

from datagov.lineage import trace
from datagov.lineage.jinja import rendered
from datagov.lineage.rationed import BUDGET, Rationed, SpentError

_GREEDY = {
    "nested ranges": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "a long range": "{% for a in range(99999) %}x{% endfor %}",
    "a text many times": "{{ 'a' * 3000000000 }}",
    "a list many times": "{{ [1] * 3000000000 }}",
    "a power": "{{ 10 ** 1000000000 }}",
    "a product of powers": "{% set x = 7 ** 1000 %}{{ x * x * x * x * x }}",
    "a sum that doubles": "{% set s = 'abcdefgh' %}" + "{% set s = s + s %}" * 60 + "{{ s }}",
    "a join that doubles": "{% set s = 'abcdefgh' %}" + "{% set s = s ~ s %}" * 60 + "{{ s }}",
    "a block that doubles": "{% set s = 'abcdefgh' %}" + "{% set s %}{{ s }}{{ s }}{% endset %}" * 60 + "{{ s }}",
    "a list that doubles": "{% set xs = [1] %}" + "{% do xs.extend(xs) %}" * 60,
    "a list of itself twice": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{{ x }}",
    "lists compared": "{% set x = [1] %}{% set y = [1] %}"
    + "{% set x = [x, x] %}{% set y = [y, y] %}" * 60
    + "{% if x == y %}1{% endif %}",
    "lists tested": "{% set x = [1] %}" + "{% set x = [x, x] %}" * 60 + "{% if x is eq x %}1{% endif %}",
    "lists added up": "{{ ([[0]] * 60000) | sum(start=[]) }}",
    "many places of a number": "{{ ('{a:9999}' * 20000).format(a=1) }}",
    "a wide text": "{{ 'a' | center(3000000000) }}",
    "a wide text by method": "{{ 'a'.ljust(3000000000) }}",
    "a wide number": "{{ '%03000000000d' | format(1) }}",
    "a wide number by sign": "{{ '%03000000000d' % 1 }}",
    "a width that is given": "{{ '%*d' % (3000000000, 1) }}",
    "a wide number by method": "{{ '{:>3000000000}'.format(1) }}",
    "a width inside a width": "{{ '{:{w}}'.format(1, w=3000000000) }}",
    "a text replaced by texts": "{% set s = 'a' * 90000 %}{{ s | replace('a', s) }}",
    "a text replaced by method": "{% set s = 'a' * 90000 %}{{ s.replace('a', s) }}",
    "texts in one place each": "{% set s = '{0}' * 9000 %}{{ s.format('a' * 900000) }}",
    "a long separator": "{{ range(9999) | join('a' * 900000) }}",
    "a filter in a loop": "{% for a in range(9999) %}{{ range(9999) | sum }}{% endfor %}",
    "much text in a loop": "{% for a in range(9999) %}" + "select 1, " * 900 + "{% endfor %}",
    "a macro that calls itself twice": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}"
    "{{ m(60) }}",
    "a batch that is filled": "{{ [1] | batch(3000000000, 'x') | list }}",
}


@pytest.mark.parametrize("template", _GREEDY.values(), ids=_GREEDY.keys())
def test_a_template_that_works_for_ever_is_given_up(template: str) -> None:
    with pytest.raises(SpentError):
        Rationed(extensions=["jinja2.ext.do"]).text_of(template, {})


def test_such_a_template_is_a_problem_and_no_error() -> None:
    traced = trace("select {{ 'a' * 3000000000 }} from {{ ref('t') }}", dialect="duckdb")

    assert [(p.kind, "more work" in p.message) for p in traced.problems] == [("opaque", True)]
    assert traced.counts["opaque"] == 1
    assert not traced.edges


def test_a_macro_that_never_ends_is_a_problem() -> None:
    traced = trace("{% macro m() %}{{ m() }}{% endmacro %}select {{ m() }} from t", dialect="duckdb")

    assert [problem.kind for problem in traced.problems] == ["opaque"]


def test_a_model_with_a_thousand_columns_is_well_within_the_budget() -> None:
    template = (
        "{% set columns = [] %}{% for n in range(1000) %}{% do columns.append('column_number_' ~ n) %}{% endfor %}\n"
        "select {% for c in columns %}coalesce({{ c }}, {{ 20260101 + loop.index }}) as {{ c | replace('_', '') }}"
        "{% if not loop.last %}, {% endif %}{% endfor %} from {{ ref('t') }}"
    )
    environment = Rationed(extensions=["jinja2.ext.do"])

    sql = environment.text_of(template, {"ref": str})

    assert sql.count(" as ") == 1000
    assert environment.left > BUDGET * 9 // 10


def test_numbers_and_texts_of_usual_size_are_rendered() -> None:
    template = (
        "{{ 2 ** 31 }} {{ 'ab' * 3 }} {{ '%05d' % 7 }} {{ '{:>4}'.format(1) }} {{ 20260101 | string }} "
        "{{ [3, 1] | sort | join('-') }} {{ 'x' ~ 1 ~ none }} {{ 1 < 2 < 3 }} "
        "{{ range(20000, 20003) | list | length }} "
        "{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{{ loop.length }}{% else %}none{% endfor %}"
    )

    assert rendered(template).sql == "2147483648 ababab 00007    1 20260101 1-3 x1None True 3 a11"
