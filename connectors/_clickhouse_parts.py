"""The parts of a table: their names and rows, and how many of these were not deleted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from datagov.connectors._chance import seed_of
from datagov.connectors._clickhouse_catalog import Column, Relation, deleted
from datagov.connectors._clickhouse_catalog import parts as seen
from datagov.connectors._clickhouse_draw import GRANULE, MOST_STRATA
from datagov.connectors._clickhouse_open import Door
from datagov.connectors._clickhouse_words import listed, literal

COUNTED_ROWS = 20_000_000
"""Rows of parts with deleted ones up to which those that are left are counted; above it their share is estimated."""

_VIRTUAL = frozenset({"_part", "_part_offset"})
_PARTS = """
    SELECT name, rows, {2} FROM system.parts
    WHERE active AND rows > 0 AND database = {0} AND table = {1} ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Parts:
    """Name and rows of the parts of a table; ``masked`` are those of which rows were deleted that they still count."""

    rows: list[tuple[str, int]]
    masked: frozenset[str]

    @property
    def total(self) -> int:
        """Rows of all parts, with those that were deleted."""
        return sum(count for _, count in self.rows)

    @property
    def masked_rows(self) -> int:
        """Rows of the parts of which some were deleted."""
        return sum(count for name, count in self.rows if name in self.masked)


def parts_of(door: Door, relation: Relation, known: Mapping[str, Column]) -> Parts:
    """The parts of a table; none when its rows cannot be named by them, or are not shown."""
    if not relation.has_parts or _VIRTUAL & known.keys():
        return Parts([], frozenset())
    sql = _PARTS.format(literal(relation.database), literal(relation.name), deleted(door))
    found = seen(door, sql) or ()
    return Parts(
        [(str(name), int(count)) for name, count, _ in found], frozenset(str(name) for name, _, gone in found if gone)
    )


def left_sql(relation: Relation, parts: Parts) -> tuple[str, int]:
    """A query for the rows that are left in masked parts, and how many rows it counts among: all of them, or in a
    large table so many as say what share is left, from random granules. Only the mask itself is read.
    """
    masked = [one for one in parts.rows if one[0] in parts.masked]
    if parts.masked_rows <= COUNTED_ROWS:
        return f"SELECT count() FROM {relation.qualified} WHERE _part IN ({listed([name for name, _ in masked])})", (
            parts.masked_rows
        )
    chance = Random(seed_of(0, relation.dataset))  # noqa: S311 - a sample, not a secret
    ends = list(accumulate(count for _, count in masked))
    places: set[tuple[str, int, int]] = set()
    for n in range(MOST_STRATA):
        at = chance.randrange(n * ends[-1] // MOST_STRATA, (n + 1) * ends[-1] // MOST_STRATA)
        part = bisect_right(ends, at)
        name, count = masked[part]
        first = (at - ends[part] + count) // GRANULE * GRANULE
        places.add((name, first, min(first + GRANULE, count)))
    where = " OR ".join(
        f"(_part = {literal(name)} AND _part_offset >= {first} AND _part_offset < {behind})"
        for name, first, behind in sorted(places)
    )
    among = sum(behind - first for _, first, behind in places)
    return f"SELECT count() FROM {relation.qualified} WHERE {where}", among


def are_there(door: Door, relation: Relation, parts: Sequence[str]) -> bool:
    """Whether all of these parts are still the ones that are read."""
    if not parts:
        return True
    sql = _PARTS.format(literal(relation.database), literal(relation.name), "0")
    return set(parts) <= {str(name) for name, *_ in seen(door, sql) or ()}
