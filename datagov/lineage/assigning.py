"""What is put into variables, records and the rows of triggers: SET, LET, FETCH and ``:=``."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.answer import Answer
from datagov.lineage.draft import Draft
from datagov.lineage.into import INTO, variable_names
from datagov.lineage.running import run
from datagov.lineage.variables import assign_variable
from datagov.lineage.words import closing, find, identifier, upper


def fetch(tokens: list[Token], draft: Draft) -> Answer:
    """``FETCH c INTO @a, @b``: the cursor's columns go into variables; a record takes all of them."""
    draft.kind = "FETCH"
    into = find(tokens, INTO)
    if into is None:
        return True
    context = draft.context
    cursor = next((t.text.lower() for t in tokens[1:into] if t.text.lower() in context.records), None)
    if cursor is None:
        return True
    names = variable_names(tokens[into + 1 : find(tokens, {"LIMIT"}, into)])
    columns = [deps for _, deps in context.records[cursor].star(tokens[0].start)]
    if len(names) == 1:
        context.records[names[0]] = context.records[cursor]
        if len(columns) > 1:
            return True
    for name, deps in zip(names, columns, strict=False):
        assign_variable(context, name, deps)
    return True


def assign_all(tokens: list[Token], draft: Draft) -> Answer:
    """``SET @x = (SELECT …), y = z``: what is put into variables, and into the new row of a trigger."""
    draft.kind = "SET"
    start = 2 if upper(tokens, 1) in {"VAR", "VARIABLE"} and upper(tokens, 2) not in {"=", ":="} else 1
    while start < len(tokens):
        end = find(tokens, {","}, start)
        _set_one(tokens[start:end], draft)
        start = len(tokens) if end is None else end + 1
    return True


def _set_one(item: list[Token], draft: Draft) -> None:
    context = draft.context
    at = find(item, {"=", ":="})
    if at is None:
        return
    if upper(item, at - 1) == "+":
        item = [*item[: at - 1], item[at], *item[:at], *item[at + 1 :]]
        at -= 1
    if upper(item, 0) == "(":
        names = variable_names(item[1 : at - 1])
        if all(name in context.variables for name in names):
            _fill_row(names, item[at + 1 :], draft)
        return
    names = variable_names(item[:at])
    if context.speech.name == "snowflake" and len(names) == 1:
        context.variables.setdefault(names[0], {})
    if is_field_assigned(item):
        assign_field(item, draft)
    elif len(names) == 1 and (names[0] in context.variables or names[0].startswith("@")):
        read_assignment(names[0], item[at + 1 :], draft)


def _fill_row(names: list[str], tokens: list[Token], draft: Draft) -> None:
    """``SET (a, b) = (SELECT …)``, ``SET (a, b) = (x, y)``: a row into variables, one by one."""
    context = draft.context
    if upper(tokens, 0) == "(" and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    if not tokens:
        return
    query = tokens if upper(tokens, 0) in {"SELECT", "WITH", "FROM"} else [select_token(tokens[0]), *tokens]
    trees = context.speech.parse(query, draft.text.script.sql)
    if trees and trees[0] is not None:
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        for name, (_, deps) in zip(names, relation.star(tokens[0].start), strict=False):
            assign_variable(context, name, deps)


def assign(tokens: list[Token], draft: Draft) -> Answer:
    """PL/pgSQL, PL/SQL, Snowflake: ``v := expression``."""
    draft.kind = "SET"
    at = find(tokens, {":="}) or 1
    said = tokens[at + 1 :]
    if upper(said, 0) == "(" and upper(said, 1) in {"EXECUTE", "CALL"}:
        return run(said[1:-1], draft)
    read_assignment(variable_names(tokens[:at])[0], said, draft)
    return True


def is_field_assigned(tokens: list[Token]) -> bool:
    """Does ``record.field := …``, ``:NEW.a := …`` or ``NEW.a = …`` begin here?"""
    start = 1 if upper(tokens, 0) == ":" else 0
    sign = upper(tokens, start + 3)
    return upper(tokens, start + 1) == "." and (sign == ":=" or (sign == "=" and upper(tokens, start) == "NEW"))


def assign_field(tokens: list[Token], draft: Draft) -> Answer:
    """``NEW.a := expression``: a trigger writes the row of its table; a field of another record is a variable."""
    draft.kind = "SET"
    at = find(tokens, {"=", ":="}) or 3
    name = f"{tokens[at - 3].text.lower()}.{draft.context.name(identifier(tokens[at - 1]))}"
    read_assignment(name, tokens[at + 1 :], draft)
    return True


def let(tokens: list[Token], draft: Draft) -> Answer:
    """Snowflake: ``LET x := expression``, ``LET x INT DEFAULT expression``."""
    draft.kind = "LET"
    at = find(tokens, {":=", "DEFAULT"})
    if upper(tokens, 2) in {"CURSOR", "RESULTSET"}:
        at = find(tokens, {"FOR", ":=", "DEFAULT"})
        if at is not None:
            _let_rows(tokens[1].text.lower(), tokens[at + 1 :], draft)
        return True
    if at is None or len(tokens) < 3:
        return True
    read_assignment(tokens[1].text.lower(), tokens[at + 1 :], draft)
    return True


def _let_rows(name: str, tokens: list[Token], draft: Draft) -> None:
    """Snowflake: a cursor or a result set is the rows of its query, or of another result set."""
    context = draft.context
    if len(tokens) == 1:
        known = context.records.get(tokens[0].text.lower())
        if known is not None:
            context.records[name] = known
        return
    trees = context.speech.parse(tokens, draft.text.script.sql)
    if trees and isinstance(trees[0], (exp.Query, exp.Subquery)):
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        context.records[name] = relation


def read_assignment(name: str, tokens: list[Token], draft: Draft) -> None:
    """Read the expression put into the variable ``name``."""
    if not tokens:
        return
    context = draft.context
    before = {name: context.held.texts[name]} if name in context.held.texts else {}
    trees = context.speech.parse([select_token(tokens[0]), *tokens], draft.text.script.sql)
    if trees and trees[0] is not None:
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        for _, deps in relation.star(tokens[0].start):
            assign_variable(context, name, deps)
    context.held.texts.update(before)
    context.held.put(name, tokens)


def select_token(like: Token) -> Token:
    """The word SELECT where ``like`` stands: in front of an expression it makes a query."""
    return Token(TokenType.SELECT, "SELECT", like.line, like.col, like.start, like.end)
