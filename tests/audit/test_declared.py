"""Manifests and exports of several tools meet in one audit: what each says reaches the same tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datagov.audit import Audit
from datagov.errors import ConfigError
from datagov.model import Exit

FIDES = """\
dataset:
  - fides_key: main
    collections:
      - name: customer
        fields: [{name: email, data_categories: [user.contact.email]}]
      - name: nowhere
        fields: [{name: x, data_categories: [user.name]}]
system:
  - fides_key: shop
    administrating_department: Shop
    dataset_references: [main]
    privacy_declarations:
      - {data_categories: [user], data_use: service.account, legal_basis_for_processing: Contract}
"""
TABLE = {
    "fullyQualifiedName": "lite.shop.main.nobody",
    "owners": [{"name": "li", "type": "user"}],
    "columns": [{"name": "email", "tags": [{"tagFQN": "PII.Email", "state": "Confirmed"}]}],
}
RECORD = {
    "entityType": "dataset",
    "entityUrn": "urn:li:dataset:(urn:li:dataPlatform:sqlite,shop.main.mailing,PROD)",
    "changeType": "UPSERT",
    "aspectName": "ownership",
    "aspect": {"json": {"owners": [{"owner": "urn:li:corpuser:wu", "type": "DATAOWNER"}]}},
}


def _rows(audit: Audit, sql: str) -> list[tuple[Any, ...]]:
    evidence = audit.evidence()
    try:
        return [tuple(row.values()) for row in evidence.rows(sql)]
    finally:
        evidence.close()


def test_what_each_tool_says_reaches_its_table_with_its_place(audited: Callable[..., Audit], shop: Path) -> None:
    (shop / "fides.yml").write_text(FIDES)
    (shop / "om.json").write_text(json.dumps(TABLE))
    (shop / "hub.json").write_text(json.dumps([RECORD]))
    people = [{"mail": "li", "active": True}, {"mail": "wu", "status": "离职"}]
    (shop / "people.json").write_text(json.dumps(people, ensure_ascii=False))
    audit = audited(
        fides="{use: fides, path: fides.yml}",
        catalogue="{use: openmetadata, path: om.json}",
        hub="{use: datahub, path: hub.json}",
        settings="registers: {principals: people.json}\n",
    )

    assert _rows(
        audit,
        "SELECT d.name, c.name AS field, s.key, s.value, s.file, s.line"
        " FROM declared s JOIN dataset d USING (dataset_id) LEFT JOIN column c USING (column_id) ORDER BY 1, 3",
    ) == [
        ("main.customer", "email", "entity_type", "EMAIL_ADDRESS", "fides.yml", 5),
        ("main.customer", "email", "fides", "user.contact.email", "fides.yml", 5),
        ("main.customer", None, "legal_basis", "contract", "fides.yml", 13),
        ("main.customer", None, "purpose", "service.account", "fides.yml", 13),
        ("main.nobody", "email", "entity_type", "EMAIL_ADDRESS", "om.json", 1),
    ]
    assert _rows(
        audit,
        "SELECT d.name, a.principal, p.status FROM owner_assignment a JOIN dataset d USING (dataset_id)"
        " LEFT JOIN principal p USING (principal) ORDER BY 1",
    ) == [("main.customer", "Shop", None), ("main.mailing", "wu", "left"), ("main.nobody", "li", "active")]
    assert set(_rows(audit, "SELECT kind, fatal FROM problem WHERE stage IN ('harvest', 'declare')")) == {
        ("unmatched", 0)
    }
    assert audit.complete


def test_who_follows_an_owner_who_left_is_who_acts_on_a_finding(audited: Callable[..., Audit], shop: Path) -> None:
    (shop / "people.csv").write_text(
        "principal,status,replaced_by\nli,left,wu\nwu,disabled,chen\nchen,active,\nhe,left,she\nshe,left,he\n"
    )
    with closing(sqlite3.connect(shop / "shop.db")) as db, db:
        for table in ("caller", "guest"):
            db.execute(f"CREATE TABLE {table} (mobile TEXT)")
            db.executemany(f"INSERT INTO {table} VALUES (?)", [(f"1381234{n:04}",) for n in range(200)])
    audit = audited(
        settings="registers: {principals: people.csv}\ndeclarations:\n"
        "  - {select: main.caller, owner: li}\n  - {select: main.guest, owner: he}\n",
    )

    assert dict(_rows(audit, "SELECT DISTINCT subject, owners FROM finding WHERE rule = 'NS-001'")) == {
        "main.caller.mobile": "chen",
        "main.guest.mobile": "",
    }


def test_files_that_hold_personal_data_need_an_owner_too(audited: Callable[..., Audit], shop: Path) -> None:
    (shop / "lake" / "guest").mkdir(parents=True)
    mails = "".join(f"{n},guest{n}@example.org\n" for n in range(60))
    (shop / "lake" / "guest" / "part.csv").write_text(f"id,email\n{mails}")
    audit = audited(lake="{use: files, path: lake}", settings="declarations:\n  - {select: 'main.*', owner: li}\n")

    assert _rows(audit, "SELECT subject FROM finding WHERE rule = 'DO-001'") == [("lake.guest",)]


def test_a_missing_owner_is_one_cause_though_two_rules_find_it(audited: Callable[..., Audit], shop: Path) -> None:
    audit = audited(settings="declarations:\n  - {select: main.customer, owner: li}\n")

    assert _rows(audit, "SELECT rule, subject FROM finding WHERE subject = 'main.mailing' ORDER BY rule") == [
        ("DO-001", "main.mailing"),
        ("DO-004", "main.mailing"),
    ]
    assert _rows(audit, "SELECT rule, severity, findings, message_en FROM cause WHERE subject = 'main.mailing'") == [
        (
            "DO-004",
            "critical",
            2,
            "Personal data of main.customer flows into main.mailing, which has no data owner."
            " DO-001 finds the same fault: asset has no accountable owner.",
        )
    ]


def test_without_the_rule_of_flows_a_missing_owner_is_a_cause_of_its_own(
    audited: Callable[..., Audit], shop: Path
) -> None:
    audit = audited(
        settings="rules: {ignore: [DO-004]}\ndeclarations:\n  - {select: main.customer, owner: li}\n",
    )

    assert _rows(audit, "SELECT rule, findings FROM cause WHERE subject = 'main.mailing'") == [("DO-001", 1)]


@pytest.mark.parametrize("kind", ["entities", "principals", "purposes", "notices"])
@pytest.mark.parametrize(("name", "said"), [("nowhere.yaml", "is not there"), ("sql", "is a folder")])
def test_a_register_whose_file_is_not_there_is_a_wrong_configuration(
    audited: Callable[..., Audit], shop: Path, kind: str, name: str, said: str
) -> None:
    said = f"datagov.yaml:7: The register '{kind}' names the file '{name}', which {said}"
    with pytest.raises(ConfigError, match=said):
        audited(settings=f"registers:\n  {kind}: {name}\n")

    assert not (shop / ".datagov").exists()


def test_a_register_that_is_there_and_cannot_be_understood_leaves_the_night_incomplete(
    audited: Callable[..., Audit], shop: Path
) -> None:
    (shop / "purposes.yaml").write_text("- {purpose: p, titel: x}\n")
    audit = audited(settings="registers: {purposes: purposes.yaml}\n")

    assert audit.exit is Exit.INCOMPLETE
    assert _rows(audit, "SELECT message FROM problem WHERE fatal") == [
        ("purposes.yaml:1: There is no key called 'titel' here; did you mean 'title'?",)
    ]
