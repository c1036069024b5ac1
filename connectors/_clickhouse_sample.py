"""SQL that reads or samples a ClickHouse table by the place of its rows in its parts: only drawn granules are read.

A part and an offset in it name a row. All parts together are cut into strata of equally many rows; in each the granule
of a random row gives random rows, since a granule is the least that ClickHouse reads. So every row has the same chance,
a sample is spread over the table, and a stratum costs one granule. What has no parts (views, logs, dictionaries) is
read up to a limit in one thread, and rows are drawn by their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from datagov.connectors._chance import seed_of
from datagov.connectors._clickhouse_catalog import Column, Relation
from datagov.connectors._clickhouse_cells import cell
from datagov.connectors._clickhouse_draw import Drawn, draw, draw_stretches
from datagov.connectors._clickhouse_types import parse
from datagov.connectors._clickhouse_words import listed, literal, quote

SPLIT_ROWS = 32_768
"""Most rows of a split of a table that is read whole."""
SCAN_ROWS = 200_000
"""Rows of a view, or of a table without parts, that a sample is drawn from: the first ones the server gives."""

_MORE, _LEAST_LEFT = 1.1, 1 / 64
"""How many times the rows that should do are drawn where some were deleted, and the least share of rows left."""
_NAMED = 20_000
"""Rows that are named one by one at the most where some were deleted; beyond it ClickHouse takes a gigabyte to read the
query, so stretches are named and thinned out."""
_OF = 1_000_000


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
    key = seed_of(seed, relation.dataset)
    chance = Random(key)  # noqa: S311 - a sample, not a secret
    wanted = most
    if left < 1.0:
        wanted = min(round(_MORE * most / max(left, _LEAST_LEFT)), sum(count for _, count in parts))
    conditions: dict[str, str]
    if wanted > max(most, _NAMED):
        stretches, touched, places = draw_stretches(parts, wanted, chance, strata_of=most)
        conditions = {
            name: f"({' OR '.join(_stretch(key ^ 1, n, *one) for one in some)})"
            for n, (name, some) in enumerate(stretches.items())
        }
    else:
        drawn, touched, places = draw(parts, wanted, chance, strata_of=most)
        conditions = {name: f"_part_offset IN ({', '.join(map(str, some))})" for name, some in drawn.items()}
    each = [
        f"SELECT {n} AS `datagov part`, _part_offset AS `datagov row`, {_cells(columns, known)}"
        f" FROM {relation.qualified} WHERE _part = {literal(name)} AND {condition}"
        for n, (name, condition) in enumerate(conditions.items())
    ]
    names = ", ".join([*(quote(_alias(n)) for n in range(len(columns))), "`datagov part`", "`datagov row`"])
    place, cut = "`datagov part`, `datagov row`", ""
    if wanted > most:
        place, cut = f"sipHash64({key}, {place}), {place}", f" LIMIT {most}"
    sql = f"SELECT {names} FROM ({' UNION ALL '.join(each)}) ORDER BY {place}{cut}"
    return Query(sql, touched, list(conditions), drawn=places)


def _stretch(key: int, part: int, first: int, behind: int, share: float) -> str:
    """A condition for a share of the rows of a part from one place up to another."""
    within = f"_part_offset >= {first} AND _part_offset < {behind}"
    if share < 1:
        within += f" AND sipHash64({key}, {part}, _part_offset) % {_OF} < {max(1, round(share * _OF))}"
    return f"({within})"


def _scan(relation: Relation, columns: Sequence[str], known: Mapping[str, Column], *, most: int, seed: int) -> Query:
    names = ", ".join(quote(_alias(n)) for n in range(len(columns)))
    sql = (
        f"SELECT {names} FROM (SELECT {_cells(columns, known)}, rowNumberInAllBlocks() AS `datagov row`"
        f" FROM {relation.qualified} LIMIT {SCAN_ROWS})"
        f" ORDER BY sipHash64({seed_of(seed, relation.dataset)}, `datagov row`), `datagov row` LIMIT {most}"
    )
    return Query(sql, SCAN_ROWS, single=True)


def _cells(columns: Sequence[str], known: Mapping[str, Column]) -> str:
    return ", ".join(
        f"{cell(quote(name), parse(known[name].data_type))} AS {quote(_alias(n))}" for n, name in enumerate(columns)
    )


def _alias(n: int) -> str:
    """A name that no column has, because ClickHouse takes an alias for a column wherever it stands."""
    return f"datagov {n}"
