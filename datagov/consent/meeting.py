"""Where rows and ledgers of different sources meet: hashed keys and times only, in memory, never on disk.

The subject key of every row and event becomes a keyed hash whose key lives as long as the check; with it come the
times and, of an event, its purpose, state and the like. The query is the same as inside a source.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from datagov.consent.model import FIELDS, Coverage, Ledger
from datagov.consent.query import ledger_rows, row_columns
from datagov.errors import SourceLimitError

MAX_ROWS = 2_000_000
"""Most rows of one dataset, or events of all ledgers together, that are brought into memory."""

_CHUNK = 20_000
LEDGER = Ledger(None, "ledger", {field: field for field in FIELDS}, ("given",), ("withdrawn",))
"""The ledger all others are brought into."""


class Meeting:
    """An SQLite database in memory with one ledger made of several, and one dataset at a time."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self.connection = sqlite3.connect(
            ":memory:", check_same_thread=False, isolation_level=None, factory=SharedConnection
        )
        self.connection.execute(f"CREATE TABLE ledger ({', '.join(FIELDS)})")
        self._events = 0
        self._datasets = 0

    def bring_ledger(self, engine: sa.Engine, ledger: Ledger) -> None:
        """Add the events of a ledger. Raises SourceLimitError above MAX_ROWS events."""
        rows = self._hashed(_stream(engine, ledger_rows(ledger)))
        self._events += self._fill(
            "ledger", len(FIELDS), rows, room=MAX_ROWS - self._events, what="The consent ledgers"
        )
        self.connection.execute("CREATE INDEX IF NOT EXISTS ledger_by_subject ON ledger (subject)")

    def bring_rows(self, engine: sa.Engine, data: sa.FromClause, coverage: Coverage) -> tuple[str, Coverage]:
        """Add the rows of a dataset; returns the table they are in and what to ask of it.

        Raises SourceLimitError above MAX_ROWS rows.
        """
        self._datasets += 1
        table = f"processed_{self._datasets}"
        self.connection.execute(f"CREATE TABLE {table} (subject, at)")
        query = sa.select(*row_columns(coverage)).select_from(data)
        self._fill(table, 2, self._hashed(_stream(engine, query)), room=MAX_ROWS, what="The dataset")
        return table, replace(coverage, subject_key="subject", processed_at="at", ledger=LEDGER)

    def forget(self, table: str) -> None:
        """Drop the rows of a dataset."""
        self.connection.execute(f"DROP TABLE {table}")

    def end(self) -> None:
        """Drop everything."""
        self.connection.end()

    def _hashed(self, rows: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
        """The rows with their first field, the subject key as text, hashed."""
        for subject, *rest in rows:
            yield (
                None if subject is None else hmac.digest(self._key, str(subject).encode(), "sha256")[:16].hex(),
                *rest,
            )

    def _fill(self, table: str, width: int, rows: Iterable[Sequence[Any]], *, room: int, what: str) -> int:
        sql = f"INSERT INTO {table} VALUES ({', '.join('?' * width)})"
        filled = 0
        self.connection.execute("BEGIN")
        try:
            for row in rows:
                filled += 1
                if filled > room:
                    raise SourceLimitError(
                        f"{what} and the consent ledger are in different sources, and more than {MAX_ROWS:,} rows "
                        "would have to meet in memory; keep a copy of the ledger in the source of the data."
                    )
                self.connection.execute(sql, row)
        finally:
            self.connection.execute("COMMIT")
        return filled


class SharedConnection(sqlite3.Connection):
    """A connection that several pools may think theirs: only its owner can end it."""

    def close(self) -> None:
        """Nothing: a pool is done with it, its owner is not."""

    def rollback(self) -> None:
        """Nothing: no pool has begun anything on it, and it may be over when a pool lets go of it."""

    def end(self) -> None:
        """Really close it."""
        super().close()


def _stream(engine: sa.Engine, query: sa.Select[*tuple[Any, ...]]) -> Iterator[Sequence[Any]]:
    with engine.connect().execution_options(stream_results=True) as connection:
        result = connection.execute(query)
        while rows := result.fetchmany(_CHUNK):
            for row in rows:
                yield tuple(row)
