"""A statement in words the parser knows: without what matters to no lineage, a vendor's form in a common one."""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.output import output_clause
from datagov.lineage.phrases import plainer, without_target_hints
from datagov.lineage.phrases import token as _token
from datagov.lineage.pipes import plain_pipes
from datagov.lineage.words import closing, dotted, find, find_pair, table_at, upper

QUERY = frozenset({"SELECT", "WITH", "VALUES", "FROM", "TABLE", "PIVOT", "UNPIVOT"})
OBJECTS = frozenset({"TABLE", "VIEW"})
_CREATE_ONLY = frozenset({"EDITIONABLE", "NONEDITIONABLE", "FORCE", "NOFORCE", "EDITIONING"})
_LAKE = frozenset({"spark", "spark2", "databricks", "hive"})


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
        stop = find(tokens, OBJECTS) or 0
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
    """Oracle's ``UPDATE SET … DELETE WHERE …`` removes rows; no value flows, but what decides is a condition of the
    branch as the WHERE before it is.
    """
    at = find(tokens, {"DELETE"})
    if at is None or upper(tokens, at + 1) != "WHERE" or upper(tokens, at - 1) == "THEN":
        return tokens
    then = max(position for position in range(at) if upper(tokens, position) in {"THEN", "MERGE"})
    filtered = find(tokens[:at], {"WHERE"}, then) is not None
    return [*tokens[:at], _token(TokenType.OR, "OR", tokens[at]) if filtered else tokens[at + 1], *tokens[at + 2 :]]


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
    query = find(tokens, QUERY | {"("}, using + 2)
    options = find(tokens, {"OPTIONS"}, using)
    if options is not None and upper(tokens, options + 1) == "(":
        close = closing(tokens, options + 1)
        query = find(tokens, QUERY, close) or close + 1
        if using == directory + 1:
            path = next((i for i in range(options, close) if tokens[i].text.lower() in {"path", "'path'"}), options)
            named = next((t for t in tokens[path + 1 : close] if t.token_type is TokenType.STRING), None)
            return [*tokens[:using], *([named] if named is not None else []), *tokens[query:]]
    return [*tokens[:using], *tokens[query or using :]]


def _rows_as_query(tokens: list[Token]) -> list[Token]:
    """BigQuery: ``f(TABLE d.t, …)`` as ``f((SELECT * FROM d.t), …)``; the parser knows it in few functions."""
    at = find_pair(tokens, "(", "TABLE")
    if at is None or at == 0 or upper(tokens, at - 1) in {"VECTOR_SEARCH", *QUERY}:
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
