"""Single values: valid numbers of persons found, kind by kind, and broken ones and decoys reported.

    PYTHONPATH=. python benchmarks/detection_values.py

Every value is a text of its own. *Found* counts a valid number reported as its kind at the default threshold;
*doubtful* one reported to a caller who asks for doubtful ones. *Broken* are the same numbers with one figure changed,
reported as their kind; *as another* as any kind at all. The frontier gives the same shares over all kinds for
thresholds between, and the last table how many of the texts with a score are somebody's number.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence

from datagov.detect import ColumnClassifier
from datagov.detect.engine import DOUBTFUL, THRESHOLD
from tests.detect import values

COUNT = 30
DECOYS = 60
SEED = 3
STEPS = (DOUBTFUL, 0.2, 0.3, 0.4, THRESHOLD, 0.6, 0.7, 0.8, 0.9)

Scores = Sequence[Mapping[str, float]]


def scored(texts: Iterable[str], classifier: ColumnClassifier) -> Scores:
    """Per text, what is found in it and how surely."""
    return [{d.entity: d.score for d in classifier.recognise(text, doubtful=True)} for text in texts]


def share(found: Scores, kind: str | None = None, *, over: float = THRESHOLD) -> float:
    """The share of texts in which ``kind``, or anything at all when it is None, is reported from a score on."""
    hits = (any(s >= over and kind in (None, entity) for entity, s in seen.items()) for seen in found)
    return sum(hits) / len(found) if found else 0.0


def mean(shares: Iterable[float]) -> float:
    """The mean; 0 of nothing."""
    known = list(shares)
    return sum(known) / len(known) if known else 0.0


def main() -> None:
    """Print kinds, decoys, the frontier and the reliability of the score."""
    classifier, chance = ColumnClassifier(), random.Random(SEED)
    good = {kind: scored(values.valid(kind, COUNT, chance), classifier) for kind in values.KINDS}
    bad = {kind: scored(values.broken(kind, COUNT, chance), classifier) for kind in values.KINDS}
    decoys = {name: scored(texts, classifier) for name, texts in values.decoys(DECOYS, chance).items()}
    print(f"{'kind':28}{'found':>8}{'any':>8}{'doubtful':>10}{'broken':>9}{'as another':>12}")
    for kind, found in good.items():
        figures = (share(found, kind), share(found), share(found, kind, over=DOUBTFUL))
        print(f"{kind:28}{figures[0]:8.3f}{figures[1]:8.3f}{figures[2]:10.3f}", end="")
        print(f"{share(bad[kind], kind):9.3f}{share(bad[kind]):12.3f}")
    print("\ndecoy                         reported    doubtful")
    for name, found in decoys.items():
        print(f"{name:28}{share(found):10.4f}{share(found, over=DOUBTFUL):12.4f}")
    print("\nscore from   found     any   broken  as another  decoys")
    for step in STEPS:
        kinds = [(share(f, k, over=step), share(f, over=step)) for k, f in good.items()]
        others = [(share(f, k, over=step), share(f, over=step)) for k, f in bad.items() if f]
        row = (*(mean(c) for c in zip(*kinds, strict=True)), *(mean(c) for c in zip(*others, strict=True)))
        false = mean(share(f, over=step) for f in decoys.values())
        print(f"{step:10.2f}{row[0]:8.3f}{row[1]:8.3f}{row[2]:9.3f}{row[3]:12.3f}{false:8.4f}")
    print("\nscore        texts  somebody's")
    true = [max(seen.values()) for found in good.values() for seen in found if seen]
    false_ = [max(seen.values()) for group in (bad, decoys) for found in group.values() for seen in found if seen]
    for low, high in zip((0.1, 0.3, 0.5, 0.7, 0.9), (0.3, 0.5, 0.7, 0.9, 1.01), strict=True):
        yes, no = (sum(low <= s < high for s in scores) for scores in (true, false_))
        print(f"{low:.1f}–{min(high, 1):.1f}{yes + no:11}{yes / max(yes + no, 1):12.3f}")


if __name__ == "__main__":
    main()
