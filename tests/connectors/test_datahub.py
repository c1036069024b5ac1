"""Records of DataHub's file sink, in both forms: owners by type, tags of fields, later aspects replace earlier ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors._datahub_record import plain
from datagov.connectors.datahub import DataHubConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

URN = "urn:li:dataset:(urn:li:dataPlatform:postgres,shop.crm.customer,PROD)"
PEGASUS = "com.linkedin.pegasus2avro"
OWNERS = {
    "owners": [
        {"owner": "urn:li:corpuser:li.wei%40x.org", "type": "DATAOWNER"},
        {"owner": "urn:li:corpGroup:crm", "type": "CUSTOM", "typeUrn": "urn:li:ownershipType:__system__data_steward"},
        {"owner": "urn:li:corpuser:dev", "type": "TECHNICAL_OWNER"},
        {"owner": "urn:li:corpuser:reader", "type": "CONSUMER"},
        {"owner": "urn:li:corpuser:dpo", "type": "CUSTOM", "typeUrn": "urn:li:ownershipType:dpo"},
    ]
}
FIELDS = [
    {"fieldPath": "id", "nativeDataType": "int"},
    {
        "fieldPath": "[version=2.0].[type=struct].[type=struct].home.[type=string].city",
        "nativeDataType": "varchar",
        "glossaryTerms": {"terms": [{"urn": "urn:li:glossaryTerm:PersonalInformation.Address"}]},
    },
    {"fieldPath": "mail", "globalTags": {"tags": [{"tag": "urn:li:tag:PII.Email"}, {"tag": "urn:li:tag:Blue"}]}},
]


def snapshot(*aspects: tuple[str, Any], urn: str = URN) -> dict[str, Any]:
    inside = {"urn": urn, "aspects": [{f"{PEGASUS}.{kind}": value} for kind, value in aspects]}
    return {"proposedSnapshot": {f"{PEGASUS}.metadata.snapshot.DatasetSnapshot": inside}}


def proposal(aspect_name: str, value: Any, **more: Any) -> dict[str, Any]:
    given = {"entityType": "dataset", "entityUrn": URN, "changeType": "UPSERT", "aspectName": aspect_name}
    return {**given, "aspect": {"json": value}, **more}


def source(folder: Path, files: dict[str, Any], **options: Any) -> Source:
    for name, content in files.items():
        path = folder / "sink" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return Source(7, "hub", "datahub", {"path": "sink", **options}, folder, "datagov.yaml", 9)


def rows(folder: Path, *records: Any, **options: Any) -> dict[str, list[dict[str, Any]]]:
    return harvested(DataHubConnector(source(folder, {"a.json": list(records)}, **options)))


def declared(found: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    return {(row["selector"], row["key"], row["value"]) for row in found["declaration"]}


def owners(found: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(row["principal"], row["role"]) for row in found["owner_assertion"]]


FORMS = {
    "snapshot": [snapshot(("common.Ownership", OWNERS), ("schema.SchemaMetadata", {"fields": FIELDS}))],
    "proposal": [proposal("ownership", OWNERS), proposal("schemaMetadata", {"fields": FIELDS})],
    "serialised": [
        proposal("ownership", None, aspect={"value": json.dumps(OWNERS), "contentType": "application/json"}),
        proposal("schemaMetadata", None, aspect={"value": json.dumps({"fields": FIELDS})}),
    ],
}


@pytest.mark.parametrize("records", FORMS.values(), ids=FORMS.keys())
def test_both_forms_say_owners_by_type_and_tags_of_fields(tmp_path: Path, records: list[Any]) -> None:
    found = rows(tmp_path, *records)

    assert owners(found) == [("li.wei@x.org", "data_owner"), ("crm", "steward"), ("dev", "custodian")]
    assert declared(found) == {
        ("crm.customer.home.city", "entity_type", "LOCATION"),
        ("crm.customer.mail", "entity_type", "EMAIL_ADDRESS"),
    }
    assert [(row["kind"], "Blue" in row["message"]) for row in found["problem"]] == [("unknown_tag", True)]


def test_a_type_of_your_own_is_given_a_role(tmp_path: Path) -> None:
    found = owners(rows(tmp_path, proposal("ownership", OWNERS), roles={"DPO": "steward"}, owners={"dpo": "wu@x.org"}))

    assert ("wu@x.org", "steward") in found


def test_tags_and_terms_of_a_dataset_and_of_edited_fields_count(tmp_path: Path) -> None:
    edited = {"editableSchemaFieldInfo": [{"fieldPath": "tel", "globalTags": {"tags": [{"tag": "urn:li:tag:Phone"}]}}]}
    found = rows(
        tmp_path,
        proposal("globalTags", {"tags": [{"tag": "urn:li:tag:Sensitive"}]}),
        proposal("glossaryTerms", {"terms": [{"urn": "urn:li:glossaryTerm:Level.C2"}]}),
        proposal("editableSchemaMetadata", edited),
    )

    assert declared(found) == {
        ("crm.customer", "sensitive", "true"),
        ("crm.customer", "classification", "C2"),
        ("crm.customer.tel", "entity_type", "PHONE_NUMBER"),
    }


def test_a_later_aspect_replaces_an_earlier_one_and_stands_on_its_own_line(tmp_path: Path) -> None:
    last = {"owners": [{"owner": "urn:li:corpuser:wu", "type": "DATAOWNER"}]}
    text = f"[{json.dumps(proposal('ownership', OWNERS))},\n{json.dumps(proposal('ownership', last))}]"
    found = harvested(DataHubConnector(source(tmp_path, {"a.json": text})))

    assert [(row["principal"], row["line"]) for row in found["owner_assertion"]] == [("wu", 2)]


@pytest.mark.parametrize(
    "more",
    [
        [proposal("ownership", None, changeType="DELETE")],
        [proposal("status", {"removed": True})],
    ],
)
def test_what_is_taken_away_does_not_count(tmp_path: Path, more: list[Any]) -> None:
    found = rows(tmp_path, proposal("ownership", OWNERS), *more)

    assert (owners(found), found["problem"]) == ([], [])


@pytest.mark.parametrize(
    ("urn", "options", "selector"),
    [
        ("urn:li:dataset:(urn:li:dataPlatform:hive,dw.fact,PROD)", {}, "dw.fact"),
        ("urn:li:dataset:(urn:li:dataPlatform:mysql,prod_instance.shop.t[1],DEV)", {}, "shop.t[[]1]"),
        ("urn:li:dataset:(urn:li:dataPlatform:s3,lake/crm/customer,PROD)", {}, "path:s3://lake/crm/customer"),
        ("urn:li:dataset:(urn:li:dataPlatform:hive,dw.fact,DEV)", {"environment": "PROD"}, None),
        ("urn:li:dataset:(urn:li:dataPlatform:hive,dw.fact,DEV)", {"platform": "postgres"}, None),
        (
            "urn:li:dataset:(urn:li:dataPlatform:hive,dw.fact,DEV)",
            {"platform": "hive", "environment": "DEV"},
            "dw.fact",
        ),
    ],
)
def test_datasets_are_called_as_sources_call_them(
    tmp_path: Path, urn: str, options: dict[str, Any], selector: str | None
) -> None:
    owner = {"owners": [{"owner": "urn:li:corpuser:wu", "type": "DATAOWNER"}]}
    found = rows(tmp_path, snapshot(("common.Ownership", owner), urn=urn), **options)

    assert [row["selector"] for row in found["owner_assertion"]] == ([selector] if selector else [])


def test_what_is_removed_in_one_environment_still_counts_in_another(tmp_path: Path) -> None:
    gone = proposal("status", {"removed": True}, entityUrn=URN.replace("PROD", "DEV"))
    found = rows(tmp_path, proposal("ownership", OWNERS), gone)

    assert len(owners(found)) == 3


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("customer.mail", "customer.mail"),
        ("[version=2.0].[type=Rec].[type=string].mail", "mail"),
        ("[version=2.0].[type=Rec].[type=array].[type=Item].items.[type=string].sku", "items.sku"),
        ("[version=2.0].[key=True].[type=int].id", "id"),
    ],
)
def test_field_paths_of_version_2_are_plain(path: str, says: str) -> None:
    assert plain(path) == says


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"entity": "x"}, "has neither a 'proposedSnapshot' nor an 'aspectName'"),
        ({"proposedSnapshot": [1]}, "has a 'proposedSnapshot' that is not an object"),
        (snapshot(urn="urn:li:dataset:odd"), "has no urn of a dataset"),
        (proposal("ownership", None, aspect=None), "has an 'aspect' that is not an object"),
        (proposal("ownership", None, aspect={"value": "{"}), "whose value is not JSON"),
        (proposal("ownership", {"owners": {}}), "has a 'owners' that is not a list"),
        (proposal("ownership", {"owners": [{"owner": "li"}]}), "has an owner without an urn"),
        (proposal("schemaMetadata", {"fields": [{}]}), "has a field without a 'fieldPath'"),
        (proposal("globalTags", {"tags": ["x"]}), "has a tag or term without an urn"),
        (proposal("ownership", OWNERS, changeType="PATCH"), "is a patch"),
    ],
)
def test_a_record_of_another_shape_says_where_and_its_neighbours_count(tmp_path: Path, record: Any, says: str) -> None:
    good = snapshot(("common.Ownership", OWNERS), urn=URN.replace("customer", "ok"))
    text = f"[\n{json.dumps(record)},\n{json.dumps(good)}]"
    found = harvested(DataHubConnector(source(tmp_path, {"a.json": text})))
    (problem,) = found["problem"]

    assert (problem["object"], problem["line"], problem["fatal"]) == ("sink/a.json", 2, True)
    assert says in problem["message"]
    assert {row["selector"] for row in found["owner_assertion"]} == {"crm.ok"}


def test_other_entities_and_aspects_are_left_out(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        proposal("corpUserInfo", {}, entityType="corpuser", entityUrn="urn:li:corpuser:x"),
        proposal("institutionalMemory", {"elements": []}),
        {"proposedSnapshot": {f"{PEGASUS}.metadata.snapshot.CorpUserSnapshot": {"urn": "x", "aspects": []}}},
    )

    assert not any(found.values())


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        list(DataHubConnector(Source(7, "h", "datahub", {"path": "none"}, tmp_path, "datagov.yaml", 9)).harvest())


class TestConformance(ConnectorConformance):
    connector = DataHubConnector

    def source(self, folder: Path) -> Source:
        return source(folder, {"a.json": FORMS["snapshot"]})

    def missing(self, folder: Path) -> Source:
        return Source(7, "hub", "datahub", {"path": "nowhere"}, folder, "datagov.yaml", 9)
