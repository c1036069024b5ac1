"""Iceberg tables made by PyIceberg: a catalog in a folder, and the connector that reads it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from datagov.connectors.iceberg import IcebergConnector
from datagov.contracts import Source

sql = pytest.importorskip("pyiceberg.catalog.sql")

PEOPLE = pa.table({"id": range(10), "phone": [f"1380013800{n}" for n in range(10)]})
BY_CATALOG = {"catalog": {"type": "sql", "uri": "sqlite:///catalog.db"}}
BY_FOLDER = {"path": "lake"}


@contextmanager
def catalog_in(folder: Path) -> Iterator[Any]:
    """A catalog of tables below ``folder/lake``, with the namespace ``crm``."""
    made = sql.SqlCatalog("default", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
    with closing(made):
        made.create_namespace("crm")
        yield made


def lake(folder: Path, **options: object) -> IcebergConnector:
    return IcebergConnector(Source(3, "lake", "iceberg", options or BY_CATALOG, folder, "datagov.yaml", 4))


def person(catalog: Any, name: str = "crm.person", table: pa.Table = PEOPLE, **options: Any) -> Any:
    made = catalog.create_table(name, table.schema, **options)
    made.append(table)
    return made
