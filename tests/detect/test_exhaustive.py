"""A scan of every cell finds the one row in ten thousand that a sample may miss, and counts exactly."""

from __future__ import annotations

import random
from collections import Counter

import pyarrow as pa
import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datagov.detect.engine import RowRecogniser
from datagov.detect.exhaustive import scan, sure
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


PIECES = """
13800138000|138-0013-8000|86 13800138000|4111111111111111|4111 1111 1111 1111|6222021234567894
11010519491231002X|11010519491231002x|110105 19491231 002X|7569217076985|756.9217.0769.85|91350100M000100Y43
DE89370400440532013000|DE89 3704 0044 0532 0130 00|京A12345|AKIAABCDEFGHIJKLMNOP|客户来电 |order no |单号|+86 |é|, |. |
""".replace("\n", "|").split("|")
FRAGMENTS = st.one_of(
    st.sampled_from([*PIECES, *" +()x-_@/，", "\n"]),
    st.integers(10**10, 10**19).map(str),
    st.from_regex(r"\A1[3-9][0-9]{9}\Z"),
    st.from_regex(r"\A[a-z]{1,5}(?:\.[a-z]{1,4})?@[a-z]{1,6}\.(?:com|co\.uk)\Z"),
    st.from_regex(r"\A[0-9a-f]{2}(?::[0-9a-f]{2}){5}\Z"),
)


def one_by_one(text: str) -> tuple[set[str], set[str]]:
    """What the recognisers find in a text: entities that are all of it, and entities inside."""
    bare, found = text.strip(), dict[str, bool]()
    for recogniser in RECOGNISERS:
        for one in recogniser.analyze(bare, []):
            if one.score > 0.5:
                entity = recogniser.row.entity
                found[entity] = found.get(entity, False) or (one.start, one.end) == (0, len(bare))
    return {e for e, whole in found.items() if whole}, {e for e, whole in found.items() if not whole}


RECOGNISERS = [RowRecogniser(row) for row in sure()]


@settings(max_examples=250, deadline=None)
@example("11010519491231002X ")
@given(st.lists(FRAGMENTS, min_size=1, max_size=5).map("".join))
def test_many_cells_at_once_are_judged_as_one_by_one(text: str) -> None:
    whole, inside = one_by_one(text)

    seen = scan([pa.array([text])])

    assert (set(seen.whole), set(seen.inside)) == (whole, inside)


@pytest.mark.parametrize("length", range(11, 20))
@pytest.mark.parametrize("head", ["", "62", "4", "51", "1101011990", "86138", "756", "9111", "138", "81"])
def test_check_digits_in_columns_are_those_of_the_recognisers(length: int, head: str) -> None:
    chance = random.Random(f"{length}{head}")
    texts = [(head + "".join(chance.choices("0123456789", k=19)))[:length] for _ in range(1_500)]
    texts += [text[:17] + "X" for text in texts if length == 18]
    expected = Counter(
        entity
        for text in texts
        for entity in {r.entity for r in sure() if re2.fullmatch(r.pattern, text) and r.check(text)}
    )

    assert scan([pa.array(texts)]).whole == dict(sorted(expected.items()))
