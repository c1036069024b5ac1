"""The command line as its users meet it: exit codes, stdout for data, one sentence for every fault."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import datagov


def test_init_then_audit_needs_no_other_step(audited: Path) -> None:
    report = json.loads((audited / "out.json").read_text())

    assert report["run"]["platform"] == "shop"
    assert "main.customer" in json.dumps(report)


def test_audit_without_a_format_writes_a_page_and_a_summary_that_a_full_disk_leaves_alone(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    done = datagov("audit", cwd=shop)

    assert done.returncode == 0
    assert "shop" in done.stdout
    page = (shop / ".datagov" / "report.html").read_bytes()
    assert page.startswith(b"<!")

    full = datagov("report", "-f", "html=/dev/full", cwd=shop)
    assert full.returncode == 3
    assert "/dev/full cannot be written: No space left on device." in full.stderr
    assert "Traceback" not in full.stderr
    assert (shop / ".datagov" / "report.html").read_bytes() == page


def test_init_takes_a_folder_of_sql_for_the_pipeline(shop: Path) -> None:
    (shop / "etl" / "daily").mkdir(parents=True)
    (shop / "etl" / "daily" / "copy.sql").write_text("CREATE TABLE main.copy AS SELECT email FROM main.customer;\n")
    made = datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)

    assert "Found SQL in the folder etl" in made.stderr
    assert "Source 'pipeline': 1 job" in datagov("doctor", cwd=shop).stdout


def test_column_shows_verdict_evidence_and_content(audited: Path) -> None:
    text = datagov("column", "main.customer.email", cwd=audited)
    data = datagov("column", "MAIN.customer.EMAIL", "-f", "json", cwd=audited)

    assert "EMAIL_ADDRESS" in text.stdout
    assert json.loads(data.stdout)["detections"][0]["entity"] == "EMAIL_ADDRESS"


def test_report_renders_the_last_run_again(audited: Path) -> None:
    done = datagov("report", "-f", "sarif", cwd=audited)

    assert json.loads(done.stdout)["version"] == "2.1.0"


def test_verify_and_report_refuse_evidence_that_was_changed(audited: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(audited, folder)
    whole = datagov("verify", cwd=folder)
    told = whole.stdout.splitlines()[-1].split()[-1]

    assert whole.returncode == 0
    assert "is what it was when the run ended" in whole.stdout
    assert datagov("verify", "--digest", told, cwd=folder).returncode == 0
    assert datagov("verify", "--digest", "sha256:00", cwd=folder).returncode == 3

    with closing(sqlite3.connect(next(folder.glob(".datagov/runs/*/evidence.sqlite")))) as db:
        db.execute("UPDATE evaluation SET failed = 3 WHERE rule = 'NS-001'")
        db.commit()

    changed = datagov("verify", "--lang", "zh", cwd=folder, PYTHONUTF8="1")
    assert changed.returncode == 3
    assert "证据未通过核验" in changed.stdout
    assert told in changed.stdout.splitlines()[-1]
    page = datagov("report", cwd=folder)
    assert page.returncode == 3
    assert "The evidence differs from what was recorded when the run ended" in page.stderr
    assert "The audit is complete" not in page.stdout


def test_an_unreadable_source_is_exit_3_and_the_report_is_still_written(shop: Path) -> None:
    (shop / "datagov.yaml").write_text("platform: x\nsources: {a: {use: sqlite, path: gone.db}}\n")

    done = datagov("audit", cwd=shop)

    assert done.returncode == 3
    assert "incomplete" in done.stderr
    assert "gone.db" in done.stdout
    assert (shop / ".datagov" / "report.html").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(tmp_path: Path, shell: str) -> None:
    done = datagov("completion", shell, cwd=tmp_path)

    assert done.returncode == 0
    assert "_DATAGOV_COMPLETE" in done.stdout


def test_the_schema_is_printed_as_json(tmp_path: Path) -> None:
    assert json.loads(datagov("schema", cwd=tmp_path).stdout)["title"] == "datagov.yaml"


@pytest.mark.parametrize(("lang", "words"), [("en", "What it cannot see"), ("zh", "盲区")])
def test_every_rule_explains_itself_in_both_languages(tmp_path: Path, lang: str, words: str) -> None:
    rules = json.loads(datagov("rules", "-f", "json", cwd=tmp_path).stdout)

    assert len(rules) >= 8
    done = datagov("explain", rules[0]["id"], "--lang", lang, cwd=tmp_path, PYTHONUTF8="1")
    assert words in done.stdout
