"""Birth dates told apart from other dates: by name, and without a name by how the years and days are
spread."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_ISO = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_PLAIN = re.compile(r"^((?:18|19|20)\d{2})(\d{2})(\d{2})$")
_ELSE = re.compile(r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2}$)")
_WORDS = re.compile(r"(?i)^(?:\d{1,2}[ -][a-z]{3,9}[ ,-]+(\d{4})|[a-z]{3,9}\.? \d{1,2},? (\d{4}))")
_BEGINS = re.compile(r"\d{4}[-/.年\d]|\d{1,2}[-/. ]|[A-Za-z]{3,9}\.? \d")
"""How any of them begins."""

_MONTHS = 12
_WIDE, _FAR = 35, 1995
_LATEST = dt.datetime.now(dt.UTC).year
"""The last year in which somebody may have been born; years of two digits up to its own are taken for years of this
century."""


@dataclass(frozen=True, slots=True)
class Dates:
    """``rate`` of values that are calendar dates; ``plausible`` of those that some living person may be
    born on;
    ``spread`` whether they are spread as births are."""

    rate: float
    plausible: float
    spread: bool
    years_only: float


def measure(texts: Sequence[str], order: Sequence[str]) -> Dates:
    """Look at up to 500 distinct values; ``order`` is the first of them as stored, to see a series run."""
    sample = texts[:500]
    size = len(sample) or 1
    parsed = _parsed(sample)
    years_only = sum(len(t) == 4 and t.isdigit() and 1900 <= int(t) <= _LATEST for t in sample) / size
    plausible = sum(1900 <= year <= _LATEST for year, *_ in parsed) / max(len(parsed), 1)
    return Dates(len(parsed) / size, plausible, _as_births(parsed, order), years_only)


def _parsed(texts: Sequence[str]) -> list[tuple[int, int, int, bool]]:
    """(year, month, day, whether with a time of day) of the texts that are dates.

    The month comes first where the second number is too large for one."""
    found = [parsed for parsed in map(_parse, texts) if parsed]
    if any(month > _MONTHS for _, month, _, _ in found):
        found = [(year, min(day, _MONTHS), month, clock) for year, month, day, clock in found]
    return found


def _parse(text: str) -> tuple[int, int, int, bool] | None:
    if not _BEGINS.match(text):
        return None
    match = _ISO.match(text)
    if match:
        clock = any(part and int(part) for part in match.groups()[3:])
        return int(match[1]), int(match[2]), int(match[3]), clock
    match = _PLAIN.match(text)
    if match and 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31:
        return int(match[1]), int(match[2]), int(match[3]), False
    match = _ELSE.match(text)
    if match:
        year = int(match[3]) + (0 if len(match[3]) == 4 else 1900 if int(match[3]) > _LATEST % 100 else 2000)
        return year, int(match[2]), int(match[1]), False
    match = _WORDS.match(text)
    if match:
        return int(match[1] or match[2]), 6, 15, False
    return None


def _as_births(dates: Sequence[tuple[int, int, int, bool]], order: Sequence[str]) -> bool:
    """Births: no time of day, or very many years; decades wide, none recent or far back, every day of the month,
    no series."""
    if len(dates) < 15:
        return False
    years = np.array([d[0] for d in dates])
    low, median, high = np.percentile(years, (5, 50, 95))
    if years.min() < 1905 or high > 2018 or not 1945 <= median <= 2003 or high - low < 18:
        return False
    if any(clock for *_, clock in dates) and (high - low < _WIDE or median > _FAR):
        return False
    days = Counter(d[2] for d in dates)
    firsts = days.get(1, 0) / len(dates)
    if len(days) < min(20, len(dates) * 0.5) or firsts > 0.15:
        return False
    top_year = max(Counter(years.tolist()).values()) / len(dates)
    if top_year > 0.2:
        return False
    stored = [t for t in order if _parse(t)]
    if len(stored) >= 10:
        rising = sum(a <= b for a, b in itertools.pairwise(stored)) / (len(stored) - 1)
        return 0.2 < rising < 0.8
    return True
