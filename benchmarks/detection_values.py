"""Single values: valid numbers of persons found, kind by kind, and broken ones and decoys reported.

    PYTHONPATH=. python benchmarks/detection_values.py

Every value is a text of its own. *Found* counts a valid number reported as its kind; *any* one reported as anything.
*Broken* are the same numbers with one figure changed, reported as their kind; *as another* as any kind at all.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from datagov.detect import ColumnClassifier
from datagov.detect.engine import DOUBTFUL
from tests.detect import values

COUNT = 40
DECOYS = 100
SEED = 3


def share(texts: Iterable[str], found: ColumnClassifier, kind: str | None = None, *, over: float = 0.0) -> float:
    """The share of the texts in which ``kind``, or anything at all when it is None, is reported ``over`` a score."""
    seen = [
        {detection.entity for detection in found.recognise(text, doubtful=True) if detection.score > over}
        for text in texts
    ]
    return sum(bool(entities) if kind is None else kind in entities for entities in seen) / len(seen)


def main() -> None:
    """Print one line per kind of number, then one per kind of decoy."""
    classifier, chance = ColumnClassifier(), random.Random(SEED)
    print(f"{'kind':28}{'found':>8}{'any':>8}{'broken':>9}{'as another':>12}")
    rows = []
    for kind in values.KINDS:
        good = values.valid(kind, COUNT, chance)
        bad = list(values.broken(kind, COUNT, chance))
        rows.append(
            (
                share(good, classifier, kind),
                share(good, classifier),
                *((share(bad, classifier, kind), share(bad, classifier)) if bad else (0.0, 0.0)),
            )
        )
        print(f"{kind:28}{rows[-1][0]:8.3f}{rows[-1][1]:8.3f}{rows[-1][2]:9.3f}{rows[-1][3]:12.3f}")
    print(
        f"{'mean':28}"
        + "".join(f"{sum(c) / len(rows):{w}.3f}" for c, w in zip(zip(*rows, strict=True), (8, 8, 9, 12), strict=True))
    )
    print("\ndecoy                         reported  without doubt")
    made = values.decoys(DECOYS, chance)
    shares = {name: (share(texts, classifier), share(texts, classifier, over=DOUBTFUL)) for name, texts in made.items()}
    for name, (every, sure) in shares.items():
        print(f"{name:28}{every:10.4f}{sure:15.4f}")
    means = [sum(column) / len(shares) for column in zip(*shares.values(), strict=True)]
    print(f"{'mean':28}{means[0]:10.4f}{means[1]:15.4f}")


if __name__ == "__main__":
    main()
