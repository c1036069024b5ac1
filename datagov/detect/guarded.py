"""Recognisers of the user, guarded: whatever they raise or return, the column is not examined and no value is told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from datagov.errors import DatagovError

if TYPE_CHECKING:
    from presidio_analyzer import EntityRecognizer


class RecogniserError(DatagovError):
    """A recogniser of the user failed; what it was to examine is not examined."""


def guarded(recogniser: EntityRecognizer, name: str | None = None) -> EntityRecognizer:
    """The same recogniser, whose failures are sentences that name it and never repeat an error's own text.

    What it finds must be places of the text it was given, with a score from 0 to 1: anything else is a failure too,
    for nobody knows what was meant. Guarding twice does no more than once.
    """
    if isinstance(recogniser.analyze, _Guard):
        return recogniser
    recogniser.analyze = _Guard(recogniser.analyze, name or type(recogniser).__name__)  # type: ignore[method-assign]  # the object's own, for this object only
    return recogniser


class _Guard:
    """``analyze`` of one recogniser."""

    def __init__(self, analyze: Any, name: str) -> None:
        self._analyze = analyze
        self._name = name

    def __call__(self, text: str, *arguments: Any, **named: Any) -> list[Any]:
        try:
            found = self._analyze(text, *arguments, **named)
            results = [] if found is None else list(found)
            wrong = next(filter(None, (_fault(one, text) for one in results)), None)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's own code; its error may hold the value it was given
            raise RecogniserError(f"the recogniser {self._name!r} raised {type(error).__name__}") from None
        if wrong:
            raise RecogniserError(f"the recogniser {self._name!r} returned {wrong}")
        return results


def _fault(one: Any, text: str) -> str | None:
    """What is wrong with a result, in words; None when nothing is."""
    if not isinstance(getattr(one, "entity_type", None), str) or not one.entity_type:
        return "something that is no RecognizerResult"
    if not isinstance(one.score, int | float) or not math.isfinite(one.score) or not 0 <= one.score <= 1:
        return "a score that is not from 0 to 1"
    if not all(isinstance(place, int) for place in (one.start, one.end)) or not 0 <= one.start < one.end <= len(text):
        return "a place outside the text"
    return None
