"""Telephone numbers of the world: by libphonenumber where a number says its country, by shape where the
name says phone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_SHAPE = re.compile(
    r"(?:tel[.:]?|phone:?|fax:?|电话[:：]?)?\s*\+?\(?\d[\d\s().\-/·]{4,22}\d(?:\s*(?:x|ext\.?|#|转|分机)\s*\d{1,6})?",
    re.IGNORECASE,
)
_FORMATTED = re.compile(
    r"(?:\+|00)[1-9]\d{0,2}[\s().\-]*\d[\d\s().\-/]{5,16}\d(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?|"
    r"(?:\+?1[\s.\-]?)?(?:\([2-9]\d{2}\)\s?|[2-9]\d{2}[\s.\-])[2-9]\d{2}[\s.\-]\d{4}(?:\s*(?:x|ext\.?|#)\s*\d{1,6})?|"
    r"(?:\(0\d{1,4}\)|0\d{1,4})[\s\-/]\d{2,4}[\s\-]?\d{2,4}[\s\-]?\d{0,4}|0\d{2,3}-\d{7,8}(?:-\d{1,6})?",
    re.IGNORECASE,
)
_TRIED = 40


@dataclass(frozen=True, slots=True)
class Phones:
    """Shares of values that are valid international numbers, wear a telephone's punctuation, or have a
    telephone's length."""

    valid: float
    formatted: float
    shaped: float
    seen: int
    region: str | None


def measure(texts: Sequence[str]) -> Phones:
    """Look at up to 200 distinct values for the shape, and parse the first forty."""
    sample = texts[:200]
    size = len(sample) or 1
    formatted = [t for t in sample if _FORMATTED.fullmatch(t)]
    shaped = sum(_SHAPE.fullmatch(t) is not None and 7 <= sum(c.isdigit() for c in t) <= 20 for t in sample)
    valid, region = 0.0, None
    if formatted:
        regions: Counter[str] = Counter(r for r in (region_of(t) for t in formatted[:_TRIED]) if r)
        tried = min(len(formatted), _TRIED)
        valid = sum(regions.values()) / tried * len(formatted) / size
        region = regions.most_common(1)[0][0] if regions else None
    return Phones(valid, len(formatted) / size, shaped / size, len(sample), region)


def region_of(text: str) -> str | None:
    """Region (ISO 3166 alpha-2) of a number that says its country code, or has North American form; None
    if invalid."""
    import phonenumbers

    stripped = text.strip()
    if stripped.startswith("00"):
        stripped = "+" + stripped[2:]
    try:
        parsed = phonenumbers.parse(stripped, None if stripped.startswith("+") else "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.region_code_for_country_code(parsed.country_code or 0)
