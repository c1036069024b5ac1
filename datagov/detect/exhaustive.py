"""Every cell of a column, not a sample: exact counts of the identifiers that prove themselves, in constant memory.

Most cells are settled by Arrow and numpy: ``gates`` says which could hold something, whole numbers, account numbers
and e-mail addresses are tried many at once (``digits``). Only what is left is tried by the recognisers of
``identifiers.csv``, one cell at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2

from datagov.detect import cells, digits, gates, identifiers
from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import options

if TYPE_CHECKING:
    from datagov.detect.engine import RowRecogniser

_SURE = 0.001
_SURER = 0.5
_SHORTEST_NUMBER = 11
_TRIED_FIRST = 1_024
_OFTEN = 0.5
_USCC = r"^[1-9ANY][1-9A-Z][0-9]{6}[0-9A-HJ-NP-RTUW-Y]{10}$"
_IBAN = r"^[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?$"
_UNJOINED = frozenset(ord(mark) for mark in "，。：；、（）！？《》“”")
_WORDS = ("IBAN_CODE", "CRYPTO")
"""Entities that hexadecimal sums look like unless the ends of the word are looked at."""
_WEAK = ("CN_MOBILE", "CREDIT_CARD", "CN_BANK_CARD")


@dataclass(frozen=True, slots=True)
class Scan:
    """What all cells of a column hold.

    ``rows``      cells seen;  ``empty`` cells without a value;  ``unscanned`` cells that are no text and no integer;
    ``whole``     entity → cells that are one;  ``inside`` entity → cells that hold one among other text;
    ``entities``  the kinds that were looked for: for these alone an absent count means none;
    ``numbers``   cells that hold eleven digits or more: what chance has to work on.
    """

    rows: int
    empty: int
    unscanned: int
    whole: Mapping[str, int]
    inside: Mapping[str, int]
    entities: tuple[str, ...] = field(repr=False, default=())
    numbers: int = 0

    @property
    def bound(self) -> float | None:
        """The share of rows (0 to 1) that may still hold a kind which was looked for and not found: 0 when every
        cell was scanned, None when there was none to scan."""
        seen = self.rows - self.empty
        return self.unscanned / seen if seen and seen > self.unscanned else None

    @property
    def scanned(self) -> int:
        """Cells with a value that were read to their end."""
        return self.rows - self.empty - self.unscanned


@cache
def sure() -> tuple[Identifier, ...]:
    """The identifiers that one cell proves: chance passes one text of their shape in a thousand, or fewer."""
    kept = {"CN_MOBILE", "CREDIT_CARD", "CN_BANK_CARD", "CN_RESIDENT_ID", "EMAIL_ADDRESS", "IBAN_CODE"}
    return tuple(
        row
        for row in identifiers.shipped()
        if row.alone is not None and (row.entity in kept or (row.chance <= _SURE and row.family != "NATIONAL_ID"))
    )


def scan(chunks: Iterable[Any]) -> Scan:
    """Scan a column given as Arrow arrays, chunk by chunk; what is kept does not grow with the number of chunks.

    The same cells give the same counts in any order and any chunking. A stage with a budget passes a generator that
    stops, and reports ``rows`` as what was seen.
    """
    going = Scanning()
    for chunk in chunks:
        going.add(chunk)
    return going.result()


class Scanning:
    """A scan that is under way: give it arrays one after another, then ask for the result."""

    __slots__ = ("_counts", "_empty", "_total", "_unscanned")

    def __init__(self) -> None:
        self._counts = _Counts()
        self._total = self._empty = self._unscanned = 0

    def add(self, chunk: Any) -> None:
        """Scan the cells of one more array."""
        for piece in cells.slices(chunk):
            self._total += len(piece)
            values, weights = cells.once(piece)
            lacking = cells.nulls(values)
            self._empty += int(weights[lacking].sum())
            texts = cells.texts_of(values)
            if texts is None:
                self._unscanned += int(weights[~lacking].sum())
            elif texts.null_count:
                kept = ~cells.nulls(texts)
                self._unscanned += int(weights[~lacking & ~kept].sum())
                self._counts.add(texts.drop_null(), weights[kept])
            else:
                self._counts.add(texts, weights)

    def result(self) -> Scan:
        """What was seen so far."""
        entities = tuple(sorted({row.entity for row in sure()}))
        whole, inside = (dict(sorted(count.items())) for count in (self._counts.whole, self._counts.inside))
        return Scan(self._total, self._empty, self._unscanned, whole, inside, entities, self._counts.numbers)


class _Counts:
    """Hits so far."""

    __slots__ = ("inside", "numbers", "whole")

    def __init__(self) -> None:
        self.whole: Counter[str] = Counter()
        self.inside: Counter[str] = Counter()
        self.numbers = 0

    def add(self, texts: Any, weights: Any) -> None:
        """Count the hits among texts without a null, each standing for some cells; those that come often are looked at
        once."""
        first = texts.slice(0, _TRIED_FIRST)
        if len(texts) > len(first) and len(first.unique()) < len(first) * _OFTEN:
            coded = texts.dictionary_encode()
            texts = coded.dictionary
            weights = np.bincount(coded.indices.to_numpy(), weights, len(texts)).astype(np.int64)
        laid = gates.Bytes(texts)
        plain = gates.numbers(laid) if gates.numbers(gates.Bytes(first)).any() else np.zeros(len(texts), dtype=bool)
        if plain.all():
            self._numbers(laid, weights)
            return
        if plain.any():
            self._numbers(gates.Bytes(gates.chosen(texts, plain)), weights[plain])
            texts, weights = gates.chosen(texts, ~plain), weights[~plain]
            laid = gates.Bytes(texts)
        worth = gates.possible(texts, laid)
        if not worth.any():
            return
        texts, weights = pc.call_function("utf8_trim_whitespace", [gates.chosen(texts, worth)]), weights[worth]
        plain = gates.numbers(gates.Bytes(texts))
        if plain.any():
            self._numbers(gates.Bytes(gates.chosen(texts, plain)), weights[plain])
            texts, weights = gates.chosen(texts, ~plain), weights[~plain]
        if len(texts):
            self._look(texts, weights)

    def _numbers(self, laid: gates.Bytes, weights: Any) -> None:
        """Cells that are a number from end to end."""
        found = digits.runs(laid.signs, laid.offsets)
        self.numbers += int(weights[found.cells].sum())
        for entity, held in digits.hits(laid.signs, found).items():
            self._count(self.whole, entity, weights[found.cells[held]])

    def _look(self, texts: Any, weights: Any) -> None:
        """Cells that passed the gate: mails, codes and numbers many at once, the rest one by one."""
        for pattern, entity, rule, (shortest, longest) in _AT_ONCE:
            lengths = gates.Bytes(texts).lengths
            which = (lengths >= shortest) & (lengths <= longest)
            if entity == "EMAIL_ADDRESS":
                which &= gates.Bytes(texts).digits() < _SHORTEST_NUMBER
            if which.any():
                which[which] = gates.matching(gates.chosen(texts, which), pattern)
            if which.any():
                held = _by_width(gates.chosen(texts, which), rule)
                self._count(self.whole, entity, weights[which][held])
                texts, weights = gates.chosen(texts, ~which), weights[~which]
        if not len(texts):
            return
        laid = gates.Bytes(texts)
        runs = digits.runs(laid.signs, laid.offsets)
        held = digits.hits(laid.signs, runs)
        self.numbers += int(weights[np.unique(runs.cells)].sum())
        slow = gates.matching(texts, gates.ODD)
        weak = np.zeros(len(texts), dtype=bool)
        for entity in _WEAK:
            if entity in held:
                weak[runs.cells[held[entity]]] = True
        if weak.any():
            at = np.flatnonzero(weak)
            weak[at] = gates.matching(texts.take(pa.array(at)), gates.THING)
            slow |= weak
        alone, unclear = _standing(laid, runs)
        for holds in held.values():
            slow[runs.cells[holds & unclear]] = True
        inside = mails = gates.matching(texts, "@")
        if mails.any():
            inside = mails.copy()
            inside[mails] = gates.matching(gates.chosen(texts, mails), gates.MAIL_INSIDE)
        slow |= mails & (~inside | (laid.digits() >= _SHORTEST_NUMBER))
        self._count(self.inside, "EMAIL_ADDRESS", weights[inside & ~slow])
        for entity, holds in held.items():
            plus = _behind_plus(laid, runs)[holds & alone]
            held_by, first = np.unique(runs.cells[holds & alone], return_index=True)
            kept = ~slow[held_by]
            self._count(self.whole, entity, weights[held_by[kept & plus[first]]])
            self._count(self.inside, entity, weights[held_by[kept & ~plus[first]]])
        at = np.flatnonzero(slow)
        for text, weight in zip(texts.take(pa.array(at)).to_pylist(), weights[at].tolist(), strict=True):
            self._analyse(text, weight)

    def _analyse(self, text: str, weight: int) -> None:
        finder, recognisers = _recognisers()
        found: dict[str, bool] = {}
        for n in finder.Match(text) or ():
            # One place is enough: a cell is counted once, and a text of megabytes may hold a million of them.
            one = next((one for one in recognisers[n].places(text) if one.score > _SURER), None)
            if one is not None:
                found[one.entity_type] = found.get(one.entity_type, False) or (one.start, one.end) == (0, len(text))
        for entity, is_whole in found.items():
            (self.whole if is_whole else self.inside)[entity] += weight

    def _count(self, counter: Counter[str], entity: str, weights: Any) -> None:
        if len(weights):
            counter[entity] += int(weights.sum())


def _all(places: Any) -> Any:
    return np.ones(places.shape[1], dtype=bool)


_AT_ONCE = (
    (gates.MAIL, "EMAIL_ADDRESS", _all, (6, 254)),
    (_USCC, "CN_USCC", digits.uscc, (18, 18)),
    (_IBAN, "IBAN_CODE", digits.iban, (15, 43)),
)
"""Cells that one pattern covers and that nothing else can be, where an address has too few figures for a number beside
it: pattern, entity, rule over texts of one length, bytes."""


def _by_width(texts: Any, rule: Any) -> Any:
    """The rule for texts, spaces taken out, all of one length at a time."""
    if rule is _all:
        return np.ones(len(texts), dtype=bool)
    bare = pc.call_function("replace_substring", [texts], pc.ReplaceSubstringOptions(" ", ""))
    laid = gates.Bytes(bare)
    lengths, held = laid.lengths, np.zeros(len(texts), dtype=bool)
    for length in np.unique(lengths).tolist():
        at = np.flatnonzero(lengths == length)
        held[at] = rule(laid.signs[laid.offsets[:-1][at][None, :] + np.arange(length)[:, None]])
    return held


def _standing(laid: gates.Bytes, runs: digits.Runs) -> tuple[Any, Any]:
    """Which runs of digits stand alone, and of which only the recognisers can tell."""
    signs = np.concatenate([np.zeros(3, np.uint8), laid.signs, np.zeros(3, np.uint8)])
    first, last = laid.offsets[runs.cells], laid.offsets[runs.cells + 1]
    before = [np.where(runs.starts - n >= first, signs[runs.starts + 3 - n], 32) for n in (1, 2, 3)]
    after = [np.where(runs.ends + n < last, signs[runs.ends + 3 + n], 32) for n in (0, 1, 2)]
    joined = _joining()[before[0]] | _joining()[after[0]]
    clear = (before[0] < 128) | _is_chinese(before[2], before[1], before[0])
    clear &= (after[0] < 128) | _is_chinese(after[0], after[1], after[2])
    grouped = _grouping()[before[0]] & _is_digit(before[1]) | _grouping()[after[0]] & _is_digit(after[1])
    unclear = ~joined & (~clear | grouped)
    return ~joined & ~unclear, unclear


def _behind_plus(laid: gates.Bytes, runs: digits.Runs) -> Any:
    """Which runs are, with a plus sign before them, all of their cell."""
    first, last = laid.offsets[runs.cells], laid.offsets[runs.cells + 1]
    plus = (runs.starts == first + 1) & (laid.signs[first] == ord("+"))
    return ((runs.starts == first) | (plus & (runs.ends - runs.starts == 13))) & (runs.ends == last)


def _is_chinese(one: Any, two: Any, three: Any) -> Any:
    """Whether three bytes are a Chinese character or punctuation mark: neither makes one word with a digit."""
    point = ((one & 15).astype(np.int64) << 12) | ((two & 63).astype(np.int64) << 6) | (three & 63)
    marks = np.isin(point, list(_UNJOINED)) & (one >= 0xE0) & (one < 0xF0)
    return ((one >= 0xE4) & (one <= 0xE9)) | marks


def _is_digit(signs: Any) -> Any:
    return (signs.astype(np.uint8) - np.uint8(ord("0"))) < 10


@cache
def _grouping() -> Any:
    """Bytes that may stand between the groups of one number."""
    table = np.zeros(256, dtype=bool)
    table[list(b" -./")] = True
    return table


@cache
def _joining() -> Any:
    """Bytes that make one word with a digit beside them."""
    table = np.zeros(256, dtype=bool)
    table[list(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_@")] = True
    return table


@cache
def _recognisers() -> tuple[Any, list[RowRecogniser]]:
    """The recognisers, and a set that says which of them can find something in a text."""
    from datagov.detect.engine import RowRecogniser

    finder = re2.Set.SearchSet(options())
    for row in sure():
        alone = f"(?:^|[^0-9A-Za-z])(?:{row.pattern})(?:$|[^0-9A-Za-z])"
        finder.Add(alone if row.entity in _WORDS else row.pattern)
    finder.Compile()
    return finder, [RowRecogniser(row) for row in sure()]
