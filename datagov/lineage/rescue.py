"""Second tries for statements the parser gives up on: drop words that carry no data, or read the query by
itself.

Every vendor keeps adding options to CREATE and INSERT; the query behind them is what lineage needs.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import Speech
from datagov.lineage.phrases import token as _token
from datagov.lineage.reworded import OBJECTS, QUERY
from datagov.lineage.words import closing, find, listed, table_at, upper

_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK"})
_TAILS = (
    ("WITH", "NO", "DATA"),
    ("WITH", "DATA"),
    ("WITH", "READ", "ONLY"),
    ("WITH", "CHECK", "OPTION"),
    ("WITH", "LOCAL", "CHECK", "OPTION"),
    ("WITH", "CASCADED", "CHECK", "OPTION"),
    ("WITH", "NO", "SCHEMA", "BINDING"),
)


def rescued(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    """A tree made of the parts of a CREATE or INSERT that can be read; None when there is no query in it."""
    first = upper(tokens, 0)
    if first == "CREATE" or (first in {"ALTER", "REPLACE"} and "VIEW" in (upper(tokens, 1), upper(tokens, 2))):
        return _create(tokens, sql, voice)
    if first == "INSERT":
        return _insert(tokens, sql, voice)
    if first == "UPDATE" and upper(tokens, 1) == "(":
        return _update_of_query(tokens, sql, voice)
    if first in {"SELECT", "WITH"}:
        return _outfile(tokens, sql, voice)
    return None


def _create(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    at = find(tokens, OBJECTS)
    if at is None:
        return None
    kind = upper(tokens, at)
    words = {upper(tokens, i) for i in range(at)}
    at += 1
    while upper(tokens, at) in {"IF", "NOT", "EXISTS"}:
        at += 1
    target, at = table_at(tokens, at)
    if target is None:
        return None
    names = [name for name in listed(tokens, at)[0] if name.quoted or name.name.upper() not in _CONSTRAINTS]
    if "CLONE" in {upper(tokens, at), upper(tokens, at + 1)}:
        after = at + 1 + (upper(tokens, at + 1) == "CLONE")
        source, _ = table_at(tokens, after + (upper(tokens, after) == "AS"))
        return exp.Create(this=target, kind=kind, clone=exp.Clone(this=source)) if source is not None else None
    start = find(tokens, {"AS"}, at)
    while start is not None and not _opens_query(tokens, start + 1):
        start = find(tokens, {"AS"}, start + 1)
    if start is None and voice.name == "mysql" and kind == "TABLE":
        return _created_with(tokens, at, target, sql, voice)
    if start is None:
        definitions = [exp.ColumnDef(this=name) for name in names]
        return exp.Create(this=exp.Schema(this=target, expressions=definitions), kind=kind) if names else None
    query = _query(tokens[start + 1 :], sql, voice)
    if query is None:
        return None
    if "RECURSIVE" in words:
        query = _walked(query, target, names)
    this: exp.Expr = exp.Schema(this=target, expressions=names) if names else target
    node = exp.Create(this=this, kind=kind, expression=query)
    if words & {"TEMP", "TEMPORARY", "VOLATILE"}:
        node.set("properties", exp.Properties(expressions=[exp.TemporaryProperty()]))
    return node


def _created_with(tokens: list[Token], at: int, target: exp.Table, sql: str, voice: Speech) -> exp.Expr | None:
    """MySQL: ``CREATE TABLE t (a int) … [IGNORE | REPLACE] SELECT …``, its columns met by name."""
    start = find(tokens, {"SELECT", "WITH", "TABLE"}, at)
    query = _query(tokens[start:], sql, voice) if start is not None else None
    names, _ = listed(tokens, at)
    kept = [exp.ColumnDef(this=name, kind=exp.DataType.build("text")) for name in names]
    if query is None and not kept:
        return None
    this: exp.Expr = exp.Schema(this=target, expressions=kept) if kept else target
    return exp.Create(this=this, kind="TABLE", expression=query)


def _walked(query: exp.Expr, target: exp.Table, names: list[exp.Identifier]) -> exp.Expr:
    """``CREATE RECURSIVE VIEW v (a) AS …`` is defined as ``WITH RECURSIVE v (a) AS (…) SELECT … FROM v``."""
    name = exp.to_identifier(target.name)
    for table in query.find_all(exp.Table):
        if table.name.lower() == target.name.lower() and table.db.lower() in {"", target.db.lower()}:
            table.set("db", None)
    alias = exp.TableAlias(this=name, columns=[identifier.copy() for identifier in names])
    clause = exp.With(expressions=[exp.CTE(this=query, alias=alias)], recursive=True)
    outer = exp.select("*").from_(exp.Table(this=name.copy()))
    outer.set("with_", clause)
    return outer


def _opens_query(tokens: list[Token], position: int) -> bool:
    while upper(tokens, position) == "(":
        position += 1
    return upper(tokens, position) in QUERY


def _query(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    for words in _TAILS:
        if tuple(upper(tokens, len(tokens) - len(words) + i) for i in range(len(words))) == words:
            tokens = tokens[: -len(words)]
            break
    if tokens and tokens[0].token_type is TokenType.L_PAREN:
        close = closing(tokens, 0)
        tail = upper(tokens, close + 1)
        if tail and tail not in {"UNION", "EXCEPT", "INTERSECT", "MINUS"}:
            tokens = tokens[: close + 1]
    if not tokens:
        return None
    trees = voice.parse(tokens, sql)
    return trees[0] if trees and isinstance(trees[0], (exp.Query, exp.Subquery, exp.Values, exp.Pivot)) else None


_BEFORE_A_QUERY = frozenset({"AS", "BY", "IF", "OUTPUT", "OVERRIDING", "PARTITION", "REPLACE", "SETTINGS", "WITH"})
"""What may stand between the target of an INSERT and a query that begins with FROM."""


def _insert(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    at = find(tokens, {"INTO", "TABLE"})
    at = 1 if at is None else at + 1
    if upper(tokens, at) == "TABLE":
        at += 1
    target, at = table_at(tokens, at)
    if target is None:
        return None
    names, after = listed(tokens, at)
    this: exp.Expr = exp.Schema(this=target, expressions=names) if names else target
    start = find(tokens, QUERY | {"EXEC", "EXECUTE"}, after)
    if (
        start is not None
        and start > after
        and upper(tokens, after) not in _BEFORE_A_QUERY
        and upper(tokens, start) == "FROM"
        and find(tokens, {"SELECT"}, start) is None
    ):
        return None  # a word that is no SELECT stands where the query begins
    if start is None:
        opened = [p for p in range(after, len(tokens) - 1) if upper(tokens, p) == "(" and upper(tokens, p + 1) in QUERY]
        start = opened[0] if opened else None
    if start is None:
        return None
    if upper(tokens, start) in {"EXEC", "EXECUTE"}:
        return exp.Insert(this=this, expression=exp.Command(this="EXEC"))
    query = _query(tokens[start:], sql, voice)
    return exp.Insert(this=this, expression=query) if query is not None else None


def _update_of_query(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    """Oracle: ``UPDATE (SELECT …) alias SET …``."""
    close = closing(tokens, 1)
    query = _query(tokens[2:close], sql, voice)
    rest = find(tokens, {"SET"}, close + 1)
    if query is None or rest is None:
        return None
    name = tokens[close + 1 : rest] or [_token(TokenType.VAR, "_query", tokens[1])]
    trees = voice.parse([tokens[0], name[-1], *tokens[rest:]], sql)
    if not trees or not isinstance(trees[0], exp.Update):
        return None
    alias = exp.TableAlias(this=exp.to_identifier(name[-1].text))
    trees[0].set("this", exp.Subquery(this=query, alias=alias))
    return trees[0]


def _outfile(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    """MySQL: ``SELECT … INTO OUTFILE 'path' …``."""
    at = find(tokens, {"INTO"})
    if at is None or upper(tokens, at + 1) not in {"OUTFILE", "DUMPFILE"} or at + 2 >= len(tokens):
        return None
    rest = find(tokens, {"FROM"}, at + 3)
    query = _query(tokens[:at] + (tokens[rest:] if rest is not None else []), sql, voice)
    if query is None:
        return None
    return exp.Copy(this=exp.Subquery(this=query), kind=False, files=[exp.Literal.string(tokens[at + 2].text)])
