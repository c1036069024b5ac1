"""``datagov scan``: what columns hold, from a configuration or a URL; its exit codes; what it leaves behind."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.command import datagov


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two databases, one with a view that cannot be read, and a configuration of both."""
    folder = tmp_path_factory.mktemp("clinic")
    with sqlite3.connect(folder / "clinic.db") as db:
        db.execute("CREATE TABLE patient (id INTEGER PRIMARY KEY, email TEXT, diagnosis TEXT, payload TEXT, memo TEXT)")
        db.executemany(
            "INSERT INTO patient (email, diagnosis, payload, memo) VALUES (?, ?, ?, ?)",
            [
                (f"user{n}@example.org", f"code {n % 7}", json.dumps({"mobile": f"1380013{n:04d}"}), f"order {n}")
                for n in range(400)
            ],
        )
        db.execute("CREATE TABLE nobody (email TEXT)")
    db.close()
    with sqlite3.connect(folder / "torn.db") as db:
        db.execute("CREATE TABLE real (id INTEGER)")
        db.execute("INSERT INTO real VALUES (1), (2)")
        db.execute(
            "CREATE VIEW torn AS SELECT abs(CASE WHEN id = 2 THEN -9223372036854775808 ELSE 1 END) AS n FROM real"
        )
    db.close()
    (folder / "datagov.yaml").write_text(
        "platform: clinic\nlimits: {sample_rows: 100}\nsources:\n"
        "  clinic: {use: sqlite, path: clinic.db, schema: care}\n  torn: {use: sqlite, path: torn.db, schema: torn}\n"
    )
    return folder


def test_a_url_needs_no_configuration_and_its_columns_can_be_looked_at(clinic: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes((clinic / "clinic.db").read_bytes())

    done = datagov("scan", "sqlite:///x.db", "--all", cwd=tmp_path)
    column = datagov("column", "main.patient.payload.mobile", "--lang", "zh", cwd=tmp_path)
    clean = datagov("column", "main.patient.memo", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "main.patient.email" in done.stdout
    assert "EMAIL_ADDRESS (E-mail address)" in done.stdout
    assert "main.nobody.email: was not looked at" in done.stdout
    assert "main.patient.memo: every row was read" in done.stdout
    assert "datagov column main.nobody.email" in done.stdout
    assert "CN_MOBILE" in column.stdout
    assert "随机值也会匹配的占比" in column.stdout
    assert "扫描不查看血缘、责任人和规则" in column.stdout
    assert "Masked shape of a value: aaaaa ###" in clean.stdout
    assert "user1@" not in done.stdout + column.stdout + clean.stdout


def test_a_scan_is_no_run_of_the_audit(clinic: Path, tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes((clinic / "clinic.db").read_bytes())
    assert datagov("init", "sqlite:///x.db", "--yes", cwd=tmp_path).returncode == 0

    assert datagov("scan", "-q", cwd=tmp_path).returncode == 0
    report = datagov("report", cwd=tmp_path)

    assert report.returncode == 2
    assert "There is no finished run" in report.stderr


def test_what_could_not_be_read_makes_a_scan_incomplete(clinic: Path) -> None:
    done = datagov("scan", "-f", "json", "--fail-on", "sensitive", cwd=clinic)

    assert done.returncode == 3
    assert "incomplete" in done.stderr
    found = json.loads(done.stdout)
    torn = next(column for column in found["columns"] if column["column"] == "torn.torn.n")
    assert (torn["outcome"], torn["detections"]) == ("unreadable", [])
    assert any(problem["fatal"] for problem in found["problems"])
    assert found["run"]["kind"] == "scan"


EXITS = {
    "nothing asked": ((), 0),
    "an entity that is there": (("--fail-on", "EMAIL_ADDRESS"), 1),
    "an entity that is not": (("--fail-on", "CREDIT_CARD"), 0),
    "sensitive data": (("--fail-on", "sensitive"), 1),
    "personal data": (("--fail-on", "personal"), 1),
    "tables without any": (("--fail-on", "personal", "--table", "care.pat*", "--table", "none.*"), 3),
    "an unknown entity": (("--fail-on", "EMAIL_ADDRES"), 2),
}


@pytest.mark.parametrize("case", EXITS)
def test_the_exit_code_of_one_source(clinic: Path, case: str) -> None:
    arguments, code = EXITS[case]

    assert datagov("scan", "clinic", "-q", *arguments, cwd=clinic).returncode == code


def test_an_unknown_source_and_a_password_are_refused(clinic: Path) -> None:
    unknown = datagov("scan", "clinique", cwd=clinic)
    secret = datagov("scan", "postgresql://me:hunter2@db/x", cwd=clinic)

    assert (unknown.returncode, secret.returncode) == (2, 2)
    assert "No source is called 'clinique'; datagov.yaml has clinic, torn." in unknown.stderr
    assert "hunter2" not in secret.stderr


def test_csv_has_a_line_per_column_and_entity_with_levels_and_the_bound(clinic: Path) -> None:
    done = datagov("scan", "clinic", "-f", "csv", "--table", "CARE.patient", cwd=clinic)

    rows = {row["column"]: row for row in csv.DictReader(io.StringIO(done.stdout))}
    assert (rows["care.patient.email"]["entity"], rows["care.patient.email"]["jrt0171"]) == ("EMAIL_ADDRESS", "C1")
    assert rows["care.patient.diagnosis"]["pipl_sensitive"] == "True"
    memo = rows["care.patient.memo"]
    assert (memo["entity"], memo["outcome"], memo["rows_examined"]) == ("", "sampled", "100")
    assert float(memo["excludable_prevalence"]) == pytest.approx(0.03)
    assert "care.nobody.email" not in rows


def test_the_text_is_there_in_chinese(clinic: Path) -> None:
    done = datagov("scan", "clinic", "--lang", "zh", cwd=clinic)

    assert "个人信息" in done.stdout
    assert "敏感" in done.stdout
    assert "占比不超过 3.00 %" in done.stdout


def test_evidence_of_several_verdicts_on_a_column_is_told_once_and_in_words(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.db")) as db, db:
        db.execute("CREATE TABLE note (customer_id INTEGER, memo TEXT)")
        rows = [(n, f"call 1381234{n:04} or write to user{n}@example.org about the order") for n in range(200)]
        db.executemany("INSERT INTO note VALUES (?, ?)", rows)
    datagov("scan", "sqlite:///x.db", "-q", cwd=tmp_path)
    english = datagov("column", "main.note.memo", cwd=tmp_path).stdout
    chinese = datagov("column", "main.note.memo", "--lang", "zh", cwd=tmp_path).stdout

    assert english.count("detected  ") > 1
    assert english.count("Rows in the dataset: 200") == 1
    assert english.count("Distinct values: 200") == 1
    assert "log-odds" not in english
    assert "Rows read: " not in english
    assert chinese.count("数据集行数：200") == 1
    assert not re.search(r"^  [a-z]", chinese, re.MULTILINE)
