"""Numbers with their words in English sentences."""

from __future__ import annotations


def counted(number: int, word: str, many: str | None = None) -> str:
    """The number with thousands separated, and the word in its singular or plural, which is with an ``s`` if not given.

    >>> counted(1, "finding"), counted(1200, "file"), counted(2, "entry", "entries")
    ('1 finding', '1,200 files', '2 entries')
    """
    return f"{number:,} {word if number == 1 else many or f'{word}s'}"
