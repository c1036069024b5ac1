"""Log-odds → confidence, by the table that ``benchmarks/detection_calibration.py`` fitted on generated
columns."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np

Kind = Literal["entity", "none", "open"]
"""A verdict with an entity; one without; one without on a column whose name is opaque and whose values are of no kind
that excludes persons."""


def confidence(score: float, kind: Kind) -> float:
    """Share of verdicts of this kind with this score that were right.

    Between the fitted points the table is read in straight lines, outside them its ends hold.
    """
    scores, shares = _table(kind)
    return float(np.interp(score, scores, shares))


@cache
def _table(verdict: Kind) -> tuple[tuple[float, ...], tuple[float, ...]]:
    lines = files("datagov.detect").joinpath("calibration.csv").read_text("utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["verdict"] == verdict]
    return tuple(float(row["log_odds"]) for row in rows), tuple(float(row["confidence"]) for row in rows)
