"""What lint says of files without a database: SQL beside the findings expected of its lines (``cases/*.sql``)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from datagov.lint import rules
from datagov.lint.files import choose
from tests.lint.conftest import Linted, call, linted

CASES = Path(__file__).parent / "cases"
FILES = sorted(path.relative_to(CASES).as_posix() for path in CASES.rglob("*.sql"))
EXPECTED = re.compile(r"-- (LINT-[A-Z]\d\d)(?: (\S+))?$")
SECRET = "6222020200112233445"


@pytest.fixture(scope="module")
def folder() -> Linted:
    return linted(".", "--dialect", "postgres", cwd=CASES)


@pytest.mark.parametrize("name", FILES)
def test_each_line_has_the_findings_written_beside_it_and_no_other(name: str, folder: Linted) -> None:
    expected = []
    for number, line in enumerate((CASES / name).read_text(encoding="utf-8").splitlines(), start=1):
        if found := EXPECTED.search(line):
            expected.append(f"{name}:{number} {found.group(1)} {found.group(2) or name}")

    assert [line for line in folder.lines() if line.startswith(f"{name}:")] == expected


def test_every_file_and_the_folder_have_their_counters(folder: Linted) -> None:
    counted = {file["file"]: file for file in folder.document["files"]}

    assert list(counted) == FILES
    unread = counted["030_unread.sql"]
    assert [unread[key] for key in ("parsed", "opaque", "failed", "unsupported")] == [2, 1, 1, 0]
    for key in ("parsed", "opaque", "failed", "unsupported"):
        assert folder.document["totals"][key] == sum(file[key] for file in counted.values())
    assert folder.code == folder.document["exit"] == 3


@pytest.mark.parametrize(
    ("sql", "arguments", "code"),
    [
        ("SELECT a FROM s.t;", (), 0),
        ("SELECT a FROM s.t, s.u;", (), 0),
        ("SELECT a FROM s.t, s.u;", ("--fail-on", "medium"), 1),
        ("CREATE TABLE s.t (a int); SELECT b FROM s.t;", (), 1),
        ("SELECT a FROM (;", (), 3),
        ("EXECUTE p;", (), 0),
    ],
)
def test_the_exit_code_says_what_was_found(sql: str, arguments: tuple[str, ...], code: int, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(sql)

    assert call("a.sql", "--dialect", "postgres", *arguments, cwd=tmp_path).returncode == code


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a.sql",), "--dialect"),
        (("missing.sql", "--dialect", "postgres"), "missing.sql"),
        (("a.sql", "--dialect", "klingon"), "klingon"),
        (("a.sql", "--dialect", "postgres", "--against", "latest"), "datagov audit"),
        (("a.sql", "--dialect", "postgres", "-f", "papyrus"), "papyrus"),
        (("a.sql", "--dialect", "postgres", "--catalog", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_wrong_usage_is_a_sentence_with_the_way_out(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE s.t (a int);")

    done = call(*arguments, cwd=tmp_path)

    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert done.returncode in (2, 3)


def test_the_dialect_and_the_excluded_files_are_those_of_the_source_that_holds_the_path(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "a.sql").write_text("SELECT `a` FROM `s`.`t`;")
    (tmp_path / "sql" / "old.sql").write_text("SELECT (((;")
    (tmp_path / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  sql: {use: sqlfolder, path: sql, dialect: mysql, exclude: ['old*']}\n"
    )

    answer = linted("sql", cwd=tmp_path)

    assert [(file["file"], file["dialect"]) for file in answer.document["files"]] == [("sql/a.sql", "mysql")]
    assert answer.code == 0


@pytest.mark.parametrize("name", ["schema.yaml", "schema.sql"])
def test_a_catalogue_gives_columns_to_tables_the_folder_does_not_define(name: str, tmp_path: Path) -> None:
    (tmp_path / "schema.yaml").write_text("s.t: [a, b]\n")
    (tmp_path / "schema.sql").write_text("CREATE TABLE s.t (a int, b int);\n")
    (tmp_path / "x.sql").write_text("CREATE TABLE s.o AS SELECT * FROM s.t;\nSELECT c FROM s.t;\n")

    answer = linted("x.sql", "--dialect", "postgres", "--catalog", name, cwd=tmp_path)

    assert answer.lines() == ["x.sql:2 LINT-C02 s.t.c"]


def test_sql_that_stops_its_reader_is_one_finding_and_its_neighbours_are_read(tmp_path: Path) -> None:
    doubling = ", ".join(f"c{n} AS (SELECT x.*, y.* FROM c{n - 1} x, c{n - 1} y)" for n in range(1, 40))
    endless = f"WITH c0 AS (SELECT a FROM s.t), {doubling} SELECT * FROM c39"
    (tmp_path / "sql").mkdir()
    (tmp_path / "sql" / "a.sql").write_text("CREATE TABLE s.t (a int);\n")
    (tmp_path / "sql" / "b.sql").write_text(f"SELECT a FROM s.t;\n{endless};\nSELECT wrong FROM s.t;\n")
    (tmp_path / "sql" / "c.sql").write_text("SELECT wrong FROM s.t;\n")
    (tmp_path / "datagov.yaml").write_text(
        "platform: shop\nlimits: {statement_seconds: 1.5}\n"
        "sources:\n  sql: {use: sqlfolder, path: sql, dialect: postgres}\n"
    )

    answer = linted("sql", cwd=tmp_path)

    assert answer.lines("LINT-R05") == ["sql/b.sql:2 LINT-R05 sql/b.sql"]
    assert answer.lines("LINT-C02") == ["sql/b.sql:3 LINT-C02 s.t.wrong", "sql/c.sql:1 LINT-C02 s.t.wrong"]
    assert answer.code == 3


def test_files_that_are_no_text_are_findings_and_their_neighbours_are_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.sql").write_bytes(b"SELECT \xff\xfe FROM s.t")
    (tmp_path / "nul.sql").write_bytes(b"SELECT \0 FROM s.t")
    (tmp_path / "good.sql").write_text("SELECT a FROM s.t;")

    answer = linted(".", "--dialect", "postgres", cwd=tmp_path)

    assert answer.lines() == ["bytes.sql:1 LINT-R06 bytes.sql", "nul.sql:1 LINT-R06 nul.sql"]
    assert [file["read"] for file in answer.document["files"]] == [False, True, False]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_no_literal_of_the_sql_is_in_any_output(form: str, language: str, tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text(
        "CREATE TABLE s.t (email text);\n"
        f"CREATE TABLE s.u AS SELECT email, '{SECRET}' AS card FROM s.t WHERE email = '{SECRET}';\n"
        f"SELECT wrong FROM s.t WHERE email IN ('{SECRET}');\n"
        f"SELEC '{SECRET}' FROM ((;\nEXECUTE p('{SECRET}');\nCOPY s.t TO '/out/mail.csv';\n"
        f"/* {SECRET} */ SELECT a FROM s.t, s.v -- {SECRET}\n"
    )

    done = call("a.sql", "--dialect", "postgres", "-f", form, "--lang", language, cwd=tmp_path)

    assert done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_sarif_points_every_finding_at_its_rule_and_line(folder: Linted) -> None:
    done = call(".", "--dialect", "postgres", "-f", "sarif", cwd=CASES)

    (run,) = json.loads(done.stdout)["runs"]
    listed = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    told = Counter(
        (place["artifactLocation"]["uri"], place["region"]["startLine"], result["ruleId"])
        for result in run["results"]
        for place in [result["locations"][0]["physicalLocation"]]
    )
    assert told == Counter((found["file"], found["line"], found["rule"]) for found in folder.document["findings"])
    assert all(listed[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    prints = [result["partialFingerprints"]["datagov/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)


@pytest.mark.parametrize(("language", "says"), [("en", "newly reaches a purpose"), ("zh", "新到达处理目的")])
def test_explain_knows_the_rules_of_lint(language: str, says: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "datagov", "explain", "lint-f01", "--lang", language],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert says in done.stdout


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("SELECT 1;", ["1 file: 1 statement parsed, 0 opaque", "0 names unresolved; 0 files not read.", "No finding."]),
        ("SELECT FROM WHERE ((;", ["1 finding: 1 high."]),
    ],
)
def test_one_of_a_thing_is_said_in_the_singular(sql: str, says: list[str], tmp_path: Path) -> None:
    (tmp_path / "one.sql").write_text(sql, encoding="utf-8")

    done = call("one.sql", "--dialect", "postgres", cwd=tmp_path)

    assert all(sentence in done.stdout for sentence in says), done.stdout


def test_an_indicator_is_a_note_in_sarif_that_tools_do_not_hide(tmp_path: Path) -> None:
    (tmp_path / "copy.sql").write_text("CREATE TABLE s.o AS SELECT id_card_no FROM s.t;", encoding="utf-8")

    done = call("copy.sql", "--dialect", "postgres", "-f", "sarif", cwd=tmp_path)

    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("LINT-P02", "note")


def test_every_rule_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lint.md").read_text(encoding="utf-8")

    assert set(re.findall(r"^\| (LINT-\w+) \| (\w+) \|", page, re.MULTILINE)) == {
        (rule, document["severity"]) for rule, document in rules().items()
    }


def test_a_folder_without_sql_is_wrong_usage_and_not_clean(tmp_path: Path) -> None:
    done = call(".", "--dialect", "postgres", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no .sql file in ." in done.stderr


def test_a_folder_that_may_not_be_entered_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "open.sql").write_text("SELECT a FROM s.t;")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("This account may enter every folder.")
        answer = linted(".", "--dialect", "postgres", cwd=tmp_path)
    finally:
        closed.chmod(0o700)

    assert answer.lines() == ["closed:1 LINT-R06 closed"]
    assert "Permission denied" in answer.document["findings"][0]["message"]["en"]
    assert answer.code == 3


def test_a_folder_that_the_system_refuses_is_a_file_that_was_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside.sql").write_text("SELECT a FROM s.t;")
    refused = PermissionError(13, "Permission denied", str(tmp_path / "closed"))

    def walk(root: Path, onerror: Callable[[OSError], None]) -> Iterator[tuple[str, list[str], list[str]]]:
        onerror(refused)
        yield str(root), [], ["inside.sql"]

    monkeypatch.setattr(os, "walk", walk)
    chosen = choose([tmp_path], base=tmp_path, dialect="postgres", config=None, dialects={})

    assert [(file.name, file.fault) for file in chosen] == [
        ("closed", "It cannot be read: Permission denied."),
        ("inside.sql", None),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--dialect", "klingon"), "Lineage knows no SQL dialect called 'klingon'"),
        (("--dialect", "postgres", "-f", "nosuch"), "No datagov.reports plugin is called 'nosuch'"),
        (("--dialect", "postgres", "--against", "a.sql"), "a.sql is not the evidence of a run"),
        (("--dialect", "postgres", "--against", "latest"), "There is no finished run"),
    ],
)
def test_wrong_words_are_wrong_usage_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "a.sql").write_text("SELECT a FROM s.t;")
    done = call("a.sql", *arguments, cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_a_name_that_is_not_resolved_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("CREATE TABLE s.t (a int); CREATE TABLE s.u AS SELECT b FROM s.t;")
    answer = linted("a.sql", "--dialect", "postgres", cwd=tmp_path)
    counters = {"parsed": 2, "opaque": 0, "failed": 0, "unsupported": 0, "unresolved": 1}

    assert answer.document["totals"] == {**counters, "lost": 0}
    assert answer.document["sources"] == [{"source": "lint", "files": 1, **counters, "lost": 0}]
    for language, words in (("en", "1 name unresolved"), ("zh", "1 个名称未解析")):
        assert words in call("a.sql", "--dialect", "postgres", "--lang", language, cwd=tmp_path).stdout


def test_a_report_may_go_to_a_pipe_without_taking_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("SELECT a FROM s.t;")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    done = call("a.sql", "--dialect", "postgres", "-f", "json=pipe", cwd=tmp_path)
    told, _ = reader.communicate(timeout=60)

    assert done.returncode == json.loads(told)["exit"] == 0
    assert pipe.is_fifo()


def test_a_link_out_of_the_folder_is_told_and_not_read_unless_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "sql").mkdir()
    (tmp_path / "elsewhere.sql").write_text("SELECT 1 FROM t;\n")
    (tmp_path / "sql" / "inside.sql").write_text("SELECT 2 FROM t;\n")
    (tmp_path / "sql" / "out.sql").symlink_to(tmp_path / "elsewhere.sql")
    (tmp_path / "sql" / "same.sql").symlink_to(tmp_path / "sql" / "inside.sql")

    def read(path: Path) -> dict[str, str | None]:
        found = choose([path], base=tmp_path, dialect="postgres", config=None, dialects={})
        return {file.name: file.fault for file in found}

    told = "It is a link out of the folder; name the file itself, or leave it out."
    assert read(tmp_path / "sql") == {"sql/inside.sql": None, "sql/out.sql": told, "sql/same.sql": None}
    assert read(tmp_path / "sql" / "out.sql") == {"sql/out.sql": None}
