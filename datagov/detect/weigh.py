"""Evidence → log-odds per entity: what the name says, what the values say, what chance alone would have
given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from datagov.detect import coded, dates, people, places, wordlists
from datagov.detect.identifiers import Identifier
from datagov.detect.naming import VETO, Naming
from datagov.detect.rivals import Shape
from datagov.detect.sample import Sample

PRIOR = -4.0
"""Log-odds that a column is one given entity before anything is known of it (about one column in fifty)."""
_EFFECTIVE = 12
_ENOUGH = 64


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


def wilson(hits: int, seen: int, z: float = 1.96) -> tuple[float, float]:
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
        named = _named(naming, row.entity, row.family)
        if not row.alone and named <= 0:
            continue
        if not places_:
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
    score = PRIOR + named + likelihood(full, total, row.chance)
    notes: dict[str, object] = {"pattern_rate": round(share, 4)}
    shaped = 0.0
    if row.shape is not None and named >= 2.0:
        ok, tried_shape = _try(row.shape, texts, matched)
        shaped = ok / tried_shape * share if tried_shape else 0.0
        if shaped >= 0.6:
            score = max(score, PRIOR + named + 2.0)
            notes["shape_rate"] = round(shaped, 4)
    weak = row.chance >= 0.02
    if weak and named < 2.0:
        if shape.serial:
            score += VETO * 2
            notes["veto"] = "a running number"
        elif rival is not None and rival[0] in ("EPOCH", "DATED_NUMBER", "DATE_TIME"):
            score += VETO * 2
            notes["veto"] = rival[0]
        elif row.entity == "CN_MOBILE" and total >= 8 and _heads(texts, matched) < min(5, total // 3):
            score += VETO
            notes["veto"] = "one head"
        if full / total < 0.6:
            score = min(score, -1.0)
    elif named < 2.0 and full / total < 0.5:
        score = min(score, -1.0)
    return Candidate(row.entity, score, total, full, row.chance, named, notes)


def _try(check: object, texts: Sequence[str], matched: Sequence[int]) -> tuple[int, int]:
    """Check the matched texts, the first few hundred at most; stop early when the share is plain."""
    hits = tried = 0
    assert callable(check)
    for i in matched[:400]:
        hits += bool(check(texts[i]))
        tried += 1
        if tried in (_ENOUGH, 2 * _ENOUGH):
            low, high = wilson(hits, tried, 2.58)
            if low > 0.75 or high < 0.4:
                break
    return hits, tried


def _heads(texts: Sequence[str], matched: Sequence[int]) -> int:
    return len({"".join(c for c in texts[i] if c.isdigit())[-11:][:3] for i in matched})


def _named(naming: Naming, entity: str, family: str) -> float:
    weight = max(naming.weights.get(entity, 0.0), naming.weights.get(family, 0.0))
    if weight <= 0 and (entity in naming.vetoes or family in naming.vetoes):
        return VETO
    if weight <= 0 and naming.thing:
        return -1.0
    return weight


def persons(sample: Sample, shape: Shape, naming: Naming) -> list[Candidate]:
    """Names of persons."""
    named = _named(naming, "PERSON", "PERSON")
    if sample.kind not in ("text", "binary"):
        return []
    seen = people.measure(sample.texts)
    notes: dict[str, object] = {
        "shape_rate": round(seen.shaped, 4),
        "full_name_rate": round(seen.full, 4),
        "script": seen.script,
    }
    size = seen.seen
    score = PRIOR + named
    if seen.script == "han":
        chance = 0.12
        score += likelihood(round(seen.hits * size), size, chance)
        decisive = seen.hits >= 0.7 and size >= 5
    else:
        chance = 0.3
        weight = min(size, 20) / 20
        by_full = (seen.full - 0.25) * 30
        by_part = (seen.hits - 0.5) * 40
        score += weight * max(-9.0, min(9.0, max(by_full, by_part)))
        decisive = size >= 8 and (seen.full >= 0.4 or seen.hits >= 0.58)
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + (1.5 if seen.shaped >= 0.8 else 0.5) + 2.0 * (seen.hits >= 0.35))
    elif named < 2.0 and not decisive:
        score = min(score, -1.5)
    if named < 2.0 and size >= 8 and shape.unique < 0.02:
        score -= 2.0
        notes["veto"] = "few distinct values"
    return [Candidate("PERSON", score, size, round(seen.hits * size), chance, named, notes)]


def locations(sample: Sample, naming: Naming) -> list[Candidate]:
    """Addresses, and their parts when the column or table is about persons."""
    if sample.kind == "temporal":
        return []
    seen = places.measure(sample.texts)
    named = _named(naming, "LOCATION", "LOCATION")
    part = _named(naming, "LOCATION_PART", "LOCATION_PART")
    size = seen.seen
    chance = 0.005
    score = PRIOR + named + likelihood(round(seen.addresses * size), size, chance)
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + 2.0)
    elif named < 2.0 and seen.addresses < 0.5:
        score = min(score, -1.5)
    notes: dict[str, object] = {"shape_rate": round(seen.shaped, 4)}
    if part > 2.5 and seen.parts >= 0.6:
        part_score = PRIOR + part + 1.5
        if part_score > score:
            score, notes = part_score, {"part_of_address": True, "shape_rate": round(seen.parts, 4)}
    return [Candidate("LOCATION", score, size, round(seen.addresses * size), chance, max(named, part), notes)]


def births(sample: Sample, naming: Naming) -> list[Candidate]:
    """Birth dates."""
    if sample.kind not in ("text", "temporal", "number", "binary"):
        return []
    named = _named(naming, "BIRTH_DATE", "BIRTH_DATE")
    seen = dates.measure(sample.texts, sample.order)
    rate = max(seen.rate, seen.years_only if named >= 2 else 0.0)
    size = min(len(sample.texts), 500)
    score = PRIOR + named
    if rate < 0.5:
        score -= 5.0
    elif (named >= 2.0 and seen.plausible >= 0.8) or seen.years_only >= 0.9:
        score += 3.0 if named >= 2.0 else 0.0
    if named >= 0 and seen.spread:
        score += 5.0
    notes: dict[str, object] = {"spread_like_births": seen.spread, "plausible_rate": round(seen.plausible, 4)}
    return [Candidate("BIRTH_DATE", score, size, round(rate * size), None, named, notes)]


def codes(sample: Sample, naming: Naming) -> list[Candidate]:
    """Gender by its codes, and numbers that only their name explains."""
    out: list[Candidate] = []
    share, proof = coded.gender(sample.texts)
    named = _named(naming, "GENDER", "GENDER")
    if share or named > 0:
        score = PRIOR + named + (6.0 if proof else 2.5 if share >= 0.75 else -5.0 if share < 0.5 else 0.0)
        if not proof and named < 2.0:
            score = min(score, -1.0)
        out.append(
            Candidate("GENDER", score, len(sample.texts), round(share * len(sample.texts)), None, named)
        )
    for entity in coded.MEASURES:
        named = _named(naming, entity, entity)
        if named > 0 and sample.texts:
            rate = coded.within(sample.texts, entity)
            score = PRIOR + named + (1.5 if rate >= 0.9 else -6.0)
            out.append(
                Candidate(entity, score, len(sample.texts), round(rate * len(sample.texts)), None, named)
            )
    return out


def by_name_only(sample: Sample, naming: Naming, known: frozenset[str]) -> list[Candidate]:
    """Entities without a value test: the name decides, unless the values are plainly something else."""
    out: list[Candidate] = []
    for entity, weight in naming.weights.items():
        if entity in known or entity == "LOCATION_PART":
            continue
        score = PRIOR + weight
        notes: dict[str, object] = {"by": "name only"}
        if sample.texts:
            score += _fits(entity, sample)
        out.append(Candidate(entity, score, len(sample.texts), 0, None, weight, notes))
    return out


_LENGTHS = {
    "CARD_SECURITY_CODE": (3, 4),
    "OTP": (3, 10),
    "CARD_EXPIRY": (4, 10),
    "IMSI": (14, 16),
    "QQ": (5, 12),
    "BANK_ACCOUNT": (5, 34),
}


def _fits(entity: str, sample: Sample) -> float:
    """How well values suit an entity that has no validator: −6 for a contradiction, up to 2 for a good
    fit."""
    texts = sample.texts[:200]
    low, high = _LENGTHS.get(
        entity, (4, 30) if entity in wordlists.sections("traits.txt")["needs digits"] else (1, 4096)
    )
    if sample.kind == "boolean" or {t.casefold() for t in texts} <= {
        "0",
        "1",
        "true",
        "false",
        "y",
        "n",
        "yes",
        "no",
        "是",
        "否",
        "t",
        "f",
    }:
        return -6.0
    if entity in wordlists.sections("traits.txt")["has its own form"] or (
        sample.kind in ("temporal", "decimal") and entity not in ("CARD_EXPIRY",)
    ):
        return -6.0
    if entity in wordlists.sections("traits.txt")["needs digits"]:
        good = sum(
            low <= len(t) <= high and sum(c.isdigit() for c in t) >= max(3, len(t) // 3) for t in texts
        ) / len(texts)
        return 1.8 if good >= 0.8 else -6.0 if good < 0.4 else 0.0
    return 1.0
