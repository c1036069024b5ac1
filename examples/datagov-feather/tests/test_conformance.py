"""The example keeps the promises of every connector."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from datagov_feather import FeatherConnector
from pyarrow import feather

from datagov.contracts import Source

pytest.register_assert_rewrite("datagov.testing")
from datagov.testing import (  # noqa: E402 - after its asserts are to be rewritten
    KINDS,
    Cannot,
    DataConnectorConformance,
    Special,
    Table,
)

TYPES = {"integer": pa.int64(), "float": pa.float64(), "text": pa.string(), "binary": pa.binary()}

NO_TYPE = Cannot("Arrow has no such type; a text holds it.")
COUNTED = Cannot("Arrow counts days, so every date is one.")
NESTED = {"street": "长安街", "number": [1, None]}

SPECIAL: Mapping[str, Special | Cannot] = {
    **dict.fromkeys(KINDS, NO_TYPE),
    **dict.fromkeys(("date_zero", "date_infinity"), COUNTED),
    "date_before_christ": Special(pa.date32(), -735_600, "-0045-12-31"),
    "float_nan": Special(pa.float64(), math.nan, math.nan),
    "float_infinity": Special(pa.float64(), math.inf, math.inf),
    "float_minus_infinity": Special(pa.float32(), -math.inf, -math.inf),
    "decimal_huge": Special(pa.decimal256(76, 2), Decimal("9" * 70), Decimal("9" * 70)),
    "unsigned": Special(pa.uint64(), 2**64 - 1, 2**64 - 1),
    "array": Special(pa.list_(pa.string()), ["a", None, "b,c"], ["a", None, "b,c"]),
    "enum": Special(pa.dictionary(pa.int32(), pa.string()), "ok", "ok"),
    "bytes": Special(pa.binary(), b"\x00\xff", b"\x00\xff"),
    "composite": Special(pa.struct([("street", pa.string()), ("number", pa.list_(pa.int32()))]), NESTED, NESTED),
}


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

    def special(self) -> Mapping[str, Special | Cannot]:
        return SPECIAL

    def build_special(self, folder: Path, values: Mapping[str, Special]) -> Source:
        (folder / "lab").mkdir()
        columns = {kind: pa.array([one.value, None], one.type) for kind, one in values.items()}
        feather.write_feather(pa.table(columns), folder / "lab" / "special.feather")
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
