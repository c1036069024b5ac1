"""Statements read from their words, because the parser has no tree for them: UNLOAD, EXCHANGE, RENAME,
SWITCH, EXEC.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.flow import QUALIFIED, STAR_UNRESOLVED
from datagov.lineage.into import INTO
from datagov.lineage.relation import Stored
from datagov.lineage.session import use
from datagov.lineage.statements.alter import append, beside, move, move_all, swap
from datagov.lineage.statements.copy import load, unload
from datagov.lineage.texts import TEXTS, constant
from datagov.lineage.variables import assign_variable
from datagov.lineage.words import closing, dotted, find, identifier, listed, table_at, upper, words

_WITHOUT_FLOW = words(
    """
    SET USE GRANT REVOKE DENY COMMIT ROLLBACK BEGIN START SAVEPOINT RELEASE DECLARE COMMENT ANALYZE
    ANALYSE VACUUM OPTIMIZE EXPLAIN DESCRIBE DESC SHOW PRINT RAISE RAISERROR RETURN OPEN CLOSE FETCH
    LEAVE ITERATE COLLECT EXIT CONTINUE NULL GO LOCK UNLOCK CLUSTER CHECKPOINT DISCARD RESET LISTEN NOTIFY
    UNLISTEN KILL REINDEX MSCK ADD LIST LS REMOVE RM PUT GET SIGNAL RESIGNAL THROW WAITFOR BREAK DBCC
    ASSERT DEALLOCATE UNCACHE CLEAR PRAGMA ATTACH DETACH INSTALL ABORT END LET GOTO UNSET SYSTEM RESTORE
    UNDROP WHENEVER PROMPT SPOOL DELIMITER FLUSH PURGE REPAIR HELP
    """
)
_OPAQUE = frozenset({"EXEC", "EXECUTE", "CALL", "PREPARE", "PERFORM"})
_ENDS_TEXT = frozenset({"USING", "INTO", ","})

_RENAMED = frozenset({"INDEX", "STATISTICS", "USERDATATYPE", "DATABASE"})
"""What sp_rename renames that holds no rows."""
_CACHING = frozenset({"spark", "databricks"})

Answer = bool | Token | tuple[Token, ...] | list[Token] | None
"""None: not one of these. True: read. A token, or several: the script is the text in it. A list: these tokens
are a statement.
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
    if reader is None and _is_field_assigned(tokens):
        reader = _field_assigned
    return reader(tokens, draft) if reader is not None else None


def _opaque(tokens: list[Token], draft: Draft) -> Answer:
    """A call, or dynamic SQL: read when the SQL is one constant text, opaque otherwise."""
    word = upper(tokens, 0)
    if upper(tokens, 1).endswith("SP_RENAME"):
        renamed = _sp_rename(tokens, draft)
        if renamed is not None:
            return renamed
    texts = _texts_run(tokens, draft)
    if texts is not None:
        return texts
    draft.kind = word
    draft.outcome = "opaque"
    draft.problem("opaque", f"{word} runs code that cannot be seen here; what it moves is not known.")
    return True


def _texts_run(tokens: list[Token], draft: Draft) -> Answer:
    """The constant texts a statement runs; True when they are to be run later; None when they are not known."""
    held = draft.context.held
    word = upper(tokens, 0)
    if word == "PREPARE":
        return _prepared(tokens, draft)
    start = 1
    names, after = dotted(tokens, 1)
    if names and names[-1].text.upper() == "SP_EXECUTESQL":
        start = after
        if upper(tokens, start) == "@" and upper(tokens, start + 2) == "=":
            start += 3
    elif word == "PERFORM" or word == "CALL":
        return None
    start += upper(tokens, start) == "IMMEDIATE"
    end = find(tokens, _ENDS_TEXT, start)
    end = len(tokens) if end is None else end
    said = tokens[start:end]
    if not said:
        return None
    text = constant(said, held)
    name = _variables([token for token in said if token.text not in {"(", ")"}])
    if text is not None and len(name) == 1:
        held.run.add(name[0])
    if text is not None and not _filled(tokens, end):
        return text
    if text is not None:
        like = tokens[end]
        into = draft.text.script.sql[like.start : tokens[_filled(tokens, end)].end + 1]
        query = text.text.rstrip("; \n")
        return Token(TokenType.STRING, f"{query} {into}", text.line, text.col, text.start, text.end)
    known = held.take(name[0]) if len(name) == 1 else []
    return tuple(known) or None


def _filled(tokens: list[Token], end: int) -> int:
    """Where ``INTO v, w`` after a text that is run ends; 0 when there is none."""
    if upper(tokens, end) != "INTO":
        return 0
    using = find(tokens, {"USING"}, end)
    return (len(tokens) if using is None else using) - 1


def _prepared(tokens: list[Token], draft: Draft) -> Answer:
    """``PREPARE s FROM 'text'`` waits until it is executed."""
    held, name = draft.context.held, upper(tokens, 1).lower()
    at = find(tokens, {"FROM"}, 2)
    if at is None:
        return None
    draft.kind = "PREPARE"
    held.put(name, tokens[at + 1 :])
    return True if name in held.texts else None


def _sp_rename(tokens: list[Token], draft: Draft) -> Answer:
    """``EXEC sp_rename 's.old', 'new'``; None when the names are not written there. An index moves nothing."""
    names = [t.text for t in tokens if t.token_type in TEXTS]
    kind = names[2].upper() if len(names) == 3 else "OBJECT"
    draft.kind = f"RENAME_{kind}" if kind in _RENAMED else "RENAME_TABLE"
    if kind in _RENAMED:
        return True
    if len(names) not in {2, 3} or kind != "OBJECT":
        return None
    fold = draft.context.speech.fold_table
    told = draft.catalog.told_table
    parts = [fold(told(part.strip('[]"')), quoted=True) for part in names[0].split(".")]
    schema = parts[-2] if len(parts) > 1 else None
    old = draft.catalog.find(parts[-1], schema, parts[-3] if len(parts) > 2 else None)
    move(draft, old, draft.catalog.find(fold(told(names[1].strip('[]"')), quoted=True), old.schema, old.catalog))
    return True


def _table(tokens: list[Token], position: int, draft: Draft) -> tuple[Table | None, int]:
    node, after = table_at(tokens, position)
    return (draft.context.table(node) if node is not None else None), after


def _rename(tokens: list[Token], draft: Draft) -> Answer:
    """``RENAME TABLE a TO b, c TO d``; all at once, so that a swap through a third name is one."""
    draft.kind = "RENAME_TABLE"
    if upper(tokens, 1) == "OBJECT":
        return _rename_object(tokens, draft)
    position = 2 if upper(tokens, 1) in {"TABLE", "TABLES"} else 1
    steps: list[tuple[Table, Table]] = []
    while position < len(tokens):
        old, position = _table(tokens, position, draft)
        if upper(tokens, position) != "TO" or old is None:
            break
        new, position = _table(tokens, position + 1, draft)
        if new is not None:
            steps.append((old, new))
        if upper(tokens, position) != ",":
            break
        position += 1
    move_all(draft, steps)
    return True


def _rename_object(tokens: list[Token], draft: Draft) -> Answer:
    """Synapse: ``RENAME OBJECT s.a TO b``; the new name stays in the schema."""
    start = 2
    while upper(tokens, start) in {":", "::"}:
        start += 1
    old, position = _table(tokens, start, draft)
    node, _ = table_at(tokens, position + 1)
    if upper(tokens, position) == "TO" and old is not None and node is not None:
        move(draft, old, beside(old, node, draft))
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
    modified = find(tokens, {"MODIFY"}, 2)
    if modified is not None and upper(tokens, modified + 1) == "QUERY":
        draft.kind = "ALTER_VIEW"
        table, _ = _table(tokens, 2, draft)
        trees = draft.context.speech.parse(tokens[modified + 2 :], draft.text.script.sql)
        if table is not None and trees and isinstance(trees[0], exp.Query):
            write(draft, table, draft.context.query(trees[0], draft.context, None, None), names_new=True)
        return True
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
    synonym = find(tokens[:6], {"SYNONYM"})
    if synonym is not None and upper(tokens, synonym - 1) != ".":
        return _synonym(tokens, synonym, draft)
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


def _synonym(tokens: list[Token], at: int, draft: Draft) -> Answer:
    """``CREATE SYNONYM a FOR s.b``: another name of a table from here on."""
    draft.kind = "CREATE_SYNONYM"
    node, position = table_at(tokens, at + 1)
    name, after = _table(tokens, position + 1, draft)
    if upper(tokens, position) != "FOR" or node is None or name is None:
        return None
    if upper(tokens, after) == "@" and after + 1 < len(tokens):
        far = f"{name.name}@{draft.context.speech.fold_table(tokens[after + 1].text, quoted=False)}"
        name = draft.catalog.find(far, name.schema, name.catalog)
    draft.catalog.also_called(draft.context.table(node), name)
    return True


def _bulk(tokens: list[Token], draft: Draft) -> Answer:
    """T-SQL: ``BULK INSERT t FROM 'path'``."""
    draft.kind = "LOAD"
    table, after = _table(tokens, 2, draft)
    path = next((t.text for t in tokens[after:] if t.token_type in TEXTS), "?")
    if table is not None:
        load(draft, table, Table(None, None, f"path:{path}"), None)
    return True


def _export_table(tokens: list[Token], draft: Draft) -> Answer:
    """Hive: ``EXPORT TABLE t TO 'path'``."""
    to = find(tokens, {"TO"})
    if upper(tokens, 1) != "TABLE" or to is None or to + 1 >= len(tokens) or tokens[to + 1].token_type not in TEXTS:
        return None
    draft.kind = "EXPORT"
    table, _ = _table(tokens, 2, draft)
    if table is not None:
        unload(draft, Stored(draft.catalog, table), Table(None, None, f"path:{tokens[to + 1].text}"))
    return True


def _import_table(tokens: list[Token], draft: Draft) -> Answer:
    """Hive: ``IMPORT EXTERNAL TABLE t FROM 'path'``."""
    at, start = find(tokens, {"TABLE"}), find(tokens, {"FROM"})
    if at is None or start is None or start + 1 >= len(tokens) or tokens[start + 1].token_type not in TEXTS:
        return None
    draft.kind = "LOAD"
    table, _ = _table(tokens, at + 1, draft)
    if table is not None:
        load(draft, table, Table(None, None, f"path:{tokens[start + 1].text}"), None)
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
    ends = find(tokens, {"SET"}, after)
    opened = _last_list(tokens[:ends], after) if infile is not None else after
    names, after = listed(tokens[:ends], opened)
    path = tokens[infile + 1].text if infile is not None and infile + 1 < len(tokens) else _uri(tokens)
    source = Table(None, None, f"path:{path}")
    if infile is None:
        load(draft, table, source, [draft.context.name(node) for node in names] or None)
        return True
    given = _variables(tokens[opened + 1 : after - 1]) if names else []
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
            trees = context.speech.parse([_select_token(item[0]), *item[sign + 1 :]], draft.text.script.sql)
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


def _use(tokens: list[Token], draft: Draft) -> Answer:
    """``USE db``: what unqualified names mean from here on."""
    draft.kind = "USE"
    use(tokens, draft.catalog)
    return True


def _refresh(tokens: list[Token], draft: Draft) -> Answer:
    """REFRESH MATERIALIZED VIEW runs the view's own query again: an event on the view. Spark's REFRESH TABLE only
    forgets what was cached.
    """
    draft.kind = "REFRESH"
    at = find(tokens, {"VIEW", "TABLE"})
    if at is not None and (upper(tokens, 1) != "TABLE" or draft.context.speech.name not in _CACHING):
        position = at + 1 + (upper(tokens, at + 1) == "CONCURRENTLY")
        table, _ = _table(tokens, position, draft)
        if table is not None:
            draft.touches(table)
    return True


def _apply_changes(tokens: list[Token], draft: Draft) -> Answer:
    """Databricks: ``APPLY CHANGES INTO t FROM stream(s) KEYS (k) … COLUMNS (a, b)`` or ``COLUMNS * EXCEPT (a)``."""
    start, columns = find(tokens, {"FROM"}), find(tokens, {"COLUMNS"})
    if upper(tokens, 1) != "CHANGES" or upper(tokens, 2) != "INTO" or start is None:
        return None
    draft.kind = "APPLY_CHANGES"
    start += 1 + (upper(tokens, start + 1) == "STREAM")
    target, _ = _table(tokens, 3, draft)
    source, _ = _table(tokens, start + (upper(tokens, start) == "("), draft)
    if target is None or source is None:
        return True
    stored = Stored(draft.catalog, source)
    without = columns is not None and upper(tokens, columns + 1) == "*"
    listing = len(tokens) if columns is None else columns + (3 if without else 1)
    names = [draft.context.name(node) for node in listed(tokens, listing)[0]]
    if without and source.columns is not None:
        names = [name for name in source.columns if name not in names]
    elif without or not names:
        draft.doubt = STAR_UNRESOLVED if without else draft.doubt
        append(draft, source, target)
        return True
    draft.touches(target)
    draft.reads(source)
    for name in names:
        draft.flow(target, name, stored.column(name, QUALIFIED, tokens[start].start) or {})
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
    into = find(tokens, INTO)
    if into is None:
        return True
    context = draft.context
    cursor = next((t.text.lower() for t in tokens[1:into] if t.text.lower() in context.records), None)
    if cursor is None:
        return True
    names = _variables(tokens[into + 1 : find(tokens, {"LIMIT"}, into)])
    columns = [deps for _, deps in context.records[cursor].star(tokens[0].start)]
    if len(names) == 1:
        context.records[names[0]] = context.records[cursor]
        if len(columns) > 1:
            return True
    for name, deps in zip(names, columns, strict=False):
        assign_variable(context, name, deps)
    return True


def _set(tokens: list[Token], draft: Draft) -> Answer:
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
        names = _variables(item[1 : at - 1])
        if all(name in context.variables for name in names):
            _fill_row(names, item[at + 1 :], draft)
        return
    names = _variables(item[:at])
    if context.speech.name == "snowflake" and len(names) == 1:
        context.variables.setdefault(names[0], {})
    if _is_field_assigned(item):
        _field_assigned(item, draft)
    elif len(names) == 1 and (names[0] in context.variables or names[0].startswith("@")):
        read_assignment(names[0], item[at + 1 :], draft)


def _fill_row(names: list[str], tokens: list[Token], draft: Draft) -> None:
    """``SET (a, b) = (SELECT …)``, ``SET (a, b) = (x, y)``: a row into variables, one by one."""
    context = draft.context
    if upper(tokens, 0) == "(" and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    if not tokens:
        return
    query = tokens if upper(tokens, 0) in {"SELECT", "WITH", "FROM"} else [_select_token(tokens[0]), *tokens]
    trees = context.speech.parse(query, draft.text.script.sql)
    if trees and trees[0] is not None:
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        for name, (_, deps) in zip(names, relation.star(tokens[0].start), strict=False):
            assign_variable(context, name, deps)


def _assigned(tokens: list[Token], draft: Draft) -> Answer:
    """PL/pgSQL, PL/SQL, Snowflake: ``v := expression``."""
    draft.kind = "SET"
    at = find(tokens, {":="}) or 1
    said = tokens[at + 1 :]
    if upper(said, 0) == "(" and upper(said, 1) in {"EXECUTE", "CALL"}:
        return _opaque(said[1:-1], draft)
    read_assignment(_variables(tokens[:at])[0], said, draft)
    return True


def _is_field_assigned(tokens: list[Token]) -> bool:
    """Does ``record.field := …``, ``:NEW.a := …`` or ``NEW.a = …`` begin here?"""
    start = 1 if upper(tokens, 0) == ":" else 0
    sign = upper(tokens, start + 3)
    return upper(tokens, start + 1) == "." and (sign == ":=" or (sign == "=" and upper(tokens, start) == "NEW"))


def _field_assigned(tokens: list[Token], draft: Draft) -> Answer:
    """``NEW.a := expression``: a trigger writes the row of its table; a field of another record is a variable."""
    draft.kind = "SET"
    at = find(tokens, {"=", ":="}) or 3
    name = f"{tokens[at - 3].text.lower()}.{draft.context.name(identifier(tokens[at - 1]))}"
    read_assignment(name, tokens[at + 1 :], draft)
    return True


def _let(tokens: list[Token], draft: Draft) -> Answer:
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
    trees = context.speech.parse([_select_token(tokens[0]), *tokens], draft.text.script.sql)
    if trees and trees[0] is not None:
        relation = context.query(trees[0], context, None, None)
        draft.consults(relation)
        for _, deps in relation.star(tokens[0].start):
            assign_variable(context, name, deps)
    context.held.texts.update(before)
    context.held.put(name, tokens)


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
    "EXPORT": _export_table,
    "IMPORT": _import_table,
    "REFRESH": _refresh,
    "USE": _use,
    "APPLY": _apply_changes,
}
