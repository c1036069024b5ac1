"""Tests of a dbt project are told by their type and place, never by the values they accept."""

from pathlib import Path
from typing import Any

import pytest
from _dbt import OLDER, copy, edited, source
from _sources import harvested

from datagov.connectors.dbt import DbtConnector

NULLS = "test.payments.not_null_customer_revenue_customer_id.a01a561673"
REVENUE = "dbt_payments.customer_revenue"


def declared(folder: Path, key: str = "quality") -> list[tuple[str, str, str, int]]:
    rows = harvested(DbtConnector(source(folder)))["declaration"]
    return [(row["selector"], row["value"], row["file"], row["line"]) for row in rows if row["key"] == key]


@pytest.mark.parametrize("target", ["target", "target-parsed", *OLDER])
def test_each_test_is_a_word_on_its_column_and_line(tmp_path: Path, target: str) -> None:
    copy(tmp_path, target=target)
    file = "dw/models/marts/marts.yml"

    assert declared(tmp_path) == [
        (f"{REVENUE}.country_name", "in_set", file, 32),
        (f"{REVENUE}.customer_id", "not_null", file, 25),
        (f"{REVENUE}.customer_id", "unique", file, 25),
        ("dbt_payments.payment_event.customer_id", "references", file, 45),
    ]


def test_no_value_that_a_test_accepts_is_in_a_fact(tmp_path: Path) -> None:
    copy(tmp_path)
    rows = harvested(DbtConnector(source(tmp_path)))

    assert "Singapore" not in str(rows["declaration"]) + str(rows["problem"])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"test_metadata": {"name": "accepted_range", "namespace": "dbt_utils"}}, "range"),
        ({"test_metadata": {"name": "not_null_proportion", "namespace": "dbt_utils"}}, "not_null:partly"),
        ({"test_metadata": {"name": "expect_column_values_to_be_unique", "namespace": "dbt_expectations"}}, "unique"),
        (
            {"test_metadata": {"name": "expect_column_values_to_be_in_set", "kwargs": {"row_condition": "x > 1"}}},
            "in_set:partly",
        ),
        ({"test_metadata": {"name": "looks_like_ours", "namespace": None}}, "looks_like_ours"),
        ({"test_metadata": {"name": "not a name", "namespace": None}}, "test"),
        ({"config": {"where": "country = 'CN'"}}, "not_null:partly"),
        ({"config": {"severity": "warn"}}, "not_null:partly"),
        ({"config": {"error_if": ">100"}}, "not_null:partly"),
        ({"config": {"severity": "ERROR", "error_if": "!= 0"}}, "not_null"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_word_says_what_is_asserted_and_whether_of_all_rows(
    tmp_path: Path, change: dict[str, Any], word: str
) -> None:
    project = copy(tmp_path)
    edited(project, lambda manifest: manifest["nodes"][NULLS].update(change))

    assert [value for selector, value, *_ in declared(tmp_path) if selector == f"{REVENUE}.customer_id"] == [
        word,
        "unique",
    ]


def test_a_test_of_a_source_is_found_by_the_source_it_names(tmp_path: Path) -> None:
    change = {
        "attached_node": None,
        "column_name": "id",
        "test_metadata": {
            "name": "not_null",
            "kwargs": {"column_name": "id", "model": "{{ get_where_subquery(source('app', 'customer')) }}"},
        },
    }
    project = copy(tmp_path)
    edited(project, lambda manifest: manifest["nodes"][NULLS].update(change))

    assert ("dbt_raw.customer.id", "not_null") in {row[:2] for row in declared(tmp_path)}


def test_a_test_that_is_a_query_is_about_every_table_it_reads(tmp_path: Path) -> None:
    change = {
        "name": "paid_once",
        "attached_node": None,
        "column_name": None,
        "test_metadata": {},
        "original_file_path": "tests/paid_once.sql",
        "depends_on": {"nodes": ["model.payments.customer_revenue", "model.payments.payment_event"]},
    }
    project = copy(tmp_path)
    edited(project, lambda manifest: manifest["nodes"][NULLS].update(change))
    found = [row for row in declared(tmp_path) if row[1] == "paid_once"]

    assert found == [
        (REVENUE, "paid_once", "dw/tests/paid_once.sql", 1),
        ("dbt_payments.payment_event", "paid_once", "dw/tests/paid_once.sql", 1),
    ]


def test_the_access_of_a_model_is_declared(tmp_path: Path) -> None:
    project = copy(tmp_path)
    edited(
        project,
        lambda manifest: manifest["nodes"]["model.payments.payment_event"].update({"access": "private"}),
    )
    found = {selector: value for selector, value, *_ in declared(tmp_path, "access")}

    assert found["dbt_payments.payment_event"] == "private"
    assert found[REVENUE] == "protected"
