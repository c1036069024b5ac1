"""The form in which lineage by name travels from a worker to the supervisor: statements, edges and problems."""

from __future__ import annotations

import pyarrow as pa

STATEMENT = pa.schema(
    [
        ("ordinal", pa.int64()),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        ("sql", pa.string()),
        ("line", pa.int64()),
        ("end_line", pa.int64()),
        ("temporary", pa.list_(pa.string())),
    ]
)
EDGE = pa.schema(
    [
        ("statement", pa.int64()),
        ("source_dataset", pa.string()),
        ("source_column", pa.string()),
        ("source_path", pa.string()),
        ("target_dataset", pa.string()),
        ("target_column", pa.string()),
        ("target_path", pa.string()),
        ("type", pa.string()),
        ("subtype", pa.string()),
        ("masking", pa.bool_()),
        ("protection", pa.string()),
        ("confidence", pa.float64()),
        ("reason", pa.string()),
        ("expression", pa.string()),
        ("line", pa.int64()),
        ("col", pa.int64()),
        ("end_line", pa.int64()),
        ("end_col", pa.int64()),
    ]
)
PROBLEM = pa.schema([("statement", pa.int64()), ("kind", pa.string()), ("message", pa.string()), ("line", pa.int64())])
