"""T-SQL's ``OUTPUT inserted.a, deleted.b INTO log (x, y)``: the written rows also flow into a second
table.
"""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.draft import Draft
from datagov.lineage.flow import QUALIFIED
from datagov.lineage.relation import Stored
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
    for position, item in enumerate(_items(part[:into])):
        if len(item) < 3 or upper(item, 0) not in _ROWS:
            continue
        name = draft.context.speech.fold(item[2].text, quoted=False)
        wanted = columns or target.columns or []
        column = wanted[position] if position < len(wanted) else item[-1].text.lower()
        draft.flow(target, column, row.column(name, QUALIFIED, item[2].start) or {})


def _items(tokens: list[Token]) -> list[list[Token]]:
    items: list[list[Token]] = [[]]
    for token in tokens:
        if token.token_type is TokenType.COMMA:
            items.append([])
        else:
            items[-1].append(token)
    return items
