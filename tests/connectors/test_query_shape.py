"""Outlines: texts with the same outline have the same shape, whatever stands in them; most of a log has one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.connectors._query_shape import outline, stands_for, without_values
from datagov.lineage import mask_literals

QUOTING = [
    "'", '"', "`", "'a'", "'it''s'", "'7'", "'/*'", "'*/'", '"n"', '"id 5"', '"\'"', "`t`", "--", "-- d\n", "--4",
    "/*", "*/", "/*+", "/* c */", "/* ' */", "// ", "#", "\n", "\\", "$1", "$$", "@", "a@b.cd", "[", "]", "{", ";",
    "N'c'", "x'1f'", "u&", "'''", "1", "42", "4.5", "1e5", "0x1", ".5", "1.", "t1", " ", " ", ",", "(", ")", "=", "-",
    "::text", " from ", " password ", "\x01",
]  # fmt: skip
STARTS = ["select ", "/* x 'y' */ select ", "-- a\nselect ", "(select ", "insert ", "update t set ", "with ", "set "]
DIALECTS = ["postgres", "mysql", "bigquery", "tsql", "snowflake", "spark", "oracle", "sqlite", "clickhouse", "hive"]


def shape(sql: str, dialect: str) -> str:
    return without_values(mask_literals(sql, dialect=dialect))


@settings(max_examples=150, deadline=None)
@given(
    begin=st.sampled_from(STARTS),
    parts=st.lists(st.lists(st.sampled_from(QUOTING), max_size=6).map("".join), min_size=2, max_size=40),
    dialect=st.sampled_from(DIALECTS),
)
def test_an_outline_that_stands_for_a_shape_is_of_no_text_with_another(
    begin: str, parts: list[str], dialect: str
) -> None:
    shapes: dict[str, set[str]] = {}
    standing = set()
    for part in parts:
        sql = (begin + part).strip()
        told, own = outline(sql), shape(sql, dialect)
        if told is not None:
            shapes.setdefault(told, set()).add(own)
            standing |= {told} if stands_for(told, own, dialect) else set()

    assert [shapes[told] for told in standing if len(shapes[told]) > 1] == []


TOLD = [
    ("SELECT a FROM t WHERE b = 'Li' AND c = 7", "SELECT a FROM t WHERE b = 'O''Brien, Ann' AND c = 1234.5"),
    ('SELECT "a"."b" FROM "t" WHERE "b" IN (1, 2);', 'SELECT "a"."b" FROM "t" WHERE "b" IN (30, 44);'),
    ("SELECT a FROM t WHERE b = $1 AND d = '2026-01-01'", "SELECT a FROM t WHERE b = $1 AND d = '2027-02-02'"),
    ("SELECT `a` FROM `t` WHERE `b` = 'Li' LIMIT 1", "SELECT `a` FROM `t` WHERE `b` = 'Wang' LIMIT 20"),
    ("SELECT 1 /*app='x',trace='00-ab'*/", "SELECT 1 /*app='x',trace='01-cd'*/"),
    ("/* it's 1 */ SELECT a FROM t", "/* it's 2 */ SELECT a FROM t"),
    ("-- name: one\nSELECT a FROM t", "-- name: two\nSELECT a FROM t"),
    ("SELECT a /* x 1 */ FROM t", "SELECT a /* y 2 */ FROM t"),
]


@pytest.mark.parametrize(("one", "other"), TOLD)
def test_what_programs_send_is_told_by_its_outline(one: str, other: str) -> None:
    told, dialect = outline(one), "mysql" if "`" in one else "postgres"

    assert told is not None
    assert told == outline(other)
    assert stands_for(told, shape(one, dialect), dialect)


NOT_TOLD = [
    "SELECT x'1F'", "SELECT N'Li'", "SELECT 'a\\'b'", "SELECT $$it's$$", "SELECT 'Li", "SET password = 'x'",
    "SELECT 1 # it's", "SELECT 1; SET password = x", 'SELECT "ann@example.org"', "SELECT 1e5",
    "SELECT a--4", "CALL f('password', 5)",
]  # fmt: skip


@pytest.mark.parametrize("sql", NOT_TOLD)
def test_what_is_not_told_for_sure_is_masked_each_time(sql: str) -> None:
    assert not stands_for(outline(sql) or "", shape(sql, "mysql"), "mysql")


def test_an_outline_holds_no_value_and_nothing_of_a_comment() -> None:
    told = outline(
        "/* Ann */ SELECT a /* Lee */ FROM t WHERE b = 'Bob' AND c = 13800138000 -- Eve\n LIMIT 9 /* Joe's */"
    )
    assert told == "/**/ SELECT a /**/ FROM t WHERE b = \x01 AND c = 0 --\n LIMIT 0 /**/"
