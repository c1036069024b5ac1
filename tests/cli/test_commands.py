"""The command line as its users meet it: exit codes, stdout for data, one sentence for every fault."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

CARD = "6222020200112233445"


def datagov(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "datagov", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)")
        db.executemany("INSERT INTO customer (email) VALUES (?)", [(f"user{n}@example.org",) for n in range(50)])
    db.close()
    return tmp_path


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where init and audit have run."""
    folder = tmp_path_factory.mktemp("audited")
    with sqlite3.connect(folder / "shop.db") as db:
        db.execute("CREATE TABLE customer (id INTEGER PRIMARY KEY, email TEXT)")
        db.executemany("INSERT INTO customer (email) VALUES (?)", [(f"user{n}@example.org",) for n in range(50)])
    db.close()
    assert datagov("init", "sqlite:///shop.db", "--yes", cwd=folder).returncode == 0
    done = datagov("audit", "-f", "json=out.json", "-f", "text", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


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


def test_when_writing_fails_at_the_end_the_summary_is_still_told(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    done = datagov("audit", "-f", "html=/dev/full", cwd=shop)

    assert done.returncode == 3
    assert "Verdict:" in done.stdout
    assert "/dev/full cannot be written: No space left on device. The audit is kept; 'datagov report" in done.stderr


def test_an_unreadable_source_is_exit_3_and_the_report_is_still_written(shop: Path) -> None:
    (shop / "datagov.yaml").write_text("platform: x\nsources: {a: {use: sqlite, path: gone.db}}\n")

    done = datagov("audit", cwd=shop)

    assert done.returncode == 3
    assert "incomplete" in done.stderr
    assert "gone.db" in done.stdout
    assert (shop / ".datagov" / "report.html").exists()


def test_plan_reads_no_row_and_prints_the_queries(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)

    done = datagov("audit", "--plan", cwd=shop)

    assert done.returncode == 0
    assert "main.customer: 50 rows" in done.stdout
    assert "SELECT" in done.stdout
    assert "user1@example.org" not in done.stdout
    assert not (shop / ".datagov").exists()


def sources_read(folder: Path) -> int:
    """How many sources the night that is under way has read."""
    try:
        (path,) = folder.glob(".datagov/runs/*/evidence.unfinished.sqlite")
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM source").fetchone()[0])
    except (ValueError, sqlite3.Error):
        return 0


@pytest.mark.parametrize(
    ("sent", "code", "word"), [(signal.SIGINT, 130, "Interrupted"), (signal.SIGTERM, 143, "Terminated")]
)
def test_a_stopped_audit_says_so_and_counts_as_incomplete(
    shop: Path, sent: signal.Signals, code: int, word: str
) -> None:
    with closing(sqlite3.connect(shop / "slow.db")) as db, db:
        counting = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"
        db.execute(f"CREATE VIEW endless AS {counting}")
    (shop / "datagov.yaml").write_text(
        "version: 1\nplatform: shop\nsources:\n"
        "  app: {use: sqlite, path: shop.db}\n  slow: {use: sqlite, path: slow.db}\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "datagov", "audit"],
        cwd=shop,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # it may be ignored where the tests run
    )
    until = time.monotonic() + 30
    while not sources_read(shop) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)  # in the first tenths of a second a worker on its way up may still complain
    if sent is signal.SIGINT:
        os.killpg(running.pid, sent)
    else:
        running.send_signal(sent)
    _, errors = running.communicate(timeout=30)

    assert running.returncode == code
    *progress, last = errors.strip().splitlines()
    (kept,) = shop.glob(".datagov/runs/*")
    assert last == f"datagov: {word}. What was finished is kept in {kept}."
    assert all(re.match(r"(harvest|trace|detect|full scan|check): |$", line) for line in progress)
    page = " ".join(datagov("report", cwd=shop).stdout.split())
    assert "Incomplete" in page
    by = "Ctrl-C" if sent is signal.SIGINT else "SIGTERM"
    assert f"The audit was stopped before its end by {by}; run it again." in page
    assert f"[next] The audit was stopped before its end by {by}; run it again." in datagov("doctor", cwd=shop).stdout
    assert datagov("verify", cwd=shop).returncode == 0
    assert not list(shop.glob(".datagov/runs/*/*unfinished*"))


@pytest.mark.parametrize("command", ["audit", "scan"])
def test_a_command_stopped_before_anything_was_read_keeps_nothing_and_says_so(shop: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/x"
        (shop / "datagov.yaml").write_text(f"platform: shop\nsources:\n  crm: {{use: postgres, dsn: '{dsn}'}}\n")
        running = subprocess.Popen(
            [sys.executable, "-m", "datagov", command, "-q"], cwd=shop, stderr=subprocess.PIPE, text=True
        )
        silent.settimeout(60)
        held, _ = silent.accept()
        with held:
            time.sleep(0.5)
            running.send_signal(signal.SIGTERM)
            _, errors = running.communicate(timeout=30)

    assert running.returncode == 143
    assert errors.strip() == f"datagov: Terminated. Nothing of this {'run' if command == 'audit' else 'scan'} is kept."
    assert not list(shop.glob(".datagov/*/*"))


@pytest.mark.parametrize("kilobytes", [16, 200, 300, 360])
def test_a_full_disk_leaves_no_rubbish_and_the_next_night_is_not_disturbed(shop: Path, kilobytes: int) -> None:
    """The limit on the size of files plays the full disk: at the first table, or somewhere in the night."""
    limit = kilobytes * 1024
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    full = subprocess.run(
        [sys.executable, "-m", "datagov", "audit", "-q"],
        cwd=shop,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    left = sorted(path.name for path in shop.glob(".datagov/runs/*/*"))

    assert full.returncode == 3
    assert len(full.stderr.strip().splitlines()) == 1
    assert "cannot be written: a write failed; the disk may be full" in full.stderr
    assert left in ([], ["evidence.sqlite"])
    assert ("Nothing of this run is kept." in full.stderr) == (not left)
    assert datagov("audit", "-q", cwd=shop).returncode in (0, 1)
    assert datagov("verify", cwd=shop).returncode == 0


def test_doctor_names_the_installation_the_source_and_the_next_step(audited: Path) -> None:
    done = datagov("doctor", cwd=audited)

    assert "Access samples (" in done.stdout
    assert ") can settle CR-001, " in done.stdout

    assert done.returncode == 0, done.stdout
    assert "datagov.connectors: sqlite" in done.stdout
    assert "Source 'shop': 1 dataset, 2 columns." in done.stdout
    assert "[next] Declare who owns each dataset" in done.stdout


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


def test_a_full_disk_is_exit_3_and_a_sentence(shop: Path) -> None:
    disk = shop / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(disk)], capture_output=True).returncode:
        pytest.skip("needs the right to mount a small tmpfs")
    try:
        datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
        done = datagov("audit", "-o", "disk", cwd=shop)
    finally:
        subprocess.run(["umount", str(disk)], check=True)

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "the disk is full" in done.stderr or "No space left" in done.stderr


def test_an_output_folder_that_is_a_link_is_refused(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    (shop / "elsewhere").mkdir()
    (shop / ".datagov").symlink_to(shop / "elsewhere")

    done = datagov("audit", cwd=shop)

    assert done.returncode == 2
    assert "is a link" in done.stderr
    assert not list((shop / "elsewhere").iterdir())


def test_doctor_looks_at_the_runs_of_its_own_configuration_and_speaks_both_languages(audited: Path) -> None:
    text = (audited / "datagov.yaml").read_text()
    (audited / "other.yaml").write_text(text)
    own = datagov("doctor", "--lang", "zh", cwd=audited).stdout
    other = datagov("doctor", "-c", "other.yaml", cwd=audited).stdout

    assert "数据源 'shop'：1 个数据集" in own
    assert "[next]" in own
    assert "[next]" not in other
    assert "No audit of this configuration has run yet" in other


def test_doctor_counts_owners_and_names_only_sources_with_rows_for_what_access_settles(shop: Path) -> None:
    (shop / "sql").mkdir()
    (shop / "sql" / "a.sql").write_text("SELECT 1;\n")
    (shop / "CODEOWNERS").write_text("/sql/ @crm\n")
    (shop / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  shop: {use: sqlite, path: shop.db}\n"
        "  jobs: {use: sqlfolder, path: sql, dialect: sqlite}\n  code: {use: codeowners, path: .}\n"
    )
    said = datagov("doctor", cwd=shop).stdout

    assert "Source 'code': 1 owner of files." in said
    assert "Access samples ('shop') can settle " in said


def test_doctor_refuses_a_configuration_that_is_not_there_or_is_wrong(shop: Path) -> None:
    (shop / "bad.yaml").write_text("platform: x\nsources: {a: {use: sqlite}}\nregisters: {purposes: gone.yaml}\n")

    assert datagov("doctor", "-c", "nowhere.yaml", cwd=shop).returncode == 2
    refused = datagov("doctor", "-c", "bad.yaml", cwd=shop)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "bad.yaml:3: The register 'purposes' names the file 'gone.yaml', which is not there" in refused.stderr


def test_the_plan_tells_the_catalog_the_samples_and_what_consent_rules_count(shop: Path) -> None:
    with closing(sqlite3.connect(shop / "shop.db")) as db, db:
        db.execute("CREATE TABLE push (customer_id INTEGER, at TEXT)")
        db.execute("CREATE TABLE consent (subject INTEGER, purpose TEXT, state TEXT, at TEXT)")
        db.execute("INSERT INTO push VALUES (1, '2026-01-01T00:00:00Z')")
    (shop / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  app: {use: sqlite, path: shop.db}\nregisters:\n  consent:\n    - source: app\n"
        "      table: main.consent\n"
        "      columns: {subject: subject, purpose: purpose, state: state, event_time: at}\n"
        "      given: [yes_]\n      withdrawn: [no_]\n"
        "declarations:\n  - {select: main.push, purpose: ads, legal_basis: consent, subject_key: customer_id,"
        " processed_at: at}\n"
    )
    done = datagov("audit", "--plan", cwd=shop)
    lines = done.stdout.splitlines()
    counted = lines[lines.index("--   then the consent rules count:") + 1 :]

    assert done.returncode == 0, done.stderr
    assert "--   first the catalog is asked" in done.stdout
    assert any(line.endswith("at most 1 row") for line in lines)
    assert counted[0] == "--   main.push: rows are counted by consent, for ads"
    with closing(sqlite3.connect(shop / "shop.db")) as db:
        db.execute("ATTACH ? AS elsewhere", (":memory:",))
        assert len(db.execute("\n".join(counted[1:]).partition(";  -- ")[0]).fetchall()) == 1
    assert max(map(len, counted)) < 2_500, "a query is told in the lines of its clauses"
