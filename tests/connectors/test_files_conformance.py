"""The files connector keeps the promises of every data connector, on Parquet, ORC and Arrow files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
from _special_arrow import ARROW, ORC, PARQUET, special_table

from datagov.connectors.files import FilesConnector
from datagov.contracts import Source
from datagov.testing import Cannot, DataConnectorConformance, Special, Table

TYPES = {"integer": pa.int64(), "float": pa.float64(), "text": pa.string(), "binary": pa.binary()}


def as_arrow(table: Table) -> pa.Table:
    schema = pa.schema([(name, TYPES[kind]) for name, kind in table.columns])
    columns = [[row[n] for row in table.rows] for n in range(len(table.columns))]
    return pa.Table.from_arrays(
        [pa.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)], schema=schema
    )


class Files(DataConnectorConformance):
    connector = FilesConnector
    suffix: str
    answers: Mapping[str, Special | Cannot]

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        (folder / "lake").mkdir()
        for table in tables:
            self.write(as_arrow(table), folder / "lake" / f"{table.name}{self.suffix}")
        return Source(3, "lake", "files", {"path": "lake", "depth": 2}, folder, "datagov.yaml", 4)

    def write(self, table: pa.Table, path: Path) -> None:
        raise NotImplementedError

    def special(self) -> Mapping[str, Special | Cannot]:
        return self.answers

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        source = self.build(folder, [])
        self.write(special_table(values), folder / "lake" / f"special{self.suffix}")
        return source

    def missing(self, folder: Path) -> Source:
        return Source(3, "lake", "files", {"path": "nowhere"}, folder, "datagov.yaml", 4)

    def allows(self, name: str) -> bool:
        return "/" not in name and not name.startswith((".", "_")) and len(name.encode()) < 240


class TestParquet(Files):
    suffix = ".parquet"
    answers = PARQUET

    def write(self, table: pa.Table, path: Path) -> None:
        pq.write_table(table, path, row_group_size=1_000)


class TestArrow(Files):
    suffix = ".arrow"
    answers = ARROW

    def write(self, table: pa.Table, path: Path) -> None:
        pyarrow.feather.write_feather(table, str(path), chunksize=1_000)


class TestOrc(Files):
    suffix = ".orc"
    answers = ORC

    def write(self, table: pa.Table, path: Path) -> None:
        pyarrow.orc.write_table(table, str(path))
