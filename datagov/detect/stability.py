"""Verdicts from night to night: one changes only when what was seen tonight excludes what was said before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from datagov.detect.verdict import Verdict

_SURE = 2.0
"""Log-odds from which a verdict for another entity is no wavering between two readings of the same values."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an earlier run said of a column: its entity, and the interval of the hit rate behind it.

    ``about`` is the entity the interval is about: the given one, or the one that came nearest to being given.
    """

    entity: str | None
    confidence: float
    about: str | None
    low: float
    high: float


def remember(verdict: Verdict) -> Remembered | None:
    """What to keep of a verdict for the next night; None when nothing was examined."""
    if verdict.outcome != "examined":
        return None
    low, high = verdict.evidence.get("interval", (0.0, 1.0))
    return Remembered(verdict.entity, verdict.confidence, verdict.evidence.get("for"), low, high)


def settle(before: Remembered | None, tonight: Verdict) -> Verdict:
    """Tonight's verdict, or the earlier one where tonight's sample does not exclude it.

    The evidence is tonight's either way; ``evidence["kept"]`` says when the earlier verdict stands.
    """
    if before is None or tonight.outcome != "examined" or tonight.entity == before.entity:
        return tonight
    if _excludes(before, tonight):
        return tonight
    kept = {"instead_of": tonight.entity, "interval_before": [before.low, before.high]}
    return replace(
        tonight,
        entity=before.entity,
        confidence=before.confidence,
        bound=tonight.bound if before.entity is None else None,
        evidence={**tonight.evidence, "kept": kept},
    )


def _excludes(before: Remembered, tonight: Verdict) -> bool:
    low, high = tonight.evidence.get("interval", (0.0, 1.0))
    if tonight.evidence.get("for") == before.about:
        return bool(low > before.high or high < before.low)
    odds = float(tonight.evidence.get("log_odds", 0.0))
    return odds > _SURE if tonight.entity else odds < -_SURE
