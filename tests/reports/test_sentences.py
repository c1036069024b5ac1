"""Every fixed sentence by which lineage tells what it could not read has its Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from datagov.reports import text
from datagov.reports.html.payload import payload
from datagov.reports.summary import summarise
from datagov.store import Evidence, FactStore
from datagov.vocabulary import sentences, terms

LINEAGE = Path(__file__).parents[2] / "datagov" / "lineage"

ELSEWHERE = frozenset({"graph.py", "openlineage.py", "dialects.py", "functions.py", "spread.py"})
"""Modules whose sentences are errors of a caller or tell of files, not problems of a statement."""


def told(path: Path) -> set[str]:
    """Sentences in a module that are neither documentation nor raised; a formatted part is replaced by ``X``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr | ast.Raise)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        for part in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            left_out.update(map(id, node.values))
            parts = (str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
            found.add("".join(parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {s for s in found if s.endswith(".") and s[0].isupper() and s.count(" ") > 2}


MODULES = sorted(path for path in LINEAGE.rglob("*.py") if path.name not in ELSEWHERE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(LINEAGE).as_posix())
def test_every_sentence_of_lineage_has_its_chinese(path: Path) -> None:
    assert [sentence for sentence in sorted(told(path)) if sentences.text(sentence).zh == sentence] == []


def test_the_sentences_are_found() -> None:
    every = set().union(*map(told, MODULES))

    assert "The routine's body is not SQL and is not read." in every
    assert "X runs code that cannot be seen here; what it moves is not known." in every
    assert len(every) > 30


def test_a_reason_inside_a_sentence_is_translated_too() -> None:
    sentence = "Source 'dw' could not be read. It was stopped after its deadline of 20 s."

    assert sentences.text(sentence).zh == "数据源 'dw' 未能读取。超过 20 秒时限，已停止。"
    assert sentences.text("A sentence of a third party.").zh == "A sentence of a third party."


def test_a_source_that_failed_is_told_once_in_the_language_of_the_report(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "one" / "evidence.sqlite"
    path.parent.mkdir(parents=True)
    with FactStore(path) as store:
        reason = "It was stopped after its deadline of 20 s."
        store.execute(
            "INSERT INTO source VALUES (1, 'dw', 'sqlite', 'data', NULL, 'incomplete', ?, 'datagov.yaml', 3)", (reason,)
        )
        store.execute(
            "INSERT INTO problem VALUES ('harvest', 1, 'dw', 'deadline', ?, 1, 'datagov.yaml', 3)",
            (f"Source 'dw' could not be read. {reason}",),
        )
        store.index()
    evidence = Evidence(path)
    chinese = "".join(text.render(evidence, language="zh").decode().split())

    assert len(summarise(evidence).why) == 1
    assert "-dw：未能读取。超过20秒时限，已停止。" in chinese
    assert "未查看任何字段，是否含有个人信息无从说起" in chinese
    assert "deadline" not in chinese
    assert payload(evidence, summarise(evidence))["sentences"][reason] == "超过 20 秒时限，已停止。"
    evidence.close()


def test_every_fact_about_a_run_has_a_word(traced: Evidence) -> None:
    words = terms.load().words
    keys = [key for key in traced.run() if not key.startswith("package.")]

    assert [key for key in keys if f"run.{key}" not in words] == []
    assert "run.package" in words


def test_what_lineage_could_not_see_is_told_in_chinese(traced: Evidence) -> None:
    page = "".join(text.render(traced, language="zh").decode().split())

    assert "EXECUTE运行的代码在此处不可见" in page
    assert "runs code" not in page


def test_the_page_of_lineage_explains_every_word_of_its_legend() -> None:
    vocabulary = terms.load()
    explained = {entry.key: entry.word for entry in vocabulary.glossary}
    script = (LINEAGE.parents[1] / "reports" / "html" / "lineage.js").read_text("utf-8")
    listed = set(re.findall(r'"(\w+)"', script.partition("explained(")[2].partition(")")[0]))
    legend = [key for key in vocabulary.words if key.startswith(("edge.", "mark.")) and key != "edge.influence"]

    assert listed <= explained.keys()
    assert len(legend) >= 13
    for key in legend:
        word = vocabulary.words[key]
        assert any(
            word.zh.removeprefix("已") in explained[entry].zh or explained[entry].zh in word.zh for entry in listed
        ), key


@pytest.mark.parametrize("outcome", ["parsed", "opaque", "failed", "unsupported"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_outcome_of_a_statement_has_one_word_everywhere(outcome: str, language: str) -> None:
    vocabulary = terms.load()
    word = vocabulary.say(outcome, language)
    counters = vocabulary.say("sql.line", language)
    entry = next(entry for entry in vocabulary.glossary if entry.key == outcome)

    assert word in counters
    assert word.casefold() == (entry.word.zh if language == "zh" else entry.word.en).casefold()
    if outcome != "parsed":
        assert vocabulary.name("problem", outcome, language) == word


@pytest.mark.parametrize(
    "sentence",
    [
        "The declaration for app.custmer matches no table or column that was read, so it "
        "says nothing; correct the name.",
        "The declaration for a.b matches no table or column that was read; it may be about a source that could not be "
        "read: crm, lost.",
        "3 names in c.yaml match no table or column that was read, so they say nothing; the first is a.b.",
        "a.yaml and b.yaml declare different values of 'purpose' for a.b; all of them count.",
        "The consent ledger names the table 'a.b', which its source does not have.",
        "The content of a.b was not examined. Its worker ran out of memory.",
        "The SQL of load.sql was not traced. It was cancelled.",
        "The SQL names t, which may be a.t, b.t; personal data may flow by each of them: write the table's full name, "
        "or give the sources different schemas.",
        "The sources 'a' (d.yaml:3) and 'b' (d.yaml:4) both hold s.t and 2 more tables; SQL and declarations that name "
        "it mean both. Give one source another schema name.",
    ],
)
def test_what_stages_tell_of_the_night_is_chinese_but_for_names(sentence: str) -> None:
    chinese = sentences.text(sentence).zh

    assert not re.search(r"\b(the|and more|which|matches|was|it|may)\b", chinese, re.IGNORECASE)
    assert re.search("[\u4e00-\u9fff]", chinese)
