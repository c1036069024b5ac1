"""Words that are persons' names and nothing else: a Bloom filter (Bloom 1970) by ``benchmarks/detection_names.py``."""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from datagov.detect import wordlists

BITS = 2_300_000
"""Places of the filter: eight for each word."""
_HASHES = 5


def places(word: str) -> list[int]:
    """Which bits a folded word sets."""
    data = word.encode("utf-8", "replace")
    first, second = zlib.crc32(data), zlib.adler32(data) * 2 + 1
    second ^= zlib.crc32(data, 77) << 1
    return [(first + turn * second) % BITS for turn in range(_HASHES)]


def holds(word: str, table: Any) -> bool:
    """Whether all bits of a folded word are set."""
    return all(table[place >> 3] >> (place & 7) & 1 for place in places(word))


def is_name(word: str) -> bool:
    """Whether a folded word is a person's name and hardly anything else.

    Cyrillic, Greek, Georgian and Armenian ones are also
    looked for as they are written in Latin letters. Of other words 2 % are taken for one.

    >>> is_name("kowalczyk"), is_name("николаос"), is_name("screwdriver")
    (True, True, False)
    """
    table = _shipped()
    if holds(word, table):
        return True
    return not word.isascii() and (latin := in_latin(word)).isascii() and holds(latin, table)


def in_latin(word: str) -> str:
    """A folded word in Latin letters, where its script has a table."""
    return word if word.isascii() else word.translate(_letters())


@cache
def _shipped() -> bytes:
    with files("datagov.detect").joinpath("name_bloom.npy").open("rb") as file:
        return bytes(np.load(file).tobytes())


@cache
def _letters() -> dict[int, str]:
    lists = wordlists.lines("latin_letters.txt")
    return {ord(pair[0]): pair[2:] for line in lists for pair in line.split()}
