"""A table too large to be held is handed over in batches of bounded size, all of one schema, and no cell is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import deltalake
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq
import pytest
from _lakes import ref

from datagov.connectors import _files_sample, _lake_rows, _stream
from datagov.connectors.delta import DeltaConnector
from datagov.connectors.files import FilesConnector
from datagov.contracts import DataConnector, DatasetRef, Source

ROWS = 30_000
"""More than a sample has."""


@pytest.fixture(autouse=True)
def _little_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_stream, _files_sample, _lake_rows):
        monkeypatch.setattr(module, "HELD_BYTES", 2**18)


def numbers(start: int, kind: pa.DataType) -> pa.Table:
    values = list(range(start, start + ROWS))
    return pa.table({"n": pa.array(values, kind), "t": [f"text {value}" for value in values]})


def source(folder: Path, **options: Any) -> Source:
    return Source(1, "lake", "files", {"path": "lake", **options}, folder, "datagov.yaml", 3)


def batches(connector: DataConnector, name: str, rows: int = 10**6) -> list[pa.RecordBatch]:
    dataset = ref(connector, name)
    return [batch for split in connector.plan(dataset, rows=rows, seed=1) for batch in connector.read(split)]


def write_arrow(table: pa.Table, path: Path) -> None:
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table, max_chunksize=4_000)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "parquet": lambda table, path: pq.write_table(table, path, row_group_size=7_000),
    "orc": lambda table, path: pa_orc.write_table(table, path, stripe_size=2**16),
    "arrow": write_arrow,
    "csv": lambda table, path: pa_csv.write_csv(table, path),
}


@pytest.mark.parametrize("form", WRITERS)
def test_a_large_table_of_files_comes_in_parts_of_one_schema(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "lake" / "big"
    folder.mkdir(parents=True)
    WRITERS[form](numbers(0, pa.int64()), folder / f"a.{form}")
    WRITERS[form](numbers(ROWS, pa.int64()), folder / f"b.{form}")

    read = batches(FilesConnector(source(tmp_path, text_mb=256)), "lake.big")

    assert len(read) > 1
    assert len({batch.schema for batch in read}) == 1
    assert sorted(int(n) for batch in read for n in batch.column(0).to_pylist()) == list(range(2 * ROWS))
    assert {batch.column(1)[0].as_py()[:5] for batch in read} == {"text "}


@pytest.mark.parametrize(
    ("first", "second", "comes"),
    [
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.float32(), pa.float64(), pa.float64()),
        (pa.int64(), pa.float64(), pa.string()),
        (pa.int64(), pa.string(), pa.string()),
        (pa.int64(), pa.large_string(), pa.string()),
        (pa.int64(), pa.timestamp("us"), pa.string()),
    ],
)
def test_a_column_has_one_type_from_the_first_batch_on_although_the_last_file_differs(
    tmp_path: Path, first: pa.DataType, second: pa.DataType, comes: pa.DataType
) -> None:
    folder = tmp_path / "lake" / "big"
    folder.mkdir(parents=True)
    for name, kind in (("a", first), ("b", second)):
        ints = pa.array(range(ROWS), pa.int64())
        values = ints.cast(kind) if not pa.types.is_timestamp(kind) else ints.cast(pa.timestamp("us"))
        pq.write_table(pa.table({"n": values, "t": ["x" * 20] * ROWS}), folder / f"{name}.parquet")

    read = batches(FilesConnector(source(tmp_path)), "lake.big")

    assert len(read) > 1
    assert {batch.schema.field(0).type for batch in read} == {comes}
    assert sum(batch.num_rows for batch in read) == 2 * ROWS
    assert not sum(batch.column(0).null_count for batch in read)


def test_a_delta_table_comes_in_parts_with_columns_that_older_files_lack(tmp_path: Path) -> None:
    table = tmp_path / "lake" / "big"
    deltalake.write_deltalake(table, numbers(0, pa.int64()).drop_columns("t"))
    deltalake.write_deltalake(table, numbers(ROWS, pa.int64()), mode="append", schema_mode="merge")

    read = batches(DeltaConnector(source(tmp_path)), "lake.big")

    assert len(read) > 1
    assert [field.type for field in read[0].schema] == [pa.int64(), pa.string()]
    assert len({batch.schema for batch in read}) == 1
    assert sorted(n for batch in read for n in batch.column(0).to_pylist()) == list(range(2 * ROWS))
    assert sum(batch.column(1).null_count for batch in read) == ROWS


def test_a_large_random_part_of_a_table_holds_no_row_twice(tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "big"
    folder.mkdir(parents=True)
    for n in range(8):
        pq.write_table(numbers(n * ROWS, pa.int64()), folder / f"{n}.parquet", row_group_size=5_000)

    read = batches(FilesConnector(source(tmp_path)), "lake.big", rows=5 * ROWS)
    drawn = [n for batch in read for n in batch.column(0).to_pylist()]

    assert len(read) > 1
    assert len(drawn) == len(set(drawn)) > 4 * ROWS


def test_a_file_that_breaks_in_the_middle_keeps_what_came_before_it_and_its_neighbours(tmp_path: Path) -> None:
    folder = tmp_path / "lake" / "big"
    folder.mkdir(parents=True)
    for n, name in enumerate("abc"):
        pq.write_table(numbers(n * ROWS, pa.int64()), folder / f"{name}.parquet", row_group_size=5_000)
    connector = FilesConnector(source(tmp_path))
    dataset = ref(connector, "lake.big")
    spoilt = bytearray((folder / "b.parquet").read_bytes())
    spoilt[len(spoilt) // 2 : len(spoilt) // 2 + 20_000] = bytes(20_000)
    (folder / "b.parquet").write_bytes(spoilt)

    read = [b for split in connector.plan(dataset, rows=10**6, seed=1) for b in connector.read(split)]
    came = {n for batch in read for n in batch.column(0).to_pylist()}

    assert came >= {*range(ROWS), *range(2 * ROWS, 3 * ROWS)}
    assert len(came) < 3 * ROWS


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_columns_that_are_not_wanted_are_not_read(tmp_path: Path, form: str) -> None:
    (tmp_path / "lake").mkdir()
    table = numbers(0, pa.int64()).append_column("note", [[f"{n:0200}" for n in range(ROWS)]])
    WRITERS[form](table, tmp_path / "lake" / f"big.{form}")
    connector = FilesConnector(source(tmp_path))
    whole = ref(connector, "lake.big")
    few = replace(whole, columns=[one for one in whole.columns if one[1] == "n"])

    def bytes_of(dataset: DatasetRef) -> int:
        before = _bytes_read()
        (split,) = connector.plan(dataset, rows=10**6, seed=1)
        assert sum(batch.num_rows for batch in connector.read(split)) == ROWS
        return _bytes_read() - before

    assert bytes_of(few) * 3 < bytes_of(whole)


def _bytes_read() -> int:
    """Bytes that this process asked the kernel for so far."""
    return int(Path("/proc/self/io").read_text().split()[1])
