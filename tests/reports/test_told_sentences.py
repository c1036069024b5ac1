"""Every sentence by which an adapter or a stage of the audit tells what it could not read has its Chinese."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagov.vocabulary import sentences

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path
    for folder in (
        "connectors",
        "expectations",
        "datagov/stages",
        "datagov/engine",
        "datagov/ownership",
        "datagov/consent",
        "datagov/detect",
        "datagov/vocabulary",
    )
    for path in (ROOT / folder).glob("*.py")
) + [ROOT / "datagov" / name for name in ("audit.py", "jsonfile.py", "yamlfile.py", "lineage/openlineage.py")]
LEFT_OUT = {
    "datagov/detect/judges.py": "what looks like a sentence is a heading of traits.txt",
    "datagov/stages/conclude.py": "messages of causes are made in both languages",
    "expectations/phrases.py": "messages of rules are made in both languages",
}
"""Modules whose sentences no table has to translate, each with the reason."""
FRAMES = frozenset(
    {
        "X: X X; grant it or exclude it.",
        "X did you mean X.",
        "X: X in its folder X.",
        "X:X: The record is not an object.",
        "X cannot be openedX; check that this version of chDB reads it.",
        "Source X: the dataset X X.",
        "The event in X X; it was left out.",
        "The event X; it is left out.",
        "The record in X:X X; it was left out.",
        "The line X.",
        "The line X; it does not count.",
        "The X X X.",
        "There is no list of people X; say where with 'list'.",
        "This contract does not follow the Open Data Contract Standard: X X.",
        "This manifest does not follow fideslang: X X.",
        "The file X X.",
        "The log X X.",
        "The event log X X.",
        "The model X X.",
    }
)
"""What is wrong comes from elsewhere, and is among the ends of sentences there."""
_VERBS = (
    "accepts|answered|answers|asked|asks|begins|belongs|breaks|bypasses|can|cannot|changed|changes|did|does|ends|has|"
    "hides|holds|is|keeps|leaves|lets|lies|may|must|names|needs|parts|reads|refers|refuses|runs|shows|stands|stopped|"
    "takes|took|unpacks|wants|was|went|would|writes"
)
_FAULT = re.compile(rf"({_VERBS}) \S.* .*[^.:,?{{]\.?")


def told(path: Path) -> set[str]:
    """Sentences, and ends of sentences completed to one; a formatted part is ``X``.

    Documentation, descriptions of options and errors of a command line or of a missing library are left out.
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
            found.add("".join(map(_shown, node.values)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    whole = {s for s in found if s.endswith(".") and s[0].isupper() and s.count(" ") > 2 and "\n" not in s}
    ends = {f"X {s.removesuffix('.')}." for s in found if _FAULT.fullmatch(s) and "\n" not in s and s.count(" ") > 2}
    return {s.replace("; X.", ".") for s in whole | ends} - FRAMES


def _id(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _shown(part: ast.expr) -> str:
    """A part of a formatted text: its text, ``X``, and for a counted word its plural."""
    value = part.value if isinstance(part, ast.FormattedValue) else part
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "counted" and isinstance(value.args[1], ast.Constant):
        words = [str(word.value) for word in value.args[1:] if isinstance(word, ast.Constant)]
        return f"X {words[1] if len(words) > 1 else words[0] + 's'}"
    return str(value.value) if isinstance(value, ast.Constant) else "X"


@pytest.mark.parametrize("path", [path for path in MODULES if _id(path) not in LEFT_OUT], ids=_id)
def test_every_sentence_of_a_module_that_tells_of_problems_has_its_chinese(path: Path) -> None:
    assert [sentence for sentence in sorted(told(path)) if sentences.text(sentence).zh == sentence] == []


def test_what_is_left_out_is_there() -> None:
    assert LEFT_OUT.keys() <= set(map(_id, MODULES))


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
            "Source 'lake': the file 'm.ndjson' has 1 broken line among its first 8 MB, the first is line 251; broken"
            " lines are left out; mend them.",
            "数据源 'lake'：文件 'm.ndjson' 前 8 MB 内有 1 行损坏，首个在第 251 行；损坏的行已略去；请修复。",
        ),
        (
            "Source 'app': the server accepts no connection; check that the server runs, and host and port in 'dsn'.",
            "数据源 'app'：服务器不接受连接；请确认服务器正在运行，并检查 'dsn' 中的主机与端口。",
        ),
        (
            "Source 'app' was refused because its account may create roles, is a member of dba, which is a superuser;"
            " use one that can only read (CREATE ROLE reader LOGIN PASSWORD '…'; GRANT USAGE ON SCHEMA \"s\" TO reader"
            "), or insist with 'allow_privileged: true'.",
            "数据源 'app' 被拒绝，因其账号可创建角色，是角色 dba 的成员，该角色是超级用户；请改用只能读取的账号"
            "（CREATE ROLE reader LOGIN PASSWORD '…'; GRANT USAGE ON SCHEMA \"s\" TO reader），"
            "或以 'allow_privileged: true' 表明确需如此。",
        ),
        (
            "Source 'app' could not be read. It was refused because its account is a superuser; use one that can only"
            " read (CREATE ROLE reader), or insist with 'allow_privileged: true'.",
            "数据源 'app' 未能读取。被拒绝，因其账号是超级用户；请改用只能读取的账号（CREATE ROLE reader），"
            "或以 'allow_privileged: true' 表明确需如此。",
        ),
        (
            "The content of a.b was not examined. Source 'app': the dataset 'a.b' cannot be read: PostgreSQL reports"
            " SQLSTATE 22P02; repair it, or exclude it.",
            "a.b 的内容未经检查。数据源 'app'：数据集 'a.b' 无法读取："
            "PostgreSQL 报告 SQLSTATE 22P02；请修复，或将其排除。",
        ),
        (
            "registers/users.csv:3: The column 'status' is missing.",
            "registers/users.csv:3：缺少列 'status'。",
        ),
        (
            "The comment of a.b has a tag @ownr, which is not one datagov knows; did you mean @owner? It stands in 2"
            " more comments of this source.",
            "a.b 的注释中，标签 @ownr 不是已知的标签；是否应为 @owner？该数据源另有 2 条注释含此标签。",
        ),
        (
            "The event log 'app-1' is damaged or cut off; what follows is not read.",
            "事件日志 'app-1' 已损坏或被截断；其后内容未读取。",
        ),
    ],
)
def test_what_is_told_names_the_same_thing_in_both_languages(english: str, chinese: str) -> None:
    assert sentences.text(english).zh == chinese


ENTRIES = [
    (file.name, table, english, chinese)
    for file in sorted((ROOT / "datagov" / "vocabulary" / "chinese").glob("*.json"))
    for table, entries in json.loads(file.read_text("utf-8")).items()
    for english, chinese in entries.items()
]


ENGLISH = re.compile(r"([A-Za-z]+ ){2}[a-z]{3,} [a-z]{2,}")


def test_what_the_chinese_repeats_stands_in_the_english() -> None:
    assert len(ENTRIES) > 600
    assert [
        (file, english)
        for file, _, english, chinese in ENTRIES
        if not set(re.findall(r"(?<!{){(\w+)}", chinese)) <= set(re.findall(r"{([a-z_]+)}", english))
    ] == []


def test_the_chinese_is_chinese_with_full_width_marks() -> None:
    half = re.compile(r"[\u4e00-\u9fff][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")

    assert [english for _, _, english, chinese in ENTRIES if half.search(chinese)] == []
    assert [english for _, _, english, chinese in ENTRIES if ENGLISH.search(re.sub(r"'[^']*'", "", chinese))] == []


def test_an_english_text_stands_in_one_file_once() -> None:
    texts = [(table, english) for _, table, english, _ in ENTRIES]

    assert [one for one, times in Counter(texts).items() if times > 1] == []


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_name_of_any_text_stays_as_it_is_or_the_whole_sentence_does(source: str, file: str) -> None:
    sentence = f"Source {source!r}: the file {file!r} is not UTF-8 text; save it so or exclude it."
    chinese = sentences.text(sentence).zh

    assert chinese == sentence or (repr(file).replace(": ", "：") in chinese.replace(": ", "："))
