"""Columns whose name says nothing: what their values alone tell, and what they do not."""

# ruff: noqa: E501 - a table of cases is easier to read with one case a line

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier, articles, born, dialling, likeness, people, places

ROWS = 90
Make = Callable[[random.Random], str]


def _column(make: Make) -> list[str]:
    chance = random.Random(5)
    return [make(chance) for _ in range(ROWS)]


def _digits(chance: random.Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _isbn(chance: random.Random) -> str:
    body = _digits(chance, 9)
    check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
    return body + ("X" if check == 10 else str(check))


def _nhs(chance: random.Random) -> str:
    while True:
        body = "4" + _digits(chance, 8)
        check = -sum(int(d) * w for d, w in zip(body, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{body[:3]} {body[3:6]} {body[6:]}{check}"


def _siren(chance: random.Random) -> str:
    while True:
        digits = _digits(chance, 9)
        doubled = [int(d) * (1 + i % 2) for i, d in enumerate(digits)]
        if sum(d - 9 * (d > 9) for d in doubled) % 10 == 0:
            return f"{digits[:3]} {digits[3:6]} {digits[6:]}"


def _pick(*parts: str) -> Make:
    lists = [part.split() for part in parts]
    return lambda chance: " ".join(chance.choice(words) for words in lists)


_GROUPS = ((100, 999), (100, 999), (1000, 9999))
_FAMILY = (
    "Vanderhoogstraete Krzemieniewski Waldhäusler Gonçalvesini Hakimzadehpour Olufunmibi Bogavčić Karaklajić Terzibašić "
    "Ramanujappa Schnatterbeck Petrovskikh Abdulrazzaqi Fitzhenrys Mackellarson Dambrosini Zakharchenkova Venkatramanan"
)
_GIVEN = "Mildrun Bartosław Ottilina Anneliesa Giannetta Wilhelmko Rajeshwarina Adewunmi Mahmoudreza Katarinka Jeanluc Ilonka"
_CHINESE_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_HOUSES = "Wierzbowa Krótka Młyńska Łąkowa Ogrodowa Zamkowa Garncarska Piekarska Strażacka Torowa Źródlana Wąska Rybna"

TOLD: list[tuple[str, str | None, Make]] = [
    ("names that are in no list, by their letters", "PERSON", _pick(_GIVEN, _FAMILY)),
    ("Chinese family names alone", "PERSON", lambda c: c.choice(_CHINESE_FAMILY)),
    ("Chinese given names alone", "PERSON", lambda c: c.choice("文志建雅佳思明晓") + c.choice("华强敏静丽伟芳娟杰")),
    ("Japanese given names alone", "PERSON", lambda c: c.choice("和洋智直真裕美恵") + c.choice("子美之樹介郎香哉")),
    ("sons and daughters as Malaysia writes them", "PERSON", _pick("Ramesh Anita Suresh Kavita", "a/l a/p", "Muthu Rajan Pillai Nair")),
    ("streets without a word for them, and house numbers", "LOCATION", lambda c: f"{c.choice(_HOUSES.split())} {c.randint(1, 140)}{c.choice(('', 'A', '/4'))}"),
    ("house number, postcode and place without commas", "LOCATION", lambda c: f"{c.choice(_HOUSES.split())} {c.randint(1, 99)} {c.randint(10000, 99999)} Dolina"),
    ("addresses whose ends of lines are written out", "LOCATION", lambda c: f"{c.choice(_HOUSES.split())} ulica {c.randint(1, 99)}\\n {c.randint(1000, 9999)}\\n Dolina"),
    ("streets without a number, s/n", "LOCATION", lambda c: f"{c.choice(('Rua', 'Avenida'))} {c.choice(('Aurora', 'Bela Vista', 'do Sol'))}, {c.choice(('s/n', '12', '340', '57'))}"),
    ("telephones with a trunk zero, some grouped", "PHONE_NUMBER", lambda c: f"0{c.randint(2, 9)}" + c.choice(("{}", " {} ")).format(_digits(c, 3)) + _digits(c, 4)),
    ("telephones in pairs of digits", "PHONE_NUMBER", lambda c: c.choice(" -").join(str(c.randint(10, 99)) for _ in range(4))),
    ("numbers of persons that all carry a birth date", "DK_CPR", lambda c: f"{c.randint(1, 28):02}{c.randint(1, 12):02}{c.randint(0, 99):02}-{_digits(c, 4)}"),
    ("health numbers, though grouped as telephones", "UK_NHS", _nhs),
    ("ISBNs of ten signs", None, _isbn),
    ("numbers of French firms", None, _siren),
    ("Chinese streets", None, lambda c: c.choice(_CHINESE_FAMILY) + c.choice("文志建雅佳思明晓") + "路"),
    ("places called after persons", None, _pick("San Villa Puerto Los", "Esteban Ramírez Aurelio Mónica Gutiérrez Beatriz")),
    ("firms of partners' names", None, lambda c: f"{c.choice(_FAMILY.split())}{c.choice(('', ' SPRL', ' VZW', ' & Zn'))}"),
    ("licence plates are no streets", None, lambda c: f"{c.choice('ABC')}{c.choice('DEF')}-{c.choice('KLM')} {c.randint(10, 9999)}"),
    ("models of a few makes are no streets", None, lambda c: f"{c.choice(('Cargo', 'Nordic', 'Vento'))} {c.randint(1, 900)}"),
    ("dates of orders in numbers are no births", None, lambda c: f"{c.randint(1, 28):02}{c.randint(1, 12):02}{c.randint(24, 26)}-{_digits(c, 4)}"),
    ("times and draws of lots in pairs are no telephones", None, lambda c: " ".join(f"{c.randint(1, 49):02}" for _ in range(4))),
    ("padded numbers are no telephones", None, lambda c: f"{c.randint(1, 10**7):010}"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "make"), [case[1:] for case in TOLD], ids=[case[0] for case in TOLD])
def test_values_tell_what_a_column_without_a_name_is(entity: str | None, make: Make) -> None:
    verdict = ColumnClassifier().classify("c1", pa.array(_column(make)), table="t")

    assert verdict.entity == entity


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("kowalczykiewicz", "screwdriver"),
        ("ramaswamy", "porosity"),
        ("grünbauer", "neustadt"),
        ("adebowale", "springfield"),
    ],
)
def test_letters_of_a_name_weigh_more_than_those_of_another_word(name: str, other: str) -> None:
    assert likeness.odds(name) > likeness.odds(other) + 1


def test_words_without_latin_letters_are_not_judged_by_letters() -> None:
    assert likeness.mean([people.marked_words("สมชาย ใจดี"), people.marked_words("王小明")]) is None


def test_georgian_letters_are_not_taken_for_small_ones() -> None:
    assert people.measure(["ნინო ბერიძე", "გიორგი კაპანაძე"] * 8).only > 0


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["0-306-40615-2", "080442957X"], True),
        (["0-306-40615-2"], False),
        (["1234567890", "080442957X"], False),
        ([], False),
    ],
    ids=["with the sign X", "without it", "half of them pass", "nothing"],
)
def test_books_are_told_by_their_sum_and_the_sign_that_only_they_have(texts: list[str], told: bool) -> None:
    assert articles.are_books(texts) is told


@pytest.mark.parametrize(
    ("layout", "entity"),
    [
        (lambda day, year: f"{day:02}05{year:02}-1234", "DK_CPR"),
        (lambda day, year: f"320101{day + 40:02}05{year:02}0001", "ID_NIK"),
        (lambda day, year: f"2{year:02}05{day:02}0112345", "EG_NATIONAL_ID"),
        (lambda day, year: f"{day:02}25{year:02}-1234", None),
        (lambda day, year: f"{day:02}0524-12{year:02}", None),
    ],
    ids=["Danish", "Indonesian women", "Egyptian", "no such month", "one year"],
)
def test_numbers_are_told_by_the_births_they_carry(layout: Callable[[int, int], str], entity: str | None) -> None:
    found = born.carried([layout(1 + n % 28, 40 + n) for n in range(50)])

    assert (found[0] if found else None) == entity


def test_a_dozen_numbers_are_too_few_to_carry_births() -> None:
    assert born.carried([f"0105{year}-1234" for year in range(50, 62)]) is None


@pytest.mark.parametrize(
    "layouts",
    [
        ("90-{}-{}-{}", "90 {} {} {}", "90.{}.{}.{}", "90{}{}{}"),
        ("0{} {}{}", "0{}{}{}"),
    ],
    ids=["plain and grouped, with a country's code", "plain and grouped, with a trunk zero"],
)
def test_one_number_written_in_several_ways_is_a_telephone(layouts: Sequence[str]) -> None:
    chance = random.Random(1)
    texts = [layouts[n % len(layouts)].format(*(chance.randint(*ends) for ends in _GROUPS)) for n in range(40)]

    assert dialling.as_dialled(texts) > 4


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Mill Lane 4\\n 1000 Town", "Mill Lane 4, 1000 Town"),
        ("Mill Lane 4\n1000 Town", "Mill Lane 4, 1000 Town"),
        ("Mill Lane", "Mill Lane"),
    ],
)
def test_an_address_of_several_lines_is_read_as_one(text: str, lines: str) -> None:
    assert places._on_one_line(text) == lines
