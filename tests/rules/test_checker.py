"""The checker keeps its promises whatever the rules, the sources and Great Expectations do."""

from __future__ import annotations

import json
import logging
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy import event

from datagov.expectations import evidence_db
from datagov.expectations._gx import ExpectFactsToSatisfyRule, Session
from datagov.expectations.pack import load_rules
from datagov.expectations.verdicts import BrokenRuleError
from datagov.facts import TABLES
from datagov.rulepacks import rule_files
from tests.rules.world import build

ALL = tuple(loaded.rule.id for loaded in load_rules().rules)
CANARY = "13987654321"

LEDGER = {
    "source": "app",
    "table": "app.consent_log",
    "columns": {"subject": "who", "purpose": "what", "state": "state", "event_time": "at"},
    "given": ["given"],
    "withdrawn": ["withdrawn"],
}
CASE: dict[str, Any] = {
    "tables": {
        "app.order": {"columns": ["customer", "at"], "rows": [[CANARY, "2026-03-01"], [CANARY, CANARY]]},
        "app.consent_log": {
            "columns": ["who", "what", "state", "at"],
            "rows": [[CANARY, "ads", "given", "2026-02-01"]],
        },
    },
    "pii": {"app.order.customer": "PHONE_NUMBER"},
    "flows": [],
    "declarations": [
        {
            "select": "app.order",
            "legal_basis": "consent",
            "purpose": "ads",
            "subject_key": "customer",
            "processed_at": "at",
            "owner": "li@x.org",
        }
    ],
    "registers": {"consent": [LEDGER], "principals": "principal,status\nli@x.org,active\n"},
}


def test_every_requested_rule_is_described_and_evaluated(tmp_path: Path) -> None:
    found = build(CASE, tmp_path).check(*ALL)

    assert len(ALL) == 8
    assert [row["rule"] for row in found["rule"]] == list(ALL)
    assert {row["rule"] for row in found["evaluation"]} == set(ALL)
    assert [row["object"] for row in found["problem"]] == ["app.order"]


def test_what_comes_back_has_the_published_schemas(tmp_path: Path) -> None:
    for table, rows in build(CASE, tmp_path).check(*ALL).tables.items():
        assert all(row.keys() == {f.name for f in TABLES[table].fields} for row in rows)


def test_equal_facts_give_equal_results(tmp_path: Path) -> None:
    world = build(CASE, tmp_path)

    assert world.check(*ALL).tables == world.check(*ALL).tables


@pytest.mark.parametrize("loaded", load_rules().rules, ids=lambda loaded: loaded.rule.id)
def test_every_text_of_a_rule_is_in_both_languages(loaded: Any) -> None:
    rule = loaded.rule
    words = [rule.title, rule.checks, rule.remedy, rule.blind_spots, *rule.message.values()]

    assert all(any("\u4e00" <= c <= "\u9fff" for c in text.zh) for text in words)
    assert not any("\u4e00" <= c <= "\u9fff" for text in words for c in text.en)
    assert rule.citations
    assert all(citation.law_zh for citation in rule.citations)


def test_no_value_of_a_row_gets_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    found = build(CASE, tmp_path).check(*ALL)
    printed = capfd.readouterr()

    assert {row["verdict"] for row in found["consent_coverage"]} == {"covered", "undated"}
    for text in (json.dumps(found.tables), caplog.text, printed.out, printed.err):
        assert CANARY not in text


def test_a_source_that_fails_tells_no_value_and_stops_nobody_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    world = build(CASE, tmp_path)
    with sqlite3.connect(tmp_path / "app.sqlite") as db:
        db.execute("ALTER TABLE consent_log RENAME TO gone")
        db.execute(
            f"CREATE VIEW consent_log AS SELECT who, what, state, abs(-9223372036854775808) AS at, '{CANARY}' FROM gone"
        )
    db.close()
    found = world.check(*ALL)
    printed = capfd.readouterr()

    assert found.outcomes("CR-001") == {"error": ["app.order"]}
    assert [row["fatal"] for row in found["problem"]] == [True]
    assert {row["rule"] for row in found["evaluation"]} == set(ALL)
    assert found.count("DO-001", "passed") == 1
    for text in (json.dumps(found.tables), caplog.text, printed.out, printed.err):
        assert CANARY not in text


def test_a_source_that_is_gone_is_an_error_for_the_rules_that_need_it(tmp_path: Path) -> None:
    world = build(CASE, tmp_path)
    (tmp_path / "app.sqlite").unlink()
    found = world.check("CR-001", "CR-002", "DO-001")

    assert found.outcomes("CR-001") == found.outcomes("CR-002") == {"error": ["app.order"]}
    assert found.count("DO-001", "passed") == 1
    assert [row["fatal"] for row in found["problem"]] == [True]


def test_nothing_is_sent_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert build(CASE, tmp_path).check(*ALL)["evaluation"]
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert not {"posthog", "segment", "analytics"} & sys.modules.keys()


def test_loading_the_rules_does_not_load_great_expectations() -> None:
    code = (
        "import sys; from datagov.expectations import pack; pack.load_rules(); "
        "sys.exit('great_expectations' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_expectation_that_is_not_evaluated_is_noticed(tmp_path: Path) -> None:
    class ExpectNothingRegistered(ExpectFactsToSatisfyRule):
        """An expectation class that Great Expectations forgets."""

    from great_expectations.expectations import registry

    session = Session()
    source = session.source("memory", "sqlite://", lambda: sqlite3.connect(":memory:", check_same_thread=False))
    expectation = ExpectNothingRegistered(rule="XX-001", violations="SELECT 1")
    del registry._registered_expectations["expect_nothing_registered"]

    with pytest.raises(BrokenRuleError):
        session._validate(source, "SELECT 1 AS source_id", [expectation])


@pytest.fixture
def scans() -> Iterator[list[str]]:
    """The consent queries that reach any database while a test runs."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "timeline" in statement:
            seen.append(statement)

    event.listen(sa.Engine, "before_cursor_execute", note)
    yield seen
    event.remove(sa.Engine, "before_cursor_execute", note)


def test_one_scan_serves_every_consent_rule(tmp_path: Path, scans: list[str]) -> None:
    notices = {"notices": [{"notice": "n", "version": "v1", "purpose": "ads", "effective_from": "2026-01-01"}]}
    found = build(CASE | {"registers": CASE["registers"] | notices}, tmp_path).check("CR-001", "CR-002", "CR-005")

    assert {row["rule"] for row in found["evaluation"]} == {"CR-001", "CR-002", "CR-005"}
    assert len(scans) == 1


LEDGER_FAULTS: dict[str, tuple[list[str | None], bool, str]] = {
    "events without a readable time": (["x", "ads", "withdrawn", "soon", None, None], True, "1 event without"),
    "entries with a state nobody listed": (["x", "ads", "revoked", "2026-01-01", None, None], True, "'ignored'"),
    "consents whose end is no time": (["x", "ads", "given", "2026-01-01", "31/01/2026", None], True, "1 consent with"),
    "withdrawals for a purpose nobody knows": (["x", "spam", "withdrawn", "2026-01-01", None, None], True, "may end"),
    "consents to a purpose nobody knows": (["x", "spam", "given", "2026-01-01", None, None], False, "cover nothing"),
}


def with_ledger(*rows: list[str | None], **changes: Any) -> dict[str, Any]:
    """The case with more events, an end and a controller per event, and changes to its declaration."""
    case: dict[str, Any] = json.loads(json.dumps(CASE))
    log = case["tables"]["app.consent_log"]
    log["columns"] += ["until", "who_for"]
    log["rows"] = [[*row, None, None] for row in log["rows"]] + list(rows)
    (ledger,) = case["registers"]["consent"]
    ledger["columns"] |= {"valid_until": "until", "controller": "who_for"}
    ledger["ignored"] = ["asked"]
    case["tables"]["app.order"]["rows"] = [[CANARY, "2026-03-01"]]
    case["declarations"][0] |= changes
    return case


@pytest.mark.parametrize(("row", "fatal", "says"), LEDGER_FAULTS.values(), ids=LEDGER_FAULTS.keys())
def test_what_cannot_be_understood_of_a_ledger_is_said(
    row: list[str | None], fatal: bool, says: str, tmp_path: Path
) -> None:
    (problem,) = build(with_ledger(row), tmp_path).check("CR-001")["problem"]

    assert says in problem["message"]
    assert (problem["fatal"], problem["file"]) == (fatal, "datagov.yaml")


NOT_UNDERSTOOD: dict[str, tuple[list[str | None], str]] = {
    "a state nobody listed, after consent": ([CANARY, "ads", "revoked", "2026-02-02", None, None], "unclear_state"),
    "an end that is no time": ([CANARY, "ads", "given", "2026-02-02", "31/01/2027", None], "unclear_term"),
}


@pytest.mark.parametrize("apart", [False, True], ids=["in one source", "in two sources"])
@pytest.mark.parametrize(("row", "verdict"), NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_consent_that_cannot_be_understood_is_unknown_and_never_covered(
    row: list[str | None], verdict: str, apart: bool, tmp_path: Path
) -> None:
    case = with_ledger(row)
    if apart:
        case["tables"]["crm.consent_log"] = case["tables"].pop("app.consent_log")
        case["registers"]["consent"][0] |= {"source": "crm", "table": "crm.consent_log"}
    found = build(case, tmp_path).check("CR-001")

    assert {row["verdict"]: row["rows"] for row in found["consent_coverage"]} == {verdict: 1}
    assert found.outcomes("CR-001") == {"unknown": ["app.order"]}
    assert [problem["fatal"] for problem in found["problem"]] == [True]


def test_a_state_that_is_listed_as_ignored_changes_nothing(tmp_path: Path) -> None:
    found = build(with_ledger([CANARY, "ads", "Asked", "2026-02-02", None, None]), tmp_path).check("CR-001")

    assert {row["verdict"] for row in found["consent_coverage"]} == {"covered"}
    assert not found["problem"]


@pytest.mark.parametrize("purpose", ["*", "ALL"])
def test_a_withdrawal_of_everything_ends_consent_to_every_purpose(purpose: str, tmp_path: Path) -> None:
    found = build(with_ledger([CANARY, purpose, "withdrawn", "2026-02-02", None, None]), tmp_path).check("CR-002")

    assert found.outcomes("CR-002") == {"fail": ["app.order"]}
    assert not found["problem"]


def test_consent_given_to_somebody_is_not_judged_before_the_controller_is_declared(tmp_path: Path) -> None:
    row: list[str | None] = [CANARY, "ads", "given", "2026-02-02", None, "otherco"]
    found = build(with_ledger(row), tmp_path).check("CR-001")

    assert found.outcomes("CR-001") == {"unknown": ["app.order"]}
    assert [row["needs"] for row in found["result"]] == ["controller"]


def test_consent_given_to_another_company_does_not_count(tmp_path: Path) -> None:
    case = with_ledger([CANARY, "ads", "given", "2026-02-02", None, "otherco"], controller="me")
    del case["tables"]["app.consent_log"]["rows"][0]
    found = build(case, tmp_path).check("CR-001")

    assert found.outcomes("CR-001") == {"fail": ["app.order"]}


@pytest.mark.parametrize(("at", "problems"), [("01/06/2026", 1), (None, 0), ("", 0)])
def test_a_processing_time_that_cannot_be_read_is_a_fatal_problem_and_one_that_is_absent_is_not(
    at: str | None, problems: int, tmp_path: Path
) -> None:
    case = json.loads(json.dumps(CASE))
    case["tables"]["app.order"]["rows"] = [[CANARY, at]]
    found = build(case, tmp_path).check("CR-001")

    assert found.outcomes("CR-001") == {"unknown": ["app.order"]}
    assert [(row["object"], row["fatal"]) for row in found["problem"]] == [("app.order", True)] * problems


def test_a_ledger_column_that_does_not_exist_is_an_error_with_its_name(tmp_path: Path) -> None:
    ledger = LEDGER | {"columns": LEDGER["columns"] | {"recorded_at": "noted"}}
    found = build(CASE | {"registers": {"consent": [ledger]}}, tmp_path).check("CR-001")

    assert found.outcomes("CR-001") == {"error": ["app.order"]}
    assert "has no column 'noted'" in found["problem"][0]["message"]


def test_a_rule_is_not_applied_before_it_is_in_force(tmp_path: Path) -> None:
    found = build(CASE, tmp_path).check("CR-001", as_of="2020-06-30T00:00:00Z")

    assert found.outcomes("CR-001") == {"not_applicable": ["platform"]}
    assert "from 2021-11-01 only" in found.messages("CR-001")[0]


BARE: dict[str, Any] = {
    "tables": {"app.order": {"columns": ["id", "at"], "rows": [[1, "2026-03-01"]]}},
    "flows": [],
    "declarations": [{"select": "app.order", "legal_basis": "contract", "purpose": "sale", "owner": "li@x.org"}],
    "registers": {"consent": [], "principals": "principal,status\nli@x.org,active\n"},
}
EMPTY_HERE = tuple(rule for rule in ALL if rule not in {"DO-001", "DO-002"})
GAPS = {
    "a data source was not read": (
        "UPDATE source SET outcome = 'incomplete' WHERE role = 'data'",
        "source",
        EMPTY_HERE,
    ),
    "a column could not be read": (
        "INSERT INTO problem (stage, object, kind, message, fatal) VALUES ('detect', 'c', 'unreadable', 'c', 1)",
        "content",
        ("DO-004", "CR-016", "NS-001"),
    ),
    "a statement is opaque": ("UPDATE statement SET outcome = 'opaque'", "lineage", ("DO-004", "CR-016")),
    "a contract does not count": (
        "INSERT INTO problem (stage, object, kind, message, fatal) VALUES ('declare', 'c', 'unreadable', 'c', 1)",
        "owners",
        ("DO-004",),
    ),
}


def test_a_platform_that_was_read_whole_has_nothing_a_rule_applies_to(tmp_path: Path) -> None:
    found = build(BARE, tmp_path).check(*EMPTY_HERE)

    assert {row["outcome"] for row in found["result"]} == {"not_applicable"}
    assert {row["rule"] for row in found["result"]} == set(EMPTY_HERE)


@pytest.mark.parametrize(("gap", "needs", "rules"), GAPS.values(), ids=GAPS.keys())
def test_where_not_everything_was_seen_nothing_found_is_unknown(
    gap: str, needs: str, rules: tuple[str, ...], tmp_path: Path
) -> None:
    world = build(BARE, tmp_path)
    with sqlite3.connect(world.path) as db:
        db.execute(gap)
    db.close()
    found = world.check(*rules)

    answers = {row["rule"]: (row["outcome"], row["needs"]) for row in found["result"]}
    assert answers == dict.fromkeys(rules, ("unknown", needs))
    assert "not everything was seen" in found.messages(rules[0])[0]


OWN: dict[str, Any] = {
    "id": "OWN-001",
    "title": {"en": "Own", "zh": "自有"},
    "concern": "data_ownership",
    "business_lines": ["any"],
    "severity": "low",
    "pack": "own",
    "in_force": "2020-01-01",
    "citations": [{"law": "House rule", "law_zh": "内部规定", "article": "1", "status": "text_read"}],
    "checks": {"en": "Own.", "zh": "自有。"},
    "remedy": {"en": "Own.", "zh": "自有。"},
    "blind_spots": {"en": "Own.", "zh": "自有。"},
    "kind": "facts",
    "requires": [],
    "population": "SELECT source_id, dataset_id, name AS subject FROM dataset",
    "violations": "SELECT p.subject, p.dataset_id, 'fail' AS outcome, 'x:1' AS mark FROM {population} AS p"
    " WHERE p.subject LIKE '%:%' OR p.subject = 'app.order'",
    "message": {"fail": {"en": "{subject} is {mark}.", "zh": "{subject} 是 {mark}。"}},
}


def with_own_rule(folder: Path, change: dict[str, Any]) -> Any:
    rule = OWN | change
    (folder / "own").mkdir()
    path = folder / "own" / "OWN-001.yaml"
    path.write_text(yaml.safe_dump(rule, allow_unicode=True), encoding="utf-8")
    return build(CASE | {"packs": ["core", "./own"]}, folder)


def test_a_user_writes_a_rule_in_sql_alone(tmp_path: Path) -> None:
    found = with_own_rule(tmp_path, {}).check("OWN-001")

    assert found.outcomes("OWN-001") == {"fail": ["app.order"]}
    assert found.count("OWN-001", "passed") == 1
    assert found.messages("OWN-001") == ["app.order is x:1.", "app.order 是 x:1。"]


@pytest.mark.parametrize("name", ["OWN-001.yaml", "OWN-001.yml"])
def test_the_rules_that_are_listed_are_the_rules_that_run(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "a,b"
    folder.mkdir()
    (folder / name).write_text(yaml.safe_dump(OWN, allow_unicode=True), encoding="utf-8")
    found = build(CASE | {"packs": ["./a,b"]}, tmp_path).check("OWN-001")

    assert list(rule_files(["./a,b"], base=tmp_path)) == [row["rule"] for row in found["rule"]] == ["OWN-001"]
    assert found.outcomes("OWN-001") == {"fail": ["app.order"]}


BROKEN = {
    "a table that does not exist": ({"violations": "SELECT * FROM nowhere"}, "no such table: nowhere"),
    "a population that does not parse": ({"population": "SELECT FROM"}, ""),
    "a write": ({"violations": "DELETE FROM dataset"}, ""),
    "a function that reads files": ({"violations": "SELECT load_extension('x') AS subject"}, ""),
    "an outcome nobody knows": (
        {"violations": "SELECT 'a' AS subject, NULL AS dataset_id, 'bad' AS outcome"},
        "none of fail, unknown",
    ),
    "a field that is missing": (
        {"violations": "SELECT 'a' AS subject, 'fail' AS outcome"},
        "lack the field 'dataset_id'",
    ),
    "an argument that is missing": (
        {"message": {"fail": {"en": "{who}", "zh": "谁 {who}"}}},
        "names 'who'",
    ),
    "more violations than subjects": (
        {"population": "SELECT source_id, dataset_id, name AS subject FROM dataset WHERE 0"},
        "more subjects than its population",
    ),
}


@pytest.mark.parametrize(("change", "says"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_an_error_and_never_a_violation(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    if change.get("population", "").endswith("WHERE 0"):
        change = change | {
            "violations": "SELECT name AS subject, dataset_id, 'fail' AS outcome, 1 AS mark FROM dataset"
        }
    found = with_own_rule(tmp_path, change).check("OWN-001", "DO-001")

    assert found.outcomes("OWN-001") == {"error": ["OWN-001"]}
    assert (found.count("OWN-001", "error"), found.count("OWN-001", "failed")) == (1, 0)
    assert [(row["object"], row["fatal"]) for row in found["problem"]] == [("OWN-001", True)]
    assert says in found["problem"][0]["message"]
    assert found.count("DO-001", "passed") == 1


def test_a_rule_that_would_never_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence_db, "MAX_STEPS", 3_000_000)
    endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS subject FROM n"
    found = with_own_rule(tmp_path, {"violations": endless}).check("OWN-001")

    assert found.outcomes("OWN-001") == {"error": ["OWN-001"]}
    assert "interrupted" in found["problem"][0]["message"]


BAD_FILES = {
    "an unknown key": ({"owner": "x"}, "no key 'owner'"),
    "a text in one language": ({"title": {"en": "Own"}}, "lacks 'title.zh'"),
    "English in place of Chinese": ({"title": {"en": "Own", "zh": "Own"}}, "no chinese character"),
    "a severity nobody knows": ({"severity": "awful"}, "'severity' is wrong"),
    "a register nobody knows": ({"requires": ["moon"]}, "'requires.0' is wrong"),
    "another id than its file's name": ({"id": "OWN-002"}, "must be called OWN-002.yaml"),
    "no violations": ({"violations": None}, "needs 'violations'"),
}


@pytest.mark.parametrize(("change", "says"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_rule_file_is_a_fatal_problem_with_its_place(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    found = with_own_rule(tmp_path, change).check("OWN-001", "DO-001")
    place, missing = found["problem"]

    assert says in place["message"]
    assert (place["file"], place["fatal"]) == ("./own/OWN-001.yaml", True)
    assert place["line"] >= 1
    assert "could not be loaded" in missing["message"]
    assert found.count("DO-001", "passed") == 1


def test_a_pack_that_is_not_installed_is_said_with_those_that_are(tmp_path: Path) -> None:
    (fault,) = load_rules(["moon"]).faults
    (nowhere,) = load_rules(["./moon"], base=tmp_path).faults

    assert str(fault) == "No datagov.rulepacks plugin is called 'moon'. Installed: core."
    assert str(nowhere).startswith("There is no folder of rules './moon'")


def test_an_ignored_rule_is_left_out_and_an_unknown_one_is_said() -> None:
    rules = load_rules(ignore=["CR-001", "CR-999"])

    assert "CR-001" not in [loaded.rule.id for loaded in rules.rules]
    assert [str(fault).partition(".")[0] for fault in rules.faults] == ["There is no rule 'CR-999' to ignore"]
