"""SQL that reads or samples a ClickHouse table by the place of its rows in its parts: only drawn granules are read.

A part and an offset in it name a row. All parts together are cut into strata of equally many rows; in each a short
window begins at a random row, going round at the stratum's end, and the rows drawn are in the window. So every row has
the same chance, a sample is spread over the table, and a stratum costs one or two granules. What has no parts (views,
logs, dictionaries) is read up to a limit in one thread, and rows are drawn by their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import accumulate
from random import Random

from datagov.connectors._clickhouse_catalog import Column, Relation
from datagov.connectors._clickhouse_cells import cell
from datagov.connectors._clickhouse_open import Door, rows
from datagov.connectors._clickhouse_types import parse
from datagov.connectors._clickhouse_words import listed, literal, quote

SPLIT_ROWS = 65_536
"""Most rows of a split of a table that is read whole."""
SCAN_ROWS = 200_000
"""Rows of a view, or of a table without parts, that a sample is drawn from: the first ones the server gives."""

_STRATA = 64
_WINDOW = 1_024
_GRANULE = 8_192
_VIRTUAL = frozenset({"_part", "_part_offset"})
_PARTS = (
    "SELECT name, rows FROM system.parts WHERE active AND rows > 0 AND database = {0} AND table = {1} ORDER BY name"
)


@dataclass(frozen=True, slots=True)
class Query:
    """A query to send. ``parts`` are those it relies on; ``touched`` is how many rows it may read."""

    sql: str
    touched: int
    parts: list[str] = field(default_factory=list)
    single: bool = False
    """Whether it has to run in one thread, where the order of rows is always the same."""


def parts_of(door: Door, relation: Relation, known: Mapping[str, Column]) -> list[tuple[str, int]]:
    """Name and rows of the parts of a table; none when its rows cannot be named by them."""
    if not relation.has_parts or _VIRTUAL & known.keys():
        return []
    sql = _PARTS.format(literal(relation.database), literal(relation.name))
    return [(str(name), int(count)) for name, count in rows(door, sql)]


def are_there(door: Door, relation: Relation, parts: Sequence[str]) -> bool:
    """Whether all of these parts are still the ones that are read."""
    if not parts:
        return True
    sql = _PARTS.format(literal(relation.database), literal(relation.name))
    return set(parts) <= {str(name) for name, _ in rows(door, sql)}


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
) -> Query:
    """About ``most`` random rows."""
    if not parts:
        return _scan(relation, columns, known, most=most, seed=seed)
    drawn, touched = _draw(parts, most, Random(seed_of(seed, relation)))  # noqa: S311 - a sample, not a secret
    each = []
    for n, (name, offsets) in enumerate(drawn.items()):
        where = f"_part = {literal(name)} AND _part_offset IN ({', '.join(map(str, offsets))})"
        each.append(
            f"SELECT {n} AS `datagov part`, _part_offset AS `datagov row`, {_cells(columns, known)}"
            f" FROM {relation.qualified} WHERE {where}"
        )
    names = ", ".join(quote(_alias(n)) for n in range(len(columns)))
    sql = f"SELECT {names} FROM ({' UNION ALL '.join(each)}) ORDER BY `datagov part`, `datagov row`"
    return Query(sql, touched, list(drawn))


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


def _draw(parts: Sequence[tuple[str, int]], most: int, chance: Random) -> tuple[dict[str, list[int]], int]:
    """Offsets by part, in the order of the parts, and how many rows the granules they lie in may have."""
    total = sum(count for _, count in parts)
    strata = max(1, min(_STRATA, most, total))
    positions: set[int] = set()
    for n in range(strata):
        low, high = n * total // strata, (n + 1) * total // strata
        length = high - low
        wanted = most * (n + 1) // strata - most * n // strata
        window = min(length, max(_WINDOW, wanted))
        start = chance.randrange(length)
        positions.update(low + (start + one) % length for one in chance.sample(range(window), min(wanted, window)))
    ends = list(accumulate(count for _, count in parts))
    drawn: dict[str, list[int]] = {}
    at = 0
    granules: set[tuple[str, int]] = set()
    for position in sorted(positions):
        while position >= ends[at]:
            at += 1
        name, count = parts[at]
        offset = position - (ends[at] - count)
        drawn.setdefault(name, []).append(offset)
        granules.add((name, offset // _GRANULE))
    return drawn, min(total, len(granules) * _GRANULE)


def _cells(columns: Sequence[str], known: Mapping[str, Column]) -> str:
    return ", ".join(
        f"{cell(quote(name), parse(known[name].data_type))} AS {quote(_alias(n))}" for n, name in enumerate(columns)
    )


def _alias(n: int) -> str:
    """A name that no column has, because ClickHouse takes an alias for a column wherever it stands."""
    return f"datagov {n}"
