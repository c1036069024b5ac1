"""Which rows of a table's parts are drawn: one block of granules in each stratum, and random rows of it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from datagov.connectors._neighbours import Neighbours

GRANULE = 8_192
"""Rows of a granule, the least that ClickHouse reads."""
MOST_STRATA = 64

_LEAST_STRATA, _SHARE = 16, 200


@dataclass(frozen=True, slots=True)
class Drawn:
    """Where rows were drawn: the number of the first row of each part of the query, and blocks (first row, first one
    behind it) of which each fills its stratum or is one of several.
    """

    starts: list[int]
    blocks: list[tuple[int, int]]
    alone: list[bool]

    def alike(self, parts: Sequence[int], offsets: Sequence[int]) -> float:
        """How many of the rows that came, told by part and place, came of the same block, on the mean over them."""
        ends = [behind for _, behind in self.blocks]
        came = Counter(
            bisect_right(ends, self.starts[part] + offset) for part, offset in zip(parts, offsets, strict=True)
        )
        neighbours = Neighbours()
        for block, rows in came.items():
            if self.alone[block]:
                neighbours.apart(rows)
            else:
                neighbours.together([rows])
        return neighbours.alike


def draw(
    parts: Sequence[tuple[str, int]], wanted: int, chance: Random, *, strata_of: int
) -> tuple[dict[str, list[int]], int, Drawn]:
    """Offsets by part, in the order of the parts, how many rows the granules they lie in may have, and the blocks.

    There are as many strata as a sample of ``strata_of`` rows has.
    """
    ends = list(accumulate(count for _, count in parts))
    starts = [0, *ends[:-1]]
    positions: list[int] = []
    blocks, alone = [], []
    for first, behind, some, fills in _blocks(starts, ends, wanted, chance, strata_of):
        positions += sorted(chance.sample(range(first, behind), min(some, behind - first)))
        blocks.append((first, behind))
        alone.append(fills)
    drawn: dict[str, list[int]] = {}
    at = 0
    begun: list[int] = []
    granules: set[tuple[str, int]] = set()
    for position in positions:
        while position >= ends[at]:
            at += 1
        name, offset = parts[at][0], position - starts[at]
        if name not in drawn:
            drawn[name] = []
            begun.append(starts[at])
        drawn[name].append(offset)
        granules.add((name, offset // GRANULE))
    return drawn, min(ends[-1], len(granules) * GRANULE), Drawn(begun, blocks, alone)


def draw_stretches(
    parts: Sequence[tuple[str, int]], wanted: int, chance: Random, *, strata_of: int
) -> tuple[dict[str, list[tuple[int, int, float]]], int, Drawn]:
    """As :func:`draw`, for so many rows that naming each would be dear: by part the stretches of the blocks, as (first
    offset, first one behind, share of its rows to take by chance).
    """
    ends = list(accumulate(count for _, count in parts))
    starts = [0, *ends[:-1]]
    drawn: dict[str, list[tuple[int, int, float]]] = {}
    begun: list[int] = []
    blocks, alone, touched = [], [], 0
    for first, behind, some, fills in _blocks(starts, ends, wanted, chance, strata_of):
        blocks.append((first, behind))
        alone.append(fills)
        for n in range(bisect_right(starts, first) - 1, bisect_left(starts, behind)):
            low, high = max(first, starts[n]) - starts[n], min(behind, ends[n]) - starts[n]
            if parts[n][0] not in drawn:
                drawn[parts[n][0]] = []
                begun.append(starts[n])
            drawn[parts[n][0]].append((low, high, min(1.0, some / (behind - first))))
            touched += (-(-high // GRANULE) - low // GRANULE) * GRANULE
    return drawn, min(ends[-1], touched), Drawn(begun, blocks, alone)


def _blocks(
    starts: Sequence[int], ends: Sequence[int], wanted: int, chance: Random, strata_of: int
) -> Iterator[tuple[int, int, int, bool]]:
    """The block of a random row of each stratum: its first row, the first one behind it, how many are wanted of it, and
    whether it fills its stratum."""
    total = ends[-1]
    strata = _strata(starts, ends, strata_of)
    for n in range(strata):
        low, high = n * total // strata, (n + 1) * total // strata
        some = wanted * (n + 1) // strata - wanted * n // strata
        first, behind = block_of(chance.randrange(low, high), low, high, starts, some)
        yield first, behind, some, (first, behind) == (low, high)


def _strata(starts: Sequence[int], ends: Sequence[int], most: int) -> int:
    """How many strata: as many as half a percent of the granules, between 16 and 64; 64 where all would be read."""
    granules = sum(-(-(end - start) // GRANULE) for start, end in zip(starts, ends, strict=True))
    wanted = MOST_STRATA if granules <= _LEAST_STRATA else -(-granules // _SHARE)
    return max(1, min(max(_LEAST_STRATA, wanted), MOST_STRATA, most, ends[-1]))


def block_of(at: int, low: int, high: int, starts: Sequence[int], wanted: int) -> tuple[int, int]:
    """The block of a stratum that a row lies in, as positions: a granule, with what is too small for a block beside it.

    Blocks cut a stratum up and hold at least ``wanted`` rows, so a random row's block gives each row the same chance.
    Only places where blocks may be irregular are looked at: both ends of each part, and around the row.
    """
    unit = GRANULE * max(1, -(-wanted // GRANULE))
    cuts: set[int] = set()
    for n in range(bisect_right(starts, low) - 1, bisect_left(starts, high)):
        start = starts[n]
        end = min(starts[n + 1] if n + 1 < len(starts) else high, high)
        first = max(0, -(-(low - start) // unit))
        last = (end - start) // unit
        around = (at - start) // unit if start <= at < end else last
        some = {first, first + 1, first + 2, around - 1, around, around + 1, around + 2, last - 1, last}
        cuts |= {start, *(start + one * unit for one in some if first <= one <= last)}
    kept = low
    for cut in sorted(cut for cut in cuts if low < cut < high):
        if cut - kept >= wanted and high - cut >= wanted:
            if cut > at:
                return kept, cut
            kept = cut
    return kept, high
