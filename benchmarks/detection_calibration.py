"""Fits and measures the confidence of verdicts: log-odds → share of right verdicts, by isotonic regression.

    python benchmarks/detection_calibration.py            measure: error of the shipped table on seeds it was
    not fitted on
    python benchmarks/detection_calibration.py --plot     measure, and draw docs/calibration.svg
    python benchmarks/detection_calibration.py --fit FOLDER   fit on other seeds, on the working part of
    ``detection_heldout.py``, whose packages are in FOLDER, and on the looked part of ``detection_fresh.py``, and write
    datagov/detect/calibration.csv

Columns are shown with their name, a vague name and an opaque one, whole and cut to 1, 3, 10 and 40 rows,
and with a fifth of the values
replaced by dirt, so that scores of every height occur.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from detection_sets import clean, personal

from datagov.detect import ColumnClassifier, calibration, identifiers
from datagov.detect.classifier import logit
from datagov.vocabulary.categories import category

TABLE = Path(__file__).parents[1] / "datagov" / "detect" / "calibration.csv"
PLOT = Path(__file__).parents[1] / "docs" / "calibration.svg"
SAME = {
    "CN_MOBILE": "PHONE_NUMBER",
    "CN_BANK_CARD": "CREDIT_CARD",
    "CN_PLATE": "LICENSE_PLATE",
    "CN_PASSPORT": "PASSPORT",
}
OFFICIAL = {row.entity for row in identifiers.shipped() if row.family in identifiers.OFFICIAL} | identifiers.OFFICIAL
KINDS: tuple[calibration.Kind, ...] = ("entity", "denied", "worded", "none", "open")
COLOURS: dict[calibration.Kind, str] = {
    "entity": "#1e56c3",
    "denied": "#7c3aed",
    "worded": "#a16207",
    "none": "#c2410c",
    "open": "#0f766e",
}
SIZES = (1, 3, 10, 40, 150, 150, 150, 150)
_KNOTS = 14
_PERSONAL_KEPT = 0.63
"""The sets hold more personal columns than clean ones; the table is for as many of one as of the other."""


def is_right(found: str | None, wanted: str | None) -> bool:
    """Whether a verdict's entity is the wanted one, families counted as one; on a column of nobody's data an
    organisation's number is right, for by its category it is no personal data."""
    if wanted is None:
        return found is None or not category(found).personal
    if wanted == "*ID":
        return found in OFFICIAL
    return SAME.get(found or "", found) == wanted


Columns = Sequence[tuple[str, str, str | None, Sequence[object]]]
Observation = tuple[float, calibration.Kind, bool]


def generated(seed: int) -> Columns:
    """(table, name, entity, values) of the generated columns."""
    columns: list[tuple[str, str, str | None, Sequence[object]]] = [
        ("t", name, e, values) for _, e, name, values in personal(seed)
    ]
    return [*columns, *(("t", name, None, values) for _, name, values in clean(seed))]


def observations(columns: Columns, seed: int) -> list[Observation]:
    """(log-odds of the leading entity, kind of verdict, whether it was right) of every column shown."""
    classifier, chance, out = ColumnClassifier(), random.Random(seed), []
    for table, name, entity, values in columns:
        size = chance.choice(SIZES)
        texts = [str(value) for value in values[:size] if value is not None]
        if chance.random() < 0.3:
            texts = [text if chance.random() < 0.8 else "n.a. (see note)" for text in texts]
        shown = chance.choice([name, name, "c1", "c1", "value"])
        verdict = classifier.classify(shown, pa.array(texts, pa.string()), table=table if shown == name else "t")
        if verdict.outcome == "examined" and (entity is None or chance.random() < _PERSONAL_KEPT):
            kind = verdict.evidence.get("verdict", "none")
            out.append((logit(verdict), kind, is_right(verdict.entity, entity)))
    return out


def fit(pairs: list[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Isotonic regression (pool adjacent violators) of being right on the log-odds, thinned to a few
    knots."""
    pairs = sorted(pairs)
    groups = [[score, float(right), 1.0] for score, right in pairs]
    pooled: list[list[float]] = []
    for group in groups:
        pooled.append(group)
        while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
            last = pooled.pop()
            before = pooled[-1]
            weight = before[2] + last[2]
            pooled[-1] = [
                (before[0] * before[2] + last[0] * last[2]) / weight,
                (before[1] * before[2] + last[1] * last[2]) / weight,
                weight,
            ]
    scores = np.array([g[0] for g in pooled])
    shares = np.array([(g[1] * g[2] + 1) / (g[2] + 2) for g in pooled])
    knots = np.quantile([s for s, _ in pairs], np.linspace(0, 1, _KNOTS))
    values = np.maximum.accumulate(np.interp(knots, scores, shares))
    table = [(round(float(k), 2), round(float(v), 4)) for k, v in zip(knots, values, strict=True)]
    return [a for a, b in pairwise(table) if b[0] > a[0]] + [table[-1]]


def error(pairs: list[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins of confidence."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in pairs:
        bins.setdefault(min(int(confidence * 10), 9), []).append((confidence, right))
    total = len(pairs)
    return sum(
        len(rows) / total * abs(np.mean([c for c, _ in rows]) - np.mean([r for _, r in rows])) for rows in bins.values()
    )


def plot(seen: Sequence[Observation]) -> str:
    """A reliability diagram as SVG: what was said against what was right, one dot per tenth, its area by verdicts."""
    size, edge = 320, 44
    at = lambda said, was: (edge + said * size, edge / 2 + (1 - was) * size)  # noqa: E731 - a scale is one expression
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 2 * edge} {size + 2 * edge}" '
        'font-family="sans-serif" font-size="11" role="img" aria-label="Confidence said and share that was right">',
        f'<rect width="{size + 2 * edge}" height="{size + 2 * edge}" fill="#fff"/>',
        f'<rect x="{edge}" y="{edge / 2}" width="{size}" height="{size}" fill="none" stroke="#889"/>',
        '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="#bbc" stroke-dasharray="4 4"/>'.format(*at(0, 0), *at(1, 1)),
    ]
    for tick in range(0, 11, 2):
        x, y = at(tick / 10, tick / 10)
        parts.append(f'<text x="{x:.0f}" y="{size + edge / 2 + 15:.0f}" text-anchor="middle">{tick / 10:.1f}</text>')
        parts.append(f'<text x="{edge - 6}" y="{y + 4:.0f}" text-anchor="end">{tick / 10:.1f}</text>')
    for row, (kind, colour) in enumerate(COLOURS.items()):
        pairs = [(calibration.confidence(s, k), r) for s, k, r in seen if k == kind]
        for low in range(10):
            held = [(c, r) for c, r in pairs if min(int(c * 10), 9) == low]
            if held:
                x, y = at(float(np.mean([c for c, _ in held])), float(np.mean([r for _, r in held])))
                radius = 2 + 8 * (len(held) / len(pairs)) ** 0.5
                parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity=".55"/>')
        label = f"verdict: {kind}, {len(pairs)} columns, error {error(pairs):.3f}"
        parts.append(f'<text x="{edge + 10}" y="{edge / 2 + 18 + 15 * row:.0f}" fill="{colour}">{label}</text>')
    parts.append(f'<text x="{edge + size / 2}" y="{size + edge + 12}" text-anchor="middle">confidence said</text>')
    parts.append(
        f'<text transform="translate(12 {edge / 2 + size / 2}) rotate(-90)" text-anchor="middle">share right</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Fit or measure."""
    if "--fit" in sys.argv:
        from detection_fresh import generated as fresh
        from detection_heldout import columns

        seen = [one for seed in range(100, 102) for one in observations(generated(seed), seed)]
        heldout = [(table, name, e, values) for _, table, e, name, values in columns(Path(sys.argv[2]), "working")]
        looked = [(table, name, e, values) for _, table, e, name, values in fresh("looked")]
        seen += [one for seed in range(2) for one in observations([*heldout, *looked], seed)]
        with TABLE.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["verdict", "log_odds", "confidence"])
            for kind in KINDS:
                pairs = [(score, right) for score, was, right in seen if was == kind]
                # How near the best of the losers came says little of whether one of them should have won.
                share = round((sum(right for _, right in pairs) + 1) / (len(pairs) + 2), 4)
                knots = fit(pairs) if kind == "entity" else [(-4.0, share), (0.0, share)]
                writer.writerows((kind, *knot) for knot in knots)
        return
    seen = [one for seed in range(200, 203) for one in observations(generated(seed), seed)]
    if "--plot" in sys.argv:
        PLOT.write_text(plot(seen), "utf-8")
    for kind in KINDS:
        pairs = [(calibration.confidence(s, k), r) for s, k, r in seen if k == kind]
        share = np.mean([right for _, right in pairs])
        print(f"{kind}: {len(pairs)} verdicts, {share:.3f} right, calibration error {error(pairs):.4f}")
        for low in range(10):
            rows = [(c, r) for c, r in pairs if low / 10 <= c < (low + 1) / 10 or (low == 9 and c == 1)]
            if rows:
                said, was = np.mean([c for c, _ in rows]), np.mean([r for _, r in rows])
                print(f"  {low / 10:.1f}-{(low + 1) / 10:.1f}  {len(rows):5}  said {said:.3f}  was {was:.3f}")


if __name__ == "__main__":
    main()
