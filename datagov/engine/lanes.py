"""So many at a time: work on one source waits while as much of it as is allowed is under way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future

Begin = Callable[[], "Future[bytes]"]
"""Hands work to the pool; raises RuntimeError once the pool is closed."""


class Lanes:
    """One lane per key, each as wide as ``most``; keys do not wait for each other."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._busy: dict[int, int] = {}
        self._waiting: dict[int, deque[tuple[Future[bytes], Begin]]] = {}
        self._lock = threading.Lock()

    def start(self, key: int, begin: Begin) -> Future[bytes]:
        """A future of the work, which begins at once or when work before it has ended; in the order of the calls."""
        promised: Future[bytes] = Future()
        with self._lock:
            if self._busy.get(key, 0) >= self._most:
                self._waiting.setdefault(key, deque()).append((promised, begin))
                return promised
            self._busy[key] = self._busy.get(key, 0) + 1
        self._begin(key, promised, begin)
        return promised

    def close(self) -> None:
        """Give up what waits."""
        with self._lock:
            left = [promised for waiting in self._waiting.values() for promised, _ in waiting]
            self._waiting.clear()
        for promised in left:
            promised.set_exception(CancelledError())

    def _begin(self, key: int, promised: Future[bytes], begin: Begin) -> None:
        """Begin, or give up what cannot begin any more and go on to what waits behind it."""
        while True:
            try:
                begun = begin()
            except RuntimeError:
                promised.set_exception(CancelledError())
                following = self._next(key)
                if following is None:
                    return
                promised, begin = following
            else:
                begun.add_done_callback(lambda done, promised=promised: self._ended(key, promised, done))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                return

    def _ended(self, key: int, promised: Future[bytes], done: Future[bytes]) -> None:
        following = self._next(key)
        if following is not None:
            self._begin(key, *following)
        try:
            promised.set_result(done.result())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
            promised.set_exception(error)

    def _next(self, key: int) -> tuple[Future[bytes], Begin] | None:
        """What waits in the lane, which is then under way; None when the lane gets one narrower."""
        with self._lock:
            if waiting := self._waiting.get(key):
                return waiting.popleft()
            self._busy[key] -= 1
            return None
