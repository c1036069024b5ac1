"""Non-personal kinds that compete for a column: dates, UUIDs, hashes, amounts, codes, serial numbers,
sentences."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

_HAN = re.compile(r"[\u3400-\u9fff]")


@cache
def shipped() -> Mapping[str, str]:
    """Kind → pattern of the whole cell, in the order in which they explain a column."""
    lines = files("datagov.detect").joinpath("rivals.csv").read_text("utf-8").splitlines()
    return {row["kind"]: row["pattern"] for row in csv.DictReader(lines)}


@dataclass(frozen=True, slots=True)
class Shape:
    """What all values of a column have in common, whatever they mean.

    ``rates``   kind → share of distinct values that match it;  ``serial`` the numbers run on (few gaps),
    or are a counter;
    ``lead``    share of values that begin with the most common three characters;
    ``words``   mean number of words;  ``length`` mean characters;  ``han`` share of values with Chinese
    characters;
    ``unique``  distinct values over read rows.
    """

    rates: dict[str, float]
    serial: bool
    lead: float
    words: float
    length: float
    han: float
    unique: float


def measure(texts: Sequence[str], matches: Sequence[Sequence[int]], read: int) -> Shape:
    """How often each kind's pattern matches the distinct texts, and how the numbers run. ``matches`` has the positions
    of the texts that each pattern of ``shipped()`` takes, in their order."""
    size = max(len(texts), 1)
    rates = {kind: len(found) / size for kind, found in zip(shipped(), matches, strict=True) if found}
    leads = Counter(text[:3] for text in texts)
    return Shape(
        rates=rates,
        serial=rates.get("INTEGER", 0) > 0.95 and _runs_on(texts),
        lead=max(leads.values(), default=0) / size,
        words=sum(text.count(" ") + 1 for text in texts) / size,
        length=sum(map(len, texts)) / size,
        han=sum(_HAN.search(text) is not None for text in texts if not text.isascii()) / size,
        unique=len(texts) / max(read, 1),
    )


def _runs_on(texts: Sequence[str]) -> bool:
    """Numbers of a counter fill their range; identifiers of persons are scattered."""
    numbers = sorted({int(text) for text in texts if text.isdigit() and len(text) < 40})
    if len(numbers) < 5:
        return False
    span = numbers[-1] - numbers[0] + 1
    if span <= 60 * len(numbers):
        return True
    gaps = np.diff(np.array([n - numbers[0] for n in numbers], dtype=np.float64))
    return bool(np.percentile(gaps, 80) <= 50 and np.median(gaps) < 20)


def verdict(shape: Shape) -> tuple[str, float] | None:
    """The non-personal kind that explains most values, if one explains nine tenths of them."""
    for kind in shipped():
        if shape.rates.get(kind, 0.0) >= 0.9:
            return kind, shape.rates[kind]
    return None


def is_open(rival: tuple[str, float] | None) -> bool:
    """Whether the values could be personal data that only a name tells: words, codes, plain numbers, dates."""
    return rival is None or rival[0] in ("CODE", "INTEGER", "DATE_TIME", "VERSION", "DATED_NUMBER")


def is_closed(shape: Shape) -> bool:
    """Whether every value is of a kind that has no room for anything else inside."""
    closed = (
        "UUID",
        "HASH",
        "DATE_TIME",
        "TIME",
        "DECIMAL",
        "BOOLEAN",
        "COLOUR",
        "INTEGER",
        "ENUM",
        "VERSION",
    )
    return any(shape.rates.get(kind, 0.0) == 1.0 for kind in closed)
