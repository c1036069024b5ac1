"""Columns of few codes or plain numbers that only mean a person together with their name: gender, age, coordinates, pay."""

from __future__ import annotations

from collections.abc import Sequence

_GENDER_SURE = frozenset({"male", "female", "男", "女", "男性", "女性", "masculino", "femenino", "homme", "femme", "männlich", "weiblich", "мужской", "женский"})
_GENDER = _GENDER_SURE | frozenset(
    {"m", "f", "0", "1", "2", "9", "unknown", "u", "other", "o", "x", "non-binary", "nonbinary", "未知", "其他", "保密", "man", "woman", "boy",
     "girl", "h", "w", "d", "n", "mr", "mrs", "ms", "not specified", "prefer not to say", "diverse", "未说明", "1-男", "2-女", "先生", "女士"}
)  # fmt: skip
MEASURES = {
    "AGE": (0.0, 125.0),
    "INCOME": (0.0, 1e12),
    "ACCOUNT_BALANCE": (-1e14, 1e14),
    "CREDIT_SCORE": (0.0, 1000.0),
    "LATITUDE": (-90.0, 90.0),
    "LONGITUDE": (-180.0, 180.0),
}
"""Entities that are numbers, with the range outside which they are something else."""


def gender(texts: Sequence[str]) -> tuple[float, bool]:
    """Share of distinct values that are gender codes, and whether the codes alone prove it (male and female both there)."""
    folded = {text.casefold().rstrip(".") for text in texts}
    if not folded or len(folded) > 12:
        return 0.0, False
    share = sum(text in _GENDER or text in _GENDER_SURE for text in folded) / len(folded)
    return share, share == 1.0 and len(folded & _GENDER_SURE) >= 2


def within(texts: Sequence[str], entity: str) -> float:
    """Share of distinct values that are numbers in the entity's range; 0 when there is only a yes-or-no of 0 and 1."""
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
