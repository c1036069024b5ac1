"""The servers that the tests of several connectors share, and asserts inside the published conformance suite that
explain themselves as those of a test file do. A server's driver is asked for where the server is, so that its tests
alone are skipped without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import _metastore
    import _mysql
    import _postgres

pytest.register_assert_rewrite("datagov.testing")


@pytest.fixture(scope="module")
def my() -> Iterator[_mysql.Server]:
    """The MariaDB of the tests."""
    import _mysql

    with _mysql.server() as running:
        yield running


@pytest.fixture
def database(my: _mysql.Server, tmp_path: Path) -> str:
    """An empty database of it."""
    return my.database(tmp_path)


@pytest.fixture(scope="module")
def pg() -> Iterator[_postgres.Server]:
    """The PostgreSQL of the tests."""
    import _postgres

    with _postgres.server() as running:
        yield running


@pytest.fixture
def schema(pg: _postgres.Server, tmp_path: Path) -> str:
    """An empty schema of it."""
    import _postgres

    name = _postgres.schema_of(tmp_path)
    pg.run(f"CREATE SCHEMA {name}")
    return name


@pytest.fixture(scope="module")
def hive() -> Iterator[_metastore.Server]:
    """A real Hive metastore."""
    import _metastore

    with _metastore.metastore() as running:
        yield running


@pytest.fixture
def crm(hive: _metastore.Server, tmp_path: Path) -> str:
    """An empty database of it."""
    return hive.database("crm", tmp_path)
