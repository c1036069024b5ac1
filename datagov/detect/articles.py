"""Numbers of books and goods, moments and decimals: what digits may be instead of somebody's number."""

from __future__ import annotations

import re
from collections.abc import Sequence

_BOOK = re.compile(r"(?:97[89][- ])?\d{1,5}[- ]\d{1,7}[- ]\d{1,7}[- ][\dXx]")
_TEN = re.compile(r"\d{9}[\dX]")
_SERIAL = re.compile(r"\d{4}-\d{3}[\dXx]")
_DECIMAL = re.compile(r"\d+\.\d+")
_MOMENT = re.compile(r"1(?:5[89]|[67]\d)\d{7}(?:\d{3}|\d{6})?|20[0-4]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{4,}")
_BARCODES = frozenset({8, 12, 13, 14})


def is_book(text: str) -> bool:
    """An ISBN with its groups or an ISSN, by form and check digit (ISO 2108, ISO 3297)."""
    digits = re.sub(r"[- ]", "", text).upper()
    if _SERIAL.fullmatch(text):
        return _eleven(digits)
    if len(digits) not in (10, 13) or not _BOOK.fullmatch(text):
        return False
    return _eleven(digits) if len(digits) == 10 else is_barcode(digits)


def are_books(texts: Sequence[str]) -> bool:
    """Whether nine tenths of a column are ISBNs of ten signs, some of them with the check sign X.

    Their sum is that of NHS numbers, which have no X: one in eleven books has. Without one the numbers are too few,
    or no books.

    >>> are_books(["3-16-148410-0", "080442957X", "0-306-40615-2"])
    True
    """
    bare = [re.sub(r"[- ]", "", text).upper() for text in texts]
    books = [text for text in bare if _TEN.fullmatch(text) and _eleven(text)]
    return len(books) >= 0.9 * len(bare) > 0 and any(text.endswith("X") for text in books)


def is_decimal(text: str) -> bool:
    """Digits with one point among them: an amount or a measure."""
    return _DECIMAL.fullmatch(text) is not None


def is_moment(digits: str) -> bool:
    """Plain digits that read as seconds, milli- or microseconds since 1970, or as a date with a serial behind."""
    return _MOMENT.fullmatch(digits) is not None


def is_isbn(digits: str) -> bool:
    """Thirteen plain digits that number a book."""
    return digits[:3] in ("978", "979") and is_barcode(digits)


def is_barcode(digits: str) -> bool:
    """Plain digits with the check digit of GTIN-8, -12, -13 or -14 (GS1), or the ten of an old ISBN."""
    if len(digits) == 10:
        return digits[0] in "01" and _eleven(digits)
    if len(digits) not in _BARCODES:
        return False
    odd, even = (sum(int(d) for d in digits[-2 - i :: -2]) for i in (0, 1))
    return (3 * odd + even + int(digits[-1])) % 10 == 0


def _eleven(digits: str) -> bool:
    values = [10 if c == "X" else int(c) for c in digits]
    return sum(v * w for v, w in zip(values, range(len(values), 0, -1), strict=True)) % 11 == 0
