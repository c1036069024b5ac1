"""How much a word looks like a person's name, by its groups of letters.

The table is made by ``benchmarks/detection_likeness.py`` from names, places and words of the world: a logistic
regression on hashed groups of two to five letters. It knows no word, so it also judges names that are in no list.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np

SIZE = 1 << 17
"""Weights of the table, each a byte."""
STEP = 1 / 40
"""Log-odds of one unit of a weight."""
GROUPS = (2, 3, 4, 5)
_MOST = 4.0
_JUDGED = 0.8


def groups(word: str) -> set[int]:
    """Which weights a word in small Latin letters uses."""
    marked = f"^{word}$"
    return {
        zlib.crc32(marked[start : start + size].encode("utf-8", "replace")) % SIZE
        for size in GROUPS
        for start in range(len(marked) - size + 1)
    }


def odds(word: str) -> float:
    """Log-odds that a word is a name rather than a place or another word, from −4 to 4.

    >>> odds("kovačević") > 1, odds("temperature") < -1
    (True, True)
    """
    table, offset = _shipped()
    return max(-_MOST, min(_MOST, offset + STEP * sum(table[group] for group in groups(word))))


def mean(values: Sequence[Sequence[str]]) -> float | None:
    """Mean over values of the mean log-odds of their words; None when a fifth have none that is in Latin letters."""
    judged = [told for words in values if (told := [odds(word) for word in words])]
    if len(judged) < _JUDGED * len(values) or not judged:
        return None
    return sum(sum(told) / len(told) for told in judged) / len(judged)


@cache
def _shipped() -> tuple[list[int], float]:
    with files("datagov.detect").joinpath("likeness.npy").open("rb") as file:
        table: list[int] = np.load(file).tolist()
    return table[:SIZE], STEP * table[SIZE]
