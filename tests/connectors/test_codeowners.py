"""CODEOWNERS as GitHub and GitLab read it, history as git keeps it, and what becomes of jobs and what they fill."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors._codeowners_rules import parsed
from datagov.connectors.codeowners import CodeOwnersConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError
from datagov.testing import ConnectorConformance


def owners(text: str, path: str, *, gitlab: bool = False) -> list[str]:
    return [owner for rule in parsed(text, gitlab=gitlab).of(path) for owner in rule.owners]


@pytest.mark.parametrize(
    ("pattern", "selected", "others"),
    [
        ("*", ["a.sql", "a/b/c.sql"], []),
        ("*.sql", ["a.sql", "x/y/b.sql"], ["a.sqlx", "a.py"]),
        ("/a.sql", ["a.sql"], ["x/a.sql"]),
        ("a.sql", ["a.sql", "x/a.sql"], ["a.sql.bak"]),
        ("/models/", ["models/a.sql", "models/x/b.sql"], ["models", "x/models/a.sql"]),
        ("models/", ["models/a.sql", "x/models/b.sql"], ["models"]),
        ("models/mart", ["models/mart/a.sql", "models/mart"], ["x/models/mart/a.sql", "models/mart2/a.sql"]),
        ("models/*", ["models/a.sql"], ["models/x/b.sql", "x/models/a.sql"]),
        ("/models/**", ["models/a.sql", "models/x/b.sql"], ["models"]),
        ("**/mart/*.sql", ["mart/a.sql", "x/y/mart/a.sql"], ["mart/x/a.sql"]),
        ("models/**/a.sql", ["models/a.sql", "models/x/y/a.sql"], ["a.sql"]),
        ("/crm_?.sql", ["crm_1.sql"], ["crm_.sql", "crm_10.sql", "crm_/.sql"]),
        (r"/with\ space/", ["with space/a.sql"], ["with/a.sql"]),
        ("/A.sql", ["A.sql"], ["a.sql"]),
        ("/a.b/", ["a.b/x"], ["axb/x"]),
        ("***.sql", ["a.sql"], ["a.py"]),
    ],
)
def test_patterns_of_github(pattern: str, selected: list[str], others: list[str]) -> None:
    assert [path for path in selected if not owners(f"{pattern} @me", path)] == []
    assert [path for path in others if owners(f"{pattern} @me", path)] == []


@pytest.mark.parametrize(
    ("pattern", "selected", "others"),
    [
        ("*", ["a.sql", "a/b.sql"], []),
        ("/models/a.sql", ["models/a.sql"], ["x/models/a.sql"]),
        ("models/a.sql", ["models/a.sql", "x/models/a.sql"], ["a.sql"]),
        ("/models/*", ["models/a.sql"], ["models/x/a.sql"]),
        ("/models", ["models"], ["models/a.sql"]),
        ("/models/", ["models/a.sql", "models/x/a.sql"], []),
        ("/models/**/*.sql", ["models/a.sql", "models/x/y/a.sql"], ["a.sql"]),
        (r"\#odd.sql", ["#odd.sql"], ["odd.sql"]),
    ],
)
def test_patterns_of_gitlab(pattern: str, selected: list[str], others: list[str]) -> None:
    assert [path for path in selected if not owners(f"{pattern} @me", path, gitlab=True)] == []
    assert [path for path in others if owners(f"{pattern} @me", path, gitlab=True)] == []


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("* @all\n/mart/ @org/mart a@x.org # both\n# /mart/ @nobody\n", "mart/a.sql", ["@org/mart", "a@x.org"]),
        ("* @all\n/mart/ @mart\n", "a.sql", ["@all"]),
        ("/mart/ @mart\n* @all\n", "mart/a.sql", ["@all"]),
        ("* @all\n/mart/\n", "mart/a.sql", []),
        ("* @all #comment\n", "a.sql", ["@all"]),
    ],
)
def test_of_the_lines_that_match_the_last_decides(text: str, path: str, found: list[str]) -> None:
    assert owners(text, path) == found


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("* @all\n[Data]\n/mart/ @mart\n", "mart/a.sql", ["@all", "@mart"]),
        ("[Data][2] @data\n/mart/\n/mart/x.sql @x\n", "mart/a.sql", ["@data"]),
        ("[Data][2] @data\n/mart/\n/mart/x.sql @x\n", "mart/x.sql", ["@x"]),
        ("^[Optional]\n*.sql @@maintainer\n", "a.sql", ["@@maintainer"]),
        ("[Data]\n* @a\n[Other]\n*.py @b\n[DATA]\n*.sql @c\n", "a.sql", ["@c"]),
        ("[Data]\n* @a\n!/mart/gen.sql\n/mart/ @b\n", "mart/gen.sql", []),
        ("* @all\n[Data]\n* @a\n!/mart/gen.sql\n", "mart/gen.sql", ["@all"]),
    ],
)
def test_sections_and_exclusions_of_gitlab(text: str, path: str, found: list[str]) -> None:
    assert owners(text, path, gitlab=True) == found


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("!/mart/ @a", "begins with '!'"),
        ("/mart/[ab].sql @a", "has brackets"),
        ("/mart/ somebody", "names an owner that is neither"),
        ("/ @a", "names nothing"),
    ],
)
def test_a_line_that_does_not_count_says_why_and_the_others_count(line: str, says: str) -> None:
    rules = parsed(f"* @all\n{line}\n*.py @py\n", gitlab=False)

    assert [(fault.line, says in fault.reason) for fault in rules.faults] == [(2, True)]
    assert [rule.line for rule in rules.rules] == [1, 3]


def git(folder: Path, *arguments: str, who: str = "Dev <dev@x.org>") -> None:
    name, _, mail = who.rstrip(">").partition(" <")
    identity = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", mail))
    }
    environment = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **identity}
    subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, env=environment)


def repository(folder: Path, text: str, *names: str, at: str = ".github/CODEOWNERS") -> Path:
    root = folder / "repo"
    for name, content in {at: text, **dict.fromkeys(names, "select 1;\n")}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return root


def source(folder: Path, **options: Any) -> Source:
    return Source(5, "code", "codeowners", {"path": "repo", **options}, folder, "datagov.yaml", 8)


def rows(folder: Path, **options: Any) -> dict[str, list[dict[str, Any]]]:
    return harvested(CodeOwnersConnector(source(folder, **options)))


def owned(found: dict[str, list[dict[str, Any]]]) -> list[tuple[Any, ...]]:
    return [
        tuple(row[key] for key in ("owned_file", "principal", "role", "kind", "file", "line"))
        for row in found["file_owner"]
    ]


def test_every_file_that_may_be_a_job_gets_its_owners_with_the_line_that_says_so(tmp_path: Path) -> None:
    repository(tmp_path, "*.sql @org/data\n\n/mart/ chen@x.org\n", "a.sql", "mart/b.sql", "mart/readme.md", "x.py")
    found = rows(tmp_path, owners={"@org/data": "data@x.org"})

    assert owned(found) == [
        ("repo/a.sql", "data@x.org", "custodian", "stated", "repo/.github/CODEOWNERS", 1),
        ("repo/mart/b.sql", "chen@x.org", "custodian", "stated", "repo/.github/CODEOWNERS", 3),
    ]
    assert not found["problem"]


@pytest.mark.parametrize(
    ("at", "options", "principal"),
    [
        ("CODEOWNERS", {}, "me"),
        ("docs/CODEOWNERS", {}, "me"),
        (".gitlab/CODEOWNERS", {}, "me"),
        ("team/OWNERS", {"path": "repo/team/OWNERS", "root": "repo", "role": "data_owner"}, "me"),
    ],
)
def test_the_file_is_found_where_platforms_keep_it_or_where_the_option_says(
    tmp_path: Path, at: str, options: dict[str, Any], principal: str
) -> None:
    repository(tmp_path, "/a.sql @me\n", "a.sql", at=at)
    found = rows(tmp_path, **options)

    assert [(row["owned_file"], row["principal"]) for row in found["file_owner"]] == [("repo/a.sql", principal)]
    assert [row["role"] for row in found["file_owner"]] == [options.get("role", "custodian")]


def test_a_file_without_owner_has_the_one_who_changed_it_most_by_mailmap(tmp_path: Path) -> None:
    root = repository(tmp_path, "/owned.sql @me\n", "owned.sql", "new 表.sql")
    (root / ".mailmap").write_text("Li Wei <li@x.org> <li@old.org>\n")
    git(tmp_path, "init", "-q", "repo")
    for n, who in enumerate(["Dev <dev@x.org>", "Li <li@old.org>", "Li Wei <li@x.org>"]):
        (root / "new 表.sql").write_text(f"select {n};\n")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "change", who=who)
    found = rows(tmp_path, history=100)

    assert owned(found)[0] == ("repo/new 表.sql", "li@x.org", "custodian", "history", "repo/new 表.sql", 1)
    assert owned(found)[1][1:4] == ("me", "custodian", "stated")
    assert owned(rows(tmp_path)) == owned(found)[1:]
    assert owned(rows(tmp_path, history=2))[0][1] == "li@x.org"


def test_a_repository_without_history_is_said_and_its_owners_count(tmp_path: Path) -> None:
    repository(tmp_path, "* @me\n", "a.sql")
    found = rows(tmp_path, history=10)
    (problem,) = found["problem"]

    assert (problem["kind"], problem["fatal"]) == ("no_history", False)
    assert len(found["file_owner"]) == 1


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        rows(tmp_path)
    root = repository(tmp_path, "* @me\n", "a.sql")
    (root / ".github/CODEOWNERS").write_bytes(b"\xff")
    with pytest.raises(SourceError, match="not UTF-8"):
        rows(tmp_path)
    (root / ".github/CODEOWNERS").unlink()
    with pytest.raises(SourceError, match="no such file"):
        rows(tmp_path)
    with pytest.raises(ConfigError, match="'role'"):
        rows(tmp_path, role="king")


def test_wrong_lines_and_a_repository_without_jobs_are_problems(tmp_path: Path) -> None:
    repository(tmp_path, "!/a @x\n* @me\n", "readme.md")
    found = rows(tmp_path)

    assert [(row["kind"], row["fatal"], row["line"]) for row in found["problem"]] == [
        ("wrong_rule", False, 1),
        ("empty", True, 8),
    ]


class TestConformance(ConnectorConformance):
    connector = CodeOwnersConnector

    def source(self, folder: Path) -> Source:
        repository(folder, "* @me\n", "a.sql")
        return source(folder)

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")
