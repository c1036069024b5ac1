"""Verdicts from night to night: one changes only when what was seen tonight excludes what was said before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from datagov.detect.corrections import INSIDE_CELLS, interval
from datagov.detect.verdict import Verdict

_SURE = 2.0
"""Log-odds from which a verdict for another entity is no wavering between two readings of the same values."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier run said of a column: its entity, and the interval of the hit rate behind it.

    ``about`` is the entity the interval is about: the given one, or the one that came nearest to being given.
    ``inside`` maps each entity inside free text to the interval of the share of texts that held it.
    """

    entity: str | None
    confidence: float
    about: str | None
    low: float
    high: float
    inside: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The memory as a mapping that JSON can hold; :func:`recalled` reads it."""
        return {**asdict(self), "inside": {entity: list(seen) for entity, seen in sorted(self.inside.items())}}


def recalled(memory: Mapping[str, Any]) -> Remembered:
    """The memory that ``as_json`` wrote. Raises KeyError or TypeError when it is none."""
    inside = {str(entity): (float(seen[0]), float(seen[1])) for entity, seen in memory["inside"].items()}
    return Remembered(
        entity=memory["entity"],
        confidence=float(memory["confidence"]),
        about=memory["about"],
        low=float(memory["low"]),
        high=float(memory["high"]),
        inside=inside,
    )


def remember(verdict: Verdict) -> Remembered | None:
    """What to keep of a verdict for the next night; None when nothing was examined.

    A verdict that was itself kept is remembered with the interval it was first given for: data that drift a little
    every night do change the verdict in the end.
    """
    if verdict.outcome != "examined":
        return None
    kept = verdict.evidence.get("kept") or {}
    about = kept.get("about", verdict.evidence.get("for"))
    low, high = kept.get("interval_before") or verdict.evidence.get("interval", (0.0, 1.0))
    before = kept.get("inside_before") or {}
    inside = {entity: before.get(entity) or interval(verdict, entity) or (0.0, 1.0) for entity in verdict.contains}
    return Remembered(
        verdict.entity,
        verdict.confidence,
        about,
        low,
        high,
        {entity: (float(seen[0]), float(seen[1])) for entity, seen in inside.items()},
    )


def settle(before: Remembered | None, tonight: Verdict) -> Verdict:
    """Tonight's verdict, or the earlier one where tonight's sample does not exclude it.

    The evidence is tonight's either way; ``evidence["kept"]`` says when the earlier verdict stands. What was found
    inside free text stays reported until tonight's sample excludes the share that was seen; one more find is a find.
    """
    if before is None or tonight.outcome != "examined":
        return tonight
    if tonight.entity != before.entity and not _excludes(before, tonight):
        kept = {"instead_of": tonight.entity, "interval_before": [before.low, before.high], "about": before.about}
        tonight = replace(
            tonight,
            entity=before.entity,
            confidence=before.confidence,
            contains=() if before.entity else tuple(sorted({*tonight.contains, *before.inside})),
            bound=tonight.bound if before.entity is None and not before.inside else None,
            evidence={**tonight.evidence, "kept": kept},
        )
    return _settle_inside(before, tonight)


def _settle_inside(before: Remembered, tonight: Verdict) -> Verdict:
    if tonight.entity is not None:
        return tonight
    still = {
        entity: seen
        for entity, seen in before.inside.items()
        if entity not in tonight.contains and _could_hide(seen, tonight)
    }
    if not still:
        return tonight
    kept = {**tonight.evidence.get("kept", {}), "inside_before": {e: list(seen) for e, seen in sorted(still.items())}}
    contains = tuple(sorted({*tonight.contains, *still}))
    return replace(tonight, contains=contains, bound=None, evidence={**tonight.evidence, "kept": kept})


def _could_hide(seen: tuple[float, float], tonight: Verdict) -> bool:
    """Whether texts that hold an entity as rarely as it may have been would be missed by as many texts as tonight's."""
    texts = min(INSIDE_CELLS, int(tonight.evidence.get("distinct") or 0)) / tonight.evidence.get("alike", 1.0)
    return bool(texts == 0 or seen[0] <= 3.0 / texts)


def _excludes(before: Remembered, tonight: Verdict) -> bool:
    low, high = tonight.evidence.get("interval", (0.0, 1.0))
    if tonight.evidence.get("for") == before.about:
        return bool(low > before.high or high < before.low)
    odds = float(tonight.evidence.get("log_odds", 0.0))
    return odds > _SURE if tonight.entity else odds < -_SURE
