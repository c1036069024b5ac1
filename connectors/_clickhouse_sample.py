"""SQL that reads or samples a ClickHouse table by the place of its rows in its parts: only drawn granules are read.

A part and an offset in it name a row. All parts together are cut into strata of equally many rows; in each the granule
of a random row gives random rows, since a granule is the least that ClickHouse reads. So every row has the same chance,
a sample is spread over the table, and a stratum costs one granule. What has no parts (views, logs, dictionaries) is
read up to a limit in one thread, and rows are drawn by their number.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import accumulate
from random import Random

from datagov.connectors._clickhouse_catalog import Column, Relation, deleted
from datagov.connectors._clickhouse_catalog import parts as seen
from datagov.connectors._clickhouse_cells import cell
from datagov.connectors._clickhouse_open import Door
from datagov.connectors._clickhouse_types import parse
from datagov.connectors._clickhouse_words import listed, literal, quote
from datagov.connectors._neighbours import Neighbours

SPLIT_ROWS = 32_768
"""Most rows of a split of a table that is read whole."""
SCAN_ROWS = 200_000
"""Rows of a view, or of a table without parts, that a sample is drawn from: the first ones the server gives."""

COUNTED_ROWS = 20_000_000
"""Rows of parts with deleted ones up to which those that are left are counted; above it their share is estimated."""

_MORE, _LEAST_LEFT = 1.1, 1 / 64
"""How many times the rows that should do are drawn where some were deleted, and the least share of rows left."""
_LEAST_STRATA, _MOST_STRATA = 16, 64
_SHARE = 200
_GRANULE = 8_192
_VIRTUAL = frozenset({"_part", "_part_offset"})
_PARTS = """
    SELECT name, rows, {2} FROM system.parts
    WHERE active AND rows > 0 AND database = {0} AND table = {1} ORDER BY name
"""


@dataclass(frozen=True, slots=True)
class Query:
    """A query to send. ``parts`` are those it relies on; ``touched`` is how many rows it may read."""

    sql: str
    touched: int
    parts: list[str] = field(default_factory=list)
    single: bool = False
    """Whether it has to run in one thread, where the order of rows is always the same."""
    drawn: Drawn | None = None
    """What was drawn of parts; its last two columns are then the number of a part and a row's place in it."""


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
    chance = Random(seed_of(0, relation))  # noqa: S311 - a sample, not a secret
    ends = list(accumulate(count for _, count in masked))
    places: set[tuple[str, int, int]] = set()
    for n in range(_MOST_STRATA):
        at = chance.randrange(n * ends[-1] // _MOST_STRATA, (n + 1) * ends[-1] // _MOST_STRATA)
        part = bisect_right(ends, at)
        name, count = masked[part]
        first = (at - ends[part] + count) // _GRANULE * _GRANULE
        places.add((name, first, min(first + _GRANULE, count)))
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


def count_up_to_sql(relation: Relation, most: int) -> str:
    """The number of rows, or ``most`` + 1 when there are more."""
    return f"SELECT count() FROM (SELECT 1 FROM {relation.qualified} LIMIT {most + 1})"


def whole(
    relation: Relation,
    columns: Sequence[str],
    known: Mapping[str, Column],
    parts: Sequence[tuple[str, int]],
    total: int,
) -> list[Query]:
    """Every row, of a large table in pieces of at most SPLIT_ROWS."""
    everything = f"SELECT {_cells(columns, known)} FROM {relation.qualified}"
    if total <= SPLIT_ROWS or not parts:
        return [Query(everything, total)]
    found: list[Query] = []
    small: list[str] = []
    held = 0

    def close() -> None:
        nonlocal small, held
        if small:
            found.append(Query(f"{everything} WHERE _part IN ({listed(small)})", held, small))
        small, held = [], 0

    for name, count in parts:
        if count > SPLIT_ROWS:
            for start in range(0, count, SPLIT_ROWS):
                where = f"_part = {literal(name)} AND _part_offset >= {start} AND _part_offset < {start + SPLIT_ROWS}"
                found.append(Query(f"{everything} WHERE {where}", min(SPLIT_ROWS, count - start), [name]))
            continue
        if held + count > SPLIT_ROWS:
            close()
        small.append(name)
        held += count
    close()
    return found


def sample(
    relation: Relation,
    columns: Sequence[str],
    known: Mapping[str, Column],
    parts: Sequence[tuple[str, int]],
    *,
    most: int,
    seed: int,
    left: float = 1.0,
) -> Query:
    """About ``most`` random rows, and no more. Where only a share of the rows is ``left``, so many more are drawn, of
    the same granules: a row that was deleted does not come.
    """
    if not parts:
        return _scan(relation, columns, known, most=most, seed=seed)
    key = seed_of(seed, relation)
    wanted = (
        most if left >= 1.0 else min(round(_MORE * most / max(left, _LEAST_LEFT)), sum(count for _, count in parts))
    )
    drawn, touched, places = _draw(parts, wanted, Random(key), strata_of=most)  # noqa: S311 - a sample, not a secret
    each = []
    for n, (name, offsets) in enumerate(drawn.items()):
        where = f"_part = {literal(name)} AND _part_offset IN ({', '.join(map(str, offsets))})"
        each.append(
            f"SELECT {n} AS `datagov part`, _part_offset AS `datagov row`, {_cells(columns, known)}"
            f" FROM {relation.qualified} WHERE {where}"
        )
    names = ", ".join([*(quote(_alias(n)) for n in range(len(columns))), "`datagov part`", "`datagov row`"])
    place, cut = "`datagov part`, `datagov row`", ""
    if wanted > most:
        place, cut = f"sipHash64({key}, {place}), {place}", f" LIMIT {most}"
    sql = f"SELECT {names} FROM ({' UNION ALL '.join(each)}) ORDER BY {place}{cut}"
    return Query(sql, touched, list(drawn), drawn=places)


def seed_of(seed: int, relation: Relation) -> int:
    """A 63-bit key of the run's seed and the dataset's name."""
    name = f"{seed}\0{relation.dataset}".encode("utf-8", "replace")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1


def _scan(relation: Relation, columns: Sequence[str], known: Mapping[str, Column], *, most: int, seed: int) -> Query:
    names = ", ".join(quote(_alias(n)) for n in range(len(columns)))
    sql = (
        f"SELECT {names} FROM (SELECT {_cells(columns, known)}, rowNumberInAllBlocks() AS `datagov row`"
        f" FROM {relation.qualified} LIMIT {SCAN_ROWS})"
        f" ORDER BY sipHash64({seed_of(seed, relation)}, `datagov row`), `datagov row` LIMIT {most}"
    )
    return Query(sql, SCAN_ROWS, single=True)


def _draw(
    parts: Sequence[tuple[str, int]], wanted: int, chance: Random, *, strata_of: int
) -> tuple[dict[str, list[int]], int, Drawn]:
    """Offsets by part, in the order of the parts, how many rows the granules they lie in may have, and the blocks.

    There are as many strata as a sample of ``strata_of`` rows has.
    """
    ends = list(accumulate(count for _, count in parts))
    starts = [0, *ends[:-1]]
    total = ends[-1]
    strata = _strata(starts, ends, strata_of)
    positions: list[int] = []
    blocks: list[tuple[int, int]] = []
    alone: list[bool] = []
    for n in range(strata):
        low, high = n * total // strata, (n + 1) * total // strata
        some = wanted * (n + 1) // strata - wanted * n // strata
        block = first, behind = _block(chance.randrange(low, high), low, high, starts, some)
        positions += sorted(chance.sample(range(first, behind), min(some, behind - first)))
        blocks.append(block)
        alone.append(block == (low, high))
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
        granules.add((name, offset // _GRANULE))
    return drawn, min(total, len(granules) * _GRANULE), Drawn(begun, blocks, alone)


def _strata(starts: Sequence[int], ends: Sequence[int], most: int) -> int:
    """How many strata: as many as half a percent of the granules, between 16 and 64; 64 where all would be read."""
    granules = sum(-(-(end - start) // _GRANULE) for start, end in zip(starts, ends, strict=True))
    wanted = _MOST_STRATA if granules <= _LEAST_STRATA else -(-granules // _SHARE)
    return max(1, min(max(_LEAST_STRATA, wanted), _MOST_STRATA, most, ends[-1]))


def _block(at: int, low: int, high: int, starts: Sequence[int], wanted: int) -> tuple[int, int]:
    """The block of a stratum that a row lies in, as positions: a granule, with what is too small for a block beside it.

    Blocks cut a stratum up and hold at least ``wanted`` rows, so a random row's block gives each row the same chance.
    Only places where blocks may be irregular are looked at: both ends of each part, and around the row.
    """
    unit = _GRANULE * max(1, -(-wanted // _GRANULE))
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


def _cells(columns: Sequence[str], known: Mapping[str, Column]) -> str:
    return ", ".join(
        f"{cell(quote(name), parse(known[name].data_type))} AS {quote(_alias(n))}" for n, name in enumerate(columns)
    )


def _alias(n: int) -> str:
    """A name that no column has, because ClickHouse takes an alias for a column wherever it stands."""
    return f"datagov {n}"
