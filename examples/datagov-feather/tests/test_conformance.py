"""The example keeps the promises of every connector."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from datagov_feather import FeatherConnector
from pyarrow import feather

from datagov.contracts import Source

pytest.register_assert_rewrite("datagov.testing")
from datagov.testing import DataConnectorConformance, Table  # noqa: E402 - after its asserts are to be rewritten

TYPES = {"integer": pa.int64(), "float": pa.float64(), "text": pa.string(), "binary": pa.binary()}


def source(folder: Path, path: str = "lab") -> Source:
    return Source(1, "lab", "feather", {"path": path}, folder, "datagov.yaml", 3)


class TestFeather(DataConnectorConformance):
    connector = FeatherConnector

    def build(self, folder: Path, tables: Sequence[Table]) -> Source:
        (folder / "lab").mkdir()
        for table in tables:
            columns = {
                name: pa.array([row[n] for row in table.rows], TYPES[kind])
                for n, (name, kind) in enumerate(table.columns)
            }
            feather.write_feather(pa.table(columns), folder / "lab" / f"{table.name}.feather")
        return source(folder)

    def allows(self, name: str) -> bool:
        """A file's name holds no slash and no more than 255 bytes, with its ending."""
        return "/" not in name and len(name.encode()) <= 247

    def missing(self, folder: Path) -> Source:
        return source(folder, "nowhere")


def test_a_damaged_file_is_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "lab").mkdir()
    feather.write_feather(pa.table({"a": [1]}), tmp_path / "lab" / "good.feather")
    (tmp_path / "lab" / "bad.feather").write_bytes(b"ARROW1 and then nothing of use")

    rows = {name: batch.to_pylist() for name, batch in FeatherConnector(source(tmp_path)).harvest()}

    assert [row["name"] for row in rows["dataset"]] == ["lab.good"]
    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [("lab.bad", True)]
