"""Whatever a column holds, detection answers: no exception, and what was not examined is said."""

from __future__ import annotations

import datetime as dt
import decimal
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.detect import ColumnClassifier
from datagov.detect.sample import MAX_CELL


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


ARRAYS = {
    "empty": pa.array([], pa.string()),
    "null type": pa.nulls(5),
    "only nulls": pa.array([None, None], pa.string()),
    "blank": pa.array(["", " ", "NULL", "n/a"]),
    "one row": pa.array(["x"]),
    "constant": pa.array(["CNY"] * 1000),
    "binary": pa.array([b"\xff\xfe\x00", b"\x80abc"]),
    "fixed binary": pa.array([b"abcd", b"\xff\xff\xff\xff"], pa.binary(4)),
    "struct": pa.array([{"a": {"b": [1, None]}}, None]),
    "list": pa.array([["a", None], [], None]),
    "map": pa.array([[("k", "v")]], pa.map_(pa.string(), pa.string())),
    "dictionary": pa.array(["a", None, "b"]).dictionary_encode(),
    "decimal": pa.array([decimal.Decimal("1.50"), None]),
    "dates": pa.array([dt.date(1, 1, 1), dt.date(9999, 12, 31)]),
    "nanoseconds": pa.array([2**62, -(2**62)], pa.timestamp("ns")),
    "zoned": pa.array([0, 1], pa.timestamp("us", tz="Asia/Shanghai")),
    "duration": pa.array([1, 2], pa.duration("s")),
    "floats": pa.array([float("nan"), float("inf"), 1e300]),
    "huge integers": pa.array([2**63 - 1, -(2**63)]),
    "chunks": pa.chunked_array([["a"], [], ["b"]], pa.string()),
    "no chunks": pa.chunked_array([], pa.string()),
    "odd characters": pa.array(["\u202e\u200b", "𝟙𝟛𝟠", "\U0001f600", "١٣٨"]),
    "large strings": pa.array(["a", "b"], pa.large_string()),
    "views": pa.array(["a", "b"], pa.string_view()),
    "runs": pa.RunEndEncodedArray.from_arrays(pa.array([2, 4], pa.int32()), pa.array(["a", "b"])),
    "union": pa.UnionArray.from_sparse(pa.array([0, 1], pa.int8()), [pa.array([1, 2]), pa.array(["a", "b"])]),
}


def refuse(value: object) -> None:
    raise AssertionError(f"evidence holds a {type(value).__name__}, which is not JSON")


@pytest.mark.parametrize("kind", ARRAYS)
@pytest.mark.parametrize("name", ["c1", "email", "", "\x00\ud800", "a" * 5000])
def test_classify_answers_for_every_array(classifier: ColumnClassifier, kind: str, name: str) -> None:
    verdict = classifier.classify(name, ARRAYS[kind])

    assert verdict.outcome in {"examined", "not_examined"}
    assert "failed" not in (verdict.reason or "")
    assert json.loads(json.dumps(verdict.evidence, default=refuse)) is not None
    if verdict.outcome == "not_examined":
        assert verdict.reason
        assert verdict.bound is None
        assert verdict.examined == 0


@pytest.mark.parametrize("kind", ["empty", "null type", "only nulls", "blank", "binary"])
def test_nothing_examined_is_never_clean(classifier: ColumnClassifier, kind: str) -> None:
    verdict = classifier.classify("c1", ARRAYS[kind])

    assert (verdict.outcome, verdict.entity, verdict.bound, verdict.confidence) == (
        "not_examined",
        None,
        None,
        0.0,
    )


def test_an_empty_column_with_a_telling_name_is_named_with_less_confidence(
    classifier: ColumnClassifier,
) -> None:
    verdict = classifier.classify("sfzh", ARRAYS["empty"])

    assert verdict.entity is not None
    assert verdict.outcome == "not_examined"
    assert verdict.confidence < 0.75
    assert verdict.evidence["by"] == "name only"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=40), st.text(max_size=20))
def test_any_texts_under_any_name_are_judged(values: list[str | None], name: str) -> None:
    verdict = ColumnClassifier().classify(name, pa.array([clean(v) for v in values], pa.string()))

    assert "failed" not in (verdict.reason or "")
    assert 0 <= verdict.confidence <= 1
    json.dumps(verdict.evidence, default=refuse)


def clean(value: str | None) -> str | None:
    return None if value is None else value.encode("utf-8", "ignore").decode("utf-8")


def test_a_table_of_thousands_of_columns_is_no_trouble(classifier: ColumnClassifier) -> None:
    array = pa.array(["A", "B"])

    assert {classifier.classify(f"c{i}", array).entity for i in range(2_000)} == {None}


def test_a_deeply_nested_value_is_read_to_a_depth_and_no_further(classifier: ColumnClassifier) -> None:
    value: object = "p@example.com"
    for _ in range(60):
        value = [value]

    verdict = classifier.classify("deep", pa.array([value]))

    assert verdict.evidence["cut"] == 1
    assert verdict.examined == 0
    assert verdict.bound is None


def test_a_long_cell_is_cut_and_counted(classifier: ColumnClassifier) -> None:
    verdict = classifier.classify("note", pa.array(["x" * (50 * MAX_CELL), "short"]))

    assert verdict.evidence["cut"] == 1
    assert verdict.examined == 1
    assert "read in part" in (verdict.reason or "")


def test_something_that_is_no_array_is_not_examined(classifier: ColumnClassifier) -> None:
    verdict = classifier.classify("c1", object())

    assert verdict.outcome == "not_examined"


def test_nested_values_say_what_they_contain(classifier: ColumnClassifier) -> None:
    array = pa.array([{"who": {"mail": f"p{i}@example.com"}} for i in range(40)])

    verdict = classifier.classify("payload", array)

    assert verdict.entity is None
    assert verdict.contains == ("EMAIL_ADDRESS",)
