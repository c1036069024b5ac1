"""People from directory exports in JSON and LDIF: status, leaving, successors, and nothing else of a person."""

from __future__ import annotations

import base64
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from datagov import config
from datagov.ownership import directory, directory_json, directory_ldif, registers

ENTRA = {
    "@odata.context": "https://graph.example/users",
    "value": [
        {"id": "1", "displayName": "李伟", "mail": "li@x.org", "accountEnabled": True, "mobilePhone": "13900000000"},
        {"id": "2", "displayName": "Wu", "mail": None, "userPrincipalName": "wu@x.org", "accountEnabled": False},
        {
            "id": "3",
            "displayName": "Chen",
            "mail": "chen@x.org",
            "accountEnabled": True,
            "employeeLeaveDateTime": "2025-01-31T00:00:00Z",
        },
    ],
}
OKTA = [
    {"id": "00u1", "status": "ACTIVE", "profile": {"login": "li@x.org", "email": "li@x.org", "displayName": "Li"}},
    {"id": "00u2", "status": "DEPROVISIONED", "profile": {"login": "wu@x.org", "email": "wu@x.org"}},
    {"id": "00u3", "status": "SUSPENDED", "profile": {"login": "chen@x.org"}},
    {"id": "00u4", "status": "LOCKED_OUT", "profile": {"login": "ma@x.org"}},
]
FEISHU = {
    "code": 0,
    "data": {
        "has_more": False,
        "items": [
            {
                "user_id": "a1",
                "name": "李伟",
                "enterprise_email": "li@x.org",
                "status": {"is_frozen": False, "is_resigned": False, "is_activated": True},
            },
            {
                "user_id": "a2",
                "name": "吴",
                "email": "wu@x.org",
                "leave_time": 1738281600,
                "status": {"is_frozen": True, "is_resigned": True},
            },
            {"user_id": "a3", "email": "chen@x.org", "status": {"is_frozen": True}},
        ],
    },
}
DINGTALK = {
    "errcode": 0,
    "result": {
        "has_more": False,
        "list": [
            {"userid": "u1", "name": "李伟", "org_email": "li@x.org", "active": True},
            {"userid": "u2", "name": "吴", "org_email": "wu@x.org", "active": False, "lastWorkDay": 1738281600000},
        ],
    },
}
SCIM = {
    "totalResults": 1,
    "Resources": [
        {
            "userName": "li",
            "active": True,
            "name": {"formatted": "Li Wei"},
            "emails": [{"value": "li@x.org", "primary": True}],
        }
    ],
}
GOOGLE = {
    "users": [
        {"primaryEmail": "li@x.org", "name": {"fullName": "Li Wei"}, "suspended": False},
        {"primaryEmail": "wu@x.org", "name": {"fullName": "Wu"}, "suspended": True},
    ]
}
LDIF = f"""\
version: 1

# an entry of nobody
dn: ou=people,dc=x
objectClass: organizationalUnit
ou: people

dn: uid=li,ou=people,dc=x
objectClass: top
objectClass: inetOrgPerson
uid: li
cn: Li Wei
displayName;lang-zh:: {base64.b64encode("李伟".encode()).decode()}
mail: li.wei.of.lending@exam
 ple.org
employeeStatus: active
jpegPhoto:: /9j/4AAQSkZJRg==
# a comment
 that goes on
mobile: 13900000000

dn: uid=wu,ou=people,dc=x
objectClass: inetOrgPerson
uid: wu
mail: wu@x.org
employeeStatus: terminated
terminationDate: 20250131000000Z
manager: uid=li,ou=people,dc=x

dn: CN=PC1,DC=x
objectClass: user
objectClass: computer
sAMAccountName: PC1$
userAccountControl: 4096
"""


def read(folder: Path, name: str, text: str | bytes, **more: Any) -> dict[str, list[dict[str, Any]]]:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    people: Any = {"file": name, **more} if more else name
    document = {
        "platform": "p",
        "sources": {"app": {"use": "sqlite", "path": "a.db"}},
        "registers": {"principals": people},
    }
    (folder / "datagov.yaml").write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
    tables: dict[str, list[dict[str, Any]]] = {"principal": [], "problem": [], "register": []}
    for table, batch in registers.read(config.load(folder / "datagov.yaml")):
        tables[table] += batch.to_pylist()
    return tables


def states(tables: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return [(row["principal"], row["status"]) for row in tables["principal"]]


@pytest.mark.parametrize(
    ("export", "expected"),
    [
        (ENTRA, [("li@x.org", "active"), ("wu@x.org", "disabled"), ("chen@x.org", "active")]),
        (OKTA, [("li@x.org", "active"), ("wu@x.org", "left"), ("chen@x.org", "disabled"), ("ma@x.org", "active")]),
        (FEISHU, [("li@x.org", "active"), ("wu@x.org", "left"), ("chen@x.org", "disabled")]),
        (DINGTALK, [("li@x.org", "active"), ("wu@x.org", "disabled")]),
        (SCIM, [("li@x.org", "active")]),
        (GOOGLE, [("li@x.org", "active"), ("wu@x.org", "disabled")]),
    ],
    ids=["Entra ID", "Okta", "Feishu", "DingTalk", "SCIM", "Google"],
)
def test_exports_are_read_as_they_come(export: Any, expected: list[tuple[str, str]], tmp_path: Path) -> None:
    found = read(tmp_path, "people.json", json.dumps(export, ensure_ascii=False, indent=1))

    assert not found["problem"]
    assert states(found) == expected
    assert [row["entries"] for row in found["register"]] == [len(expected)]


@pytest.mark.parametrize(
    ("export", "left"),
    [
        (ENTRA, "2025-01-31T00:00:00Z"),
        (FEISHU, "2025-01-31T00:00:00Z"),
        (DINGTALK, "2025-01-31T00:00:00Z"),
    ],
    ids=["ISO 8601", "seconds", "milliseconds"],
)
def test_the_time_of_leaving_is_utc_however_it_is_written(export: Any, left: str, tmp_path: Path) -> None:
    found = read(tmp_path, "people.json", json.dumps(export))

    assert [row["left_at"] for row in found["principal"] if row["left_at"]] == [left]


def test_every_person_stands_on_the_line_of_its_entry(tmp_path: Path) -> None:
    text = '{"users": [\n  {"mail": "a@x", "active": true},\n\n  {"mail": "b@x",\n   "active": true}]}\n'
    found = read(tmp_path, "people.json", text)

    assert [(row["principal"], row["line"]) for row in found["principal"]] == [("a@x", 2), ("b@x", 4)]


def test_nothing_of_a_person_but_the_fields_of_a_principal_is_taken(tmp_path: Path) -> None:
    found = {**read(tmp_path, "people.json", json.dumps(ENTRA)), "ldif": read(tmp_path, "people.ldif", LDIF)}

    assert "13900000000" not in json.dumps(found)


def test_attributes_words_and_successors_are_configured(tmp_path: Path) -> None:
    people = [
        {"workNo": "E1", "account": "li", "cn": "Li", "state": "出岗", "handover": "E2", "unit": "lend-cn"},
        {"workNo": "E2", "account": "wu", "cn": "Wu", "state": "在岗"},
    ]
    found = read(
        tmp_path,
        "people.json",
        json.dumps({"a": [1], "b": {"rows": people}}),
        list="b.rows",
        fields={"principal": ["none", "account"], "status": "state", "replaced_by": "handover", "entity": "unit"},
        words={"active": ["在岗"], "left": ["出岗"]},
    )

    assert states(found) == [("li", "left"), ("wu", "active")]
    assert [(row["name"], row["replaced_by"], row["entity"]) for row in found["principal"]] == [
        ("Li", "E2", "lend-cn"),
        ("Wu", None, None),
    ]


def test_one_person_per_line_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, "people.ndjson", '{"mail": "a@x", "active": true}\n\n{"mail": "b@x", "active": false}\n')

    assert [(row["principal"], row["status"], row["line"]) for row in found["principal"]] == [
        ("a@x", "active", 1),
        ("b@x", "disabled", 3),
    ]


def test_ldif_is_read_with_folds_base64_and_options(tmp_path: Path) -> None:
    found = read(tmp_path, "people.ldif", LDIF, fields={"replaced_by": "manager"})

    assert not found["problem"]
    assert [
        tuple(row[key] for key in ("principal", "name", "status", "left_at", "replaced_by"))
        for row in found["principal"]
    ] == [
        ("li.wei.of.lending@example.org", "李伟", "active", None, None),
        ("wu@x.org", None, "left", "2025-01-31T00:00:00Z", "li.wei.of.lending@example.org"),
    ]
    assert [LDIF.split("\n")[row["line"] - 1][:7] for row in found["principal"]] == ["dn: uid", "dn: uid"]


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ("userAccountControl: 512", "active"),
        ("userAccountControl: 514", "disabled"),
        ("loginDisabled: TRUE", "disabled"),
        ("loginDisabled: FALSE", "active"),
        ("nsAccountLock: true", "disabled"),
        ("pwdAccountLockedTime: 000001010000Z", "disabled"),
        ("employeeStatus: A\nloginDisabled: TRUE", "disabled"),
        ("employeeStatus: 离职\nuserAccountControl: 512", "left"),
    ],
)
def test_the_worst_that_an_ldap_entry_says_is_its_status(attributes: str, status: str, tmp_path: Path) -> None:
    found = read(tmp_path, "people.ldif", f"dn: uid=a\r\nuid: a\r\n{attributes}\n".replace("\n", "\r\n"))

    assert states(found) == [("a", status)]


def test_whoever_is_in_the_export_is_active_when_the_configuration_says_so(tmp_path: Path) -> None:
    assert states(read(tmp_path, "people.ldif", "dn: uid=a\nuid: a\n", otherwise="active")) == [("a", "active")]


def test_entries_without_a_key_are_left_out_and_counted(tmp_path: Path) -> None:
    found = read(tmp_path, "people.json", '[{"mail": "a@x", "active": true},\n{"displayName": "room"}]')
    (problem,) = found["problem"]

    assert states(found) == [("a@x", "active")]
    assert (problem["line"], problem["fatal"]) == (2, False)
    assert problem["message"].startswith("people.json has 1 entry without")


@pytest.mark.parametrize(
    ("name", "text", "line", "says"),
    [
        ("p.json", '[{"mail": "a@x"\n  "active": true}]', 2, "not valid JSON"),
        ("p.json", '[{"mail": "a@x", "active": true},\n', 2, "not valid JSON"),
        ("p.json", "", 1, "not valid JSON"),
        ("p.json", "[]\n[]", 2, "Something follows the end"),
        ("p.json", '[\n{"mail": "a@x", "active": true, "mail": "b@x"}]', 1, "second time"),
        ("p.json", '{"users": 3}', 1, "no list of people in it"),
        ("p.json", "3", 1, "no list of people in it"),
        ("p.json", '[{"mail": "a@x", "active": true},\n3]', 2, "must be an object"),
        ("p.json", '[{"mail": "a@x"}]', 1, "No attribute of this entry says"),
        ("p.json", '[\n{"mail": "a@x", "status": "odd13912345678"}]', 2, "word in 'status' is not one"),
        ("p.json", '[{"mail": "a@x", "active": true},\n{"mail": "a@x", "active": true}]', 2, "second time"),
        ("p.json", '[{"mail": "a b", "active": true}]', 1, "'principal' is wrong"),
        ("p.json", '[{"mail": "a@x", "active": true, "leave_time": "soon"}]', 1, "time of leaving"),
        ("p.json", '[{"displayName": "a"}]', 1, "No entry has an attribute"),
        ("p.json", '{"value": [{"mail": "a@x", "active": true}],\n"@odata.nextLink": "u"}', 2, "one page of several"),
        (
            "p.json",
            '{"data": {"has_more": true, "items": [{"mail": "a@x", "active": true}]}}',
            1,
            "one page of several",
        ),
        ("p.json", '{"totalResults": 9, "Resources": [{"mail": "a@x", "active": true}]}', 1, "one page of several"),
        ("p.json", b"\xff", 0, "not UTF-8"),
        ("p.json", "[" * 100_000, 1, "nested too deep"),
        ("p.ndjson", '{"mail": "a@x", "active": true}\n{"mail"\n', 2, "not one JSON document"),
        ("p.ndjson", '{"mail": "a@x", "mail": "b"}\n', 1, "holds a key twice"),
        ("p.ldif", "dn: a\nuid: a\nchangetype: modify\n", 3, "a record of changes"),
        ("p.ldif", "version: 2\n\ndn: a\n", 1, "not version 1 of LDIF"),
        ("p.ldif", "uid: a\n", 1, "begins with 'dn:'"),
        ("p.ldif", "dn: a\nuid a\n", 2, "needs an attribute, a colon"),
        ("p.ldif", " dn: a\n", 1, "continued line"),
        ("p.ldif", "dn: a\nuid:: %%%\n", 2, "not base64"),
        ("p.ldif", "dn: a\nuid:: /9j/\n", 2, "not base64 of UTF-8"),
        ("p.ldif", "dn: a\nuid:< file:///etc/passwd\n", 2, "stands in another file, which is not read"),
        ("p.ldif", "dn: a\nuid: a\n", 1, "No attribute of this entry says"),
    ],
)
def test_a_bad_export_is_a_fatal_problem_with_file_and_line_and_without_a_value(
    name: str, text: str | bytes, line: int, says: str, tmp_path: Path
) -> None:
    found = read(tmp_path, name, text)
    (problem,) = found["problem"]

    assert problem["fatal"]
    assert says in problem["message"]
    assert line == 0 or (problem["file"], problem["line"]) == (name, line)
    assert "13912345678" not in problem["message"]
    assert found["register"] == []


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"fields": {"phone": "mobile"}}, "phone"),
        ({"format": "xlsx"}, "'format' in registers.principals must be"),
        ({"colour": "red"}, "no setting called 'colour' in registers.principals"),
    ],
)
def test_a_wrong_setting_is_an_error(given_: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(config.ConfigError, match=says):
        read(tmp_path, "p.json", "[]", **given_)


def test_the_published_schema_takes_a_file_name_and_a_mapping() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = config.json_schema()
    for people in ("people.csv", {"file": "p.json", "list": "data.items", "fields": {"principal": ["mail"]}}):
        document = {"platform": "p", "sources": {"a": {"use": "sqlite"}}, "registers": {"principals": people}}
        jsonschema.validate(document, schema)
    wrong = {"platform": "p", "sources": {"a": {"use": "sqlite"}}, "registers": {"principals": {"files": "p"}}}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


@settings(max_examples=200, deadline=None)
@given(text=st.text(alphabet='{}[]":, \nmailtrue@x1', max_size=60) | st.text(alphabet="dnuid:< =\n#ab1x", max_size=60))
def test_text_of_any_shape_is_people_or_an_error_with_a_place(text: str) -> None:
    told = directory.Settings(otherwise="active")
    for records in (
        partial(directory_json.records, by_line=False),
        partial(directory_json.records, by_line=True),
        directory_ldif.records,
    ):
        try:
            read = list(directory.people(records(text, "p"), told, "p"))
        except config.ConfigError as error:
            assert error.line is not None
            assert error.file == "p"
        else:
            assert all(1 <= one.line <= text.count("\n") + 1 for one in read)
