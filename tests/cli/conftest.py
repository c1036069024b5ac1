"""A shop to audit, and one that was audited."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.cli.command import datagov


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)")
        db.executemany("INSERT INTO customer (email) VALUES (?)", [(f"user{n}@example.org",) for n in range(50)])
    db.close()
    return tmp_path


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where init and audit have run."""
    folder = tmp_path_factory.mktemp("audited")
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)")
        db.executemany("INSERT INTO customer (email) VALUES (?)", [(f"user{n}@example.org",) for n in range(50)])
    db.close()
    assert datagov("init", "sqlite:///shop.db", "--yes", cwd=folder).returncode == 0
    done = datagov("audit", "-f", "json=out.json", "-f", "text", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder
