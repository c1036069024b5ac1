"""Masking: same length, same lines, no literal and no comment left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagov.lineage import mask_literals


@pytest.mark.parametrize(
    ("dialect", "sql", "masked"),
    [
        ("postgres", "select 'Ann', 42", "select 'xxx', 00"),
        ("postgres", "select 'it''s', 4.5", "select 'xxxxx', 0.0"),
        ("postgres", "select $$a b$$ -- Ann", "select $$xxx$$ -- xxx"),
        ("postgres", "select $q$Ann$q$", "select $q$xxx$q$"),
        ("postgres", "select a /* Ann\nLee */ from t1", "select a /* xxx\nxxx */ from t1"),
        ("postgres", 'select "Ann" from t1', 'select "Ann" from t1'),
        ("bigquery", 'select "Ann", r"Lee" # Bob', 'select "xxx", r"xxx" # xxx'),
        ("bigquery", "select '''a'b'''", "select '''xxx'''"),
        ("mysql", 'select "Ann", 0x41', 'select "xxx", xxxx'),
        ("mysql", "select 'it\\'s' # Ann", "select 'xxxxx' # xxx"),
        ("tsql", "select N'Ann', [col 1] from #t1", "select N'xxx', [col 1] from #t1"),
        ("snowflake", "select a:b[0]::string from t // Ann", "select a:b[0]::string from t // xxx"),
        ("oracle", "select q'[Ann's]' from dual", None),
        ("postgres", "select a from t where b = 'Ann", "select a from t where b = xxxx"),
        ("postgres", "copy t from stdin; 1,Ann", "copy t from stdin; 0,Ann"),
    ],
)
def test_literals_are_masked_in_place(dialect: str, sql: str, masked: str | None) -> None:
    found = mask_literals(sql, dialect=dialect)

    assert len(found) == len(sql)
    assert masked is None or found == masked


@given(
    st.text(alphabet=st.characters(codec="utf-8"), max_size=80),
    st.sampled_from(["postgres", "mysql", "tsql", "bigquery"]),
)
def test_any_text_keeps_its_length_and_its_lines(sql: str, dialect: str) -> None:
    masked = mask_literals(sql, dialect=dialect)

    assert len(masked) == len(sql)
    assert [i for i, c in enumerate(masked) if c == "\n"] == [i for i, c in enumerate(sql) if c == "\n"]


@given(st.from_regex(r"[A-Za-z0-9 ,.;()\-]{1,30}", fullmatch=True))
def test_no_quoted_value_survives(value: str) -> None:
    sql = f"select a from t where b = '{value}' and c > 5"

    assert mask_literals(sql, dialect="postgres") == f"select a from t where b = '{'x' * len(value)}' and c > 0"


def test_a_statement_that_does_not_tokenize_is_masked_to_its_end() -> None:
    assert mask_literals("select 12, 'Ann and more", dialect="postgres") == "select 00, xxxx xxx xxxx"
