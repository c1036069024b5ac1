"""What a clean column may still hide counts every cell that was cut, unreadable or not tried."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from datagov.detect.exhaustive import scan
from datagov.detect.fields import inside
from datagov.detect.sample import MAX_CELL, MAX_LEAVES
from tests.detect import values

MAILS = [f"p{n}@example.com" for n in range(60)]


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


def broken(cells: list[bytes]) -> pa.Array:
    """Bytes handed over as text, as a careless writer does."""
    return pa.Array.from_buffers(pa.string(), len(cells), pa.array(cells).buffers())


def test_a_cell_of_many_bytes_that_are_no_text_is_unreadable_and_not_empty(classifier: ColumnClassifier) -> None:
    verdict = classifier.classify("c1", pa.array([b"\xff" * (10 * MAX_CELL)] * 20 + [b"a word"] * 20))

    assert (verdict.evidence["unreadable"], verdict.evidence["empty"], verdict.examined) == (20, 0, 20)
    assert "20 cells were not text" in str(verdict.reason)


@pytest.mark.parametrize("cells", [[b"\xff\xfe" * 9] * 500, [b"word " * MAX_CELL] * 500, [b" " * 2 * MAX_CELL] * 500])
def test_the_bound_of_a_column_of_which_half_was_not_read_is_no_less_than_half(
    classifier: ColumnClassifier, cells: list[bytes]
) -> None:
    verdict = classifier.classify("c1", pa.array([*cells, *[b"a word"] * 500]))

    assert (verdict.entity, verdict.examined) == (None, 500)
    assert verdict.bound is not None
    assert 0.5 < verdict.bound < 0.6


def test_every_drawn_cell_is_counted_once(classifier: ColumnClassifier) -> None:
    cells = [None, "", "n/a", " " * 2 * MAX_CELL, "x" * 2 * MAX_CELL, "word"]
    seen = classifier.classify("c1", pa.array(cells * 9)).evidence

    assert seen["read"] + seen["empty"] + seen["cut"] + seen["unreadable"] == seen["drawn"] == 54
    assert (seen["read"], seen["empty"], seen["cut"]) == (9, 27, 18)


@pytest.mark.parametrize("kind", ["CN_RESIDENT_ID", "CREDIT_CARD", "IBAN_CODE", "MAC_ADDRESS", "CN_MOBILE"])
def test_a_tenth_of_identifiers_among_codes_is_no_clean_column(classifier: ColumnClassifier, kind: str) -> None:
    chance = random.Random(3)
    cells = [*values.valid(kind, 100, chance), *[f"REF{n:05d}" for n in range(900)]]
    chance.shuffle(cells)

    verdict = classifier.classify("c1", pa.array(cells))

    assert verdict.entity is None
    assert verdict.contains == (kind,)
    assert verdict.bound is None


@pytest.mark.parametrize("digits", [11, 15, 16, 18])
def test_numbers_that_pass_a_check_by_chance_are_not_taken_for_identifiers(
    classifier: ColumnClassifier, digits: int
) -> None:
    chance = random.Random(digits)
    cells = [f"{chance.randrange(10 ** (digits - 1), 10**digits)}" for _ in range(500)]

    verdict = classifier.classify("c1", pa.array([*cells, *[f"REF{n:05d}" for n in range(500)]]))

    assert (verdict.entity, verdict.contains) == (None, ())


SECRETS = {
    "UK_NINO": "the applicant gave his nino AB123456C as it stands",
    "CN_PLATE": "the car with 京A12345 was seen at the gate",
    "MAC_ADDRESS": "the device de:ad:be:ef:ca:fe lost its network again",
    "API_KEY": "please rotate AKIAIOSFODNN7EXAMPLE before the weekend",
    "PRIVATE_KEY": "someone pasted -----BEGIN RSA PRIVATE KEY----- in here",
}


@pytest.mark.parametrize("kind", SECRETS)
def test_what_has_few_figures_is_found_inside_free_text_too(classifier: ColumnClassifier, kind: str) -> None:
    notes = [f"the parcel went out on day {n} as it was asked for" for n in range(80)]

    verdict = classifier.classify("note", pa.array([*notes, *[SECRETS[kind]] * 5]))

    assert kind in verdict.contains


def test_cells_that_are_tried_are_not_the_first_of_the_table(classifier: ColumnClassifier) -> None:
    early = [f"ticket 8800{n:07d} was closed without a word by the desk" for n in range(700)]
    late = [f"write to p{n}@example.com about the matter as soon as you can" for n in range(300)]

    assert "EMAIL_ADDRESS" in classifier.classify("note", pa.array([*early, *late])).contains


def test_the_bound_says_so_when_not_every_cell_that_could_hold_something_was_tried(
    classifier: ColumnClassifier,
) -> None:
    verdict = classifier.classify("c1", pa.array([f"part {n:05d}-{n:05d} of lot 7" for n in range(900)]))

    assert verdict.contains == ()
    untried = verdict.evidence["untried"]
    assert untried > 0
    assert verdict.bound == pytest.approx(3 / (900 - untried))


def test_a_struct_of_thousands_of_fields_is_read_as_far_as_there_is_room(classifier: ColumnClassifier) -> None:
    wide = pa.StructArray.from_arrays([pa.array(["a word"] * 60)] * 3_000, names=[f"f{n}" for n in range(3_000)])

    verdict = classifier.classify("payload", wide)

    assert verdict.examined == MAX_LEAVES // 3_000
    assert verdict.evidence["cut"] == 60 - verdict.examined
    assert verdict.bound is not None
    assert verdict.bound > 0.5


@pytest.mark.parametrize(
    "array",
    [
        pa.array(['{"a": "\\ud800"}', '{"\\ud800": 1}'] * 30),
        pa.array(['{"a": NaN, "b": 1e999}'] * 30),
        pa.array(['{"a": ' + "9" * 5_000 + "}"] * 30),
        pa.array(["[" * 900 + "]" * 900] * 30),
        broken([b"\xff\xfe", b'{"a": 1}'] * 30),
    ],
    ids=["half characters", "no numbers", "huge numbers", "deep", "no text"],
)
def test_json_of_any_kind_is_taken_apart_or_left(array: pa.Array) -> None:
    found = inside(pa.chunked_array([array]))

    assert found is None or all(isinstance(held, pa.Array) for held in found.fields.values())


SCANS = {
    "one bad cell among texts": (broken([b"\xff", *[m.encode() for m in MAILS]]), 60, 1),
    "one bad cell among bytes": (pa.array([b"\xff", *[m.encode() for m in MAILS]]), 60, 1),
    "a dictionary of bytes": (pa.array([b"\xff", b"a@example.com", None] * 9).dictionary_encode(), 9, 9),
    "a dictionary of dictionaries": (
        pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(MAILS[:1]).dictionary_encode()),
        2,
        0,
    ),
    "runs of a dictionary": (
        pa.RunEndEncodedArray.from_arrays(pa.array([60], pa.int32()), pa.array(MAILS[:1]).dictionary_encode()),
        60,
        0,
    ),
    "a part of runs": (
        pa.RunEndEncodedArray.from_arrays(pa.array([5, 9], pa.int32()), pa.array([MAILS[0], "x"])).slice(2, 5),
        3,
        0,
    ),
}


@pytest.mark.parametrize("kind", SCANS)
def test_a_scan_counts_every_cell_that_is_text_and_no_other(kind: str) -> None:
    array, mails, unscanned = SCANS[kind]

    seen = scan([array])

    assert (seen.rows, seen.whole.get("EMAIL_ADDRESS"), seen.unscanned) == (len(array), mails, unscanned)


def test_a_long_value_of_a_dictionary_is_never_spread_over_its_rows() -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 60_000), pa.array(["x" * 10_000_000]))

    assert scan([long]).scanned == 60_000


def test_a_zone_that_the_machine_does_not_know_leaves_moments_readable(classifier: ColumnClassifier) -> None:
    verdict = classifier.classify("c1", pa.array([0, 1] * 20, pa.timestamp("s", tz="No/Where")))

    assert (verdict.outcome, verdict.examined) == ("examined", 40)


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.timestamp("s"), pa.date64()])
def test_moments_beyond_the_calendar_are_said_to_be_unreadable(classifier: ColumnClassifier, kind: pa.DataType) -> None:
    verdict = classifier.classify("c1", pa.array([2**62, -(2**62)], pa.int64()).view(kind))

    assert (verdict.outcome, verdict.bound) == ("not_examined", None)
    assert "could not be read" in str(verdict.reason)
