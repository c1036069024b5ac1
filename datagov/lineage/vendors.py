"""Statements of databases that the parser has no dialect of, or a young one, in words it knows: Doris and StarRocks,
Dremio, Db2, Impala, Greenplum, Vertica and Netezza.
"""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import closing, find, table_at, upper

_STATEMENTS = frozenset({"INSERT", "CREATE", "UPDATE", "DELETE", "CACHE"})
_SPREAD = {
    ("DISTRIBUTED", "BY"), ("DISTRIBUTED", "RANDOMLY"), ("DISTRIBUTED", "REPLICATED"), ("DISTRIBUTE", "ON"),
    ("SEGMENTED", "BY"), ("UNSEGMENTED", "ALL"), ("PARTITION", "BY"), ("PARTITION BY", "("), ("ORGANIZE", "ON"),
}  # fmt: skip
_ISOLATION = frozenset({"UR", "CS", "RS", "RR"})
_CHANGED = frozenset({"FINAL", "NEW", "OLD"})


def _like(kind: TokenType, text: str, like: Token) -> Token:
    return Token(kind, text, like.line, like.col, like.start, like.end)


def of_dremio(tokens: list[Token]) -> list[Token]:
    """``CREATE VDS`` makes a view, ``CREATE PDS`` and ``REFRESH`` make nothing."""
    at = find(tokens[:5], {"VDS"})
    if upper(tokens, 0) not in {"CREATE", "DROP", "ALTER"} or at is None:
        return tokens
    like = tokens[at]
    return [*tokens[:at], _like(TokenType.VIEW, "VIEW", like), *tokens[at + 1 :]]


def of_doris(tokens: list[Token]) -> list[Token]:
    """``SUBMIT TASK … AS INSERT …`` runs the INSERT; ``PARTITION (p1) WITH LABEL l`` after its table is no column."""
    if upper(tokens, 0) == "SUBMIT" and upper(tokens, 1) == "TASK":
        begin = find(tokens, _STATEMENTS, 2)
        tokens = tokens if begin is None else tokens[begin:]
    if upper(tokens, 0) != "INSERT":
        return tokens
    at = 1
    while upper(tokens, at) in {"INTO", "OVERWRITE", "TABLE"}:
        at += 1
    at = end = table_at(tokens, at)[1]
    while True:
        after = end + (upper(tokens, end) == "TEMPORARY")
        if upper(tokens, after) in {"PARTITION", "PARTITIONS"} and upper(tokens, after + 1) == "(":
            end = closing(tokens, after + 1) + 1
        elif upper(tokens, end) == "WITH" and upper(tokens, end + 1) == "LABEL":
            end += 3
        else:
            return tokens[:at] + tokens[end:]


def of_postgres_kin(tokens: list[Token]) -> list[Token]:
    """How Greenplum, Netezza and Vertica spread the rows of a new table moves no value."""
    if upper(tokens, 0) != "CREATE":
        return tokens
    for at in range(3, len(tokens)):
        pair = upper(tokens, at), upper(tokens, at + 1)
        if pair in _SPREAD and upper(tokens, at - 1) != "(" and _ends_with_spread(tokens, at):
            return tokens[:at]
    return tokens


def _ends_with_spread(tokens: list[Token], start: int) -> bool:
    """Do the tokens from ``start`` stand outside all brackets?"""
    depth = 0
    for token in tokens[:start]:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
    return depth == 0


def of_impala(tokens: list[Token]) -> list[Token]:
    """``UPSERT INTO`` writes as INSERT does; ``[SHUFFLE]`` is a hint."""
    if upper(tokens, 0) == "UPSERT":
        tokens = [_like(TokenType.INSERT, "INSERT", tokens[0]), *tokens[1:]]
    out: list[Token] = []
    for position, token in enumerate(tokens):
        hinted = any(
            upper(tokens, at) == "[" and upper(tokens, at + 1) in {"SHUFFLE", "NOSHUFFLE", "BROADCAST"}
            for at in range(position - 2, position + 1)
        )
        if not hinted:
            out.append(token)
    return out


def of_db2(tokens: list[Token]) -> list[Token]:
    """``WITH UR`` at the end, ``FOR READ ONLY``, and ``FINAL TABLE (INSERT …)``, which is a WITH that writes."""
    if upper(tokens, len(tokens) - 2) == "WITH" and upper(tokens, len(tokens) - 1) in _ISOLATION:
        tokens = tokens[:-2]
    if upper(tokens, len(tokens) - 1) == "ONLY" and upper(tokens, len(tokens) - 2) in {"READ", "FETCH"}:
        tokens = tokens[:-3]
    at = next((i for i in range(len(tokens)) if _changed_table(tokens, i)), None)
    if at is None or upper(tokens, 0) != "SELECT":
        return tokens
    like, end = tokens[at], closing(tokens, at + 2)
    name = _like(TokenType.VAR, "_changed", like)
    returning = [_like(TokenType.RETURNING, "RETURNING", like), _like(TokenType.STAR, "*", like), tokens[end]]
    opened = [_like(TokenType.WITH, "WITH", like), name, _like(TokenType.ALIAS, "AS", like), tokens[at + 2]]
    return [*opened, *tokens[at + 3 : end], *returning, *tokens[:at], name, *tokens[end + 1 :]]


def _changed_table(tokens: list[Token], at: int) -> bool:
    return upper(tokens, at) in _CHANGED and upper(tokens, at + 1) == "TABLE" and upper(tokens, at + 2) == "("
