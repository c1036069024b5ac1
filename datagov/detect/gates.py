"""Which cells of a column could hold an identifier that proves itself: marks in the bytes, then one pass of RE2.

A gate lets through too much rather than too little; what passes is looked at closely by ``exhaustive``.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAIL = r"^[A-Za-z0-9_%+-]{1,32}(?:\.[A-Za-z0-9_%+-]{1,15}){0,2}@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,24}$"
"""A cell that is an e-mail address beyond doubt."""
MAIL_INSIDE = (
    r"(?:^|[\s<(\[:;,\"，。：；（])[A-Za-z0-9_%+-]{1,32}(?:\.[A-Za-z0-9_%+-]{1,15}){0,2}"
    r"@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,24}(?:$|[\s>)\]:;,\"，。：；）]|\.(?:\s|$))"
)
"""A cell that holds an e-mail address beyond doubt."""
THING = (
    r"(?i)order|invoice|serial|transaction|txn|tracking|batch|amount|total|timestamp|ref|"
    r"单号|订单|流水|运单|交易|金额|批次|序列|时间戳"
)
"""Words that announce a number of a thing; where one stands, the recognisers decide."""
SEPARATED = (
    r"\b(?:[1-8][0-9]{5}(?:[ -](?:18|19|20)[0-9]{6}[ -]?|(?:18|19|20)[0-9]{6}[ -])[0-9]{3}[0-9Xx]|"
    r"1[3-9][0-9](?:[- ][0-9]{4}[- ]?|[0-9]{4}[- ])[0-9]{4}|(?:00)?86[- ]?1[3-9]|"
    r"[2-68][0-9]{3}[ -][0-9]{4}[ -]?[0-9]{4}|[2-68][0-9]{7}[ -][0-9]{4}|[2-68][0-9]{11}[ -][0-9]|"
    r"(?:62|81)[0-9]{14}[ -][0-9]|3[0-9]{3}(?:[ -][0-9]{6}[ -]?|[0-9]{6}[ -])[0-9]{4}|"
    r"756(?:[. ][0-9]{4}[. ]?[0-9]{4}[. ]?|[0-9]{4}[. ][0-9]{4}[. ]?|[0-9]{8}[. ])[0-9]{2}|"
    r"[0-3][0-9] [0-9]{2} ?[0-9]{3} ?[0-9]{3}|[0-3][0-9]{3} [0-9]{3} ?[0-9]{3}|[0-3][0-9]{6} [0-9]{3}|"
    r"[0-3][0-9]{9} [0-9]{3})"
)
"""Numbers written in groups."""
_WITH_LETTERS = (
    r"\b(?:[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2} ?[A-Za-z0-9]{3}|"
    r"[1-9ANY][1-9A-Z][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}\b|P[0-9]{9}[0-9X]\b|"
    r"(?:bc1|[13])[a-zA-HJ-NP-Z0-9]{25,60}\b|0x[0-9a-fA-F]{40}\b|"
    r"AKIA|ASIA|gh[pousr]_|sk_|xox|AIza|LTAI|AKID|glpat-|SG\.|eyJ)|PRIVATE KEY|pbkdf2"
)
_MAC = r"\b(?:[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})\b"
_PLATE = r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Z]"
ODD = "|".join((SEPARATED, _WITH_LETTERS, _MAC, _PLATE, r"\$[0-9a-z]", r"\{S"))
"""What only the recognisers can judge: numbers in groups, codes with letters, keys, plates."""
_SHORTEST_MAIL, _SHORTEST_NUMBER, _LONGEST_WORD = 6, 11, 61
_FIRST_SIGNS = 4_096


class Bytes:
    """Texts as Arrow lays them out: their bytes one after another, and where each begins."""

    __slots__ = ("offsets", "signs")

    def __init__(self, texts: Any) -> None:
        _, places, data = texts.buffers()
        self.offsets = np.frombuffer(places, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        first, last = int(self.offsets[0]), int(self.offsets[-1])
        self.signs = np.frombuffer(data, np.uint8)[first:last] if last > first else np.zeros(0, np.uint8)
        self.offsets = self.offsets - first

    @property
    def lengths(self) -> Any:
        """Bytes of each text."""
        return self.offsets[1:] - self.offsets[:-1]

    def digits(self) -> Any:
        """How many digits each text has."""
        digit = ((self.signs - np.uint8(ord("0"))) < 10).view(np.uint8)
        filled = self.offsets[:-1] < self.offsets[1:]
        counts = np.zeros(len(filled), dtype=np.int64)
        if filled.any():
            counts[filled] = np.add.reduceat(digit, self.offsets[:-1][filled], dtype=np.uint32)
        return counts


def numbers(laid: Bytes) -> Any:
    """Which texts are nothing but a number: digits, and an X where an identity number has one."""
    lengths = laid.lengths
    missing = lengths - laid.digits()
    good = (missing == 0) & (lengths > 0)
    x = np.flatnonzero((missing == 1) & (lengths == 18))
    good[x] = (laid.signs[laid.offsets[1:][x] - 1] | 32) == ord("x")
    return good


def possible(texts: Any, laid: Bytes) -> Any:
    """Which texts may hold an identifier: one bool per text."""
    pattern = _pattern(laid)
    return matching(texts, pattern) if pattern else np.zeros(len(texts), dtype=bool)


def matching(texts: Any, pattern: str) -> Any:
    """Which texts match an RE2 pattern anywhere: one bool per text."""
    found = pc.call_function("match_substring_regex", [texts], pc.MatchSubstringOptions(pattern))
    return found.to_numpy(zero_copy_only=False).astype(bool)


def chosen(texts: Any, mask: Any) -> Any:
    """The texts where ``mask`` holds."""
    return texts.filter(pa.array(mask))


def _pattern(laid: Bytes) -> str:
    """What to look for, by the signs that occur at all; empty when nothing can be there."""
    signs = laid.signs.tobytes()
    longest = int(laid.lengths.max(initial=0))
    if longest < _SHORTEST_MAIL or _are_long_words(laid):
        return ""
    parts = []
    if b"@" in signs:
        parts.append("@")
    if not signs.isascii():
        parts.append(_PLATE)
    if longest >= _SHORTEST_NUMBER:
        parts += [r"\b[0-9]{11}", SEPARATED]
        if _has_letters(laid.signs):
            parts.append(_WITH_LETTERS)
        parts += [_MAC] * (b":" in signs or b"-" in signs or b"." in signs)
        parts += [r"\$[0-9a-z]"] * (b"$" in signs) + [r"\{S"] * (b"{S" in signs)
    return "|".join(parts)


def _has_letters(signs: Any) -> bool:
    parts = (signs[:_FIRST_SIGNS], signs[_FIRST_SIGNS:])
    return any((((part | 32) - np.uint8(ord("a"))) < 26).any() for part in parts)


def _are_long_words(laid: Bytes) -> bool:
    """Whether every text is one word of letters and digits longer than any identifier, as SHA-256 sums are."""
    if len(laid.lengths) == 0 or int(laid.lengths.min()) <= _LONGEST_WORD:
        return False
    parts = (laid.signs[:_FIRST_SIGNS], laid.signs[_FIRST_SIGNS:])
    return all(bool(_word_signs()[part].all()) for part in parts)


@cache
def _word_signs() -> Any:
    table = np.zeros(256, dtype=bool)
    table[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] = True
    return table
