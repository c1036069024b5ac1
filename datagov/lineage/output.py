"""T-SQL's ``OUTPUT inserted.a, deleted.b INTO log (x, y)``: the written rows also flow into a second
table.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.draft import Draft
from datagov.lineage.flow import QUALIFIED, Deps
from datagov.lineage.projection import project, told_name
from datagov.lineage.query import read_from
from datagov.lineage.relation import Derived, Stored
from datagov.lineage.scope import Scope
from datagov.lineage.words import find, listed, table_at, upper

ENDS = frozenset({"FROM", "WHERE", "VALUES", "SELECT", "DEFAULT", "EXEC", "EXECUTE", "WITH", "OPTION"})
_ROWS = frozenset({"INSERTED", "DELETED"})


def output_clause(tokens: list[Token]) -> tuple[int, int] | None:
    """Where the OUTPUT clause of a statement begins and ends; None when it has none."""
    start = find(tokens, {"OUTPUT"})
    if start is None or upper(tokens, 0) not in {"INSERT", "UPDATE", "DELETE", "MERGE", "WITH"}:
        return None
    end = find(tokens, ENDS, start + 1)
    return start, len(tokens) if end is None else end


def read_output(tokens: list[Token], draft: Draft) -> None:
    """Let the rows a statement wrote flow into the table its OUTPUT clause names."""
    clause = output_clause(tokens)
    written = next(iter(draft.targets.values()), None)
    if clause is None or written is None:
        return
    part = tokens[clause[0] + 1 : clause[1]]
    into = find(part, {"INTO"})
    if into is None:
        return
    node, after = table_at(part, into + 1)
    if node is None:
        return
    target = draft.context.table(node)
    columns = [draft.context.name(name) for name in listed(part, after)[0]]
    row = Stored(draft.catalog, written)
    told = _told(part[:into], tokens, clause, row, draft)
    if told is None:
        told = _rows_alone(part[:into], row, draft)
    for position, (name, deps) in enumerate(told):
        wanted = columns or target.columns or []
        draft.flow(target, wanted[position] if position < len(wanted) else name, deps)


def _told(
    items: list[Token], tokens: list[Token], clause: tuple[int, int], row: Stored, draft: Draft
) -> list[tuple[str, Deps]] | None:
    """The columns of an OUTPUT clause, read as a select list over the written rows and the tables beside them; None
    when it cannot be read so.
    """
    first = upper(tokens, 0)
    if first == "WITH":
        return None
    context = draft.context
    words = [Token(TokenType.NULL, "NULL", *_place(t)) if t.text.lower() == "$action" else t for t in items]
    query = [Token(TokenType.SELECT, "SELECT", *_place(items[0])), *words, *_beside(tokens, clause, first)]
    try:
        select = context.speech.parse(query, draft.text.script.sql)[0]
    except ParseError:
        return None
    if not isinstance(select, exp.Select):
        return None
    scope = Scope(None, None, Derived())
    read_from(select.args, scope, context)
    scope.sources.update(inserted=row, deleted=row)
    project(select, scope, context)
    return [(told_name(name, context), deps) for name, deps in scope.result.star(0)]


def _beside(tokens: list[Token], clause: tuple[int, int], first: str) -> list[Token]:
    """The FROM clause that names the tables beside the written one; MERGE calls it USING."""
    if first == "MERGE":
        using = find(tokens, {"USING"})
        end = find(tokens, {"ON"}, using or 0)
        if using is None or end is None:
            return []
        return [Token(TokenType.FROM, "FROM", *_place(tokens[using])), *tokens[using + 1 : end]]
    if first not in {"UPDATE", "DELETE"} or upper(tokens, clause[1]) != "FROM":
        return []
    end = find(tokens, {"WHERE", "OPTION"}, clause[1])
    return tokens[clause[1] : end]


def _place(token: Token) -> tuple[int, int, int, int]:
    return token.line, token.col, token.start, token.end


def _rows_alone(items: list[Token], row: Stored, draft: Draft) -> list[tuple[str, Deps]]:
    """The items that begin with ``inserted.a`` or ``deleted.a``, without the tables beside."""
    told: list[tuple[str, Deps]] = []
    for item in _items(items):
        if len(item) < 3 or upper(item, 0) not in _ROWS:
            told.append(("", {}))
            continue
        name = draft.context.speech.fold(item[2].text, quoted=False)
        told.append((item[-1].text.lower(), row.column(name, QUALIFIED, item[2].start) or {}))
    return told


def _items(tokens: list[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type is TokenType.COMMA:
            items.append([])
        else:
            items[-1].append(token)
    return items
