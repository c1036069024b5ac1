"""What was declared and asserted, resolved to datasets: nearest wins, the origin is shown, conflicts are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from datagov.fact_writer import FactWriter
from datagov.ownership.resolve import resolve
from datagov.ownership.selectors import Selector
from datagov.store import FactStore

AS_OF = "2026-06-30T16:00:00Z"
NAMES = ("lending.member", "lending.loan", "pay.member")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FactStore]:
    with FactStore(tmp_path / "facts.sqlite") as store:
        facts = FactWriter(source_id=1)
        facts.add(
            "source", source_id=1, name="app", plugin="sqlite", role="data", outcome="read", file="d.yaml", line=3
        )
        for name in NAMES:
            dataset = facts.add("dataset", source_id=1, namespace="sqlite://a", name=name, kind="table")
            for n, column in enumerate(("id", "mobile")):
                facts.add("column", dataset_id=dataset, name=column, ordinal=n)
        store.land(facts.batches())
        yield store


def declare(store: FactStore, *rows: dict[str, Any], source: int = 9) -> None:
    facts = FactWriter(source_id=source)
    for n, row in enumerate(rows, start=1):
        facts.add("declaration", **{"file": "datagov.yaml", "line": n} | row)
    store.land(facts.batches())


def assert_owner(store: FactStore, *rows: dict[str, Any], source: int = 9) -> None:
    facts = FactWriter(source_id=source)
    for n, row in enumerate(rows, start=1):
        facts.add("owner_assertion", **{"file": "datagov.yaml", "line": n, "role": "data_owner"} | row)
    store.land(facts.batches())


def resolved(store: FactStore, table: str) -> list[dict[str, Any]]:
    store.land(resolve(store, as_of=AS_OF))
    return [
        dict(row) for row in store.query(f"SELECT t.*, d.name FROM {table} t LEFT JOIN dataset d USING (dataset_id)")
    ]


def declared(store: FactStore, key: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in resolved(store, "declared"):
        if row["key"] == key:
            found.setdefault(row["name"], []).append(row["value"])
    return found


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("*", NAMES),
        ("*.*", NAMES),
        ("lending.*", ("lending.member", "lending.loan")),
        ("*.member", ("lending.member", "pay.member")),
        ("LENDING.Member", ("lending.member",)),
        ("lending.[lm]o*", ("lending.loan",)),
        ("lending", ()),
        ("lending.member.mobile", ()),
        ("*.*.*", ()),
    ],
)
def test_selectors(selector: str, names: Sequence[str]) -> None:
    assert [name for name in NAMES if Selector(selector).matches(name)] == list(names)


def test_the_nearest_selector_wins_key_by_key(store: FactStore) -> None:
    declare(
        store,
        {"selector": "lending.member", "key": "purpose", "value": "credit"},
        {"selector": "lending.*", "key": "purpose", "value": "lending"},
        {"selector": "*", "key": "purpose", "value": "any"},
        {"selector": "lending.*", "key": "region", "value": "CN"},
    )

    assert declared(store, "purpose") == {
        "lending.member": ["credit"],
        "lending.loan": ["lending"],
        "pay.member": ["any"],
    }
    regions = store.query(
        "SELECT d.name, e.value FROM declared e JOIN dataset d USING (dataset_id) WHERE key = 'region'"
    )
    assert [tuple(row.values()) for row in regions] == [("lending.member", "CN"), ("lending.loan", "CN")]


def test_the_origin_of_every_value_is_shown(store: FactStore) -> None:
    declare(store, {"selector": "pay.*", "key": "region", "value": "CN"})

    (row,) = resolved(store, "declared")

    assert (row["selector"], row["file"], row["line"]) == ("pay.*", "datagov.yaml", 1)


def test_of_two_equally_near_the_later_wins_with_all_its_values(store: FactStore) -> None:
    declare(
        store,
        {"selector": "pay.member", "key": "purpose", "value": "old"},
        {"selector": "pay.member", "key": "purpose", "value": "a", "line": 7},
        {"selector": "pay.member", "key": "purpose", "value": "b", "line": 7},
    )

    assert declared(store, "purpose") == {"pay.member": ["a", "b"]}


def test_a_contract_is_one_statement_though_its_values_stand_on_several_lines(store: FactStore) -> None:
    rows = ({"selector": "pay.member", "key": "purpose", "value": v, "source_id": 2, "file": "c.yaml"} for v in "ab")
    declare(store, *rows)

    assert declared(store, "purpose") == {"pay.member": ["a", "b"]}


@pytest.mark.parametrize(
    ("key", "kept"), [("legal_basis", ["consent", "contract"]), ("region", ["contract"])], ids=["basis", "other key"]
)
def test_contracts_that_disagree_are_a_conflict_and_what_processing_is_keeps_all_values(
    store: FactStore, key: str, kept: list[str]
) -> None:
    for n, value in enumerate(("consent", "contract"), start=2):
        row = {"selector": "pay.member", "key": key, "value": value, "source_id": 2, "file": f"{n}.yaml"}
        declare(store, row, source=n)

    assert declared(store, key) == {"pay.member": kept}
    assert [row["kind"] for row in store.query("SELECT kind FROM problem")] == ["conflict"]


def test_a_field_inside_a_column_takes_its_own_declarations(store: FactStore) -> None:
    facts = FactWriter(source_id=2)
    dataset = facts.add("dataset", source_id=1, namespace="sqlite://a", name="crm.person", kind="table")
    home = facts.add("column", dataset_id=dataset, name="home", ordinal=0)
    city = facts.add("column", dataset_id=dataset, name="home", field_path="city.name", ordinal=1)
    store.land(facts.batches())
    declare(
        store,
        {"selector": "crm.person.home.city.name", "key": "entity_type", "value": "LOCATION"},
        {"selector": "crm.person.home", "key": "sensitive", "value": "true"},
        {"selector": "crm.*.h*", "key": "classification", "value": "C2"},
        {"selector": "crm.*.h*.*.*", "key": "classification", "value": "C1"},
    )

    found = {(row["column_id"], row["key"], row["value"]) for row in resolved(store, "declared")}
    assert found == {
        (city, "entity_type", "LOCATION"),
        (city, "classification", "C1"),
        (home, "sensitive", "true"),
        (home, "classification", "C2"),
    }


@pytest.mark.parametrize(
    ("key", "values"),
    [("recipient", ["a", "b"]), ("data_subject", ["a", "b"]), ("third_country", ["a", "b"]), ("region", ["b"])],
)
def test_what_adds_to_what_is_known_counts_from_every_file(store: FactStore, key: str, values: list[str]) -> None:
    for value in ("a", "b"):
        declare(
            store,
            {"selector": "lending.loan", "key": key, "value": value, "source_id": 1, "file": value},
            source=ord(value),
        )

    assert declared(store, key) == {"lending.loan": values}
    assert len(problems(store)) == (key == "region")


def test_what_an_export_says_of_much_that_was_not_read_is_one_problem_per_file(store: FactStore) -> None:
    rows = [
        {"selector": f"gone.t{n}", "key": "retention", "value": "P3Y", "source_id": 2, "file": "many.json"}
        for n in range(40)
    ]
    declare(store, *rows, {"selector": "gone.t", "key": "region", "value": "CN", "source_id": 2, "file": "one.json"})
    resolved(store, "declared")

    messages = [row["message"] for row in store.query("SELECT message FROM problem ORDER BY rowid")]
    assert [message.split(" match")[0] for message in messages] == [
        "40 names in many.json",
        "The declaration for gone.t",
    ]
    assert problems(store) == [("many.json", 1, False), ("one.json", 41, False)]


def test_contracts_that_agree_are_no_conflict(store: FactStore) -> None:
    for n in (2, 3):
        row = {"selector": "pay.member", "key": "purpose", "value": "pay", "source_id": n, "file": f"{n}.yaml"}
        declare(store, row, source=n)

    assert declared(store, "purpose") == {"pay.member": ["pay"]}
    assert problems(store) == []


def test_the_exact_name_of_a_contract_is_nearer_than_a_glob_though_it_holds_wildcards(tmp_path: Path) -> None:
    with FactStore(tmp_path / "odd.sqlite") as store:
        facts = FactWriter(source_id=1)
        facts.add("dataset", source_id=1, namespace="n", name="dw.loan[2024]", kind="table")
        store.land(facts.batches())
        declare(store, {"selector": "dw.loan[[]2024]", "key": "purpose", "value": "exact", "source_id": 2}, source=2)
        declare(store, {"selector": "dw.loan?2024?", "key": "purpose", "value": "glob"})

        assert declared(store, "purpose") == {"dw.loan[2024]": ["exact"]}


def test_columns_have_declarations_of_their_own(store: FactStore) -> None:
    declare(store, {"selector": "*.member.mob*", "key": "entity_type", "value": "PHONE_NUMBER"})
    rows = resolved(store, "declared")
    names = store.query('SELECT name FROM "column" WHERE column_id IN (SELECT column_id FROM declared)')

    assert [row["name"] for row in rows] == ["lending.member", "pay.member"]
    assert {row["name"] for row in names} == {"mobile"}


def problems(store: FactStore) -> list[tuple[str, int, bool]]:
    found = store.query("SELECT file, line, fatal FROM problem ORDER BY problem.rowid")
    return [(row["file"], row["line"], bool(row["fatal"])) for row in found]


def test_a_contract_with_an_entity_nobody_knows_is_a_fatal_problem_and_does_not_count(store: FactStore) -> None:
    declare(
        store,
        {
            "selector": "pay.member.mobile",
            "key": "entity_type",
            "value": "reviewed_ok",
            "source_id": 2,
            "file": "c.yaml",
        },
    )

    assert resolved(store, "declared") == []
    assert problems(store) == [("c.yaml", 1, True)]


@pytest.mark.parametrize(
    ("row", "fatal"),
    [
        ({"selector": "pai.*", "key": "legal_basis", "value": "consent"}, True),
        ({"selector": "pai.*", "key": "region", "value": "CN"}, False),
        ({"selector": "pai.loan", "key": "legal_basis", "value": "consent", "source_id": 2, "file": "c.yaml"}, False),
        ({"selector": "pay.member.mobile", "key": "legal_basis", "value": "consent", "source_id": 2}, True),
        ({"selector": "pay.member", "key": "legal_basis", "value": "consnt", "source_id": 2}, True),
    ],
    ids=["what rules need", "what they do not need", "a contract about other data", "of a column", "of no known word"],
)
def test_a_declaration_that_says_nothing_is_a_problem_with_its_place(
    store: FactStore, row: dict[str, Any], fatal: bool
) -> None:
    declare(store, {"line": 7} | row)
    resolved(store, "declared")

    assert problems(store) == [(row.get("file", "datagov.yaml"), 7, fatal)]


def test_an_owner_of_nothing_is_a_fatal_problem_with_its_place(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.*", "principal": "li"}, {"selector": "lendin.*", "principal": "wu"})
    resolved(store, "owner_assignment")

    assert problems(store) == [("datagov.yaml", 2, True)]


def owners(store: FactStore) -> list[tuple[str, str, str, bool]]:
    found = resolved(store, "owner_assignment")
    return [(row["name"], row["principal"], row["status"], bool(row["conflict"])) for row in found]


def test_the_nearest_owner_wins_without_a_conflict(store: FactStore) -> None:
    assert_owner(store, {"selector": "lending.*", "principal": "li"})
    assert_owner(store, {"selector": "lending.member", "principal": "wu", "source_id": 2}, source=2)

    assert owners(store) == [("lending.member", "wu", "active", False), ("lending.loan", "li", "active", False)]


def test_sources_that_disagree_equally_near_are_a_conflict_and_all_kept(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.member", "principal": "li", "source_id": 2}, source=2)
    assert_owner(store, {"selector": "pay.member", "principal": "wu", "source_id": 3}, source=3)

    assert owners(store) == [("pay.member", "li", "active", True), ("pay.member", "wu", "active", True)]


def test_sources_that_agree_are_one_assignment(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.member", "principal": "li", "source_id": 2}, source=2)
    assert_owner(store, {"selector": "pay.member", "principal": "li", "source_id": 3}, source=3)

    assert owners(store) == [("pay.member", "li", "active", False)]


def test_two_owners_named_by_one_contract_are_no_conflict(store: FactStore) -> None:
    both = ({"selector": "pay.member", "principal": who, "source_id": 2} for who in ("li", "wu"))
    assert_owner(store, *both, source=2)

    assert owners(store) == [("pay.member", "li", "active", False), ("pay.member", "wu", "active", False)]


def test_the_later_of_two_equally_near_owners_in_the_configuration_wins(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.*", "principal": "li"}, {"selector": "pay.*", "principal": "wu"})

    assert owners(store) == [("pay.member", "wu", "active", False)]


@pytest.mark.parametrize(
    ("dates", "status"),
    [
        ({}, "active"),
        ({"valid_from": "2026-06-30"}, "active"),
        ({"valid_from": "2026-07-01"}, "not_yet"),
        ({"valid_to": "2026-06-30T16:00:00Z"}, "ended"),
        ({"valid_to": "2026-06-30T16:00:01Z"}, "active"),
        ({"valid_from": "2025-01-01", "valid_to": "2026-01-01"}, "ended"),
    ],
)
def test_terms_are_judged_as_of_the_night(dates: dict[str, str], status: str, store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.member", "principal": "li", **dates})

    assert owners(store) == [("pay.member", "li", status, False)]


def test_a_successor_named_by_the_assertion_takes_over(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.member", "principal": "li", "valid_to": "2026-01-01", "replaced_by": "wu"})

    assert owners(store) == [("pay.member", "li", "ended", False), ("pay.member", "wu", "active", False)]


def test_registers_are_connected_when_anything_supplies_them(store: FactStore) -> None:
    assert_owner(store, {"selector": "pay.member", "principal": "li", "source_id": 2}, source=2)
    declare(store, {"selector": "pay.*", "key": "region", "value": "CN"})
    resolved(store, "owner_assignment")

    found = {row["kind"]: bool(row["connected"]) for row in store.query("SELECT kind, connected FROM register")}

    assert {kind for kind, connected in found.items() if connected} == {"owners"}
    assert found.keys() == {"owners", "principals", "entities", "purposes", "processing", "notices", "consent"}


def test_a_ledger_is_found_by_its_table(store: FactStore) -> None:
    facts = FactWriter(source_id=9)
    for table in ("pay.Member", "pay.log"):
        facts.add("consent_ledger", source_id=1, mapping=f'{{"table": "{table}"}}', file="datagov.yaml", line=4)
    store.land(facts.batches())
    store.land(resolve(store, as_of=AS_OF))

    ledgers = store.query("SELECT d.name FROM consent_ledger l LEFT JOIN dataset d USING (dataset_id)")
    problems = store.query("SELECT message, file, line, fatal FROM problem")

    assert [row["name"] for row in ledgers] == ["pay.member", None]
    assert [tuple(row.values()) for row in problems] == [
        ("The consent ledger names the table 'pay.log', which its source does not have.", "datagov.yaml", 4, 1)
    ]


def test_a_selector_of_nothing_is_one_problem_though_it_names_an_owner_and_a_purpose(store: FactStore) -> None:
    declare(store, {"selector": "lending.membr", "key": "purpose", "value": "credit"})
    assert_owner(store, {"selector": "lending.membr", "principal": "li@x.org"})

    store.land(resolve(store, as_of=AS_OF))
    (problem,) = store.query("SELECT * FROM problem")
    assert (problem["kind"], problem["fatal"], problem["line"]) == ("unmatched", True, 1)


@pytest.mark.parametrize("source", [None, 9])
def test_several_keys_of_one_selector_of_nothing_are_one_problem(store: FactStore, source: int | None) -> None:
    rows = [{"selector": "lending.membr", "key": key, "value": "x", "line": 4} for key in ("purpose", "region")]
    declare(store, *({**row, "source_id": source} for row in rows))
    assert_owner(store, {"selector": "lending.membr", "principal": "li@x.org", "line": 4, "source_id": source})

    store.land(resolve(store, as_of=AS_OF))
    assert len(store.query("SELECT * FROM problem")) == 1
