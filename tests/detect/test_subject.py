"""A city is part of an address where the values of other columns show that the rows are about persons."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from datagov.detect.verdict import Verdict
from tests.detect import values

CHANCE = random.Random(2)
ROWS = 60
FIRST = ["Anna", "Peter", "Maria", "John", "Laura", "Thomas", "Julia", "Michael", "Sarah", "David"]
LAST = ["Schmidt", "Miller", "Garcia", "Rossi", "Novak", "Jensen", "Kowalski", "Silva", "Murphy", "Dubois"]
NAMES = [f"{CHANCE.choice(FIRST)} {CHANCE.choice(LAST)}" for _ in range(ROWS)]
MAILS = [f"user{n}@example.com" for n in range(ROWS)]
NUMBERS = values.valid("CN_RESIDENT_ID", ROWS, CHANCE)
FIRMS = values.valid("CN_USCC", ROWS, CHANCE)
CITIES = [CHANCE.choice(["Berlin", "Oslo", "Lyon", "Porto", "Graz", "Turin"]) for _ in range(ROWS)]
城市 = [CHANCE.choice(["北京", "上海", "广州", "深圳", "成都", "杭州"]) for _ in range(ROWS)]
CODES = [f"{CHANCE.randint(10000, 99999)}" for _ in range(ROWS)]


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


def looked_at(
    classifier: ColumnClassifier, table: str, columns: Mapping[str, Sequence[str]]
) -> tuple[tuple[str, ...], dict[str, Verdict]]:
    first = {name: classifier.classify(name, pa.array(cells), table=table) for name, cells in columns.items()}
    shown = classifier.subject(table, first)
    arrays = {name: pa.array(cells) for name, cells in columns.items()}
    return shown, {
        name: classifier.classify(name, array, table=table, of_persons=shown) for name, array in arrays.items()
    }


@pytest.mark.parametrize(
    ("name", "cells"), [("city", CITIES), ("ort", CITIES), ("城市", 城市), ("postcode", CODES), ("region", CITIES)]
)
@pytest.mark.parametrize("persons", [{"c1": NAMES, "c2": MAILS}, {"c1": NUMBERS}, {"name": NAMES, "email": MAILS}])
def test_a_city_beside_persons_in_a_table_without_a_telling_name_is_part_of_an_address(
    classifier: ColumnClassifier, name: str, cells: list[str], persons: dict[str, list[str]]
) -> None:
    shown, verdicts = looked_at(classifier, "t1", {**persons, name: cells})

    assert shown == tuple(persons)
    assert verdicts[name].entity == "LOCATION"
    assert verdicts[name].evidence["rows_are_persons_by"] == list(persons)


OTHERS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "a table of shops": ("shop", {"c1": NAMES, "c2": MAILS}),
    "a column named after things": ("t1", {"product": CODES, "c1": NAMES, "c2": MAILS}),
    "shops and who manages them": ("t1", {"shop_name": CITIES, "manager": NAMES, "manager_email": MAILS}),
    "an address alone": ("t1", {"c1": MAILS}),
    "names alone": ("t1", {"c1": NAMES}),
    "the address of a manager": ("t1", {"c1": NAMES, "manager_email": MAILS}),
    "firms and who stands for them": ("t1", {"c1": FIRMS, "c2": NUMBERS, "c3": NAMES}),
    "nobody": ("t1", {"c1": CODES}),
    "an empty table": ("t1", {"c1": [], "c2": []}),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_a_city_beside_a_thing_that_somebody_looks_after_is_nobody_s(classifier: ColumnClassifier, kind: str) -> None:
    table, columns = OTHERS[kind]

    shown, verdicts = looked_at(classifier, table, {**columns, "city": CITIES})

    assert shown == ()
    assert verdicts["city"].entity is None
    assert "rows_are_persons_by" not in verdicts["city"].evidence


def test_a_column_without_a_telling_name_stays_what_it_was(classifier: ColumnClassifier) -> None:
    _, verdicts = looked_at(classifier, "t1", {"c1": NAMES, "c2": MAILS, "c3": CITIES})

    assert verdicts["c3"].entity is None
