"""``SELECT a, b INTO v, w FROM t`` and ``RETURNING id INTO v``: the variables a statement fills, taken out of it.

PL/pgSQL, PL/SQL, MySQL and Snowflake write a list of variables where the parser expects one table.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import dotted, find, upper

INTO = frozenset({"INTO", "BULK COLLECT INTO"})
"""What stands before a list of variables."""
_BEFORE = frozenset({"STRICT"})
_UNDECLARED = frozenset({"mysql", "doris", "starrocks", "singlestore", ""})
"""Where ``@x`` is a variable without having been declared."""
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE"})


def without_into(
    tokens: list[Token], variables: Collection[str], records: Collection[str], dialect: str
) -> tuple[list[Token], list[str]]:
    """The tokens without the list of variables after INTO, and the names in it; unchanged when there is none."""
    if dialect in {"tsql", "fabric"} or not (variables or records or dialect in _UNDECLARED):
        return tokens, []
    start: int | None = 0
    if upper(tokens, 0) in _WRITES:
        start = find(tokens, {"RETURNING", "RETURN"})
    elif upper(tokens, 0) not in {"SELECT", "WITH"}:
        return tokens, []
    at = find(tokens, INTO, start) if start is not None else None
    if at is None:
        return tokens, []
    names: list[str] = []
    position = at + 1 + (upper(tokens, at + 1) in _BEFORE)
    while position < len(tokens):
        sign = tokens[position].text if tokens[position].text in {"@", ":"} else ""
        position += bool(sign)
        if position >= len(tokens):
            return tokens, []
        parts, position = dotted(tokens, position)
        name = ".".join(part.text.lower() for part in parts)
        names.append("@" + name if sign == "@" else name)
        if position >= len(tokens) or tokens[position].token_type is not TokenType.COMMA:
            break
        position += 1
    if not names or any(name not in variables and not name.startswith(("@", "new.")) for name in names):
        return tokens, []
    return tokens[:at] + tokens[position:], names


def variable_names(tokens: list[Token]) -> list[str]:
    """The names of a list of variables, with their sign."""
    names: list[str] = []
    sign = ""
    for token in tokens:
        if token.text in {"@", ":", "$"}:
            sign = token.text if token.text == "@" else ""
        elif token.token_type is not TokenType.COMMA:
            names.append((sign + token.text).lower())
            sign = ""
    return names
