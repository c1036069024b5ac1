"""Every sentence by which a connector of lakes or pipelines tells what it could not read has its Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagov.vocabulary import sentences

FOLDER = Path(__file__).parents[2] / "connectors"
MODULES = sorted(
    path
    for name in (
        "files",
        "delta",
        "iceberg",
        "airflow",
        "notebook",
        "dbt",
        "openlineage",
        "sparklog",
        "querylog",
        "sqlfolder",
        "dagster",
        "sqlmesh",
        "stream",
        "folder",
        "packed",
        "gx",
    )
    for path in FOLDER.glob("*.py")
    if path.name.removeprefix("_").startswith(name)
)
FRAMES = frozenset(
    {
        "X: X X; grant it or exclude it.",
        "The event in X X; it was left out.",
        "The file X X.",
        "The log X X.",
        "The event log X X.",
        "The model X X.",
    }
)
"""What is wrong comes from elsewhere, and is among the ends of sentences there."""
_FAULT = re.compile(r"(is|has|holds|names|cannot|may|was|does|unpacks|stands) .*\S* .*[^.:,]")


def told(path: Path) -> set[str]:
    """Sentences, and ends of sentences completed to one; a formatted part is ``X``.

    Documentation, descriptions of options and errors of a configuration or of a missing library are left out.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    left_out: set[int] = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        raised = node.exc if isinstance(node, ast.Raise) else None
        of_config = isinstance(raised, ast.Call) and ast.unparse(raised.func) in (
            "ValueError",
            "PluginError",
            "UsageError",
        )
        if is_text or of_config or (isinstance(node, ast.keyword) and node.arg in ("description", "alias")):
            left_out.update(map(id, ast.walk(node)))
    found = set()
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        if isinstance(node, ast.JoinedStr):
            left_out.update(id(part) for part in ast.walk(node) if part is not node)
            found.add("".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    whole = {s for s in found if s.endswith(".") and s[0].isupper() and s.count(" ") > 2 and "\n" not in s}
    ends = {f"X {s}." for s in found if _FAULT.fullmatch(s) and "\n" not in s and s.count(" ") > 2}
    return {s.replace("; X.", ".") for s in whole | ends} - FRAMES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_every_sentence_of_a_connector_has_its_chinese(path: Path) -> None:
    assert [sentence for sentence in sorted(told(path)) if sentences.text(sentence).zh == sentence] == []


def test_the_sentences_are_found() -> None:
    every = set().union(*map(told, MODULES))

    assert "X is a link that leads out of its folder; put a copy there or exclude it." in every
    assert "X holds no Delta table; correct 'path', 'include' and 'exclude'." in every
    assert len(every) > 100


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "Source 'lake': the folder 'lake': 'a.csv' is a link that leads out of its folder; put a copy there or"
            " exclude it.",
            "数据源 'lake'：文件夹 'lake'：'a.csv' 是指向文件夹之外的链接；请在文件夹内放置副本或将其排除。",
        ),
        (
            "Source 'lake': s3://platform/bronze cannot be listed: access is denied; grant s3:ListBucket and"
            " s3:GetObject.",
            "数据源 'lake'：s3://platform/bronze 无法列出：访问被拒绝；请授予 s3:ListBucket 与 s3:GetObject。",
        ),
        (
            "The content of lake.t was not examined. The file 't.parquet' is damaged or not of its format"
            " (ArrowInvalid).",
            "lake.t 的内容未经检查。文件 't.parquet' 已损坏或格式不符（ArrowInvalid）。",
        ),
        (
            "Source 'lake': the file 'm.ndjson' has 1 broken lines among its first 8 MB, the first is line 251; broken"
            " lines are left out; mend them.",
            "数据源 'lake'：文件 'm.ndjson' 前 8 MB 内有 1 行损坏，首个在第 251 行；损坏的行已略去；请修复。",
        ),
        (
            "The event log 'app-1' is damaged or cut off; what follows is not read.",
            "事件日志 'app-1' 已损坏或被截断；其后内容未读取。",
        ),
    ],
)
def test_what_is_told_names_the_same_thing_in_both_languages(english: str, chinese: str) -> None:
    assert sentences.text(english).zh == chinese


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_of_any_text_stays_as_it_is_or_the_whole_sentence_does(source: str, file: str) -> None:
    sentence = f"Source {source!r}: the file {file!r} is not UTF-8 text; save it so or exclude it."
    chinese = sentences.text(sentence).zh

    assert chinese == sentence or (repr(file).replace(": ", "：") in chinese.replace(": ", "："))
