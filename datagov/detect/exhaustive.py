"""Every cell of a column, not a sample: exact counts of the identifiers that prove themselves, in constant memory.

Most cells are settled by Arrow and numpy: a gate of one RE2 pattern over distinct values, plain numbers by their check
digits column by column. Only what passes is tried by the recognisers of ``identifiers.csv``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datagov.detect import identifiers
from datagov.detect.identifiers import Identifier

if TYPE_CHECKING:
    from datagov.detect.engine import RowRecogniser

_SLICE = 65_536
_SURE = 0.001
_NUMBER = r"^(?:[0-9]{11}|[0-9]{15,19}|[0-9]{17}[Xx])$"
_WHOLE_MAIL = r"^[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@(?:[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,24}$"
_GATE = (
    r"@|[0-9](?:[ -]?[0-9]){10}|[A-Za-z]{2}[0-9]{2}[ ]?[A-Za-z0-9]{4}[ ]?[A-Za-z0-9]{4}[ ]?[A-Za-z0-9]{3}|"
    r"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}|"
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-HJ-NP-Z]|\$[0-9a-z]|\{S|PRIVATE KEY|"
    r"AKIA|ASIA|gh[pousr]_|sk_|xox|AIza|LTAI|AKID|glpat-|SG\.|pbkdf2|bc1|0x|[0-9]-?[A-Z]{2}|[A-Z]{4}[0-9]{6}"
)
_ID_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), dtype=np.int64)
_ID_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Scan:
    """What all cells of a column hold.

    ``rows``      cells seen;  ``empty`` cells without a value;  ``unscanned`` cells that are no text and no integer;
    ``whole``     entity → cells that are one;  ``inside`` entity → cells that hold one among other text;
    ``entities``  the kinds that were looked for: for these alone an absent count means none.
    """

    rows: int
    empty: int
    unscanned: int
    whole: Mapping[str, int]
    inside: Mapping[str, int]
    entities: tuple[str, ...] = field(repr=False, default=())

    @property
    def bound(self) -> float | None:
        """The share of rows (0 to 1) that may still hold a kind which was looked for and not found: 0 when every
        cell was scanned, None when there was none to scan."""
        seen = self.rows - self.empty
        return self.unscanned / seen if seen and seen > self.unscanned else None


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
    from datagov.detect.engine import RowRecogniser

    rows = sure()
    recognisers = [RowRecogniser(row) for row in rows]
    whole: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    total = empty = unscanned = 0
    for piece in _slices(chunks):
        total += len(piece)
        empty += piece.null_count
        texts = _texts(piece)
        if texts is None:
            unscanned += len(piece) - piece.null_count
            continue
        counted = texts.drop_null().value_counts()
        _look(counted.field("values"), counted.field("counts").to_numpy(), rows, recognisers, whole, inside)
    entities = tuple(sorted({row.entity for row in rows}))
    return Scan(total, empty, unscanned, dict(sorted(whole.items())), dict(sorted(inside.items())), entities)


def _slices(chunks: Iterable[Any]) -> Iterator[Any]:
    for chunk in chunks:
        for part in chunk.chunks if isinstance(chunk, pa.ChunkedArray) else (chunk,):
            for start in range(0, len(part), _SLICE):
                yield part.slice(start, _SLICE)


def _texts(piece: Any) -> Any:
    """The cells as UTF-8, or None when their type is neither text nor integer, or the bytes are no text."""
    kind = piece.type.value_type if pa.types.is_dictionary(piece.type) else piece.type
    if pa.types.is_null(kind):
        return pa.array([], pa.string())
    textual = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_integer)
    binary = (pa.types.is_binary, pa.types.is_large_binary)
    if not any(check(kind) for check in (*textual, *binary)):
        return None
    try:
        texts = piece.cast(pa.large_string())
        texts.validate(full=True)
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    return texts


def _look(
    values: Any,
    weights: Any,
    rows: Sequence[Identifier],
    recognisers: Sequence[RowRecogniser],
    whole: Counter[str],
    inside: Counter[str],
) -> None:
    """Count the hits among distinct texts, each standing for ``weights`` cells."""
    mails = _matching(values, _WHOLE_MAIL)
    if mails.any():
        whole["EMAIL_ADDRESS"] += int(weights[mails].sum())
    numbers = _matching(values, _NUMBER) & ~mails
    for text, weight in _plausible(values, weights, numbers):
        for entity in {row.entity for row in rows if _whole(row, text)}:
            whole[entity] += weight
    rest = _matching(values, _GATE) & ~mails & ~numbers
    for text, weight in zip(values.filter(pa.array(rest)).to_pylist(), weights[rest].tolist(), strict=True):
        bare = text.strip()
        found = {r.row.entity: (f.start, f.end) for r in recognisers for f in r.analyze(bare, []) if f.score > 0.5}
        for entity, span in found.items():
            (whole if span == (0, len(bare)) else inside)[entity] += weight


def _matching(values: Any, pattern: str) -> Any:
    return (
        pc.call_function("match_substring_regex", [values], pc.MatchSubstringOptions(pattern))
        .to_numpy(zero_copy_only=False)
        .astype(bool)
    )


def _whole(row: Identifier, text: str) -> bool:
    if row.entity not in ("CN_MOBILE", "CN_RESIDENT_ID", "CN_BANK_CARD", "CREDIT_CARD", "CN_USCC", "CH_SSN"):
        return False
    return row.check(text)


def _plausible(values: Any, weights: Any, chosen: Any) -> Iterator[tuple[str, int]]:
    """Of plain numbers, those whose check digit holds, all of one length at a time."""
    numbers, counts = values.filter(pa.array(chosen)), weights[chosen]
    lengths = pc.call_function("binary_length", [numbers]).to_numpy(zero_copy_only=False)
    for length in np.unique(lengths).tolist():
        same = lengths == length
        texts, stands = numbers.filter(pa.array(same)), counts[same]
        signs = np.frombuffer("".join(texts.to_pylist()).encode(), dtype=np.uint8).reshape(-1, length)
        good = _mobiles(signs) if length == 11 else _luhn(signs)
        if length == 18:
            good |= _residents(signs)
        yield from zip(texts.filter(pa.array(good)).to_pylist(), stands[good].tolist(), strict=True)


def _residents(signs: Any) -> Any:
    last = np.where(signs[:, 17] == ord("x"), ord("X"), signs[:, 17])
    return _ID_CHECKS[((signs[:, :17].astype(np.int64) - 48) @ _ID_WEIGHTS) % 11] == last


def _mobiles(signs: Any) -> Any:
    return (signs[:, 0] == ord("1")) & (signs[:, 1] >= ord("3"))


def _luhn(signs: Any) -> Any:
    digits = signs.astype(np.int64) - 48
    doubled = digits[:, -2::-2] * 2
    return (digits[:, ::-1][:, ::2].sum(axis=1) + np.where(doubled > 9, doubled - 9, doubled).sum(axis=1)) % 10 == 0
