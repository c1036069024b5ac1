"""Persons' numbers without a check digit that everybody can compute: told by the birth dates all of them carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from datagov.detect.naming import Naming
from datagov.detect.sample import Sample
from datagov.detect.weigh import PRIOR, Candidate, likelihood, named_weight

_LAYOUTS = {
    "DK_CPR": (re.compile(r"(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)-\d{4}"), 0.04),
    "ID_NIK": (re.compile(r"[1-9]\d{5}(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)\d{4}"), 0.025),
    "EG_NATIONAL_ID": (re.compile(r"[23](?P<y>\d\d)(?P<m>\d\d)(?P<d>\d\d)\d{7}"), 0.006),
}
"""Entity → how its numbers are laid out, and the share of random digits in that layout that hold a date.

Denmark: the control digit is no longer kept since 2007 (cpr.dk). Indonesia: women's days are 40 higher
(Permendagri 72/2022). Egypt: the check digit is not published."""
_LOOKED_AT, _FIRST = 200, 5
_ENOUGH = 20
_NEARLY_ALL = 0.98
_YEARS = 0.25
"""Births lie in many years; the dates in numbers of orders in few: distinct years against numbers, up to a hundred."""


def by_birth(sample: Sample, naming: Naming) -> list[Candidate]:
    """Persons' numbers whose check nobody outside can compute, by the birth date that all of them carry."""
    texts = sample.texts[:_LOOKED_AT]
    found = carried(texts) if sample.kind in ("text", "number") else None
    if found is None:
        return []
    entity, chance = found
    named = named_weight(naming, entity, "NATIONAL_ID")
    score = PRIOR + named + likelihood(len(texts), len(texts), chance)
    return [Candidate(entity, score, len(texts), len(texts), chance, named)]


def carried(texts: Sequence[str]) -> tuple[str, float] | None:
    """(entity, chance) of the layout in which nearly all texts carry a birth date, or None.

    >>> carried([f"{day:02}07{40 + day}-1234" for day in range(1, 29)])
    ('DK_CPR', 0.04)
    """
    if len(texts) < _ENOUGH:
        return None
    for entity, (layout, chance) in _LAYOUTS.items():
        if sum(layout.fullmatch(text) is not None for text in texts[:_FIRST]) < _FIRST - 1:
            continue
        years = [match["y"] for text in texts if (match := layout.fullmatch(text)) and _is_date(match)]
        if len(years) >= _NEARLY_ALL * len(texts) and len(set(years)) >= _YEARS * min(len(texts), 100):
            return entity, chance
    return None


def _is_date(match: re.Match[str]) -> bool:
    day, month, year = (int(match[part]) for part in "dmy")
    with suppress(ValueError):
        date(2000 + year, month, day - 40 if day > 40 else day)
        return True
    return False
