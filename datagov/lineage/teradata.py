"""Teradata's own phrases in words the parser knows: ``a (INTEGER)``, ``(a - b) DAY TO SECOND``, ``RANK(a DESC)``,
``SELECT NORMALIZE``, ``WITH DATA AND STATS``.
"""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import closing, find, items, upper, words

_TYPES = words(
    """
    BYTEINT SMALLINT INTEGER INT BIGINT DECIMAL DEC NUMERIC NUMBER FLOAT REAL CHAR CHARACTER VARCHAR CLOB BYTE VARBYTE
    BLOB DATE TIME TIMESTAMP
    """
)
_UNITS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"})
_ENDS_VALUE = frozenset({TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.STRING, TokenType.NUMBER})
_ORDERED = {"RANK": ("RANK", 0), "QUANTILE": ("NTILE", 1), "CSUM": ("SUM", 1), "MSUM": ("SUM", 2),
            "MAVG": ("AVG", 2), "MDIFF": ("MDIFF", 2)}  # fmt: skip
"""Functions of the old style, with the one they are today and how many arguments come before those that sort."""
_MEETS = frozenset({"ON", "MEETS", "OR", "OVERLAPS"})


def in_known_words(tokens: list[Token]) -> list[Token]:
    """The same statement without phrases that only Teradata has."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        word = tokens[at].text.upper()
        before = out[-1] if out else None
        if word == "(" and before is not None and before.token_type in _ENDS_VALUE and _is_type(tokens, at):
            end = closing(tokens, at)
            if before.text.upper() != "PERIOD":
                out += [_like(TokenType.DCOLON, "::", tokens[at]), *items(tokens[at + 1 : end])[0]]
                at = end + 1
                continue
        elif word in _UNITS and before is not None and before.token_type is TokenType.R_PAREN:
            at = _after_unit(tokens, at)
            if upper(tokens, at) == "TO" and upper(tokens, at + 1) in _UNITS:
                at = _after_unit(tokens, at + 1)
            continue
        elif word in _ORDERED and upper(tokens, at + 1) == "(":
            end = closing(tokens, at + 1)
            if end > at + 2 and upper(tokens, end + 1) not in {"OVER", "WITHIN"}:
                out += _windowed(tokens[at : end + 1])
                at = end + 1
                continue
        elif word == "NORMALIZE" and before is not None and before.text.upper() in {"SELECT", "SEL"}:
            at += 1
            while upper(tokens, at) in _MEETS:
                at += 1
            continue
        elif word == "AND" and before is not None and before.text.upper() == "DATA":
            statistics = at + 1 + (upper(tokens, at + 1) == "NO")
            if upper(tokens, statistics) in {"STATS", "STATISTICS"}:
                at = statistics + 1
                continue
        out.append(tokens[at])
        at += 1
    return out


def _like(kind: TokenType, text: str, like: Token) -> Token:
    return Token(kind, text, like.line, like.col, like.start, like.end)


def _is_type(tokens: list[Token], at: int) -> bool:
    return upper(tokens, at + 1) in _TYPES and upper(tokens, at + 2) in {"(", ")", ","}


def _after_unit(tokens: list[Token], at: int) -> int:
    """The position behind ``DAY`` or ``DAY(4)``."""
    return closing(tokens, at + 1) + 1 if upper(tokens, at + 1) == "(" else at + 1


def _windowed(call: list[Token]) -> list[Token]:
    """``CSUM(a, b DESC)`` as ``SUM(a) OVER (ORDER BY b DESC)``."""
    name, plain = _ORDERED[call[0].text.upper()]
    opened, closed = call[1], call[-1]
    end = 1
    for _ in range(plain):
        comma = find(call[:-1], {","}, end + 1)
        if comma is None:
            return call
        end = comma
    value = items(call[2:end])[0] if plain else []
    over = [
        _like(TokenType.OVER, "OVER", opened), _like(TokenType.L_PAREN, "(", opened),
        _like(TokenType.ORDER_BY, "ORDER BY", opened),
    ]  # fmt: skip
    return [_like(TokenType.VAR, name, call[0]), opened, *value, closed, *over, *call[end + 1 :]]
