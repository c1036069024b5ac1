"""What the counts of a full scan prove: hits that chance explains are told apart from personal data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datagov.detect.exhaustive import Scan, sure
from datagov.detect.weigh import wilson

_MANY = 100
"""Numbers from which on chance is judged with a margin: numbers given out in order share their first digits."""
_MARGIN = 3.0
_OF_DIGITS = frozenset({"CN_MOBILE", "CREDIT_CARD", "CN_BANK_CARD", "CN_RESIDENT_ID", "CH_SSN", "FR_NIF"})
_SUREST = 0.99


@dataclass(frozen=True, slots=True)
class Held:
    """An entity that cells hold: how many cells, and the probability (0 to 1) that a hit is no chance hit."""

    cells: int
    confidence: float


def held(seen: Scan) -> Mapping[str, Held]:
    """Entities that the cells hold more often than chance would let numbers of that shape look like them."""
    out = {}
    for entity, cells in counts(seen).items():
        tried = max(cells, seen.numbers if entity in _OF_DIGITS else cells)
        chance = _chances()[entity]
        low, _ = wilson(cells, tried)
        if low > chance * (_MARGIN if tried >= _MANY else 1.0):
            out[entity] = Held(cells, round(min(_SUREST, 1 - chance * tried / cells), 4))
    return out


def counts(seen: Scan) -> Mapping[str, int]:
    """Entity → cells that are one or hold one."""
    return {
        entity: seen.whole.get(entity, 0) + seen.inside.get(entity, 0) for entity in sorted({*seen.whole, *seen.inside})
    }


def _chances() -> Mapping[str, float]:
    chances: dict[str, float] = {}
    for row in sure():
        chances[row.entity] = max(row.chance, chances.get(row.entity, 0.0))
    return chances
