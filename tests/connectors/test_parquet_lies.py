"""A Parquet file that says of itself what is not true costs neither the memory nor the truth of a sample."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov.connectors._neighbours import Neighbours
from datagov.connectors._parquet import Parquet
from datagov.connectors._stretches import allotted, drawn
from datagov.connectors._thrift_compact import BINARY, I32, I64, LIST, STRUCT, packed

ROWS = 5_000
MAGIC = b"PAR1"


def claiming(path: Path, rows: int) -> None:
    """A file of one column of ROWS numbers whose footer claims another number of rows."""
    pq.write_table(pa.table({"a": range(ROWS)}), path, use_dictionary=False, store_schema=False)
    true = pq.read_metadata(path).row_group(0).column(0)
    column = [
        (1, I32, 2),
        (2, LIST, (I32, [0, 3])),
        (3, LIST, (BINARY, [b"a"])),
        (4, I32, 1),
        (5, I64, rows),
        (6, I64, true.total_uncompressed_size),
        (7, I64, true.total_compressed_size),
        (9, I64, true.data_page_offset),
    ]
    group = [(1, LIST, (STRUCT, [[(2, I64, 4), (3, STRUCT, column)]])), (2, I64, 1), (3, I64, rows)]
    schema = [[(4, BINARY, b"schema"), (5, I32, 1)], [(1, I32, 2), (3, I32, 1), (4, BINARY, b"a")]]
    footer = packed([(1, I32, 2), (2, LIST, (STRUCT, schema)), (3, I64, rows), (4, LIST, (STRUCT, [group]))])
    body = path.read_bytes()
    body = body[: -8 - int.from_bytes(body[-8:-4], "little")]
    path.write_bytes(body + footer + len(footer).to_bytes(4, "little") + MAGIC)


@pytest.mark.parametrize("claimed", [ROWS + 1, 40_000, 10**13])
def test_a_row_group_that_ends_before_its_last_row_is_damaged_and_not_read_as_shorter(
    tmp_path: Path, claimed: int
) -> None:
    path = tmp_path / "t.parquet"
    claiming(path, claimed)
    with pa.OSFile(str(path)) as file:
        held = Parquet(file)

        assert held.sizes == [claimed]
        with pytest.raises(pa.ArrowInvalid):
            list(held.batches())
        for positions in ([ROWS - 1, ROWS], [0, claimed - 1]):
            with pytest.raises(pa.ArrowInvalid):
                list(held.picked(0, np.array(positions), ["a"]))


def test_any_number_of_claimed_rows_is_drawn_from_in_little_memory() -> None:
    (share,) = allotted([2_000], every=True, told=Neighbours())

    found = list(drawn([10**13, 10**15], True, share=share, draw=random.Random(1)))

    assert len(found) == 64
    assert sum(len(positions) for _, positions in found) == 2_000


def test_rows_after_a_header_with_a_wrong_number_of_values_are_not_taken_for_others(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    made = pa.table({"a": range(40_000), "b": range(40_000)})
    pq.write_table(made, path, compression="none", use_dictionary=False, data_page_size=4_096)
    chunk = pq.read_metadata(path).row_group(0).column(0)
    content = bytearray(path.read_bytes())
    with pa.OSFile(str(path)) as file:
        rows = Parquet(file)._pages._page(chunk.data_page_offset).rows
    header = content.index(bytes([0x15, rows << 1 & 127 | 128, rows << 1 >> 7]), chunk.data_page_offset)
    content[header + 1] += 2
    path.write_bytes(content)

    with pa.OSFile(str(path)) as file:
        held = Parquet(file)
        assert held._pages._page(chunk.data_page_offset).rows == rows + 1
        with pytest.raises((OSError, pa.ArrowException)):
            list(held.picked(0, np.array([20_000, 20_001]), ["a", "b"]))


def test_few_bytes_that_are_many_long_texts_come_in_batches_that_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    text = "x" * 2**20
    pq.write_table(pa.table({"t": [text] * 200}), path, use_dictionary=False, column_encoding={"t": "DELTA_BYTE_ARRAY"})
    with pa.OSFile(str(path)) as file:
        held = Parquet(file)

        assert held.metadata.row_group(0).total_byte_size < 2 * len(text)
        assert max(batch.nbytes for batch in held.batches()) <= 65 * 2**20
        assert sum(batch.num_rows for batch in held.batches()) == 200
