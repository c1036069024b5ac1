"""The answer key: complete, in two languages, and compared exactly."""

from __future__ import annotations

from pathlib import Path

from datagov.demo.key import compare, key
from datagov.fact_writer import FactWriter
from datagov.store import Evidence, FactStore

RULES = {"CR-001", "CR-002", "CR-005", "CR-016", "DO-001", "DO-002", "DO-004", "NS-001"}


def evidence_with(path: Path, pairs: list[tuple[str, str]]) -> Evidence:
    writer = FactWriter(source_id=0)
    for n, (rule, subject) in enumerate(pairs):
        writer.add(
            "finding",
            fingerprint=f"{n:016x}",
            rule=rule,
            severity="high",
            result_id=n,
            cause_id=n,
            subject=subject,
            owners="",
            message_en="",
            message_zh="",
            file="datagov.yaml",
            line=1,
        )
    with FactStore(path) as store:
        store.land(writer.batches())
    return Evidence(path)


def test_the_key_plants_a_violation_and_a_look_alike_of_every_rule() -> None:
    assert {answer.rule for answer in key().findings} == RULES
    assert {answer.rule for answer in key().look_alikes} == RULES


def test_nothing_is_both_a_finding_and_a_look_alike_or_named_twice() -> None:
    findings = [answer.pair for answer in key().findings]
    look_alikes = [answer.pair for answer in key().look_alikes]

    assert len(set(findings)) == len(findings)
    assert len(set(look_alikes)) == len(look_alikes)
    assert not set(findings) & set(look_alikes)


def test_every_answer_says_why_in_two_languages() -> None:
    for answer in (*key().findings, *key().look_alikes):
        assert answer.why.en.endswith(".")
        assert answer.why.zh.endswith("。")


def test_every_subject_of_the_key_is_on_the_platform(platform: Path) -> None:
    import sqlite3

    names: set[str] = set()
    for schema, file in (("app", "app.db"), ("dw", "warehouse.db")):
        database = sqlite3.connect(platform / file)
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')").fetchall():
            names.add(f"{schema}.{table}")
            names.update(f"{schema}.{table}.{row[1]}" for row in database.execute(f"PRAGMA table_info({table})"))
        database.close()

    assert not {answer.subject for answer in (*key().findings, *key().look_alikes)} - names


def test_equal_findings_leave_no_difference(tmp_path: Path) -> None:
    evidence = evidence_with(tmp_path / "facts.db", [answer.pair for answer in key().findings])

    assert not compare(evidence)
    evidence.close()


def test_a_missing_and_an_extra_finding_are_both_named(tmp_path: Path) -> None:
    pairs = [answer.pair for answer in key().findings if answer.rule != "CR-005"]
    evidence = evidence_with(tmp_path / "facts.db", [*pairs, ("DO-001", "app.product"), pairs[0]])

    difference = compare(evidence)
    evidence.close()
    assert difference
    assert difference.missing == (("CR-005", "app.insurance_quote"),)
    assert difference.extra == (("DO-001", "app.product"), pairs[0])
