"""Several folders of chDB at once: an engine of its own for each, shared while a folder is the same, ended in time."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from _clickhouse import folder, folder_source
from _sources import datasets, harvested, read

from datagov.connectors import _clickhouse_process as process
from datagov.connectors import _clickhouse_snapshot as snapshots
from datagov.connectors.clickhouse import ClickhouseConnector
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError

pytestmark = pytest.mark.chdb

MADE = ("CREATE DATABASE shop", "CREATE TABLE shop.t (n UInt64) ENGINE = MergeTree ORDER BY n")
MANY = (*MADE, "INSERT INTO shop.t SELECT number FROM numbers(100)")


@pytest.fixture(autouse=True)
def _nothing_runs_on() -> Iterator[None]:
    """No engine of another test, which may still rest, is taken for one of this test."""
    gc.collect()
    process._end()
    yield
    gc.collect()
    process._end()


def source(parent: Path, name: str) -> Source:
    return Source(4, name, "clickhouse", {"path": name}, parent, "datagov.yaml", 9)


def engines() -> list[psutil.Process]:
    children = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in children if any("_clickhouse_engine" in word for word in one.cmdline())]


def test_two_folders_are_read_in_turn_by_one_process(tmp_path: Path) -> None:
    for n, name in enumerate(("one", "two"), start=1):
        folder(tmp_path / name, *MADE, f"INSERT INTO shop.t VALUES ({n})")
    first, second = (ClickhouseConnector(source(tmp_path, name)) for name in ("one", "two"))
    tables = {one: datasets(one)["shop.t"] for one in (first, second)}

    found = [read(one, table)["n"].to_pylist() for _ in range(2) for one, table in tables.items()]

    assert found == [[1], [2]] * 2
    assert len(engines()) == 2


def test_a_folder_is_opened_once_for_all_who_read_it_and_again_when_it_changed(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MANY)
    for _ in range(3):
        harvested(ClickhouseConnector(given))
    (before,) = engines()
    folder(tmp_path / "lake", "INSERT INTO shop.t VALUES (100)")

    connector = ClickhouseConnector(given)
    assert read(connector, datasets(connector)["shop.t"]).num_rows == 101
    assert [one.pid for one in engines()] != [before.pid]


def test_an_engine_that_dies_is_a_sentence_and_the_next_reader_has_another(tmp_path: Path) -> None:
    connector = ClickhouseConnector(folder_source(tmp_path, *MANY))
    dataset = datasets(connector)["shop.t"]
    for one in engines():
        one.kill()

    with pytest.raises(SourceError, match=r"the process of chDB ended.*run again\.$"):
        read(connector, dataset)
    assert read(ClickhouseConnector(source(tmp_path, "lake")), dataset).num_rows == 100


def test_an_engine_that_outgrows_its_memory_is_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "_ENGINE_MB", 0)
    given = folder_source(tmp_path, *MANY, memory_mb=32)

    with pytest.raises(SourceLimitError, match="'memory_mb'"):
        for _ in range(20):
            harvested(ClickhouseConnector(given))
            time.sleep(0.05)


def test_an_engine_and_its_snapshot_end_with_a_reader_that_was_killed(tmp_path: Path) -> None:
    given = folder_source(tmp_path, *MANY)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = (
        "import os, sys; from pathlib import Path; from datagov.contracts import Source\n"
        "from datagov.connectors.clickhouse import ClickhouseConnector\n"
        f"list(ClickhouseConnector(Source(4, 'l', 'clickhouse', {{'path': 'lake'}}, Path({str(given.base)!r}),"
        " 'a', 9)).harvest())\n"
        "print('there', flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(
        [sys.executable, "-c", script], env={**os.environ, "TMPDIR": str(temporary)}, **pipes
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "there\n"
        (child,) = psutil.Process(reader.pid).children()
        assert list(temporary.iterdir())
        os.kill(reader.pid, signal.SIGKILL)

    child.wait(10)
    assert not list(temporary.iterdir())


CONFIG = """
version: 1
platform: t
sources:
  one: {use: clickhouse, path: one}
  two: {use: clickhouse, path: two}
registers:
  purposes: purposes.yaml
  consent:
    - source: one
      table: crm.consent
      columns: {subject: subject, purpose: purpose, state: state, event_time: event_time}
      given: [given]
      withdrawn: [withdrawn]
declarations:
  - {select: "*.mailing", purpose: marketing, legal_basis: consent, subject_key: who, processed_at: at}
"""
LEDGER = (
    "CREATE DATABASE crm",
    "CREATE TABLE crm.consent (subject String, purpose String, state String, event_time String)"
    " ENGINE = MergeTree ORDER BY subject",
    "INSERT INTO crm.consent VALUES ('1', 'marketing', 'given', '2025-01-01T00:00:00Z'),"
    " ('2', 'marketing', 'given', '2025-01-01T00:00:00Z'), ('2', 'marketing', 'withdrawn', '2025-02-01T00:00:00Z')",
)


def mailing(database: str, *subjects: str) -> list[str]:
    rows = ", ".join(f"('{one}', '2025-03-01T00:00:00Z')" for one in subjects)
    made = f"CREATE TABLE {database}.mailing (who String, at String) ENGINE = MergeTree ORDER BY who"
    return [f"CREATE DATABASE IF NOT EXISTS {database}", made, f"INSERT INTO {database}.mailing VALUES {rows}"]


def test_consent_is_checked_in_two_folders_of_one_audit_also_across_them(tmp_path: Path) -> None:
    folder(tmp_path / "one", *LEDGER, *mailing("crm", "1", "1", "2"))
    folder(tmp_path / "two", *mailing("ads", "1", "2", "3"))
    (tmp_path / "datagov.yaml").write_text(CONFIG)
    (tmp_path / "purposes.yaml").write_text("- {purpose: marketing, title: {en: Marketing, zh: 营销}}\n")
    command = [str(Path(sys.executable).with_name("datagov")), "audit", "--format", "json", "-o", "out"]
    ran = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=300)
    (evidence,) = tmp_path.rglob("evidence.sqlite")
    with closing(sqlite3.connect(evidence)) as store:
        problems = store.execute("SELECT message FROM problem WHERE fatal").fetchall()
        verdicts = store.execute(
            "SELECT d.name, verdict, rows FROM consent_coverage c JOIN dataset d USING (dataset_id) ORDER BY 1, 2"
        ).fetchall()

    assert (ran.returncode, problems) == (1, []), ran.stderr
    assert verdicts == [
        ("ads.mailing", "covered", 1),
        ("ads.mailing", "unmatched_identity", 1),
        ("ads.mailing", "withdrawn", 1),
        ("crm.mailing", "covered", 2),
        ("crm.mailing", "withdrawn", 1),
    ]


def test_a_snapshot_with_much_to_copy_is_made_on_disk_and_leaves_nothing_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, disk = tmp_path / "memory", tmp_path / "disk"
    memory.mkdir()
    disk.mkdir()
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    monkeypatch.setattr(snapshots, "_MEMORY", memory)
    monkeypatch.setattr(snapshots, "_MEMORY_FREE_MB", 0)
    given = folder_source(tmp_path, *MANY)
    lake = (given.base / "lake").resolve()
    (lake / "notes").write_text("copied, because it is neither of a part nor a definition")

    small, _ = snapshots.snapshot(lake, who="x")
    monkeypatch.setattr(snapshots, "_MEMORY_MB", 0)
    large, _ = snapshots.snapshot(lake, who="x")

    assert (small.parent, large.parent) == (memory, disk)
    assert [*memory.iterdir()] == [small]
    with pytest.raises(SourceError, match=r"more than 0 MB .* make room\.$"):
        monkeypatch.setattr(snapshots, "_COPY_MB", 0)
        snapshots.snapshot(lake, who="x")
    assert [*disk.iterdir()] == [large]
