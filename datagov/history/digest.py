"""The digest of a run's evidence: the same for equal facts, whatever the order and place they are stored in.

For every table by name: its name, the names of its fields, the number of its rows, and the SHA-256 of each row as
JSON, sorted. SQLite's own pages, indexes and statistics are not part of it, so that a copy or VACUUM changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from datagov.errors import DatagovError
from datagov.store import open_read_only, quote

PREFIX = "sha256:"
"""Says how the digest was made; 64 hexadecimal digits follow."""


def of(path: Path) -> str:
    """``sha256:`` and the digest of an evidence database. Raises DatagovError when it cannot be read."""
    state = path.stat()
    return _of(path, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=8)
def _of(path: Path, _state: tuple[int, int, int]) -> str:
    """Several reports of one night need it; it is computed again when the file was written to."""
    whole = hashlib.sha256()
    try:
        with closing(open_read_only(path)) as db:
            db.row_factory = None
            names = db.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%' "
                "ESCAPE '~' ORDER BY name"
            )
            for (name,) in names.fetchall():
                whole.update(_table(db, name))
    except sqlite3.Error:
        raise DatagovError(f"The evidence in {path.parent} is damaged: SQLite cannot read it.") from None
    return PREFIX + whole.hexdigest()


def _table(db: sqlite3.Connection, name: str) -> bytes:
    rows = db.execute(f"SELECT * FROM {quote(name)}")
    fields = [field[0] for field in rows.description]
    digests = sorted(hashlib.sha256(json.dumps(row, default=bytes.hex).encode()).digest() for row in rows)
    head = json.dumps([name, fields, len(digests)]).encode()
    return hashlib.sha256(head + b"".join(digests)).digest()
