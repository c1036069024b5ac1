"""Registers are read with file and line of every entry; a bad one is a problem and the others still count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from datagov import config
from datagov.ownership import registers, shapes

Tables = dict[str, list[dict[str, Any]]]

GOOD = {
    "entities.yaml": (
        "- entity: group\n  name: 集团\n- {entity: lend, name: Lend Ltd, kind: microlending, parent: group}\n"
    ),
    "purposes.yaml": (
        "- purpose: finance\n  title: {en: Finance, zh: 金融}\n  children:\n"
        "    - purpose: finance.credit\n      title: {en: Credit, zh: 授信}\n"
    ),
    "notices.yaml": (
        "- {notice: n, version: v1, purpose: [finance, ads], effective_from: 2025-01-01}\n"
        "- {notice: n, version: v2, purpose: ads, effective_from: '2025-06-01T08:00:00+08:00', material: true}\n"
    ),
    "people.csv": (
        "\ufeffprincipal,name,status,left_at,replaced_by,entity\n"
        "li@x.org,李,left,2025-01-31,wu@x.org,lend\nwu@x.org,,active,,,\n"
    ),
}
NAMES = {
    "entities": "entities.yaml",
    "purposes": "purposes.yaml",
    "notices": "notices.yaml",
    "principals": "people.csv",
}


def read(folder: Path, files: dict[str, str], **more: Any) -> Tables:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    document = {
        "platform": "p",
        "sources": {"app": {"use": "sqlite", "path": "app.sqlite"}},
        "registers": NAMES,
    } | more
    path = folder / "datagov.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")
    tables: Tables = {}
    for table, batch in registers.read(config.load(path)):
        tables.setdefault(table, []).extend(batch.to_pylist())
    return tables


def test_every_entry_has_its_file_and_line(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    places = {
        table: [(row[key], f"{row['file']}:{row['line']}") for row in found[table]]
        for table, key in (
            ("legal_entity", "entity"),
            ("purpose", "purpose"),
            ("notice", "version"),
            ("principal", "principal"),
        )
    }

    assert places == {
        "legal_entity": [("group", "entities.yaml:1"), ("lend", "entities.yaml:3")],
        "purpose": [("finance", "purposes.yaml:1"), ("finance.credit", "purposes.yaml:4")],
        "notice": [("v1", "notices.yaml:1"), ("v1", "notices.yaml:1"), ("v2", "notices.yaml:2")],
        "principal": [("li@x.org", "people.csv:2"), ("wu@x.org", "people.csv:3")],
    }
    assert "problem" not in found


def test_values_are_read_as_they_are_meant(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)

    assert [(row["purpose"], row["parent"]) for row in found["purpose"]] == [
        ("finance", None),
        ("finance.credit", "finance"),
    ]
    assert [(row["purpose"], row["effective_from"], row["material"]) for row in found["notice"]] == [
        ("finance", "2025-01-01T00:00:00Z", None),
        ("ads", "2025-01-01T00:00:00Z", None),
        ("ads", "2025-06-01T00:00:00Z", True),
    ]
    assert found["principal"][0]["left_at"] == "2025-01-31T00:00:00Z"
    assert found["principal"][1]["name"] is None
    assert {row["kind"]: row["entries"] for row in found["register"]} == {
        "entities": 2,
        "principals": 2,
        "purposes": 2,
        "notices": 2,
    }


BAD = {
    "an unknown key": ("entities.yaml", "- entity: a\n  name: A\n  licence: x\n", 3, "no key called 'licence'"),
    "a missing key": ("notices.yaml", "- {notice: n, version: v1, purpose: p}\n", 1, "'effective_from' is missing"),
    "a word that is not listed": ("entities.yaml", "- entity: a\n  name: A\n  kind: bank\n", 3, "'kind' must be"),
    "a title in one language": ("purposes.yaml", "- purpose: p\n  title: {en: P}\n", 2, "'zh' is missing"),
    "a fault deep in the tree": (
        "purposes.yaml",
        "- purpose: p\n  title: {en: P, zh: 目}\n  children:\n    - purpose: q\n      titel: x\n",
        5,
        "no key called 'titel' here; did you mean 'title'?",
    ),
    "a purpose twice": (
        "purposes.yaml",
        "- purpose: p\n  title: {en: P, zh: 目}\n- purpose: p\n  title: {en: P, zh: 目}\n",
        3,
        "a second time",
    ),
    "an entity twice": ("entities.yaml", "- {entity: a, name: A}\n- {entity: a, name: B}\n", 2, "a second time"),
    "a time that is none": (
        "notices.yaml",
        "- {notice: n, version: v1, purpose: p, effective_from: soon}\n",
        1,
        "must be ISO 8601",
    ),
    "a mapping instead of a list": ("entities.yaml", "entity: a\nname: A\n", 1, "must be a list"),
    "no YAML at all": ("entities.yaml", "- [a\n", None, "not valid YAML"),
    "an alias": ("entities.yaml", "- &a {entity: a, name: A}\n- *a\n", 2, "aliases are not accepted"),
    "a person without status": ("people.csv", "principal,name\nli@x.org,Li\n", 1, "column 'status' is missing"),
    "an unknown status": ("people.csv", "principal,status\nwu@x.org,active\nli@x.org,here\n", 3, "'status' must be"),
    "an unknown column": ("people.csv", "principal,status,phone\nli@x.org,active,138\n", 2, "no key called 'phone'"),
    "a line too short": ("people.csv", "principal,status,name\nli@x.org,active\n", 2, "2 fields, the heading 3"),
    "a person twice": ("people.csv", "principal,status\na@x.org,active\na@x.org,left\n", 3, "a second time"),
    "an empty directory file": ("people.csv", "", 1, "is missing"),
}


@pytest.mark.parametrize(("name", "text", "line", "says"), BAD.values(), ids=BAD.keys())
def test_a_bad_register_is_a_fatal_problem_with_file_and_line(
    name: str, text: str, line: int | None, says: str, tmp_path: Path
) -> None:
    found = read(tmp_path, GOOD | {name: text})
    (problem,) = found["problem"]
    kind = next(kind for kind, file in NAMES.items() if file == name)

    assert problem["fatal"]
    assert says in problem["message"]
    assert line is None or (problem["file"], problem["line"]) == (name, line)
    assert {row["kind"] for row in found["register"]} == NAMES.keys() - {kind}


def test_a_register_file_that_does_not_exist_is_placed_in_the_configuration(tmp_path: Path) -> None:
    found = read(tmp_path, {name: text for name, text in GOOD.items() if name != "people.csv"})

    assert [(row["file"], row["line"], row["object"]) for row in found["problem"]] == [
        ("datagov.yaml", 10, "people.csv")
    ]


def test_a_message_never_repeats_what_a_file_says(tmp_path: Path) -> None:
    canary = "13912345678"
    found = read(
        tmp_path, GOOD | {"people.csv": f"principal,status\n{canary},{canary}\n", "entities.yaml": f"- {canary}\n"}
    )

    assert len(found["problem"]) == 2
    assert canary not in json.dumps(found["problem"])


def test_declarations_become_one_row_per_value_and_owners_become_assertions(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        GOOD,
        declarations=[
            {"select": "app.*", "owner": "li@x.org", "steward": "wu@x.org", "purpose": ["a", "b"], "region": "CN"}
        ],
    )

    assert [(row["key"], row["value"]) for row in found["declaration"]] == [
        ("purpose", "a"),
        ("purpose", "b"),
        ("region", "CN"),
    ]
    assert [(row["role"], row["principal"], row["selector"]) for row in found["owner_assertion"]] == [
        ("data_owner", "li@x.org", "app.*"),
        ("steward", "wu@x.org", "app.*"),
    ]
    assert {row["file"] for row in found["declaration"] + found["owner_assertion"]} == {"datagov.yaml"}


LEDGER = {
    "source": "app",
    "table": "main.log",
    "columns": {"subject": "s", "purpose": "p", "state": "st", "event_time": "t"},
    "given": ["yes"],
    "withdrawn": ["no"],
}
BAD_LEDGERS = {
    "an unknown source": ({"source": "crm"}, "source 'crm', which is not configured"),
    "a field that is needed": (
        {"columns": {"subject": "s", "purpose": "p", "state": "st"}},
        "no column to 'event_time'",
    ),
    "a word on both sides": ({"withdrawn": ["no", "yes"]}, "both as given and as withdrawn"),
    "no word for given": ({"given": []}, "no word that means consent was given"),
}


@pytest.mark.parametrize(("change", "says"), BAD_LEDGERS.values(), ids=BAD_LEDGERS.keys())
def test_a_ledger_that_cannot_be_used_is_a_problem(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, registers={"consent": [LEDGER | change]})
    (problem,) = found["problem"]

    assert says in problem["message"]
    assert (problem["file"], problem["fatal"]) == ("datagov.yaml", True)
    assert "register" not in found


def test_a_ledger_is_kept_with_its_mapping(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD, registers={"consent": [LEDGER]})
    (ledger,) = found["consent_ledger"]

    expected = {key: LEDGER[key] for key in ("table", "columns", "given", "withdrawn")}
    assert json.loads(ledger["mapping"]) == expected | {"ignored": []}
    assert [(row["kind"], row["entries"]) for row in found["register"]] == [("consent", 1)]


def test_the_shapes_are_published_as_json_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    published = shapes.json_schemas()

    assert published.keys() == shapes.FILES.keys()
    for kind, schema in published.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(yaml.safe_load(GOOD[f"{kind}.yaml"].replace("2025-01-01", "'2025-01-01'")), schema)
