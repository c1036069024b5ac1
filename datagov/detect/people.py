"""Names of persons: Chinese by family name and characters, others by word lists and shape; each value is a hit, a shape, or neither."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,8}[·•‧・][\u3400-\u9fff]{1,8}")
_SHAPE = re.compile(r"[^\W\d_][^\W\d_.'’`-]*(?:[\s,.'’·•‧・-]+[^\W\d_][^\W\d_.'’`]*){0,6}\.?")
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir|madam|herr|frau|dott|sig|sra?|mme|mlle|ing|dipl|univ|rev|hon)\.?\s+)+|"
    r"[\s,]+(?:jr|sr|phd|ph\.d|md|m\.d|dds|dvm|esq|ii|iii|iv|v|b\.?(?:sc|a|eng)\.?|m\.?(?:sc|a|eng)\.?|mba|cpa|ret)\.?$",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    r"(?i)\b(?:inc|llc|ltd|limited|corp|corporation|co|company|group|gmbh|ag|kg|plc|sa|sarl|srl|spa|bv|nv|oy|ab|as|and|sons|bank|"
    r"university|school|college|institute|hospital|hotel|restaurant|street|road|avenue|the|of|for|with|from|to|in|on|my|your|is|"
    r"are|not|all|new|best|love|live|feat|vs|store|shop|service|services|systems|solutions|team|club|association|music)\b|[&/+@#!?()\[\]:;\"]"
)
_PARTICLES = frozenset(
    "van von der den de del della di da dos das du la le el al bin ibn ben bint abu y e zu zur af av ter ten te i st mac mc o".split()
)
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]{2,4}")
_KOREAN_FAMILY = frozenset("김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용")


@dataclass(frozen=True, slots=True)
class People:
    """How far a column looks like persons' names.

    ``hits``    share of values that are a known name;  ``shaped`` share that could be one;  ``full`` share of values that are a
    given and a family name;  ``script`` "han", "latin" or "mixed";  ``seen`` values looked at.
    """

    hits: float
    shaped: float
    full: float
    script: str
    seen: int


def measure(texts: Sequence[str]) -> People:
    """Look at up to 300 distinct values."""
    sample = texts[:300]
    if not sample:
        return People(0.0, 0.0, 0.0, "mixed", 0)
    hits = shaped = full = han = 0
    for text in sample:
        if _HAN_NAME.fullmatch(text):
            han += 1
            shaped += 1
            good = is_han_name(text)
            hits += good
            full += good
            continue
        kind = _latin(text)
        shaped += kind > 0
        hits += kind > 1
        full += kind > 2
    size = len(sample)
    script = "han" if han / size > 0.6 else "latin" if han / size < 0.2 else "mixed"
    return People(hits / size, shaped / size, full / size, script, size)


def is_han_name(text: str) -> bool:
    """Family name, then characters usual in given names; or a minority name with its dot.

    >>> is_han_name("欧阳建国"), is_han_name("石家庄市")
    (True, False)
    """
    lists = _han()
    if "·" in text or "•" in text or "・" in text or "‧" in text:
        return text[-1] not in lists["thing"]
    if text in _places():
        return False
    compound = text[:2] in lists["compound"] and len(text) in (3, 4)
    given = text[2:] if compound else text[1:]
    if not compound and (text[0] not in lists["family"] or len(text) > 3):
        return False
    if text[-1] in lists["thing"] and text[-1] not in lists["given"]:
        return False
    return all(c in lists["given"] for c in given)


def _latin(text: str) -> int:
    """0 no name; 1 shaped like one; 2 one known word; 3 given and family name known."""
    if len(text) > 60 or _BUSINESS.search(text) or any(c.isdigit() for c in text):
        return 0
    bare = _TITLES.sub("", text).strip()
    if _HANGUL.fullmatch(bare):
        return 3 if bare[0] in _KOREAN_FAMILY else 1
    if not _SHAPE.fullmatch(bare) or not (bare[:1].isupper() or bare.islower() or not bare.isascii() or bare.isupper()):
        return 0
    words = [w for w in re.split(r"[\s,.'’`·•‧・-]+", bare) if w]
    named = [w for w in words if fold(w) not in _PARTICLES] or words
    if len(words) > 6 or not named:
        return 0
    lower_words = sum(w.islower() and fold(w) not in _PARTICLES for w in words)
    if lower_words and not bare.islower():
        return 0
    given, family = _given(), _family()
    known = [fold(w) in given or fold(w) in family for w in named if len(w) > 1]
    if len(named) == 1:
        return 2 if known and known[0] else 1
    first, last = fold(named[0]), fold(named[-1])
    ordered = (first in given and last in family) or (first in family and last in given)
    initial = len(named[0]) == 1 and last in family
    if ordered or initial:
        return 3
    return 2 if known and sum(known) / len(known) >= 0.5 else 1


@cache
def fold(word: str) -> str:
    """Lower case, accents off, so that José and jose are one name."""
    word = word.casefold()
    if word.isascii():
        return word
    word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return word.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("đ", "d").replace("æ", "ae")


@cache
def _given() -> frozenset[str]:
    return _words("given_names.txt")


@cache
def _family() -> frozenset[str]:
    return _words("surnames.txt")


def _words(file: str) -> frozenset[str]:
    lines = files("datagov.detect").joinpath(file).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _han() -> Mapping[str, frozenset[str]]:
    lists: dict[str, frozenset[str]] = {}
    section = ""
    for line in files("datagov.detect").joinpath("han_names.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            lists[section] = frozenset(line.split() if section == "compound" else line)
    return lists


@cache
def _places() -> frozenset[str]:
    from datagov.detect.places import PROVINCES, WELL_KNOWN_CITIES

    return PROVINCES | WELL_KNOWN_CITIES
