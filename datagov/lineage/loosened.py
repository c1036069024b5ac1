"""The same statement without words the parser trips over and no value hangs on: hints, modifiers, an alias of
USING, ROWS FROM.
"""

from __future__ import annotations

from itertools import zip_longest

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.json_tables import plain_json_tables
from datagov.lineage.placeholders import plain_placeholders
from datagov.lineage.vendors import of_db2, of_impala, of_postgres_kin
from datagov.lineage.words import closing, dotted, find, upper, words

_MODIFIERS = words(
    """
    LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK IGNORE STRAIGHT_JOIN SQL_NO_CACHE SQL_CACHE SQL_CALC_FOUND_ROWS
    SQL_SMALL_RESULT SQL_BIG_RESULT SQL_BUFFER_RESULT
    """
)
_VERBS = frozenset({"SELECT", "INSERT", "REPLACE", "UPDATE", "DELETE"})
_HINTS = frozenset({"USE", "FORCE", "IGNORE"})
_WALKS_TREES = frozenset({"snowflake", "databricks", "redshift", "exasol", "dremio"})
"""Where CONNECT BY exists and the parser takes PRIOR only there; that it is another row's value changes no flow."""
_PASSES_TABLES = frozenset({"databricks", "spark", "trino"})
_HINTED = frozenset({"FOR", "JOIN", "ORDER BY", "GROUP BY"})


def loosened(tokens: list[Token], dialect: str) -> list[Token] | None:
    """Tokens that mean the same and are easier to parse; None when there is nothing to leave out."""
    out = _without_overriding(plain_placeholders(tokens))
    if dialect == "mysql":
        out = _without_hints(_without_modifiers(out))
        if upper(out, 0) == "DELETE":
            out = _without_stars(out)
    if dialect == "sqlite" and upper(out, 0) == "UPDATE" and upper(out, 1) == "OR":
        out = [out[0], *out[3:]]
    if dialect in {"postgres", "redshift"}:
        out = of_postgres_kin(_without_colons(out))
    if dialect == "hive":
        out = of_impala(out)
    if dialect == "":
        out = of_db2(out)
    if dialect in _WALKS_TREES:
        out = [token for token in out if token.text.upper() != "PRIOR" or token.token_type is TokenType.IDENTIFIER]
    if dialect == "databricks":
        out = _without_watermarks(out)
    if dialect == "clickhouse":
        out = _applied_by_name(out)
    if dialect in _PASSES_TABLES:
        out = _without_partitioning(out)
    if dialect == "bigquery" and upper(out, 0) == "MERGE":
        out = _without_row(out)
    if upper(out, 0) == "MERGE" and upper(out, 1) == "INTO" and upper(out, 2) == "ONLY":
        out = out[:2] + out[3:]
    if upper(out, 0) == "MERGE" and [upper(out, len(out) - 2), upper(out, len(out) - 1)] == ["REMOVE", "DUPLICATES"]:
        out = _with_branches(out)
    out = _without_sequences(out)
    if upper(out, 0) == "COPY":
        where = find(out, {"WHERE"})
        out = out if where is None else out[:where]
    if dialect == "duckdb" and upper(out, 0) == "INSERT":
        out = _without_by_position(out)
    out = plain_json_tables(_rows_from(_without_using_alias(out)))
    return out if out != tokens else None


def _pair(tokens: list[Token], position: int) -> str:
    return f"{upper(tokens, position)} {upper(tokens, position + 1)}"


def _without_by_position(tokens: list[Token]) -> list[Token]:
    """DuckDB: ``INSERT INTO t BY POSITION`` says what is meant anyway."""
    at = next((position for position in range(len(tokens)) if _pair(tokens, position) == "BY POSITION"), None)
    return tokens if at is None else tokens[:at] + tokens[at + 2 :]


def _applied_by_name(tokens: list[Token]) -> list[Token]:
    """ClickHouse: ``APPLY(x -> round(x, 2))`` as ``APPLY(round)``: other arguments are constants."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        applied = upper(tokens, position) == "APPLY" and upper(tokens, position + 1) == "("
        if applied and upper(tokens, position + 3) == "->" and upper(tokens, position + 5) == "(":
            close = closing(tokens, position + 1)
            out += [*tokens[position : position + 2], tokens[position + 4], tokens[close]]
            position = close + 1
        else:
            out.append(tokens[position])
            position += 1
    return out


def _without_watermarks(tokens: list[Token]) -> list[Token]:
    """Databricks: ``STREAM(t) WATERMARK ts DELAY OF INTERVAL 5 MINUTES``: which rows come too late moves no value."""
    at = next((position for position in range(len(tokens)) if upper(tokens, position) == "WATERMARK"), None)
    delay = find(tokens, {"INTERVAL"}, at) if at is not None else None
    if at is None or delay is None or find(tokens[:delay], {"DELAY"}, at) is None:
        return tokens
    return tokens[:at] + _without_watermarks(tokens[delay + 3 :])


def _without_partitioning(tokens: list[Token]) -> list[Token]:
    """``f(TABLE(t) PARTITION BY k ORDER BY d, 3)``: how the rows are dealt out to the function moves no value."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        out.append(tokens[position])
        position += 1
        if upper(tokens, position - 1) != "TABLE" or upper(tokens, position) != "(":
            continue
        close = closing(tokens, position)
        out += tokens[position : close + 1]
        position = close + 1
        if upper(tokens, position) in {"PARTITION", "PARTITION BY", "ORDER", "ORDER BY", "WITH"}:
            position = _end_of_argument(tokens, position)
    return out


def _end_of_argument(tokens: list[Token], start: int) -> int:
    """The comma or bracket that ends the argument of a call that goes on at ``start``."""
    position = start
    while position < len(tokens) and upper(tokens, position) not in {",", ")"}:
        position = closing(tokens, position) + 1 if upper(tokens, position) == "(" else position + 1
    return position


def _without_row(tokens: list[Token]) -> list[Token]:
    """BigQuery: ``INSERT (a, b) ROW`` in a branch of MERGE: a list alone takes the source's row by position."""
    return [
        token
        for position, token in enumerate(tokens)
        if not (position and upper(tokens, position) == "ROW" and upper(tokens, position - 1) == ")")
    ]


def _without_sequences(tokens: list[Token]) -> list[Token]:
    """``NEXT VALUE FOR s`` is a number that comes from no column."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if upper(tokens, position) in {"NEXT", "PREVIOUS"} and _pair(tokens, position + 1) == "VALUE FOR":
            out.append(Token(TokenType.NULL, "NULL", token.line, token.col, token.start, token.end))
            position = dotted(tokens, position + 3)[1]
        else:
            out.append(token)
            position += 1
    return out


def _without_overriding(tokens: list[Token]) -> list[Token]:
    """``OVERRIDING SYSTEM VALUE`` and ``OVERRIDING USER VALUE``, in INSERT and in a branch of MERGE."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        if upper(tokens, position) == "OVERRIDING" and upper(tokens, position + 2) == "VALUE":
            position += 3
        else:
            out.append(tokens[position])
            position += 1
    return out


def _without_modifiers(tokens: list[Token]) -> list[Token]:
    """MySQL: the modifiers right after a verb."""
    out: list[Token] = []
    modified = False
    for token in tokens:
        word = token.text.upper()
        plain = token.token_type is not TokenType.IDENTIFIER
        if modified and plain and word in _MODIFIERS:
            continue
        modified = plain and word in _VERBS
        out.append(token)
    return out


def _without_hints(tokens: list[Token]) -> list[Token]:
    """MySQL: ``FORCE INDEX FOR JOIN (i)`` and its like after a table."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        if upper(tokens, position) in _HINTS and upper(tokens, position + 1) in {"INDEX", "KEY"}:
            at = position + 2
            while upper(tokens, at) in _HINTED:
                at += 1
            if upper(tokens, at) == "(":
                position = closing(tokens, at) + 1
                continue
        out.append(tokens[position])
        position += 1
    return out


def _without_colons(tokens: list[Token]) -> list[Token]:
    """psql: ``:'name'`` is a text and ``:"name"`` a name."""
    quoted = {TokenType.STRING, TokenType.IDENTIFIER}
    return [
        token
        for token, after in zip_longest(tokens, tokens[1:])
        if not (token.token_type is TokenType.COLON and after is not None and after.token_type in quoted)
    ]


def _without_stars(tokens: list[Token]) -> list[Token]:
    """MySQL: ``DELETE t.*, u.* FROM …``."""
    out: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.STAR and out and out[-1].token_type is TokenType.DOT:
            out.pop()
        else:
            out.append(token)
    return out


def _with_branches(tokens: list[Token]) -> list[Token]:
    """Redshift: ``MERGE … REMOVE DUPLICATES`` updates the rows that match and inserts the others, all columns."""
    like = tokens[-1]
    kinds = (
        (TokenType.WHEN, "WHEN"), (TokenType.NOT, "NOT"), (TokenType.VAR, "MATCHED"), (TokenType.THEN, "THEN"),
        (TokenType.INSERT, "INSERT"), (TokenType.STAR, "*"),
    )  # fmt: skip
    return tokens[:-2] + [Token(kind, text, like.line, like.col, like.start, like.end) for kind, text in kinds]


def _without_using_alias(tokens: list[Token]) -> list[Token]:
    """PostgreSQL: ``JOIN t USING (id) AS j``; a column of ``j`` is the merged one."""
    out: list[Token] = []
    names: set[str] = set()
    position = 0
    while position < len(tokens):
        if upper(tokens, position) == "USING" and upper(tokens, position + 1) == "(":
            close = closing(tokens, position + 1)
            if upper(tokens, close + 1) == "AS" and upper(tokens, close + 3) != "(":
                names.add(upper(tokens, close + 2))
                out += tokens[position : close + 1]
                position = close + 3
                continue
        out.append(tokens[position])
        position += 1
    if not names:
        return tokens
    plain: list[Token] = []
    for token in out:
        owned = len(plain) > 1 and plain[-1].token_type is TokenType.DOT and plain[-2].text.upper() in names
        if owned and (len(plain) < 3 or plain[-3].token_type is not TokenType.DOT):
            del plain[-2:]
        plain.append(token)
    return plain


def _rows_from(tokens: list[Token]) -> list[Token]:
    """PostgreSQL: ``ROWS FROM (f(a), g(b))`` pairs its functions up as UNNEST pairs up its arrays."""
    out: list[Token] = []
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if [upper(tokens, position + step) for step in range(3)] == ["ROWS", "FROM", "("]:
            out.append(Token(TokenType.UNNEST, "UNNEST", token.line, token.col, token.start, token.end))
            position += 2
        else:
            out.append(token)
            position += 1
    return out
