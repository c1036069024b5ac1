"""Mask the literals and comments of SQL without changing its length, because they may be personal data."""

from __future__ import annotations

import re

from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import speech
from datagov.lineage.quoted import cover, cover_name, is_covered, looks_like_value
from datagov.lineage.secrets import MAY_HOLD, secret_places

_TEXT = frozenset(t for t in TokenType if t.name.endswith("STRING") and t.name not in {"STRING_AGG"})
_OPENING = re.compile(r"""^(?:[A-Za-z_&@]{0,4})('''|\"\"\"|'|"|\$[A-Za-z_0-9]*\$|\[|\{|`)""")
_COMMENT = re.compile(r"^(--|/\*|//|#)")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_TICKED = re.compile(r"`([^`\n]*)`")
_DIGIT = re.compile(r"[0-9]")
_LETTER = re.compile(r"\S")
_SUSPECT = re.compile(r"""(?i)['"$`#\[]|(?<==)|--|/\*|//|identified|password|secret|credential|token""")


def mask_literals(sql: str, *, dialect: str) -> str:
    """``sql`` with every literal masked, character by character: text becomes ``x``, digits become ``0``.

    Comments are masked too; quotes, newlines and the length stay, so lines and columns still hold. SQL that
    cannot be tokenized is masked from its first quote or comment sign to its end. Quoted names that look like
    values are masked as well, and so are the values of settings and secrets that stand without quotes.

    >>> mask_literals("select 'Ann', 42 -- Bob", dialect="postgres")
    "select 'xxx', 00 -- xxx"
    """
    try:
        tokens = speech(dialect).tokens(sql)
    except (SqlglotError, ValueError, IndexError):
        return mask_conservatively(sql)
    cover(sql, tokens, cover_name)
    return mask_tokens(sql, tokens, 0, len(sql))


def mask_tokens(sql: str, tokens: list[Token], start: int, end: int) -> str:
    """``sql[start:end]`` masked, given the tokens that lie within."""
    out: list[str] = []
    at = start
    secret = secret_places(tokens) if MAY_HOLD.search(sql, start, end) else ()
    for token in tokens:
        first, last = token.start, token.end + 1
        if first < at:
            continue
        if first > at:
            out.append(_masked_gap(sql[at:first]))
        kind = token.token_type
        piece = sql[first:last]
        if first in secret:
            piece = _LETTER.sub("x", piece)
        elif kind is TokenType.NUMBER:
            piece = _DIGIT.sub("0", piece)
        elif kind in _TEXT or (kind is TokenType.IDENTIFIER and is_covered(token.text)):
            piece = _masked_text(piece)
        out.append(piece)
        at = last
    out.append(_masked_gap(sql[at:end]))
    return _without_loose_values("".join(out), sql[start:end])


def mask_conservatively(sql: str) -> str:
    """Everything from the first quote or comment sign on, and every digit, masked; the length stays."""
    hit = _SUSPECT.search(sql)
    cut = hit.start() if hit else len(sql)
    return _without_loose_values(_DIGIT.sub("0", sql[:cut]) + _LETTER.sub("x", sql[cut:]), sql)


def _without_loose_values(text: str, sql: str) -> str:
    """``text``, which is ``sql`` masked, without addresses and values in quotes that the dialect does not have."""
    hits = [hit.span() for hit in _ADDRESS.finditer(sql)] if "@" in sql else []
    if "`" in sql:
        hits += [hit.span(1) for hit in _TICKED.finditer(sql) if looks_like_value(hit[1])]
    for first, last in hits:
        text = text[:first] + _LETTER.sub("x", text[first:last]) + text[last:]
    return text


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
