"""Distinctive values of the demo's data columns, for tests that no output of an audit holds any of them."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

MIN_LENGTH = 6
"""Shorter ASCII values turn up by chance, and so do plain words of any length."""

MIN_HAN = 3
"""Shorter Chinese values turn up by chance."""

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?")
_DATABASES = ("app.db", "warehouse.db")
_DECLARED = ("*.yaml", "*.csv", "*.sql")


def values(folder: Path) -> set[str]:
    """Values of a built demo that nothing but a data row can hold.

    Left out: short values, plain English words, times, numbers below a million, and whatever the platform's own
    files say.
    """
    files = sorted(path for pattern in _DECLARED for path in folder.rglob(pattern))
    declared = "\n".join(path.read_text(encoding="utf-8") for path in files)
    return {value for value in _every_value(folder) if _is_distinctive(value) and value not in declared}


def plant(folder: Path) -> set[str]:
    """Add a row of canaries to every table of a built demo: one value of its own in every column; returns them.

    The rows are data like any other, so the findings of an audit may change.
    """
    planted: list[str | int] = []
    for name in _DATABASES:
        with closing(sqlite3.connect(folder / name)) as database:
            for table, columns in _tables(database):
                cells = [_canary(len(planted) + n, kind) for n, (_, kind) in enumerate(columns)]
                marks = ", ".join("?" * len(cells))
                database.execute(f'INSERT INTO "{table}" VALUES ({marks})', cells)
                planted += cells
            database.commit()
    return {str(cell) for cell in planted}


def _canary(n: int, kind: str) -> str | int:
    return 7_310_000_000_000 + n if kind in ("INTEGER", "REAL") else f"CANARY{n:05d}ZQX"


def _is_distinctive(value: str) -> bool:
    if _TIME.fullmatch(value) or (value.isdecimal() and int(value) < 1_000_000):
        return False
    if value.isascii():
        return len(value) >= MIN_LENGTH and not value.isalpha()
    return len(value) >= MIN_HAN


def _text(value: str | float | None) -> str:
    """A cell as an output would show it; fractions are amounts, which turn up by chance."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return "" if value is None else str(value)


def _every_value(folder: Path) -> Iterator[str]:
    for name in _DATABASES:
        with closing(sqlite3.connect(folder / name)) as database:
            for table, columns in _tables(database):
                for column, _ in columns:
                    rows = database.execute(f'SELECT DISTINCT "{column}" FROM "{table}"')
                    yield from (_text(value) for (value,) in rows)


def _tables(database: sqlite3.Connection) -> list[tuple[str, list[tuple[str, str]]]]:
    names = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    return [(name, [(row[1], row[2]) for row in database.execute(f'PRAGMA table_info("{name}")')]) for name in names]
