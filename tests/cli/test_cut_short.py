"""Commands that are stopped, or whose disk is full: a sentence, the right exit code, and nothing lost or left lying."""

from __future__ import annotations

import os
import re
import resource
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

from tests.cli.command import datagov


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
    with closing(sqlite3.connect(shop / "slow.db")) as db, db:
        db.execute("DROP VIEW endless")  # or the doctor would count it too, for as long as a statement may take
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


def test_when_writing_fails_at_the_end_the_summary_is_still_told(shop: Path) -> None:
    datagov("init", "sqlite:///shop.db", "--yes", cwd=shop)
    done = datagov("audit", "-f", "html=/dev/full", cwd=shop)

    assert done.returncode == 3
    assert "Verdict:" in done.stdout
    assert "/dev/full cannot be written: No space left on device. The audit is kept; 'datagov report" in done.stderr


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
