"""BigQuery's pipe syntax: the operators the parser does not know, said with those it does."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import CLOSE, OPEN, items, upper

_PIPE = "|>"
_MOVES_NOTHING = frozenset({"DISTINCT", "LIMIT", "TABLESAMPLE"})


def plain_pipes(tokens: list[Token]) -> list[Token]:
    """``SET``, ``DROP``, ``RENAME`` and ``WINDOW`` as the SELECT each of them stands for, without those that move no
    value.
    """
    if not any(token.text == _PIPE for token in tokens):
        return tokens
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.text != _PIPE:
            out.append(token)
            position += 1
            continue
        end = _end(tokens, position + 1)
        if upper(tokens, position + 1) not in _MOVES_NOTHING:
            out.append(token)
            out += _operator(tokens[position + 1 : end])
        position = end
    return out


def _end(tokens: list[Token], start: int) -> int:
    """Where the operator that begins at ``start`` ends: at the next pipe or the bracket around the whole."""
    depth = 0
    for position in range(start, len(tokens)):
        kind = tokens[position].token_type
        if kind in OPEN:
            depth += 1
        elif kind in CLOSE:
            depth -= 1
            if depth < 0:
                return position
        elif depth == 0 and tokens[position].text == _PIPE:
            return position
    return len(tokens)


def _operator(tokens: list[Token]) -> list[Token]:
    word, rest = upper(tokens, 0), tokens[1:]
    if not tokens:
        return tokens
    like = tokens[0]
    chosen = [_word(TokenType.SELECT, "SELECT", like), _word(TokenType.STAR, "*", like)]
    if word == "SET":
        return [*chosen, _word(TokenType.REPLACE, "REPLACE", like), *_bracketed(_assigned(rest), like)]
    if word == "DROP":
        return [*chosen, _word(TokenType.EXCEPT, "EXCEPT", like), *_bracketed(rest, like)]
    if word == "RENAME":
        return [*chosen, _word(TokenType.RENAME, "RENAME", like), *_bracketed(_aliased(rest), like)]
    if word == "WINDOW":
        return [_word(TokenType.VAR, "EXTEND", like), *rest]
    return tokens


def _word(kind: TokenType, text: str, like: Token) -> Token:
    return Token(kind, text, like.line, like.col, like.start, like.end)


def _bracketed(tokens: list[Token], like: Token) -> list[Token]:
    return [_word(TokenType.L_PAREN, "(", like), *tokens, _word(TokenType.R_PAREN, ")", like)]


def _joined(items: list[list[Token]], like: Token) -> list[Token]:
    out: list[Token] = []
    for item in items:
        out += [_word(TokenType.COMMA, ",", like), *item] if out else item
    return out


def _assigned(tokens: list[Token]) -> list[Token]:
    """``a = x, b = y`` as ``x AS a, y AS b``."""
    given = [
        [*item[2:], _word(TokenType.ALIAS, "AS", item[0]), item[0]]
        for item in items(tokens)
        if len(item) > 2 and item[1].token_type is TokenType.EQ
    ]
    return _joined(given, tokens[0]) if given else tokens


def _aliased(tokens: list[Token]) -> list[Token]:
    """``a b`` as ``a AS b``."""
    given = [
        [item[0], _word(TokenType.ALIAS, "AS", item[0]), item[1]] if len(item) == 2 else item for item in items(tokens)
    ]
    return _joined(given, tokens[0]) if given else tokens
