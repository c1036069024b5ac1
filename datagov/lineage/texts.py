"""SQL that a script holds in a text and runs: put together from constants, kept in variables, prepared under a name.

Only what is constant is read. ``format('…', …)`` is read when every name in it is given as a constant; a value
(``%L``) matters to no lineage.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.words import closing, items, upper

TEXTS = frozenset({TokenType.STRING, TokenType.HEREDOC_STRING, TokenType.RAW_STRING, TokenType.NATIONAL_STRING})
_JOINS = frozenset({"+", "||"})
_LONGEST = 1 << 20
"""A text put together from others may grow with every step; what is longer than this many characters is not known."""
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_FORMAT = re.compile(r"%(?:(\d+)\$)?[-+ 0]?\d*(?:\.\d+)?([sILdiufgtT%])")

_VALUES = {"L": "NULL", "T": "NULL", "t": "NULL", **dict.fromkeys("diufg", "0")}
"""What stands for a value that ``format`` puts in."""


@dataclass(slots=True)
class Held:
    """The constant texts that variables may hold; of several branches, each of theirs.

    ``run`` are the variables whose texts were run already: what is put there next is not a branch but the next use.
    """

    texts: dict[str, dict[str, Token]] = field(default_factory=dict)
    run: set[str] = field(default_factory=set)

    def put(self, name: str, tokens: list[Token]) -> None:
        """``name`` is given what ``tokens`` say; nothing is known of it when that is no constant."""
        text = constant(tokens, self)
        grown = any(token.text.lower() == name.lstrip("@") for token in tokens)
        if text is None:
            self.texts.pop(name, None)
        elif grown or name in self.run or name not in self.texts:
            self.texts[name] = {text.text: text}
        else:
            self.texts[name].setdefault(text.text, text)
        self.run.discard(name)

    def forget(self, name: str) -> None:
        """``name`` is a variable anew: nothing is known of it."""
        self.texts.pop(name, None)
        self.run.discard(name)

    def take(self, name: str) -> list[Token]:
        """The texts to run when ``name`` is run; none when nothing is known of it."""
        self.run.add(name)
        return [text for text in self.texts.get(name, {}).values() if text.text.strip()]

    def only(self, name: str) -> Token | None:
        """The one text ``name`` can hold."""
        held = self.texts.get(name, {})
        return next(iter(held.values())) if len(held) == 1 else None


def constant(tokens: list[Token], held: Held) -> Token | None:
    """The one text that the expression ``tokens`` is, or None when it depends on more than constants."""
    while upper(tokens, 0) == "(" and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    if upper(tokens, 0) == "FORMAT" and upper(tokens, 1) == "(" and closing(tokens, 1) == len(tokens) - 1:
        return _formatted(tokens[2:-1], held)
    parts: list[Token] = []
    position = 0
    while position < len(tokens):
        if parts:
            if tokens[position].text not in _JOINS:
                return None
            position += 1
        part, position = _part(tokens, position, held)
        if part is None:
            return None
        parts.append(part)
    if len(parts) <= 1:
        return parts[0] if parts else None
    return _text([part.text for part in parts], parts[0])


def _part(tokens: list[Token], position: int, held: Held) -> tuple[Token | None, int]:
    """The text at ``position``, itself or in a variable, and the position after it."""
    sign = tokens[position].text if position < len(tokens) and tokens[position].text in {"@", ":"} else ""
    position += bool(sign)
    if position >= len(tokens):
        return None, position
    token = tokens[position]
    if token.token_type in TEXTS:
        return token, position + 1
    return held.only(("@" if sign == "@" else "") + token.text.lower()), position + 1


def _formatted(tokens: list[Token], held: Held) -> Token | None:
    """PostgreSQL's ``format``: names by ``%I`` and pieces by ``%s`` must be constants, values may be anything."""
    arguments = items(tokens)
    pattern = constant(arguments[0], held) if arguments else None
    if pattern is None:
        return None
    given = arguments[1:]
    following = 0
    out: list[str] = []
    end = 0
    for found in _FORMAT.finditer(pattern.text):
        out.append(pattern.text[end : found.start()])
        end = found.end()
        number, kind = found.groups()
        if kind == "%":
            out.append("%")
            continue
        position = int(number) - 1 if number else following
        following = position + 1
        argument = constant(given[position], held) if 0 <= position < len(given) else None
        if kind in _VALUES:
            out.append(_VALUES[kind])
        elif argument is None:
            return None
        else:
            out.append(_as_name(argument.text) if kind == "I" else argument.text)
    out.append(pattern.text[end:])
    return _text(out, pattern)


def _as_name(text: str) -> str:
    """The text as ``quote_ident`` writes it."""
    return text if _PLAIN_NAME.fullmatch(text) else '"' + text.replace('"', '""') + '"'


def _text(parts: list[str], like: Token) -> Token | None:
    if sum(map(len, parts)) > _LONGEST:
        return None
    return Token(TokenType.STRING, "".join(parts), like.line, like.col, like.start, like.end)
