"""The text of a script and its statements: offsets to lines and columns, masked text, and the span of an
expression.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from sqlglot.tokenizer_core import Token, TokenType

from datagov.lineage.literals import mask_conservatively, mask_tokens
from datagov.lineage.model import Span
from datagov.lineage.quoted import COVER

_OPEN = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE})
_CLOSE = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE})
_CLAUSES = frozenset(
    {
        TokenType.SELECT,
        TokenType.DISTINCT,
        TokenType.FROM,
        TokenType.WHERE,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.GROUP_BY,
        TokenType.ORDER_BY,
        TokenType.CLUSTER_BY,
        TokenType.SORT_BY,
        TokenType.DISTRIBUTE_BY,
        TokenType.ON,
        TokenType.USING,
        TokenType.JOIN,
        TokenType.SET,
        TokenType.VALUES,
        TokenType.RETURNING,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
        TokenType.WINDOW,
        TokenType.LATERAL,
        TokenType.INTO,
        TokenType.LIMIT,
        TokenType.OFFSET,
        TokenType.FETCH,
    }
)
_OF_MERGE = frozenset({TokenType.WHEN, TokenType.THEN})
"""Outside of CASE they end the condition of a MERGE and begin a branch."""
_BRANCHES = _OF_MERGE | {TokenType.CASE, TokenType.END}


@dataclass(slots=True)
class Script:
    """The whole SQL text, with the place where it stands in its file.

    ``origins`` are pairs (offset, line of the template the text from there on was rendered from), in order.
    ``made_by`` is for a text that a script puts together: the outer script, and the first and the last-plus-one
    offset in it of the expression that makes the text. All places in the text are that expression's.
    """

    sql: str
    file: str | None = None
    line_offset: int = 0
    column_offset: int = 0
    origins: tuple[tuple[int, int], ...] = ()
    made_by: tuple[Script, int, int] | None = None
    _starts: list[int] = field(default_factory=list, init=False, repr=False)

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based (line, column) of a character."""
        if self.made_by is not None:
            outer, first, _ = self.made_by
            return outer.place(first)
        if not self._starts:
            self._starts = [0]
            at = self.sql.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.sql.find("\n", at + 1)
        index = bisect_right(self._starts, offset) - 1
        column = offset - self._starts[index] + 1
        if self.origins:
            origin = bisect_right(self.origins, (offset, 1 << 62)) - 1
            return self.origins[max(origin, 0)][1] + self.line_offset, column
        if index == 0:
            column += self.column_offset
        return index + 1 + self.line_offset, column

    def last_place(self, offset: int) -> tuple[int, int]:
        """The 1-based (line, column) of the last character of something that ends at ``offset``."""
        if self.made_by is None:
            return self.place(offset)
        outer, _, end = self.made_by
        return outer.last_place(end - 1)


@dataclass(slots=True, eq=False)
class StatementText:
    """One statement's stretch of a script, with its tokens (empty when it did not tokenize)."""

    script: Script
    tokens: list[Token]
    start: int
    end: int
    _items: list[tuple[int, int, int]] | None = field(default=None, init=False, repr=False)
    _masked: str | None = field(default=None, init=False, repr=False)

    @property
    def line(self) -> int:
        """1-based line of the first character."""
        return self.script.place(self.start)[0]

    @property
    def column(self) -> int:
        """1-based column of the first character."""
        return self.script.place(self.start)[1]

    @property
    def end_line(self) -> int:
        """1-based line of the last character."""
        return self.script.last_place(max(self.start, self.end - 1))[0]

    @property
    def masked(self) -> str:
        """The text with literals and comments masked, same length."""
        if self._masked is None:
            if self.tokens:
                self._masked = mask_tokens(self.script.sql, self.tokens, self.start, self.end)
            else:
                self._masked = mask_conservatively(self.script.sql[self.start : self.end])
        return self._masked

    def hide(self, place: int) -> None:
        """The quoted name at the offset ``place`` is a value: mask it."""
        for token in self.tokens:
            if token.start == place:
                token.text = COVER
        self._masked = None

    def item(self, at: int) -> tuple[int, int]:
        """First and last-plus-one offset of the select item, assignment or clause around the character
        ``at``.
        """
        if self._items is None:
            self._items = _items(self.tokens)
        low = bisect_right(self._items, (at, 1 << 62, 0)) - 1
        while low >= 0:
            first, last, parent = self._items[low]
            if first <= at <= last:
                return first, last + 1
            low = parent if last < at and parent >= 0 else low - 1
        return self.start, self.end

    def span(self, at: int) -> Span:
        """The expression around ``at`` as evidence."""
        first, end = self.item(at)
        line, column = self.script.place(first)
        end_line, end_column = self.script.last_place(max(first, end - 1))
        text = self.masked[first - self.start : end - self.start]
        script = self.script
        while script.made_by is not None:
            script, outer_first, outer_end = script.made_by
            text = mask_conservatively(script.sql[outer_first:outer_end])
        return Span(self.script.file, line, column, end_line, end_column, text)


def _items(tokens: list[Token]) -> list[tuple[int, int, int]]:
    """The (first, last, parent index) of every list item and clause of a statement, ordered by first offset.

    A bracket belongs to the item it stands in unless a query or a row of VALUES begins in it.
    """
    items: list[list[int]] = []
    frames: list[list[int]] = [[1, -1, 0]]  # split at commas?, index of the open item, inside VALUES?
    cases = 0
    for token in tokens:
        kind = token.token_type
        frame = frames[-1]
        if kind in _BRANCHES:
            cases += (kind is TokenType.CASE) - (kind is TokenType.END)
            if cases <= 0 and kind in _OF_MERGE:
                frame[1] = -1
                continue
        if kind in _CLAUSES and (frame[0] or kind is not TokenType.SET):
            frame[0] = 1
            frame[1] = -1
            frame[2] = int(kind is TokenType.VALUES)
            continue
        if kind in _CLOSE:
            if len(frames) > 1:
                frames.pop()
        elif kind is TokenType.COMMA and frame[0]:
            frame[1] = -1
            continue
        elif frame[0] and frame[1] < 0:
            parent = next((f[1] for f in reversed(frames[:-1]) if f[1] >= 0), -1)
            items.append([token.start, token.end, parent])
            frame[1] = len(items) - 1
        if kind in _OPEN:
            frames.append([frame[2], -1, 0])
        elif frames[-1][1] >= 0:
            items[frames[-1][1]][1] = token.end
    return [(first, last, parent) for first, last, parent in items]
