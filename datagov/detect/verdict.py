"""What detection says: a verdict on a column, and a detection inside a text. Neither ever holds a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["examined", "not_examined"]

FAILED = "the examination failed"
"""How the reason of a verdict begins when an unexpected error, not the data, kept a column from being examined."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One place in a text: ``text[start:end]`` is an ``entity`` with a ``score`` from 0 to 1."""

    entity: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """An entity that competed for a column and lost, with the confidence it would have had."""

    entity: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one column is.

    ``entity``      what the column is (a key of ``datagov.vocabulary.categories``), or None.
    ``confidence``  0 to 1, calibrated: of the verdicts given with .9, nine in ten are right. For a column
    without
                    an entity it is the confidence that it has none.
    ``contains``    entities found inside free text, JSON or nested values, apart from what the column is.
    ``masking``     None, or how the values are protected: "partial", "hash", "token" or "redacted".
    ``bound``       for a clean column: the largest share of rows (0 to 1) holding a recognisable
    identifier that
                    the examined rows cannot exclude at 95 % (rule of three, 3/n); None when nothing was
                    examined
                    or something was found.
    ``examined``    rows whose cells were read in full; ``outcome`` and ``reason`` say what was not.
    ``evidence``    JSON-able: counts, hit rate, chance rate, interval, name tokens, vetoes, a masked shape.
    """

    entity: str | None
    confidence: float
    contains: tuple[str, ...] = ()
    masking: str | None = None
    bound: float | None = None
    runners_up: tuple[RunnerUp, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    examined: int = 0
    outcome: Outcome = "examined"
    reason: str | None = None
