"""Rows of ORC come in small batches, whatever the size of a stripe, and as pyarrow's reader of stripes has them."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.orc as pa_orc
import pytest

from datagov.connectors._orc import Orc


def written(table: pa.Table) -> pa.NativeFile:
    held = io.BytesIO()
    pa_orc.write_table(table, held)
    return pa.BufferReader(held.getvalue())


NESTED = pa.table(
    {
        "a.b": [1, 2, None],
        "a": [{"x": 1, "y": "q"}, None, {"x": 3, "y": None}],
        "m": pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
        "l": [[1], [2, None], None],
        "t": pa.array([1, 2, 3], pa.timestamp("ns")),
        "d": pa.array([1, 2, 3], pa.decimal128(38, 2)),
    }
)


@pytest.mark.parametrize("columns", [None, ["a.b"], ["a"], ["l", "m"], ["t", "d"]])
def test_columns_come_as_the_reader_of_stripes_has_them(columns: list[str] | None) -> None:
    file = Orc(written(NESTED))
    found = pa.Table.from_batches(list(file.batches(columns=columns)))

    assert found.equals(pa_orc.ORCFile(written(NESTED)).read(columns))


def test_a_stripe_of_many_rows_comes_in_small_batches() -> None:
    table = pa.table({"n": list(range(100_000)), "t": [str(n) for n in range(100_000)]})
    file = Orc(written(table))
    batches = list(file.batches(groups=[0], columns=["t"]))

    assert file.sizes == [100_000]
    assert max(batch.num_rows for batch in batches) <= 8_192
    assert pa.Table.from_batches(batches).column("t").to_pylist() == table.column("t").to_pylist()
    assert list(file.batches(groups=[], columns=["t"])) == []


def test_columns_of_one_name_and_rows_without_columns_are_read() -> None:
    twice = pa.Table.from_arrays([pa.array([1, 2]), pa.array(["x", "y"])], names=["a", "a"])
    (both,) = Orc(written(twice)).batches()
    (none,) = Orc(written(twice)).batches(columns=[])

    assert [column.to_pylist() for column in both.columns] == [[1, 2], ["x", "y"]]
    assert none.num_columns == 0
