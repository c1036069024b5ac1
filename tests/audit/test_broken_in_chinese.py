"""Whatever breaks in a night, a Chinese report tells it in Chinese: names, paths and SQL stay as they are."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from datagov import audit, config
from datagov.audit import Audit
from datagov.vocabulary import sentences
from tests.audit import broken_platform

pytest.importorskip("deltalake")
pytest.importorskip("pyiceberg")
pytest.importorskip("duckdb")
pytest.importorskip("chdb")

_NAMES = re.compile(r"""'[^']*'|"[^"]*"|`[^`]*`""")
_ENGLISH = re.compile(r"[A-Za-z]+(?:[ ,;]+[A-Za-z]+){3,}")
_CHINESE = re.compile("[\u4e00-\u9fff]")


def english(text: str) -> list[str]:
    """Lines with four words of English in a row outside of quotes."""
    return [line for line in text.splitlines() if _ENGLISH.search(_NAMES.sub("", line))]


def test_english_is_noticed() -> None:
    assert english("数据源 'a'：the server does not answer。") and not english("数据源 'the server does not answer'。")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """One audit of the broken platform."""
    return audit.run(config.load(broken_platform.build(tmp_path_factory.mktemp("broken"))))


def test_every_problem_and_reason_is_told_in_chinese(night: Audit) -> None:
    evidence = night.evidence()
    told = {row["message"] for row in evidence.rows("SELECT message FROM problem")}
    told |= {row["reason"] for row in evidence.rows("SELECT reason FROM source WHERE reason IS NOT NULL")}
    told |= {row["reason"] for row in evidence.rows("SELECT reason FROM examination WHERE reason IS NOT NULL")}
    evidence.close()
    chinese = {sentence: sentences.text(sentence).zh for sentence in told}

    assert len(told) > 70
    assert [sentence for sentence, zh in chinese.items() if not _CHINESE.search(zh) or english(zh)] == []
    assert [zh for zh in chinese.values() if re.search(r"(^|：|，|。)(The|the|its|It|A|Its) ", zh)] == []


@pytest.mark.parametrize("form", ["text", "sarif"])
def test_a_report_in_chinese_has_no_english_sentence(night: Audit, form: str) -> None:
    report = night.report(form, language="zh").decode()
    lines = report if form == "text" else "\n".join(_said(json.loads(report)))

    assert english(lines) == []


def test_what_no_rule_could_judge_is_told_in_its_language(night: Audit) -> None:
    evidence = night.evidence()
    rows = evidence.rows("SELECT message_en, message_zh FROM result")
    evidence.close()

    assert any("was not examined" in row["message_en"] for row in rows)
    assert [row["message_zh"] for row in rows if english(row["message_zh"])] == []
    assert [
        row for row in rows if row["message_en"].endswith("..") or row["message_zh"].endswith(("。。", ".。"))
    ] == []


def test_sarif_says_which_language_it_speaks(night: Audit) -> None:
    spoken = {one: json.loads(night.report("sarif", language=one))["runs"][0] for one in ("en", "zh")}

    for language, culture in (("en", "en-US"), ("zh", "zh-CN")):
        assert spoken[language]["language"] == spoken[language]["tool"]["driver"]["language"] == culture
    notes = [note["message"]["text"] for note in spoken["en"]["invocations"][0]["toolExecutionNotifications"]]
    assert not any(_CHINESE.search(note) for note in notes)


def test_the_json_report_has_both_languages(night: Audit) -> None:
    document = json.loads(night.report("json", language="en"))

    assert all(_CHINESE.search(one["message_zh"]) for one in document["coverage"]["problems"])
    assert all(_CHINESE.search(one["reason_zh"]) for one in document["sources"] if one["reason"])


@pytest.mark.parametrize(
    "command",
    [
        "doctor",
        "audit --plan",
        "column main.customer.mobile",
        "lineage main.customer",
        "lineage main.customer --to main.c",
        "explain CR-001",
        "verify",
    ],
)
def test_a_command_in_chinese_says_no_english_sentence(night: Audit, command: str) -> None:
    base = night.evidence_path.parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "datagov", *command.split(), "--lang", "zh"],
        cwd=base,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("SELECT ")]

    assert _CHINESE.search(done.stdout), done.stderr
    assert english("\n".join(lines)) == []


def _said(node: Any) -> Iterator[str]:
    """Every text for people in a SARIF log."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key in ("text", "name") and isinstance(value, str))
        for key, value in node.items():
            if key != "snippet":
                yield from _said(value)
    elif isinstance(node, list):
        for value in node:
            yield from _said(value)
