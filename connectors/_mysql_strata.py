"""The space of a MySQL key in parts: strata of about equal numbers of rows, and equal parts of hexadecimal digits.

How many rows a part has is estimated by the optimizer, which looks into the index, or counted where the server's
statistics are far off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from datagov.connectors._mysql_catalog import Key, Relation, qualified, quote, run
from datagov.connectors._mysql_probe import counts

TEXT_KEYS = ("char", "varchar")
DIGIT_KEYS = (*TEXT_KEYS, "binary", "varbinary")
DIGITS = 12
"""First digits of a hexadecimal key that are told apart; even, for whole bytes."""
DENSE = 1 / 8
"""Rows for each number of a stratum from which on its keys are taken to have few gaps."""
COUNTED = 1_000
"""Rows of a stratum that are counted where the statistics are far off."""
_PROBED = 60
"""Rows of a part of a sixteenth of digits that are counted there."""
_MOST_STRATA = 400
_ROUNDS = 80
_EVEN = 4.0


@dataclass(frozen=True, slots=True)
class Stratum:
    """Keys ``low`` ≤ key < ``high``, and the optimizer's number of rows with one."""

    low: int
    high: int
    rows: int


def cut(
    connection: Any, relation: Relation, key: Key, *, most_rows: int, total: int, trusted: bool = True
) -> list[Stratum]:
    """The key's range cut in halves until each has at most ``most_rows`` rows, by the optimizer's estimate, or where
    the statistics are not ``trusted`` by counting so far: it takes no range for more than half of what they say."""
    name = quote(key.column.name)
    ((low, high),) = run(connection, f"SELECT MIN({name}), MAX({name}) FROM {qualified(relation)}")
    if low is None:
        return []
    low, high = int(low), int(high) + 1
    if total >= DENSE * 2 * (high - low):
        pieces = max(1, min(_MOST_STRATA, -(-total // most_rows)))
        bounds = [low + (high - low) * n // pieces for n in range(pieces + 1)]
        return [Stratum(a, b, max(1, total * (b - a) // (high - low))) for a, b in pairwise(bounds) if a < b]
    done: list[Stratum] = []
    rest = [Stratum(low, high, total)]
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
            Stratum(a, b, rows)
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


def _shared(strata: Sequence[Stratum], counted: int, total: int) -> list[Stratum]:
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


def even(connection: Any, relation: Relation, key: Key, total: int, *, trusted: bool) -> bool:
    """Whether a key is hexadecimal text or bytes whose first digits are evenly spread: by the optimizer's estimates, or
    where the statistics are not ``trusted`` by counting what a small part of each sixteenth holds."""
    if key.column.base not in DIGIT_KEYS:
        return False
    name, text = quote(key.column.name), key.column.base in TEXT_KEYS
    if trusted:
        found = _estimates(connection, relation, key, [part(name, cell, 16, text=text) for cell in range(16)])
    else:
        parts = max(1, total // (16 * _PROBED))
        total = min(total, 16 * _PROBED)
        some = [part(name, cell * parts + parts // 2, 16 * parts, text=text) for cell in range(16)]
        found = counts(connection, relation, key, some, most=COUNTED)
    return max(found) <= _EVEN * max(sum(found), 1) / 16 and sum(found) * 2 >= total


def bound(number: int, cells: int) -> str:
    """The first digits of the lowest key of one of so many equal parts."""
    return f"{(number << 4 * DIGITS) // cells:0{DIGITS}x}"


def part(name: str, cell: int, cells: int, *, text: bool) -> str:
    """Keys of one of so many equal parts by their first hexadecimal digits; the outer parts are open."""
    space = 16**DIGITS
    end = (cell + 1) * space // cells if cell + 1 < cells else None
    return between(name, cell * space // cells, end, text=text)


def between(name: str, start: int, end: int | None, *, text: bool) -> str:
    """Keys whose first hexadecimal digits are from ``start`` up to ``end``; from 0 and up to None are open."""

    def bound(number: int) -> str:
        return f"'{number:0{DIGITS}x}'" if text else f"X'{number:0{DIGITS}x}'"

    low = f"{name} >= {bound(start)}" if start else ""
    high = f"{name} < {bound(end)}" if end is not None else ""
    return f"({' AND '.join(one for one in (low, high) if one) or 'TRUE'})"
