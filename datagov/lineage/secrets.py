"""Where a statement that is no query holds a secret without quotes: ``SET password = …``, ``IDENTIFIED BY …``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import CLOSE, OPEN, closing, upper, words

MAY_HOLD = re.compile(r"(?i)\bset\b|\balter\b|identified|pass|pwd|secret|credential|token|key|options")
"""Text without any of these holds no such secret."""
_SECRET = re.compile(r"(?:PASSWORD|PASSWD|PWD|PASSPHRASE|SECRET|CREDENTIALS?|TOKEN|APIKEY|_KEY|_KEY_ID|KEY_ID)$")
_QUERIES = words("SELECT INSERT UPDATE DELETE MERGE WITH FROM VALUES REPLACE UPSERT (")
_LINKS = words("= := => : BY WITH AS TO IS FOR USING PASSWORD HASH ( ENCRYPTED UNENCRYPTED")
_SETTINGS = words("OPTIONS CREDENTIALS CREDENTIAL SECRET STORAGE_OPTIONS")


def secret_places(tokens: list[Token]) -> set[int]:
    """The offsets of the tokens that are, or may be, the value of a setting or a secret."""
    out: set[int] = set()
    for statement in _statements(tokens):
        word = upper(statement, 0)
        if word not in _QUERIES:
            out.update(token.start for token in _values(word, statement))
    return out


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    start = int(bool(tokens) and not tokens[0].text)  # Athena's first token only says which parser is to read
    for at, token in enumerate(tokens):
        if token.token_type is TokenType.SEMICOLON:
            if at > start:
                yield tokens[start:at]
            start = at + 1
    if start < len(tokens):
        yield tokens[start:]


def _values(word: str, tokens: list[Token]) -> Iterator[Token]:
    made = any(token.token_type is TokenType.SELECT for token in tokens)
    if word == "SET" and not made:
        at = next((i for i, t in enumerate(tokens) if t.text.upper() in {"=", ":=", "TO"}), len(tokens))
        yield from tokens[at + 1 :]
    if word == "ALTER" and not made and not any(token.text.upper() == "UPDATE" for token in tokens):
        yield from _right_sides(tokens)
    table = word == "CREATE" and any(token.text.upper() in {"TABLE", "VIEW"} for token in tokens[:6])
    for at, token in enumerate(tokens):
        name = token.text.upper()
        after = upper(tokens, at + 1)
        if name == "IDENTIFIED":
            yield from (t for t in tokens[at + 1 :] if t.text.upper() not in _LINKS)
        elif name in _SETTINGS and "(" in {after, upper(tokens, at + 2)}:
            opening = at + 1 if after == "(" else at + 2
            yield from _settings(tokens[opening + 1 : closing(tokens, opening)])
        elif _SECRET.search(name) and (not table or after in {"=", "=>", ":="}):
            yield from _operand(tokens, at + 1)


def _right_sides(tokens: list[Token]) -> Iterator[Token]:
    """What stands after each ``=``, up to the next comma or closing bracket."""
    inside = False
    for token in tokens:
        kind = token.token_type
        if kind is TokenType.COMMA or kind in CLOSE:
            inside = False
        elif inside:
            yield token
        elif kind is TokenType.EQ:
            inside = True


def _settings(tokens: list[Token]) -> Iterator[Token]:
    """The values of ``name = value, name value, …``."""
    depth = 0
    fresh = True
    for token in tokens:
        kind = token.token_type
        depth += (kind in OPEN) - (kind in CLOSE)
        if kind is TokenType.COMMA and depth == 0:
            fresh = True
        elif fresh:
            fresh = False
        elif kind is not TokenType.EQ:
            yield token


def _operand(tokens: list[Token], at: int) -> Iterator[Token]:
    """The value after a word such as PASSWORD: one token and all that is glued to it."""
    while upper(tokens, at) in _LINKS:
        at += 1
    end = -1
    for token in tokens[at:]:
        if token.token_type in CLOSE or token.token_type is TokenType.COMMA or (end >= 0 and token.start > end + 1):
            return
        yield token
        end = token.end
