"""Second tries for statements the parser gives up on: drop words that carry no data, or read the query by
itself.

Every vendor keeps adding options to CREATE and INSERT; the query behind them is what lineage needs.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import Speech
from datagov.lineage.output import output_clause
from datagov.lineage.rewording import plainer, without_target_hints
from datagov.lineage.rewording import token as _token
from datagov.lineage.words import closing, dotted, find, listed, table_at, upper

_QUERY = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE"})
_OBJECTS = frozenset({"TABLE", "VIEW"})
_DROPPED = (("OVERRIDING", "SYSTEM", "VALUE"), ("OVERRIDING", "USER", "VALUE"))
_CREATE_ONLY = frozenset({"EDITIONABLE", "NONEDITIONABLE", "FORCE", "NOFORCE", "EDITIONING"})
_TAILS = (
    ("WITH", "NO", "DATA"),
    ("WITH", "DATA"),
    ("WITH", "READ", "ONLY"),
    ("WITH", "CHECK", "OPTION"),
    ("WITH", "LOCAL", "CHECK", "OPTION"),
    ("WITH", "CASCADED", "CHECK", "OPTION"),
    ("WITH", "NO", "SCHEMA", "BINDING"),
)


def reworded(tokens: list[Token], dialect: str) -> list[Token]:
    """The tokens without words that matter to no lineage, so that the parser knows the rest."""
    tokens = plainer(tokens, dialect)
    first = upper(tokens, 0)
    if first == "REPLACE" and dialect != "teradata":
        after = upper(tokens, 1)
        if after not in {"VIEW", "TABLE", "(", "PROCEDURE", "FUNCTION", "MACRO", "TRIGGER"}:
            verb = [_token(TokenType.INSERT, "INSERT", tokens[0])]
            if after != "INTO":
                verb.append(_token(TokenType.INTO, "INTO", tokens[0]))
            return verb + tokens[1:]
    if first == "REPLACE" and upper(tokens, 1) == "VIEW":
        return [_token(TokenType.CREATE, "CREATE", tokens[0]), *tokens[1:]]
    if dialect in {"tsql", "fabric"} and first in {"INSERT", "UPDATE", "DELETE", "MERGE", "WITH"}:
        return _plain_tsql(tokens)
    if dialect == "oracle" and first == "MERGE":
        return _without_delete_where(tokens)
    if dialect == "clickhouse" and first == "ALTER":
        return _mutation(tokens)
    if dialect == "teradata" and first == "UPDATE":
        return _aliased_from(tokens)
    if dialect == "mysql" and first in {"INSERT", "REPLACE"}:
        tokens = _insert_set(tokens)
    if first == "CREATE" and dialect == "oracle":
        stop = find(tokens, _OBJECTS) or 0
        return [t for i, t in enumerate(tokens) if i >= stop or t.text.upper() not in _CREATE_ONLY]
    return tokens


def _plain_tsql(tokens: list[Token]) -> list[Token]:
    """Without TOP, OUTPUT and the hints after the target."""
    clause = output_clause(tokens)
    if clause is not None:
        tokens = tokens[: clause[0]] + tokens[clause[1] :]
    if upper(tokens, 1) == "TOP":
        end = closing(tokens, 2) + 1 if upper(tokens, 2) == "(" else 3
        tokens = tokens[:1] + tokens[end + (upper(tokens, end) == "PERCENT") :]
    if upper(tokens, 0) in {"UPDATE", "MERGE", "WITH"}:
        tokens = _plain_assignments(tokens)
    return without_target_hints(tokens) if upper(tokens, 0) in {"INSERT", "WITH"} else tokens


_COMPOUND = frozenset("+-*/%&|^")


def _plain_assignments(tokens: list[Token]) -> list[Token]:
    """``a += b`` as ``a = a + b``."""
    out: list[Token] = []
    target = dotted(tokens, 1)[0] if upper(tokens, 0) == "UPDATE" else []
    end = find(tokens, {"WHERE"}) or len(tokens)
    named = {token.text.lower() for token in tokens[find(tokens, {"FROM"}) or end : end]}
    plain = len(target) == 1 or (bool(target) and target[-1].text.lower() not in named)
    owner = [target[-1], _token(TokenType.DOT, ".", target[-1])] if plain else []
    for position, token in enumerate(tokens):
        if token.text == "=" and out and out[-1].text in _COMPOUND and upper(tokens, position - 2) != "=":
            operator = out.pop()
            name = _name_before(out)
            out += [token, *(owner if len(name) == 1 else []), *name, operator]
        else:
            out.append(token)
    return out


def _name_before(tokens: list[Token]) -> list[Token]:
    """The dotted name or variable that ``tokens`` end with."""
    start = len(tokens) - 1
    while start > 1 and tokens[start - 1].token_type is TokenType.DOT:
        start -= 2
    if start > 0 and tokens[start - 1].text == "@":
        start -= 1
    return tokens[max(start, 0) :]


def _without_delete_where(tokens: list[Token]) -> list[Token]:
    """Oracle's ``UPDATE SET … DELETE WHERE …`` removes rows; no value flows."""
    at = find(tokens, {"DELETE"})
    if at is None or upper(tokens, at + 1) != "WHERE" or upper(tokens, at - 1) == "THEN":
        return tokens
    end = find(tokens, {"WHEN"}, at)
    return tokens[:at] + (tokens[end:] if end is not None else [])


def _mutation(tokens: list[Token]) -> list[Token]:
    """ClickHouse: ``ALTER TABLE t UPDATE a = b WHERE c`` and ``ALTER TABLE t DELETE WHERE c``."""
    at = table_at(tokens, 2)[1]
    word = upper(tokens, at)
    if word == "UPDATE":
        verb, into = _token(TokenType.UPDATE, "UPDATE", tokens[0]), _token(TokenType.SET, "SET", tokens[at])
        return [verb, *tokens[2:at], into, *tokens[at + 1 :]]
    if word == "DELETE":
        verb, into = _token(TokenType.DELETE, "DELETE", tokens[0]), _token(TokenType.FROM, "FROM", tokens[0])
        return [verb, into, *tokens[2:at], *tokens[at + 1 :]]
    return tokens


def _aliased_from(tokens: list[Token]) -> list[Token]:
    """Teradata: ``UPDATE t FROM u SET …``; without an alias the parser takes SET for one."""
    start, end = find(tokens, {"FROM"}), find(tokens, {"SET"})
    if start is None or end is None or start > end or table_at(tokens, start + 1)[1] != end:
        return tokens
    return [*tokens[:end], tokens[end - 1], *tokens[end:]]


def _insert_set(tokens: list[Token]) -> list[Token]:
    """MySQL: ``INSERT INTO t SET a = 1, b = 2`` as a list of columns and a row of values."""
    at = find(tokens, {"SET"})
    if at is None or find(tokens, {"SELECT", "VALUES", "VALUE"}) is not None:
        return tokens
    end = find(tokens, {"ON"}, at)
    end = len(tokens) if end is None else end
    opened, closed = _token(TokenType.L_PAREN, "(", tokens[at]), _token(TokenType.R_PAREN, ")", tokens[at])
    comma = _token(TokenType.COMMA, ",", tokens[at])
    names: list[Token] = []
    values: list[Token] = []
    position = at + 1
    while position < end:
        name = table_at(tokens, position)[1]
        stop = find(tokens[:end], {","}, name + 1)
        stop = end if stop is None else stop
        names += [comma, tokens[name - 1]]
        values += [comma, *tokens[name + 1 : stop]]
        position = stop + 1
    row = [
        opened,
        *names[1:],
        closed,
        _token(TokenType.VALUES, "VALUES", tokens[at]),
        opened,
        *values[1:],
        closed,
    ]
    return tokens[:at] + row + tokens[end:]


def rescued(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    """A tree made of the parts of a CREATE or INSERT that can be read; None when there is no query in it."""
    first = upper(tokens, 0)
    if first == "CREATE" or (first in {"ALTER", "REPLACE"} and "VIEW" in (upper(tokens, 1), upper(tokens, 2))):
        return _create(tokens, sql, voice)
    if first == "INSERT":
        return _without_words(tokens, sql, voice) or _insert(tokens, sql, voice)
    if first == "UPDATE" and upper(tokens, 1) == "(":
        return _update_of_query(tokens, sql, voice)
    if first in {"SELECT", "WITH"}:
        return _outfile(tokens, sql, voice)
    return None


def _without_words(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    """The statement without a phrase that carries no data."""
    for words in _DROPPED:
        at = find(tokens, {words[0]})
        if at is not None and tuple(upper(tokens, at + i) for i in range(len(words))) == words:
            return voice.parse(tokens[:at] + tokens[at + len(words) :], sql)[0]
    return None


def _create(tokens: list[Token], sql: str, voice: Speech) -> exp.Expr | None:
    at = find(tokens, _OBJECTS)
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
    names, _ = listed(tokens, at)
    if "CLONE" in {upper(tokens, at), upper(tokens, at + 1)}:
        source, _ = table_at(tokens, at + 1 + (upper(tokens, at + 1) == "CLONE"))
        return exp.Create(this=target, kind=kind, clone=exp.Clone(this=source)) if source is not None else None
    start = find(tokens, {"AS"}, at)
    while start is not None and not _opens_query(tokens, start + 1):
        start = find(tokens, {"AS"}, start + 1)
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
    return upper(tokens, position) in _QUERY


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
    return trees[0] if trees and isinstance(trees[0], (exp.Query, exp.Subquery, exp.Values)) else None


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
    start = find(tokens, _QUERY | {"EXEC", "EXECUTE"}, after)
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
