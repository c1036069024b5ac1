"""The rules' own connection to a run's facts: read-only, with the derived tables of ``derived.sql`` beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from datagov.consent.meeting import SharedConnection
from datagov.store import only_reads
from datagov.vocabulary.legal_bases import meanings

MAX_STEPS = 2_000_000_000
"""SQLite steps one check of all rules may take: some minutes; joining all edges with all edges ends here."""

_QUESTIONS = frozenset({"table_info", "table_xinfo", "table_list", "foreign_key_list", "index_list", "index_info"})

_STEPS_PER_CALL = 1_000_000


@contextmanager
def open_for_rules(path: Path, *, as_of: str) -> Iterator[sqlite3.Connection]:
    """A connection on which rules read the facts, ``night(as_of)`` and the derived tables, and can write nothing.

    The derived tables live in memory; the file is opened read-only.
    """
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro",
        uri=True,
        check_same_thread=False,
        isolation_level=None,
        factory=SharedConnection,
    )
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute("CREATE TEMP TABLE night (as_of TEXT NOT NULL)")
    connection.execute("INSERT INTO night VALUES (?)", (as_of,))
    connection.execute("CREATE TEMP TABLE legal_basis (name TEXT PRIMARY KEY, means TEXT NOT NULL)")
    connection.executemany("INSERT INTO legal_basis VALUES (?, ?)", meanings().items())
    connection.executescript(resources.files("datagov.expectations").joinpath("derived.sql").read_text("utf-8"))
    connection.set_authorizer(_only_asks)
    connection.set_progress_handler(_Budget(MAX_STEPS // _STEPS_PER_CALL).spend, _STEPS_PER_CALL)
    try:
        yield connection
    finally:
        connection.end()


def _only_asks(action: int, first: str | None, second: str | None, db: str | None, inner: str | None) -> int:
    """Reads, and the questions SQLAlchemy asks of a database about itself."""
    if action == sqlite3.SQLITE_PRAGMA and first in _QUESTIONS:
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_PRAGMA and first == "read_uncommitted" and second is None:
        return sqlite3.SQLITE_OK
    return only_reads(action, first, second, db, inner)


class _Budget:
    """Counts down; SQLite interrupts the query when nothing is left."""

    def __init__(self, calls: int) -> None:
        self._left = calls

    def spend(self) -> int:
        self._left -= 1
        return int(self._left < 0)
