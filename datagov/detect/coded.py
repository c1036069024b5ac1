"""Columns of few codes or plain numbers that only mean a person together with their name: gender, age,
coordinates, pay."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from datagov.detect import wordlists

_GENDERS = 12
_PAIRS = (
    ("herr", "frau"),
    ("mr", "mrs"),
    ("mr", "ms"),
    ("señor", "señora"),
    ("monsieur", "madame"),
    ("mlle", "mme"),
    ("bay", "bayan"),
    ("先生", "小姐"),
    ("先生", "女士"),
    ("w", "d"),
)
"""Two values that only forms of address or codes of gender are, beside others of them."""
_FEW, _MANY_ROWS = 20, 6
_POSITION = re.compile(r"\(?(-?\d{1,2}\.\d{3,15})[,; ] ?(-?\d{1,3}\.\d{3,15})\)?")
_CODES = 60
MEASURES = {
    "AGE": (0.0, 125.0),
    "INCOME": (0.0, 1e12),
    "ACCOUNT_BALANCE": (-1e14, 1e14),
    "CREDIT_SCORE": (0.0, 1000.0),
    "LATITUDE": (-90.0, 90.0),
    "LONGITUDE": (-180.0, 180.0),
}
"""Entities that are numbers, with the range outside which they are something else."""


def told(texts: Sequence[str], weights: Sequence[int]) -> list[str]:
    """The values without those that say nothing is known, and without strays among many rows, such as a header."""
    nothing = wordlists.sections("vocabularies.txt")["nothing known"]
    kept = [(t, w) for t, w in zip(texts, weights, strict=True) if t.casefold() not in nothing][: _CODES + 1]
    if len(kept) <= _FEW and sum(weight for _, weight in kept) >= _MANY_ROWS * len(kept):
        kept = [(text, weight) for text, weight in kept if weight > 1]
    return [text for text, _ in kept]


def positions(texts: Sequence[str]) -> float:
    """Share of values that are a latitude and a longitude with a hundred metres' accuracy or finer."""
    good = 0
    for text in texts:
        match = _POSITION.fullmatch(text)
        good += match is not None and abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180
    return good / max(len(texts), 1)


def gender(texts: Sequence[str]) -> tuple[float, bool]:
    """Share of distinct values that are gender codes, and whether the codes alone prove it (male and
    female both there)."""
    folded = _few((text.casefold().rstrip(".").replace(" ", "-") for text in texts), _GENDERS)
    if not folded:
        return 0.0, False
    codes = wordlists.sections("genders.txt")
    share = sum(text in codes["sure"] or text in codes["code"] for text in folded) / len(folded)
    alone = any(folded >= {a, b} for a, b in _PAIRS) and share == 1.0
    return share, share == 1.0 and (
        alone or len(folded & codes["sure"]) >= 2 or (len(folded & codes["sure"]) == 1 and 2 <= len(folded) <= 4)
    )


def vocabulary(texts: Sequence[str]) -> str | None:
    """The entity whose closed vocabulary holds every distinct value, two of them such as prove it; None when none does.

    >>> vocabulary(["已婚", "未婚", "离异"]), vocabulary(["single", "album"])
    ('MARITAL_STATUS', None)
    """
    folded = _few((text.casefold().replace(" ", "_") for text in texts), _CODES)
    if len(folded) < 2:
        return None
    lists = wordlists.sections("vocabularies.txt")
    for entity in (name for name in lists if " " not in name):
        if folded <= lists[entity] and len(folded & lists[f"{entity} proof"]) >= 2:
            return entity
    return None


def _few(texts: Iterable[str], most: int) -> set[str]:
    """The distinct texts; none when there are more than ``most``."""
    found: set[str] = set()
    for text in texts:
        found.add(text)
        if len(found) > most:
            return set()
    return found


def within(texts: Sequence[str], entity: str) -> float:
    """Share of distinct values that are numbers in the entity's range; 0 when there is only a yes-or-no of
    0 and 1."""
    low, high = MEASURES[entity]
    numbers = 0
    for text in texts:
        try:
            number = float(text.replace(",", "").lstrip("$€£¥￥ "))
        except ValueError:
            continue
        numbers += low <= number <= high and (entity != "AGE" or number == int(number))
    if {*texts} <= {"0", "1"}:
        return 0.0
    return numbers / max(len(texts), 1)
