"""Selectors: globs over ``schema.table`` and ``schema.table.column``, and which of two is nearer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property

WILD = frozenset("*?[")

_ESCAPED = re.compile(r"\[([*?[])\]")
"""A character that stands for itself although it is a wildcard elsewhere."""


def escaped(name: str) -> str:
    """A name that matches only itself where globs are read: ``*``, ``?`` and ``[`` stand in brackets.

    >>> escaped("loan[2024]*")
    'loan[[]2024][*]'
    """
    return re.sub(r"([*?[])", r"[\1]", name)


@dataclass(frozen=True)
class Selector:
    """A glob matched segment by segment, ignoring case; ``*`` alone matches every dataset.

    A selector with one segment more than a dataset's name is about a column of it.

    >>> Selector("lending.*").matches("lending.member"), Selector("lending.*").matches("lending.member.mobile")
    (True, False)
    """

    text: str

    def matches(self, name: str) -> bool:
        """Whether it selects the dotted name."""
        if self.text == "*":
            return True
        parts = name.casefold().split(".")
        return len(parts) == len(self._patterns) and all(
            pattern.fullmatch(part) for pattern, part in zip(self._patterns, parts, strict=True)
        )

    @cached_property
    def _patterns(self) -> Sequence[re.Pattern[str]]:
        return [re.compile(translate(part)) for part in self.text.casefold().split(".")]

    @cached_property
    def exact(self) -> str | None:
        """The one name it selects, in lower case, when it has no wildcard but those in brackets.

        >>> Selector("dw.loan[[]2024][*]").exact
        'dw.loan[2024]*'
        """
        if WILD & set(_ESCAPED.sub("", self.text)):
            return None
        return _ESCAPED.sub(r"\1", self.text).casefold()

    @cached_property
    def nearness(self) -> tuple[bool, int]:
        """Greater is nearer: a plain name before any glob, then the glob with more literal characters."""
        return self.exact is not None, sum(character not in WILD for character in self.text)


class Index:
    """Selectors by the names they select: plain names by look-up, globs one by one."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._plain: dict[str, list[Selector]] = {}
        self._globs: list[Selector] = []
        for text in sorted(set(texts)):
            selector = Selector(text)
            if selector.exact is None:
                self._globs.append(selector)
            else:
                self._plain.setdefault(selector.exact, []).append(selector)

    def matching(self, name: str) -> Iterator[Selector]:
        """Every selector that selects the name."""
        yield from self._plain.get(name.casefold(), ())
        yield from (selector for selector in self._globs if selector.matches(name))

    def about(self, name: str, columns: Mapping[int, str]) -> Iterator[tuple[int, Selector]]:
        """(column_id, selector) for every column of the dataset ``name`` that some selector selects.

        ``columns`` are names by id; a nested field's is its column's with the path inside it, dotted.
        """
        depth = name.count(".") + 1
        globs = [selector for selector in self._globs if selector.text.count(".") >= depth]
        for column_id, column in columns.items():
            full = f"{name}.{column}"
            for selector in self._plain.get(full.casefold(), ()):
                yield column_id, selector
            for selector in globs:
                if selector.matches(full):
                    yield column_id, selector
