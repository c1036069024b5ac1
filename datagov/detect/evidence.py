"""The evidence of a verdict, as an officer reads it: counts, rates, tokens, a masked shape. Never a value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from datagov.detect import weigh
from datagov.detect.naming import Naming
from datagov.detect.sample import MAX_CELL, Sample
from datagov.detect.weigh import Candidate


def told(
    said: Naming,
    best: Candidate | None,
    ranked: Sequence[Candidate],
    rival: tuple[str, float] | None,
    sample: Sample,
) -> dict[str, Any]:
    """The evidence an officer reads, without a value."""
    shown = best or (ranked[0] if ranked else None)
    told: dict[str, Any] = {
        "tokens": list(said.tokens),
        "name_weights": {entity: round(weight, 2) for entity, weight in said.weights.items()},
        "vetoes": dict(said.vetoes),
        "rival": {"kind": rival[0], "rate": round(rival[1], 4)} if rival else None,
        "masked_shape": mask_shape(sample),
        "opaque_name": said.opaque,
    }
    if shown:
        low, high = weigh.wilson(shown.hits, shown.seen)
        told |= {
            "for": shown.entity,
            "hits": shown.hits,
            "seen": shown.seen,
            "hit_rate": round(shown.rate, 4),
            "chance_rate": shown.chance,
            "interval": [round(low, 4), round(high, 4)],
            "notes": dict(shown.notes),
        }
    return told


class _Forms(dict[int, str]):
    """Code point → the sign that stands for it in a masked shape."""

    def __missing__(self, point: int) -> str:
        sign = chr(point)
        if sign.isdigit():
            return "#"
        if "\u3400" <= sign <= "\u9fff":
            return "字"
        return "a" if sign.isalpha() else " " if sign.isspace() else sign


_FORMS = _Forms()
_FORMS.update({point: _FORMS[point] for point in range(128)})


def mask_shape(sample: Sample) -> str:
    """The most common form of the values: ``#`` a digit, ``a`` a letter, ``字`` a Chinese character, other
    signs kept."""
    counts: dict[str, int] = {}
    for text in sample.texts[:200]:
        form = text[:40].translate(_FORMS)
        counts[form] = counts.get(form, 0) + 1
    return max(counts, key=lambda form: (counts[form], form)) if counts else ""


def partly(sample: Sample) -> str | None:
    """What of the drawn rows was not read in full, in words; None when all was."""
    nested = "with parts nested too deep, too many or no text"
    how = nested if sample.kind == "nested" else f"longer than {MAX_CELL} characters"
    parts = [f"{sample.cut} cells {how} were read in part"] if sample.cut else []
    parts += [f"{sample.unreadable} cells were not text"] if sample.unreadable else []
    return "; ".join(parts) or None


def bound(read: int, *, missed: int = 0, alike: float = 1.0) -> float | None:
    """The share of rows that ``read`` rows without a hit leave possible at 95 %: the rule of three. ``missed`` rows
    were drawn too and could not be read: every one of them may hold something.

    Of rows that were drawn together ``alike`` are taken to be one (Kish's design effect with rho = 1): without a hit
    nothing tells how alike neighbours are, and what one import brought lies in whole blocks.
    """
    if not read:
        return None
    unknown = weigh.wilson(missed / alike, (read + missed) / alike)[1] if missed else 0.0
    return min(1.0, 3.0 * alike / read + unknown)


def alike(of_rows: float, sample: Sample) -> float:
    """How many of the drawn rows came together, when ``of_rows`` of all rows did: a part of the rows, drawn at random,
    holds a part of each row's neighbours."""
    return 1.0 + (max(of_rows, 1.0) - 1.0) * sample.drawn / sample.rows if sample.rows else 1.0


def sigmoid(score: float) -> float:
    """Log-odds as a probability."""
    return 1 / (1 + math.exp(-score))
