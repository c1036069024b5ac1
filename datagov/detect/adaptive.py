"""How many of the drawn rows a column needs: fewer when they plainly are one identifier, more when it is in doubt.

A first look at a quarter of the distinct values settles a column when Wilson's 99 % interval (Wilson 1927) for the
share of values that are one checked identifier lies above nine tenths. A clean column is never settled early: its
bound is what the rows read can exclude. A column is drawn once more, four times as large, when the share of values that
an identifier needs to be told without a name lies inside the 95 % interval of the share that was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from datagov.detect.identifiers import Identifier
from datagov.detect.patterns import PatternSet
from datagov.detect.sample import MAX_ROWS, Sample
from datagov.detect.weigh import wilson

MORE_ROWS = 4 * MAX_ROWS
"""Rows drawn when ``MAX_ROWS`` leave a column in doubt."""
_PARTS = 4
_GLANCE = 16
_FEWEST = 400
"""Distinct values from which a part of them is looked at first."""
_SURE = 0.9
_RARE = 0.02
_Z = 2.58


def settled(sample: Sample, rows: Sequence[Identifier], patterns: PatternSet, seed: int) -> Sample | None:
    """The part of ``sample`` that settles what it is, drawn at random; None when all of it must be read.

    ``patterns`` begins with those of ``rows``. Only identifiers count that values may decide alone and that chance
    passes in at most one of fifty texts.
    """
    if len(sample.texts) < _FEWEST:
        return None
    part = _part(sample, len(sample.texts) // _PARTS, seed)
    glance = part.texts[:_GLANCE]
    likely = [
        row
        for row, found in zip(rows, patterns.hits(glance), strict=False)
        if len(found) == _GLANCE and row.alone is not None and row.chance <= _RARE and all(map(row.check, glance))
    ]
    if not likely:
        return None
    matched = dict(zip((id(row) for row in rows), patterns.hits(part.texts), strict=False))
    for row in likely:
        hits = sum(bool(row.check(part.texts[n])) for n in matched[id(row)])
        if wilson(hits, len(part.texts), _Z)[0] > _SURE:
            return part
    return None


def in_doubt(sample: Sample, seen: Mapping[str, Any], rows: Sequence[Identifier]) -> bool:
    """Can more rows of the array decide what those drawn do not? ``seen`` is the evidence of the verdict on them."""
    if not sample.rows > sample.drawn >= MAX_ROWS or "interval" not in seen:
        return False
    low, high = seen["interval"]
    return any(row.entity == seen["for"] and row.alone is not None and low < row.alone < high for row in rows)


def _part(sample: Sample, size: int, seed: int) -> Sample:
    """Some distinct values with their weights; they stand in the order of the table, where kinds may alternate."""
    chosen = np.random.default_rng(seed).choice(len(sample.texts), size, replace=False).tolist()
    texts, weights = tuple(sample.texts[n] for n in chosen), tuple(sample.weights[n] for n in chosen)
    return replace(sample, texts=texts, weights=weights, read=sum(weights))
