"""Telephone numbers without a country's sign: by layouts nothing else has, and plans chance does not meet."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from datagov.detect import articles, wordlists

_BRACKETED = re.compile(
    r"(?:\+?\d{1,3}[ -]?)?\(0?\d{1,4}\)[ -]?\d{2,5}(?:[ -]?\d{2,5}){1,3}(?:\s*(?:x|ext\.?)\s*\d{1,6})?", re.IGNORECASE
)
_EXTENDED = re.compile(r"\(?\d[\d ().-]{6,18}\d\s*(?:x|ext\.?|poste|转)\s*\d{1,6}", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,5}(?:[ ./-]\d{1,6}){1,5}|0\d{6,12}")
_ABROAD = re.compile(r"[1-9]\d{9,14}")
_REGIONS = tuple(sorted(wordlists.sections("places.txt")["telephone region"]))
_TRUNK = re.compile(r"0\d{1,5}(?:[ ./-]{1,3}\d{2,8}){1,4}|\(0\d{1,5}\)[ ./-]?\d{2,8}(?:[ ./-]\d{2,8}){0,3}")
_PLAIN_TRUNK = re.compile(r"0[1-9]\d{7,9}")
_PAIRS = re.compile(r"\d\d(?:([ .-])\d\d)(?:\1\d\d){2,3}")
_POLISH = re.compile(r"\d\d-\d{3}-\d\d-\d\d")
_DIGIT = re.compile(r"\d")
_LAYOUTS, _NEARLY = 3, 5
_TRIED, _FIRST, _NEEDED = 24, 5, 10
_SHARE, _HEADS, _MANY_HEADS = 0.95, 4, 10


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbering plan that numbers meet and their digits shuffled at random do not: ``share`` and ``chance``."""

    region: str
    share: float
    chance: float


def bracketed(texts: Sequence[str]) -> float:
    """Share of texts with an area code in brackets: (212) 555-0147, (11) 91234-5678."""
    return sum(_BRACKETED.fullmatch(text) is not None for text in texts) / max(len(texts), 1)


def extended(texts: Sequence[str]) -> float:
    """Share of texts that end in an extension: 945.359.8325 x212."""
    return sum(_EXTENDED.fullmatch(text) is not None for text in texts) / max(len(texts), 1)


def as_dialled(texts: Sequence[str]) -> float:
    """Log-odds of numbers in groups as telephones are written.

    They have a trunk zero, are written as Polish landlines or in pairs of digits, or in three layouts or more of nearly
    one length."""
    size = len(texts)
    if size < _NEEDED or _heads(texts) < _HEADS:
        return 0.0
    digits = [sum(map(str.isdigit, text)) for text in texts]
    trunk = [n for text, n in zip(texts, digits, strict=True) if _TRUNK.fullmatch(text)]
    if len(trunk) >= 0.9 * size and sum(9 <= n <= 11 for n in trunk) >= 0.8 * size:
        return 6.0
    if len(trunk) >= 0.2 * size and len(trunk) + _with_trunk_zero(texts) >= 0.95 * size and _nearly_one_length(digits):
        return 6.0
    if _with_trunk_zero(texts) >= 0.98 * size and len(set(digits)) > 1 and _heads(texts) >= _MANY_HEADS:
        return 5.0
    if _in_pairs(texts) >= 0.95 * size and _heads(texts) >= _MANY_HEADS:
        return 5.0
    if sum(_POLISH.fullmatch(text) is not None for text in texts) >= 0.95 * size:
        return 5.5
    layouts = Counter(_DIGIT.sub("9", text) for text in texts)
    usual = [layout for layout, count in layouts.items() if count >= 0.05 * size]
    grouped = sum(not text.isdigit() for text in texts)
    even = sum(7 <= n <= 13 for n in digits) >= 0.95 * size and max(digits) - min(digits) <= _NEARLY
    books = sum(map(articles.is_book, texts)) + sum(text.startswith(("978", "979")) for text in texts)
    if len(usual) >= _LAYOUTS and grouped >= 0.4 * size and even and books <= 0.2 * size and _may_be_dialled(usual):
        return 5.5
    return 0.0


def _with_trunk_zero(texts: Sequence[str]) -> int:
    """How many are nine to eleven plain digits behind one zero; padded numbers have several zeros."""
    return sum(_PLAIN_TRUNK.fullmatch(text) is not None for text in texts)


def _nearly_one_length(digits: Sequence[int]) -> bool:
    return sum(9 <= count <= 11 for count in digits) >= 0.95 * len(digits)


def _in_pairs(texts: Sequence[str]) -> int:
    """How many are four or five pairs of digits; 0 when no pair is beyond sixty, as in times and draws."""
    found = [text for text in texts if _PAIRS.fullmatch(text)]
    beyond = sum(text[-2:] > "60" for text in found) >= 0.1 * len(found)
    return len(found) if beyond and any(text[:2] > "60" for text in found) else 0


def _may_be_dialled(layouts: Sequence[str]) -> bool:
    """Whether no layout is an address of the internet, a decimal or a Czech birth number.

    No group may have more than ten digits, unless others write as many in groups."""
    grouped = {layout.count("9") for layout in layouts if not layout.isdigit()}
    return not any(
        re.fullmatch(r"9{1,3}(?:\.9{1,3}){3}|9+[.,]9{1,2}|9{6}/9{3,4}", layout)
        or ("9" * 11 in layout and not (layout.isdigit() and len(layout) in grouped))
        for layout in layouts
    )


def plan(texts: Sequence[str]) -> Plan | None:
    """The plan of grouped numbers, or the world's for plain ones with a
    country code; None when no plan holds for nearly all of them.

    A plan counts only against what chance gives: the same layouts filled with random digits are tried too, since some
    plans take almost any number of their length.
    """
    plain = [f"+{text}" for text in texts if _ABROAD.fullmatch(text)][:_TRIED]
    grouped = [text for text in texts if _GROUPED.fullmatch(text) and 7 <= sum(map(str.isdigit, text)) <= 13][:_TRIED]
    sample, regions = (plain, ("001",)) if len(plain) > len(grouped) else (grouped, _REGIONS)
    if len(sample) < max(_NEEDED, _SHARE * min(len(texts), _TRIED)) or _heads(sample) < _HEADS:
        return None
    chance = random.Random(len(sample))  # noqa: S311 - the same numbers must give the same answer
    mixed = ["".join(chance.choice("0123456789") if c in "123456789" else c for c in text) for text in sample]
    best: Plan | None = None
    for region in regions:
        if _valid(sample[:_FIRST], region) < 0.8:
            continue
        share = _valid(sample, region)
        if share >= _SHARE:
            found = Plan(region, share, _valid(mixed, region))
            best = found if best is None or found.chance < best.chance else best
    return best


def _heads(texts: Sequence[str]) -> int:
    """How many beginnings the numbers have: a single one fits a plan or not for all of them, by chance."""
    return len({"".join(c for c in text if c.isdigit())[:4] for text in texts})


def _valid(texts: Sequence[str], region: str) -> float:
    import phonenumbers

    valid = 0
    for text in texts:
        with suppress(phonenumbers.NumberParseException):
            valid += phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    return valid / len(texts)
