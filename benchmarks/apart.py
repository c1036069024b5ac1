"""Work measured in a process of its own: how long it took, and the most memory the process held at any time."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Measured:
    """Wall seconds of the work alone, peak memory of its process (interpreter and imports included), its result."""

    seconds: float
    peak_mb: int
    result: Any


def apart(work: Callable[..., Any], *arguments: Any) -> Measured:
    """Run a function of a module in a fresh process; raises RuntimeError when the process dies or the work fails."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(theirs, work, arguments))
    process.start()
    theirs.close()
    try:
        found = ours.recv()
    except EOFError:
        found = "the process died"
    process.join()
    if isinstance(found, str):
        raise RuntimeError(f"{work.__name__}: {found}")
    return Measured(*found)


def _measure(pipe: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    begun = time.perf_counter()
    try:
        result = work(*arguments)
    except Exception as error:  # noqa: BLE001 - whatever it is, the benchmark goes on without this row
        pipe.send(f"{type(error).__name__}: {error}")
        return
    seconds = time.perf_counter() - begun
    pipe.send((seconds, _peak_kb() // 1024, result))


def _peak_kb() -> int:
    """The most memory this process held. A spawned process inherits its parent's ``ru_maxrss``, so Linux is asked for
    the peak since the process began its own program."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.partition("VmHWM:")[2].split()[0])
