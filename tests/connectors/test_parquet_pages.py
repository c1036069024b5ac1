"""Rows in the middle of a row group are those that reading it from its beginning gives, and are reached alone."""

from __future__ import annotations

import datetime
import decimal
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov.connectors._choice import fairly, parted
from datagov.connectors._neighbours import Neighbours
from datagov.connectors._parquet import Parquet
from datagov.connectors._stretches import allotted, drawn

ROWS = 40_000
NEAR = np.array([20_011, 20_012, 20_400, 21_034])
CODECS = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]


def cells(kind: pa.DataType, make: Any) -> pa.Array:
    """Values of which every seventh is NULL."""
    return pa.array([None if n % 7 == 3 else make(n) for n in range(ROWS)], kind)


def every_kind() -> pa.Table:
    day = datetime.date(2026, 1, 1)
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    columns = {
        "id": pa.array(range(ROWS), pa.int64()),
        "unique": cells(pa.string(), lambda n: f"text {n}"),
        "words": cells(pa.string(), lambda n: f"word {n % 11}"),
        "large": cells(pa.large_string(), lambda n: f"large {n % 50}"),
        "wörter.mit.punkt": cells(pa.string(), lambda n: f"{n}"),
        "raw": cells(pa.binary(), lambda n: bytes([n % 256, 255])),
        "fixed": cells(pa.binary(4), lambda n: n.to_bytes(4, "big")),
        "small": cells(pa.int8(), lambda n: n % 100),
        "unsigned": cells(pa.uint64(), lambda n: 2**64 - 1 - n),
        "half": cells(pa.float32(), lambda n: n / 4),
        "float": cells(pa.float64(), lambda n: n / 8),
        "flag": cells(pa.bool_(), lambda n: n % 3 == 0),
        "amount": cells(pa.decimal128(20, 4), lambda n: decimal.Decimal(n) / 10_000),
        "day": cells(pa.date32(), lambda n: day + datetime.timedelta(days=n % 900)),
        "moment": cells(pa.timestamp("us", "UTC"), lambda n: moment + datetime.timedelta(seconds=n)),
        "span": cells(pa.duration("us"), lambda n: datetime.timedelta(seconds=n)),
        "choice": cells(pa.string(), lambda n: f"choice {n % 4}").dictionary_encode(),
        "empty": pa.nulls(ROWS),
        "who": cells(pa.struct([("email", pa.string())]), lambda n: {"email": f"{n}@example.org"}),
        "list": cells(pa.list_(pa.int64()), lambda n: list(range(n % 4))),
    }
    schema = pa.schema([pa.field(name, one.type, nullable=name != "id") for name, one in columns.items()])
    return pa.table(columns, schema=schema)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return every_kind()


def picked(path: Path, positions: np.ndarray, *, group: int = 0, names: Any = None) -> pa.Table:
    with pa.OSFile(str(path)) as file:
        held = Parquet(file)
        wanted = held.schema.names if names is None else names
        return pa.Table.from_batches(list(held.picked(group, positions, wanted)))


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("codec", CODECS)
def test_every_kind_of_column_comes_as_if_it_was_read_from_the_first_row(
    table: pa.Table, tmp_path: Path, codec: str, version: str
) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table, path, compression=codec, data_page_version=version, data_page_size=4_096)
    expected = table.take(NEAR).to_pylist()

    found = picked(path, NEAR)

    assert found.select(table.schema.names).to_pylist() == expected


def test_without_the_types_of_arrow_columns_come_as_pyarrow_reads_them(table: pa.Table, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(table, path, store_schema=False, data_page_size=4_096, use_deprecated_int96_timestamps=True)

    found = picked(path, NEAR)

    assert found.select(table.schema.names).to_pylist() == pq.read_table(path).take(NEAR).to_pylist()


def test_pages_before_the_wanted_rows_are_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    made = pa.table({"t": [f"text {n:06}" for n in range(ROWS)], "n": list(range(ROWS))})
    pq.write_table(made, path, compression="zstd", use_dictionary=False, data_page_size=4_096)
    content = bytearray(path.read_bytes())
    content[200:260] = bytes(60)
    path.write_bytes(content)

    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(path, columns=["t"])
    assert picked(path, NEAR).to_pylist() == made.take(NEAR).to_pylist()


def test_a_header_that_cannot_be_read_leaves_the_rows_to_be_read_from_the_first_one(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    made = pa.table({"t": [f"text {n:06}" for n in range(ROWS)]})
    pq.write_table(made, path, compression="none", use_dictionary=False, data_page_size=4_096)
    start = pq.read_metadata(path).row_group(0).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[start] = 0xFF
    path.write_bytes(content)

    with pytest.raises((OSError, pa.ArrowException)):
        picked(path, NEAR)


def test_columns_of_one_name_are_read_from_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    schema = pa.schema([("a", pa.int64()), ("a", pa.int64()), ("b", pa.int64())])
    numbers = pa.array(range(ROWS))
    pq.write_table(pa.Table.from_arrays([numbers, numbers, numbers], schema=schema), path, data_page_size=4_096)

    assert picked(path, NEAR, names=["b"]).to_pydict() == {"b": NEAR.tolist()}


def test_a_long_text_that_repeats_is_cut_and_not_spread_over_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    words = pa.DictionaryArray.from_arrays(pa.array([n % 2 for n in range(ROWS)]), pa.array(["x" * 2**21, "short"]))
    pq.write_table(pa.table({"t": words}), path, dictionary_pagesize_limit=2**24)
    before = pa.total_allocated_bytes()

    found = picked(path, NEAR)

    assert [len(one) for one in found.column("t").to_pylist()] == [5, 64 * 1024 + 4, 64 * 1024 + 4, 64 * 1024 + 4]
    assert pa.total_allocated_bytes() - before < 64 * 2**20


def draws(sizes: list[int], rows: int, seed: int, told: Neighbours) -> Iterator[tuple[int, np.ndarray]]:
    (share,) = allotted([rows], every=True, told=told)
    return drawn(sizes, True, share=share, draw=random.Random(seed))


def test_every_row_has_the_same_chance_wherever_it_stands() -> None:
    sizes = [700_000, 0, 2_500, 3_000_000, 500_000]
    hits: Counter[int] = Counter()
    tenths: Counter[int] = Counter()
    for seed in range(150):
        for piece, positions in draws(sizes, 2_000, seed, Neighbours()):
            hits[piece] += len(positions)
            tenths.update((positions * 10 // sizes[piece]).tolist())

    whole = sum(sizes)
    assert sum(hits.values()) == 150 * 2_000
    for piece, size in enumerate(sizes):
        assert hits[piece] / 300_000 == pytest.approx(size / whole, abs=0.01)
    assert [tenths[n] / 300_000 for n in range(10)] == pytest.approx([0.1] * 10, abs=0.012)


def test_stretches_are_told_as_rows_that_come_together_and_repeat_with_the_seed() -> None:
    told = [Neighbours() for _ in range(3)]
    large = [list(draws([5_000_000], 2_000, seed, one)) for seed, one in zip((1, 1, 2), told, strict=True)]
    flat = [[(piece, positions.tolist()) for piece, positions in one] for one in large]

    assert flat[0] != flat[2], "five million rows of one piece are drawn from as a whole"
    assert flat[0] == flat[1]
    assert told[0].alike == 1
    many = Neighbours()
    found = list(draws([200_000] * 50, 2_000, 1, many))
    assert len(found) == 64
    assert many.alike == pytest.approx(2_000 / 64, rel=0.05)
    assert all(positions[-1] - positions[0] < 2_048 for _, positions in found)


def test_rows_of_small_files_are_as_likely_as_those_of_large_ones() -> None:
    sizes = [1_000_000] * 100 + [10_000] * 900 + [20_000_000, 0]
    rows: Counter[str] = Counter()
    for seed in range(300):
        draw = random.Random(seed)
        taken = fairly(sizes, fewest=64, least=200_000, most=500, draw=draw)
        assert len(taken) == 64
        for (n, _), part in zip(taken, parted([worth for _, worth in taken], 2_000, draw), strict=True):
            rows["largest" if n == 1000 else "small" if n >= 100 else "large"] += part

    assert [rows[kind] / 600_000 for kind in ("large", "small", "largest")] == pytest.approx(
        [100 / 129, 9 / 129, 20 / 129], abs=0.005
    )


def test_more_items_are_taken_while_they_hold_little() -> None:
    assert len(fairly([100] * 1_000, fewest=24, least=10_000, most=500, draw=random.Random(1))) in range(100, 127)
    assert len(fairly([10] * 1_000, fewest=24, least=10_000, most=500, draw=random.Random(1))) == 500


def test_rows_of_what_is_too_small_to_give_one_row_are_as_likely_as_all_others() -> None:
    weights = [1_000_000.0] * 4 + [100.0] * 40
    gave: Counter[str] = Counter()
    for seed in range(2_000):
        parts = parted(weights, 2_000, random.Random(seed))
        assert sum(parts) == 2_000
        assert all(part in (499, 500, 501) for part in parts[:4])
        gave["small"] += sum(parts[4:])

    assert gave["small"] / (2_000 * 2_000) == pytest.approx(4_000 / 4_004_000, rel=0.06)
