"""Judges: what the values and the name say for entities that are no checked identifier — names, addresses,
dates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from datagov.detect import coded, dates, dialling, people, phones, places, wordlists
from datagov.detect.naming import VETO, Naming
from datagov.detect.rivals import Shape
from datagov.detect.sample import Sample
from datagov.detect.weigh import PRIOR, Candidate, likelihood, named_weight

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer
    from presidio_analyzer.nlp_engine import NlpArtifacts

_PLATE = re.compile(r"(?=.*\d)[^\W_][\w ·.-]{1,10}[^\W_]")
_FEW = 12
_NAMES, _FULLY = 12, 5
_NAMES_ONLY, _SOME_ONLY, _SOME_HITS = 0.5, 0.4, 0.27
_PART_OF_NAMES = 0.75
_THING = 4.0
_PLACE = 10.0
"""Cities and streets are called after persons: where the name says that they are those, the values are no reason."""
_NO_TELEPHONE = ("DATE_TIME", "DECIMAL", "DATED_NUMBER", "VERSION", "EPOCH")
_POSTCODE_OF_BRAZIL = re.compile(r"\d{5}-?\d{3}")
_CODED_CELLS = 50
_CODED_CHANCE = 0.05
_LENGTHS = {
    "CARD_SECURITY_CODE": (3, 4),
    "OTP": (3, 10),
    "CARD_EXPIRY": (4, 10),
    "IMSI": (14, 16),
    "QQ": (5, 12),
    "BANK_ACCOUNT": (5, 34),
}


def reread(naming: Naming, sample: Sample) -> Naming:
    """The name without what the values rule out.

    A word for telephones that is also one for postcodes (``cep``: Turkish a mobile, Portuguese a postcode) is the
    latter where the values are laid out so."""
    if "PHONE_NUMBER" not in naming.weights or "LOCATION_PART" not in {*naming.weights, *naming.vetoes}:
        return naming
    texts = sample.texts[:200]
    if sum(_POSTCODE_OF_BRAZIL.fullmatch(text) is not None for text in texts) < 0.8 * len(texts):
        return naming
    return replace(naming, weights={e: weight for e, weight in naming.weights.items() if e != "PHONE_NUMBER"})


def telephones(sample: Sample, naming: Naming, rival: tuple[str, float] | None) -> list[Candidate]:
    """Telephone numbers."""
    named = named_weight(naming, "PHONE_NUMBER", "PHONE_NUMBER")
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
        # One layout for all values is also how part numbers look; North America really writes one.
        score += (7.0 if seen.layouts > 1 else 5.0 if seen.region == "US" else 3.0) * sure
    elif seen.formatted >= 0.95 and seen.layouts >= 3 and seen.shaped >= 0.95:
        score += 5.0 * sure
    other = rival is not None and rival[0] in _NO_TELEPHONE
    if score < 1.0 and named < 2.0 and seen.shaped >= 0.9 and not other and sample.kind == "text":
        score = max(score, PRIOR + named + dialling.as_dialled(sample.texts[:120]))
    if score < 1.0 and named < 2.0 and seen.shaped >= 0.9 and not other:
        score = max(score, PRIOR + named + _by_layout(sample.texts[:120]) * sure)
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + 2.5)
    if named < 2.0 and other:
        score += 2 * VETO
    notes: dict[str, object] = {
        "plus_rate": round(seen.plus, 4),
        "formatted_rate": round(seen.formatted, 4),
        "shape_rate": round(seen.shaped, 4),
        "layouts": seen.layouts,
        "region": seen.region,
    }
    return [Candidate("PHONE_NUMBER", score, size, round(max(seen.valid, seen.plus) * size), 0.02, named, notes)]


def _by_layout(texts: Sequence[str]) -> float:
    """Log-odds of numbers without a country's sign: by brackets, extensions, or a plan that chance does not meet."""
    if dialling.bracketed(texts) >= 0.8 or dialling.extended(texts) >= 0.1:
        return 6.5
    plan = dialling.plan(texts)
    return likelihood(len(texts), len(texts), plan.chance) if plan and plan.chance <= 0.6 else 0.0


def coded_by_users(recognisers: Sequence[EntityRecognizer], sample: Sample, naming: Naming) -> list[Candidate]:
    """Recognisers that are code: the share of cells of which they take four fifths or more."""
    out: list[Candidate] = []
    texts = sample.texts[:_CODED_CELLS]
    for recogniser in recognisers:
        hits: dict[str, int] = {}
        for text in texts:
            # Cells have no NLP artifacts: a recogniser that needs them works on free text only.
            nothing = cast("NlpArtifacts", None)
            found = recogniser.analyze(text, recogniser.supported_entities, nothing)
            for entity in {r.entity_type for r in found if r.score >= 0.5 and r.end - r.start >= 0.8 * len(text)}:
                hits[entity] = hits.get(entity, 0) + 1
        for entity, count in hits.items():
            named = named_weight(naming, entity, entity)
            score = PRIOR + named + likelihood(count, len(texts), _CODED_CHANCE)
            out.append(
                Candidate(entity, score, len(texts), count, _CODED_CHANCE, named, {"by": type(recogniser).__name__})
            )
    return out


def persons(sample: Sample, shape: Shape, naming: Naming) -> list[Candidate]:
    """Names of persons."""
    named = named_weight(naming, "PERSON", "PERSON")
    if sample.kind not in ("text", "binary"):
        return []
    seen = people.measure(sample.texts)
    notes: dict[str, object] = {
        "shape_rate": round(seen.shaped, 4),
        "full_name_rate": round(seen.full, 4),
        "only_names_rate": round(seen.only, 4),
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
        by_full = (seen.full - 0.2) * 30
        by_part = (seen.hits - 0.47) * 40
        score += weight * max(-9.0, min(9.0, max(by_full, by_part)))
        decisive = size >= 8 and (seen.full >= 0.34 or seen.hits >= 0.57)
        only = seen.only >= _NAMES_ONLY or (seen.only >= _SOME_ONLY and seen.hits >= _SOME_HITS)
        if size >= _NAMES and only and seen.shaped >= 0.8:
            score = max(score, PRIOR + named + 5.0 + max(0.0, min(4.0, 20 * (seen.only - _NAMES_ONLY))))
            decisive = True
        if size >= _FULLY and seen.full >= 0.8:
            score = max(score, PRIOR + named + 5.0)
            decisive = True
        letters = people.by_letters(seen)
        if letters > 0:
            score = max(score, PRIOR + named + 4.5 + min(letters, 3.0))
            decisive = True
    part = people.part_of_names(sample.texts[:200])
    if part >= _PART_OF_NAMES:
        score = max(score, PRIOR + named + 5.5 + 10 * (part - _PART_OF_NAMES))
        decisive = True
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + (1.5 if seen.shaped >= 0.8 else 0.5) + 2.0 * (seen.hits >= 0.35))
    elif named < 2.0 and not decisive:
        score = min(score, -1.5)
    if named < 2.0 and score > 0 and people.of_things(sample.texts):
        score -= 8.0
        notes["veto"] = "words of companies or streets"
    if named < 2.0 and size >= 8 and (shape.unique < 0.02 or (shape.unique < 0.15 and seen.full < 0.5)):
        score -= 6.0
        notes["veto"] = "few distinct values"
    return [Candidate("PERSON", score, size, round(seen.hits * size), chance, named, notes)]


def accounts(sample: Sample, naming: Naming) -> list[Candidate]:
    """User names that are made of persons' names: anna.lind, jsmith42."""
    named = named_weight(naming, "USERNAME", "USERNAME")
    if sample.kind != "text" or named >= 2.0:
        return []
    seen = people.handles(sample.texts)
    if not seen:
        return []
    score = PRIOR + named + (6.0 if len(sample.texts) >= _NAMES and seen >= 0.6 else -3.0)
    size = min(len(sample.texts), 60)
    return [Candidate("USERNAME", score, size, round(seen * size), 0.1, named)]


def locations(sample: Sample, shape: Shape, naming: Naming) -> list[Candidate]:
    """Addresses, and their parts when the column or table is about persons."""
    if sample.kind == "temporal":
        return []
    seen = places.measure(sample.texts)
    named = named_weight(naming, "LOCATION", "LOCATION")
    part = named_weight(naming, "LOCATION_PART", "LOCATION_PART")
    size = seen.seen
    chance = 0.005
    score = PRIOR + named + likelihood(round(seen.addresses * size), size, chance)
    if size >= 8 and seen.laid_out >= 0.85 and seen.addresses >= 0.12:
        score = max(score, PRIOR + named + 3.0 + 8.0 * seen.addresses)
    elif size >= 20 and seen.laid_out >= 0.95 and max(seen.in_parts, seen.foreign) >= 0.6:
        score = max(score, PRIOR + named + (5.5 if seen.in_parts >= 0.6 else 4.6))
    elif size >= 20 and (seen.numbered >= 0.92 or seen.housed >= 0.84):
        score = max(score, PRIOR + named + 4.6)
    elif part > 0 and seen.laid_out >= 0.6:
        score = max(score, PRIOR + part + 3.0)
    if shape.rates.get("JSON", 0.0) >= 0.5:
        score -= 8.0
    if named >= 2.0 and seen.shaped >= 0.6:
        score = max(score, PRIOR + named + 2.0)
    elif named < 2.0 and seen.addresses < 0.5 and max(seen.laid_out, seen.housed) < 0.84:
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
    named = named_weight(naming, "BIRTH_DATE", "BIRTH_DATE")
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
    told = coded.told(sample.texts, sample.weights)
    share, proof = coded.gender(told)
    named = named_weight(naming, "GENDER", "GENDER")
    if share or named > 0:
        score = PRIOR + named + (6.0 if proof else 2.5 if share >= 0.75 else -5.0 if share < 0.5 else 0.0)
        if not proof and named < 2.0:
            score = min(score, -1.0)
        out.append(Candidate("GENDER", score, len(sample.texts), round(share * len(sample.texts)), None, named))
    closed = coded.vocabulary(told)
    if closed:
        named = named_weight(naming, closed, closed)
        out.append(Candidate(closed, PRIOR + named + 6.0, len(sample.texts), len(sample.texts), None, named))
    if naming.opaque and sample.kind == "text" and coded.positions(sample.texts[:200]) >= 0.95:
        size = min(len(sample.texts), 200)
        out.append(Candidate("GEO_LOCATION", PRIOR + likelihood(size, size, 0.2), size, size, 0.2, 0.0))
    for entity in coded.MEASURES:
        named = named_weight(naming, entity, entity)
        if named > 0 and sample.texts:
            rate = coded.within(sample.texts, entity)
            score = PRIOR + named + (1.5 if rate >= 0.9 else -6.0)
            out.append(Candidate(entity, score, len(sample.texts), round(rate * len(sample.texts)), None, named))
    return out


def against_the_name(found: Sequence[Candidate], naming: Naming) -> list[Candidate]:
    """A name that says something else counts against what only the values say, unless chance is as good as
    excluded."""
    rival = max((weight for weight in naming.weights.values()), default=0.0)
    named_thing = _THING if naming.thing and not naming.weights else 0.0
    out = []
    for candidate in found:
        sure = candidate.chance is not None and candidate.chance <= 0.001
        few = candidate.chance is not None and candidate.chance >= 0.02 and candidate.seen < _FEW
        weak = few or candidate.entity in ("PERSON", "LOCATION", "BIRTH_DATE")
        if candidate.named <= 0 and not sure:
            less = max(rival if rival >= 2.0 else 0.0, named_thing if weak else 0.0)
            if candidate.entity == "PERSON" and "LOCATION_PART" in {*naming.weights, *naming.vetoes}:
                less = max(less, _PLACE)
            candidate = replace(candidate, score=candidate.score - less)
        out.append(candidate)
    return out


def by_name_only(sample: Sample, naming: Naming, judged: Sequence[Candidate]) -> list[Candidate]:
    """Entities without a value test: the name decides, unless the values are plainly something else.

    Numbers that failed their check (test data, fabricated or masked numbers) still count as what the
    column is
    called, when they have that number's length; an entity with a form of its own is judged by its form alone.
    """
    known = {candidate.entity for candidate in judged}
    digits = wordlists.sections("traits.txt")["needs digits"]
    out: list[Candidate] = []
    for entity, weight in naming.weights.items():
        if (entity in known and entity not in digits) or entity == "LOCATION_PART":
            continue
        score = PRIOR + weight
        notes: dict[str, object] = {"by": "name only"}
        if sample.texts:
            score += _fits(entity, sample)
        out.append(Candidate(entity, score, len(sample.texts), 0, None, weight, notes))
    return out


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
        sample.kind in ("temporal", "decimal") and entity not in ("CARD_EXPIRY", "HEALTH")
    ):
        return -6.0
    if entity == "HEALTH" and sample.kind in ("number", "decimal"):
        return 0.0
    if entity in wordlists.sections("traits.txt")["is in words"] and sample.kind in ("number", "decimal"):
        return -6.0
    if entity == "LICENSE_PLATE":
        return 1.8 if sum(_PLATE.fullmatch(t) is not None for t in texts) >= 0.8 * len(texts) else -6.0
    if entity in wordlists.sections("traits.txt")["needs digits"]:
        good = sum(low <= len(t) <= high and sum(c.isdigit() for c in t) >= max(3, len(t) // 3) for t in texts) / len(
            texts
        )
        return 1.8 if good >= 0.8 else -6.0 if good < 0.4 else 0.0
    return 1.0
