"""Which rows of a table to read through SQLAlchemy: all, those the database draws, random keys, or a reservoir.

Statements are built by SQLAlchemy Core, which quotes every identifier for its dialect. A database that can sample is
asked for a share of the table; otherwise random values of an integer primary key are looked up, when enough of them are
in use; otherwise the first SCAN_ROWS rows pass by and a reservoir keeps some of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from datagov.connectors._chance import chance
from datagov.connectors._sqlalchemy_dialects import Traits

SCAN_ROWS = 200_000
"""Rows a sample is drawn from where nothing better is possible: the first ones the database gives."""

SMALL_ROWS = 200_000
"""Tables up to this many rows are sampled row by row; of larger ones blocks are drawn."""

_MORE_ROWS, _MORE_BLOCKS = 1.5, 4.0
_DENSE = 0.2
_KEYS = 400

Statement = sa.Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """A table or view: how SQLAlchemy calls it, its columns with their types, and its integer primary key if any."""

    schema: str | None
    name: str
    kind: str
    types: dict[str, sa.types.TypeEngine[Any]]
    key: str | None
    exact: bool
    """Whether names are exactly as the database stores them; some dialects hand over ``customer`` for CUSTOMER."""

    def table(self) -> sa.TableClause:
        """The place to select from."""
        schema = None if self.schema is None else self._named(self.schema)
        return sa.table(self._named(self.name), schema=schema)

    def column(self, name: str) -> sa.ColumnClause[Any]:
        """A column of it."""
        return sa.column(self._named(name))

    def _named(self, name: str) -> str:
        return quoted_name(name, True) if self.exact else name


def rows_of(place: Place, columns: Sequence[str], known: Traits) -> Statement:
    """SELECT every row."""
    return sa.select(
        *(_cell(place, name, known).label(f"c{n}") for n, name in enumerate(columns)),
    ).select_from(place.table())


def count_of(place: Place) -> Statement:
    """SELECT the number of rows."""
    return sa.select(sa.func.count()).select_from(place.table())


def bounds_of(place: Place, key: str) -> Statement:
    """SELECT the lowest and the highest key."""
    return sa.select(sa.func.min(place.column(key)), sa.func.max(place.column(key))).select_from(place.table())


def row_by_row(known: Traits, total: int) -> bool:
    """Whether the database draws single rows; of blocks it does not say which rows came together."""
    return known.rows is not None and (total <= SMALL_ROWS or known.blocks is None)


def drawn_by_database(
    place: Place, columns: Sequence[str], known: Traits, *, rows: int, total: int, seed: int
) -> Statement:
    """SELECT a share of the table that the database draws: some more than ``rows``."""
    by_rows = row_by_row(known, total)
    clause = known.rows if by_rows else known.blocks
    share = min(99.99, 100.0 * rows * (_MORE_ROWS if by_rows else _MORE_BLOCKS) / max(total, 1))
    said = (clause or "").format(percent=f"{max(share, 0.000001):.6f}", seed=seed_of(place, seed))
    return rows_of(place, columns, known).suffix_with(sa.text(said))


def with_keys(place: Place, columns: Sequence[str], known: Traits, key: str, keys: Sequence[int]) -> Statement:
    """SELECT the rows with the given keys."""
    found = place.column(key)
    return rows_of(place, columns, known).where(found.in_(list(keys))).order_by(found)


def dense(low: int, high: int, total: int) -> bool:
    """Whether enough keys between the bounds are in use to look up random ones."""
    return total >= (high - low + 1) * _DENSE


def by_keys(
    connection: sa.Connection,
    place: Place,
    columns: Sequence[str],
    known: Traits,
    *,
    low: int,
    high: int,
    rows: int,
    total: int,
    seed: int,
) -> Iterator[Sequence[Any]]:
    """At most ``rows`` rows with random keys."""
    width = high - low + 1
    draw = chance(seed, _shown(place))
    wanted = min(width, int(rows * width / max(total, 1) * 1.2) + 50)
    keys = [low + n for n in draw.sample(range(width), wanted)]
    left = rows
    while keys and left > 0:
        some, keys = keys[: min(_KEYS, left)], keys[min(_KEYS, left) :]
        found = connection.execute(with_keys(place, columns, known, place.key or "", some)).fetchall()
        left -= len(found)
        yield from found


def reservoir(rows: Iterator[Sequence[Any]], size: int, draw: random.Random) -> list[Sequence[Any]]:
    """``size`` of the rows, each as likely, in the order in which they came.

    >>> len(reservoir(iter([(n,) for n in range(100)]), 10, random.Random(1)))
    10
    """
    kept: list[tuple[int, Sequence[Any]]] = []
    for n, row in enumerate(rows):
        if len(kept) < size:
            kept.append((n, row))
        elif (at := draw.randrange(n + 1)) < size:
            kept[at] = (n, row)
    return [row for _, row in sorted(kept, key=lambda one: one[0])]


def seed_of(place: Place, seed: int) -> int:
    """A 31-bit key of the run's seed and the dataset's name."""
    return chance(seed, _shown(place)).randrange(2**31)


def _cell(place: Place, name: str, known: Traits) -> sa.ColumnElement[Any]:
    column = place.column(name)
    kind = place.types.get(name)
    timely = isinstance(kind, sa.Date | sa.DateTime | sa.Time | sa.Interval)
    return sa.cast(column, sa.String) if known.text_times and timely else column


def _shown(place: Place) -> str:
    return f"{place.schema}.{place.name}"
