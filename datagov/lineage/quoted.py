"""Quoted names that are values: where ``"ann@x.org"`` stands as a string, it is covered before it is read as a name.

SQLite reads a double-quoted name that no table has as a string, T-SQL does so under ``QUOTED_IDENTIFIER OFF``,
MySQL unless ``ANSI_QUOTES`` is set; people write such strings in other dialects too, by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.paths import told_path

COVER = "masked_name"
"""What every covered name begins with."""
MAYBE_STRING = frozenset({"sqlite", "tsql", "fabric"})
"""Dialects whose names in quotes can be strings and are read as names."""
COVER_NOTE = "A name in quotes is no column of the catalog and may be a value; it is masked."
_LONGEST = 128
_VALUE = re.compile(
    r"""
      .[@]                                                # e-mail, user at a host
    | [:/=;'"<>\n\r\t]                                    # times, addresses of the web, lists, quotations
    | \\(?!\d(?:\W|_|$))                                  # paths; \1 stands for a group in DuckDB's COLUMNS
    | ^%.|.%.*%$                                          # patterns of LIKE
    | ^\+?[\d\W_]*\d[\d\W_]*$                             # numbers, dates, phone numbers: no letter at all
    | ^\d+\s                                              # a street with its number in front
    | \s.*\d.*\d.*\d|\d.*\d.*\d.*\s|\d.*\s.*\d.*\d|\d.*\d.*\s.*\d   # white space and three digits
    | ^[A-Za-z]{0,3}[-\ ]?\d[\d\ -]{4,}[A-Za-z]?$         # identity cards, passports, plates
    | ^[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$      # UUID
    | ^[A-Z]{2}\d{2}[A-Z0-9]{10,}$                        # IBAN
    | ^(?=(?:[^\d]*\d+[^\d]+){3})[A-Za-z0-9+.-]{20,}$     # keys and tokens
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[A-Za-z_]{1,32}[0-9]{0,4}\Z")  # most names, told quickly
_PATH = re.compile(r"(?i)^[\w+.-]+://|^\.{0,2}/|^[a-z]:[\\/]|^[\w.-]+:[\w-]+\.[\w.-]+$|[/.][^/@]*$")
_CONTAINER = re.compile(r"(?i)(?:abfss?|wasbs?)://[\w$-]+@[\w-]+\.[\w.-]+/[^@]*\Z")
"""Azure's ``abfss://container@account/path``: the part before the sign is no user."""
_TABLE_FOLLOWS = frozenset({TokenType.FROM, TokenType.JOIN, TokenType.INTO, TokenType.TABLE, TokenType.DOT})


@lru_cache(maxsize=4096)
def looks_like_value(text: str) -> bool:
    """Can this hardly be the name of a table or a column?

    >>> [looks_like_value(text) for text in ("ann@x.org", "138 0013 8000", "Order Date", "col 1")]
    [True, True, False, False]
    """
    if _WORD.match(text):
        return False
    return len(text) > _LONGEST or _VALUE.search(text) is not None


def is_covered(name: str) -> bool:
    """Is this what a covered name is called?"""
    return name.startswith(COVER)


def cover_name(name: str) -> str:
    """The name that stands for ``name``, which tells nothing; ``name`` itself when it is no value."""
    return COVER if looks_like_value(name) else name


def cover(sql: str, tokens: list[Token], told: Callable[[str], str]) -> None:
    """Call every quoted name what ``told`` makes of it; the tokens are changed in place.

    A path or a project's name where a table stands is left, if it holds no credentials.
    """
    if '"' not in sql and "`" not in sql and "[" not in sql:
        return
    before = TokenType.SEMICOLON
    for token in tokens:
        kind = token.token_type
        if kind is TokenType.IDENTIFIER:
            text = token.text
            name = told(text)
            if name != text and not (before in _TABLE_FOLLOWS and is_path(text)):
                token.text = name
        before = kind


@lru_cache(maxsize=4096)
def is_path(text: str) -> bool:
    """Can this be the path of a file, or a project with its tables, that holds no credentials?"""
    return (
        ("@" not in text or _CONTAINER.match(text) is not None)
        and _PATH.search(text) is not None
        and told_path(text) == text
    )
