"""What a detected entity means for the law: one row of ``categories.csv`` for each entity detection can
report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data with the classes that laws and standards put it in.

    ``fideslang``  key of fideslang's default data categories, None for data of no person;
    ``dpv``        IRI in the personal-data extension of W3C's Data Privacy Vocabulary, or None;
    ``pipl_sensitive``  sensitive personal information under PIPL article 28, read with GB/T 35273-2020
    annex B;
    ``jrt0171``    C1, C2 or C3 of JR/T 0171-2020 (personal financial information), or None;
    ``jrt0197``    level 1 to 5 of JR/T 0197-2020 (financial data classification), or None.
    The two financial levels are the usual minimum for one record; volume or combination raises them.
    """

    entity: str
    fideslang: str | None
    dpv: str | None
    pipl_sensitive: bool
    jrt0171: str | None
    jrt0197: int | None
    title_en: str
    title_zh: str
    personal: bool
    source: str


@cache
def all_categories() -> Mapping[str, Category]:
    """Every category by its entity."""
    lines = files("datagov.vocabulary").joinpath("categories.csv").read_text("utf-8").splitlines()
    return MappingProxyType({row["entity"]: _category(row) for row in csv.DictReader(lines)})


def category(entity: str) -> Category:
    """The category of an entity; one that nobody described is personal, not sensitive, and says so in its
    source.

    >>> category("CN_RESIDENT_ID").pipl_sensitive
    True
    """
    known = all_categories().get(entity)
    if known is not None:
        return known
    title = entity.replace("_", " ").capitalize()
    return Category(entity, "user", None, False, None, None, title, entity, True, "no entry in categories.csv")


def known_entity(entity: str) -> str:
    """The entity itself; raises ValueError, with a suggestion, when no category describes it.

    >>> known_entity("PASSPORT")
    'PASSPORT'
    """
    known = all_categories()
    if entity in known:
        return entity
    near = get_close_matches(entity.upper(), known, n=1)
    way_out = f"did you mean {near[0]}" if near else "use one such as PHONE_NUMBER, PERSON or CN_RESIDENT_ID"
    raise ValueError(f"no kind of data has this name; {way_out}")


def _category(row: Mapping[str, str]) -> Category:
    return Category(
        entity=row["entity"],
        fideslang=row["fideslang"] or None,
        dpv=row["dpv"] or None,
        pipl_sensitive=row["pipl_sensitive"] == "yes",
        jrt0171=row["jrt0171"] or None,
        jrt0197=int(row["jrt0197"]) if row["jrt0197"] else None,
        title_en=row["title_en"],
        title_zh=row["title_zh"],
        personal=row["personal"] == "yes",
        source=row["source"],
    )
