"""Tables of an OpenMetadata export declare owners, retention and what tags say; a wrong record says where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors._tags import meanings
from datagov.connectors.openmetadata import OpenMetadataConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError
from datagov.testing import ConnectorConformance


def tag(name: str, state: str = "Confirmed") -> dict[str, str]:
    return {"tagFQN": name, "source": "Classification", "labelType": "Manual", "state": state}


def entity(**changes: Any) -> dict[str, Any]:
    return {
        "id": "3f0f0c5e-0000-4000-8000-000000000000",
        "name": "customer",
        "fullyQualifiedName": "pg_prod.shop.crm.customer",
        "tableType": "Regular",
        "owners": [{"id": "x", "type": "user", "name": "li.wei"}, {"id": "y", "type": "team", "name": "crm"}],
        "retentionPeriod": "P3Y",
        "tags": [tag("PII.Sensitive"), tag("Tier.Tier1")],
        "columns": [
            {"name": "id", "dataType": "INT", "constraint": "PRIMARY_KEY"},
            {"name": "mail", "dataType": "VARCHAR", "tags": [tag("PersonalData.Email"), tag("PII.Sensitive")]},
            {
                "name": "home",
                "dataType": "STRUCT",
                "children": [{"name": "city", "dataType": "VARCHAR", "tags": [tag("PII.Address")]}],
            },
            {"name": "guess", "dataType": "VARCHAR", "tags": [tag("PII.Phone", "Suggested")]},
        ],
        **changes,
    }


def source(folder: Path, files: dict[str, Any], **options: Any) -> Source:
    for name, content in files.items():
        path = folder / "export" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = content if isinstance(content, bytes) else str(content).encode()
        path.write_bytes(raw if isinstance(content, bytes | str) else json.dumps(content, indent=1).encode())
    return Source(6, "om", "openmetadata", {"path": "export", **options}, folder, "datagov.yaml", 9)


def rows(folder: Path, files: dict[str, Any], **options: Any) -> dict[str, list[dict[str, Any]]]:
    return harvested(OpenMetadataConnector(source(folder, files, **options)))


def declared(found: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    return {(row["selector"], row["key"], row["value"]) for row in found["declaration"]}


def test_a_table_declares_its_owners_retention_and_confirmed_tags(tmp_path: Path) -> None:
    found = rows(tmp_path, {"a.json": entity()})

    assert not found["problem"]
    assert declared(found) == {
        ("crm.customer", "retention", "P3Y"),
        ("crm.customer", "sensitive", "true"),
        ("crm.customer.mail", "entity_type", "EMAIL_ADDRESS"),
        ("crm.customer.mail", "sensitive", "true"),
        ("crm.customer.home.city", "entity_type", "LOCATION"),
    }
    assert [(row["selector"], row["principal"], row["role"]) for row in found["owner_assertion"]] == [
        ("crm.customer", "li.wei", "data_owner"),
        ("crm.customer", "crm", "data_owner"),
    ]


@pytest.mark.parametrize(
    ("content", "places"),
    [
        (json.dumps(entity()), [1]),
        ("[\n" + json.dumps(entity()) + ",\n\n" + json.dumps(entity(fullyQualifiedName="a.b.c.d")) + "]", [2, 4]),
        ('{"data": [\n' + json.dumps(entity()) + ']\n, "paging": {"total": 1}}', [2]),
        (json.dumps(entity()) + "\n" + json.dumps(entity(fullyQualifiedName="a.b.c.d")) + "\n", [1, 2]),
    ],
    ids=["one", "list", "answer", "lines"],
)
def test_records_stand_on_their_lines_however_the_file_holds_them(
    tmp_path: Path, content: str, places: list[int]
) -> None:
    found = rows(tmp_path, {"a.json": content})

    assert not found["problem"]
    assert [row["line"] for row in found["owner_assertion"] if row["principal"] == "crm"] == places
    assert {row["file"] for row in found["owner_assertion"]} == {"export/a.json"}


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"fullyQualifiedName": 'svc."my.db".s."t.1"'}, "s.t.1"),
        ({"fullyQualifiedName": 'svc.db.s."a""b"'}, 's.a"b'),
        ({"fullyQualifiedName": "svc.default.shop.t[1]"}, "shop.t[[]1]"),
        ({"owners": None, "owner": {"name": "li.wei", "type": "user"}}, "crm.customer"),
    ],
)
def test_names_and_owners_of_every_version(tmp_path: Path, changes: dict[str, Any], name: str) -> None:
    found = rows(tmp_path, {"a.json": entity(**changes)})

    assert (found["owner_assertion"][0]["selector"], found["owner_assertion"][0]["principal"]) == (name, "li.wei")


@pytest.mark.parametrize(("services", "selectors"), [([], 2), (["pg_prod"], 1), (["my.svc"], 1), (["other"], 0)])
def test_only_tables_of_the_services_that_are_named_count(tmp_path: Path, services: list[str], selectors: int) -> None:
    files = {"a.json": [entity(), entity(fullyQualifiedName='"my.svc".shop.crm.customer2')]}
    found = rows(tmp_path, files, services=services)

    assert len({row["selector"] for row in found["owner_assertion"]}) == selectors


def test_owners_are_called_as_the_register_of_principals_calls_them(tmp_path: Path) -> None:
    found = rows(tmp_path, {"a.json": entity()}, owners={"li.wei": "li@x.org", "crm": "li@x.org"})

    assert [row["principal"] for row in found["owner_assertion"]] == ["li@x.org"]


@pytest.mark.parametrize(
    ("name", "given", "means"),
    [
        ("PII.Sensitive", {}, (("sensitive", "true"),)),
        ("PII.NonSensitive", {}, (("sensitive", "false"),)),
        ("PII.None", {}, ()),
        ("Tier.Tier2", {}, ()),
        ("PersonalData.Personal", {}, (("fides", "user"),)),
        ("PersonalData.SpecialCategory", {}, (("sensitive", "true"),)),
        ("General.CreditCardNumber", {}, (("entity_type", "CREDIT_CARD"),)),
        ("PII.Name", {}, (("entity_type", "PERSON"),)),
        ("Product.Name", {}, None),
        ("Product.Email", {}, None),
        ("Age", {}, None),
        ("PII.Age", {}, (("entity_type", "AGE"),)),
        ("cn_resident_id", {}, (("entity_type", "CN_RESIDENT_ID"),)),
        ("PHONE_NUMBER", {}, (("entity_type", "PHONE_NUMBER"),)),
        ("Level.C3", {}, (("classification", "C3"),)),
        ("user.contact.email", {}, (("fides", "user.contact.email"), ("entity_type", "EMAIL_ADDRESS"))),
        ("Secret", {"Secret": "sensitive"}, (("sensitive", "true"),)),
        ("Kunde.Handy", {"Kunde.Handy": "PHONE_NUMBER"}, (("entity_type", "PHONE_NUMBER"),)),
        ("PII.Email", {"PII.Email": "ignore"}, ()),
        ("Whatever", {}, None),
    ],
)
def test_what_tags_mean(name: str, given: dict[str, str], means: Any) -> None:
    assert meanings(name, given) == means


def test_tags_nobody_knows_are_said_once_for_the_source(tmp_path: Path) -> None:
    columns = [{"name": f"c{n}", "tags": [tag("Team.Blue"), tag(f"Odd.T{n}")]} for n in range(30)]
    (problem,) = rows(tmp_path, {"a.json": entity(columns=columns)})["problem"]

    assert (problem["kind"], problem["fatal"], problem["file"]) == ("unknown_tag", False, "datagov.yaml")
    assert "Team.Blue, Odd.T0" in problem["message"]
    assert "and 11 more" in problem["message"]


def test_a_period_that_is_none_and_other_records_are_said(tmp_path: Path) -> None:
    files = {"a.json": [entity(retentionPeriod="P23DT23H"), entity(deleted=True), {"name": "user"}]}
    found = rows(tmp_path, files)

    assert [(row["kind"], row["fatal"]) for row in found["problem"]] == [
        ("unread_value", False),
        ("not_a_table", False),
    ]


GOOD = json.dumps(entity())


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        ("[" + GOOD + ",\n{,}]", 2, "not valid JSON"),
        ("[" + GOOD + ",\n", 2, "it is cut off"),
        ("[" + GOOD + ",\n]", 2, "a comma stands before the end"),
        ("[" + GOOD + "]\n[" + GOOD + "]", 2, "Something follows the end"),
        ("", 1, "not valid JSON"),
        ("3", 1, "is not an object"),
        ("[\n3]", 2, "is not an object"),
        ('[{"a": 1,\n"a": 2}]', 1, "second time"),
        ('[\n{"columns": []}]', 2, "has no 'fullyQualifiedName'"),
        ('[{"columns": {}, "fullyQualifiedName": "a.b.c.d"}]', 1, "has a 'columns' that is not a list"),
        ('[{"columns": [{}], "fullyQualifiedName": "a.b.c.d"}]', 1, "a column without a 'name'"),
        ('[{"columns": [], "fullyQualifiedName": "a.b.c.d", "tags": [1]}]', 1, "a tag without a 'tagFQN'"),
        ('[{"columns": [], "fullyQualifiedName": "a.b.c.d", "owners": ["li"]}]', 1, "an owner that is not an object"),
        ('{"data": [],\n"paging": {"after": "x"}}', 2, "one page of several"),
        (b"\xff", 1, "not UTF-8"),
        ("[" * 100_000, 1, "nested too deep"),
    ],
)
def test_bad_input_says_where_and_its_neighbours_count(tmp_path: Path, content: Any, line: int, says: str) -> None:
    found = rows(tmp_path, {"a.json": content, "b.json": entity(fullyQualifiedName="s.d.ok.t")})
    (problem,) = found["problem"]

    assert (problem["object"], problem["line"], problem["fatal"]) == ("export/a.json", line, True)
    assert says in problem["message"]
    assert "ok.t" in {row["selector"] for row in found["owner_assertion"]}


def test_a_missing_folder_an_empty_one_and_a_wrong_option(tmp_path: Path) -> None:
    missing = Source(6, "om", "openmetadata", {"path": "none"}, tmp_path, "datagov.yaml", 9)
    with pytest.raises(SourceError, match="does not exist"):
        list(OpenMetadataConnector(missing).harvest())
    (problem,) = rows(tmp_path, {"a.txt": "x"})["problem"]
    assert (problem["kind"], problem["fatal"]) == ("empty", True)
    with pytest.raises(ConfigError, match="'tags'"):
        OpenMetadataConnector(source(tmp_path, {}, tags={"A": "nonsense"}))


class TestConformance(ConnectorConformance):
    connector = OpenMetadataConnector

    def source(self, folder: Path) -> Source:
        return source(folder, {"a.json": entity()})

    def missing(self, folder: Path) -> Source:
        return Source(6, "om", "openmetadata", {"path": "nowhere"}, folder, "datagov.yaml", 9)
