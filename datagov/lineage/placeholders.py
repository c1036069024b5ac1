"""What a scheduler puts into SQL before it runs: ``${day}`` and ``{day}``, where a value may stand."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import upper

_BESIDE = frozenset({TokenType.DOT, TokenType.VAR, TokenType.IDENTIFIER, TokenType.NUMBER})


def plain_placeholders(tokens: list[Token]) -> list[Token]:
    """Each ``${x}`` that stands alone as a parameter; one that is a part of a name is left as it is."""
    if not any(token.text == "{" for token in tokens):
        return tokens
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end = _end(tokens, position)
        if end is None or _in_name(tokens, position, end):
            out.append(token)
            position += 1
        else:
            out.append(Token(TokenType.PLACEHOLDER, "?", token.line, token.col, token.start, token.end))
            position = end + 1
    return out


def _end(tokens: list[Token], start: int) -> int | None:
    """The bracket that ends the placeholder beginning at ``start``; None when none begins there."""
    position = start + (upper(tokens, start) == "$")
    if upper(tokens, position) != "{" or tokens[position].end >= tokens[-1].end:
        return None
    twice = upper(tokens, position + 1) == "{"
    position += 1 + twice
    for end in range(position, min(position + 8, len(tokens))):
        if upper(tokens, end) == "}":
            return (end + twice if upper(tokens, end + 1) == "}" or not twice else None) if end > position else None
        if tokens[end].token_type in {TokenType.COMMA, TokenType.L_BRACE, TokenType.STRING, TokenType.SEMICOLON}:
            return None
    return None


def _in_name(tokens: list[Token], start: int, end: int) -> bool:
    """Does the placeholder touch the rest of a name?"""
    before, after = tokens[start - 1] if start else None, tokens[end + 1] if end + 1 < len(tokens) else None
    joined = before is not None and before.token_type in _BESIDE and before.end + 1 == tokens[start].start
    return joined or (after is not None and after.token_type in _BESIDE and after.start == tokens[end].end + 1)
