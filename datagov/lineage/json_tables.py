"""``JSON_TABLE (… COLUMNS (…))`` with the columns alone: what is done on errors and how paths nest move no value.
``XMLTABLE`` with its row numbers as a plain column.
"""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.phrases import token as stand_in
from datagov.lineage.words import closing, upper

_ON = frozenset({"EMPTY", "ERROR"})
_INSTEAD = frozenset({"NULL", "ERROR", "EMPTY", "TRUE", "FALSE", "UNKNOWN"})
_PATH_ENDS = frozenset({"COLUMNS", ",", ")"})


def plain_json_tables(tokens: list[Token]) -> list[Token]:
    """Every JSON_TABLE without ``NULL ON EMPTY`` and its like, EXISTS before PATH, and with the columns of NESTED
    paths beside the others.
    """
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        out.append(tokens[at])
        at += 1
        if upper(tokens, at - 1) == "JSON_TABLE" and upper(tokens, at) == "(":
            end = closing(tokens, at)
            out += _plain(tokens[at:end])
            at = end
        elif [upper(tokens, at), upper(tokens, at + 1)] == ["FOR", "ORDINALITY"] and upper(tokens, at - 1) != "(":
            out.append(stand_in(TokenType.BIGINT, "BIGINT", tokens[at]))
            at += 2
    return out


def _plain(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        word = upper(tokens, at)
        skipped = _reaction(tokens, at)
        if skipped:
            at += skipped
        elif word == "EXISTS" and upper(tokens, at + 1) in {"PATH", ",", ")"}:
            at += 1
        elif word == "NESTED" and _columns_of(tokens, at):
            start = _columns_of(tokens, at)
            end = closing(tokens, start)
            out += _plain(tokens[start + 1 : end])
            at = end + 1
        else:
            ordinal = [upper(tokens, at + 1), upper(tokens, at + 2)] == ["FOR", "ORDINALITY"]
            out.append(stand_in(TokenType.VAR, tokens[at].text, tokens[at]) if ordinal else tokens[at])
            at += 1
    return out


def _reaction(tokens: list[Token], at: int) -> int:
    """How many tokens say what stands for a value that is missing or wrong; 0 when none do at ``at``."""
    width = 1 if upper(tokens, at) in _INSTEAD else 2 if upper(tokens, at) == "DEFAULT" else 0
    if upper(tokens, at) == "EMPTY" and upper(tokens, at + 1) in {"ARRAY", "OBJECT"}:
        width = 2
    if width and upper(tokens, at + width) == "ON" and upper(tokens, at + width + 1) in _ON:
        return width + 2
    return 0


def _columns_of(tokens: list[Token], at: int) -> int:
    """The bracket that opens the columns of the NESTED path at ``at``; 0 when there is none."""
    for start in range(at + 1, min(at + 7, len(tokens))):
        if upper(tokens, start) in _PATH_ENDS:
            return start + 1 if upper(tokens, start + 1) == "(" else 0
    return 0
