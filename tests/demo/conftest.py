"""The built demo, once per test run; its databases are opened read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from datagov.demo import build


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def data(platform: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect("file::memory:", uri=True)
    connection.execute("ATTACH ? AS app", (f"{(platform / 'app.db').as_uri()}?mode=ro",))
    connection.execute("ATTACH ? AS dw", (f"{(platform / 'warehouse.db').as_uri()}?mode=ro",))
    yield connection
    connection.close()
