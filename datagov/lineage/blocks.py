"""Peel what surrounds a statement in procedural SQL: headers, BEGIN, IF … THEN, loops, declarations,
handlers.

Words as in PL/pgSQL, PL/SQL, T-SQL, MySQL stored programs, BigQuery scripting and Snowflake Scripting.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.flow import Deps
from datagov.lineage.relation import Relation
from datagov.lineage.rewording import token as placed
from datagov.lineage.split import STARTERS
from datagov.lineage.texts import Held

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_NOT_DECLARED = frozenset({
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CREATE", "DROP", "ALTER", "TRUNCATE", "FETCH", "MOVE",
    "CLOSE", "COMMIT", "ROLLBACK",
})  # fmt: skip
"""What no declaration begins with: ``DECLARE c CURSOR FOR …`` outside a block opens no section."""
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
_SECTION_DIALECTS = frozenset({"postgres", "redshift", "oracle", "snowflake", "materialize", "risingwave"})
ROUTINES = frozenset({"PROCEDURE", "PROC", "FUNCTION", "TRIGGER", "PACKAGE", "EVENT", "TASK", "PIPE", "RULE", "MACRO"})


@dataclass(slots=True)
class Surroundings:
    """What is known inside a script's blocks.

    ``variables`` maps a declared variable to what was put into it, ``records`` a cursor, loop record or
    trigger row to its columns; ``queries`` are queries of loops and cursors still to be read, each with the
    name of its record; ``values`` are the expressions that variables begin with. ``declaring`` says that a
    DECLARE section is open. ``parameters`` is a routine just begun with the parameters it is given;
    ``outside`` is what was known before it, and ``depth`` how many BEGIN are open in it; ``inner`` holds the
    same of each routine inside it. ``held`` are the texts in variables, ``prepared`` the statements that were
    prepared and read, by name.
    """

    dialect: str
    variables: dict[str, Deps] = field(default_factory=dict)
    records: dict[str, Relation] = field(default_factory=dict)
    queries: list[tuple[str, list[Token]]] = field(default_factory=list)
    values: list[tuple[str, list[Token]]] = field(default_factory=list)
    declaring: bool = False
    parameters: tuple[str, list[str]] | None = None
    depth: int = 0
    prepared: dict[str, list[Token]] = field(default_factory=dict)
    outside: tuple[dict[str, Deps], dict[str, Relation]] | None = None
    inner: list[tuple[int, dict[str, Deps], dict[str, Relation]]] = field(default_factory=list)
    held: Held = field(default_factory=Held)

    def declare(self, name: str) -> None:
        """A variable of that name exists; nothing is in it yet, and no text of another one that was called so."""
        self.variables.setdefault(name.lower(), {})
        self.held.forget(name.lower())

    def enter(self) -> None:
        """A routine begins: variables of another one are not seen in it."""
        if self.outside is not None:
            self.leave()
        self.outside = dict(self.variables), dict(self.records)
        self.depth = 0

    def leave(self) -> None:
        """The routine ends: its variables and parameters are gone."""
        if self.outside is not None:
            self._again(*self.outside)
            self.outside = None
            self.inner.clear()

    def leave_inner(self) -> None:
        """A routine inside a package or another routine ends: what was known around it is known again."""
        self._again(*self.inner.pop()[1:])

    def _again(self, variables: dict[str, Deps], records: dict[str, Relation]) -> None:
        for known, before in ((self.variables, variables), (self.records, records)):
            known.clear()
            known.update(before)  # type: ignore[arg-type]  # pairs of one type each


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
        at = _find(tokens[1:], STARTERS)
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
        at = _find(tokens, {"IS"})
        return tokens[at + 1 :] if at is not None else None
    if word in _LINES.get(around.dialect, ()) and after not in _NOT_LINES:
        return [token for token in tokens if token.line != tokens[0].line]
    if around.dialect == "teradata":
        if word in {"CREATE", "REPLACE"} and after == "MACRO":
            at = _find(tokens, {"AS"})
            return tokens[at + 2 :] if at is not None else []
        if word == ")":
            return tokens[1:]
    if word == "CASE":
        return _condition(tokens[1:], "WHEN", around)
    if word == "FOREACH":
        return _foreach(tokens, around)
    if word == "OPEN":
        at = _find(tokens, {"FOR"})
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
    if word == "DECLARE" and around.dialect in {"tsql", "fabric"} and _find(tokens, {"TABLE"}) is not None:
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
    if word == "RETURN" and after in {"QUERY", "(", "SELECT", "WITH", "TABLE"}:
        return tokens[2:] if after in {"QUERY", "TABLE"} else tokens[1:]
    return None


def _prepared(tokens: list[Token], around: Surroundings) -> list[Token] | None:
    """PostgreSQL: ``PREPARE name (types) AS statement``, Trino: ``PREPARE name FROM statement``, is read as the
    statement; running it adds nothing. A text, as in MySQL's ``PREPARE name FROM '…'``, is read when it is run.
    """
    at = 2 if len(tokens) > 3 and tokens[2].text.upper() == "FROM" else _find(tokens, {"AS"})
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
    at = _find(tokens, {"EXECUTE"}) if around.prepared else None
    if at is None or at + 1 >= len(tokens) or tokens[at - 1].text.upper() != "AS":
        return None
    like = tokens[at + 1]
    query = around.prepared.get(like.text.lower())
    if not query or _find(query, {"EXECUTE"}) is not None:
        return None
    return [*tokens[:at], *(placed(part.token_type, part.text, like) for part in query)]


def _explained(tokens: list[Token]) -> list[Token] | None:
    """``EXPLAIN ANALYZE`` runs its statement; a plain EXPLAIN runs nothing."""
    start = _find(tokens, STARTERS)
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
        at = _find(tokens, {"THEN"}) if kind is not None else None
        return tokens[at + 1 :] if at is not None else None
    if len(tokens) < 4 or tokens[1].text.upper() != "FLOW":
        return None
    at = _find(tokens, {"AS"})
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
    position = _dotted(tokens, 1)[1]
    if position < len(tokens) and tokens[position].token_type is TokenType.L_PAREN:
        close = _closing(tokens, position)
        around.parameters = _dotted(tokens, 1)[0], _parameters(tokens[position + 1 : close], around)
        position = close + 1
    start = _find(tokens[position:], {"AS", "IS"})
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
        inner = inner[(_find(inner, {"FOR"}) or 0) + 1 :]
    if inner[0].token_type is TokenType.L_PAREN and _closing(inner, 0) == len(inner) - 1:
        inner = inner[1:-1]
    if inner and inner[0].text.upper() in {*_QUERIES, "EXECUTE"}:
        around.queries.append((name, inner))
    elif inner and inner[0].text.lower() in around.records:
        around.records[name] = around.records[inner[0].text.lower()]
    else:
        around.declare(name)


def _foreach(tokens: list[Token], around: Surroundings) -> list[Token]:
    """PL/pgSQL: ``FOREACH x IN ARRAY a LOOP``."""
    at = _find(tokens, {"LOOP"})
    array = _find(tokens, {"ARRAY"})
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
    at = _find(tokens, stops)
    if at is not None:
        if word == "FOR":
            _loop_query(tokens[:at], around)
        return tokens[at + 1 :]
    at = _find(tokens[1:], STARTERS | {"BEGIN", "SET", "DECLARE", "PRINT", "RETURN"})
    return tokens[at + 1 :] if at is not None else []


def _find(tokens: list[Token], words: frozenset[str] | set[str]) -> int | None:
    """The first of ``words`` outside brackets and CASE."""
    depth = cases = 0
    for position, token in enumerate(tokens):
        kind = token.token_type
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth -= 1
        elif kind is TokenType.CASE:
            cases += 1
        elif kind is TokenType.END and cases:
            cases -= 1
        elif depth == 0 and cases == 0 and token.text.upper() in words and kind is not TokenType.IDENTIFIER:
            return position
    return None


def _declare(tokens: list[Token], around: Surroundings) -> list[Token]:
    if len(tokens) > 2 and tokens[2].text.upper() == "HANDLER":
        at = _find(tokens, STARTERS | {"BEGIN", "SET"})
        return tokens[at:] if at is not None else []
    if around.dialect in _SECTION_DIALECTS:
        around.declaring = True
        return tokens[1:]
    skipped = 1
    while len(tokens) > skipped and tokens[skipped].text.upper() in {"OR", "REPLACE", "VARIABLE"}:
        skipped += 1
    for item in _split(tokens[skipped if skipped > 1 and len(tokens) > skipped else 1 :]):
        if any(token.text.upper() == "CURSOR" for token in item[:4]):
            around.declare(item[0].text)
            break
        name = _named(item)
        around.declare(name)
        _initial(name, item, around)
    cursor = _find(tokens, {"CURSOR"})
    start = _find(tokens, {"FOR"}) if cursor is not None else None
    if start is not None:
        around.queries.append((tokens[1].text.lower(), tokens[start + 1 :]))
    return []


def _declaration(tokens: list[Token], around: Surroundings) -> list[Token]:
    """``name type := value`` in a DECLARE section; a cursor's query is read."""
    first = tokens[1] if tokens[0].text.upper() in {"CURSOR", "CONSTANT"} and len(tokens) > 1 else tokens[0]
    around.declare(first.text)
    if _find(tokens, {"CURSOR", "RESULTSET"}) is not None:
        start = _find(tokens, {"FOR", "IS", "DEFAULT", ":="})
        if start is not None:
            around.queries.append((first.text.lower(), tokens[start + 1 :]))
    else:
        _initial(first.text.lower(), tokens, around)
    return []


def _initial(name: str, tokens: list[Token], around: Surroundings) -> None:
    """What a variable is declared to begin with: ``= x``, ``:= x``, ``DEFAULT x``."""
    at = _find(tokens, {"=", ":=", "DEFAULT"})
    if at is not None and at + 1 < len(tokens):
        around.values.append((name, tokens[at + 1 :]))


def _split(tokens: list[Token]) -> list[list[Token]]:
    """The items of a list, cut at the commas outside brackets."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPEN) - (token.token_type in _CLOSE)
        if depth == 0 and token.token_type is TokenType.COMMA:
            items.append([])
        else:
            items[-1].append(token)
    return [item for item in items if item]


def _named(item: list[Token]) -> str:
    """The name an item of a list begins with, T-SQL's sign included."""
    return ("@" + item[1].text if item[0].text == "@" and len(item) > 1 else item[0].text).lower()


@dataclass(frozen=True, slots=True)
class Routine:
    """A CREATE PROCEDURE, FUNCTION, TRIGGER, EVENT, TASK or PACKAGE: its name, and where its body begins.

    ``text`` is the string token that holds the body, when it is one; otherwise ``body`` are the tokens after
    the header.
    """

    kind: str
    name: str
    body: list[Token]
    text: Token | None
    language: str
    table: tuple[str, ...]
    rows: tuple[str, ...] = ()


def routine(tokens: list[Token], around: Surroundings) -> Routine | None:
    """The routine a statement creates, or None when it creates something else."""
    position = 1
    if not tokens or tokens[0].text.upper() not in {"CREATE", "ALTER"}:
        return None
    kind = ""
    for position in range(1, min(len(tokens), 9)):
        word = tokens[position].text.upper()
        if word in ROUTINES:
            kind = word
            break
        if word == "TABLE" and position + 1 < len(tokens) and tokens[position + 1].text.upper() == "FUNCTION":
            continue
        if word in {"TABLE", "VIEW", "INDEX", "SCHEMA", "DATABASE", "AS", "("}:
            return None
    if not kind:
        return None
    position += 1
    name, position = _dotted(tokens, position)
    given: list[Token] = []
    if position < len(tokens) and tokens[position].token_type is TokenType.L_PAREN:
        close = _closing(tokens, position)
        given = tokens[position + 1 : close]
        position = close + 1
    elif around.dialect in {"tsql", "fabric"} and position < len(tokens) and tokens[position].text == "@":
        end = _find(tokens[position:], {"AS", "WITH"})
        given = tokens[position : position + end] if end is not None else []
    around.enter()
    around.parameters = name, _parameters(given, around)
    rest = tokens[position:]
    rest, rows = _without_referencing(rest) if kind == "TRIGGER" else (rest, ())
    table = _trigger_table(rest, "ON" if kind == "TRIGGER" else "TO") if kind in {"TRIGGER", "RULE"} else ()
    if kind == "RULE":
        return Routine(kind, name, _rule_body(rest), None, "", table)
    if kind == "MACRO" or (around.dialect == "duckdb" and kind == "FUNCTION"):
        yielded = _find(rest, {"TABLE"})
        return Routine(kind, name, rest[yielded + 1 :] if yielded is not None else [], None, "", ())
    language = _language(rest)
    compound = _find(rest, {"COMPOUND"}) if kind == "TRIGGER" else None
    if compound is not None:
        around.declaring = True
        around.depth = 1
        return Routine(kind, name, rest[compound + 2 :], None, language, table, rows)
    body_text = _body_text(rest)
    if body_text is not None:
        return Routine(kind, name, [], body_text, language, table)
    if around.dialect in {"tsql", "fabric"}:
        start = _find(rest, {"AS", "BEGIN"})
    else:
        start = _find(rest, {"BEGIN"})
        head = _find(rest, {"AS", "IS"})
        if head is not None and (start is None or head < start):
            start = head
        if start is None:
            start = _find(rest, {"RETURN", "INSERT", "UPDATE", "DELETE", "MERGE", "SELECT", "CALL", "DO"})
            if kind == "TRIGGER" and start is not None:
                each = _find(rest, {"ROW", "STATEMENT"})
                later = _find(rest[each:], STARTERS) if each is not None else None
                start = each + later if each is not None and later is not None else start
            if start is not None:
                start -= 1
    if start is None:
        return Routine(kind, name, [], None, language, table, rows)
    body = rest[start:]
    if body and body[0].text.upper() in {"AS", "IS"}:
        body = body[1:]
        if around.dialect in _SECTION_DIALECTS and body and body[0].text.upper() not in {*STARTERS, "BEGIN", "RETURN"}:
            around.declaring = True
            if body[0].text.upper() == "DECLARE":
                body = body[1:]
    elif body and start >= 0 and body[0].text.upper() != "BEGIN":
        body = body[1:]
    return Routine(kind, name, body, None, language, table, rows)


def _without_referencing(tokens: list[Token]) -> tuple[list[Token], tuple[str, ...]]:
    """A trigger's header without ``REFERENCING OLD AS o NEW AS n``, and the names it gives to the rows."""
    start = _find(tokens, {"REFERENCING"})
    if start is None:
        return tokens, ()
    words = {"OLD", "NEW", "PARENT", "TABLE", "ROW", "AS", "OLD_TABLE", "NEW_TABLE"}
    names: list[str] = []
    end = start + 1
    while end < len(tokens) and tokens[end].text.upper() not in {
        "FOR",
        "WHEN",
        "BEGIN",
        "EXECUTE",
        "DECLARE",
        "COMPOUND",
    }:
        if tokens[end].text.upper() not in words:
            names.append(tokens[end].text.lower())
        end += 1
    return tokens[:start] + tokens[end:], tuple(names)


def _dotted(tokens: list[Token], position: int) -> tuple[str, int]:
    skip = {"IF", "NOT", "EXISTS", "BODY"}
    while position < len(tokens) and tokens[position].text.upper() in skip:
        position += 1
    parts = [tokens[position].text] if position < len(tokens) else [""]
    position += 1
    while position + 1 < len(tokens) and tokens[position].token_type is TokenType.DOT:
        parts.append(tokens[position + 1].text)
        position += 2
    return ".".join(parts), position


def _closing(tokens: list[Token], position: int) -> int:
    depth = 0
    for at in range(position, len(tokens)):
        kind = tokens[at].token_type
        if kind in _OPEN:
            depth += 1
        elif kind in _CLOSE:
            depth -= 1
            if depth == 0:
                return at
    return len(tokens) - 1


_MODES = frozenset({"IN", "OUT", "INOUT", "VARIADIC"})
_GOES_OUT = frozenset({"OUTPUT", "OUT"})


def _parameters(tokens: list[Token], around: Surroundings) -> list[str]:
    """The parameters a routine is given values by, in order; one that only goes out is a variable."""
    given: list[str] = []
    for item in _split(tokens):
        modes = {token.text.upper() for token in item[:3]} & _MODES
        words = [token for token in item if token.text.upper() not in _MODES]
        if not words:
            continue
        name = _named(words)
        around.declare(name)
        out = around.dialect in {"tsql", "fabric"} and item[-1].text.upper() in _GOES_OUT
        if modes != {"OUT"} and not out:
            given.append(name)
    return given


def _language(tokens: list[Token]) -> str:
    for position, token in enumerate(tokens[:-1]):
        if token.text.upper() == "LANGUAGE":
            return tokens[position + 1].text.lower()
    return ""


def _body_text(tokens: list[Token]) -> Token | None:
    """The string after AS that holds the whole body."""
    for position, token in enumerate(tokens):
        kind = token.token_type
        if kind is TokenType.HEREDOC_STRING:
            return token
        if kind in {TokenType.STRING, TokenType.RAW_STRING} and tokens[position - 1].text.upper() == "AS":
            return token
    return None


def fired(tokens: list[Token]) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """PostgreSQL: the functions triggers of a script fire, each with the table of (the first of) its triggers and
    what that trigger calls its rows.
    """
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    table: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    for position, token in enumerate(tokens):
        word = token.text.upper()
        if word == "TRIGGER" and token.token_type is not TokenType.IDENTIFIER:
            header = tokens[position : position + 60]
            table, rows = _trigger_table(header, "ON"), _without_referencing(header)[1]
        elif word == "EXECUTE" and table and position + 2 < len(tokens):
            if tokens[position + 1].text.upper() in {"FUNCTION", "PROCEDURE"}:
                found.setdefault(_dotted(tokens, position + 2)[0].lower(), (table, rows))
            table = ()
    return found


def _rule_body(tokens: list[Token]) -> list[Token]:
    """PostgreSQL: what ``CREATE RULE … DO INSTEAD`` does."""
    start = _find(tokens, {"DO"})
    body = tokens[start + 1 :] if start is not None else []
    while body and body[0].text.upper() in {"INSTEAD", "ALSO", "NOTHING"}:
        body = body[1:]
    if body and body[0].token_type is TokenType.L_PAREN:
        body = body[1 : _closing(body, 0)]
    return body


def _trigger_table(tokens: list[Token], word: str) -> tuple[str, ...]:
    at = _find(tokens, {word})
    if at is None:
        return ()
    parts = [tokens[at + 1].text] if at + 1 < len(tokens) else []
    position = at + 2
    while position + 1 < len(tokens) and tokens[position].token_type is TokenType.DOT:
        parts.append(tokens[position + 1].text)
        position += 2
    return tuple(parts)
