"""Wrong usage and wrong settings are refused before anything is read, with one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import datagov

CARD = "6222020200112233445"


@pytest.mark.parametrize("name", ["column", "report"])
def test_before_the_first_run_the_sentence_says_what_to_do(shop: Path, name: str) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    arguments = [name, "main.customer.email"] if name == "column" else [name]

    done = datagov(*arguments, cwd=shop)

    assert done.returncode == 2
    assert "run 'datagov audit' first" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["audit"], "datagov.yaml: There is no such file."),
        (["audit", "-c", "tab.yaml"], "tab.yaml:2: This is not valid YAML: a line is indented with a tab; use spaces."),
        (["audit", "-c", "binary.yaml"], "binary.yaml: The file is not UTF-8 text."),
        (["audit", "-c", "sql"], "sql: The file cannot be read: Is a directory."),
        (["scan", "-c", "password.yaml"], "password.yaml:3: Source 'a' has a password inside 'url'."),
        (["init", "postgres://[bob:hunter2x@h/x", "-y"], "The source is no URL"),
        (["scan", "postgres://bob:hunter2x@h:port/x"], "A password on the command line"),
        (["init", "-y"], "Name the source: datagov init sqlite:///shop.sqlite."),
        (["rules", "--pack", "./sql"], "There is no rule in ./sql"),
        (["audit", "--fail-on", "never"], "Invalid value for '--fail-on'"),
        (["audit", "-c", "bad.yaml"], "bad.yaml:1: The setting 'sources' is missing."),
        (["explain", "XX-001"], "No rule is called 'XX-001'. Installed: CR-001"),
        (["init", f"postgresql://bob:{CARD}@db/x"], "A password on the command line"),
        (["init", f"postgresql://db/x?password={CARD}"], "A password on the command line"),
        (["init", "shop.db"], "must be a URL such as sqlite:///shop.sqlite"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_wrong_usage_is_exit_2_and_one_sentence(shop: Path, arguments: list[str], sentence: str) -> None:
    (shop / "bad.yaml").write_text("platform: x\n")
    (shop / "tab.yaml").write_text("platform: x\n\tsources: {}\n")
    (shop / "binary.yaml").write_bytes(bytes(range(256)))
    (shop / "password.yaml").write_text(
        "platform: x\nsources:\n  a: {use: sqlalchemy, url: 'postgresql://bob:hunter2x@h/x'}\n"
    )
    (shop / "sql").mkdir()

    done = datagov(*arguments, cwd=shop)

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "hunter2x" not in done.stderr + done.stdout
    assert CARD not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("rules: {ignore: [XX-9]}", "No rule is called 'XX-9'"),
        ("rules: {packs: [nobody]}", "No datagov.rulepacks plugin is called 'nobody'"),
        ("rules: {packs: [./nowhere]}", "There is no folder of rules './nowhere'"),
        ("as_of: yesterday", "'as_of' is not a time"),
    ],
)
def test_an_unknown_rule_or_pack_stops_before_anything_is_read(shop: Path, setting: str, sentence: str) -> None:
    (shop / "datagov.yaml").write_text(f"platform: x\nsources: {{a: {{use: sqlite, path: shop.db}}}}\n{setting}\n")

    done = datagov("audit", cwd=shop)

    assert done.returncode in (2, 3)
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not (shop / ".datagov").exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "{use: sqlfoldr, path: sql}",
            "datagov.yaml:3: Source 'a': No datagov.connectors plugin is called 'sqlfoldr'.",
        ),
        ("{use: sqlite}", "datagov.yaml:3: Source 'a' needs the option 'path'."),
        ("{use: sqlite, pth: shop.db}", "datagov.yaml:3: Source 'a' has an option 'pth' that 'sqlite' does not know"),
        ('{use: sqlite, path: "${NOPE}.db"}', "datagov.yaml:3: Source 'a' refers to the environment variable 'NOPE'"),
        (
            '{use: postgres, password: "${NOPE}"}',
            "datagov.yaml:3: Source 'a' refers to the environment variable 'NOPE'",
        ),
        ("{use: sqlite, path: shop.db, include: 7}", "datagov.yaml:3: Source 'a' has a wrong value in 'include'"),
    ],
)
def test_a_wrong_source_stops_before_the_night(shop: Path, line: str, sentence: str) -> None:
    (shop / "datagov.yaml").write_text(f"platform: x\nsources:\n  a: {line}\n")

    for command in ("audit", "scan"):
        done = datagov(command, cwd=shop)

        assert done.returncode == 2
        assert sentence in done.stderr
        assert not (shop / ".datagov").exists()


def test_a_misspelt_setting_is_named_and_not_only_what_it_leaves_missing(shop: Path) -> None:
    (shop / "datagov.yaml").write_text("platfrm: x\nsources: {a: {use: sqlite, path: shop.db}}\n")
    done = datagov("audit", cwd=shop)

    assert done.returncode == 2
    assert "datagov.yaml:1: There is no setting called 'platfrm'" in done.stderr
    assert "did you mean 'platform'?" in done.stderr


def test_an_unknown_kind_of_url_is_wrong_usage(shop: Path) -> None:
    done = datagov("scan", "nope://x", cwd=shop)

    assert done.returncode == 2
    assert "No datagov.connectors plugin is called 'nope'" in done.stderr


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("nowhere/r.html", "there is no folder nowhere"),
        ("shop.db/r.html", "there is no folder shop.db"),
        (".", "it is a folder"),
        ("/proc/r.html", "No such file or directory"),
    ],
)
def test_a_report_that_cannot_be_written_is_refused_before_the_night(shop: Path, target: str, reason: str) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)

    for command in (["audit"], ["report"], ["lint", "."]):
        done = datagov(*command, "-f", f"html={target}", cwd=shop)

        assert done.returncode == 2
        assert f"The html report cannot be written to {target}: {reason}." in done.stderr
    assert not (shop / ".datagov").exists()
    assert not (shop / "nowhere").exists()


def test_an_output_folder_that_is_a_link_is_refused(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    (shop / "elsewhere").mkdir()
    (shop / ".datagov").symlink_to(shop / "elsewhere")

    done = datagov("audit", cwd=shop)

    assert done.returncode == 2
    assert "is a link" in done.stderr
    assert not list((shop / "elsewhere").iterdir())
