"""Check digits of many numbers at once: runs of digits in Arrow's bytes, tried column by column in numpy.

The rules are those of ``identifiers.csv``: tables of prefixes are made by asking its checks, and a test holds the two
together for every length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import re2

from datagov.detect import checks_china, identifiers, wordlists

_ZERO = ord("0")
SHORTEST, LONGEST = 11, 19
"""Digits of the numbers that are tried."""
_RESIDENT = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_FIRST_YEAR, _LAST_YEAR = 1800, 2099

Places = Any
"""A matrix of bytes, one row per place and one column per number."""
Holds = Any
"""One bool per number."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of digits: the cell each stands in, where it starts and ends in the bytes, an X at its end included."""

    cells: Any
    starts: Any
    ends: Any


def runs(signs: Any, offsets: Any) -> Runs:
    """Every longest run of at least ``SHORTEST`` digits; a run never leaves its cell."""
    digit = (signs - np.uint8(_ZERO)) < 10
    filled = offsets[:-1] < offsets[1:]
    firsts, lasts = offsets[:-1][filled], offsets[1:][filled] - 1
    begins, ends = digit.copy(), digit.copy()
    begins[1:] &= ~digit[:-1]
    begins[firsts] = digit[firsts]
    ends[:-1] &= ~digit[1:]
    ends[lasts] = digit[lasts]
    start, end = np.flatnonzero(begins), np.flatnonzero(ends) + 1
    long = end - start >= SHORTEST
    start, end = start[long], end[long]
    cells = np.searchsorted(offsets, start, side="right") - 1
    last = end < offsets[cells + 1]
    x = np.zeros(len(end), dtype=bool)
    x[last] = (end[last] - start[last] == 17) & ((signs[end[last]] | 32) == ord("x"))
    return Runs(cells, start, end + x)


def hits(signs: Any, found: Runs) -> Mapping[str, Holds]:
    """Entity → which of the runs are one."""
    lengths = found.ends - found.starts
    out: dict[str, Holds] = {}
    for length in np.unique(lengths).tolist():
        rules = _rules(length)
        if not rules:
            continue
        at = np.flatnonzero(lengths == length)
        places = signs[found.starts[at][None, :] + np.arange(length)[:, None]]
        for entity, rule in rules.items():
            out.setdefault(entity, np.zeros(len(lengths), dtype=bool))[at] |= rule(places)
    return out


def uscc(places: Places) -> Holds:
    """Unified social credit codes among texts of 18 capital letters and digits (GB 32100-2015, GB 11714-1997)."""
    good = _digits(places, 2, 8) & _among(places[0], "159ANY") & (places[1] != _ZERO)
    good &= _provinces("10")[np.where(good, _number(places, 2, 4), 0)]
    likely = np.flatnonzero(good)
    good[likely] = _is_checked(places[:, likely])
    return good


def _is_checked(places: Places) -> Holds:
    """Whether both check characters of a social credit code hold."""
    values = _values(_USCC)[places]
    good = (values >= 0).all(axis=0)
    total = sum(values[n] * pow(3, n, 31) for n in range(17))
    good &= (31 - total % 31) % 31 == values[17]
    letters = np.where(places > ord("9"), places.astype(np.int64) - 55, places.astype(np.int64) - _ZERO)
    check = 11 - sum(letters[8 + n] * weight for n, weight in enumerate(_ORGANISATION)) % 11
    wanted = np.where(check == 10, ord("X"), np.where(check == 11, _ZERO, check + _ZERO))
    return good & (wanted == places[16])


def iban(places: Places) -> Holds:
    """International account numbers without spaces (ISO 13616): a country and ISO 7064 MOD 97-10."""
    upper = np.where(places >= ord("a"), places - 32, places)
    values = _values("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")[upper]
    rest = np.zeros(places.shape[1], dtype=np.int64)
    for row in (*values[4:], *values[:4]):
        rest = np.where(row > 9, rest * 100 + row, rest * 10 + row) % 97
    letters = (values[:2] > 9).all(axis=0)
    known = _countries()[np.where(letters, (values[0] - 10) * 26 + values[1] - 10, 0)]
    return (rest == 1) & letters & known & (values >= 0).all(axis=0)


@cache
def _rules(length: int) -> Mapping[str, Callable[[Places], Holds]]:
    """What a run of this length may be."""
    rules: dict[str, Callable[[Places], Holds]] = {}
    if length == 11:
        rules["CN_MOBILE"] = _mobile
    if length in (13, 15):
        rules["CN_MOBILE"] = _mobile_abroad
    if length == 13:
        rules |= {"CH_SSN": _ch_ssn, "FR_NIF": _fr_nif}
    if 12 <= length <= LONGEST:
        rules["CREDIT_CARD"] = partial(_card, "CREDIT_CARD")
    if 16 <= length <= LONGEST:
        rules["CN_BANK_CARD"] = _bank_card
    if length == 18:
        rules |= {"CN_RESIDENT_ID": _resident, "CN_USCC": uscc}
        rules["CREDIT_CARD"] = _no_x(rules["CREDIT_CARD"])
        rules["CN_BANK_CARD"] = _no_x(rules["CN_BANK_CARD"])
    return rules


def _no_x(rule: Callable[[Places], Holds]) -> Callable[[Places], Holds]:
    return lambda places: rule(places) & (places[-1] <= ord("9"))


def _mobile(places: Places) -> Holds:
    return _segments()[_number(places, 0, 4)]


def _mobile_abroad(places: Places) -> Holds:
    head = "86" if len(places) == 13 else "0086"
    good = np.ones(places.shape[1], dtype=bool)
    for n, sign in enumerate(head):
        good &= places[n] == ord(sign)
    return good & _mobile(places[len(head) :])


def _resident(places: Places) -> Holds:
    good = _among(places[0], "12345678")
    total = np.zeros(places.shape[1], dtype=np.int16)
    for row, weight in zip(places, _RESIDENT, strict=False):
        total += (row - np.uint8(_ZERO)) * np.uint8(weight)
    last = np.where(places[17] == ord("x"), ord("X"), places[17])
    good &= np.frombuffer(b"10X98765432", np.uint8)[total % 11] == last
    year, day = _number(places, 6, 10), _number(places, 10, 14)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    return good & _provinces("")[_number(places, 0, 2)] & _years()[year] & _days()[leap.astype(int), day]


def _bank_card(places: Places) -> Holds:
    good = _card("CN_BANK_CARD", places)
    return good & ~_is_id_shaped(places) if len(places) == 18 else good


def _is_id_shaped(places: Places) -> Holds:
    """Province and calendar date of an identity number, whatever its check character."""
    year, day = _number(places, 6, 10), _number(places, 10, 14)
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    return _provinces("")[_number(places, 0, 2)] & _all_years()[year] & _days()[leap.astype(int), day]


def _card(entity: str, places: Places) -> Holds:
    """Issuer and length, which four leading digits decide, and Luhn's check digit."""
    return _prefixes(entity, len(places))[_number(places, 0, 4)] & _luhn(places)


def _luhn(places: Places) -> Holds:
    digits = places - np.uint8(_ZERO)
    total = digits[-1].copy()
    for n, row in enumerate(digits[-2::-1]):
        total += row if n % 2 else row * np.uint8(2) - np.uint8(9) * (row > 4)
    return (total % 10 == 0) & ~(digits == digits[0]).all(axis=0)


def _ch_ssn(places: Places) -> Holds:
    digits = (places - np.uint8(_ZERO)).astype(np.int64)
    total = sum(digits[n] * (3 if n % 2 else 1) for n in range(13))
    return (_number(places, 0, 3) == 756) & (total % 10 == 0)


def _fr_nif(places: Places) -> Holds:
    return (_number(places, 0, 10) % 511 == _number(places, 10, 13)) & (places[0] <= ord("3"))


def _number(places: Places, start: int, end: int) -> Any:
    kind = np.int16 if end - start <= 4 else np.int64
    value = (places[start] - np.uint8(_ZERO)).astype(kind)
    for row in places[start + 1 : end]:
        value = value * kind(10) + (row - np.uint8(_ZERO))
    return value


def _digits(places: Places, start: int, end: int) -> Holds:
    return ((places[start:end] - np.uint8(_ZERO)) < 10).all(axis=0)


def _among(row: Any, signs: str) -> Holds:
    table = np.zeros(256, dtype=bool)
    table[list(signs.encode())] = True
    return table[row]


@cache
def _values(alphabet: str) -> Any:
    table = np.full(256, -1, dtype=np.int64)
    table[list(alphabet.encode())] = range(len(alphabet))
    return table


@cache
def _segments() -> Any:
    """Which four leading digits a mobile number may have."""
    return np.array([checks_china.mobile(f"{n:04d}1234567") for n in range(10_000)])


@cache
def _prefixes(entity: str, length: int) -> Any:
    """Which four leading digits a card number of this length may have: pattern and shape, no check digit."""
    (row,) = (row for row in identifiers.shipped() if row.entity == entity)
    shape, pattern = row.shape or row.check, re2.compile(row.pattern)
    texts = [f"{n:04d}{'01' * length}"[:length] for n in range(10_000)]
    return np.array([pattern.fullmatch(text) is not None and shape(text) for text in texts])


@cache
def _provinces(besides: str) -> Any:
    known = [checks_china.mainland_id_shape(f"{n:02d}0101200001010010") or f"{n:02d}" == besides for n in range(100)]
    return np.array(known)


@cache
def _all_years() -> Any:
    known = np.zeros(10_000, dtype=bool)
    for year in range(_FIRST_YEAR, _FIRST_YEAR + 400):
        known[year] = checks_china.mainland_id_shape(f"110101{year}01010010")
    return known


@cache
def _years() -> Any:
    known = _all_years().copy()
    known[_LAST_YEAR + 1 :] = False
    return known


@cache
def _days() -> Any:
    """Month and day as MMDD that exist, in a common year and in a leap year."""
    known = np.zeros((2, 10_000), dtype=bool)
    for leap, year in enumerate((2001, 2000)):
        for month in range(1, 13):
            for day in range(1, 32):
                known[leap, month * 100 + day] = checks_china.mainland_id_shape(f"110101{year}{month:02d}{day:02d}0010")
    return known


@cache
def _countries() -> Any:
    known = np.zeros(26 * 26, dtype=bool)
    for code in wordlists.sections("places.txt")["country"]:
        known[(ord(code[0]) - 65) * 26 + ord(code[1]) - 65] = True
    return known
