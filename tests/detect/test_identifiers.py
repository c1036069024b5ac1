"""Identifiers: every row compiles, checks, has the chance rate it claims, and is a Presidio recogniser."""

from __future__ import annotations

import random
import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagov.detect import ColumnClassifier, engine, identifiers
from tests.detect import shapes, values

ROWS = identifiers.shipped()
MEASURED = [
    row for row in ROWS if row.check.__name__ not in {"always", "email", "ip", "iban", "swift", "address", "ether"}
]

EXAMPLES = [
    ("CN_RESIDENT_ID", "11010519491231002X"),
    ("CN_USCC", "91350100M000100Y43"),
    ("CN_MOBILE", "+86 138-0013-8000"),
    ("BR_CPF", "390.533.447-05"),
    ("CH_SSN", "756.9217.0769.85"),
    ("CL_RUT", "12.531.909-2"),
    ("DE_TAX_ID", "36 574 261 809"),
    ("ES_NIF", "54362315-K"),
    ("FI_PERSONAL_IDENTITY_CODE", "131052-308T"),
    ("FR_NIR", "2 95 10 99 126 111 93"),
    ("IT_FISCAL_CODE", "RCCMNL83S18D969H"),
    ("MX_CURP", "BOXW310820HNERXN09"),
    ("NO_FODSELSNUMMER", "151086 95088"),
    ("SG_NRIC_FIN", "S1234567D"),
    ("UK_NINO", "AB 12 34 56 C"),
    ("US_SSN", "536-90-4399"),
    ("ES_NIE", "X-2482300W"),
    ("IBAN_CODE", "GB82 WEST 1234 5698 7654 32"),
    ("CREDIT_CARD", "4111 1111 1111 1111"),
    ("EMAIL_ADDRESS", "someone@example.com"),
    ("IP_ADDRESS", "192.0.2.44"),
    ("MAC_ADDRESS", "00:1b:44:11:3a:b7"),
    ("HK_ID", "A123456(3)"),
    ("TW_ID", "A123456789"),
    ("CN_PLATE", "粤B12345"),
    ("PHONE_NUMBER", "+44 20 7946 0958"),
]


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


@pytest.mark.parametrize("row", MEASURED, ids=lambda row: f"{row.entity}-{row.pattern[:12]}")
def test_the_chance_rate_is_the_measured_one(row: identifiers.Identifier) -> None:
    chance = random.Random(1)
    pattern = re.compile(row.pattern)
    texts = [shapes.scramble(shapes.draw(row.pattern, chance), chance) for _ in range(1500)]

    rate = sum(pattern.fullmatch(text) is not None and row.check(text) for text in texts) / len(texts)

    assert rate <= 2 * row.chance + 0.006


@pytest.mark.parametrize(("entity", "text"), EXAMPLES)
def test_a_published_example_is_found_in_a_text_and_alone(classifier: ColumnClassifier, entity: str, text: str) -> None:
    alone = {found.entity for found in classifier.recognise(text)}
    inside = [found for found in classifier.recognise(f"value: {text}, noted") if found.entity == entity]

    assert entity in alone
    if text[-1] not in ")C5":
        assert all(0.5 <= found.score <= 1 for found in inside)
        assert all(f"value: {text}, noted"[found.start : found.end] == text for found in inside)


LOOK_ALIKES = [
    *(
        "11010519491231002",
        "110105194912310021",
        "4111 1111 1111 1112",
        "GB82 WEST 1234 5698 7654 33",
        "390.533.447-06",
    ),
    *(
        "2026-11-23",
        "1.2.3.4",
        "Chrome/13.0.862.0",
        "someone@",
        "@example.com",
        "1700000000000",
        "plain words",
        "",
    ),
    "3fa85f64-5717-4562-b3fc-2c963f66afa6",
]


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_what_only_looks_like_an_identifier_is_not_reported(classifier: ColumnClassifier, text: str) -> None:
    assert classifier.recognise(text) == []


def test_a_number_that_needs_its_word_is_found_with_it(classifier: ColumnClassifier) -> None:
    assert classifier.recognise("we wrote 44051401359 on it") == []
    assert [d.entity for d in classifier.recognise("PESEL: 44051401359")] == ["PL_PESEL"]


RARE_BY_CHANCE = ["44051401359", "39053344705", "10000000146", "36574261809", "38001085718", "197701015046"]


@pytest.mark.parametrize("text", RARE_BY_CHANCE)
def test_a_bare_number_that_chance_seldom_makes_is_reported(classifier: ColumnClassifier, text: str) -> None:
    assert all(found.score > engine.THRESHOLD for found in classifier.recognise(text))


COMMON_BY_CHANCE = [("NL_BSN", "111222333"), ("UK_NHS", "4010232137"), ("HR_OIB", "33392005961")]


@pytest.mark.parametrize(("entity", "text"), COMMON_BY_CHANCE)
def test_a_bare_number_whose_check_one_in_ten_passes_is_reported_with_its_doubt_when_asked_for(
    classifier: ColumnClassifier, entity: str, text: str
) -> None:
    found = {d.entity: d.score for d in classifier.recognise(text, doubtful=True)}

    assert classifier.recognise(text) == []
    assert engine.DOUBTFUL <= found[entity] < engine.THRESHOLD


@pytest.mark.parametrize(
    "text", ["order no. 13800138000 shipped", "订单号:13800138000已发货", "txn_id=4111111111111111"]
)
def test_the_number_of_an_order_is_no_number_of_a_person(classifier: ColumnClassifier, text: str) -> None:
    assert classifier.recognise(text) == []


CERTAIN = (
    *("CN_RESIDENT_ID", "CN_USCC", "CN_MOBILE", "CN_BANK_CARD", "CREDIT_CARD", "IBAN_CODE", "EMAIL_ADDRESS"),
    *("BR_CPF", "CA_SIN", "CH_SSN", "CL_RUT", "ES_NIF", "FR_NIR", "HR_OIB", "IN_AADHAAR", "IT_FISCAL_CODE"),
    *("NL_BSN", "NO_FODSELSNUMMER", "PL_PESEL", "PT_NIF", "RO_CNP", "UK_NHS", "US_SSN", "ZA_ID_NUMBER"),
)


@pytest.mark.parametrize("kind", CERTAIN)
def test_valid_numbers_of_a_kind_are_found_alone_and_broken_ones_are_not(
    classifier: ColumnClassifier, kind: str
) -> None:
    chance = random.Random(5)
    good = [{d.entity for d in classifier.recognise(text, doubtful=True)} for text in values.valid(kind, 8, chance)]
    bad = [{d.entity for d in classifier.recognise(text, doubtful=True)} for text in values.broken(kind, 8, chance)]

    assert sum(kind in found for found in good) >= 7
    assert not any(kind in found for found in bad)


@given(st.text(max_size=40))
def test_no_check_ever_raises(text: str) -> None:
    assert all(row.check(text) in (True, False) for row in ROWS)


def test_a_national_number_column_is_told_by_its_check_digits(classifier: ColumnClassifier) -> None:
    chance = random.Random(3)
    row = next(r for r in ROWS if r.entity == "PL_PESEL")
    texts = (shapes.draw(row.pattern, chance) for _ in range(10**6))
    valid = [text for text, _ in zip((t for t in texts if row.check(t)), range(80), strict=False)]

    verdict = classifier.classify("c7", pa.array(valid))

    assert verdict.entity == "PL_PESEL"
    assert verdict.evidence["chance_rate"] < 0.05


def test_every_recogniser_is_presidios() -> None:
    from presidio_analyzer import EntityRecognizer

    recognisers = list(engine.build(ROWS).registry.recognizers)

    assert len(recognisers) > len(ROWS)
    assert all(isinstance(recogniser, EntityRecognizer) for recogniser in recognisers)
