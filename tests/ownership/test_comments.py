"""Tags in the comments of a database are declarations and owners; one that is wrong is said with its table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov.fact_writer import FactWriter
from datagov.ownership import comments, keys, tags
from datagov.ownership.resolve import resolve
from datagov.ownership.tags import Fault, Tag
from datagov.store import FactStore


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("联系电话", []),
        ("客户 @owner(li.wei@example.org)", [("owner", "li.wei@example.org")]),
        ("客户@Owner（li.wei@example.org）", [("owner", "li.wei@example.org")]),
        ("＠purpose（finance.credit，ads）", [("purpose", "finance.credit"), ("purpose", "ads")]),
        ("@purpose( a , b ; c )", [("purpose", "a"), ("purpose", "b"), ("purpose", "c")]),
        ("@legal-basis(consent) @basis(PIPL-13-2)", [("legal_basis", "consent"), ("legal_basis", "PIPL-13-2")]),
        ("@retention(P3Y)@region(CN)", [("retention", "P3Y"), ("region", "CN")]),
        ("@sensitive (see the policy)", [("sensitive", "true")]),
        ("@sensitive(false)", [("sensitive", "false")]),
        ("one\n@steward(chen)\n@custodian(ops)", [("steward", "chen"), ("custodian", "ops")]),
        ("ask li@example.org or @wangwu, @all; see foo@owner(x)", []),
    ],
)
def test_tags_of_a_table(comment: str, found: list[tuple[str, str]]) -> None:
    assert list(tags.of_table(comment)) == [Tag(key, value) for key, value in found]


@pytest.mark.parametrize(
    ("comment", "found"),
    [
        ("手机 @entity(CN_MOBILE)", Tag("entity_type", "CN_MOBILE")),
        ("@entity_type(PHONE_NUMBER)", Tag("entity_type", "PHONE_NUMBER")),
        ("@classification(C2)", Tag("classification", "C2")),
        ("@fides(user.contact.email)", Tag("fides", "user.contact.email")),
        ("@retention(P30D)", Tag("retention", "P30D")),
        ("@subject_key", Tag("subject_key", "col", of_table=True)),
        ("@processed_at", Tag("processed_at", "col", of_table=True)),
    ],
)
def test_tags_of_a_column(comment: str, found: Tag) -> None:
    assert list(tags.of_column(comment, "col")) == [found]


@pytest.mark.parametrize(
    ("comment", "word", "says"),
    [
        ("@onwer(li)", "onwer", "did you mean @owner?"),
        ("@sensitve", "sensitve", "did you mean @sensitive?"),
        ("@todo(li)", "todo", "is not one datagov knows; known: basis"),
        ("@owner", "owner", "needs a value right behind it: @owner(…)"),
        ("@owner (li)", "owner", "needs a value right behind it"),
        ("@owner(li", "owner", "no closing parenthesis"),
        ("@owner(li(wei))", "owner", "no closing parenthesis, or one more inside"),
        ("@owner()", "owner", "has an empty value"),
        ("@purpose(a,,b)", "purpose", "has an empty value"),
        ("@owner(Li Wei)", "owner", "does not count: it must be one word"),
        ("@retention(three-years)", "retention", "must be an ISO 8601 duration"),
        ("@legal_basis(because)", "legal_basis", "no legal basis has this name"),
        ("@scope(maybe)", "scope", "must be 'in' or 'out'"),
        ("@sensitive(very)", "sensitive", "must be 'true' or 'false'"),
        ("@entity(PHONE_NUMBER)", "entity", "is about a column"),
    ],
)
def test_a_tag_that_does_not_count_says_why(comment: str, word: str, says: str) -> None:
    (fault,) = tags.of_table(comment)

    assert isinstance(fault, Fault)
    assert fault.word == word
    assert says in fault.reason


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("@owner(li)", "is about the whole table; put it into the table's comment"),
        ("@purpose(ads)", "is about the whole table"),
        ("@subject_key(id)", "stands alone on the column"),
        ("@entity(PHNE_NUMBER)", "did you mean PHONE_NUMBER"),
    ],
)
def test_a_tag_of_a_column_that_does_not_count_says_why(comment: str, says: str) -> None:
    (fault,) = tags.of_column(comment, "col")

    assert isinstance(fault, Fault)
    assert says in fault.reason


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FactStore]:
    with FactStore(tmp_path / "facts.sqlite") as store:
        facts = FactWriter(source_id=1)
        facts.add(
            "source", source_id=1, name="app", plugin="postgres", role="data", outcome="read", file="d.yaml", line=3
        )
        dataset = facts.add(
            "dataset",
            source_id=1,
            namespace="postgres://a",
            name="crm.customer[1]",
            kind="table",
            comment="客户 @owner(li@example.org) @purpose(service.account) @colour(red)",
        )
        for n, (column, path, comment) in enumerate(
            [
                ("id", None, "@subject_key @colour(blue)"),
                ("mobile", None, "联系电话 @entity(PHONE_NUMBER) @sensitive"),
                ("home", None, None),
                ("home", "city", "@entity(LOCATION)"),
            ]
        ):
            facts.add("column", dataset_id=dataset, name=column, field_path=path, ordinal=n, comment=comment)
        store.land(facts.batches())
        yield store


def rows(store: FactStore, table: str) -> list[dict[str, Any]]:
    return store.query(f"SELECT * FROM {table}")


def test_comments_of_tables_columns_and_fields_are_resolved_with_the_place_of_their_source(store: FactStore) -> None:
    store.land(comments.read(store))
    store.land(resolve(store, as_of="2026-06-30T16:00:00Z"))

    found = store.query(
        "SELECT c.name, c.field_path, d.key, d.value, d.file, d.line FROM declared d LEFT JOIN column c"
        " USING (column_id) ORDER BY 3, 4"
    )
    assert [tuple(row.values()) for row in found] == [
        ("home", "city", "entity_type", "LOCATION", "d.yaml", 3),
        ("mobile", None, "entity_type", "PHONE_NUMBER", "d.yaml", 3),
        (None, None, "purpose", "service.account", "d.yaml", 3),
        ("mobile", None, "sensitive", "true", "d.yaml", 3),
        (None, None, "subject_key", "id", "d.yaml", 3),
    ]
    (owner,) = rows(store, "owner_assignment")
    assert (owner["principal"], owner["role"], owner["line"]) == ("li@example.org", "data_owner", 3)


def test_a_wrong_tag_is_said_once_for_a_source_and_does_not_make_the_audit_incomplete(store: FactStore) -> None:
    store.land(comments.read(store))
    (problem,) = rows(store, "problem")

    assert (problem["object"], problem["kind"], problem["fatal"]) == ("crm.customer[1]", "wrong_tag", 0)
    assert problem["message"].endswith("It stands in 1 more comment of this source.")
    assert not {"red", "blue"} & set(problem["message"].split())


def test_what_datagov_yaml_says_of_the_same_table_goes_before_the_comment(store: FactStore) -> None:
    facts = FactWriter(source_id=9)
    facts.add("declaration", selector="crm.customer[[]1]", key="purpose", value="own", file="datagov.yaml", line=9)
    facts.add(
        "owner_assertion", selector="crm.customer[[]1]", principal="wu", role="data_owner", file="datagov.yaml", line=9
    )
    store.land(facts.batches())
    store.land(comments.read(store))
    store.land(resolve(store, as_of="2026-06-30T16:00:00Z"))

    assert [row["value"] for row in rows(store, "declared") if row["key"] == "purpose"] == ["own"]
    assert {(row["principal"], row["conflict"]) for row in rows(store, "owner_assignment")} == {
        ("li@example.org", 1),
        ("wu", 1),
    }


def test_ids_go_on_behind_those_the_source_gave(store: FactStore) -> None:
    facts = FactWriter(source_id=1)
    given = facts.add("declaration", source_id=1, selector="x.y", key="region", value="CN", file="a", line=1)
    store.land(facts.batches())
    store.land(comments.read(store))

    assert min(row["declaration_id"] for row in rows(store, "declaration") if row["key"] != "region") == given + 1


@settings(max_examples=300, deadline=None)
@given(comment=st.text(alphabet="@＠()（），, owneridsetv请P3Y.", max_size=40))
def test_any_comment_is_tags_with_values_that_hold_or_faults(comment: str) -> None:
    for tag in (*tags.of_table(comment), *tags.of_column(comment, "col")):
        if isinstance(tag, Tag):
            assert keys.fault(tag.key, tag.value) is None
        else:
            assert tag.word in comment
