"""The spark connector keeps the promises of every data connector, against a real Hive metastore."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq
import pytest
from _metastore import Server, metastore
from _special_arrow import SPARK_ORC, SPARK_PARQUET, hive_type, special_table
from test_files_conformance import as_arrow

from datagov.connectors._hive_thrift import LIST, STRING
from datagov.connectors.spark import SparkConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

pytestmark = pytest.mark.heavy

TYPES = {"integer": "bigint", "float": "double", "text": "string", "binary": "binary"}


class TestParquet(DataConnectorConformance):
    connector = SparkConnector
    form = "parquet"
    running: ClassVar[Server]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls) -> Iterator[None]:
        with metastore() as cls.running:
            yield

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        database = self.running.database("crm", folder)
        for table in tables:
            place = folder / "lake" / table.name
            place.mkdir(parents=True)
            middle = len(table.rows) // 2
            rows = as_arrow(table)
            for n, part in enumerate((rows.slice(0, middle), rows.slice(middle))):
                self.write(part, place / f"part-{n}")
            columns = [(name, TYPES[kind]) for name, kind in table.columns]
            self.running.table(database, table.name, columns, f"file:{place}", form=self.form)
        return self.running.source(folder, database)

    def special(self) -> Mapping[str, Special | Cannot]:
        return SPARK_PARQUET

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        database = self.running.database("crm", folder)
        place = folder / "lake" / "special"
        place.mkdir(parents=True)
        self.write(special_table(values), place / "part-0")
        columns = [(kind, hive_type(value.type)) for kind, value in values.items()]
        self.running.table(database, "special", columns, f"file:{place}", form=self.form)
        return self.running.source(folder, database)

    def write(self, rows: pa.Table, path: Path) -> None:
        pq.write_table(rows, path)

    def missing(self, folder: Path) -> Source:
        return Source(3, "hive", "spark", {"metastore": "thrift://127.0.0.1:1"}, folder, "datagov.yaml", 4)

    def allows(self, name: str) -> bool:
        """A metastore folds the names of tables and columns to lower case and takes few characters."""
        return re.fullmatch(r"[a-z0-9_]{1,128}", name) is not None

    def fingerprint(self, source: Source) -> str:
        """The files, and every table as the metastore tells it."""
        with self.running.wire() as wire:
            (database,) = source.options["databases"]
            names = sorted(wire.call("get_all_tables", (1, STRING, database)))
            told = wire.call("get_table_objects_by_name", (1, STRING, database), (2, LIST, names))
        return super().fingerprint(source) + repr(sorted(map(repr, told)))


class TestOrc(TestParquet):
    form = "orc"

    def special(self) -> Mapping[str, Special | Cannot]:
        return SPARK_ORC

    def write(self, rows: pa.Table, path: Path) -> None:
        pa_orc.write_table(rows, path)
