"""Which rows of a MySQL table a sample takes: ranges of a key, so that every row has the same chance.

The key's range is cut into strata of about equal numbers of rows. Each stratum gives the same share of its key space,
as short ranges: longer ones where keys have gaps, and where the table lies in the order of the key and is large, so
that a block that is fetched gives several rows. A row is drawn when its range is, so gaps and clusters change the size
of a sample and never a row's chance. Keys that are evenly spread hexadecimal text or bytes (UUID, digests) are cut by
their first digits likewise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Any

from datagov.connectors._chance import seed_of
from datagov.connectors._mysql_catalog import Key, Relation, qualified, quote, run
from datagov.connectors._mysql_cells import INTEGERS
from datagov.connectors._mysql_probe import rows_of
from datagov.connectors._mysql_strata import (
    COUNTED,
    DENSE,
    DIGIT_KEYS,
    DIGITS,
    TEXT_KEYS,
    Stratum,
    between,
    bound,
    cut,
    even,
    part,
)

_STRATA = 48
_NEIGHBOURS = 4
_MORE = 1.3
_BLOCK_BYTES = 16_384
_FEWEST_NEIGHBOURS, _MOST_NEIGHBOURS, _SHARE = 8, 15, 600_000
"""Rows wanted of each block of a table that has many: 2,000 rows of 200 blocks take a third of the time of single rows.
Rows of one block may be alike, so the more blocks a table has the fewer are taken of each, as long as half a percent of
the blocks are enough."""
_FEW_BLOCKS = 500
"""Of a table of so many blocks single rows cost no more."""
_FILLED, _PLAUSIBLE = 8, 1.25
"""An estimate is believed when at least an eighth of the numbers from the first to the last key would be in use, and
not many more than there are."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A condition on the key that draws a sample, and about how many rows it touches.

    ``starts`` are the lowest keys of the ranges it names, in their order; none where rows are drawn one by one.
    """

    where: str
    touched: int
    starts: tuple[int | str, ...] = ()
    fair: bool = True
    """Whether every row has the same chance."""


def draw(
    connection: Any, relation: Relation, keys: Sequence[Key], *, rows: int, total: int | None, seed: int
) -> tuple[Key, Drawn] | None:
    """The first key by which rows can be drawn, and the draw; None when there is none.

    ``total`` is how many rows there are; where it is None the server's estimate counts as far as the key bears it out.
    """
    chance = Random(seed_of(seed, relation.dataset))  # noqa: S311 - a sample, not a secret
    counted = total
    for key in keys:
        total = _estimated(connection, relation, key, chance) if counted is None else counted
        trusted = counted is not None or _near(total, relation.rows or 0)
        share = min(1.0, _MORE * rows / max(total, 1))
        neighbours = _neighbours(relation, key, total)
        starts: tuple[int | str, ...] = ()
        if key.column.base in INTEGERS:
            most = max(total // _STRATA, 1) if trusted else COUNTED
            strata = cut(connection, relation, key, most_rows=most, total=total, trusted=trusted)
            ranges = list(_integers(strata, share, neighbours, chance))
            where = _conditions(f"d.{quote(key.column.name)}", ranges)
            starts = tuple(low for low, _ in ranges) if any(low < high for low, high in ranges) else ()
        elif key.alone:
            cells = []
            if even(connection, relation, key, total, trusted=trusted):
                parts = max(1, total // max(neighbours, _NEIGHBOURS))
                cells = [(cell, parts) for cell in sorted(_some(parts, share, chance))]
            text = key.column.base in TEXT_KEYS
            where = [part(f"d.{quote(key.column.name)}", cell, of, text=text) for cell, of in cells]
            starts = tuple(bound(cell, of) for cell, of in cells)
        else:
            continue
        if where:
            return key, Drawn(f"({' OR '.join(where)})", round(share * total), () if share >= 1 else starts)
    return None


def together(starts: Sequence[int | str], keys: Sequence[str | None]) -> Iterator[int]:
    """How many of the rows with these keys, as a sample hands them over, came of each range that starts so.

    >>> list(together([10, 20, 30], ["11", "12", "35"]))
    [2, 1]
    """
    known = [key for key in keys if key is not None]
    cells = [int(key) for key in known] if starts and isinstance(starts[0], int) else [key.lower() for key in known]
    yield from Counter(bisect_right(starts, cell) for cell in cells).values()


def _estimated(connection: Any, relation: Relation, key: Key, chance: Random) -> int:
    """About how many rows a table has that was not counted: the server's estimate, unless the key contradicts it."""
    guess = relation.rows or 1
    name = quote(key.column.name)
    if key.column.base in INTEGERS:
        ((low, high),) = run(connection, f"SELECT MIN({name}), MAX({name}) FROM {qualified(relation)}")
        if low is None:
            return 0
        low, space = int(low), int(high) - int(low) + 1
        if key.alone and guess <= _PLAUSIBLE * space and guess * _FILLED >= space:
            return guess

        def condition(start: int, end: int) -> str:
            return f"{name} BETWEEN {low + start} AND {low + end - 1}"

    elif key.alone and key.column.base in DIGIT_KEYS:
        space, text = 16**DIGITS, key.column.base in TEXT_KEYS

        def condition(start: int, end: int) -> str:
            return between(name, start, end if end < space else None, text=text)

    else:
        return guess
    return rows_of(connection, relation, key, space=space, condition=condition, guess=guess, chance=chance)


def _neighbours(relation: Relation, key: Key, total: int) -> int:
    """How many rows a range of the key is to have: one, or some of each block, the fewer the more blocks there are.

    Only InnoDB keeps the rows of a table in the order of its primary key; by another key each row has its own block.
    """
    blocks = (relation.size or 0) // _BLOCK_BYTES
    if key.index != "PRIMARY" or (relation.engine or "").lower() != "innodb" or blocks <= _FEW_BLOCKS:
        return 1
    wanted = min(max(_FEWEST_NEIGHBOURS, ceil(_SHARE / blocks)), _MOST_NEIGHBOURS)
    return max(1, min(wanted, total // (2 * blocks)))


def _integers(strata: Sequence[Stratum], share: float, neighbours: int, chance: Random) -> Iterator[tuple[int, int]]:
    """First and last keys, both included, of ranges of about ``neighbours`` rows that are ``share`` of each stratum's
    key space, in their order."""
    for stratum in strata:
        span = stratum.high - stratum.low
        dense = stratum.rows >= DENSE * span
        wanted = neighbours if dense else max(neighbours, _NEIGHBOURS)
        width = 1 if dense and neighbours == 1 else max(1, min(span, wanted * span // max(stratum.rows, 1)))
        cells = -(-span // width)
        drawn = sorted(_some(cells, share, chance))
        for cell in drawn:
            low = stratum.low + cell * width
            yield low, min(low + width, stratum.high) - 1


def _conditions(name: str, ranges: Sequence[tuple[int, int]]) -> list[str]:
    """Conditions that together hold for the keys in the ranges."""
    single = [str(low) for low, high in ranges if low == high]
    wide = [f"{name} BETWEEN {low} AND {high}" for low, high in ranges if low < high]
    return [*wide, *([f"{name} IN ({', '.join(single)})"] if single else [])]


def _some(cells: int, share: float, chance: Random) -> set[int]:
    """``share`` of the numbers below ``cells``, its fraction rounded by chance so that none is favoured."""
    wanted = cells * share
    count = min(cells, int(wanted) + (chance.random() < wanted - int(wanted)))
    if count * 2 > cells:
        return set(chance.sample(range(cells), count))
    found: set[int] = set()
    while len(found) < count:
        found.add(chance.randrange(cells))
    return found


def _near(one: int, other: int) -> bool:
    """Whether two numbers of rows are of the same size."""
    return one <= 2 * other and other <= 2 * one


def key_cell(name: str, base: str) -> str:
    """A key as text that :func:`together` can place: a whole number, or its first digits."""
    if base in INTEGERS:
        return f"{name} + 0"
    return f"LEFT({name}, {DIGITS})" if base in TEXT_KEYS else f"HEX(LEFT({name}, {DIGITS // 2}))"
