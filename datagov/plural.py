"""Numbers with their words in English sentences."""

from __future__ import annotations


def counted(number: int, word: str) -> str:
    """The number with thousands separated, and the word in its singular or with an ``s``.

    >>> counted(1, "finding"), counted(1200, "file")
    ('1 finding', '1,200 files')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"
