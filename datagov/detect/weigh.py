"""Evidence → log-odds per entity: what the name says, what the values say, what chance alone would have
given."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from datagov.detect import coded, dates, people, phones, places, wordlists
from datagov.detect.identifiers import OFFICIAL, Identifier
from datagov.detect.naming import VETO, Naming
from datagov.detect.rivals import Shape
from datagov.detect.sample import Sample

PRIOR = -4.0
"""Log-odds that a column is one given entity before anything is known of it (about one column in fifty)."""
_SEPARATED = re.compile(r"(?<=\w)[-./ ](?=\w)")
_EFFECTIVE = 12
_ENOUGH = 64
_THING = 4.0


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
        if row.alone is None and named <= 0:
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
        veto = _veto(row, texts, matched, shape, rival)
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
    shape: Shape,
    rival: tuple[str, float] | None,
) -> str | None:
    """Why values that pass a weak check are something else all the same."""
    if row.entity == "IP_ADDRESS" and _small_octets(texts, matched):
        return "version numbers"
    if row.chance < 0.02:
        return None
    if shape.serial:
        return "a running number"
    if rival is not None and rival[0] in ("EPOCH", "DATED_NUMBER", "DATE_TIME"):
        return rival[0]
    if row.entity == "CN_MOBILE" and len(texts) >= 8 and _heads(texts, matched) < min(5, len(texts) // 3):
        return "one head"
    return None


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


def _small_octets(texts: Sequence[str], matched: Sequence[int]) -> bool:
    """Four small numbers with dots are a version; addresses of a network use the whole byte."""
    octets = [
        int(part)
        for i in matched
        for part in re.findall(r"\d+", texts[i])
        if "." in texts[i] and len(part) < 4
    ]
    return bool(octets) and max(octets) < 64


def _heads(texts: Sequence[str], matched: Sequence[int]) -> int:
    return len({"".join(c for c in texts[i] if c.isdigit())[-11:][:3] for i in matched})


def _named(naming: Naming, entity: str, family: str) -> float:
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


def telephones(sample: Sample, naming: Naming, rival: tuple[str, float] | None) -> list[Candidate]:
    """Telephone numbers."""
    named = _named(naming, "PHONE_NUMBER", "PHONE_NUMBER")
    seen = phones.measure(sample.texts)
    if not seen.shaped:
        return []
    size = seen.seen
    sure = min(size, 10) / 10
    score = PRIOR + named
    if seen.plus >= 0.6:
        score += 9.0 * sure
    elif seen.plus >= 0.15 and seen.shaped >= 0.95:
        score += 6.0 * sure
    elif seen.formatted >= 0.6 and seen.valid >= 0.7 and sample.kind == "text":
        score += (7.0 if seen.layouts > 1 else 5.0) * sure
    elif (seen.formatted >= 0.9 and seen.layouts >= 4 and seen.shaped >= 0.95) or (
        seen.valid >= 0.95 and sample.kind == "text"
    ):
        score += 5.0 * sure
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + 2.5)
    if named < 2.0 and rival is not None and rival[0] in ("DATE_TIME", "DECIMAL", "DATED_NUMBER", "VERSION"):
        score += 2 * VETO
    notes: dict[str, object] = {
        "plus_rate": round(seen.plus, 4),
        "formatted_rate": round(seen.formatted, 4),
        "shape_rate": round(seen.shaped, 4),
        "layouts": seen.layouts,
        "region": seen.region,
    }
    return [
        Candidate("PHONE_NUMBER", score, size, round(max(seen.valid, seen.plus) * size), 0.02, named, notes)
    ]


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
    if size >= 8 and seen.laid_out >= 0.85 and seen.addresses >= 0.12:
        score = max(score, PRIOR + named + 3.0 + 8.0 * seen.addresses)
    elif size >= 20 and seen.laid_out >= 0.95 and max(seen.in_parts, seen.foreign) >= 0.6:
        score = max(score, PRIOR + named + (5.5 if seen.in_parts >= 0.6 else 4.6))
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + 2.0)
    elif named < 2.0 and seen.addresses < 0.5 and seen.laid_out < 0.85:
        score = min(score, -1.5)
    notes: dict[str, object] = {"shape_rate": round(seen.shaped, 4), "laid_out_rate": round(seen.laid_out, 4)}
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


def against_the_name(found: Sequence[Candidate], naming: Naming) -> list[Candidate]:
    """A name that says something else counts against what only the values say, unless chance is as good as
    excluded."""
    rival = max((weight for weight in naming.weights.values()), default=0.0)
    named_thing = _THING if naming.thing and not naming.weights else 0.0
    out = []
    for candidate in found:
        sure = candidate.chance is not None and candidate.chance <= 0.001
        weak = candidate.entity in ("PERSON", "LOCATION", "BIRTH_DATE")
        if candidate.named <= 0 and not sure:
            less = max(rival if rival >= 2.0 else 0.0, named_thing if weak else 0.0)
            candidate = replace(candidate, score=candidate.score - less)
        out.append(candidate)
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
    if entity in wordlists.sections("traits.txt")["is in words"] and sample.kind in ("number", "decimal"):
        return -6.0
    if entity in wordlists.sections("traits.txt")["needs digits"]:
        good = sum(
            low <= len(t) <= high and sum(c.isdigit() for c in t) >= max(3, len(t) // 3) for t in texts
        ) / len(texts)
        return 1.8 if good >= 0.8 else -6.0 if good < 0.4 else 0.0
    return 1.0
