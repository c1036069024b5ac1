"""fideslang manifests become declarations and owners, each with its place; an entry that is wrong says where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors.fides import FidesConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError
from datagov.testing import ConnectorConformance

DATASET = """\
dataset:
  - fides_key: crm_db
    name: CRM
    third_country_transfers: [SGP]
    retention: 3 years
    fides_meta: {namespace: {database_name: crm, schema: crm}}
    collections:
      - name: customer
        fields:
          - name: email
            data_categories: [user.contact.email]
          - name: mobile_hash
            data_qualifier: aggregated.anonymized
            data_categories: [user.contact.phone_number]
          - name: home
            fields:
              - name: street
                data_categories: [user.contact.address.street]
          - name: created_at
            data_categories: [system.operations]
      - name: ops.heartbeat
        retention: No retention or erasure policy
        fields: [{name: at, data_categories: [system.operations]}]
"""
SYSTEM = """\
system:
  - fides_key: campaign
    name: Campaign tool
    system_type: Service
    administrating_department: Marketing
    dataset_references: [crm_db]
    egress: [{fides_key: mailer, type: system, data_categories: [user.contact.email]}]
    privacy_declarations:
      - name: Newsletter
        data_categories: [user.contact]
        data_use: marketing.communications.email
        data_subjects: [customer]
        legal_basis_for_processing: Legitimate interests
        retention_period: "30"
"""


def source(folder: Path, files: dict[str, str | bytes], **options: object) -> Source:
    for name, content in files.items():
        path = folder / ".fides" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Source(3, "fides", "fides", {"path": ".fides", **options}, folder, "datagov.yaml", 7)


def rows_of(folder: Path, files: dict[str, str | bytes], **options: object) -> dict[str, list[dict[str, Any]]]:
    return harvested(FidesConnector(source(folder, files, **options)))


def declared(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, str]]:
    return {(row["selector"], row["key"], row["value"]) for row in rows["declaration"]}


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_a_dataset_declares_categories_of_fields_and_retention_and_transfers_of_tables(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET})

    assert not rows["problem"]
    assert declared(rows) == {
        ("crm.customer", "retention", "P3Y"),
        ("crm.customer", "third_country", "SGP"),
        ("ops.heartbeat", "third_country", "SGP"),
        ("crm.customer.email", "fides", "user.contact.email"),
        ("crm.customer.email", "entity_type", "EMAIL_ADDRESS"),
        ("crm.customer.mobile_hash", "fides", "user.contact.phone_number"),
        ("crm.customer.mobile_hash", "data_qualifier", "aggregated.anonymized"),
        ("crm.customer.home.street", "fides", "user.contact.address.street"),
        ("crm.customer.home.street", "entity_type", "LOCATION"),
        ("crm.customer.created_at", "fides", "system.operations"),
        ("ops.heartbeat.at", "fides", "system.operations"),
    }


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("retention", "retention: 3 years"),
        ("third_country", "third_country_transfers"),
        ("entity_type", "data_categories: [user.contact.email]"),
        ("data_qualifier", "data_qualifier"),
    ],
)
def test_a_declaration_stands_where_it_is_written(tmp_path: Path, key: str, part: str) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET})["declaration"]

    found = next(row for row in rows if row["key"] == key)
    assert (found["file"], found["line"]) == (".fides/a.yml", line_of(DATASET, part))


def test_a_system_says_purpose_basis_subjects_and_recipients_of_the_tables_that_hold_its_categories(
    tmp_path: Path,
) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET, "systems/s.yml": SYSTEM})
    of_system = {
        (row["selector"], row["key"], row["value"], row["line"])
        for row in rows["declaration"]
        if row["file"] == ".fides/systems/s.yml"
    }

    assert not rows["problem"]
    assert of_system == {
        ("crm.customer", "purpose", "marketing.communications.email", line_of(SYSTEM, "data_use")),
        ("crm.customer", "legal_basis", "legitimate_interest", line_of(SYSTEM, "legal_basis_for")),
        ("crm.customer", "data_subject", "customer", line_of(SYSTEM, "data_subjects")),
        ("crm.customer", "retention", "P30D", line_of(SYSTEM, "retention_period")),
        ("crm.customer", "recipient", "mailer", line_of(SYSTEM, "egress")),
    }
    assert [(row["selector"], row["principal"], row["role"], row["line"]) for row in rows["owner_assertion"]] == [
        ("crm.customer", "Marketing", "data_owner", line_of(SYSTEM, "administrating_department")),
        ("ops.heartbeat", "Marketing", "data_owner", line_of(SYSTEM, "administrating_department")),
    ]


def test_a_data_use_is_called_as_the_register_of_purposes_calls_it(tmp_path: Path) -> None:
    named = {"marketing.communications.email": "ads.mail"}
    rows = rows_of(tmp_path, {"a.yml": DATASET + SYSTEM}, purposes=named, owners={"Marketing": "li@x.org"})

    assert ("crm.customer", "purpose", "ads.mail") in declared(rows)
    assert {row["principal"] for row in rows["owner_assertion"]} == {"li@x.org"}


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Consent", "consent"),
        ("Contract", "contract"),
        ("Legal obligations", "legal_obligation"),
        ("Vital interests", "vital_interest"),
        ("Public interest", "public_interest"),
        ("Legitimate Interests", "legitimate_interest"),
        ("PIPL-13-3", "PIPL-13-3"),
    ],
)
def test_legal_bases_are_taken_in_the_words_of_both(tmp_path: Path, said: str, means: str) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET + SYSTEM.replace("Legitimate interests", said)})

    assert ("crm.customer", "legal_basis", means) in declared(rows)


def test_the_legal_basis_of_a_data_use_counts_where_the_declaration_has_none(tmp_path: Path) -> None:
    use = "data_use: [{fides_key: marketing.communications.email, legal_basis: Consent}]\n"
    system = SYSTEM.replace("        legal_basis_for_processing: Legitimate interests\n", "")
    rows = rows_of(tmp_path, {"a.yml": use + DATASET, "b.yml": system})

    assert ("crm.customer", "legal_basis", "consent") in declared(rows)


@pytest.mark.parametrize(
    ("dataset", "options", "name"),
    [
        ("fides_key: app, collections: [{name: t, retention: '1', fields: []}]", {}, "app.t"),
        ("fides_key: app, collections: [{name: t, retention: '1', fields: []}]", {"schemas": {"app": "dw"}}, "dw.t"),
        (
            "fides_key: app, fides_meta: {namespace: {dataset_id: bq, project_id: p}}, "
            "collections: [{name: t, retention: '1', fields: []}]",
            {},
            "bq.t",
        ),
        ("fides_key: app, collections: [{name: 'x.t[1]', retention: '1', fields: []}]", {}, "x.t[[]1]"),
    ],
)
def test_a_table_is_named_by_option_namespace_or_key(tmp_path: Path, dataset: str, options: Any, name: str) -> None:
    rows = rows_of(tmp_path, {"a.yml": f"dataset: [{{{dataset}}}]\n"}, **options)

    assert declared(rows) == {(name, "retention", "P1D")}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("dataset: 3\n", 1, "'dataset' must be a list of entries"),
        ("dataset:\n  - name: x\n    collections: []\n", 2, "'dataset.0.fides_key' is missing"),
        ("dataset:\n  - fides_key: x\n    collections: {}\n", 3, "'dataset.0.collections' must be a list"),
        (
            "dataset:\n  - fides_key: x\n    collections:\n      - name: t\n        fields:\n          - name: 7\n",
            6,
            "'dataset.0.collections.0.fields.0.name' must be text",
        ),
        ("dataset:\n  - fides_key: x\n    collections: []\n    retention: [1]\n", 4, "must be text"),
        ("system:\n  - fides_key: s\n", 2, "'system.0.privacy_declarations' is missing"),
        (
            "system:\n  - fides_key: s\n    privacy_declarations:\n      - data_use: a\n",
            4,
            "'system.0.privacy_declarations.0.data_categories' is missing",
        ),
        ("dataset:\n  - fides_key: crm_db\n    collections: []\n", 2, "already stands in .fides/a.yml:2"),
        ("dataset:\n  - fides_key: x\n    fides_key: y\n", 3, "stands here a second time"),
        ("dataset: [\n", 2, "not valid YAML"),
        ("a: &x 1\ndataset: *x\n", 2, "aliases are not accepted"),
    ],
)
def test_a_wrong_entry_says_where_and_its_neighbours_count(tmp_path: Path, text: str, line: int, says: str) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET, "z.yml": text})
    (problem,) = rows["problem"]

    assert (problem["object"], problem["line"], problem["fatal"]) == (".fides/z.yml", line, True)
    assert says in problem["message"]
    assert ("crm.customer.email", "entity_type", "EMAIL_ADDRESS") in declared(rows)


def test_of_a_wrong_entry_the_next_one_in_the_same_file_counts(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET.replace("dataset:\n", "dataset:\n  - {fides_key: broken}\n")})

    assert len(rows["problem"]) == 1
    assert ("crm.customer.email", "entity_type", "EMAIL_ADDRESS") in declared(rows)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("Legitimate interests", "Because", "no legal basis has this name"),
        ('"30"', "a while", "must be a number of days"),
        ("[user.contact]", "[user.biometric]", "reaches no table"),
        ("dataset_references: [crm_db]", "dataset_references: []", "refers to no dataset"),
        ("dataset_references: [crm_db]", "dataset_references: [crm_db, gone]", "no manifest of the source describes"),
    ],
)
def test_what_leads_nowhere_is_said_with_its_line_and_without_its_value(
    tmp_path: Path, before: str, after: str, says: str
) -> None:
    rows = rows_of(tmp_path, {"a.yml": DATASET, "s.yml": SYSTEM.replace(before, after)})
    (problem,) = rows["problem"]

    assert says in problem["message"]
    assert after not in problem["message"]
    assert (problem["object"], problem["fatal"]) == (".fides/s.yml", False)


def test_files_that_are_no_manifest_are_left_out_and_said(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.yml": "policy: [{fides_key: p}]\n",
        "b.yml": "models: []\n",
        "c.yml": b"\xff",
        "d.yml": b"#" * 3_000_000,
    }
    rows = rows_of(tmp_path, files)

    assert [(row["object"], row["kind"], row["fatal"]) for row in rows["problem"]] == [
        (".fides/b.yml", "not_a_manifest", False),
        (".fides/c.yml", "invalid_manifest", True),
        (".fides/d.yml", "invalid_manifest", True),
    ]


def test_a_missing_folder_is_a_sentence_and_an_empty_one_a_problem(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        list(FidesConnector(Source(3, "f", "fides", {"path": "none"}, tmp_path, "datagov.yaml", 7)).harvest())
    (problem,) = rows_of(tmp_path, {"readme.md": ""})["problem"]
    assert (problem["kind"], problem["fatal"], problem["file"]) == ("empty", True, "datagov.yaml")


def test_a_wrong_option_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs the option 'path'"):
        FidesConnector(Source(3, "f", "fides", {}, tmp_path, "datagov.yaml", 7))


class TestConformance(ConnectorConformance):
    connector = FidesConnector

    def source(self, folder: Path) -> Source:
        return source(folder, {"a.yml": DATASET + SYSTEM})

    def missing(self, folder: Path) -> Source:
        return Source(3, "fides", "fides", {"path": "nowhere"}, folder, "datagov.yaml", 7)
