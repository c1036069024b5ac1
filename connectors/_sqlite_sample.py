"""Which rows of an SQLite table to read: all, random row ids, or random positions. Never simply the first ones.

Row ids are drawn uniformly and looked up, as rejection sampling: exactly uniform, and it touches only the rows it
returns. That needs row ids that are mostly in use; a sparse table, a table WITHOUT ROWID and a view are instead
scanned once, and rows at positions drawn beforehand are kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._arrow import FETCH_BYTES, MAX_CELL_BYTES
from datagov.connectors._chance import chance
from datagov.connectors._sqlite_open import quote

_DENSE = 0.2
"""Least share of row ids in use for which looking up random ones is worth while."""

_CHUNK = 400
"""Row ids per query; SQLite allows 999 parameters everywhere."""

_ROW_ID_NAMES = ("rowid", "_rowid_", "oid")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Name of the row id column of a table, and the lowest and highest row id in use."""

    name: str
    low: int
    high: int

    @property
    def width(self) -> int:
        """How many row ids lie between the bounds, both included."""
        return self.high - self.low + 1

    def dense(self, rows: int) -> bool:
        """Whether enough of them are in use when the table has ``rows`` rows."""
        return rows >= self.width * _DENSE


def row_id_name(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> str | None:
    """How this table calls its row id; None for a view, a table WITHOUT ROWID, or one whose columns hide every name."""
    taken = {name.lower() for name in columns}
    free = next((name for name in _ROW_ID_NAMES if name not in taken), None)
    kind = connection.execute("SELECT type FROM sqlite_master WHERE name = ? COLLATE NOCASE", (table,)).fetchone()
    if free is None or kind is None or kind[0] != "table":
        return None
    try:
        connection.execute(f"SELECT {free} FROM {quote(table)} LIMIT 0")
    except sqlite3.OperationalError:
        return None
    return free


def bounds(connection: sqlite3.Connection, table: str, columns: Sequence[str]) -> Bounds | None:
    """Lowest and highest row id, by two look-ups; None when the table has no row id or no row."""
    name = row_id_name(connection, table, columns)
    if name is None:
        return None
    low, high = connection.execute(bounds_sql(table, name)).fetchone()
    return Bounds(name, low, high) if isinstance(low, int) and isinstance(high, int) else None


def bounds_sql(table: str, name: str) -> str:
    """Two scalar subqueries, because min and max in one SELECT would scan the table."""
    return f"SELECT (SELECT min({name}) FROM {quote(table)}), (SELECT max({name}) FROM {quote(table)})"


def count_sql(table: str) -> str:
    """The number of rows."""
    return f"SELECT count(*) FROM {quote(table)}"


def full_sql(table: str, columns: Sequence[str]) -> str:
    """Every row."""
    return f"SELECT {_fetched(columns)} FROM {quote(table)} AS d"


def row_ids_sql(table: str, columns: Sequence[str], name: str, marks: int) -> str:
    """The rows with the given row ids."""
    return f"{full_sql(table, columns)} WHERE d.{name} IN ({', '.join('?' * marks)})"


def positions_sql(table: str, columns: Sequence[str]) -> str:
    """Every row passes by, and those at drawn positions are handed over.

    The LIMIT keeps SQLite from moving the function below a join inside a view, where it would count other rows.
    """
    listed = ", ".join(f"d.{quote(name)}" for name in columns)
    inner = f"SELECT {listed} FROM {quote(table)} AS d LIMIT -1"
    return f"SELECT {_fetched(columns)} FROM ({inner}) AS d WHERE datagov_drawn()"


def by_row_id(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    where: Bounds,
    *,
    rows: int,
    total: int,
    seed: int,
) -> Iterator[tuple[Any, ...]]:
    """About ``rows`` of ``total`` rows, never more: look up random row ids until there are enough."""
    draw = chance(seed, table)
    wanted = min(where.width, int(rows * where.width / max(total, 1) * 1.2) + 50)
    candidates = [where.low + n for n in draw.sample(range(where.width), wanted)]
    left = rows
    while candidates and left > 0:
        size = min(_CHUNK, left)
        chunk, candidates = candidates[:size], candidates[size:]
        found = connection.execute(row_ids_sql(table, columns, where.name, len(chunk)), chunk).fetchall()
        left -= len(found)
        yield from found


def by_position(
    connection: sqlite3.Connection, table: str, columns: Sequence[str], *, rows: int, total: int, seed: int
) -> Iterator[tuple[Any, ...]]:
    """``rows`` rows at uniformly drawn positions among the first ``total``, in one scan."""
    drawn = frozenset(chance(seed, table).sample(range(total), min(rows, total)))
    position = -1

    def is_drawn() -> bool:
        nonlocal position
        position += 1
        return position in drawn

    connection.create_function("datagov_drawn", 0, is_drawn)
    yield from connection.execute(positions_sql(table, columns))


def _fetched(columns: Sequence[str]) -> str:
    """The columns to select, long cells cut inside the source.

    Names are qualified: SQLite takes a bare quoted name that it does not know for a text literal.
    """
    return ", ".join(_cell(f"d.{quote(name)}") for name in columns)


def _cell(name: str) -> str:
    cut = f"substr(CAST({name} AS BLOB), 1, {FETCH_BYTES})"
    return (
        f"CASE WHEN typeof({name}) = 'text' AND length(CAST({name} AS BLOB)) > {MAX_CELL_BYTES}"
        f" THEN CAST({cut} AS TEXT)"
        f" WHEN typeof({name}) = 'blob' AND length({name}) > {MAX_CELL_BYTES} THEN {cut} ELSE {name} END"
    )
