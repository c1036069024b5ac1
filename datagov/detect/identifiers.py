"""The table of identifiers: one row is one recogniser — pattern, check, chance rate, context. Presidio's
are made from it too."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from datagov.detect import checks


@dataclass(frozen=True, slots=True)
class Identifier:
    """How one kind of identifier looks and is checked.

    ``pattern``  RE2, the whole cell;  ``check`` must hold for a hit;  ``shape`` a weaker check that counts
    when the column's
    name says it is this identifier (fabricated and test numbers), or None;
    ``chance``   measured share of random texts of the same shape (a digit for a digit, a letter for a
    letter) that pass
    pattern and check;
    ``alone``    share of values that must pass for the values to decide without a name, None if they never
    may;
    ``family``   the entity whose names also speak for this one; ``context`` words that lift it inside a text.
    """

    entity: str
    family: str
    pattern: str
    check: checks.Check
    shape: checks.Check | None
    chance: float
    alone: float | None
    context: tuple[str, ...]


@cache
def shipped() -> Sequence[Identifier]:
    """The rows of ``identifiers.csv``."""
    lines = files("datagov.detect").joinpath("identifiers.csv").read_text("utf-8").splitlines()
    return tuple(
        Identifier(
            entity=row["entity"],
            family=row["family"],
            pattern=row["pattern"],
            check=checks.named(row["check"]),
            shape=checks.named(row["shape"]) if row["shape"] else None,
            chance=float(row["chance"]),
            alone=None if row["alone"] == "name" else float(row["alone"]),
            context=tuple(row["context"].split("|")),
        )
        for row in csv.DictReader(lines)
    )


OFFICIAL = frozenset({"NATIONAL_ID", "TAX_ID", "SOCIAL_SECURITY", "HEALTH_ID"})
"""Families whose names are used for one another: a column called ``ssn`` may hold Belgian national
numbers."""


@cache
def families() -> dict[str, str]:
    """Entity → the family whose names also speak for it."""
    return {row.entity: row.family for row in shipped()}
