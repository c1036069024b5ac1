"""Which of many files or pieces a sample reads, and how many rows of each."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

Item = TypeVar("Item")


def weighted(items: Sequence[Item], weights: Sequence[int], count: int, draw: random.Random) -> list[Item]:
    """Some items without repetition, the heavier the likelier (Efraimidis and Spirakis 2006)."""
    keys = [-math.log(1.0 - draw.random()) / max(weight, 1) for weight in weights]
    return [items[n] for n in sorted(range(len(items)), key=keys.__getitem__)[:count]]


def enough(items: Sequence[Item], sizes: Sequence[int], count: int, size: int) -> list[Item]:
    """The first of the items: ``count``, and more until they have ``size`` together."""
    held = 0
    for n, one in enumerate(sizes, start=1):
        held += one
        if n >= count and held >= size:
            return list(items[:n])
    return list(items)


def shares(weights: Sequence[int], rows: int) -> list[int]:
    """``rows`` in parts as large as the weights, by largest remainder.

    >>> shares([2, 1, 1], 10)
    [5, 3, 2]
    """
    whole = sum(weights) or 1
    exact = [rows * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    for n in sorted(range(len(exact)), key=lambda n: parts[n] - exact[n])[: rows - sum(parts)]:
        parts[n] += 1
    return parts
