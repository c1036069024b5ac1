"""The shape of a statement: its text without values. Texts with the same outline have the same shape.

An outline costs a few searches, where masking costs a tokenizer: a log repeats few shapes with ever new values.
"""

from __future__ import annotations

import re

_VALUE = re.compile(
    r"(?P<text>'[^']*'(?:'[^']*')*)|(?P<name>\"[^\"]*\"|`[^`]*`)|(?P<said>--[^\n]*|/\*(?:[^*]|\*(?!/))*+\*/)"
    r"|(?P<number>(?<![\w$.])\.?0+(?:\.0*)?(?:[eE][+-]?0+)?(?!\w))|(?P<space>\s+)"
)
_MASKED = re.compile(r"\"[x0\W_]*\"\Z")

_TEXT = re.compile(r"'(?<![\w&]')[^'\\]*'(?:'[^'\\]*')*")
"""A text; of one with a word before its quote (``x'1F'``, ``N'…'``) or with a backslash, a quote is left over."""
_NUMBER = re.compile(r"[0-9](?<![\w$.].)[0-9]*(?:\.[0-9]+)?(?![\w.$])")
_BLOCK = re.compile(r"/\*(?![+!])[^*'\"`/\\\n]*\*/")
_LINE = re.compile(r"--[ \t][^\n'\"`\\@/*#{]*")
_LEADING = re.compile(r"\s*/\*(?![+!])(?:[^*/]|\*(?!/)|/(?!\*))*+\*/")
_PLACE = re.compile(r"\$[0-9]+")
_SIGN = "\x01"
"""Stands for a text in an outline."""
_PLAIN = re.compile(
    r"""(?isx) (?:\s|/\*\*/|--\n|\()*+
        (?:select|insert|update|delete|merge|with|from|values|replace)\b
        (?:
            [^'"`\\\#$@{};/*-]
          | " [^\W\d]\w* " | ` [^\W\d]\w* `
          | /\*\*/ | /(?![*/]) | \*(?!/) | --(?:\n|\Z) | -(?!-) | \$[0-9]++(?![\w$])
        )*+
        ;*\s*\Z"""
)
"""A query in which texts, names and comments end where they seem to: no quote is left over, no other sign quotes."""
_ARRAYS = frozenset({"postgres", "redshift", "hive", "spark", "databricks", "trino", "presto", "clickhouse", "duckdb"})
"""Dialects in which a bracket quotes no name."""


def without_values(masked: str) -> str:
    """A masked text without the length of what is masked, comments and space: the same for queries that differ in
    values only.

    >>> without_values("select 'xxx', 00.0  -- xx") == without_values("select 'x', 0")
    True
    """
    return _VALUE.sub(_plain, masked).strip()


def _plain(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "text":
            return "'x'"
        case "number":
            return "0"
        case "name":
            return '"x"' if _MASKED.match(found.group()) else found.group()
    return " "


def outline(sql: str) -> str | None:
    """``sql`` with a sign for each text, 0 for each number, and without what comments say; None: it cannot be told.

    >>> outline("SELECT a FROM t WHERE b = 'Li' AND c = 42") == outline("SELECT a FROM t WHERE b = 'Wang' AND c = 7.5")
    True
    """
    if _SIGN in sql or "'''" in sql:
        return None
    if "/*" in sql:
        sql = _without_comments(sql)
    if "--" in sql:
        sql = _LINE.sub("--", sql)
    return _NUMBER.sub("0", _TEXT.sub(_SIGN, sql))


def stands_for(told: str, shape: str, dialect: str) -> bool:
    """Whether every text with the outline ``told`` has the ``shape`` that one of them has.

    So it is for a query without signs that quote otherwise, when the outline alone leads to the same shape.

    >>> stands_for(outline("SELECT a FROM t WHERE b = 'Li'"), "SELECT a FROM t WHERE b = 'x'", "postgres")
    True
    >>> stands_for(outline("SET password = 'x'"), "SET password = 'x'", "postgres")
    False
    """
    if not _PLAIN.match(told) or ("[" in told and dialect not in _ARRAYS):
        return False
    places = _PLACE.sub(lambda found: "$".ljust(len(found.group()), "0"), told)
    return without_values(places.replace(_SIGN, "'x'")) == shape


def _without_comments(sql: str) -> str:
    """Before the statement and behind it a comment may say anything; within it, only one without quotes is told."""
    if leading := _LEADING.match(sql):
        sql = "/**/" + sql[leading.end() :]
    body = sql.rstrip("; \t\r\n")
    at = body.rfind("/*")
    if at >= 0 and body.find("*/", at + 2) == len(body) - 2 and body[at + 2] not in "+!":
        in_line = "--" in body[body.rfind("\n", 0, at) + 1 : at]
        sql = sql if in_line else body[:at] + "/**/" + sql[len(body) :]
    return _BLOCK.sub("/**/", sql)
