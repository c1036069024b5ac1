"""Workers may die, hang, eat memory and raise: the engine says so in a sentence and the other work is done."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from datagov.contracts import Limits
from datagov.engine.local import LocalEngine, Lost, Task, _Process
from tests.engine import faulty_work

LIMITS = Limits(deadline_seconds=8, memory_mb=300)


def outcomes(*names: str) -> dict[str, bytes | Lost]:
    with LocalEngine(workers=2, limits=LIMITS) as engine:
        tasks = [Task(name, getattr(faulty_work, name), ()) for name in names]
        return {task.name: result for task, result in engine.each(tasks)}


def test_a_worker_that_dies_hangs_or_devours_memory_is_lost_alone() -> None:
    results = outcomes("segfault", "hang", "devour", "fine")

    assert results == {
        "segfault": Lost("died", "Its worker process died (signal SIGSEGV).", signal.SIGSEGV),
        "hang": Lost("deadline", "It was stopped after its deadline of 8 s."),
        "devour": Lost("memory", "Its worker was stopped at its memory limit of 300 MB."),
        "fine": b"done",
    }


@pytest.mark.parametrize(
    ("work", "kind", "reason"),
    [
        ("refuse", "refused", "The file shop.db is locked; close the program that holds it."),
        ("leak", "failed", "It failed with an unexpected ValueError."),
        ("leave", "failed", "It ended itself (SystemExit)."),
    ],
)
def test_our_own_sentences_are_kept_and_foreign_texts_are_not(work: str, kind: str, reason: str) -> None:
    assert outcomes(work)[work] == Lost(kind, reason)


def test_results_come_in_the_order_of_the_tasks() -> None:
    with LocalEngine(workers=2, limits=LIMITS) as engine:
        names = [task.name for task, _ in engine.each(Task(str(n), faulty_work.fine, ()) for n in range(20))]

    assert names == [str(n) for n in range(20)]


def test_a_worker_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert outcomes("shout") == {"shout": b"done"}

    printed = capfd.readouterr()
    assert faulty_work.SECRET not in printed.out + printed.err


def test_a_large_process_of_somebody_else_is_left_alone() -> None:
    hoard = "hoard = bytearray(500_000_000); print('ready', flush=True); input()"
    stranger = subprocess.Popen([sys.executable, "-c", hoard], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert stranger.stdout and stranger.stdout.readline() == b"ready\n"
    try:
        assert outcomes("fine", "devour")["fine"] == b"done"
        assert stranger.poll() is None
    finally:
        stranger.communicate(b"\n")


def test_no_process_is_left_behind() -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    outcomes("fine", "hang")

    after = {child.pid for child in psutil.Process().children(recursive=True)}
    names = [psutil.Process(pid).cmdline() for pid in after - before]
    assert [name for name in names if "resource_tracker" not in " ".join(name)] == []


def test_a_script_without_a_main_guard_can_run_work(tmp_path: Path) -> None:
    script = tmp_path / "nightly.py"
    script.write_text(
        "from datagov.contracts import Limits\n"
        "from datagov.engine.local import LocalEngine, Task\n"
        "from datagov.stages.check import now\n"
        "print('started')\n"
        "with LocalEngine(workers=1, limits=Limits()) as engine:\n"
        "    (_, result), = engine.each([Task('os', __import__('os').urandom, (4,))])\n"
        "print(len(result))\n"
    )

    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)

    assert done.stdout.split() == ["started", "4"]


def test_a_worker_that_cannot_be_started_costs_what_was_under_way_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalEngine(workers=1, limits=LIMITS) as engine:
        with monkeypatch.context() as broken:
            broken.setattr(_Process, "start", refuse_to_start)
            first = engine.result(engine.start(Task("first", faulty_work.fine, ())))
        second = engine.result(engine.start(Task("second", faulty_work.fine, ())))

    assert first == Lost("failed", "It failed with an unexpected BrokenProcessPool.")
    assert second == b"done"


def refuse_to_start(_process: object) -> None:
    raise BlockingIOError
