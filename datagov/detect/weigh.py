"""Evidence → log-odds per entity: what the name says, what the values say, what chance alone would have
given."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from datagov.detect import articles
from datagov.detect.identifiers import OFFICIAL, Identifier, families
from datagov.detect.naming import VETO, Naming
from datagov.detect.rivals import Shape
from datagov.detect.sample import Sample

PRIOR = -4.0
"""Log-odds that a column is one given entity before anything is known of it (about one column in fifty)."""
_SEPARATED = re.compile(r"(?<=\w)[-./ ](?=\w)")
_EFFECTIVE = 12
_SMALL = 64
_SUREST = 2.58
"""Standard deviations of a 99 % interval."""
_NEVER, _MANY = 0.04, 20
"""Social insurance numbers of Canada begin with no 8; French register numbers, which have the same check, often do."""
_ENOUGH = frozenset({16, 32, 64, 128})


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity in the running: ``score`` in log-odds, with the counts behind it."""

    entity: str
    score: float
    seen: int = 0
    hits: int = 0
    chance: float | None = None
    named: float = 0.0
    notes: Mapping[str, object] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Share of distinct values that are hits."""
        return self.hits / self.seen if self.seen else 0.0


def likelihood(hits: int, seen: int, chance: float) -> float:
    """Log-likelihood ratio of "nine in ten are hits" against "chance", for at most a dozen values' worth
    of evidence."""
    if not seen:
        return 0.0
    rate = hits / seen
    floor = min(max(chance, 1e-4), 0.85)
    ratio = rate * math.log(0.92 / floor) + (1 - rate) * math.log(0.08 / (1 - floor))
    return max(-9.0, min(9.0, ratio * min(seen, _EFFECTIVE)))


def wilson(hits: float, seen: float, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval for a share (Wilson 1927)."""
    if not seen:
        return 0.0, 1.0
    rate, size = hits / seen, seen
    middle = (rate + z * z / (2 * size)) / (1 + z * z / size)
    half = z * math.sqrt(rate * (1 - rate) / size + z * z / (4 * size * size)) / (1 + z * z / size)
    return max(0.0, middle - half), min(1.0, middle + half)


def identifiers(
    rows: Sequence[Identifier],
    sample: Sample,
    matches: Sequence[Sequence[int]],
    shape: Shape,
    naming: Naming,
    rival: tuple[str, float] | None,
) -> list[Candidate]:
    """One candidate per row of the table of identifiers that the values or the name speak for."""
    found: dict[str, Candidate] = {}
    for row, places_ in zip(rows, matches, strict=True):
        if not places_:
            continue
        named = named_weight(naming, row.entity, row.family)
        if row.alone is None and named <= 0:
            continue
        candidate = _checked(row, sample.texts, places_, named, shape, rival)
        known = found.get(row.entity)
        if known is None or candidate.score > known.score:
            found[row.entity] = candidate
    return list(found.values())


def _checked(
    row: Identifier,
    texts: Sequence[str],
    matched: Sequence[int],
    named: float,
    shape: Shape,
    rival: tuple[str, float] | None,
) -> Candidate:
    hits, tried = _try(row.check, texts, matched)
    total = len(texts)
    full = round(hits * len(matched) / tried) if tried else 0
    share = len(matched) / total
    grouped = sum(_SEPARATED.search(texts[i]) is not None for i in matched[:50]) / min(len(matched), 50)
    chance = row.chance * (0.1 if grouped > 0.8 else 1.0)
    score = PRIOR + named + likelihood(full, total, chance)
    notes: dict[str, object] = {"pattern_rate": round(share, 4)}
    if row.shape is not None and named >= 2.0:
        ok, tried_shape = _try(row.shape, texts, matched)
        shaped = ok / tried_shape * share if tried_shape else 0.0
        if shaped >= 0.6:
            score = max(score, PRIOR + named + 2.0)
            notes["shape_rate"] = round(shaped, 4)
    if named < 2.0:
        veto = _veto(row, texts, matched, full, shape, rival)
        if veto:
            score += VETO * 2
            notes["veto"] = veto
        if row.alone is None or full / total < row.alone:
            score = min(score, -1.0)
    return Candidate(row.entity, score, total, full, chance, named, notes)


def _veto(
    row: Identifier,
    texts: Sequence[str],
    matched: Sequence[int],
    hits: int,
    shape: Shape,
    rival: tuple[str, float] | None,
) -> str | None:
    """Why values that pass a weak check are something else all the same."""
    if row.entity == "IP_ADDRESS" and _small_octets(texts, matched):
        return "version numbers"
    if row.chance < 0.02:
        return None
    if row.entity == "UK_NHS" and articles.are_books(texts):
        return "book numbers"
    if row.entity == "CA_SIN" and sum(texts[i].startswith("8") for i in matched) > _NEVER * len(matched):
        return "numbers that are not issued"
    if row.entity == "DK_CPR" and _in_few_years([texts[i][4:6] for i in matched]):
        return "dates of a few years"
    if shape.serial:
        return "a running number"
    if rival is not None and rival[0] in ("EPOCH", "DATED_NUMBER", "DATE_TIME"):
        return rival[0]
    if row.entity in ("CN_MOBILE", "CREDIT_CARD") and _alike(texts, matched, hits) > 0.15:
        return "numbers of the same length"
    if row.entity == "CN_MOBILE" and len(texts) >= 8 and _heads(texts, matched) < min(5, len(texts) // 3):
        return "one head"
    return None


def _in_few_years(years: Sequence[str]) -> bool:
    """Whether twenty or more numbers carry dates of few years, as those of orders do; births lie in many."""
    return len(years) >= _MANY and len(set(years)) < 0.25 * min(len(years), 100)


def _try(check: object, texts: Sequence[str], matched: Sequence[int]) -> tuple[int, int]:
    """Check the matched texts, the first few hundred at most; stop early when the share is plain."""
    hits = tried = 0
    assert callable(check)
    for i in matched[:400]:
        hits += bool(check(texts[i]))
        tried += 1
        if tried in _ENOUGH:
            low, high = wilson(hits, tried, _SUREST)
            if low > 0.75 or high < 0.4:
                break
    return hits, tried


def _alike(texts: Sequence[str], matched: Sequence[int], hits: int) -> float:
    """Share of numbers as long as those that match, which are none: other numbers meet a weak pattern by chance."""
    lengths = {len(texts[i]) for i in matched if texts[i].isdigit()}
    alike = sum(text.isdigit() and len(text) in lengths for text in texts)
    return (alike - hits) / alike if alike > hits else 0.0


def _small_octets(texts: Sequence[str], matched: Sequence[int]) -> bool:
    """Four small numbers with dots are a version; addresses of a network use the whole byte."""
    octets = (int(part) for i in matched for part in re.findall(r"\d+", texts[i]) if "." in texts[i] and len(part) < 4)
    first = next(octets, None)
    return first is not None and first < _SMALL and all(octet < _SMALL for octet in octets)


def _heads(texts: Sequence[str], matched: Sequence[int]) -> int:
    return len({"".join(filter(str.isdigit, texts[i]))[-11:][:3] for i in matched})


def against_checks(found: Sequence[Candidate]) -> list[Candidate]:
    """Telephones told by their layout yield to persons' numbers whose check digit all values pass.

    As telephones, one in ten would."""
    passed = max(
        (
            c.score
            for c in found
            if families().get(c.entity) in OFFICIAL
            and c.seen >= _EFFECTIVE
            and c.rate >= 0.98
            and (c.chance or 1) <= 0.1
        ),
        default=None,
    )
    if passed is None or passed <= 0:
        return list(found)
    return [
        replace(c, score=min(c.score, passed - 1.0))
        if c.entity == "PHONE_NUMBER" and c.named < 2.0 and c.notes.get("plus_rate") in (None, 0.0)
        else c
        for c in found
    ]


def named_weight(naming: Naming, entity: str, family: str) -> float:
    """What the column's name adds to or takes from an entity, in log-odds."""
    weight = max(naming.weights.get(entity, 0.0), naming.weights.get(family, 0.0))
    if family in OFFICIAL:
        weight = max(weight, *(0.8 * naming.weights.get(other, 0.0) for other in OFFICIAL))
    if naming.weights.get(entity, 0.0) >= 2.0 and entity != family:
        weight += 0.5
    if weight <= 0 and (entity in naming.vetoes or family in naming.vetoes):
        return VETO
    if weight <= 0 and naming.thing:
        return -1.0
    return weight
