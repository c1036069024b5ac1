"""How likely a text that is nothing but one number is somebody's: kinds of persons' numbers against chance.

Every kind whose check the text passes is a hypothesis, weighed by how rarely chance passes that check; the rival is
that the digits mean nothing. Kinds of the same length share the prior, so that one weak check among many says little
and a strong one, or several, say much.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files

from datagov.detect import articles
from datagov.detect.identifiers import Identifier

BARE = 0.3
"""Odds that a number of plain digits is a person's, before its check is looked at: of four of such texts, one."""
GROUPED = 1.0
"""The same of digits grouped as a country groups them: such a layout is seldom anything else."""
LETTERED = 0.5
"""The same of letters and digits in the order of a kind."""
_RARELY = 0.3
_NAMED_CODE = 0.1
_HEADED: Mapping[str, float] = {"CN_MOBILE": 0.93, "CREDIT_CARD": 0.95, "CN_BANK_CARD": 0.95, "CN_RESIDENT_ID": 0.99}
"""Kinds that are told by how they begin and are common wherever they occur."""
_LEAST = 1e-5
_SHORT, _BARE_SHORT = 9, 0.02
"""Fewer digits than these are dates, amounts and running numbers first."""
_ARTICLE = 0.25
"""What the check digit of a barcode takes from the odds: one number in ten has it by chance."""
_MOMENT = 0.1
"""What reading as a moment or a dated number takes from the odds."""


def of_shape(row: Identifier, text: str) -> float:
    """The probability that a text with separators or letters, which passes the row's check, is a person's number."""
    if any(c.isalpha() for c in text):
        odds = LETTERED * (1.0 if row.alone is not None else _NAMED_CODE)
    else:
        odds = GROUPED * (1.0 if row.alone is not None else _RARELY)
    return _probability(odds / max(row.chance, _LEAST))


def of_digits(entities: Iterable[str], digits: str) -> float:
    """The probability that plain digits, which pass the checks of these entities, are a person's number."""
    claims, size = set(entities), len(digits)
    kinds = _kinds().get(size, {})
    shares = sum(weight for weight, _ in kinds.values())
    strength = sum(w / max(chance, _LEAST) for e, (w, chance) in kinds.items() if e in claims)
    headed = max((_HEADED.get(entity, 0.0) for entity in claims), default=0.0)
    if not shares or articles.is_isbn(digits):
        return 0.0
    prior = BARE if size >= _SHORT else _BARE_SHORT
    prior *= _ARTICLE if articles.is_barcode(digits) else 1.0
    prior *= _MOMENT if articles.is_moment(digits) else 1.0
    return max(headed, _probability(prior * strength / shares))


@cache
def _kinds() -> Mapping[int, Mapping[str, tuple[float, float]]]:
    """Number of digits → entity → its weight among the kinds of that length, and its measured chance rate."""
    found: defaultdict[int, dict[str, tuple[float, float]]] = defaultdict(dict)
    lines = files("datagov.detect").joinpath("chances.csv").read_text("utf-8").splitlines()
    for row in csv.DictReader(lines):
        found[int(row["digits"])][row["entity"]] = (float(row["weight"]), float(row["chance"]))
    return found


def _probability(odds: float) -> float:
    return odds / (1 + odds)
