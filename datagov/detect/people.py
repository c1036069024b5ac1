"""Names of persons: Chinese by family name and characters, others by word lists and shape; each value is a
hit, a shape, or neither."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from datagov.detect import wordlists

_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}|[\u3400-\u9fff]{1,8}[·•‧・][\u3400-\u9fff]{1,8}")
_SHAPE = re.compile(r"[^\W\d_][^\W\d_.'’`-]*(?:[\s,.'’·•‧・-]+[^\W\d_][^\W\d_.'’`]*){0,6}\.?")
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|dr|prof|sir|madam|herr|frau|dott|sig|sra?|mme|mlle|ing|dipl|univ|rev|hon)\.?\s+)+|"
    r"[\s,]+(?:jr|sr|phd|ph\.d|md|m\.d|dds|dvm|esq|ii|iii|iv|v|b\.?(?:sc|a|eng)\.?|m\.?(?:sc|a|eng)\.?|mba|cpa|ret)\.?$",
    re.IGNORECASE,
)
_BUSINESS = re.compile(
    rf"(?i)\b(?:{'|'.join(sorted(wordlists.sections('name_words.txt')['not a name']))})\b|[&/+@#!?()\[\]:;\"]"
)
_PARTICLES = wordlists.sections("name_words.txt")["particle"]
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]{2,4}")
_KOREAN_FAMILY = wordlists.characters("name_words.txt", "korean family")
_LISTS = "han_names.txt"


@dataclass(frozen=True, slots=True)
class People:
    """How far a column looks like persons' names.

    ``hits``    share of values that are a known name;  ``shaped`` share that could be one;  ``full`` share
    of values that are a
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
    if "·" in text or "•" in text or "・" in text or "‧" in text:
        return text[-1] not in wordlists.characters(_LISTS, "thing")
    places = wordlists.sections("places.txt")
    if text in places["province"] or text in places["city"]:
        return False
    compound = text[:2] in wordlists.sections(_LISTS)["compound"] and len(text) in (3, 4)
    given = text[2:] if compound else text[1:]
    if not compound and (text[0] not in wordlists.characters(_LISTS, "family") or len(text) > 3):
        return False
    if text[-1] in wordlists.characters(_LISTS, "thing") and text[-1] not in wordlists.characters(
        _LISTS, "given"
    ):
        return False
    return all(c in wordlists.characters(_LISTS, "given") for c in given)


def _latin(text: str) -> int:
    """0 no name; 1 shaped like one; 2 one known word; 3 given and family name known."""
    if len(text) > 60 or _BUSINESS.search(text) or any(c.isdigit() for c in text):
        return 0
    bare = _TITLES.sub("", text).strip()
    if _HANGUL.fullmatch(bare):
        return 3 if bare[0] in _KOREAN_FAMILY else 1
    if not _SHAPE.fullmatch(bare) or not (
        bare[:1].isupper() or bare.islower() or not bare.isascii() or bare.isupper()
    ):
        return 0
    words = [w for w in re.split(r"[\s,.'’`·•‧・-]+", bare) if w]
    named = [w for w in words if fold(w) not in _PARTICLES] or words
    if len(words) > 6 or not named:
        return 0
    lower_words = sum(w.islower() and fold(w) not in _PARTICLES for w in words)
    if lower_words and not bare.islower():
        return 0
    given, family = wordlists.words("given_names.txt"), wordlists.words("surnames.txt")
    common = wordlists.words("name_homonyms.txt")
    parts = [fold(w) for w in named]
    proof = [w not in common and (w in given or w in family) for w in parts]
    if len(parts) == 1:
        return 2 if proof[0] else 1
    first, last = parts[0], parts[-1]
    ordered = (first in given and last in family) or (first in family and last in given)
    initial = len(first) == 1 and last in family
    if (ordered or initial) and any(proof):
        return 3
    return 2 if sum(proof) / len(proof) >= 0.5 else 1


def fold(word: str) -> str:
    """Lower case, accents off, so that José and jose are one name."""
    word = word.casefold()
    if word.isascii():
        return word
    word = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
    return word.replace("ß", "ss").replace("ø", "o").replace("ł", "l").replace("đ", "d").replace("æ", "ae")
