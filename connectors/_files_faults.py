"""What a reader of files tells of them: rows and what was left out, and faults whose sentences repeat no cell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa

from datagov.errors import SourceError, SourceLimitError

LINE_BYTES = 8 * 1024 * 1024
"""Longest line of a text file; a few of them are held."""


class FaultError(Exception):
    """Why a file cannot be read, as the end of a sentence about it; ``limit`` where it is too large for a reader."""

    def __init__(self, fault: str, *, limit: bool = False) -> None:
        super().__init__(fault)
        self.limit = limit


def endless() -> FaultError:
    """A line that does not end."""
    return FaultError(f"has a line longer than {LINE_BYTES // 2**20} MB; it is no such file, or damaged", limit=True)


@dataclass(slots=True)
class Left:
    """Lines that were left out while a text file was read, and the first of them, from 1."""

    lines: int = 0
    first: int | None = None

    def add(self, number: int | None) -> None:
        """Count one more line."""
        self.lines += 1
        self.first = self.first or number


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is being read: its columns, its rows in order, and what was left out so far."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
    left: Left = field(default_factory=Left)


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Faults, and errors of Arrow, as sentences about ``who``; Arrow's own texts repeat cells."""
    try:
        yield
    except FaultError as fault:
        raise (SourceLimitError if fault.limit else SourceError)(f"{who} {fault}.") from None
    except (pa.ArrowException, ValueError, EOFError, UnicodeError, OverflowError, RecursionError, TypeError) as error:
        text = str(error)
        if "straddl" in text or "block size" in text:
            raise SourceLimitError(f"{who} {endless()}.") from None
        if "seconds" in text and "timeout" in text.lower():
            raise SourceError(f"{who} could not be read in time.") from None
        raise SourceError(f"{who} is damaged or not of its format ({type(error).__name__}).") from None
    except OSError as error:
        raise SourceError(f"{who} is damaged, cut short or cannot be read ({type(error).__name__}).") from None
