"""Which of many files or pieces a sample reads, and how many rows of each: so that every row has the same chance."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import accumulate, pairwise

_MORE = 1.25
"""How fast the number of items grows until they hold enough."""


def fairly(sizes: Sequence[int], *, fewest: int, least: int, most: int, draw: random.Random) -> list[tuple[int, float]]:
    """(number of an item, rows it stands for): some of the items, the larger the likelier, and what each is worth.

    An item is taken with a chance of its size (systematic sampling, Madow 1949) and then stands for as many rows as
    any other, but for those so large that they are surely taken, which stand for their own. So each row of the whole
    has the same chance, in whichever item it lies. There are at least ``fewest`` items, more until they are to hold
    ``least`` rows, and about ``most`` at the most; empty ones are never among them.

    >>> fairly([5, 0, 5], fewest=9, least=0, most=9, draw=random.Random(1))
    [(0, 5), (2, 5)]
    """
    items = sorted((n for n, size in enumerate(sizes) if size), key=lambda n: -sizes[n])
    rest = [0, *accumulate(sizes[n] for n in reversed(items))][::-1]
    squares = [0, *accumulate(sizes[n] ** 2 for n in reversed(items))][::-1]
    count = fewest
    while count < len(items):
        sure = _sure([sizes[n] for n in items], rest, count)
        held = rest[0] - rest[sure] + (count - sure) * squares[sure] / rest[sure]
        if held >= least or count >= most:
            break
        count = min(most, int(count * _MORE) + 1)
    if count >= len(items):
        return [(n, sizes[n]) for n in sorted(items)]
    chosen: list[tuple[int, float]] = [(n, sizes[n]) for n in items[:sure]]
    others = items[sure:]
    draw.shuffle(others)
    step = rest[sure] / (count - sure)
    mark, end = draw.random() * step, 0
    for n in others:
        end += sizes[n]
        if end > mark:
            chosen.append((n, step))
            mark += step
    return sorted(chosen)


def _sure(sizes: Sequence[int], rest: Sequence[int], count: int) -> int:
    """How many of the largest items are surely among so many."""
    sure = 0
    while sure < count - 1 and sizes[sure] * (count - sure) >= rest[sure]:
        sure += 1
    return sure


def parted(weights: Sequence[float], rows: int, draw: random.Random) -> list[int]:
    """``rows`` in parts as large as the weights, rounded up or down by chance: what is to give a tenth of a row gives
    one in one of ten draws, so that no row is out of reach because it lies in a small part.

    >>> parted([2, 1, 1], 8, random.Random(1))
    [4, 2, 2]
    """
    order = list(range(len(weights)))
    draw.shuffle(order)
    whole = sum(weights) or 1
    edges = [rows * edge / whole for edge in accumulate(weights[n] for n in order)]
    start = draw.random()
    marks = [0, *(int(edge + start) for edge in edges[:-1]), rows]
    made = [after - before for before, after in pairwise(marks)]
    return [part for _, part in sorted(zip(order, made, strict=False))]


def shares(weights: Sequence[float], rows: int) -> list[int]:
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
