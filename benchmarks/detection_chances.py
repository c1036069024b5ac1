"""How often chance alone passes for a number of a person: the figures of ``identifiers.csv`` and ``chances.csv``.

    PYTHONPATH=. python benchmarks/detection_chances.py

Rewrites ``datagov/detect/chances.csv`` (plain digits of one length) and prints the rows of
``datagov/detect/identifiers.csv`` whose ``chance`` is not the measured one (texts drawn from the pattern and scrambled,
a digit for a digit and a letter for a letter). Seeded: the same tables give the same figures.
"""

from __future__ import annotations

import csv
import random
import re
from collections import defaultdict
from pathlib import Path

import datagov.detect
from datagov.detect import identifiers
from datagov.detect.identifiers import Identifier
from tests.detect import shapes

FOLDER = Path(datagov.detect.__file__).parent
DRAWS = 20_000
SCRAMBLED = 4_000
LENGTHS = range(6, 20)
UNMEASURED = frozenset({"email", "ip", "iban", "swift", "address", "ether"})
WORD_ONLY = frozenset({"always", "numbered", "dated"})
SEED = 1
MEANINGLESS = 0.4
"""A check that more random digits pass is no check."""


def bare(rows: list[Identifier]) -> dict[tuple[int, str], tuple[float, float]]:
    """(digits, entity) → its weight among the kinds of that length and the share of random digits that pass."""
    chance = random.Random(SEED)
    found: dict[tuple[int, str], tuple[float, float]] = {}
    for digits in LENGTHS:
        texts = ["".join(chance.choices("0123456789", k=digits)) for _ in range(DRAWS)]
        passed: defaultdict[str, set[int]] = defaultdict(set)
        weights: dict[str, float] = {}
        for row in rows:
            if row.check.__name__ in WORD_ONLY or row.entity in ("IP_ADDRESS", "SM_COE"):
                continue
            pattern = re.compile(row.pattern) if r"\p" not in row.pattern else None
            if pattern is None:
                continue
            hits = {i for i, text in enumerate(texts) if pattern.fullmatch(text) and row.check(text)}
            if hits:
                passed[row.entity] |= hits
                weights[row.entity] = max(weights.get(row.entity, 0.0), 1.0 if row.alone is not None else 0.3)
        for entity, hits in passed.items():
            if len(hits) > MEANINGLESS * DRAWS:
                continue
            found[digits, entity] = (weights[entity], max(len(hits), 3) / DRAWS)
    return found


def drawn(row: Identifier, chance: random.Random) -> float:
    """The share of scrambled texts of the row's pattern that pass pattern and check."""
    pattern = re.compile(row.pattern)
    texts = [shapes.scramble(shapes.draw(row.pattern, chance), chance) for _ in range(SCRAMBLED)]
    return sum(pattern.fullmatch(text) is not None and row.check(text) for text in texts) / SCRAMBLED


def main() -> None:
    """Write the table of plain digits, and say which rows of the other one are off."""
    rows = list(identifiers.shipped())
    with (FOLDER / "chances.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("digits", "entity", "weight", "chance"))
        for (digits, entity), (weight, share) in sorted(bare(rows).items()):
            writer.writerow((digits, entity, f"{weight:g}", f"{share:.2g}"))
    chance = random.Random(SEED)
    for row in rows:
        if row.check.__name__ not in UNMEASURED and not (row.check.__name__ == "always" and row.alone is not None):
            measured = drawn(row, chance)
            if abs(measured - row.chance) > 0.25 * row.chance + 0.001:
                print(f"{row.entity:32}{row.chance:8.4f} -> {measured:8.4f}")


if __name__ == "__main__":
    main()
