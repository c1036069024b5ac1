"""Single values and short texts: every form in which a number is written is found, with its place in the text."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagov.detect import ColumnClassifier, folding


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


ANNOUNCED = [
    ("My SSN is 078051120", {"US_SSN": "078051120"}),
    ("身份证号：11010519491231002X", {"CN_RESIDENT_ID": "11010519491231002X"}),
    ("个人身份证【11010519491231002X】已登记", {"CN_RESIDENT_ID": "11010519491231002X"}),
    ("NHS number 401 023 2137", {"UK_NHS": "401 023 2137"}),
    ('{"ssn":"536904399","nhsNumber":"4010232137"}', {"US_SSN": "536904399", "UK_NHS": "4010232137"}),
    ("SSN: 123-45-6789, NHS: 401 023 2137", {"UK_NHS": "401 023 2137"}),
    ("BSN 111222333, IBAN NL91 ABNA 0417 1643 00", {"NL_BSN": "111222333", "IBAN_CODE": "NL91 ABNA 0417 1643 00"}),
    ("PESEL:\u00a044051401359", {"PL_PESEL": "44051401359"}),
    ("National ID: 44051401359", {"PL_PESEL": "44051401359"}),
    ("手机：１３８００１３８０００", {"CN_MOBILE": "１３８００１３８０００"}),
    ("1380\u200b0138000", {"CN_MOBILE": "1380\u200b0138000"}),
    ("Sozialversicherungsnummer 65 180539 W001", {"DE_SOCIAL_SECURITY": "65 180539 W001"}),
    ("https://x.example/u/11010519491231002X?tel=13800138000", {"CN_MOBILE": "13800138000"}),
    ("मेरा आधार २३४१ २३४१ २३४६", {"IN_AADHAAR": "२३४१ २३४१ २३४६"}),
    ("ИНН 500100732259", {"RU_INN": "500100732259"}),
    ("tckn 10000000146", {"TR_NATIONAL_ID": "10000000146"}),
    ("codice fiscale rccmnl83s18d969h", {"IT_FISCAL_CODE": "rccmnl83s18d969h"}),
    ("driver license: D1234567", {"US_DRIVER_LICENSE": "D1234567"}),
    ("Reisepass C01X00T47", {"DE_PASSPORT": "C01X00T47"}),
    ("DEA AB1234563", {"MEDICAL_LICENSE": "AB1234563"}),
    ("رقم الهوية 1000000008", {"SA_NID": "1000000008"}),
    ("JMBG 0101980710000", {"RS_JMBG": "0101980710000"}),
]


@pytest.mark.parametrize(("text", "expected"), ANNOUNCED)
def test_a_number_is_found_behind_its_word(classifier: ColumnClassifier, text: str, expected: dict[str, str]) -> None:
    found = {seen.entity: text[seen.start : seen.end] for seen in classifier.recognise(text)}

    assert expected.items() <= found.items()


FORMS = [
    ("IP_ADDRESS", "::ffff:192.0.2.1"),
    ("IP_ADDRESS", "2001:db8::1"),
    ("IP_ADDRESS", "fe80::1%eth0"),
    ("IP_ADDRESS", "[2001:db8::1]:443"),
    ("IP_ADDRESS", "192.0.2.1:8080"),
    ("IP_ADDRESS", "198.51.100.0/24"),
    ("MAC_ADDRESS", "001b.4411.3ab7"),
    ("MAC_ADDRESS", "00-1B-44-11-3A-B7"),
    ("MAC_ADDRESS", "02:00:5e:10:00:00:00:01"),
    ("EMAIL_ADDRESS", '"john doe"@example.com'),
    ("EMAIL_ADDRESS", "用户@例子.中国"),
    ("EMAIL_ADDRESS", "first.last+tag@example.co.uk"),
    ("IBAN_CODE", "gb82 west 1234 5698 7654 32"),
    ("IBAN_CODE", "MT84MALT011000012345MTLCAST001S"),
    ("CRYPTO", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    ("CRYPTO", "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"),
    ("CRYPTO", "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ"),
    ("CREDIT_CARD", "2223003122003222"),
    ("CREDIT_CARD", "2200770212727079"),
    ("CREDIT_CARD", "3530111333300000"),
    ("CREDIT_CARD", "36227206271667"),
    ("CREDIT_CARD", "378282246310005"),
    ("CN_BANK_CARD", "6205500000000000004"),
    ("HK_ID", "A123456(3)"),
    ("CA_SIN", "046 454 286"),
    ("CL_RUT", "12.345.678-5"),
    ("BR_CPF", "123.456.789-09"),
    ("UK_NHS", "(401 023 2137)"),
    ("UK_NHS", "401 023 2137."),
    ("CN_PLATE", "京AD12345"),
    ("BE_EID", "591-1917064-58"),
    ("AE_EMIRATES_ID", "784-1980-1234567-8"),
    ("PL_NIP", "856-734-62-15"),
    ("ES_CCC", "1234-1234-16 1234567890"),
    ("KZ_IIN", "850101300005"),
]


@pytest.mark.parametrize(("entity", "text"), FORMS)
def test_a_value_alone_is_found_in_the_form_it_is_written_in(
    classifier: ColumnClassifier, entity: str, text: str
) -> None:
    assert entity in {seen.entity for seen in classifier.recognise(text)}


NOBODYS = [
    *("0-306-40615-2", "978-3-16-148410-0", "9783161484100", "0378-5955", "867102.901", "1700000000", "1700000000000"),
    *("2026-11-26T10:00:00Z", "4006381333931", "v1.22.333.4444", "SKU-12345678", "1,234,567.89", "bitcoin", "::"),
    *("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdx", "AB1234564"),
    *("880320-0018", "invoice 44051401359", "ISBN 0306406152", "订单号 11010519491231"),
]


@pytest.mark.parametrize("text", NOBODYS)
def test_numbers_of_books_goods_and_moments_and_broken_ones_are_not_reported(
    classifier: ColumnClassifier, text: str
) -> None:
    assert classifier.recognise(text) == []


def test_the_example_numbers_of_every_region_are_found_with_their_country_code(classifier: ColumnClassifier) -> None:
    missed = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number(region)
        assert example is not None
        text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if not {"PHONE_NUMBER", "CN_MOBILE"} & {seen.entity for seen in classifier.recognise(f"{text} ext. 12")}:
            missed.append(region)

    assert missed == []


@given(st.text(max_size=60))
def test_a_folded_text_leads_back_to_places_of_the_original(text: str) -> None:
    folded = folding.fold(text)

    for place in range(len(folded.plain)):
        start, end = folded.span(place, place + 1)
        assert 0 <= start < end <= len(text)
        assert folded.plain[place] in folding.fold(text[start:end]).plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("(iPhone; CPU iPhone OS 13_5_1 like Mac OS X) CriOS/31.0.863.0 Mobile/97Z340 Safari/531.2", set()),
        ("mobile app 10.2.3456.78 installed", set()),
        ("phone 06.12.34.56.78", {"PHONE_NUMBER"}),
        ("call mobile 1.212.555.0123", {"PHONE_NUMBER"}),
    ],
)
def test_the_version_of_a_browser_is_no_telephone(classifier: ColumnClassifier, text: str, found: set[str]) -> None:
    assert {one.entity for one in classifier.recognise(text)} == found
