"""Contracts become owner assertions and declarations, each with its place; a contract that is wrong says where."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from _sources import harvested

from datagov.connectors._options import escaped
from datagov.connectors.odcs import OdcsConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError

HEAD = 'apiVersion: {api}\nkind: DataContract\nid: "1"\nversion: 1.0.0\nstatus: active\n'

PROFILE = (
    HEAD.format(api="v3.1.0")
    + """\
servers:
  - {server: prod, type: postgres, host: db.internal, port: 5432, database: core, schema: lending}
team:
  name: lending-data
  members:
    - {username: li.wei@example.org, role: owner, dateIn: 2025-01-06}
    - {username: chen.jie@example.org, role: Data Steward, dateIn: "2025-01-06T08:00:00+08:00"}
    - username: old.boss@example.org
      role: data-owner
      dateOut: "2024-12-31"
      replacedByUsername: li.wei@example.org
    - {username: dev@example.org, role: developer}
slaProperties:
  - {property: retention, value: 3, unit: y, element: member_profile.closed_at}
  - {property: retention, value: 30, unit: d, element: login}
  - {property: latency, value: 4, unit: h}
customProperties:
  - {property: datagovPurpose, value: [finance.credit_decision, finance.collection]}
  - {property: datagovRegion, value: CN}
  - {property: datagovRightHolder, value: {hold: bank-cn, processUse: [bank-cn, pay-cn], operate: []}}
  - {property: theirOwnKey, value: {anything: [1, 2]}}
schema:
  - name: member_profile
    physicalType: table
    customProperties:
      - {property: datagovRegion, value: SG}
    properties:
      - name: member_id
        logicalType: string
        customProperties: [{property: datagovSubjectKey, value: true}]
      - name: mobile
        logicalType: string
        physicalName: mobile_no
        classification: C2
        authoritativeDefinitions:
          - {type: businessDefinition, url: "https://w3id.org/dpv/pd#TelephoneNumber"}
          - {type: implementation, url: "https://example.org/wiki/mobile"}
        customProperties:
          - {property: fidesDataCategories, value: [user.contact.phone_number, user.contact]}
          - {property: datagovEntity, value: CN_MOBILE}
      - name: address
        logicalType: object
        properties: [{name: city, logicalType: string, classification: C1}]
      - name: closed_at
        logicalType: timestamp
        customProperties: [{property: datagovProcessedAt, value: true}]
  - name: login
    physicalName: login_[2024]
"""
)


def contracts(folder: Path, files: dict[str, str | bytes], **options: object) -> OdcsConnector:
    for name, content in files.items():
        path = folder / "contracts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return OdcsConnector(Source(3, "odcs", "odcs", {"path": "contracts", **options}, folder, "datagov.yaml", 7))


def declared(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    return {(row["selector"], row["key"], row["value"]) for row in rows["declaration"]}


def line_of(text: str) -> int:
    return PROFILE[: PROFILE.index(text)].count("\n") + 1


def test_members_whose_role_asserts_ownership_become_assertions_for_every_table(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"a.odcs.yaml": PROFILE}))["owner_assertion"]
    profile = [
        (row["principal"], row["role"], row["valid_from"], row["valid_to"], row["replaced_by"], row["line"])
        for row in rows
        if row["selector"] == "lending.member_profile"
    ]

    assert profile == [
        ("li.wei@example.org", "data_owner", "2025-01-06T00:00:00Z", None, None, line_of("- {username: li.wei")),
        ("chen.jie@example.org", "steward", "2025-01-06T00:00:00Z", None, None, line_of("- {username: chen")),
        (
            "old.boss@example.org",
            "data_owner",
            None,
            "2024-12-31T00:00:00Z",
            "li.wei@example.org",
            line_of("- username: old"),
        ),
    ]
    assert {row["selector"] for row in rows} == {"lending.member_profile", "lending.login_[[]2024]"}
    assert {row["file"] for row in rows} == {"contracts/a.odcs.yaml"}


def test_declarations_are_per_dataset_and_column_and_the_nearer_one_replaces(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"a.odcs.yaml": PROFILE}))
    profile, login = "lending.member_profile", "lending.login_[[]2024]"

    assert not rows["problem"]
    assert declared(rows) == {
        *((table, "purpose", "finance.credit_decision") for table in (profile, login)),
        *((table, "purpose", "finance.collection") for table in (profile, login)),
        *((table, "right_hold", "bank-cn") for table in (profile, login)),
        *((table, "right_process_use", "bank-cn") for table in (profile, login)),
        *((table, "right_process_use", "pay-cn") for table in (profile, login)),
        (profile, "region", "SG"),
        (login, "region", "CN"),
        (profile, "retention", "P3Y"),
        (login, "retention", "P30D"),
        (profile, "subject_key", "member_id"),
        (profile, "processed_at", "closed_at"),
        (f"{profile}.mobile_no", "classification", "C2"),
        (f"{profile}.mobile_no", "dpv", "https://w3id.org/dpv/pd#TelephoneNumber"),
        (f"{profile}.mobile_no", "fides", "user.contact.phone_number"),
        (f"{profile}.mobile_no", "fides", "user.contact"),
        (f"{profile}.mobile_no", "entity_type", "CN_MOBILE"),
        (f"{profile}.address.city", "classification", "C1"),
    }


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("retention", "- {property: retention, value: 3"),
        ("region", "- {property: datagovRegion, value: SG}"),
        ("subject_key", "customProperties: [{property: datagovSubjectKey"),
        ("entity_type", "- {property: datagovEntity"),
        ("classification", "classification: C2"),
        ("right_hold", "- {property: datagovRightHolder"),
    ],
)
def test_a_declaration_stands_where_it_is_written(tmp_path: Path, key: str, text: str) -> None:
    rows = harvested(contracts(tmp_path, {"a.odcs.yaml": PROFILE}))["declaration"]

    assert next(row["line"] for row in rows if row["key"] == key) == line_of(text)


def test_the_team_of_version_3_0_is_a_plain_list(tmp_path: Path) -> None:
    text = HEAD.format(api="v3.0.2") + "schema: [{name: s.t}]\nteam: [{username: li, role: owner}]\n"
    rows = harvested(contracts(tmp_path, {"a.yaml": text}))

    assert [(row["selector"], row["principal"], row["line"]) for row in rows["owner_assertion"]] == [("s.t", "li", 7)]


@pytest.mark.parametrize("api", ["v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0"])
def test_versions_3_0_to_3_2_are_read(tmp_path: Path, api: str) -> None:
    assert not harvested(contracts(tmp_path, {"a.yaml": HEAD.format(api=api) + "schema: [{name: s.t}]\n"}))["problem"]


@pytest.mark.parametrize(
    ("schema", "options", "selectors"),
    [
        ("[{name: t, physicalName: dw.t}]", {}, {"dw.t"}),
        ("[{name: t}]\nservers: [{server: a, schema: x}, {server: b, schema: y}, {server: c}]", {}, {"x.t", "y.t"}),
        ("[{name: t}]", {"schema": "ods"}, {"ods.t"}),
    ],
)
def test_a_dataset_is_named_by_its_contract_or_by_the_option(tmp_path: Path, schema, options, selectors) -> None:
    text = HEAD.format(api="v3.1.0") + f"team: {{members: [{{username: li, role: owner}}]}}\nschema: {schema}\n"
    rows = harvested(contracts(tmp_path, {"a.yaml": text}, **options))

    assert {row["selector"] for row in rows["owner_assertion"]} == selectors


GOOD = HEAD.format(api="v3.1.0") + "schema: [{name: s.t}]\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (GOOD.replace("v3.1.0", "v2.2.2"), 1, "'apiVersion' is not a version that is read"),
        (GOOD.replace("v3.1.0", "v4.0.0"), 1, "'apiVersion' is not a version that is read"),
        (GOOD.replace("DataContract", "DataProduct"), 2, "'kind' must be 'DataContract'"),
        (GOOD.replace('id: "1"\n', ""), 1, "'id' is missing"),
        (GOOD.replace("1.0.0", "1.0"), 4, "'version' must be text; put it in quotes"),
        (GOOD + "owner: li\n", 7, "'owner' is not a key of the standard here"),
        (GOOD + "team:\n  members:\n    - {role: owner}\n", 9, "'team.members.0.username' is missing"),
        (GOOD + "team:\n  - {username: li, roel: owner}\n", 8, "'team.0.roel' is not a key"),
        (GOOD + "team: li\n", 7, "'team' must be a mapping"),
        (GOOD + "schemas: []\n", 7, "'schemas' is not a key"),
        (GOOD.replace("[{name: s.t}]", "{name: s.t}"), 6, "'schema' must be a list"),
        (GOOD.replace("name: s.t", "name: t"), 6, "No schema is named for this table"),
        (GOOD.replace("name: s.t", "nam: s.t"), 6, "'schema.0.name' is missing"),
        (GOOD + "customProperties:\n  - {property: datagovPurpos, value: x}\n", 8, "'datagovPurpos' is not one"),
        (GOOD + "customProperties:\n  - {property: datagovPurpose, value: {a: b}}\n", 8, "must be a text or a list"),
        (GOOD + "customProperties:\n  - {property: datagovRightHolder, value: x}\n", 8, "a mapping with hold"),
        (GOOD + "customProperties:\n  - {property: datagovRetention, value: 3 years}\n", 8, "ISO 8601 duration"),
        (GOOD + "slaProperties:\n  - {property: retention, value: 3, unit: eons}\n", 8, "a whole number with the unit"),
        (GOOD + "slaProperties:\n  - {property: retention, value: 2.5, unit: y}\n", 8, "a whole number with the unit"),
        (GOOD + "team: [{username: li, role: owner, dateIn: soon}]\n", 7, "'dateIn' must be a date"),
        ("- not\n- a mapping\n", 1, "A contract must be a mapping"),
        ("kind: [\n", 2, "This is not valid YAML"),
        ("a: &x 1\nkind: *x\n", 2, "YAML aliases are not accepted"),
    ],
)
def test_a_contract_that_is_wrong_says_where_and_the_others_still_count(tmp_path: Path, text, line, says) -> None:
    good = HEAD.format(api="v3.1.0") + "schema: [{name: s.t}]\nteam: [{username: li, role: owner}]\n"
    rows = harvested(contracts(tmp_path, {"bad.odcs.yaml": text, "good.odcs.yaml": good}))
    (problem,) = rows["problem"]

    assert (problem["object"], problem["fatal"], problem["line"]) == ("contracts/bad.odcs.yaml", True, line)
    assert says in problem["message"]
    assert [row["file"] for row in rows["owner_assertion"]] == ["contracts/good.odcs.yaml"]
    assert not rows["declaration"]


def test_a_file_that_is_no_utf8_or_too_large_is_a_problem(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"a.yaml": b"\xff\xfe", "b.yaml": b"#" * 3_000_000}))

    assert [(row["object"], row["fatal"]) for row in rows["problem"]] == [
        ("contracts/a.yaml", True),
        ("contracts/b.yaml", True),
    ]


@pytest.mark.parametrize("status", ["proposed", "Draft", "retired"])
def test_a_contract_that_is_not_in_force_does_not_count_and_is_said(tmp_path: Path, status: str) -> None:
    rows = harvested(contracts(tmp_path, {"a.yaml": PROFILE.replace("status: active", f"status: {status}")}))

    assert [(row["kind"], row["fatal"], row["line"]) for row in rows["problem"]] == [("not_in_force", False, 5)]
    assert not rows["owner_assertion"]
    assert not rows["declaration"]


def test_other_yaml_in_the_folder_is_left_out_and_said(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"models.yml": "models: []\n", "odd.odcs.yaml": "models: []\n"}))

    assert [(row["object"], row["kind"], row["fatal"]) for row in rows["problem"]] == [
        ("contracts/models.yml", "not_a_contract", False),
        ("contracts/odd.odcs.yaml", "invalid_contract", True),
    ]


def test_one_contract_can_be_named_by_its_path(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"a.yaml": PROFILE, "b.yaml": "kind: ["}, path="contracts/a.yaml"))

    assert rows["declaration"]
    assert not rows["problem"]


def test_a_folder_without_contracts_is_a_problem(tmp_path: Path) -> None:
    rows = harvested(contracts(tmp_path, {"readme.txt": ""}))

    assert [(row["kind"], row["fatal"], row["file"], row["line"]) for row in rows["problem"]] == [
        ("empty", True, "datagov.yaml", 7)
    ]


def test_a_missing_folder_and_a_wrong_option_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(contracts(tmp_path, {}, path="nowhere"))
    with pytest.raises(ConfigError, match=r"^datagov\.yaml:7: .*'schema'"):
        contracts(tmp_path, {}, schema=1)


def test_the_parts_that_are_not_read_may_hold_anything(tmp_path: Path) -> None:
    more = "quality: [{type: custom, engine: greatExpectations, implementation: x}]"
    text = (
        GOOD.replace("name: s.t", f"name: s.t, {more}") + "support: [{channel: a, url: b}]\nprice: {priceAmount: 1}\n"
    )

    assert not harvested(contracts(tmp_path, {"a.yaml": text}))["problem"]


@pytest.mark.parametrize("name", ["plain", "a*b", "a?b", "a[b]c", "[", "[[*]", "客户"])
def test_an_escaped_name_matches_itself_only(name: str) -> None:
    from fnmatch import fnmatchcase

    assert fnmatchcase(name, escaped(name))
    assert not fnmatchcase(name.replace("*", "x").replace("?", "y") + "z", escaped(name))


def test_the_published_schema_of_the_standard_judges_the_same(tmp_path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="cross-check with the standard's schema")
    standard = pytest.importorskip("open_data_contract_standard", reason="cross-check with the standard's schema")
    import json

    schema = json.loads((Path(standard.__file__).parent / "schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)

    def accepted_there(value: Any) -> bool:
        return next(validator.iter_errors(value), None) is None

    def accepted_here(name: str, value: Any) -> bool:
        rows = harvested(contracts(tmp_path / name, {"a.odcs.yaml": yaml.safe_dump(value, sort_keys=False)}))
        return not any(row["fatal"] for row in rows["problem"])

    whole = yaml.safe_load(PROFILE.replace("2025-01-06}", '"2025-01-06"}'))
    assert accepted_there(whole)
    assert accepted_here("whole", whole)

    paths = [
        (),
        ("team",),
        ("team", "members", 0),
        ("slaProperties", 0),
        ("customProperties", 0),
        ("schema", 0),
        ("schema", 0, "properties", 1),
        ("schema", 0, "properties", 1, "customProperties", 0),
    ]
    for n, path in enumerate(paths):
        copy = yaml.safe_load(yaml.safe_dump(whole))
        part = copy
        for step in path:
            part = part[step]
        part["noSuchKey"] = "x"

        assert not accepted_there(copy), path
        assert not accepted_here(str(n), copy), path
