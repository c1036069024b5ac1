"""The Delta connector keeps the promises of every data connector."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from _special_arrow import DELTA, special_table
from test_files_conformance import as_arrow

from datagov.connectors.delta import DeltaConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

deltalake = pytest.importorskip("deltalake")


class TestDelta(DataConnectorConformance):
    connector = DeltaConnector

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        (folder / "lake").mkdir()
        for table in tables:
            where = str(folder / "lake" / table.name)
            for part in _halves(table):
                deltalake.write_deltalake(where, as_arrow(part), mode="append")
        return Source(3, "lake", "delta", {"path": "lake"}, folder, "datagov.yaml", 4)

    def special(self) -> Mapping[str, Special | Cannot]:
        return DELTA

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        source = self.build(folder, [])
        deltalake.write_deltalake(str(folder / "lake" / "special"), special_table(values))
        return source

    def missing(self, folder: Path) -> Source:
        return Source(3, "lake", "delta", {"path": "nowhere"}, folder, "datagov.yaml", 4)

    def allows(self, name: str) -> bool:
        """delta-rs cannot write a folder with a bracket, a backslash or a line break in its name."""
        usual = name.isprintable() and not set(name) & set("/\\[]")
        return usual and not name.startswith((".", "_")) and len(name.encode()) < 240


def _halves(table: Table) -> list[Table]:
    middle = len(table.rows) // 2
    if not middle:
        return [table]
    return [Table(table.name, table.columns, rows) for rows in (table.rows[:middle], table.rows[middle:])]
