"""Validators of mainland China, Hong Kong and Taiwan: text → whether it can be real. None raises."""

from __future__ import annotations

import datetime
import re

from datagov.detect import wordlists

_SEPARATORS = re.compile(r"[\s\-./]+")
_PROVINCES = wordlists.sections("places.txt")["province code"]
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_OLDEST_BIRTH, _LATEST_BIRTH = 1870, 2100


def mainland_id(text: str) -> bool:
    """Resident identity number, 18 places: province, calendar date, check character (GB 11643-1999, ISO
    7064 MOD 11-2).

    Residence permits of Hong Kong, Macau and Taiwan people begin with 81, 82, 83 and follow the same rule.

    >>> mainland_id("11010519491231002X"), mainland_id("110105194912310021")
    (True, False)
    """
    text = _bare(text)
    if len(text) != 18 or not (text[:17].isascii() and text[:17].isdecimal()) or text[:2] not in _PROVINCES:
        return False
    if not _is_date(text[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(text, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == text[17]


def mainland_id_shape(text: str) -> bool:
    """The same without the check character: what a fabricated or masked test set holds."""
    text = _bare(text)
    return len(text) == 18 and text[:17].isdecimal() and text[:2] in _PROVINCES and _is_date(text[6:14])


def mainland_id_15(text: str) -> bool:
    """Identity number of the first generation, 15 digits: province and calendar date, no check digit."""
    text = _bare(text)
    return len(text) == 15 and text.isdecimal() and text[:2] in _PROVINCES and _is_date("19" + text[6:12])


def uscc(text: str) -> bool:
    """Unified social credit code (GB 32100-2015), with the organisation code inside it (GB 11714-1997)
    checked too.

    >>> uscc("91350100M000100Y43")
    True
    """
    text = _bare(text)
    if len(text) != 18 or any(c not in _USCC_ALPHABET for c in text) or text[0] not in "159AFGNY":
        return False
    if not text[2:8].isdecimal() or text[2:4] not in _PROVINCES | {"10"}:
        return False
    total = sum(_USCC_ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(text[:17]))
    if _USCC_ALPHABET[(31 - total % 31) % 31] != text[17]:
        return False
    body = text[8:16]
    values = [int(c) if c.isdecimal() else ord(c) - 55 for c in body]
    check = 11 - sum(v * w for v, w in zip(values, _ORG_WEIGHTS, strict=True)) % 11
    return text[16] == {10: "X", 11: "0"}.get(check, str(check))


def hk_id(text: str) -> bool:
    """Hong Kong identity card: one or two letters, six digits, a check character in or out of brackets
    (mod 11)."""
    text = re.sub(r"[()\s]", "", text.upper())
    match = re.fullmatch(r"([A-Z]{1,2})(\d{6})([\dA])", text)
    if not match:
        return False
    letters = match[1].rjust(2)
    values = [36 if c == " " else ord(c) - 55 for c in letters] + [int(c) for c in match[2]]
    total = sum(v * w for v, w in zip(values, range(9, 1, -1), strict=True))
    check = (11 - total % 11) % 11
    return match[3] == ("A" if check == 10 else str(check))


def tw_id(text: str) -> bool:
    """Taiwan national identity card and the resident certificate of 2021: letter, [1289], eight digits
    (mod 10)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[A-Z][1289]\d{8}", text):
        return False
    code = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    total = code // 10 + (code % 10) * 9
    total += sum(int(d) * w for d, w in zip(text[1:9], range(8, 0, -1), strict=True)) + int(text[9])
    return total % 10 == 0


def tw_resident(text: str) -> bool:
    """Taiwan resident certificate before 2021: a letter, A to D for the sex, eight digits (mod 10)."""
    text = text.strip().upper()
    if not re.fullmatch(r"[A-Z][A-D]\d{8}", text):
        return False
    order = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
    code, second = order.index(text[0]) + 10, (order.index(text[1]) + 10) % 10
    total = code // 10 + (code % 10) * 9 + second * 8
    total += sum(int(d) * w for d, w in zip(text[2:9], range(7, 0, -1), strict=True)) + int(text[9])
    return total % 10 == 0


def mobile(text: str) -> bool:
    """Mainland mobile number: a segment the operators hold, 11 digits, +86, 0086 or 86 allowed before it."""
    digits = re.sub(r"\D", "", text)
    if len(digits) in (13, 15) and digits.removeprefix("00").startswith("86"):
        digits = digits[-11:]
    return re.fullmatch(r"1(3\d|4[014-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}", digits) is not None


def _is_date(digits: str) -> bool:
    year = int(digits[:4])
    if not _OLDEST_BIRTH <= year <= _LATEST_BIRTH:
        return False
    try:
        datetime.date(year, int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return True


def _bare(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()
