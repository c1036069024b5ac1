"""Rows between tables and files, in the forms the parser does not know: LOAD, UNLOAD, EXPORT, IMPORT, BULK INSERT."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.answer import Answer
from datagov.lineage.assigning import select_token
from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft
from datagov.lineage.into import variable_names
from datagov.lineage.relation import Stored
from datagov.lineage.statements.copy import load, unload
from datagov.lineage.texts import TEXTS
from datagov.lineage.variables import assign_variable
from datagov.lineage.words import closing, find, identifier, listed, upper


def bulk_insert(tokens: list[Token], draft: Draft) -> Answer:
    """T-SQL: ``BULK INSERT t FROM 'path'``."""
    draft.kind = "LOAD"
    table, after = draft.table_at(tokens, 2)
    path = next((t.text for t in tokens[after:] if t.token_type in TEXTS), "?")
    if table is not None:
        load(draft, table, Table(None, None, f"path:{path}"), None)
    return True


def insert_infile(tokens: list[Token], draft: Draft) -> Answer:
    """ClickHouse: ``INSERT INTO t (a, b) FROM INFILE 'path' …``."""
    infile = find(tokens, {"INFILE"})
    if infile is None or upper(tokens, infile - 1) != "FROM" or infile + 1 >= len(tokens):
        return None
    if tokens[infile + 1].token_type not in TEXTS:
        return None
    draft.kind = "LOAD"
    into = find(tokens, {"INTO"})
    at = (into or 0) + 1
    table, after = draft.table_at(tokens, at + (upper(tokens, at) == "TABLE"))
    if table is not None:
        names = [draft.context.name(node) for node in listed(tokens, after)[0]]
        load(draft, table, Table(None, None, f"path:{tokens[infile + 1].text}"), names or None)
    return True


def export_table(tokens: list[Token], draft: Draft) -> Answer:
    """Hive: ``EXPORT TABLE t TO 'path'``."""
    to = find(tokens, {"TO"})
    if upper(tokens, 1) != "TABLE" or to is None or to + 1 >= len(tokens) or tokens[to + 1].token_type not in TEXTS:
        return None
    draft.kind = "EXPORT"
    table, _ = draft.table_at(tokens, 2)
    if table is not None:
        unload(draft, Stored(draft.catalog, table), Table(None, None, f"path:{tokens[to + 1].text}"))
    return True


def import_table(tokens: list[Token], draft: Draft) -> Answer:
    """Hive: ``IMPORT EXTERNAL TABLE t FROM 'path'``."""
    at, start = find(tokens, {"TABLE"}), find(tokens, {"FROM"})
    if at is None or start is None or start + 1 >= len(tokens) or tokens[start + 1].token_type not in TEXTS:
        return None
    draft.kind = "LOAD"
    table, _ = draft.table_at(tokens, at + 1)
    if table is not None:
        load(draft, table, Table(None, None, f"path:{tokens[start + 1].text}"), None)
    return True


def unload_data(tokens: list[Token], draft: Draft) -> Answer:
    """``UNLOAD ('SELECT …' | SELECT …) TO 'path'``."""
    draft.kind = "UNLOAD"
    sql = draft.text.script.sql
    if len(tokens) == 2 and tokens[1].token_type in TEXTS:
        sql = tokens[1].text
        tokens = [tokens[0], *draft.context.tokens(sql)]
    if upper(tokens, 1) != "(":
        return None
    close = closing(tokens, 1)
    to = find(tokens, {"TO"}, close + 1)
    path = Table(None, None, f"path:{tokens[to + 1].text}" if to is not None and to + 1 < len(tokens) else "path:?")
    inner = tokens[2:close]
    context = draft.context
    if len(inner) == 1 and inner[0].token_type in TEXTS:
        sql = inner[0].text
        inner = context.tokens(sql)
    trees = context.speech.parse(inner, sql)
    if trees and trees[0] is not None:
        unload(draft, context.query(trees[0], context, None, None), path)
    return True


def load_data(tokens: list[Token], draft: Draft) -> Answer:
    """MySQL: ``LOAD DATA … INFILE 'path' INTO TABLE t … (a, b)``; BigQuery: ``LOAD DATA INTO t FROM FILES
    (…)``.
    """
    infile = find(tokens, {"INFILE", "INPATH"})
    into = find(tokens, {"INTO", "OVERWRITE"})
    if upper(tokens, 1) not in {"DATA", "XML"} or into is None:
        return None
    if infile is not None and upper(tokens, infile) == "INPATH":
        return None
    draft.kind = "LOAD"
    position = into + 1 + (upper(tokens, into + 1) == "TABLE")
    table, after = draft.table_at(tokens, position)
    if table is None:
        return True
    ends = find(tokens, {"SET"}, after)
    if ends is not None and upper(tokens, ends - 1) == "CHARACTER":
        ends = find(tokens, {"SET"}, ends + 1)
    opened = _last_list(tokens[:ends], after) if infile is not None else after
    names, after = listed(tokens[:ends], opened)
    path = tokens[infile + 1].text if infile is not None and infile + 1 < len(tokens) else _uri(tokens)
    source = Table(None, None, f"path:{path}")
    if infile is None:
        load(draft, table, source, [draft.context.name(node) for node in names] or None)
        return True
    given = variable_names(tokens[opened + 1 : after - 1]) if names else []
    load(draft, table, source, given or None)
    return _computed(tokens, after, source, table, draft)


def _computed(tokens: list[Token], after: int, source: Table, table: Table, draft: Draft) -> bool:
    """MySQL: ``LOAD DATA … (@a, b) SET c = upper(@a)``: fields of the file that go through variables."""
    context = draft.context
    for name in [column for _, column in list(draft.columns) if column is not None and column.startswith("@")]:
        assign_variable(context, name, draft.columns.pop((table.dataset, name)))
    at = after if upper(tokens, after) == "SET" else None
    while at is not None and at + 3 < len(tokens):
        end = find(tokens, {","}, at + 1)
        item = tokens[at + 1 : end]
        sign = find(item, {"="})
        if sign is not None and sign > 0:
            trees = context.speech.parse([select_token(item[0]), *item[sign + 1 :]], draft.text.script.sql)
            if trees and trees[0] is not None:
                relation = context.query(trees[0], context, None, None)
                draft.consults(relation)
                for _, deps in relation.star(item[0].start):
                    draft.flow(table, context.name(identifier(item[sign - 1])), deps)
        at = end
    return True


def _last_list(tokens: list[Token], start: int) -> int:
    at = len(tokens)
    depth = 0
    for position in range(start, len(tokens)):
        if tokens[position].token_type is TokenType.L_PAREN:
            if depth == 0:
                at = position
            depth += 1
        elif tokens[position].token_type is TokenType.R_PAREN:
            depth -= 1
    return at


def _uri(tokens: list[Token]) -> str:
    for position, token in enumerate(tokens):
        if token.text.lower() == "uris":
            return next((t.text for t in tokens[position:] if t.token_type in TEXTS), "?")
    return "?"
