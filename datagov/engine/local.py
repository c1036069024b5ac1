"""Worker processes of this machine: each task has a deadline, a memory limit, and may die alone.

The supervisor never reads data. It hands a task to a worker and gets back bytes, or a :class:`Lost` that says in
a sentence what became of the worker. pebble keeps the pool alive when a worker dies; a watch kills a worker that
outgrows its memory. (``RLIMIT_AS`` is not used: DuckDB and Great Expectations reserve far more than they touch.)
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future, TimeoutError
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from types import TracebackType
from typing import Any, Self

import psutil
from pebble import ProcessExpired, ProcessPool

from datagov.contracts import Limits
from datagov.engine.lanes import Lanes
from datagov.errors import DatagovError

_STOPS = (signal.SIGINT, signal.SIGTERM)

_FAREWELL_SECONDS = 3.0
"""How long idle workers get to run their exit handlers, which free semaphores their libraries made."""

Work = Callable[..., bytes]
"""A function of a module, run in a worker: picklable arguments in, bytes out."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A task that gave no result: ``kind`` is died, deadline, memory or refused; ``reason`` is a sentence.

    ``signal`` is the number of the signal a worker died by, where one did.
    """

    kind: str
    reason: str
    signal: int | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work and what to call it in messages; with ``source``, it holds a connection to that source."""

    name: str
    work: Work
    arguments: tuple[Any, ...]
    source: int | None = None


class _ExitError(Exception):
    """Something inside a worker called ``sys.exit``."""


def _work(work: Callable[..., bytes], arguments: tuple[Any, ...]) -> bytes:
    """Worker: do it. A library that calls ``sys.exit`` must not end the supervisor, least of all with exit code 0."""
    try:
        return work(*arguments)
    except SystemExit:
        raise _ExitError from None


class LocalEngine:
    """A pool of ``workers`` processes; a context manager that leaves no process behind."""

    def __init__(self, *, workers: int, limits: Limits) -> None:
        self._limits = limits
        self._lanes = Lanes(limits.connections)
        self._born: list[psutil.Process] = []
        self._spawning = threading.Lock()
        self._workers = workers
        self._replacing = threading.Lock()
        self._pool = self._made_pool()
        self._outgrown: set[int] = set()
        self._started: set[Future[bytes]] = set()
        self._closing = threading.Event()
        self._watch = threading.Thread(target=self._watch_memory, name="datagov-memory-watch", daemon=True)
        self._watch.start()

    def _made_pool(self) -> ProcessPool:
        context = _Context(self._born, self._spawning)
        return ProcessPool(max_workers=self._workers, context=context, initializer=_be_a_worker)

    def start(self, task: Task) -> Future[bytes]:
        """Begin a task, or have it wait while ``Limits.connections`` others hold its source.

        ``result`` of the engine turns the future into bytes or a Lost.
        """
        if task.source is None:
            return self._scheduled(task)
        return self._lanes.start(task.source, partial(self._scheduled, task))

    def _scheduled(self, task: Task) -> Future[bytes]:
        with _undisturbed(), self._replacing:
            try:
                future = self._handed_over(task)
            except RuntimeError:
                if self._closing.is_set():
                    raise
                self._replace_pool()
                try:
                    future = self._handed_over(task)
                except RuntimeError as error:
                    future = Future()
                    future.set_exception(error)
        self._started.add(future)
        future.add_done_callback(self._started.discard)
        return future

    def _handed_over(self, task: Task) -> Future[bytes]:
        """Give a task to the pool. Raises RuntimeError when the pool is closed or broken.

        pebble gives a pool up, and whatever it was doing, when a worker cannot be started or its answer was cut.
        """
        arguments = (task.work, task.arguments)
        future: Future[bytes] = self._pool.schedule(_work, args=arguments, timeout=self._limits.deadline_seconds)
        return future

    def _replace_pool(self) -> None:
        """Put a new pool in the place of a broken one, whose workers end."""
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble has no annotations here
        for worker in list(self._born):
            with suppress(psutil.Error):
                worker.kill()
        self._pool = self._made_pool()

    def each(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, bytes | Lost]]:
        """Run tasks on all workers; yields them in their given order, so that equal input gives equal output."""
        started = [(task, self.start(task)) for task in tasks]
        for task, future in started:
            yield task, self.result(future)

    def result(self, future: Future[bytes]) -> bytes | Lost:
        """Wait for a future: its bytes, or why there are none."""
        try:
            return future.result()
        except TimeoutError:
            return Lost("deadline", f"It was stopped after its deadline of {self._limits.deadline_seconds:g} s.")
        except ProcessExpired as death:
            if death.pid in self._outgrown:
                return Lost("memory", f"Its worker was stopped at its memory limit of {self._limits.memory_mb} MB.")
            killed_by = -death.exitcode if death.exitcode is not None and death.exitcode < 0 else None
            return Lost("died", f"Its worker process died ({_cause_of_death(death.exitcode)}).", killed_by)
        except CancelledError:
            return Lost("died", "It was cancelled.")
        except DatagovError as error:
            return Lost("refused", str(error))
        except MemoryError:
            return Lost("memory", "Its worker ran out of memory.")
        except _ExitError:
            return Lost("failed", "It ended itself (SystemExit).")
        except Exception as error:  # noqa: BLE001 - the text of a foreign exception may hold a data value
            return Lost("failed", f"It failed with an unexpected {type(error).__name__}.")

    def close(self) -> None:
        """Let idle workers leave by themselves and stop the others; a second call does nothing."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._lanes.close()
        if not self._started:
            self._pool.close()  # type: ignore[no-untyped-call]  # pebble has no annotations here
            with suppress(TimeoutError):
                self._pool.join(timeout=_FAREWELL_SECONDS)
        self._pool.stop()  # type: ignore[no-untyped-call]  # pebble has no annotations here
        self._pool.join()
        self._spawning.acquire()  # for good: no worker may begin while the supervisor leaves
        for worker in self._born:
            with suppress(psutil.Error):
                worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _watch_memory(self) -> None:
        limit = self._limits.memory_mb * 1024 * 1024
        while not self._closing.wait(0.1):
            for worker in list(self._born):
                try:
                    if worker.memory_info().rss > limit:
                        self._outgrown.add(worker.pid)
                        worker.kill()
                except psutil.NoSuchProcess:
                    self._born.remove(worker)
                except psutil.Error:
                    continue


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back; a process begun meanwhile holds them back until it can deal with them."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _cause_of_death(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        return f"signal {signal.Signals(-exitcode).name}"
    return f"exit code {exitcode}"


def _be_a_worker() -> None:
    """First thing in a new worker: no Ctrl-C of its own, no core dump, and nothing printed by any library."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    sys.stdout.flush()
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()


def _die_with_parent(parent: int) -> None:
    """End the worker when the supervisor was killed, so that no orphan goes on reading a source."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


class _Process(SpawnProcess):
    """A spawned process that does not import the user's script: ``datagov.run()`` needs no ``__main__`` guard.

    It is noted in its own pool's ``born`` list, so that the memory watch never looks at a process of anybody else.
    """

    born: list[psutil.Process]
    spawning: threading.Lock

    def start(self) -> None:
        """Start, and be noted; a supervisor that leaves waits until the worker has all it needs to start."""
        with self.spawning:
            super().start()
            with suppress(psutil.NoSuchProcess):
                self.born.append(psutil.Process(self.pid))

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name not in ("born", "spawning")}

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - the name multiprocessing calls
        main = sys.modules["__main__"]
        sys.modules["__main__"] = type(sys)("__main__")
        try:
            with _undisturbed():
                return SpawnProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = main


class _Context(SpawnContext):
    def __init__(self, born: list[psutil.Process], spawning: threading.Lock) -> None:
        super().__init__()
        self._born = born
        self._spawning = spawning

    def Process(self, *args: Any, **kwargs: Any) -> _Process:  # type: ignore[override]  # noqa: N802 - its name there
        process = _Process(*args, **kwargs)
        process.born, process.spawning = self._born, self._spawning
        return process
