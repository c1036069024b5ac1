"""Routines: name, parameters, the table and the rows of a trigger, language and body of a CREATE."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.split import STARTERS
from datagov.lineage.surroundings import Surroundings
from datagov.lineage.words import closing, find, items

SECTION_DIALECTS = frozenset({"postgres", "redshift", "oracle", "snowflake", "materialize", "risingwave"})
ROUTINES = frozenset({"PROCEDURE", "PROC", "FUNCTION", "TRIGGER", "PACKAGE", "EVENT", "TASK", "PIPE", "RULE", "MACRO"})


def declared_name(item: list[Token]) -> str:
    """The name an item of a list begins with, T-SQL's sign included."""
    return ("@" + item[1].text if item[0].text == "@" and len(item) > 1 else item[0].text).lower()


@dataclass(frozen=True, slots=True)
class Routine:
    """A CREATE PROCEDURE, FUNCTION, TRIGGER, EVENT, TASK or PACKAGE: its name, and where its body begins.

    ``text`` is the string token that holds the body, when it is one; otherwise ``body`` are the tokens after
    the header.
    """

    kind: str
    name: str
    body: list[Token]
    text: Token | None
    language: str
    table: tuple[str, ...]
    rows: tuple[str, ...] = ()


def routine(tokens: list[Token], around: Surroundings) -> Routine | None:
    """The routine a statement creates, or None when it creates something else."""
    position = 1
    if not tokens or tokens[0].text.upper() not in {"CREATE", "ALTER"}:
        return None
    kind = ""
    for position in range(1, min(len(tokens), 9)):
        word = tokens[position].text.upper()
        if word in ROUTINES:
            kind = word
            break
        if word == "TABLE" and position + 1 < len(tokens) and tokens[position + 1].text.upper() == "FUNCTION":
            continue
        if word in {"TABLE", "VIEW", "INDEX", "SCHEMA", "DATABASE", "AS", "("}:
            return None
    if not kind:
        return None
    position += 1
    name, position = routine_name(tokens, position)
    given: list[Token] = []
    if position < len(tokens) and tokens[position].token_type is TokenType.L_PAREN:
        close = closing(tokens, position)
        given = tokens[position + 1 : close]
        position = close + 1
    elif around.dialect in {"tsql", "fabric"} and position < len(tokens) and tokens[position].text == "@":
        end = find(tokens[position:], {"AS", "WITH"})
        given = tokens[position : position + end] if end is not None else []
    around.enter()
    around.parameters = name, parameters_of(given, around)
    rest = tokens[position:]
    rest, rows = _without_referencing(rest) if kind == "TRIGGER" else (rest, ())
    table = _trigger_table(rest, "ON" if kind == "TRIGGER" else "TO") if kind in {"TRIGGER", "RULE"} else ()
    if kind == "RULE":
        return Routine(kind, name, _rule_body(rest), None, "", table)
    if kind == "MACRO" or (around.dialect == "duckdb" and kind == "FUNCTION"):
        return Routine(kind, name, _macro_body(rest), None, "", ())
    language = _language(rest)
    compound = find(rest, {"COMPOUND"}) if kind == "TRIGGER" else None
    if compound is not None:
        around.declaring = True
        around.depth = 1
        return Routine(kind, name, rest[compound + 2 :], None, language, table, rows)
    body_text = _body_text(rest)
    if body_text is not None:
        return Routine(kind, name, [], body_text, language, table)
    if around.dialect in {"tsql", "fabric"}:
        start = find(rest, {"AS", "BEGIN"})
    else:
        start = find(rest, {"BEGIN"})
        head = find(rest, {"AS", "IS"})
        if head is not None and (start is None or head < start):
            start = head
        if start is None:
            start = find(rest, {"RETURN", "INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "CALL", "DO"})
            if kind == "TRIGGER" and start is not None:
                each = find(rest, {"ROW", "STATEMENT"})
                later = find(rest[each:], STARTERS) if each is not None else None
                start = each + later if each is not None and later is not None else start
            if start is not None:
                start -= 1
    if start is None:
        return Routine(kind, name, [], None, language, table, rows)
    body = rest[start:]
    if body and body[0].text.upper() in {"AS", "IS"}:
        body = body[1:]
        if kind == "FUNCTION" and _is_expression(body):
            return Routine(kind, name, [], None, language, table, rows)
        if around.dialect in SECTION_DIALECTS and body and body[0].text.upper() not in {*STARTERS, "BEGIN", "RETURN"}:
            around.declaring = True
            if body[0].text.upper() == "DECLARE":
                body = body[1:]
    elif body and start >= 0 and body[0].text.upper() != "BEGIN":
        body = body[1:]
    return Routine(kind, name, body, None, language, table, rows)


def _macro_body(rest: list[Token]) -> list[Token]:
    """The query of ``AS TABLE SELECT …`` and of the one value ``AS (SELECT …)``; none of any other value."""
    at = find(rest, {"AS"})
    body = rest[at + 1 :] if at is not None else []
    if body and body[0].text.upper() == "TABLE":
        return body[1:]
    in_brackets = len(body) > 1 and body[0].token_type is TokenType.L_PAREN and closing(body, 0) == len(body) - 1
    return body[1:-1] if in_brackets and body[1].text.upper() in _BEGIN_A_QUERY else []


_BEGIN_A_QUERY = frozenset({"SELECT", "FROM", "WITH", "VALUES"})
_DOES = re.compile(
    r"\b(?:select|from|with|values|table|insert|update|delete|merge|begin|create|call|exec|execute|drop|truncate)\b",
    re.IGNORECASE,
)


def is_value(made: Routine) -> bool:
    """Is the text that a function's body is one expression, or the name of a class?"""
    return made.kind == "FUNCTION" and made.text is not None and _DOES.search(made.text.text) is None


def _is_expression(body: list[Token]) -> bool:
    """``AS (upper(a))``: a value in brackets with no query in it."""
    return bool(body) and body[0].token_type is TokenType.L_PAREN and not any(t.text.upper() in _QUERIES for t in body)


_QUERIES = frozenset({"SELECT", "FROM", "VALUES", "TABLE"})


def _without_referencing(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """A trigger's header without ``REFERENCING OLD AS o NEW AS n``, and the names it gives to the rows."""
    start = find(tokens, {"REFERENCING"})
    if start is None:
        return tokens, ()
    words = {"OLD", "NEW", "PARENT", "TABLE", "ROW", "AS", "OLD_TABLE", "NEW_TABLE"}
    names: list[str] = []
    end = start + 1
    while end < len(tokens) and tokens[end].text.upper() not in {
        "FOR",
        "WHEN",
        "BEGIN",
        "EXECUTE",
        "DECLARE",
        "COMPOUND",
    }:
        if tokens[end].text.upper() not in words:
            names.append(tokens[end].text.lower())
        end += 1
    return tokens[:start] + tokens[end:], tuple(names)


def routine_name(tokens: list[Token], position: int) -> tuple[str, int]:
    """The name of a routine from ``position`` on, and the position after it."""
    skip = {"IF", "NOT", "EXISTS", "BODY"}
    while position < len(tokens) and tokens[position].text.upper() in skip:
        position += 1
    parts = [tokens[position].text] if position < len(tokens) else [""]
    position += 1
    while position + 1 < len(tokens) and tokens[position].token_type is TokenType.DOT:
        parts.append(tokens[position + 1].text)
        position += 2
    return ".".join(parts), position


_MODES = frozenset({"IN", "OUT", "INOUT", "VARIADIC"})
_GOES_OUT = frozenset({"OUTPUT", "OUT"})


def parameters_of(tokens: list[Token], around: Surroundings) -> list[str]:
    """The parameters a routine is given values by, in order; one that only goes out is a variable."""
    given: list[str] = []
    for item in items(tokens):
        modes = {token.text.upper() for token in item[:3]} & _MODES
        words = [token for token in item if token.text.upper() not in _MODES]
        if not words:
            continue
        name = declared_name(words)
        around.declare(name)
        out = around.dialect in {"tsql", "fabric"} and item[-1].text.upper() in _GOES_OUT
        if modes != {"OUT"} and not out:
            given.append(name)
    return given


def _language(tokens: list[Token]) -> str:
    for position, token in enumerate(tokens[:-1]):
        if token.text.upper() == "LANGUAGE":
            return tokens[position + 1].text.lower()
    return ""


def _body_text(tokens: list[Token]) -> Token | None:
    """The string after AS that holds the whole body."""
    for position, token in enumerate(tokens):
        kind = token.token_type
        if kind is TokenType.HEREDOC_STRING:
            return token
        if kind in {TokenType.STRING, TokenType.RAW_STRING} and tokens[position - 1].text.upper() == "AS":
            return token
    return None


def fired(tokens: list[Token]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """PostgreSQL: the functions triggers of a script fire, each with the table of (the first of) its triggers and
    what that trigger calls its rows.
    """
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    table: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    for position, token in enumerate(tokens):
        word = token.text.upper()
        if word == "TRIGGER" and token.token_type is not TokenType.IDENTIFIER:
            header = tokens[position : position + 60]
            table, rows = _trigger_table(header, "ON"), _without_referencing(header)[1]
        elif word == "EXECUTE" and table and position + 2 < len(tokens):
            if tokens[position + 1].text.upper() in {"FUNCTION", "PROCEDURE"}:
                found.setdefault(routine_name(tokens, position + 2)[0].lower(), (table, rows))
            table = ()
    return found


def _rule_body(tokens: list[Token]) -> list[Token]:
    """PostgreSQL: what ``CREATE RULE … DO INSTEAD`` does."""
    start = find(tokens, {"DO"})
    body = tokens[start + 1 :] if start is not None else []
    while body and body[0].text.upper() in {"INSTEAD", "ALSO", "NOTHING"}:
        body = body[1:]
    if body and body[0].token_type is TokenType.L_PAREN:
        body = body[1 : closing(body, 0)]
    return body


def _trigger_table(tokens: list[Token], word: str) -> tuple[str, ...]:
    at = find(tokens, {word})
    if at is None:
        return ()
    parts = [tokens[at + 1].text] if at + 1 < len(tokens) else []
    position = at + 2
    while position + 1 < len(tokens) and tokens[position].token_type is TokenType.DOT:
        parts.append(tokens[position + 1].text)
        position += 2
    return tuple(parts)
