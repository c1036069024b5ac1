"""A column's verdict: what it is by name and values together, by values alone, and what it is not."""

from __future__ import annotations

import pyarrow as pa
import pytest

from datagov.detect import ColumnClassifier
from tests.detect import columns


@pytest.fixture(scope="module")
def classifier() -> ColumnClassifier:
    return ColumnClassifier()


@pytest.mark.parametrize("name", columns.personal())
def test_a_personal_column_is_recognised(classifier: ColumnClassifier, name: str) -> None:
    entity, values = columns.personal()[name]

    verdict = classifier.classify(name, pa.array(values), table="customer")

    assert verdict.entity == entity
    assert verdict.confidence >= 0.6
    assert verdict.outcome == "examined"
    assert verdict.examined == len(values)
    assert verdict.bound is None


@pytest.mark.parametrize(
    "name",
    [name for name in columns.personal() if name not in {"sex", "age", "device_id"}],
)
def test_a_personal_column_with_an_opaque_name_is_recognised(classifier: ColumnClassifier, name: str) -> None:
    entity, values = columns.personal()[name]

    assert classifier.classify("c1", pa.array(values)).entity == entity


@pytest.mark.parametrize("name", columns.decoys())
@pytest.mark.parametrize("shown", ["own", "c2"])
def test_a_decoy_is_not_personal(classifier: ColumnClassifier, name: str, shown: str) -> None:
    values = columns.decoys()[name]

    verdict = classifier.classify(name if shown == "own" else shown, pa.array(values), table="t")

    assert verdict.entity is None
    assert verdict.contains == ()
    if verdict.masking is None:
        untried = verdict.evidence.get("untried", 0)
        assert verdict.bound == pytest.approx(3 / (len(values) - untried))


def test_parts_of_an_address_are_personal_only_where_persons_are_meant(classifier: ColumnClassifier) -> None:
    cities = pa.array(["Berlin", "Oslo", "Lyon", "Porto", "Graz", "Turin"] * 5)

    of_persons = classifier.classify("City", cities, table="Customer")
    of_shops = classifier.classify("City", cities, table="store")

    assert of_persons.entity == "LOCATION"
    assert of_persons.evidence["notes"]["part_of_address"] is True
    assert of_shops.entity is None


def test_a_free_text_column_says_what_it_contains(classifier: ColumnClassifier) -> None:
    notes = ["please call back, no reply yet", "write to someone@example.com or call +86 13800138000"] * 30

    verdict = classifier.classify("note", pa.array(notes))

    assert verdict.entity is None
    assert set(verdict.contains) >= {"EMAIL_ADDRESS", "CN_MOBILE"}
    assert verdict.bound is None


def test_the_same_seed_gives_the_same_verdict() -> None:
    array = pa.array([str(i) for i in range(9000)] + ["a@example.com"] * 9000)

    verdicts = {repr(ColumnClassifier(seed=5).classify("c1", array)) for _ in range(3)}

    assert len(verdicts) == 1
