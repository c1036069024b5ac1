"""A scan of every cell finds the one row in ten thousand that a sample may miss, and counts exactly."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from datagov.detect.exhaustive import scan
from tests.detect import values


@pytest.mark.parametrize("kind", ["CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "EMAIL_ADDRESS", "IBAN_CODE"])
def test_rare_identifiers_inside_text_are_counted_to_the_last_one(kind: str) -> None:
    hidden = values.valid(kind, 5, random.Random(2))
    texts = [f"parcel {i} went out on day {i % 28}" for i in range(50_000)]
    for place, text in enumerate(hidden):
        texts[9_000 * place + 17] = f"the customer gave {text} as well"

    seen = scan([pa.array(texts)])

    assert seen.inside[kind] == 5
    assert (seen.rows, seen.bound) == (50_000, 0.0)


@pytest.mark.parametrize("kind", ["CN_RESIDENT_ID", "CN_MOBILE", "CN_BANK_CARD", "EMAIL_ADDRESS"])
def test_whole_cells_are_counted_and_broken_ones_are_not(kind: str) -> None:
    chance = random.Random(4)
    good, bad = values.valid(kind, 30, chance), list(values.broken(kind, 30, chance))

    seen = scan([pa.array([*good, *good, *bad, None])])

    assert seen.whole[kind] == 60
    assert seen.empty == 1


def test_the_chunking_changes_nothing() -> None:
    texts = values.valid("CREDIT_CARD", 40, random.Random(1)) + ["x@example.com", "nothing"] * 20
    array = pa.array(texts)

    assert scan([array]) == scan([array.slice(i, 7) for i in range(0, len(array), 7)])
    assert scan([array]) == scan([array.dictionary_encode()])


def test_cells_that_are_no_text_are_unscanned_and_never_clean() -> None:
    seen = scan([pa.array([b"\xff\xfe", b"\x80"]), pa.array([{"a": 1}])])

    assert (seen.rows, seen.unscanned, seen.bound) == (3, 3, None)


def test_an_empty_column_has_no_bound() -> None:
    assert scan([]).bound is None
    assert scan([pa.nulls(4)]).bound is None


def test_a_cell_of_megabytes_is_scanned_to_its_end() -> None:
    seen = scan([pa.array(["word " * 400_000 + "x@example.com"])])

    assert seen.inside == {"EMAIL_ADDRESS": 1}
