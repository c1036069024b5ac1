"""Telephone numbers of the world: by plus sign, punctuation, and validity in the column's own region."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from datagov.detect import articles, wordlists

_EXTENSION = r"(?:;?\s*(?:x|ext\.?|ext=|extension|#|转|分机|доб\.?|,)\s*\d{1,6})?"
_SHAPE = re.compile(
    rf"(?:(?:tel|phone|fax|mob|cell|电话|手机)[.:：]?\s*)?\(?\+?\(?\d[\d\s().\-/·]{{4,24}}\d{_EXTENSION}",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(rf"\(?(?:\+|00)[\s(]*[1-9][\d\s().\-/·]{{6,22}}\d{_EXTENSION}", re.IGNORECASE)
_NORTH_AMERICAN = re.compile(
    rf"(?:\+?1[\s.\-]?)?(?:\([2-9]\d{{2}}\)\s?|[2-9]\d{{2}}[\s.\-/])[2-9]?\d{{2,3}}[\s.\-]\d{{4}}{_EXTENSION}",
    re.IGNORECASE,
)
_TRUNK = re.compile(
    rf"\(0\d{{1,4}}\)[\d\s\-/.]{{5,12}}|[08][\s(\-/.]*\d[\d\s().\-/·]{{6,14}}\d{_EXTENSION}", re.IGNORECASE
)
_REGIONS = tuple(sorted(wordlists.sections("places.txt")["telephone region"]))
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T]\d{1,2}.*)?")
_TAIL = re.compile(_EXTENSION + r"$", re.IGNORECASE)
_TRIED = 24
_SAMPLE = 120


@dataclass(frozen=True, slots=True)
class Phones:
    """Shares of values: with a plus sign, with a telephone's punctuation, of a telephone's shape and
    length; the share
    that is valid in the column's own region; how many different layouts the values have."""

    plus: float
    formatted: float
    shaped: float
    valid: float
    layouts: int
    seen: int
    region: str | None


def measure(texts: Sequence[str]) -> Phones:
    """Look at up to 120 distinct values, and parse two dozen of them where their shape gives reason to."""
    sample = texts[:_SAMPLE]
    size = len(sample) or 1
    shaped = [t for t in sample if _SHAPE.fullmatch(t) and 7 <= sum(c.isdigit() for c in t) <= 18]
    plus = sum(_INTERNATIONAL.fullmatch(t) is not None for t in shaped) / size
    formatted = [t for t in shaped if _punctuated(t)]
    layouts = len({re.sub(r"\d", "9", t) for t in shaped})
    valid, region = 0.0, None
    if len(shaped) / size >= 0.8 and (len(formatted) / size >= 0.5 or _leading_zero(shaped)):
        region, share = _own_region(shaped[:_TRIED])
        valid = share * len(shaped) / size
    return Phones(plus, len(formatted) / size, len(shaped) / size, valid, layouts, len(sample), region)


def score(text: str, *, whole: bool, announced: bool) -> float:
    """What one candidate in a text is worth as a telephone number: 0, or .3 to .95.

    ``whole``: it is the entire text; ``announced``: a word before it says telephone.
    """
    digits = sum(c.isdigit() for c in _TAIL.sub("", text))
    if "+" in text and _INTERNATIONAL.fullmatch(text) and digits <= 18:
        return 0.95 if _region(re.sub(_TAIL, "", text)) or announced else 0.6
    if _is_version(text):
        return 0.0
    if announced and 3 <= digits <= 15 and not _DATE.fullmatch(text):
        return 0.8 if digits >= 5 else 0.0
    if not 7 <= digits <= 18 or _DATE.fullmatch(text) or articles.is_decimal(text) or articles.is_book(text):
        return 0.0
    number = _TAIL.sub("", text)
    if _NORTH_AMERICAN.fullmatch(text) and _is_valid(number, "US"):
        return 0.7
    if not (whole or text.startswith("(0")):
        return 0.0
    if text.isdigit():
        return _of_plain_digits(text)
    if any(_is_valid(number, region) for region in _official().get(_layout(number), ())):
        return 0.6
    if number[0] == "8" and number[1].isdigit():
        return 0.0
    return 0.6 if _TRUNK.fullmatch(text) and _own_region([number])[1] else 0.0


def _is_version(text: str) -> bool:
    """``31.0.863.0``: dotted groups of which one is a single digit, as no telephone's are behind the first."""
    first, *groups = text.strip().split(".")
    return len(groups) > 1 and all(part.isdigit() for part in (first, *groups)) and min(map(len, groups)) == 1


def _of_plain_digits(digits: str) -> float:
    """Plain digits that begin with a trunk zero, as no amount or count does, are a number in some region."""
    trunk = digits[0] == "0" and digits[1] != "0" and len(digits) in (10, 11)
    if trunk and not articles.is_barcode(digits) and _own_region([digits])[1]:
        return 0.55
    return 0.3 if len(digits) == 10 and _is_valid(digits, "US") else 0.0


def _layout(text: str) -> str:
    return re.sub(r"\d", "9", text.strip())


@cache
def _official() -> Mapping[str, frozenset[str]]:
    """Layout of a number as its country writes it (9 for a digit) → the regions that write theirs so.

    Two short groups with a hyphen are left out: articles, terms and scores are written so too.
    """
    import phonenumbers

    found: defaultdict[str, set[str]] = defaultdict(set)
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                layout = _layout(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL))
                if not layout.isdigit() and re.fullmatch(r"\d{1,4}-\d{1,4}", layout) is None:
                    found[layout].add(region)
    return {layout: frozenset(regions) for layout, regions in found.items()}


def _is_valid(text: str, region: str) -> bool:
    import phonenumbers

    with suppress(phonenumbers.NumberParseException):
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(text, region)))
    return False


def _punctuated(text: str) -> bool:
    """Whether the signs between the digits are a telephone's; plain digits are not punctuated."""
    if text.isdigit():
        return False
    return any(p.fullmatch(text) is not None for p in (_INTERNATIONAL, _NORTH_AMERICAN, _TRUNK))


def _leading_zero(texts: Sequence[str]) -> bool:
    return sum(t.startswith("0") for t in texts) / len(texts) >= 0.6


def _own_region(texts: Sequence[str]) -> tuple[str | None, float]:
    """The region in which most of the numbers are valid, and their share."""
    import phonenumbers

    known: Counter[str] = Counter()
    local: list[str] = []
    for text in texts:
        text = re.sub(r"^\(?00", "+", text.strip()).replace("(+", "+").replace("+(", "+")
        if text.startswith("+"):
            region = _region(text)
            known[region or "?"] += 1
        else:
            local.append(text)
    if known and len(known - Counter({"?": len(texts)})) and len(local) < len(texts) / 2:
        region, _ = max(((r, n) for r, n in known.items() if r != "?"), key=lambda pair: pair[1], default=(None, 0))
        candidates: tuple[str, ...] = (region,) if region else ()
    else:
        candidates = _REGIONS
    best: tuple[str | None, float] = (None, 0.0)
    good_known = sum(n for r, n in known.items() if r != "?")
    for region in candidates:
        good = good_known
        for tried, text in enumerate(local, start=1):
            with suppress(phonenumbers.NumberParseException):
                good += phonenumbers.is_valid_number(phonenumbers.parse(text, region))
            if tried == 5 and good - good_known < 3:
                break
        if good / len(texts) > best[1]:
            best = (region, good / len(texts))
    if not local and known:
        best = (max(known, key=lambda r: known[r]), good_known / len(texts))
    return best


def _region(text: str) -> str | None:
    """Region (ISO 3166 alpha-2) of a number that says its country code; None when its length is
    impossible."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.region_code_for_country_code(parsed.country_code or 0)
