"""Statements read from their words, because the parser has no tree for them: UNLOAD, EXCHANGE, RENAME,
SWITCH, EXEC.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft
from datagov.lineage.statements.alter import append, move, swap
from datagov.lineage.statements.copy import load, unload
from datagov.lineage.variables import assign_variable
from datagov.lineage.words import closing, find, listed, table_at, upper, words

_WITHOUT_FLOW = words(
    """
    SET USE GRANT REVOKE DENY COMMIT ROLLBACK BEGIN START SAVEPOINT RELEASE DECLARE COMMENT ANALYZE
    ANALYSE VACUUM OPTIMIZE EXPLAIN DESCRIBE DESC SHOW PRINT RAISE RAISERROR RETURN OPEN CLOSE FETCH
    LEAVE ITERATE EXIT CONTINUE NULL GO LOCK UNLOCK CLUSTER CHECKPOINT DISCARD RESET LISTEN NOTIFY
    UNLISTEN KILL REINDEX MSCK ADD LIST LS REMOVE RM PUT GET SIGNAL RESIGNAL THROW WAITFOR BREAK DBCC
    ASSERT DEALLOCATE UNCACHE CLEAR PRAGMA ATTACH DETACH INSTALL ABORT END LET GOTO UNSET SYSTEM RESTORE
    UNDROP WHENEVER PROMPT SPOOL DELIMITER FLUSH PURGE REPAIR HELP
    """
)
_OPAQUE = frozenset({"EXEC", "EXECUTE", "CALL", "PREPARE", "PERFORM"})
TEXTS = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING})

Answer = bool | Token | list[Token] | None
"""None: not one of these. True: read. A token: the script is the text in it. A list: these tokens are a
script.
"""


def without_flow(tokens: list[Token]) -> bool:
    """Does the statement begin with a word that moves no data?"""
    return tokens[0].text.upper() in _WITHOUT_FLOW


def read_command(tokens: list[Token], draft: Draft) -> Answer:
    """Read a statement from its words, when it is one of those the parser does not know."""
    reader = _READERS.get(tokens[0].text.upper())
    if (reader is None and upper(tokens, 1) == ":=") or (
        len(tokens) > 2 and tokens[0].text == "@" and upper(tokens, 2) == ":="
    ):
        reader = _assigned
    return reader(tokens, draft) if reader is not None else None


def _opaque(tokens: list[Token], draft: Draft) -> Answer:
    """A call, or dynamic SQL: read when the SQL is one constant text, opaque otherwise."""
    word = upper(tokens, 0)
    if upper(tokens, 1).endswith("SP_RENAME"):
        return _sp_rename(tokens, draft)
    rest = [t for t in tokens[1:] if t.text.upper() not in {"IMMEDIATE", "(", ")"}]
    if upper(tokens, 1) == "SP_EXECUTESQL" and len(tokens) > 2 and tokens[2].token_type in TEXTS:
        return tokens[2]
    if word in {"EXEC", "EXECUTE"} and len(rest) == 1 and rest[0].token_type in TEXTS:
        return rest[0]
    constant = bool(rest) and rest[0].token_type in TEXTS
    if constant and upper(tokens, 1) == "IMMEDIATE" and upper(rest, 1) in {"USING", "INTO"}:
        return rest[0]
    draft.kind = word
    draft.outcome = "opaque"
    draft.problem("opaque", f"{word} runs code that cannot be seen here; what it moves is not known.")
    return True


def _sp_rename(tokens: list[Token], draft: Draft) -> Answer:
    """``EXEC sp_rename 's.old', 'new'``."""
    names = [t.text for t in tokens if t.token_type in TEXTS]
    if len(names) != 2:
        return True
    draft.kind = "RENAME_TABLE"
    fold = draft.context.speech.fold_table
    parts = [fold(part.strip('[]"'), quoted=True) for part in names[0].split(".")]
    schema = parts[-2] if len(parts) > 1 else None
    old = draft.catalog.find(parts[-1], schema, parts[-3] if len(parts) > 2 else None)
    move(draft, old, draft.catalog.find(fold(names[1].strip('[]"'), quoted=True), old.schema, old.catalog))
    return True


def _table(tokens: list[Token], position: int, draft: Draft) -> tuple[Table | None, int]:
    node, after = table_at(tokens, position)
    return (draft.context.table(node) if node is not None else None), after


def _rename(tokens: list[Token], draft: Draft) -> Answer:
    """``RENAME TABLE a TO b, c TO d``; all at once, so that a swap through a third name is one."""
    draft.kind = "RENAME_TABLE"
    position = 2 if upper(tokens, 1) in {"TABLE", "TABLES"} else 1
    while position < len(tokens):
        old, position = _table(tokens, position, draft)
        if upper(tokens, position) != "TO" or old is None:
            break
        new, position = _table(tokens, position + 1, draft)
        if new is not None:
            move(draft, old, new)
        if upper(tokens, position) != ",":
            break
        position += 1
    return True


def _exchange(tokens: list[Token], draft: Draft) -> Answer:
    """ClickHouse: ``EXCHANGE TABLES a AND b``."""
    draft.kind = "SWAP_TABLE"
    one, position = _table(tokens, 2, draft)
    other, _ = _table(tokens, position + 1, draft)
    if one is not None and other is not None:
        swap(draft, one, other)
    return True


def _alter(tokens: list[Token], draft: Draft) -> Answer:
    """The forms of ALTER TABLE that move rows and that the parser leaves alone."""
    if upper(tokens, 1) != "TABLE":
        return None
    moved = find(tokens, {"SET"}, 2)
    if moved is not None and upper(tokens, moved + 1) == "SCHEMA":
        return _set_schema(tokens, moved, draft)
    exchange = find(tokens, {"EXCHANGE", "SWITCH", "APPEND", "REPLACE", "MOVE", "ATTACH"}, 2)
    if exchange is None:
        return None
    word = upper(tokens, exchange)
    start = 2
    while upper(tokens, start) in {"IF", "EXISTS", "ONLY"}:
        start += 1
    if word == "EXCHANGE":
        with_ = find(tokens, {"WITH"}, exchange)
        at = (with_ or exchange) + 1
        return _between(tokens, start, at + (upper(tokens, at) == "TABLE"), draft, "EXCHANGE_PARTITION")
    if word == "SWITCH":
        to = find(tokens, {"TO"}, exchange)
        return _between(tokens, start, to + 1, draft, "SWITCH_PARTITION") if to is not None else None
    from_ = find(tokens, {"FROM"}, exchange)
    to = find(tokens, {"TO"}, exchange)
    if word == "MOVE" and to is not None:
        return _between(tokens, start, to + 1 + (upper(tokens, to + 1) == "TABLE"), draft, "MOVE_PARTITION")
    if from_ is None or upper(tokens, from_ + 1) == "(":
        return None
    return _between(tokens, from_ + 1, start, draft, "APPEND")


def _set_schema(tokens: list[Token], at: int, draft: Draft) -> Answer:
    """PostgreSQL: ``ALTER TABLE t SET SCHEMA s``."""
    start = 2
    while upper(tokens, start) in {"IF", "EXISTS", "ONLY"}:
        start += 1
    old, _ = _table(tokens, start, draft)
    draft.kind = "RENAME_TABLE"
    if old is not None and at + 2 < len(tokens):
        schema = draft.context.speech.fold_table(tokens[at + 2].text, quoted=False)
        move(draft, old, draft.catalog.find(old.name, schema, old.catalog))
    return True


def _create(tokens: list[Token], draft: Draft) -> Answer:
    """``CREATE STREAM s ON TABLE t`` (Snowflake) and ``CREATE SNAPSHOT TABLE s CLONE t`` (BigQuery)."""
    at = find(tokens[:5], {"STREAM", "SNAPSHOT"})
    if at is None:
        return None
    word = upper(tokens, at)
    draft.kind = f"CREATE_{word}"
    position = at + 1 + (word == "SNAPSHOT" and upper(tokens, at + 1) == "TABLE")
    while upper(tokens, position) in {"IF", "NOT", "EXISTS"}:
        position += 1
    link = find(tokens, {"ON"} if word == "STREAM" else {"CLONE"}, position)
    if link is None:
        return None
    target, _ = _table(tokens, position, draft)
    kind = upper(tokens, link + 1)
    source, _ = _table(tokens, link + 1 + (kind in {"TABLE", "VIEW"}), draft)
    if target is not None and source is not None:
        append(draft, source, target)
        target.learn(source.columns)
    return True


def _bulk(tokens: list[Token], draft: Draft) -> Answer:
    """T-SQL: ``BULK INSERT t FROM 'path'``."""
    draft.kind = "LOAD"
    table, after = _table(tokens, 2, draft)
    path = next((t.text for t in tokens[after:] if t.token_type in TEXTS), "?")
    if table is not None:
        load(draft, table, Table(None, None, f"path:{path}"), None)
    return True


def _between(tokens: list[Token], one: int, other: int, draft: Draft, kind: str) -> Answer:
    """Rows move between two tables; an exchange goes both ways."""
    first, _ = _table(tokens, one, draft)
    second, _ = _table(tokens, other, draft)
    draft.kind = kind
    if first is None or second is None:
        return True
    if kind == "EXCHANGE_PARTITION":
        swap(draft, first, second)
    else:
        append(draft, first, second)
    return True


def _unload(tokens: list[Token], draft: Draft) -> Answer:
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


def _load(tokens: list[Token], draft: Draft) -> Answer:
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
    table, after = _table(tokens, position, draft)
    if table is None:
        return True
    names, _ = listed(tokens, _last_list(tokens, after))
    path = tokens[infile + 1].text if infile is not None and infile + 1 < len(tokens) else _uri(tokens)
    columns = [draft.context.name(node) for node in names] if infile is not None else None
    load(draft, table, Table(None, None, f"path:{path}"), columns or None)
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


def _refresh(tokens: list[Token], draft: Draft) -> Answer:
    """REFRESH MATERIALIZED VIEW runs the view's own query again: an event on the view."""
    draft.kind = "REFRESH"
    at = find(tokens, {"VIEW", "TABLE"})
    if at is not None:
        position = at + 1 + (upper(tokens, at + 1) == "CONCURRENTLY")
        table, _ = _table(tokens, position, draft)
        if table is not None:
            draft.touches(table)
    return True


def _declare(tokens: list[Token], draft: Draft) -> Answer:
    """T-SQL: ``DECLARE @x TABLE (a int, …)`` is a temporary table."""
    draft.kind = "DECLARE"
    at = find(tokens, {"TABLE"})
    if at is None:
        return True
    name = "".join(token.text for token in tokens[1:at] if token.text.upper() != "AS")
    table = draft.catalog.find(name.lower(), None, None, plain=True)
    table.temporary = True
    table.learn([draft.context.name(node) for node in listed(tokens, at + 1)[0]] or None)
    draft.touches(table)
    return True


def _fetch(tokens: list[Token], draft: Draft) -> Answer:
    """``FETCH c INTO @a, @b``: the cursor's columns go into variables; a record takes all of them."""
    draft.kind = "FETCH"
    into = find(tokens, {"INTO"})
    if into is None:
        return True
    context = draft.context
    cursor = next((t.text.lower() for t in tokens[1:into] if t.text.lower() in context.records), None)
    if cursor is None:
        return True
    names = _variables(tokens[into + 1 :])
    columns = [deps for _, deps in context.records[cursor].star(tokens[0].start)]
    if len(names) == 1 and len(columns) > 1:
        context.records[names[0]] = context.records[cursor]
        return True
    for name, deps in zip(names, columns, strict=False):
        assign_variable(context, name, deps)
    return True


def _set(tokens: list[Token], draft: Draft) -> Answer:
    """``SET @x = (SELECT …)``, ``x := expression``: what is put into a variable."""
    draft.kind = "SET"
    at = find(tokens, {"=", ":="})
    names = _variables(tokens[1:at]) if at is not None else []
    context = draft.context
    if at is None or len(names) != 1 or names[0] not in context.variables:
        return True
    read_assignment(names[0], tokens[at + 1 :], draft)
    return True


def _assigned(tokens: list[Token], draft: Draft) -> Answer:
    """PL/pgSQL, PL/SQL, Snowflake: ``v := expression``."""
    draft.kind = "SET"
    at = find(tokens, {":="}) or 1
    read_assignment(_variables(tokens[:at])[0], tokens[at + 1 :], draft)
    return True


def _let(tokens: list[Token], draft: Draft) -> Answer:
    """Snowflake: ``LET x := expression``, ``LET x INT DEFAULT expression``."""
    draft.kind = "LET"
    at = find(tokens, {":=", "DEFAULT"})
    if at is None or len(tokens) < 3:
        return True
    read_assignment(tokens[1].text.lower(), tokens[at + 1 :], draft)
    return True


def read_assignment(name: str, tokens: list[Token], draft: Draft) -> None:
    """Read the expression put into the variable ``name``."""
    if not tokens:
        return
    context = draft.context
    trees = context.speech.parse([_select_token(tokens[0]), *tokens], draft.text.script.sql)
    if trees and trees[0] is not None:
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        for _, deps in relation.star(tokens[0].start):
            assign_variable(context, name, deps)


def _select_token(like: Token) -> Token:
    return Token(TokenType.SELECT, "SELECT", like.line, like.col, like.start, like.end)


def _variables(tokens: list[Token]) -> list[str]:
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


_READERS: dict[str, Callable[[list[Token], Draft], Answer]] = {
    **dict.fromkeys(_OPAQUE, _opaque),
    "RENAME": _rename,
    "EXCHANGE": _exchange,
    "DECLARE": _declare,
    "FETCH": _fetch,
    "SET": _set,
    "LET": _let,
    "ALTER": _alter,
    "UNLOAD": _unload,
    "LOAD": _load,
    "CREATE": _create,
    "BULK": _bulk,
    "REFRESH": _refresh,
}
