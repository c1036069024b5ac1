"""Rows of a stretch are the true ones however a Parquet file is written: versions, codecs, pages, encodings, types."""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov.connectors._parquet import Parquet
from datagov.connectors._parquet_pages import Pages

ROWS = 12_000
PLACES = {
    "the first rows": [0, 1, 2],
    "the last rows": [ROWS - 40, ROWS - 2, ROWS - 1],
    "one row": [7_777],
    "where a dictionary ends": [3_995, 3_999, 4_000, 4_001, 4_800],
}
ENCODINGS: Mapping[str, Mapping[str, str] | None] = {
    "dictionaries": None,
    "deltas": {
        "id": "DELTA_BINARY_PACKED",
        "small": "DELTA_BINARY_PACKED",
        "unique": "DELTA_BYTE_ARRAY",
        "mixed": "DELTA_BYTE_ARRAY",
        "words": "DELTA_LENGTH_BYTE_ARRAY",
        "float": "BYTE_STREAM_SPLIT",
        "flag": "RLE",
    },
    "streams": {
        "id": "BYTE_STREAM_SPLIT",
        "small": "BYTE_STREAM_SPLIT",
        "fixed": "BYTE_STREAM_SPLIT",
        "amount": "BYTE_STREAM_SPLIT",
        "float": "BYTE_STREAM_SPLIT",
        "unique": "PLAIN",
    },
}


def cells(kind: pa.DataType, make: Callable[[int], Any]) -> pa.Array:
    """Values of which runs and single ones are NULL."""
    return pa.array([None if n % 7 == 3 or 6_000 <= n < 6_300 else make(n) for n in range(ROWS)], kind)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    moment = datetime.datetime(2026, 1, 1)
    return pa.table(
        {
            "id": pa.array(range(ROWS), pa.int64()),
            "small": cells(pa.int32(), lambda n: n - 500),
            "byte": cells(pa.uint8(), lambda n: n % 256),
            "half": pa.array(np.arange(ROWS).astype(np.float16)),
            "float": cells(pa.float64(), lambda n: n / 3),
            "flag": cells(pa.bool_(), lambda n: n % 3 == 0),
            "unique": cells(pa.string(), lambda n: f"text {n}"),
            "words": cells(pa.string(), lambda n: f"word {n % 13}"),
            "mixed": pa.array([f"word {n % 5}" if n < 4_000 else f"unlike all others {n} " * 4 for n in range(ROWS)]),
            "view": cells(pa.string(), lambda n: f"view {n}").cast(pa.string_view()),
            "fixed": cells(pa.binary(6), lambda n: n.to_bytes(6, "big")),
            "amount": cells(pa.decimal128(30, 2), lambda n: decimal.Decimal(n) / 100),
            "little": cells(pa.decimal128(8, 2), lambda n: decimal.Decimal(n) / 100),
            "time": cells(pa.time32("s"), lambda n: n),
            "moment": cells(pa.timestamp("us"), lambda n: moment + datetime.timedelta(seconds=n)),
            "never": pa.array([None] * ROWS, pa.string()),
            "seldom": pa.array([n if n % 5_000 == 0 else None for n in range(ROWS)], pa.int64()),
        }
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("page_bytes", [256, 2**20])
@pytest.mark.parametrize(
    ("version", "pages", "codec", "noted"),
    [
        ("1.0", "1.0", "none", False),
        ("1.0", "2.0", "gzip", True),
        ("2.4", "1.0", "snappy", True),
        ("2.4", "2.0", "lz4", False),
        ("2.6", "1.0", "zstd", True),
        ("2.6", "2.0", "none", True),
        ("2.6", "2.0", "brotli", False),
    ],
)
def test_stretches_hold_the_true_rows(
    table: pa.Table, tmp_path: Path, version: str, pages: str, codec: str, noted: bool, page_bytes: int, encoding: str
) -> None:
    path = tmp_path / "t.parquet"
    true = table.to_pylist()
    encodings = ENCODINGS[encoding]
    pq.write_table(
        table,
        path,
        version=version,
        data_page_version=pages,
        compression=codec,
        data_page_size=page_bytes,
        dictionary_pagesize_limit=2**12,
        use_dictionary=encodings is None,
        column_encoding=encodings,
        store_schema=noted,
        write_page_index=noted,
        write_page_checksum=not noted,
        use_deprecated_int96_timestamps=not noted,
    )
    with pa.OSFile(str(path)) as file:
        held = Parquet(file)
        reached = Pages(file, held.metadata, held.schema).flat
        assert list(reached) == table.schema.names, "all of them by their pages"
        for positions in PLACES.values():
            found = pa.Table.from_batches(list(held.picked(0, np.array(positions), table.schema.names)))

            assert found.to_pylist() == [true[n] for n in positions]
