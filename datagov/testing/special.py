"""Kinds of values that break readers; of each an adapter's suite shows how it arrives, or says why its source has none.

A kind is answered by a :class:`Special` (how the source declares and writes one, and what arrives) or by a
:class:`Cannot` (why there is no such value in this kind of source). Nothing may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KINDS: Mapping[str, str] = {
    "float_nan": "a float that is not a number",
    "float_infinity": "a float above all numbers",
    "float_minus_infinity": "a float below all numbers",
    "decimal_nan": "a decimal that is not a number",
    "decimal_huge": "a decimal of more digits than a float tells apart, as many as the source has",
    "date_zero": "a date of year, month and day zero",
    "date_infinity": "a date after all dates",
    "date_before_christ": "a date before the year 1",
    "timestamp_with_zone": "a moment that was written in a zone other than UTC",
    "time_with_zone": "a time of day with a zone",
    "unsigned": "the largest whole number of 64 bits without sign",
    "array": "several values in one cell, one of them NULL",
    "enum": "one of a list of words",
    "bit": "a string of bits",
    "uuid": "a UUID",
    "json": "a JSON document",
    "xml": "an XML document",
    "bytes": "bytes that are no text, NUL among them",
    "not_utf8": "text that is not valid in its encoding",
    "interval": "months, days and seconds",
    "inet": "a network address",
    "money": "an amount with its currency sign",
    "range": "all values between two",
    "domain": "a type with a name of its own, over another type",
    "composite": "a row inside a cell",
    "deep": "forty levels inside a cell",
}
"""Every kind with its meaning."""


@dataclass(frozen=True, slots=True)
class Special:
    """How a source declares and writes a value: a type and a literal of its SQL, or whatever its suite builds from.

    ``comes`` is the cell that arrives; ``before`` are statements that declare the type; ``beside`` is what arrives of
    the second row, where the source holds something else than NULL in such a column.
    """

    type: Any
    value: Any
    comes: Any
    before: Sequence[str] = field(default=())
    beside: Any = None


@dataclass(frozen=True, slots=True)
class Cannot:
    """Why this kind of source has no such value: a sentence."""

    because: str
