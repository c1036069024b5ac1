"""Postal addresses and their parts: Chinese by the order of administrative levels, others by number and
street word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import re2

from datagov.detect import wordlists
from datagov.detect.lexicon import plain
from datagov.detect.patterns import options

_HAN_LEVELS = re.compile(
    "省|自治区|特别行政区|市|州|盟|区|县|旗|镇|乡|街道|村|路|街|大道|巷|弄|胡同|号|栋|幢|座|室|单元|楼|层|小区|花园|大厦|广场|"
    "园区|社区|组|屯|苑|公寓"
)
_HAN_FINE = re.compile("路|街|大道|巷|弄|胡同|号|栋|幢|座|室|单元|小区|花园|大厦|村|镇|乡|公寓")
_HAN_COMPANY = re.compile("(?:公司|有限|支行|分行|大学|医院|中学|小学|集团|委员会|法院|公安局|派出所)$")
_WORDS, _ENDINGS = (
    "|".join(sorted(wordlists.sections("streets.txt")[part], key=len, reverse=True)) for part in ("word", "ending")
)
_STREET = re2.compile(
    rf"(?i)(?:^|[^\p{{L}}\d])(?:{_WORDS}|p\.?\s?o\.?\s?box)(?:$|[^\p{{L}}\d])|"
    rf"\p{{L}}{{3,}}(?:{_ENDINGS})(?:$|[^\p{{L}}\d])",
    options(),
)
_HAN = re.compile(r"[\u3400-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_BLOCK = re.compile("丁目|番地|番|号|の")
_STEM = re.compile("|".join(wordlists.sections("streets.txt")["stem"]))
_JAPANESE = re.compile(r"[都道府県市区町村郡].*\d")
_KOREAN = re.compile(r"[시도군구읍면].*[로길가동리대]\s?\d")
_HOUSE_NUMBER = r"\d{1,5} ?[A-Za-z]?(?:[-/]\d{1,4}[A-Za-z]?)?"
_HOUSE = re.compile(rf"(?:^\W*{_HOUSE_NUMBER}[ ,].*[^\W\d_]{{3}})|(?:[^\W\d_]{{3}}.*[ ,]{_HOUSE_NUMBER}\W*$)")
_NUMBERED = re.compile(
    r"(\d{1,5}[a-zA-Z]?),? (?:(?:[^\W\d_a-z][^\W\d_]*|d[eu]?|de[lrns]|l|la|les?|von|van|di)[ .'’-]{0,2}){2,6}"
)
_HOUSED = re.compile(
    r"(?P<street>(?:\d{1,2}\. )?[^\W\d_]+\.?(?:[ .'’-]{1,2}[^\W\d_]+\.?){0,5}),? #?(?P<house>\d{1,4}) ?[A-Za-z]?"
    r"(?: ?[/-] ?\d{1,4} ?[A-Za-z]?)?(?P<place>,? \d{4,6} [^\W\d_][^\d]{2,40})?"
)
"""A street without a word for it, and a house number: Rolnicza 53; then perhaps postcode and place."""
_DIGITS = re.compile(r"\d+")
_FOREIGN = re.compile(r"[\u00c0-\u1fff]")
_NUMBER = re.compile(r"\d|\bs/n\b")
_POSTCODE = re.compile(
    r"[A-Za-z]{0,2}[- ]?\d[A-Za-z0-9][A-Za-z0-9 -]{1,8}|\d{3,5}|[A-Za-z]{1,2}\d[A-Za-z0-9]? ?\d[A-Za-z]{2}"
)
_LINES = re.compile(r"\s*(?:\\n|\n|\r)+\s*")
_SAMPLE, _STREETS, _SHORTEST_STREET = 200, 10, 3
_PART = re.compile(r"[^\W\d_][\w .,'’()/&-]{0,59}")


@dataclass(frozen=True, slots=True)
class Places:
    """Shares of values that are an address, are laid out as one (a house number first or last, or parts
    between
    commas), in parts of which two have digits, begin with one of many house numbers before names, end with one
    behind many names, or laid out with letters beyond ASCII, could be one, or could be a part of one
    (city, region, postcode, country)."""

    addresses: float
    laid_out: float
    in_parts: float
    numbered: float
    housed: float
    foreign: float
    shaped: float
    parts: float
    seen: int


def measure(texts: Sequence[str]) -> Places:
    """Look at up to 200 distinct values."""
    sample = [_on_one_line(text) for text in texts[:_SAMPLE]]
    size = len(sample) or 1
    hits = [is_address(text) for text in sample]
    return Places(
        addresses=sum(hits) / size,
        laid_out=sum(_laid_out(text) for text in sample) / size,
        in_parts=sum(_in_parts(text) for text in sample) / size,
        numbered=_numbered(sample),
        housed=_housed(sample),
        foreign=sum(_FOREIGN.search(text) is not None for text in sample) / size,
        shaped=sum(hit or _could_be(text) for hit, text in zip(hits, sample, strict=True)) / size,
        parts=sum(bool(_PART.fullmatch(plain(text)) or _POSTCODE.fullmatch(text)) for text in sample) / size,
        seen=len(sample),
    )


def is_address(text: str) -> bool:
    """Whether a text reads as a postal address down to the street, village or building.

    >>> is_address("广东省深圳市南山区科技路12号"), is_address("深圳市")
    (True, False)
    >>> is_address("12 Example Parkway")
    True
    """
    if len(text) < 6 or len(text) > 300:
        return False
    numbered = _NUMBER.search(text) is not None
    if not text.isascii():
        if numbered and _STEM.search(text) and not (_HAN.search(text) and not _HAN.search(_BLOCK.sub("", text))):
            return True
        if _HAN.search(text):
            return _is_han_address(text)
        if _HANGUL.search(text):
            return bool(_KOREAN.search(text))
    return (
        numbered
        and "@" not in text
        and (" " in text or not text.isascii())
        and sum(map(str.isalpha, text)) >= 4
        and bool(_STREET.search(text))
    )


def _is_han_address(text: str) -> bool:
    if _HAN_COMPANY.search(text):
        return False
    if not _HAN.search(_BLOCK.sub("", text)):
        return False
    levels = set(_HAN_LEVELS.findall(text))
    fine = bool(_HAN_FINE.search(text))
    return (len(levels) >= 2 and fine) or bool(_JAPANESE.search(text)) or (fine and bool(_NUMBER.search(text)))


def _laid_out(text: str) -> bool:
    if len(text) < 6 or "@" in text or "://" in text or not _NUMBER.search(text):
        return False
    parts = [part for part in text.split(",") if part.strip()]
    if len(parts) >= 2 and sum(map(str.isalpha, text)) >= 6:
        return True
    return bool(_HOUSE.search(parts[0] if parts else text))


def _in_parts(text: str) -> bool:
    """A street and number, then a postcode and place: two groups of digits around a comma, and words."""
    parts = [part for part in text.split(",") if part.strip()]
    return 2 <= len(parts) <= 6 and len(_DIGITS.findall(text)) >= 2 and sum(map(str.isalpha, text)) >= 8


def _numbered(texts: Sequence[str]) -> float:
    """Share of texts that begin with a number before two or more names; 0 when few numbers come again and
    again, or all are of one length, as codes are."""
    found = [match[1] for text in texts if (match := _NUMBERED.fullmatch(text))]
    lengths = {len(number) for number in found}
    return len(found) / max(len(texts), 1) if len(set(found)) >= 0.5 * len(texts) and len(lengths) > 1 else 0.0


def _housed(texts: Sequence[str]) -> float:
    """Share of texts that are names and a house number; 0 when names or numbers are few, as of models and rooms."""
    if sum(_NUMBER.search(text) is not None for text in texts[:_STREETS]) < 0.7 * len(texts[:_STREETS]):
        return 0.0
    found = [
        match for text in texts if (match := _HOUSED.fullmatch(_without_signs(text))) and _is_word(match["street"])
    ]
    streets, houses = {match["street"] for match in found}, {match["house"] for match in found}
    many = len(streets) >= max(_STREETS, 0.1 * len(found)) and len(houses) >= 0.3 * len(found)
    return len(found) / max(len(texts), 1) if many else 0.0


def _is_word(street: str) -> bool:
    """Not the letters of a licence plate or a flight."""
    return not street.isupper() and max(map(len, re.split(r"\W+", street))) >= _SHORTEST_STREET


def _without_signs(text: str) -> str:
    """Without the vowel signs that are characters of their own, as in Bengali."""
    return text if text.isascii() else "".join(c for c in text if not unicodedata.category(c).startswith("M"))


def _on_one_line(text: str) -> str:
    """An address of several lines, also where the ends of lines are written ``\\n``, as in many an export."""
    return _LINES.sub(", ", text).strip() if "\n" in text or "\\n" in text else text


def has_street(text: str) -> bool:
    """Whether a word of streets is in a text without a number, as in the name of a street."""
    return bool(_STREET.search(text) or _STEM.search(text))


def _could_be(text: str) -> bool:
    if not 4 <= len(text) <= 300 or "@" in text or "://" in text:
        return False
    if not text.isascii() and _HAN.search(text):
        return bool(_HAN_LEVELS.search(text)) or text[:2] in wordlists.sections("places.txt")["province"]
    return (" " in text or _NUMBER.search(text) is not None) and sum(map(str.isalpha, text)) >= 4
