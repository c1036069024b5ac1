"""The whole audit on the demo: its findings equal the answer key, and the first night without declarations is short."""

from __future__ import annotations

import pytest

import datagov
from datagov.demo import build, build_undeclared
from datagov.demo.key import compare, key
from datagov.store import Evidence

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    audit = datagov.run(build(tmp_path_factory.mktemp("declared")))
    return Evidence(audit.evidence_path)


@pytest.fixture(scope="module")
def undeclared(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    audit = datagov.run(build_undeclared(tmp_path_factory.mktemp("undeclared")))
    return Evidence(audit.evidence_path)


def test_the_audit_of_the_demo_is_complete(declared: Evidence) -> None:
    assert declared.rows("SELECT stage, object, message FROM problem WHERE fatal") == []
    assert declared.rows("SELECT name FROM source WHERE outcome <> 'read'") == []


def test_the_findings_equal_the_answer_key(declared: Evidence) -> None:
    difference = compare(declared)

    assert difference.missing == ()
    assert difference.extra == ()


def test_look_alikes_were_judged_and_not_overlooked(declared: Evidence) -> None:
    failed = {
        (row["rule"], row["subject"])
        for row in declared.each("SELECT rule, subject FROM result WHERE outcome = 'fail'")
    }
    evaluated = {row["rule"] for row in declared.each("SELECT rule FROM evaluation WHERE passed > 0")}

    assert not failed & {answer.pair for answer in key().look_alikes}
    assert evaluated == {answer.rule for answer in key().look_alikes}


def test_copies_fold_into_the_cause_they_come_from(declared: Evidence) -> None:
    causes = {
        row["subject"]: row["findings"]
        for row in declared.each("SELECT subject, findings FROM cause WHERE rule = 'NS-001'")
    }

    assert causes["app.loan_application.id_card_no"] == 3
    assert causes["app.loan_application.mobile"] == 3
    assert causes["app.campaign_lead.mobile"] == 3
    assert "dw.dwd_loan.mobile_masked" not in causes


def test_every_finding_points_into_a_file_of_the_platform(declared: Evidence) -> None:
    findings = declared.rows("SELECT rule, subject, file, line FROM finding")

    assert findings
    assert all(row["file"].endswith((".sql", ".yaml")) and row["line"] >= 1 for row in findings)


def test_nothing_declared_gives_at_most_twenty_causes(undeclared: Evidence) -> None:
    causes = undeclared.rows("SELECT rule, subject FROM cause")

    assert 0 < len(causes) <= 20
    assert {row["rule"] for row in causes} == {"NS-001"}


def test_nothing_declared_ranks_what_to_declare_first(undeclared: Evidence) -> None:
    needs = undeclared.rows("SELECT rank, kind, verdicts, message_en FROM need ORDER BY rank")

    assert needs
    assert [row["rank"] for row in needs] == list(range(1, len(needs) + 1))
    assert all(row["verdicts"] > 0 for row in needs)
    assert {row["kind"] for row in needs[:2]} == {"owners", "processing"}
