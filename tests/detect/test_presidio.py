"""Where Presidio's own recognisers answer otherwise than the standards: both are run, side by side."""

from __future__ import annotations

import presidio_analyzer.predefined_recognizers as theirs
import pytest

from datagov.detect import ColumnClassifier


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


def _presidio(name: str, text: str) -> set[str]:
    recogniser = getattr(theirs, name)()
    return {found.entity_type for found in recogniser.analyze(text, recogniser.supported_entities, None)}


ACCEPTED = [
    ("ItFiscalCodeRecognizer", "IT_FISCAL_CODE", "RCCMNL83S18D969A", "wrong check letter"),
    ("SgFinRecognizer", "SG_NRIC_FIN", "S1234567A", "wrong check letter"),
    ("KrRrnRecognizer", "KR_RRN", "950101-1234567", "wrong check digit"),
    ("UsSsnRecognizer", "US_SSN", "900-12-3456", "an area that is not issued"),
    ("IpRecognizer", "IP_ADDRESS", "1.2.3.4", "a version as likely as an address"),
]


@pytest.mark.parametrize(("name", "entity", "text", "why"), ACCEPTED)
def test_presidio_accepts_what_is_none(
    classifier: ColumnClassifier, name: str, entity: str, text: str, why: str
) -> None:
    assert entity in _presidio(name, text), why
    assert classifier.recognise(text) == []


MISSED = [
    ("CreditCardRecognizer", "CREDIT_CARD", "2223003122003222", "Mastercard's 2-series"),
    ("CreditCardRecognizer", "CREDIT_CARD", "2200770212727079", "Mir"),
    ("CreditCardRecognizer", "CREDIT_CARD", "４１１１１１１１１１１１１１１１", "full-width digits"),
    ("UsSsnRecognizer", "US_SSN", "536\u201190\u20114399", "non-breaking hyphens"),
    ("EsNieRecognizer", "ES_NIE", "X-2482300W", "the official hyphen"),
    ("CryptoRecognizer", "CRYPTO", "0x52908400098527886E0F7030069857D2E4169EE7", "Ethereum"),
    ("IbanRecognizer", "IBAN_CODE", "gb82 west 1234 5698 7654 32", "lower case"),
    ("CaSinRecognizer", "CA_SIN", "046 454 286", "the number of the application form"),
]


@pytest.mark.parametrize(("name", "entity", "text", "why"), MISSED)
def test_presidio_misses_what_is_one(classifier: ColumnClassifier, name: str, entity: str, text: str, why: str) -> None:
    assert entity not in _presidio(name, text), why
    assert entity in {found.entity for found in classifier.recognise(text)}
