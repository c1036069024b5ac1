"""Work on one source waits while as much of it as is allowed is under way; other sources do not wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from datagov.contracts import Limits
from datagov.engine.local import LocalEngine, Lost, Task
from tests.engine import faulty_work

LIMITS = Limits(deadline_seconds=8, memory_mb=300)


def most_at_once(spans: Sequence[tuple[float, float]]) -> int:
    return max(sum(began <= at < ended for began, ended in spans) for at, _ in spans)


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_than_the_allowed_number_run_at_once_on_each_source(most: int) -> None:
    tasks = [Task(str(n), faulty_work.slow, (), source=n % 2) for n in range(8)]
    with LocalEngine(workers=4, limits=replace(LIMITS, connections=most)) as engine:
        done = [(task, result) for task, result in engine.each(tasks)]

    assert [task.name for task, _ in done] == [str(n) for n in range(8)]
    for source in (0, 1):
        spans = []
        for task, result in done:
            assert isinstance(result, bytes)
            began, ended = map(float, result.split())
            if task.source == source:
                spans.append((began, ended))
        assert most_at_once(spans) == most


def test_work_that_dies_or_hangs_lets_the_next_one_in() -> None:
    names = ["segfault", "fine", "hang", "refuse", "fine"]
    with LocalEngine(workers=2, limits=replace(LIMITS, connections=1, deadline_seconds=2)) as engine:
        tasks = [Task(name, getattr(faulty_work, name), (), source=1) for name in names]
        results = [result for _, result in engine.each(tasks)]

    kinds = [result.kind if isinstance(result, Lost) else result.decode() for result in results]
    assert kinds == ["died", "done", "deadline", "refused", "done"]


def test_an_engine_that_is_closed_gives_up_what_waits() -> None:
    engine = LocalEngine(workers=1, limits=replace(LIMITS, connections=1))
    futures = [engine.start(Task(str(n), faulty_work.slow, (), source=1)) for n in range(30)]
    first = engine.result(futures[0])
    engine.close()
    last = engine.result(futures[-1])

    assert isinstance(first, bytes)
    assert last == Lost("died", "It was cancelled.")
