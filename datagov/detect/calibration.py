"""Log-odds → confidence, by the table that ``benchmarks/detection_calibration.py`` fitted on generated
columns."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np


def confidence(score: float, *, given: bool) -> float:
    """Share of verdicts with this score that were right; ``given`` tells a verdict with an entity from one
    without.

    Between the fitted points the table is read in straight lines, outside them its ends hold.
    """
    scores, shares = _table("entity" if given else "none")
    return float(np.interp(score, scores, shares))


@cache
def _table(verdict: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    lines = files("datagov.detect").joinpath("calibration.csv").read_text("utf-8").splitlines()
    rows = [row for row in csv.DictReader(lines) if row["verdict"] == verdict]
    return tuple(float(row["log_odds"]) for row in rows), tuple(float(row["confidence"]) for row in rows)
