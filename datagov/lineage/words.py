"""Read statements by their words where the parser has no tree: find a word outside brackets, read a dotted
name.
"""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_QUOTED = frozenset({TokenType.IDENTIFIER, TokenType.STRING})
CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_NO_WORD = OPEN | CLOSE | _QUOTED | {TokenType.CASE}


kind_of = attrgetter("token_type")
"""The kind of a token, for ``map``."""


def words(text: str) -> frozenset[str]:
    """The words of a text as a set: long lists of keywords read better so."""
    return frozenset(text.split())


def upper(tokens: list[Token], position: int) -> str:
    """The word at ``position`` in upper case; empty past the end."""
    return tokens[position].text.upper() if 0 <= position < len(tokens) else ""


def find(tokens: list[Token], wanted: Collection[str], start: int = 0) -> int | None:
    """The position of the first of ``wanted`` from ``start`` on, outside brackets and CASE; None when there
    is none.
    """
    depth = cases = 0
    for position, token in enumerate(tokens[start:] if start else tokens, start):
        kind = token.token_type
        if kind in _NO_WORD:
            if kind in OPEN:
                depth += 1
            elif kind in CLOSE:
                depth -= 1
            elif kind is TokenType.CASE:
                cases += 1
        elif cases and kind is TokenType.END:
            cases -= 1
        elif depth == 0 and cases == 0 and token.text.upper() in wanted:
            return position
    return None


def find_pair(tokens: list[Token], one: str, other: str) -> int | None:
    """The position of the word ``one`` that ``other`` follows, inside brackets or not; None when there is none."""
    for position in range(len(tokens) - 1):
        if tokens[position].text == one and tokens[position + 1].text.upper() == other:
            return position
    return None


def closing(tokens: list[Token], position: int) -> int:
    """The position of the bracket that closes the one at ``position`` (the last token when none does)."""
    depth = 0
    for at in range(position, len(tokens)):
        kind = tokens[at].token_type
        if kind in OPEN:
            depth += 1
        elif kind in CLOSE:
            depth -= 1
            if depth == 0:
                return at
    return len(tokens) - 1


def dotted(tokens: list[Token], position: int) -> tuple[list[Token], int]:
    """The name tokens of ``a.b.c`` from ``position`` on, and the position after it."""
    if position >= len(tokens):
        return [], position
    parts = [tokens[position]]
    position += 1
    while position + 1 < len(tokens) and tokens[position].token_type is TokenType.DOT:
        parts.append(tokens[position + 1])
        position += 2
    return parts, position


def identifier(token: Token) -> exp.Identifier:
    """The identifier a token is."""
    node = exp.Identifier(this=token.text, quoted=token.token_type in _QUOTED)
    node.meta["start"] = token.start
    return node


def signed(token: Token) -> exp.Identifier:
    """The variable ``@x`` whose name is ``token``."""
    node = exp.Identifier(this=f"@{token.text}", quoted=False)
    node.meta["start"] = token.start
    return node


def table_at(tokens: list[Token], position: int) -> tuple[exp.Table | None, int]:
    """The table named from ``position`` on, and the position after its name."""
    if upper(tokens, position) == "@" and position + 1 < len(tokens):
        return exp.Table(this=signed(tokens[position + 1])), position + 2
    parts, after = dotted(tokens, position)
    if not parts or parts[0].token_type in OPEN:
        return None, position
    names = [identifier(part) for part in parts[-3:]]
    keys = ("this", "db", "catalog")
    return exp.Table(**dict(zip(keys, reversed(names), strict=False))), after


def listed(tokens: list[Token], position: int) -> tuple[list[exp.Identifier], int]:
    """The first word of every item of a bracketed list at ``position``; empty when no bracket stands
    there.
    """
    if position >= len(tokens) or tokens[position].token_type is not TokenType.L_PAREN:
        return [], position
    close = closing(tokens, position)
    names: list[exp.Identifier] = []
    depth = 0
    fresh = True
    for token in tokens[position + 1 : close]:
        if token.token_type in OPEN:
            depth += 1
        elif token.token_type in CLOSE:
            depth -= 1
        elif token.token_type is TokenType.COMMA and depth == 0:
            fresh = True
        elif fresh:
            names.append(identifier(token))
            fresh = False
    return names, close + 1


def items(tokens: list[Token]) -> list[list[Token]]:
    """The items of a list, cut at the commas outside brackets; empty ones are left out."""
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.token_type in OPEN) - (token.token_type in CLOSE)
        if depth == 0 and token.token_type is TokenType.COMMA:
            found.append([])
        else:
            found[-1].append(token)
    return [item for item in found if item]
