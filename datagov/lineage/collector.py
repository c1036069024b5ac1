"""Pause Python's cyclic garbage collector while a script is traced.

A parse tree is thousands of live objects that point at each other; the collector walks them again and again
and frees nothing, and its share grows with the statement (half of the time of a chain of 1,000 common table
expressions) and with what earlier statements left. So it rests, and is called after each so many tokens for the
youngest objects only: every tree is looked at once, and a long script does not pile them up.
"""

from __future__ import annotations

import gc
from types import TracebackType

SWEEP_AFTER = 1_000
"""Tokens of statements whose trees wait for the collector: few, so that their memory is soon used again."""


class PausedCollector:
    """No cyclic collection inside but when ``read`` asks for it; one that was off stays off."""

    __slots__ = ("_unswept", "_was_on")

    def __enter__(self) -> PausedCollector:
        self._was_on = gc.isenabled()
        self._unswept = 0
        gc.disable()
        return self

    def read(self, tokens: int) -> None:
        """A statement of so many tokens has been read; its tree may go."""
        self._unswept += tokens
        if self._unswept > SWEEP_AFTER and self._was_on:
            self._unswept = 0
            gc.collect(0)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._was_on:
            gc.enable()
