"""Log-odds → confidence, by the table that ``benchmarks/detection_calibration.py`` fitted on generated
columns."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

from datagov.detect import wordlists
from datagov.detect.naming import Naming

_WORD = 3
"""Letters from which on a part of a name is taken for a word; shorter ones are numbering, as in ``c1`` or ``f_2``."""
Kind = Literal["entity", "denied", "worded", "none", "open"]
"""A verdict with an entity, or one without: on a column whose name speaks for one that the values deny; whose name has
words, none of them for personal data; whose name says nothing, where its values are of a kind that has no room for
persons, or (``open``) of words, codes, numbers or dates."""


def kind(naming: Naming, *, found: bool, is_open: bool) -> Kind:
    """Which table a verdict's confidence is read from."""
    if found:
        return "entity"
    if naming.weights:
        return "denied"
    placeholders = wordlists.sections("traits.txt")["placeholder"]
    if all(token.isdigit() or len(token) < _WORD or token in placeholders for token in naming.tokens):
        return "open" if is_open else "none"
    return "worded"


def confidence(score: float, verdict: Kind) -> float:
    """Share of verdicts of this kind with this score that were right.

    Between the fitted points the table is read in straight lines, outside them its ends hold.
    """
    scores, shares = _table(verdict)
    return float(np.interp(score, scores, shares))


@cache
def _table(verdict: Kind) -> tuple[tuple[float, ...], tuple[float, ...]]:
    lines = files("datagov.detect").joinpath("calibration.csv").read_text("utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["verdict"] == verdict]
    return tuple(float(row["log_odds"]) for row in rows), tuple(float(row["confidence"]) for row in rows)
