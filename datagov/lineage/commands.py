"""Statements read from their words, because the parser has no tree for them: UNLOAD, EXCHANGE, RENAME,
SWITCH, EXEC.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.tokenizer_core import Token

from datagov.lineage.answer import Answer
from datagov.lineage.assigning import assign, assign_all, assign_field, fetch, is_field_assigned, let
from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.flow import QUALIFIED, STAR_UNRESOLVED
from datagov.lineage.loading import bulk_insert, export_table, import_table, insert_infile, load_data, unload_data
from datagov.lineage.relation import Stored
from datagov.lineage.results import give_back
from datagov.lineage.running import run
from datagov.lineage.session import use
from datagov.lineage.statements.alter import append, beside, move, move_all, swap
from datagov.lineage.words import find, listed, table_at, upper, words

_WITHOUT_FLOW = words(
    """
    SET USE GRANT REVOKE DENY COMMIT ROLLBACK BEGIN START SAVEPOINT RELEASE DECLARE COMMENT ANALYZE
    ANALYSE VACUUM OPTIMIZE EXPLAIN DESCRIBE DESC SHOW PRINT RAISE RAISERROR RETURN OPEN CLOSE FETCH
    LEAVE ITERATE COLLECT EXIT CONTINUE NULL GO LOCK UNLOCK CLUSTER CHECKPOINT DISCARD RESET LISTEN NOTIFY
    UNLISTEN KILL REINDEX MSCK ADD LIST LS REMOVE RM PUT GET SIGNAL RESIGNAL THROW WAITFOR BREAK DBCC
    ASSERT DEALLOCATE UNCACHE CLEAR PRAGMA ATTACH DETACH INSTALL ABORT END LET GOTO UNSET SYSTEM RESTORE
    UNDROP WHENEVER PROMPT SPOOL DELIMITER FLUSH PURGE REPAIR HELP COMPUTE INVALIDATE PROFILE
    """
)
_OPAQUE = frozenset({"EXEC", "EXECUTE", "CALL", "PREPARE", "PERFORM"})
_ONE_WAY = frozenset({"hive", "spark", "spark2", "databricks"})
"""Whose EXCHANGE PARTITION moves the partition of the table named last into the first, and nothing back."""
_DEFINES_ONLY = frozenset({"POLICY", "TYPE"})
_DEFINED = _DEFINES_ONLY | {"TABLE", "VIEW", "STREAM", "SNAPSHOT", "AS", "(", "."}
_CACHING = frozenset({"spark", "databricks"})


def without_flow(tokens: list[Token]) -> bool:
    """Does the statement begin with a word that moves no data?"""
    return tokens[0].text.upper().partition(" ")[0] in _WITHOUT_FLOW


def read_command(tokens: list[Token], draft: Draft) -> Answer:
    """Read a statement from its words, when it is one of those the parser does not know."""
    reader = _READERS.get(tokens[0].text.upper())
    if (reader is None and upper(tokens, 1) == ":=") or (
        len(tokens) > 2 and tokens[0].text == "@" and upper(tokens, 2) == ":="
    ):
        reader = assign
    if reader is None and is_field_assigned(tokens):
        reader = assign_field
    return reader(tokens, draft) if reader is not None else None


def _rename(tokens: list[Token], draft: Draft) -> Answer:
    """``RENAME TABLE a TO b, c TO d``; all at once, so that a swap through a third name is one."""
    draft.kind = "RENAME_TABLE"
    if upper(tokens, 1) == "OBJECT":
        return _rename_object(tokens, draft)
    position = 2 if upper(tokens, 1) in {"TABLE", "TABLES"} else 1
    steps: list[tuple[Table, Table]] = []
    while position < len(tokens):
        old, position = draft.table_at(tokens, position)
        if upper(tokens, position) != "TO" or old is None:
            break
        new, position = draft.table_at(tokens, position + 1)
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
    old, position = draft.table_at(tokens, start)
    node, _ = table_at(tokens, position + 1)
    if upper(tokens, position) == "TO" and old is not None and node is not None:
        move(draft, old, beside(old, node, draft))
    return True


def _exchange(tokens: list[Token], draft: Draft) -> Answer:
    """ClickHouse: ``EXCHANGE TABLES a AND b``."""
    draft.kind = "SWAP_TABLE"
    one, position = draft.table_at(tokens, 2)
    other, _ = draft.table_at(tokens, position + 1)
    if one is not None and other is not None:
        swap(draft, one, other)
    return True


def _alter(tokens: list[Token], draft: Draft) -> Answer:
    """The forms of ALTER TABLE that move rows and that the parser leaves alone."""
    if upper(tokens, 1) == "MATERIALIZED" and upper(tokens, len(tokens) - 1) == "REBUILD":
        return _refresh(tokens, draft)
    if upper(tokens, 1) != "TABLE":
        return None
    modified = find(tokens, {"MODIFY"}, 2)
    if modified is not None and upper(tokens, modified + 1) == "QUERY":
        draft.kind = "ALTER_VIEW"
        table, _ = draft.table_at(tokens, 2)
        trees = draft.context.speech.parse(tokens[modified + 2 :], draft.text.script.sql)
        if table is not None and trees and isinstance(trees[0], exp.Query):
            write(draft, table, draft.context.query(trees[0], draft.context, None, None), names_new=True)
        return True
    moved = find(tokens, {"SET"}, 2)
    if moved is not None and upper(tokens, moved + 1) == "SCHEMA":
        return _set_schema(tokens, moved, draft)
    if upper(tokens, table_at(tokens, 2)[1]) == "EXECUTE":
        draft.kind = "ALTER_TABLE_EXECUTE"
        return True
    if find(tokens, {"MASK", "MASKING", "MATERIALIZE"}, max(3, table_at(tokens, 2)[1])) is not None:
        draft.kind = "ALTER_TABLE"
        return True
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
        at += upper(tokens, at) == "TABLE"
        if draft.context.speech.name in _ONE_WAY:
            return _between(tokens, at, start, draft, "MOVE_PARTITION")
        return _between(tokens, start, at, draft, "EXCHANGE_PARTITION")
    if word == "SWITCH":
        to = find(tokens, {"TO"}, exchange)
        return _between(tokens, start, to + 1, draft, "SWITCH_PARTITION") if to is not None else None
    if word == "ATTACH" and upper(tokens, exchange + 1) == "PARTITION" and find(tokens, {"FOR", "DEFAULT"}, exchange):
        return _between(tokens, exchange + 2, start, draft, "ATTACH_PARTITION")
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
    old, _ = draft.table_at(tokens, start)
    draft.kind = "RENAME_TABLE"
    if old is not None and at + 2 < len(tokens):
        schema = draft.context.speech.fold_table(tokens[at + 2].text, quoted=False)
        move(draft, old, draft.catalog.find(old.name, schema, old.catalog))
    return True


def _create(tokens: list[Token], draft: Draft) -> Answer:
    """``CREATE STREAM s ON TABLE t`` (Snowflake) and ``CREATE SNAPSHOT TABLE s CLONE t`` (BigQuery); a policy or a type
    moves nothing.
    """
    kind = next((word for at in range(1, 6) if (word := upper(tokens, at)) in _DEFINED), "")
    if kind in _DEFINES_ONLY and find(tokens[:8], {"BODY"}) is None:
        draft.kind = f"CREATE_{kind}"
        return True
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
    target, _ = draft.table_at(tokens, position)
    kind = upper(tokens, link + 1)
    source, _ = draft.table_at(tokens, link + 1 + (kind in {"TABLE", "VIEW"}))
    if target is not None and source is not None:
        append(draft, source, target)
        target.learn(source.columns)
    return True


def _synonym(tokens: list[Token], at: int, draft: Draft) -> Answer:
    """``CREATE SYNONYM a FOR s.b``: another name of a table from here on."""
    draft.kind = "CREATE_SYNONYM"
    node, position = table_at(tokens, at + 1)
    name, after = draft.table_at(tokens, position + 1)
    if upper(tokens, position) != "FOR" or node is None or name is None:
        return None
    if upper(tokens, after) == "@" and after + 1 < len(tokens):
        far = f"{name.name}@{draft.context.speech.fold_table(tokens[after + 1].text, quoted=False)}"
        name = draft.catalog.find(far, name.schema, name.catalog)
    draft.catalog.also_called(draft.context.table(node), name)
    return True


def _between(tokens: list[Token], one: int, other: int, draft: Draft, kind: str) -> Answer:
    """Rows move between two tables; an exchange goes both ways."""
    first, _ = draft.table_at(tokens, one)
    second, _ = draft.table_at(tokens, other)
    draft.kind = kind
    if first is None or second is None:
        return True
    if kind == "EXCHANGE_PARTITION":
        swap(draft, first, second)
    else:
        append(draft, first, second)
    return True


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
        table, _ = draft.table_at(tokens, position)
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
    target, _ = draft.table_at(tokens, 3)
    source, _ = draft.table_at(tokens, start + (upper(tokens, start) == "("))
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


_READERS: dict[str, Callable[[list[Token], Draft], Answer]] = {
    **dict.fromkeys(_OPAQUE, run),
    "RENAME": _rename,
    "EXCHANGE": _exchange,
    "DECLARE": _declare,
    "FETCH": fetch,
    "SET": assign_all,
    "LET": let,
    "RETURN": give_back,
    "ALTER": _alter,
    "UNLOAD": unload_data,
    "LOAD": load_data,
    "CREATE": _create,
    "BULK": bulk_insert,
    "INSERT": insert_infile,
    "EXPORT": export_table,
    "IMPORT": import_table,
    "REFRESH": _refresh,
    "USE": _use,
    "APPLY": _apply_changes,
}
