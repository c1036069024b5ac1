"""Progress of a night: bars with speed and time left on a terminal, plain lines with some distance elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TextIO

import click

from datagov.night import Progress

EVERY_SECONDS = 30.0
"""How long a stage goes on without a line where there is no terminal."""

_COUNTS = {"harvest": "sources", "trace": "jobs", "detect": "tables", "check": "groups of rules", "lint": "files"}
"""What a stage counts."""


@contextmanager
def progress(*, quiet: bool) -> Iterator[Progress]:
    """A display on stderr: bars where it is a terminal, lines where it is not, nothing when ``quiet``."""
    if quiet:
        yield lambda stage, done, total, rows=0: None
    elif sys.stderr.isatty():
        with _bars() as show:
            yield show
    else:
        yield Lines(sys.stderr).show


@contextmanager
def _bars() -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description:8}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[speed]}"),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, Any] = {}
        begun = last = monotonic()

        def show(stage: str, done: int, total: int, rows: int = 0) -> None:
            nonlocal begun, last
            if stage not in tasks:
                begun = last
                tasks[stage] = bars.add_task(stage, total=total, counts=_COUNTS.get(stage, ""), speed="")
            bars.update(tasks[stage], completed=done, total=total, speed=_speed(rows, monotonic() - begun))
            last = monotonic()

        yield show


class Lines:
    """One line when a stage ends, and one every half minute while it goes on.

    A stage begins when the one before it was last heard of: its first word may come when it is done.
    """

    def __init__(self, out: TextIO, clock: Callable[[], float] = monotonic) -> None:
        self._out = out
        self._clock = clock
        self._stage = ""
        self._begun = self._said = self._last = clock()

    def show(self, stage: str, done: int, total: int, rows: int = 0) -> None:
        """Take note of progress, and say it when it is time."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._begun, self._said = stage, self._last, now
        self._last = now
        if done >= total or now - self._said >= EVERY_SECONDS:
            self._said = now
            counts = _COUNTS.get(stage, "")
            parts = [f"{stage}: {done} of {total} {counts}".rstrip(), _speed(rows, now - self._begun)]
            if 0 < done < total:
                parts.append(f"about {round((now - self._begun) / done * (total - done))} s left")
            click.echo(", ".join(part for part in parts if part), file=self._out)


def _speed(rows: int, seconds: float) -> str:
    """Rows per second, when any were read.

    >>> _speed(5000, 2.0), _speed(0, 1.0)
    ('2,500 rows/s', '')
    """
    return f"{round(rows / seconds):,} rows/s" if rows and seconds > 0 else ""
