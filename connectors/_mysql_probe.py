"""How many rows a MySQL table has, by looking into short ranges of its key: the server's statistics may be far off.

InnoDB keeps the number of rows in a table of its own, which nobody may have brought up to date for years. A sample that
trusts it draws every key there is, or none. Some ranges of the key's space are counted instead, wider ones while they
hold few rows and narrower ones while they hold too many: the rows of a known share of the space give those of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from datagov.connectors._mysql_catalog import Key, Relation, quote, run

_RANGES = 24
_LEAST, _WANTED, _MOST = 50, 200, 6_400
"""Rows that a look finds at the least, wants, and reads at the most."""
_ALL = 500_000
"""Rows that the last look reads where keys lie in clumps: a sixteenth of its ranges held almost none."""
_TOGETHER = 50
_STEP = 16
_LOOKS = 20
"""More than it takes from one key to a space of 64 bits, 16 times as wide each time."""


def rows_of(
    connection: Any,
    relation: Relation,
    key: Key,
    *,
    space: int,
    condition: Callable[[int, int], str],
    guess: int,
    chance: Random,
) -> int:
    """About how many rows the table has, by at most 20 looks of at most 6,400 rows.

    Where keys lie in clumps one more look goes further. ``condition`` gives the SQL for the part of the key's ``space``
    from one number up to another; ``guess`` is where the first look begins.
    """
    share = min(1.0, _WANTED / max(guess, 1))
    found, looked, grew = 0, 1.0, None
    ranges: list[tuple[int, int]] = []
    for _ in range(_LOOKS):
        ranges = list(_ranges(space, share, chance))
        looked = sum(high - low for low, high in ranges) / space
        found = _count(connection, relation, key, _any(ranges, condition), most=_MOST)
        narrowest = all(high - low <= 1 for low, high in ranges)
        if found > _MOST and grew is not True and not narrowest:
            share, grew = looked / _STEP, False
        elif found < _LEAST and grew is not False and looked < 1:
            share, grew = min(1.0, looked * _STEP), True
        else:
            break
    if grew is False and found < _LEAST:
        ranges = list(_ranges(space, min(1.0, looked * _STEP), chance))
    if grew is not None and (found > _MOST or found < _LEAST):
        looked = sum(high - low for low, high in ranges) / space
        found = _count(connection, relation, key, _any(ranges, condition), most=_ALL)
    return max(1, round(found / looked))


def counts(connection: Any, relation: Relation, key: Key, conditions: Sequence[str], *, most: int) -> list[int]:
    """How many rows meet each of some conditions on the key; ``most`` + 1 where there are more."""
    found: dict[int, int] = {}
    for start in range(0, len(conditions), _TOGETHER):
        each = (
            f"SELECT {n}, ({_counting(relation, key, one, most)})"
            for n, one in enumerate(conditions[start : start + _TOGETHER], start=start)
        )
        found |= {int(n): int(count) for n, count in run(connection, " UNION ALL ".join(each))}
    return [found[n] for n in range(len(conditions))]


def _count(connection: Any, relation: Relation, key: Key, where: str, *, most: int) -> int:
    ((count,),) = run(connection, _counting(relation, key, where, most))
    return int(count)


def _counting(relation: Relation, key: Key, where: str, most: int) -> str:
    table = f"{quote(relation.database)}.{quote(relation.name)} FORCE INDEX ({quote(key.index)})"
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM {table} WHERE {where} LIMIT {most + 1}) AS d"


def _any(ranges: Sequence[tuple[int, int]], condition: Callable[[int, int], str]) -> str:
    return " OR ".join(f"({condition(low, high)})" for low, high in ranges)


def _ranges(space: int, share: float, chance: Random) -> Iterator[tuple[int, int]]:
    """One range of ``share`` of each of so many equal parts of the space."""
    parts = min(_RANGES, space)
    for n in range(parts):
        low, high = n * space // parts, (n + 1) * space // parts
        width = max(1, min(high - low, round((high - low) * share)))
        start = low + chance.randrange(high - low - width + 1)
        yield start, start + width
