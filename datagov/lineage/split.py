"""Cut a script's tokens into statements, look through blocks and procedures, and refuse what is too deep or
too big.

Blocks are not nested here: what stands in ``BEGIN … END``, in a branch of IF or in a loop is cut into its
plain statements, all branches alike, because lineage asks what can flow and not when.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.guard import MAX_KB
from datagov.lineage.words import words

MAX_DEPTH = 200
MAX_PREFIXES = 200
MAX_OPEN_JOINS = 12
MAX_SUBSCRIPTS = 500

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_OPERANDS = frozenset({
    TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER, TokenType.COMMA, TokenType.STAR,
    TokenType.NULL, TokenType.TRUE, TokenType.FALSE, TokenType.PARAMETER,
})  # fmt: skip

_SEMICOLON = TokenType.SEMICOLON
_STEPS = dict.fromkeys(TokenType, 0) | dict.fromkeys((*_OPEN, TokenType.CASE), 1)
_STEPS |= dict.fromkeys((*_CLOSE, TokenType.END), -1)
_OPERAND = {kind: int(kind in _OPERANDS or kind in _CLOSE) for kind in TokenType}

STARTERS = words(
    """
    SELECT INSERT UPDATE DELETE MERGE CREATE ALTER DROP TRUNCATE WITH REPLACE EXEC EXECUTE CALL COPY
    UNLOAD REFRESH FROM VALUES RENAME EXCHANGE LOAD EXPORT IMPORT UPSERT PIVOT UNPIVOT BULK
    """
)
_ALSO_START = words(
    """
    DECLARE SET PRINT RETURN WHILE IF GOTO THROW RAISERROR USE GRANT REVOKE OPEN CLOSE FETCH DEALLOCATE
    WAITFOR COMMIT ROLLBACK BREAK CONTINUE BEGIN END ELSE
    """
)
_OBJECTS = words(
    """
    TABLE INDEX SCHEMA TYPE SEQUENCE STATISTICS VIEW PROC PROCEDURE FUNCTION TRIGGER
    """
)
_CONTINUES_WITH_SELECT = frozenset({"UNION", "ALL", "EXCEPT", "INTERSECT", "AS", "MINUS", "DISTINCT", "IN"})


@dataclass(frozen=True, slots=True)
class Piece:
    """The tokens of one statement."""

    tokens: list[Token]

    def word(self, position: int) -> str:
        """The token at ``position`` in upper case, or an empty text past the end."""
        return self.tokens[position].text.upper() if position < len(self.tokens) else ""


def pieces(tokens: list[Token], *, without_semicolons: bool) -> Iterator[Piece]:
    """The statements of a script. ``without_semicolons`` also cuts where a new statement plainly begins
    (T-SQL).
    """
    start = 0
    ends = [at for at, token in enumerate(tokens) if token.token_type is _SEMICOLON]
    for end in (*ends, len(tokens)):
        if end > start:
            part = tokens[start:end]
            if without_semicolons:
                yield from map(Piece, _cut_at_starters(part))
            else:
                yield Piece(part)
        start = end + 1


def _cut_at_starters(tokens: list[Token]) -> Iterator[list[Token]]:
    """T-SQL needs no semicolons: cut where a statement word stands that cannot continue the statement before
    it.
    """
    start = 0
    depth = cases = 0
    first = tokens[0].text.upper()
    has_select = first == "SELECT"
    for position in range(1, len(tokens)):
        token = tokens[position]
        kind = token.token_type
        if kind in _OPEN:
            depth += 1
            continue
        if kind in _CLOSE:
            depth -= 1
            continue
        if depth > 0:
            continue
        word = token.text.upper()
        if kind is TokenType.CASE:
            cases += 1
        elif word == "END" and cases:
            cases -= 1
            continue
        if cases:
            continue
        if word == "SELECT" and not has_select and _takes_select(tokens, start, position, first):
            has_select = True
            continue
        if first == "INSERT" and word in _FILLS and not has_select:
            has_select = True
            continue
        if token.token_type is TokenType.IDENTIFIER or (word not in STARTERS and word not in _ALSO_START):
            if word == "GO" and token.line != tokens[position - 1].line:
                if position > start:
                    yield tokens[start:position]
                start = position + 1
                first = tokens[start].text.upper() if start < len(tokens) else ""
                has_select = first == "SELECT"
            continue
        before = tokens[position - 1].text.upper()
        if first == "WITH" and not has_select and word in {"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"}:
            first, has_select = word, word == "SELECT"
            continue
        if start == position:
            first, has_select = word, word == "SELECT"
            continue
        if not _begins(word, before, first, _made(tokens, start), has_select, tokens, position):
            if word == "SELECT":
                has_select = True
            continue
        yield tokens[start:position]
        start = position
        first, has_select = word, word == "SELECT"
    if start < len(tokens):
        yield tokens[start:]


_FILLS = frozenset({"VALUES", "EXEC", "EXECUTE"})
"""What gives an INSERT its rows besides a SELECT: a SELECT after it is a statement of its own."""
_WITHOUT_QUERY = frozenset({"TABLE", "INDEX", "SCHEMA", "TYPE", "SEQUENCE", "STATISTICS"})


def _takes_select(tokens: list[Token], start: int, position: int, first: str) -> bool:
    """Does the SELECT at ``position`` belong to the statement that began at ``start`` with ``first``?"""
    if first in {"CREATE", "ALTER"}:
        before = tokens[position - 1].text.upper()
        return before in {"AS", "("} or _made(tokens, start) not in _WITHOUT_QUERY
    return first in {"INSERT", "FROM"}


def _made(tokens: list[Token], start: int) -> str:
    """What a CREATE or ALTER is about."""
    for token in tokens[start + 1 : start + 6]:
        word = token.text.upper().rpartition(" ")[2]
        if word in _OBJECTS:
            return word
    return ""


def _begins(
    word: str, before: str, first: str, made: str, has_select: bool, tokens: list[Token], position: int
) -> bool:
    """Does ``word`` begin a new statement after ``before``, in a statement that began with ``first``?"""
    following = tokens[position + 1].text.upper() if position + 1 < len(tokens) else ""
    if before == "BULK":
        return False
    if before in {",", ".", "=", "OR", "THEN", "ON", "FOR", "INSTEAD", "AFTER", "NOT"} and word != "BEGIN":
        return False
    if first in {"CREATE", "ALTER"} and made not in _WITHOUT_QUERY:
        return False
    if word == "SELECT" and first in {"CREATE", "ALTER"}:
        return before != "AS"
    if word == "SELECT" and before == ")":
        return first not in {"INSERT", "WITH"} or has_select
    if word == "SELECT":
        return not (before in _CONTINUES_WITH_SELECT or (first in {"INSERT", "WITH"} and not has_select))
    if word == "SET":
        return first not in {"UPDATE", "MERGE", "ALTER", "SET"} or has_select
    if word in {"FROM", "VALUES", "REPLACE", "USE", "PIVOT", "UNPIVOT"}:
        return False
    if word == "FETCH":
        return before not in {"ROW", "ROWS"}
    if word in {"WITH", "IF", "EXECUTE", "EXEC"}:
        if word == "WITH":
            return (
                following not in {"(", "NOLOCK", "TIES"} and first not in {"CREATE", "ALTER"} and before not in {"FROM"}
            )
        if word in {"EXEC", "EXECUTE"}:
            return first != "INSERT" or has_select
        return word == "IF" and first not in {"DROP", "CREATE", "TRUNCATE"}
    if word in {"INSERT", "UPDATE", "DELETE"} and first == "MERGE":
        return before not in {"THEN"}
    if word == "MERGE" and following == "JOIN":
        return False
    return not (first == "WITH" and not has_select and word in {"INSERT", "UPDATE", "DELETE", "MERGE"})


def _open_joins(kinds: list[TokenType]) -> int:
    """Joins that want a condition and have none: the parser's time doubles with each of them."""
    joins = kinds.count(TokenType.JOIN) + kinds.count(TokenType.STRAIGHT_JOIN)
    if joins <= MAX_OPEN_JOINS:
        return 0
    crossed = sum(
        1
        for before, kind in pairwise(kinds)
        if kind is TokenType.JOIN and before in (TokenType.CROSS, TokenType.NATURAL)
    )
    return joins - crossed - kinds.count(TokenType.ON) - kinds.count(TokenType.USING)


def too_much(tokens: list[Token], sql_kb: int = MAX_KB) -> str | None:
    """Why a statement will not be parsed, as a sentence, or None."""
    if not tokens:
        return None
    if tokens[-1].end - tokens[0].start > sql_kb * 1024:
        return f"The statement is longer than {sql_kb} kB."
    if len(tokens) <= 2 * MAX_OPEN_JOINS:
        return None
    kinds = [token.token_type for token in tokens]
    if _open_joins(kinds) > MAX_OPEN_JOINS:
        return f"The statement has more than {MAX_OPEN_JOINS} joins without a condition."
    if len(tokens) <= min(MAX_DEPTH, MAX_PREFIXES):
        return None
    if kinds.count(TokenType.L_BRACKET) > MAX_SUBSCRIPTS:
        chained = sum(1 for before, kind in pairwise(kinds) if before in _CLOSE and kind is TokenType.L_BRACKET)
        if chained > MAX_SUBSCRIPTS:
            return f"The statement has more than {MAX_SUBSCRIPTS} subscripts after brackets."
    if max(accumulate(map(_STEPS.__getitem__, kinds))) > MAX_DEPTH:
        return f"The statement nests deeper than {MAX_DEPTH} levels."
    if b"\x00" * (MAX_PREFIXES + 1) in bytes(map(_OPERAND.__getitem__, kinds)):
        return f"The statement has more than {MAX_PREFIXES} operators in a row."
    return None
