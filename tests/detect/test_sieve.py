"""What the sieve keeps from Presidio's engine is what no recogniser of ours would find anything in."""

from __future__ import annotations

import random
import sys
import unicodedata

import pytest
import re2
from hypothesis import example, given, settings
from hypothesis import strategies as st

from datagov.detect import identifiers, labels
from datagov.detect.engine import DOUBTFUL, build, detect, tried
from datagov.detect.patterns import apart
from datagov.detect.recognisers import PhoneRecogniser, RowRecogniser, whole
from datagov.detect.sample import normalise
from tests.detect import values

ENGINE = build(identifiers.shipped())
ROWS = [RowRecogniser(row) for row in identifiers.shipped()]
WORDS = sorted({word for row in identifiers.shipped() for word in row.context})
NUMBERS = [text for kind in values.KINDS for text in values.valid(kind, 2, random.Random(kind))]
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(NUMBERS),
        st.sampled_from(WORDS),
        st.sampled_from([" ", " ", "_", "x", ".", "，", "(", ")", "号", "é", "the parcel was late ", "p@example.com"]),
        st.integers(0, 10**16).map(str),
    ),
    min_size=1,
    max_size=6,
).map("".join)


def found_one_by_one(text: str) -> set[tuple[str, int, int]]:
    """What every recogniser alone reports, the doubtful ones too. A row that needs a word is asked where the text has
    the word whole, or where nothing but the number is there."""
    plain = labels.plain(text)
    asked = [
        row
        for row in ROWS
        if row.row.alone is not None or row.is_spoken_of(plain) or re2.search(whole(row.row.pattern), text)
    ]
    results = [r for row in asked for r in row.analyze(text, [])] + PhoneRecogniser().analyze(text, [])
    return {(r.entity_type, r.start, r.end) for r in results if r.score >= DOUBTFUL}


@settings(max_examples=120, deadline=None)
@given(TEXTS)
@example("xcall 12345" + " and so on, and so on, and so on, and so on" * 2)
@example("y" * 40 + "xno 12345678 " + "z" * 20 + "call")
@example("call 12345")
@example("the parcel was late 4111111111111111_")
@example("x13800138000")
def test_a_text_that_the_sieve_keeps_back_holds_nothing_for_any_recogniser(text: str) -> None:
    if tried(ENGINE, text) is None:
        assert found_one_by_one(text) == set()


@pytest.mark.parametrize("kind", sorted({*values.KINDS} & {row.entity for row in identifiers.shipped()}))
def test_a_valid_number_passes_the_sieve_with_its_word(kind: str) -> None:
    (row, *_) = (row for row in identifiers.shipped() if row.entity == kind)
    for text in values.valid(kind, 3, random.Random(7)):
        assert tried(ENGINE, f"{row.context[0]}: {text}") is not None


def test_a_text_without_a_number_or_an_address_is_kept_back() -> None:
    assert tried(ENGINE, "please call back tomorrow about the late parcel, nobody was at home to take it") is None
    assert detect(ENGINE, "please call back tomorrow about the late parcel, nobody was at home to take it") == []


@pytest.mark.parametrize("pattern", [r"_\d{3}", r"\w{3}", r"[!-~]{3}", r"[^ ]{3}", r".{3}", r"\S{3}", r"\x5f\d"])
def test_a_pattern_that_may_begin_with_an_underscore_is_looked_for_anywhere(pattern: str) -> None:
    assert apart(pattern) == pattern


@pytest.mark.parametrize(
    ("text", "stands"),
    [("123", True), ("a 123.", True), ("号123号", True), ("é123", True), ("1234", False), ("a123", False)],
)
def test_a_number_within_a_longer_word_does_not_stand_apart(text: str, stands: bool) -> None:
    assert (re2.search(apart(r"\d{3}"), text) is not None) is stands


@pytest.mark.parametrize("word", WORDS)
def test_the_core_of_a_word_stands_wherever_the_word_does(word: str) -> None:
    plain = labels.plain(f"seen: {word} 12")

    assert re2.search(labels.core(word), plain)


def test_every_dash_of_unicode_is_read_as_a_hyphen() -> None:
    dashes = [chr(n) for n in range(sys.maxunicode + 1) if unicodedata.category(chr(n)) == "Pd"]

    assert [normalise(f"a{dash}b") for dash in dashes] == ["a-b"] * len(dashes)
