"""Patience: how long a source's locks are waited for in one night, however many of its tables are locked."""

from __future__ import annotations

import functools

_WAITS = 3
"""How often a lock is waited for as long as the source's options say."""


class Patience:
    """Counts the locks of one source that did not come free.

    >>> patience = Patience()
    >>> patience.seconds(5.0)
    5.0
    >>> for _ in range(3):
    ...     patience.waited()
    >>> patience.lost, patience.seconds(5.0)
    (True, 0.0)
    """

    __slots__ = ("_waits",)

    def __init__(self) -> None:
        self._waits = 0

    def waited(self) -> None:
        """One more lock did not come free."""
        self._waits += 1

    @property
    def lost(self) -> bool:
        """Whether enough locks were waited for in vain: a locked table is then left at once."""
        return self._waits >= _WAITS

    def seconds(self, most: float) -> float:
        """How long the next lock is waited for, when ``most`` is what the options say; 0 is as short as can be."""
        return 0.0 if self.lost else most

    def __repr__(self) -> str:
        return f"Patience(waits={self._waits})"


@functools.cache
def of_source(source_id: int) -> Patience:
    """One for all tasks of a source in a worker process, which lives no longer than the night."""
    return Patience()
