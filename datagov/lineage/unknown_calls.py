"""A call that the parser refuses because it knows a function of that name with other arguments.

``time_slice(ts, 5)`` may be a function of another database, or of the user: it is read like any function nobody knows,
as one of a schema, so that its statement is not lost.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.errors import ParseError
from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.dialects import Speech
from datagov.lineage.words import closing, upper

_TRIES = 16
_ARGUMENTS = ("Required keyword", "Required argument", "number of provided arguments")
_SCHEMA = "main"


def parsed(tokens: list[Token], sql: str, voice: Speech) -> list[exp.Expr | None]:
    """The trees of ``tokens``, refused calls as calls of unknown functions; raises the parser's errors."""
    for _ in range(_TRIES):
        try:
            return voice.parse(tokens, sql)
        except ParseError as error:
            easier = _as_unknown(tokens, error)
            if easier is None:
                raise
            tokens = easier
    return voice.parse(tokens, sql)


def _as_unknown(tokens: list[Token], error: ParseError) -> list[Token] | None:
    """The call that the error is about as one of a schema's function."""
    first: dict[str, Any] = error.errors[0] if error.errors else {}
    if not str(first.get("description") or "").removeprefix("The ").startswith(_ARGUMENTS):
        return None
    blamed = first.get("line"), first.get("col")
    end = next((at for at, token in enumerate(tokens) if (token.line, token.col) == blamed), None)
    if end is None:
        return None
    opened = next((at for at in range(end, 0, -1) if upper(tokens, at) == "(" and closing(tokens, at) == end), None)
    if opened is None or not tokens[opened - 1].text.isidentifier() or upper(tokens, opened - 2) == ".":
        return None
    call = tokens[opened - 1]
    schema = Token(TokenType.VAR, _SCHEMA, call.line, call.col, call.start, call.start)
    dot = Token(TokenType.DOT, ".", call.line, call.col, call.start, call.start)
    name = Token(TokenType.VAR, call.text, call.line, call.col, call.start, call.end)
    return [*tokens[: opened - 1], schema, dot, name, *tokens[opened:]]
