"""What watches over the reading of a script, statement by statement: its caps, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MAX_KB = 256
"""The longest statement that is parsed, in units of 1024 characters, unless the caller says otherwise."""


def _unwatched(number: int) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Guard:
    """``sql_kb`` caps a statement's length, in units of 1024 characters.

    ``begun`` is told the number of each statement before it is read, counted from 0 in the order of reading: who
    loses the process that reads knows by it which statement did it. ``left_out`` are numbers not to read again, each
    with the kind and the sentence of the problem that stands for it.
    """

    sql_kb: int = MAX_KB
    begun: Callable[[int], None] = _unwatched
    left_out: Mapping[int, tuple[str, str]] = field(default_factory=dict)
