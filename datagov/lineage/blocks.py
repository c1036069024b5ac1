"""Peel what surrounds a statement in procedural SQL: headers, BEGIN, IF … THEN, loops, declarations,
handlers.

Words as in PL/pgSQL, PL/SQL, T-SQL, MySQL stored programs, BigQuery scripting and Snowflake Scripting.
"""

from __future__ import annotations

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.phrases import token as placed
from datagov.lineage.routines import SECTION_DIALECTS, declared_name, parameters_of, routine_name
from datagov.lineage.split import STARTERS
from datagov.lineage.surroundings import Surroundings
from datagov.lineage.words import closing, find, items, upper

_NOT_DECLARED = frozenset({
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CREATE", "DROP", "ALTER", "TRUNCATE", "FETCH", "MOVE",
    "CLOSE", "COMMIT", "ROLLBACK",
})  # fmt: skip
"""What no declaration begins with: ``DECLARE c CURSOR FOR …`` outside a block opens no section."""
_PLAIN = frozenset({"SELECT", "INSERT", "UPDATE", "MERGE", "WITH"})
"""What a plain statement begins with in every dialect, unless a colon makes it a label."""
_AFTER_BEGIN = frozenset({"TRY", "CATCH", "ATOMIC", "NOT"})
_AFTER_END = frozenset({"IF", "LOOP", "WHILE", "CASE", "TRY", "CATCH", "FOR", "REPEAT"})
_LABELLED = frozenset({"LOOP", "WHILE", "REPEAT", "BEGIN", "FOR"})
_LINES = {
    "oracle": frozenset({"SET", "WHENEVER", "PROMPT", "SPOOL", "DEFINE", "UNDEFINE", "COLUMN", "ACCEPT", "REM"}),
    "teradata": frozenset({"."}),
}
"""Commands of SQL*Plus and BTEQ: they end with their line."""
_NOT_LINES = frozenset({"TRANSACTION", "ROLE", "CONSTRAINT", "CONSTRAINTS"})
_QUERIES = frozenset({"SELECT", "WITH", "VALUES"})


def peel(tokens: list[Token], around: Surroundings) -> list[Token]:
    """The plain statement inside ``tokens``; empty when there is none."""
    while tokens:
        rest = _peel_once(tokens, around)
        if rest is None:
            return tokens
        tokens = rest
    return tokens


def _peel_once(tokens: list[Token], around: Surroundings) -> list[Token] | None:
    """``tokens`` without one layer; None when a plain statement begins."""
    word = tokens[0].text.upper()
    after = tokens[1].text.upper() if len(tokens) > 1 else ""
    if tokens[0].token_type is TokenType.IDENTIFIER:
        return None
    if word in _PLAIN and after != ":":
        around.declaring = False
        return None
    if word == "/":
        return tokens[1:]
    if word == "DELIMITER":
        return [token for token in tokens if token.line != tokens[0].line]
    if after == ":" and around.dialect in {"tsql", "fabric"}:
        return tokens[2:]
    if after == ":" and len(tokens) > 2 and tokens[2].text.upper() in _LABELLED:
        return tokens[2:]
    if word == "FORALL" and len(tokens) > 1:
        around.declare(tokens[1].text)
        at = find(tokens[1:], STARTERS)
        return tokens[at + 1 :] if at is not None else []
    if word == "<" and after == "<":
        return tokens[5:]
    if word == "<<":
        return tokens[4:] if len(tokens) > 3 and tokens[2].text == ">" else tokens[3:]
    if word == "BEGIN":
        around.declaring = False
        if after in {"TRANSACTION", "TRAN", "WORK", "ISOLATION"}:
            return []
        around.depth += 1
        return tokens[3:] if after == "NOT" else tokens[2:] if after in _AFTER_BEGIN else tokens[1:]
    if word in {"BEFORE", "AFTER", "INSTEAD"} and around.dialect == "oracle":
        at = find(tokens, {"IS"})
        return tokens[at + 1 :] if at is not None else None
    if word in _LINES.get(around.dialect, ()) and after not in _NOT_LINES:
        return [token for token in tokens if token.line != tokens[0].line]
    if around.dialect == "teradata":
        if word in {"CREATE", "REPLACE"} and after == "MACRO":
            at = find(tokens, {"AS"})
            return tokens[at + 2 :] if at is not None else []
        if word == ")":
            return tokens[1:]
    if word == "CASE":
        return _condition(tokens[1:], "WHEN", around)
    if word == "FOREACH":
        return _foreach(tokens, around)
    if word == "OPEN":
        at = find(tokens, {"FOR"})
        if at is not None and at + 1 < len(tokens) and tokens[at + 1].text.upper() in _QUERIES:
            around.queries.append((tokens[1].text.lower(), tokens[at + 1 :]))
            return []
        if at is not None and at + 1 < len(tokens):
            run = tokens[at + 1 :]
            if run[0].text.upper() != "EXECUTE":
                run = [placed(TokenType.EXECUTE, "EXECUTE", run[0]), *run]
            around.queries.append((tokens[1].text.lower(), run))
            return []
        return None
    if word in {"PROCEDURE", "FUNCTION"} and len(tokens) > 1:
        return _inner_routine(tokens, around)
    if around.declaring and word in _NOT_DECLARED:
        around.declaring = False
    if around.declaring:
        return _declaration(tokens, around)
    if word == "END":
        if after not in _AFTER_END:
            around.depth -= 1
            if around.inner and around.depth <= around.inner[-1][0]:
                around.leave_inner()
            elif around.depth <= 0 and around.dialect not in {"tsql", "fabric"}:
                around.leave()
        return _after_end(tokens)
    if word in {"ELSE", "THEN", "LOOP", "REPEAT"} and after != "(":
        return tokens[1:]
    if word == "DO" and len(tokens) > 1 and tokens[1].token_type is not TokenType.HEREDOC_STRING:
        return tokens[1:]
    if word in {"IF", "ELSEIF", "ELSIF", "WHEN", "EXCEPTION", "WHILE", "FOR", "UNTIL"}:
        return _condition(tokens, word, around)
    if word == "DECLARE" and around.dialect in {"tsql", "fabric"} and find(tokens, {"TABLE"}) is not None:
        return None
    if word == "DECLARE":
        return _declare(tokens, around)
    if word == "CREATE":
        return _executed(tokens, around) or _of_flow(tokens)
    if word == "PREPARE":
        return _prepared(tokens, around)
    if word == "EXECUTE" and after.lower() in around.prepared:
        return []
    if word == "EXPLAIN":
        return _explained(tokens)
    if word == "PERFORM":
        return None
    if word == "RETURN" and after == "TABLE" and len(tokens) == 5:
        return []
    if word == "RETURN" and after == "(" and (closing(tokens, 1) < len(tokens) - 1 or upper(tokens, 2) not in _QUERIES):
        return None
    if word == "RETURN" and after in {"QUERY", "(", "SELECT", "WITH", "TABLE"}:
        return tokens[2:] if after in {"QUERY", "TABLE"} else tokens[1:]
    return None


def _prepared(tokens: list[Token], around: Surroundings) -> list[Token] | None:
    """PostgreSQL: ``PREPARE name (types) AS statement``, Trino: ``PREPARE name FROM statement``, is read as the
    statement; running it adds nothing. A text, as in MySQL's ``PREPARE name FROM '…'``, is read when it is run.
    """
    at = 2 if len(tokens) > 3 and tokens[2].text.upper() == "FROM" else find(tokens, {"AS"})
    if at is None or len(tokens) < 3:
        return None
    if tokens[at].text.upper() == "FROM" and tokens[3].text.upper() not in STARTERS:
        return None
    around.prepared[tokens[1].text.lower()] = tokens[at + 1 :]
    return tokens[at + 1 :]


def _executed(tokens: list[Token], around: Surroundings) -> list[Token] | None:
    """PostgreSQL: ``CREATE TABLE t AS EXECUTE name`` with the prepared query where its name stands; one that runs a
    prepared query itself is left.
    """
    at = find(tokens, {"EXECUTE"}) if around.prepared else None
    if at is None or at + 1 >= len(tokens) or tokens[at - 1].text.upper() != "AS":
        return None
    like = tokens[at + 1]
    query = around.prepared.get(like.text.lower())
    if not query or find(query, {"EXECUTE"}) is not None:
        return None
    return [*tokens[:at], *(placed(part.token_type, part.text, like) for part in query)]


def _explained(tokens: list[Token]) -> list[Token] | None:
    """``EXPLAIN ANALYZE`` runs its statement; a plain EXPLAIN runs nothing."""
    start = find(tokens, STARTERS)
    options = tokens[1:start]
    if start is None or not any(token.text.upper() in {"ANALYZE", "ANALYSE"} for token in options):
        return None
    return tokens[start:]


def _of_flow(tokens: list[Token]) -> list[Token] | None:
    """Databricks: what ``CREATE FLOW f AS INSERT INTO …`` and ``… AS AUTO CDC INTO …`` run; Snowflake: what an
    alert does.
    """
    if len(tokens) > 1 and tokens[1].text.upper() in {"OR", "ALERT"}:
        kind = next((i for i in range(1, min(len(tokens), 5)) if tokens[i].text.upper() == "ALERT"), None)
        at = find(tokens, {"THEN"}) if kind is not None else None
        return tokens[at + 1 :] if at is not None else None
    if len(tokens) < 4 or tokens[1].text.upper() != "FLOW":
        return None
    at = find(tokens, {"AS"})
    if at is None or at + 2 >= len(tokens):
        return None
    body = tokens[at + 1 :]
    if body[0].text.upper() == "AUTO" and body[1].text.upper() == "CDC":
        apply = Token(TokenType.VAR, "APPLY", body[0].line, body[0].col, body[0].start, body[0].end)
        changes = Token(TokenType.VAR, "CHANGES", body[1].line, body[1].col, body[1].start, body[1].end)
        return [apply, changes, *body[2:]]
    return body if body[0].text.upper() in STARTERS else None


def _after_end(tokens: list[Token]) -> list[Token]:
    at = 1
    while at < len(tokens):
        word = tokens[at].text.upper()
        if word in {"ELSE", "BEGIN", "END", "EXCEPTION"} or (word in STARTERS and word not in _AFTER_END):
            break
        at += 1
    return tokens[at:]


def _inner_routine(tokens: list[Token], around: Surroundings) -> list[Token]:
    """A routine inside a package or a DECLARE section: what follows its header."""
    position = routine_name(tokens, 1)[1]
    if position < len(tokens) and tokens[position].token_type is TokenType.L_PAREN:
        close = closing(tokens, position)
        around.parameters = routine_name(tokens, 1)[0], parameters_of(tokens[position + 1 : close], around)
        position = close + 1
    start = find(tokens[position:], {"AS", "IS"})
    if start is None:
        return []
    if around.outside is not None:
        around.inner.append((around.depth, dict(around.variables), dict(around.records)))
    around.declaring = True
    return tokens[position + start + 1 :]


def _loop_query(tokens: list[Token], around: Surroundings) -> None:
    """``FOR r IN (SELECT …) LOOP``, ``FOR r AS SELECT … DO`` and ``FOR r IN cursor LOOP``: the record's columns are
    the query's.
    """
    if len(tokens) < 4 or tokens[2].text.upper() not in {"IN", "AS"}:
        if len(tokens) > 1:
            around.declare(tokens[1].text)
        return
    name, inner = tokens[1].text.lower(), tokens[3:]
    if any(token.text.upper() == "CURSOR" for token in inner[:4]):
        inner = inner[(find(inner, {"FOR"}) or 0) + 1 :]
    if inner[0].token_type is TokenType.L_PAREN and closing(inner, 0) == len(inner) - 1:
        inner = inner[1:-1]
    if inner and inner[0].text.upper() in {*_QUERIES, "EXECUTE"}:
        around.queries.append((name, inner))
    elif inner and inner[0].text.lower() in around.records:
        around.records[name] = around.records[inner[0].text.lower()]
    else:
        around.declare(name)


def _foreach(tokens: list[Token], around: Surroundings) -> list[Token]:
    """PL/pgSQL: ``FOREACH x IN ARRAY a LOOP``."""
    at = find(tokens, {"LOOP"})
    array = find(tokens, {"ARRAY"})
    if at is None or array is None or len(tokens) < 2:
        return []
    around.declare(tokens[1].text)
    held = around.variables.get(tokens[array + 1].text.lower()) if at == array + 2 else None
    if held:
        around.variables[tokens[1].text.lower()] = held
    return tokens[at + 1 :]


def _condition(tokens: list[Token], word: str, around: Surroundings) -> list[Token]:
    """What follows the condition: after THEN, DO or LOOP, or from the next statement word (T-SQL)."""
    stops = {"WHILE": {"DO", "LOOP", "THEN"}, "FOR": {"DO", "LOOP"}}.get(word, {"THEN"})
    at = find(tokens, stops)
    if at is not None:
        if word == "FOR":
            _loop_query(tokens[:at], around)
        return tokens[at + 1 :]
    at = find(tokens[1:], STARTERS | {"BEGIN", "SET", "DECLARE", "PRINT", "RETURN"})
    return tokens[at + 1 :] if at is not None else []


def _declare(tokens: list[Token], around: Surroundings) -> list[Token]:
    if len(tokens) > 2 and tokens[2].text.upper() == "HANDLER":
        at = find(tokens, STARTERS | {"BEGIN", "SET"})
        return tokens[at:] if at is not None else []
    if around.dialect in SECTION_DIALECTS:
        around.declaring = True
        return tokens[1:]
    skipped = 1
    while len(tokens) > skipped and tokens[skipped].text.upper() in {"OR", "REPLACE", "VARIABLE"}:
        skipped += 1
    for item in items(tokens[skipped if skipped > 1 and len(tokens) > skipped else 1 :]):
        if any(token.text.upper() == "CURSOR" for token in item[:4]):
            around.declare(item[0].text)
            break
        name = declared_name(item)
        around.declare(name)
        _initial(name, item, around)
    cursor = find(tokens, {"CURSOR"})
    start = find(tokens, {"FOR"}) if cursor is not None else None
    if start is not None:
        around.queries.append((tokens[1].text.lower(), tokens[start + 1 :]))
    return []


def _declaration(tokens: list[Token], around: Surroundings) -> list[Token]:
    """``name type := value`` in a DECLARE section; a cursor's query is read."""
    first = tokens[1] if tokens[0].text.upper() in {"CURSOR", "CONSTANT"} and len(tokens) > 1 else tokens[0]
    around.declare(first.text)
    if find(tokens, {"CURSOR", "RESULTSET"}) is not None:
        start = find(tokens, {"FOR", "IS", "DEFAULT", ":="})
        if start is not None:
            around.queries.append((first.text.lower(), tokens[start + 1 :]))
    else:
        _initial(first.text.lower(), tokens, around)
    return []


def _initial(name: str, tokens: list[Token], around: Surroundings) -> None:
    """What a variable is declared to begin with: ``= x``, ``:= x``, ``DEFAULT x``."""
    at = find(tokens, {"=", ":=", "DEFAULT"})
    if at is not None and at + 1 < len(tokens):
        around.values.append((name, tokens[at + 1 :]))
