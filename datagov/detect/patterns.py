"""Many patterns against many texts in one pass: google-re2 sets, which never backtrack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import re2

from datagov.errors import ConfigError

_MEMORY = 128 << 20
_LONGEST = 1500
"""Characters of a text that a whole-cell pattern is tried on; no identifier is longer."""


class PatternSet:
    """Compiled patterns that must cover a text from end to end."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._size = len(patterns)
        self._set = re2.Set.FullMatchSet(options())
        for pattern in patterns:
            try:
                self._set.Add(pattern)
            except re2.error:
                raise refusal(pattern) from None
        self._set.Compile()

    def hits(self, texts: Sequence[str]) -> list[list[int]]:
        """For each pattern, the positions of the texts that it matches."""
        found: list[list[int]] = [[] for _ in range(self._size)]
        match = self._set.Match
        for position, text in enumerate(texts):
            if len(text) <= _LONGEST:
                for pattern in match(text.encode()) or ():
                    found[pattern].append(position)
        return found


@cache
def compiled(patterns: tuple[str, ...]) -> PatternSet:
    """One set per list of patterns: classifiers that share a list share its automaton."""
    return PatternSet(patterns)


def options() -> re2.Options:
    """How every pattern is compiled: with room for the automaton, without a word on stderr."""
    chosen = re2.Options()
    chosen.max_mem = _MEMORY
    chosen.log_errors = False
    return chosen


def refusal(pattern: str) -> ConfigError:
    """The error for a pattern that re2 does not take."""
    return ConfigError(
        f"The pattern {pattern[:80]!r} is not one google-re2 runs: look-around and back-references are "
        "refused because they can take forever, so write it without them."
    )


_APART = r"(?:\b|^|[^0-9A-Za-z_])(?:{})(?:\b|$|[^0-9A-Za-z_])"
"""A pattern that begins and ends where no word of ASCII letters and digits goes on."""
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_RANGE = re.compile(r"(.)-(.)")
_ESCAPED = re.compile(r"\\[ds.,/+()\[\]{}*?|$-]")


def apart(pattern: str) -> str:
    """The pattern where it stands apart, not within a longer word or number of ASCII; the pattern itself where it may
    begin or end with an underscore, which RE2 takes for a letter."""
    classes = _CLASS.findall(pattern)
    crossing = any(low <= "_" <= high for part in classes for low, high in _RANGE.findall(part))
    plain = _ESCAPED.sub("", _CLASS.sub("", pattern))
    vague = "." in plain or "_" in pattern or any(part.startswith(("[^", "[[")) for part in classes)
    if crossing or vague or "\\" in _ESCAPED.sub("", pattern):
        return pattern
    return _APART.format(pattern)


class Sieve:
    """Which of many patterns occur anywhere in a text, found for all of them in one pass over it."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._set = re2.Set.SearchSet(options())
        for pattern in patterns:
            self._set.Add(pattern)
        self._set.Compile()

    def found(self, text: str) -> Sequence[int]:
        """The positions of the patterns that occur in the text, in their order."""
        return sorted(self._set.Match(text) or ())
