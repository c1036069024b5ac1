"""The Iceberg connector keeps the promises of every data connector, on a catalog and on a folder."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from _special_arrow import ICEBERG, special_table
from test_files_conformance import as_arrow

from datagov.connectors.iceberg import IcebergConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

sql = pytest.importorskip("pyiceberg.catalog.sql")


class TestCatalog(DataConnectorConformance):
    connector = IcebergConnector

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        with closing(
            sql.SqlCatalog("default", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
        ) as catalog:
            catalog.create_namespace("crm")
            for n, table in enumerate(tables):
                rows = as_arrow(table)
                made = catalog.create_table(("crm", table.name), rows.schema, location=f"file://{folder}/lake/t{n}")
                middle = len(table.rows) // 2
                for part in (rows.slice(0, middle), rows.slice(middle)):
                    if part.num_rows:
                        made.append(part)
        return self.described(folder)

    def special(self) -> Mapping[str, Special | Cannot]:
        return ICEBERG

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        with closing(
            sql.SqlCatalog("default", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
        ) as catalog:
            catalog.create_namespace("crm")
            rows = special_table(values)
            catalog.create_table(("crm", "special"), rows.schema).append(rows)
        return self.described(folder)

    def described(self, folder: Path) -> Source:
        options = {"catalog": {"type": "sql", "uri": "sqlite:///catalog.db"}}
        return Source(3, "lake", "iceberg", options, folder, "datagov.yaml", 4)

    def missing(self, folder: Path) -> Source:
        return self.described(folder)


class TestFolder(TestCatalog):
    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        with closing(
            sql.SqlCatalog("default", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}/lake")
        ) as catalog:
            catalog.create_namespace("crm")
            for table in tables:
                rows = as_arrow(table)
                made = catalog.create_table(("crm", table.name), rows.schema)
                made.append(rows)
        return self.described(folder)

    def described(self, folder: Path) -> Source:
        return Source(3, "lake", "iceberg", {"path": "lake"}, folder, "datagov.yaml", 4)

    def allows(self, name: str) -> bool:
        """The catalog that writes the tables here makes the folder of the name."""
        usual = name.isprintable() and not set(name) & set("/\\?#%.;:")
        return usual and not name.startswith(("_", " ")) and len(name.encode()) < 240
