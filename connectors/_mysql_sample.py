"""SQL that samples a MySQL table by its key: every row has the same chance, and only the rows drawn are touched.

The key's range is cut into strata of about equal numbers of rows, which the optimizer estimates by looking into the
index. Each stratum gives the same share of its key space, as short ranges: longer ones where keys have gaps, and where
the table lies in the order of the key and is large, so that a block that is fetched gives several rows. A row is
drawn when its range is, so gaps and clusters change the size of a sample and never a row's chance. Keys that are evenly
spread hexadecimal text or bytes (UUID, digests) are cut by their first digits likewise.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import pairwise
from math import ceil
from random import Random
from typing import Any

from datagov.connectors._arrow import FETCH_BYTES
from datagov.connectors._mysql_catalog import Column, Key, Relation, quote, run
from datagov.connectors._mysql_probe import counts, rows_of

SPLIT_ROWS = 50_000
"""About how many rows a split of a large table has that is read whole."""

SCAN_ROWS = 200_000
"""Rows of a view, or of a table without a usable key, that a sample is drawn from: the first ones the server gives."""

_SCAN_BYTES = 256 << 20

INTEGERS = ("tinyint", "smallint", "mediumint", "int", "bigint")
BYTES = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob")
_AS_IT_IS = (*INTEGERS, "double", "year", "date", "datetime", "timestamp", "time", "decimal")
_GEOMETRY = (
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
    "geometrycollection", "geomcollection",
)  # fmt: skip
_UTF8 = ("utf8", "utf8mb3", "utf8mb4", "ascii")
_STRATA = 48
_MOST_STRATA = 400
_ROUNDS = 80
_DENSE = 1 / 8
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
_COUNTED, _PROBED = 1_000, 60
"""Rows of a stratum, and of a part of a sixteenth of digits, that are counted where the statistics are far off."""
_EVEN = 4.0
_TEXT_KEYS = ("char", "varchar")
_DIGIT_KEYS = (*_TEXT_KEYS, "binary", "varbinary")
_DIGITS = 12
"""First digits of a hexadecimal key that are told apart; even, for whole bytes."""


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


@dataclass(frozen=True, slots=True)
class _Stratum:
    """Keys ``low`` ≤ key < ``high``, and the optimizer's number of rows with one."""

    low: int
    high: int
    rows: int


def qualified(relation: Relation) -> str:
    """Database and name, quoted."""
    return f"{quote(relation.database)}.{quote(relation.name)}"


def count_up_to_sql(relation: Relation, rows: int) -> str:
    """The number of rows, or ``rows`` + 1 when there are more."""
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM {qualified(relation)} LIMIT {rows + 1}) AS d"


def full_sql(relation: Relation, columns: Sequence[str], known: Mapping[str, Column]) -> str:
    """Every row."""
    return f"SELECT {_fetched(columns, known)} FROM {qualified(relation)} AS d"


def split_sql(connection: Any, whole: str, relation: Relation, key: Key, *, total: int) -> list[str]:
    """``whole`` as queries over ranges of the key of about SPLIT_ROWS rows each; together all rows."""
    strata = _strata(connection, relation, key, most_rows=SPLIT_ROWS, total=total)
    starts = [stratum.low for stratum in strata][1:]
    name = f"d.{quote(key.column.name)}"
    lows = ["", *(f"{name} >= {start}" for start in starts)]
    highs = [*(f"{name} < {start}" for start in starts), ""]
    pairs = (" AND ".join(one for one in pair if one) for pair in zip(lows, highs, strict=True))
    return [f"{whole} WHERE {pair}" if pair else whole for pair in pairs]


def scanned_rows(relation: Relation, *, rows: int) -> int:
    """How many of the first rows a sample is drawn from: SCAN_ROWS, fewer of wide ones, at least ``rows``.

    The server keeps them in a temporary table.
    """
    width = (relation.size or 0) // max(1, relation.rows or 1)
    return max(rows, min(SCAN_ROWS, _SCAN_BYTES // max(width, 1)))


def scan_sql(relation: Relation, columns: Sequence[str], known: Mapping[str, Column], *, rows: int, seed: int) -> str:
    """Random rows of the first ones of a view or of a table without a key, cells cut before they are kept."""
    inner = ", ".join(f"{_cell(f'v.{quote(name)}', known.get(name))} AS c{n}" for n, name in enumerate(columns))
    outer = ", ".join(f"d.c{n}" for n in range(len(columns)))
    draw = seed_of(seed, relation) % 2**31
    first = scanned_rows(relation, rows=rows)
    return (
        f"SELECT {outer} FROM (SELECT {inner} FROM {qualified(relation)} AS v LIMIT {first}) AS d"
        f" ORDER BY RAND({draw}) LIMIT {rows}"
    )


def sample_sql(
    relation: Relation,
    columns: Sequence[str],
    known: Mapping[str, Column],
    key: Key,
    drawn: Drawn,
    *,
    rows: int,
    seed: int,
) -> str:
    """The rows drawn; of more than ``rows`` those with the lowest keyed hash. Where they are drawn by ranges the key
    comes last, or its first digits.
    """
    name = f"d.{quote(key.column.name)}"
    more = f", {_key_cell(name, key.column.base)}" if drawn.starts else ""
    return (
        f"SELECT {_fetched(columns, known)}{more} FROM {qualified(relation)} AS d"
        f" FORCE INDEX ({quote(key.index)}) WHERE {drawn.where}"
        f" ORDER BY MD5(CONCAT('{seed_of(seed, relation)}:', {name})), {name} LIMIT {rows}"
    )


def draw(
    connection: Any, relation: Relation, keys: Sequence[Key], *, rows: int, total: int | None, seed: int
) -> tuple[Key, Drawn] | None:
    """The first key by which rows can be drawn, and the draw; None when there is none.

    ``total`` is how many rows there are; where it is None the server's estimate counts as far as the key bears it out.
    """
    chance = Random(seed_of(seed, relation))  # noqa: S311 - a sample, not a secret
    counted = total
    for key in keys:
        total = _estimated(connection, relation, key, chance) if counted is None else counted
        trusted = counted is not None or _near(total, relation.rows or 0)
        share = min(1.0, _MORE * rows / max(total, 1))
        neighbours = _neighbours(relation, key, total)
        starts: tuple[int | str, ...] = ()
        if key.column.base in INTEGERS:
            most = max(total // _STRATA, 1) if trusted else _COUNTED
            strata = _strata(connection, relation, key, most_rows=most, total=total, trusted=trusted)
            ranges = list(_integers(strata, share, neighbours, chance))
            where = _conditions(f"d.{quote(key.column.name)}", ranges)
            starts = tuple(low for low, _ in ranges) if any(low < high for low, high in ranges) else ()
        elif key.alone:
            cells = []
            if _even(connection, relation, key, total, trusted=trusted):
                parts = max(1, total // max(neighbours, _NEIGHBOURS))
                cells = [(cell, parts) for cell in sorted(_some(parts, share, chance))]
            text = key.column.base in _TEXT_KEYS
            where = [_range(f"d.{quote(key.column.name)}", cell, of, text=text) for cell, of in cells]
            starts = tuple(_bound(cell, of) for cell, of in cells)
        else:
            continue
        if where:
            return key, Drawn(f"({' OR '.join(where)})", round(share * total), () if share >= 1 else starts)
    return None


def together(starts: Sequence[int | str], keys: Sequence[str | None]) -> Iterator[int]:
    """How many of the rows with these keys, as :func:`sample_sql` hands them over, came of each range that starts so.

    >>> list(together([10, 20, 30], ["11", "12", "35"]))
    [2, 1]
    """
    known = [key for key in keys if key is not None]
    cells = [int(key) for key in known] if starts and isinstance(starts[0], int) else [key.lower() for key in known]
    yield from Counter(bisect_right(starts, cell) for cell in cells).values()


def seed_of(seed: int, relation: Relation) -> int:
    """A 63-bit key of the run's seed and the dataset's name."""
    name = f"{seed}\0{relation.database}.{relation.name}".encode("utf-8", "replace")
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1


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

    elif key.alone and key.column.base in _DIGIT_KEYS:
        space, text = 16**_DIGITS, key.column.base in _TEXT_KEYS

        def condition(start: int, end: int) -> str:
            return _between(name, start, end if end < space else None, text=text)

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


def _integers(strata: Sequence[_Stratum], share: float, neighbours: int, chance: Random) -> Iterator[tuple[int, int]]:
    """First and last keys, both included, of ranges of about ``neighbours`` rows that are ``share`` of each stratum's
    key space, in their order."""
    for stratum in strata:
        span = stratum.high - stratum.low
        dense = stratum.rows >= _DENSE * span
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


def _strata(
    connection: Any, relation: Relation, key: Key, *, most_rows: int, total: int, trusted: bool = True
) -> list[_Stratum]:
    """The key's range cut in halves until each has at most ``most_rows`` rows, by the optimizer's estimate, or where
    the statistics are not ``trusted`` by counting so far: it takes no range for more than half of what they say."""
    name = quote(key.column.name)
    ((low, high),) = run(connection, f"SELECT MIN({name}), MAX({name}) FROM {qualified(relation)}")
    if low is None:
        return []
    low, high = int(low), int(high) + 1
    if total >= _DENSE * 2 * (high - low):
        pieces = max(1, min(_MOST_STRATA, -(-total // most_rows)))
        bounds = [low + (high - low) * n // pieces for n in range(pieces + 1)]
        return [_Stratum(a, b, max(1, total * (b - a) // (high - low))) for a, b in pairwise(bounds) if a < b]
    done: list[_Stratum] = []
    rest = [_Stratum(low, high, total)]
    for _ in range(_ROUNDS):
        large = [one for one in rest if one.rows > most_rows and one.high - one.low > 1]
        done += (one for one in rest if one not in large)
        if not large or len(done) + 2 * len(large) > _MOST_STRATA:
            rest = large
            break
        halves = [
            bounds
            for one in large
            for middle in ((one.low + one.high) // 2,)
            for bounds in ((one.low, middle), (middle, one.high))
        ]
        conditions = [f"{name} BETWEEN {a} AND {b - 1}" for a, b in halves]
        rest = [
            _Stratum(a, b, rows)
            for (a, b), rows in zip(
                halves,
                _estimates(connection, relation, key, conditions)
                if trusted
                else counts(connection, relation, key, conditions, most=most_rows),
                strict=True,
            )
        ]
    strata = sorted(done + rest, key=lambda one: one.low)
    return strata if trusted else _shared(strata, most_rows, total)


def _shared(strata: Sequence[_Stratum], counted: int, total: int) -> list[_Stratum]:
    """Strata of which those that hold more than were ``counted`` share the rows that the others leave."""
    left = total - sum(one.rows for one in strata if one.rows <= counted)
    each = max(counted, left // max(1, sum(one.rows > counted for one in strata)))
    return [replace(one, rows=each) if one.rows > counted else one for one in strata]


def _estimates(connection: Any, relation: Relation, key: Key, conditions: Sequence[str]) -> list[int]:
    """How many rows the optimizer expects under each condition, by looking into the index; no row is read."""
    found: list[int] = []
    for start in range(0, len(conditions), 50):
        some = conditions[start : start + 50]
        table = f"{qualified(relation)} FORCE INDEX ({quote(key.index)})"
        sql = " UNION ALL ".join(f"(SELECT {quote(key.column.name)} FROM {table} WHERE {one})" for one in some)
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}")
            names = [field[0].lower() for field in cursor.description]
            at, kind = names.index("rows"), names.index("select_type")
            rows = [row[at] for row in cursor.fetchall() if row[kind] != "UNION RESULT"]
        if len(rows) != len(some):
            rows = [None] * len(some)
        found += (int(one or 1) for one in rows)
    return found


def _even(connection: Any, relation: Relation, key: Key, total: int, *, trusted: bool) -> bool:
    """Whether a key is hexadecimal text or bytes whose first digits are evenly spread: by the optimizer's estimates, or
    where the statistics are not ``trusted`` by counting what a small part of each sixteenth holds."""
    if key.column.base not in _DIGIT_KEYS:
        return False
    name, text = quote(key.column.name), key.column.base in _TEXT_KEYS
    if trusted:
        found = _estimates(connection, relation, key, [_range(name, cell, 16, text=text) for cell in range(16)])
    else:
        parts = max(1, total // (16 * _PROBED))
        total = min(total, 16 * _PROBED)
        some = [_range(name, cell * parts + parts // 2, 16 * parts, text=text) for cell in range(16)]
        found = counts(connection, relation, key, some, most=_COUNTED)
    return max(found) <= _EVEN * max(sum(found), 1) / 16 and sum(found) * 2 >= total


def _near(one: int, other: int) -> bool:
    """Whether two numbers of rows are of the same size."""
    return one <= 2 * other and other <= 2 * one


def _bound(number: int, cells: int) -> str:
    """The first digits of the lowest key of one of so many equal parts."""
    return f"{(number << 4 * _DIGITS) // cells:0{_DIGITS}x}"


def _range(name: str, cell: int, cells: int, *, text: bool) -> str:
    """Keys of one of so many equal parts by their first hexadecimal digits; the outer parts are open."""
    space = 16**_DIGITS
    end = (cell + 1) * space // cells if cell + 1 < cells else None
    return _between(name, cell * space // cells, end, text=text)


def _between(name: str, start: int, end: int | None, *, text: bool) -> str:
    """Keys whose first hexadecimal digits are from ``start`` up to ``end``; from 0 and up to None are open."""

    def bound(number: int) -> str:
        return f"'{number:0{_DIGITS}x}'" if text else f"X'{number:0{_DIGITS}x}'"

    low = f"{name} >= {bound(start)}" if start else ""
    high = f"{name} < {bound(end)}" if end is not None else ""
    return f"({' AND '.join(one for one in (low, high) if one) or 'TRUE'})"


def _key_cell(name: str, base: str) -> str:
    """A key as text that :func:`together` can place: a whole number, or its first digits."""
    if base in INTEGERS:
        return f"{name} + 0"
    return f"LEFT({name}, {_DIGITS})" if base in _TEXT_KEYS else f"HEX(LEFT({name}, {_DIGITS // 2}))"


def _fetched(columns: Sequence[str], known: Mapping[str, Column]) -> str:
    return ", ".join(_cell(f"d.{quote(name)}", known.get(name)) for name in columns)


def _cell(name: str, column: Column | None) -> str:
    """A column as it is read: numbers and times as the server writes them, text as UTF-8 bytes, long cells cut.

    Text of a UTF-8 column comes as its bytes, so that what is not UTF-8 in it is seen and not replaced by ``?``.
    """
    base = column.base if column else ""
    if base in INTEGERS and column and "zerofill" not in column.data_type:
        return name
    if base == "bit" or base in INTEGERS:
        return f"{name} + 0"
    if base == "float":
        return f"{name} + 0e0"
    if base in _AS_IT_IS:
        return name
    if base in BYTES:
        return f"SUBSTRING({name}, 1, {FETCH_BYTES})"
    if base in _GEOMETRY:
        return f"SUBSTRING(CAST(ST_AsText({name}) AS BINARY), 1, {FETCH_BYTES})"
    text = name if column and column.charset in _UTF8 else f"CONVERT({name} USING utf8mb4)"
    return f"SUBSTRING(CAST({text} AS BINARY), 1, {FETCH_BYTES})"
