"""Second tries for statements the parser gives up on: drop words that carry no data, or read the query by
itself.

Every vendor keeps adding options to CREATE and INSERT; the query behind them is what lineage needs.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import Speech
from datagov.lineage.output import output_clause
from datagov.lineage.pipes import plain_pipes
from datagov.lineage.rewording import plainer, without_target_hints
from datagov.lineage.rewording import token as _token
from datagov.lineage.words import closing, dotted, find, find_pair, listed, table_at, upper

_QUERY = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "PIVOT", "UNPIVOT"})
_OBJECTS = frozenset({"TABLE", "VIEW"})
_CREATE_ONLY = frozenset({"EDITIONABLE", "NONEDITIONABLE", "FORCE", "NOFORCE", "EDITIONING"})
_CONSTRAINTS = frozenset({"CONSTRAINT", "PRIMARY", "FOREIGN", "UNIQUE", "CHECK"})
_LAKE = frozenset({"spark", "spark2", "databricks", "hive"})
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
    if dialect == "clickhouse":
        return _mutation(tokens) if first == "ALTER" else _without_limit_by(tokens)
    if dialect == "bigquery":
        return plain_pipes(_rows_as_query(tokens))
    if dialect in _LAKE:
        return _plain_lake(tokens, first)
    if dialect == "teradata" and first == "UPDATE":
        return _aliased_from(tokens)
    if dialect == "redshift" and any(token.token_type is TokenType.UNPIVOT for token in tokens):
        return _object_rows(tokens)
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


def _object_rows(tokens: list[Token]) -> list[Token]:
    """Redshift: ``FROM t, UNPIVOT t.o AS v AT k`` yields a row for every key of an object."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        end = named = len(tokens)
        if upper(tokens, position) == "UNPIVOT" and upper(tokens, position + 1) != "(":
            end = dotted(tokens, position + 1)[1]
            named = end + 1 if upper(tokens, end) == "AS" else end
        if upper(tokens, named + 1) == "AT":
            opened, closed = _token(TokenType.L_PAREN, "(", token), _token(TokenType.R_PAREN, ")", token)
            alias = [_token(TokenType.ALIAS, "AS", token), _token(TokenType.VAR, "_unpivoted", token)]
            names = [tokens[named], _token(TokenType.COMMA, ",", token), *tokens[named + 2 : named + 3]]
            subject = tokens[position + 1 : end]
            out += [_token(TokenType.UNNEST, "UNNEST", token), opened, *subject, closed, *alias, opened, *names, closed]
            position = named + 3
        else:
            out.append(token)
            position += 1
    return out


def _without_limit_by(tokens: list[Token]) -> list[Token]:
    """ClickHouse: ``LIMIT 1 BY a LIMIT 10``; the parser takes one LIMIT, and rows per key move no value."""
    out: list[Token] = []
    start = 0
    for position, token in enumerate(tokens):
        if token.token_type is not TokenType.LIMIT or position < start:
            continue
        by = find(tokens[: position + 7], {"BY"}, position)
        if by is None or find(tokens[:by], {"LIMIT", ")"}, position + 1) is not None:
            continue
        end = find(tokens, {"LIMIT", "OFFSET", "SETTINGS", "FORMAT", "UNION", "EXCEPT", "INTERSECT", "INTO"}, by)
        end = _closed(tokens, by, len(tokens) if end is None else end)
        if upper(tokens, end) == "LIMIT":
            out += tokens[start:position]
            start = end
    return [*out, *tokens[start:]] if start else tokens


def _closed(tokens: list[Token], start: int, end: int) -> int:
    """The bracket around ``start`` when it closes before ``end``, else ``end``."""
    depth = 0
    for position in range(start, end):
        depth += (tokens[position].token_type is TokenType.L_PAREN) - (tokens[position].token_type is TokenType.R_PAREN)
        if depth < 0:
            return position
    return end


def _plain_lake(tokens: list[Token], first: str) -> list[Token]:
    """Spark and Databricks: MERGE without WITH SCHEMA EVOLUTION; a directory without its format and options;
    IDENTIFIER('s.t') as the name it is.
    """
    tokens = _named_by_text(tokens)
    if first == "MERGE" and upper(tokens, 1) == "WITH":
        into = find(tokens, {"INTO"}) or 1
        return [tokens[0], *tokens[into:]]
    directory = find(tokens[:6], {"DIRECTORY"}) if first == "INSERT" else None
    using = find(tokens[: directory + 3], {"USING"}, directory) if directory is not None else None
    if directory is None or using is None:
        return tokens
    query = find(tokens, _QUERY | {"("}, using + 2)
    options = find(tokens, {"OPTIONS"}, using)
    if options is not None and upper(tokens, options + 1) == "(":
        close = closing(tokens, options + 1)
        query = find(tokens, _QUERY, close) or close + 1
        if using == directory + 1:
            path = next((i for i in range(options, close) if tokens[i].text.lower() in {"path", "'path'"}), options)
            named = next((t for t in tokens[path + 1 : close] if t.token_type is TokenType.STRING), None)
            return [*tokens[:using], *([named] if named is not None else []), *tokens[query:]]
    return [*tokens[:using], *tokens[query or using :]]


def _rows_as_query(tokens: list[Token]) -> list[Token]:
    """BigQuery: ``f(TABLE d.t, …)`` as ``f((SELECT * FROM d.t), …)``; the parser knows it in few functions."""
    at = find_pair(tokens, "(", "TABLE")
    if at is None or at == 0 or upper(tokens, at - 1) in {"VECTOR_SEARCH", *_QUERY}:
        return tokens
    parts, end = dotted(tokens, at + 2)
    if not parts or upper(tokens, end) not in {",", ")"}:
        return tokens
    like = tokens[at + 1]
    opened = [_token(TokenType.L_PAREN, "(", like), _token(TokenType.SELECT, "SELECT", like)]
    opened += [_token(TokenType.STAR, "*", like), _token(TokenType.FROM, "FROM", like)]
    closed = _token(TokenType.R_PAREN, ")", like)
    return [*tokens[: at + 1], *opened, *tokens[at + 2 : end], closed, *tokens[end:]]


def _named_by_text(tokens: list[Token]) -> list[Token]:
    """``IDENTIFIER('s.t')`` as ``s.t``."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        given = tokens[position + 2] if position + 3 < len(tokens) else None
        if (
            given is not None
            and given.token_type is TokenType.STRING
            and upper(tokens, position) == "IDENTIFIER"
            and upper(tokens, position + 1) == "("
            and upper(tokens, position + 3) == ")"
        ):
            for number, part in enumerate(given.text.split(".")):
                out += [_token(TokenType.DOT, ".", given)] if number else []
                out.append(_token(TokenType.IDENTIFIER, part.strip("`"), given))
            position += 4
        else:
            out.append(tokens[position])
            position += 1
    return out


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
        return _insert(tokens, sql, voice)
    if first == "UPDATE" and upper(tokens, 1) == "(":
        return _update_of_query(tokens, sql, voice)
    if first in {"SELECT", "WITH"}:
        return _outfile(tokens, sql, voice)
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
    names = [name for name in listed(tokens, at)[0] if name.quoted or name.name.upper() not in _CONSTRAINTS]
    if "CLONE" in {upper(tokens, at), upper(tokens, at + 1)}:
        source, _ = table_at(tokens, at + 1 + (upper(tokens, at + 1) == "CLONE"))
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
    return trees[0] if trees and isinstance(trees[0], (exp.Query, exp.Subquery, exp.Values, exp.Pivot)) else None


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
