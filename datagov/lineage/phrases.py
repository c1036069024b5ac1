"""Phrases of one vendor that matter to no lineage and that the parser does not know, taken out or put in words it
knows.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.teradata import in_known_words
from datagov.lineage.vendors import of_doris, of_dremio
from datagov.lineage.words import CLOSE, OPEN, closing, find, table_at, upper

_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})
_DISPLAY = frozenset({"NAMED", "TITLE", "FORMAT"})
_LOCKS = frozenset({"ACCESS", "EXCLUSIVE", "SHARE", "READ", "WRITE", "CHECKSUM"})
_AFTER_LOCK = frozenset({"MODE", "NOWAIT", "OVERRIDE"})


def token(kind: TokenType, text: str, like: Token) -> Token:
    """A token that stands where ``like`` stands."""
    return Token(kind, text, like.line, like.col, like.start, like.end)


def hash_names(tokens: list[Token]) -> list[Token]:
    """T-SQL: ``#x`` and ``##x`` as one name, so that a temporary table is not taken for the stored one called x."""
    out: list[Token] = []
    for item in tokens:
        signs = 0
        while signs < 2 and signs < len(out) and out[-1 - signs].token_type is TokenType.HASH:
            signs += 1
        if signs and out[-1].end + 1 == item.start and item.text[:1].isidentifier():
            first = out[-signs]
            del out[-signs:]
            item = Token(TokenType.VAR, "#" * signs + item.text, first.line, first.col, first.start, item.end)
        out.append(item)
    return out


def without_error_log(tokens: list[Token]) -> list[Token]:
    """Oracle: ``LOG ERRORS [INTO t] [('tag')] [REJECT LIMIT n]`` at the end of a statement that writes."""
    if upper(tokens, 0) not in _WRITES:
        return tokens
    at = find(tokens, {"LOG"})
    while at is not None and upper(tokens, at + 1) != "ERRORS":
        at = find(tokens, {"LOG"}, at + 1)
    return tokens if at is None else tokens[:at]


def numbered_binds(tokens: list[Token]) -> list[Token]:
    """Oracle: ``:1`` is a bind variable; the parser knows those with names."""
    out: list[Token] = []
    for item in tokens:
        bind = out and out[-1].token_type is TokenType.COLON and out[-1].end + 1 == item.start
        if bind and item.token_type is TokenType.NUMBER:
            item = token(TokenType.VAR, f"_{item.text}", item)
        out.append(item)
    return out


def without_model(tokens: list[Token]) -> tuple[list[Token], bool]:
    """Oracle: a query without its MODEL clause, and whether there was one."""
    depth = 0
    for at, item in enumerate(tokens):
        depth += (item.token_type in OPEN) - (item.token_type in CLOSE)
        if item.text.upper() != "MODEL" or upper(tokens, at + 1) not in _MODEL_GOES_ON:
            continue
        end, level = at, depth
        while end < len(tokens) and level >= depth:
            level += (tokens[end].token_type in OPEN) - (tokens[end].token_type in CLOSE)
            if level == depth and upper(tokens, end) == "ORDER":
                break
            end += 1
        end -= level < depth
        return tokens[:at] + tokens[end:], True
    return tokens, False


_MODEL_GOES_ON = frozenset(
    {"PARTITION", "PARTITION BY", "DIMENSION", "IGNORE", "KEEP", "UNIQUE", "RETURN", "REFERENCE", "MAIN", "MEASURES"}
)


def without_locking(tokens: list[Token]) -> list[Token]:
    """Teradata: ``LOCKING ROW FOR ACCESS`` before a query, ``(NAMED x)`` and ``(FORMAT 'x')`` after a column."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        word = upper(tokens, at)
        if word == "LOCKING" or (word == "LOCK" and not out):
            mode = next((i for i in range(at + 1, min(at + 10, len(tokens))) if upper(tokens, i) in _LOCKS), None)
            if mode is not None and upper(tokens, mode - 1) in {"FOR", "IN"}:
                at = mode + 1
                while upper(tokens, at) in _AFTER_LOCK:
                    at += 1
                continue
        if word == "(" and out:
            end = closing(tokens, at)
            inside = tokens[at:end]
            shown = find(inside, _DISPLAY, 1)
            if shown is not None and upper(inside, shown - 1) in {"(", ","} and shown + 1 < len(inside):
                named = find(inside, {"NAMED"}, 1)
                if named is not None:
                    out += [token(TokenType.ALIAS, "AS", tokens[at]), tokens[at + named + 1]]
                if named is not None or inside[shown + 1].token_type is TokenType.STRING:
                    at = end + 1
                    continue
        out.append(tokens[at])
        at += 1
    return out


def files_by_path(tokens: list[Token]) -> list[Token]:
    """T-SQL: ``OPENROWSET(BULK 'path', …) WITH (…)`` as a table called by its path."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        path = tokens[at + 3] if at + 3 < len(tokens) else tokens[at]
        named = upper(tokens, at) == "OPENROWSET" and upper(tokens, at + 2) == "BULK" and path.token_type in _TEXTS
        if not named:
            out.append(tokens[at])
            at += 1
            continue
        at = closing(tokens, at + 1) + 1
        if upper(tokens, at) == "WITH" and upper(tokens, at + 1) == "(":
            at = closing(tokens, at + 1) + 1
        out.append(token(TokenType.IDENTIFIER, path.text, path))
    return out


_TEXTS = frozenset({TokenType.STRING, TokenType.NATIONAL_STRING})


def without_target_hints(tokens: list[Token]) -> list[Token]:
    """T-SQL: ``INSERT INTO t WITH (TABLOCK)``, also after a WITH clause."""
    start = 0 if upper(tokens, 0) == "INSERT" else find(tokens, {"INSERT"})
    if start is None:
        return tokens
    at = table_at(tokens, start + 1 + (upper(tokens, start + 1) == "INTO"))[1]
    if upper(tokens, at) == "WITH" and upper(tokens, at + 1) == "(":
        return tokens[:at] + tokens[closing(tokens, at + 1) + 1 :]
    return tokens


def quoted_aliases(tokens: list[Token]) -> list[Token]:
    """T-SQL: ``SELECT 'Total' = a + b``: the text is the column's name."""
    out = list(tokens)
    for at in range(1, len(tokens) - 1):
        named = tokens[at].token_type in _TEXTS and upper(tokens, at + 1) == "="
        if named and upper(tokens, at - 1) in {"SELECT", "DISTINCT", ","}:
            out[at] = token(TokenType.IDENTIFIER, tokens[at].text, tokens[at])
    return out


def _tsql(tokens: list[Token]) -> list[Token]:
    if upper(tokens, 0) in {"SELECT", "INSERT", "WITH", "CREATE", "ALTER"}:
        tokens = quoted_aliases(tokens)
    return files_by_path(tokens)


def _teradata(tokens: list[Token]) -> list[Token]:
    if upper(tokens, 0) == "DEL":
        tokens = [token(TokenType.DELETE, "DELETE", tokens[0]), *tokens[1:]]
        if upper(tokens, len(tokens) - 1) == "ALL":
            tokens = tokens[:-1]
    out: list[Token] = []
    for at, item in enumerate(without_locking(tokens)):
        period = item.text.upper() in {"BEGIN", "END"} and at > 0 and out[-1].text.upper() in _BEFORE_VALUE
        out.append(token(TokenType.VAR, item.text, item) if period else item)
    return in_known_words(out)


_BEFORE_VALUE = frozenset({"SELECT", "SEL", ",", "(", "AND", "OR", "=", "<", ">", "WHERE", "BETWEEN", "ON"})


def _without_wrapper(tokens: list[Token]) -> list[Token]:
    """Oracle: ``JSON_QUERY(d, '$' WITH WRAPPER)`` and ``XMLSERIALIZE(CONTENT x AS CLOB)`` with the value alone."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        word = upper(tokens, at)
        if word in {"WITH", "WITHOUT"}:
            end = next((i for i in range(at + 1, at + 4) if upper(tokens, i) == "WRAPPER"), None)
            if end is not None:
                at = end + 1
                continue
        if word == "XMLSERIALIZE" and upper(tokens, at + 2) in {"CONTENT", "DOCUMENT"}:
            end = closing(tokens, at + 1)
            typed = find(tokens[:end], {"AS"}, at + 3)
            inner = _without_wrapper(tokens[at + 3 : end if typed is None else typed])
            out += [*tokens[at : at + 2], *inner]
            at = end
            continue
        out.append(tokens[at])
        at += 1
    return out


def _oracle(tokens: list[Token]) -> list[Token]:
    return _without_wrapper(numbered_binds(without_error_log(tokens)))


_BY_DIALECT: dict[str, Callable[[list[Token]], list[Token]]] = {
    "tsql": _tsql,
    "fabric": _tsql,
    "oracle": _oracle,
    "teradata": _teradata,
    "dremio": of_dremio,
    "doris": of_doris,
    "starrocks": of_doris,
}


def plainer(tokens: list[Token], dialect: str) -> list[Token]:
    """The tokens without the phrases of ``dialect`` that carry no data."""
    if upper(tokens, 0) in {"UPDATE", "DELETE"} and upper(tokens, len(tokens) - 3) == "CURRENT":
        tokens = tokens[:-4]
    change = _BY_DIALECT.get(dialect)
    return change(tokens) if change is not None else tokens
