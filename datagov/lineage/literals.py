"""Mask the literals and comments of SQL without changing its length, because they may be personal data."""

from __future__ import annotations

import re

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import speech

_TEXT = frozenset(t for t in TokenType if t.name.endswith("STRING") and t.name not in {"STRING_AGG"})
_OPENING = re.compile(r"""^(?:[A-Za-z_&@]{0,4})('''|\"\"\"|'|"|\$[A-Za-z_0-9]*\$|\[|\{|`)""")
_COMMENT = re.compile(r"^(--|/\*|//|#)")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"\S")
_SUSPECT = re.compile(r"""['"$`#]|--|/\*|//""")


def mask_literals(sql: str, *, dialect: str) -> str:
    """``sql`` with every literal masked, character by character: text becomes ``x``, digits become ``0``.

    Comments are masked too; quotes, newlines and the length stay, so lines and columns still hold. SQL that
    cannot be tokenized is masked from its first quote or comment sign to its end.

    >>> mask_literals("select 'Ann', 42 -- Bob", dialect="postgres")
    "select 'xxx', 00 -- xxx"
    """
    try:
        tokens = speech(dialect).tokens(sql)
    except (SqlglotError, ValueError, IndexError):
        return mask_conservatively(sql)
    return mask_tokens(sql, tokens, 0, len(sql))


def mask_tokens(sql: str, tokens: list[Token], start: int, end: int) -> str:
    """``sql[start:end]`` masked, given the tokens that lie within."""
    out: list[str] = []
    at = start
    for token in tokens:
        first, last = token.start, token.end + 1
        if first < at:
            continue
        if first > at:
            out.append(_masked_gap(sql[at:first]))
        kind = token.token_type
        piece = sql[first:last]
        if kind is TokenType.NUMBER:
            piece = _DIGIT.sub("0", piece)
        elif kind in _TEXT:
            piece = _masked_text(piece)
        out.append(piece)
        at = last
    out.append(_masked_gap(sql[at:end]))
    return "".join(out)


def mask_conservatively(sql: str) -> str:
    """Everything from the first quote or comment sign on, and every digit, masked; the length stays."""
    hit = _SUSPECT.search(sql)
    cut = hit.start() if hit else len(sql)
    return _DIGIT.sub("0", sql[:cut]) + _LETTER.sub("x", sql[cut:])


def _masked_text(piece: str) -> str:
    opening = _OPENING.match(piece)
    if opening is None:
        return _LETTER.sub("x", piece)
    mark = opening.group(1)
    head = opening.end()
    tail = len(piece) - len(mark)
    closed = tail >= head and piece.endswith({"[": "]", "{": "}"}.get(mark, mark))
    if not closed:
        tail = len(piece)
    return piece[:head] + re.sub(r"[^\n\r]", "x", piece[head:tail]) + piece[tail:]


def _masked_gap(gap: str) -> str:
    if not gap or gap.isspace():
        return gap
    out: list[str] = []
    for line in re.split(r"(\n)", gap):
        body = line.lstrip()
        lead = line[: len(line) - len(body)]
        sign = _COMMENT.match(body)
        head = sign.end() if sign else 0
        tail = len(body)
        if body[head:].rstrip().endswith("*/"):
            tail = body.rindex("*/")
        out.append(lead + body[:head] + _LETTER.sub("x", body[head:tail]) + body[tail:])
    return "".join(out)
