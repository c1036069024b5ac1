"""Cleaning is no mask: what only takes separators out, or cuts where nothing is left to cut, keeps the value whole."""

from __future__ import annotations

import pytest

from datagov.lineage import trace

WHOLE = {
    "regexp_replace(phone, '-', '', 'g')": "postgres",
    "regexp_replace(phone, '[- ()]+', '', 'g')": "postgres",
    "regexp_replace(phone, '[^0-9]', '', 'g')": "postgres",
    "regexp_replace(phone, '[^[:alnum:]]', '')": "postgres",
    "regexp_replace(phone, '[[:space:]]', '')": "postgres",
    "regexp_replace(phone, '\\D', '')": "postgres",
    "regexp_replace(phone, '\\\\s+', '')": "snowflake",
    "regexp_replace(phone, '-')": "oracle",
    "regexp_replace(phone, r'\\s|-', '')": "bigquery",
    "replace(phone, '-', '')": "postgres",
    "translate(phone, ' -', '')": "postgres",
    "left(phone, 100)": "postgres",
    "right(phone, 11)": "mysql",
    "substring(phone from 1 for 11)": "postgres",
    "substr(phone, 1, 64)": "oracle",
    "substr(phone, 1)": "sqlite",
    "upper(left(trim(phone), 255))": "tsql",
}
MASKED = {
    "regexp_replace(phone, '.', '*', 'g')": "postgres",
    "regexp_replace(phone, '.*', '')": "postgres",
    "regexp_replace(phone, '[0-9]', '', 'g')": "postgres",
    "regexp_replace(phone, '\\d{4}$', '')": "postgres",
    "regexp_replace(phone, '[^a-z]', '')": "postgres",
    "regexp_replace(phone, '-.*', '')": "postgres",
    "regexp_replace(phone, '-', 'x')": "postgres",
    "regexp_replace(phone, pattern, '')": "postgres",
    "left(phone, 10)": "postgres",
    "left(phone, n)": "postgres",
    "substring(phone from 4 for 11)": "postgres",
    "substr(phone, 2)": "sqlite",
    "substr(phone, -4)": "sqlite",
    "right(phone, 4)": "mysql",
}


def protection(expression: str, dialect: str) -> set[str]:
    made = trace(f"create table s.o as select {expression} as x from s.t", dialect=dialect)
    return {edge.protection for edge in made.edges if edge.source.column == "phone" or edge.source.column == "PHONE"}


@pytest.mark.parametrize(("expression", "dialect"), WHOLE.items())
def test_cleaning_keeps_the_value(expression: str, dialect: str) -> None:
    assert protection(expression, dialect) == {"none"}


@pytest.mark.parametrize(("expression", "dialect"), MASKED.items())
def test_what_takes_a_part_away_still_masks_partly(expression: str, dialect: str) -> None:
    assert protection(expression, dialect) == {"partially_masked"}
