"""Legal bases of processing: the closed list a declaration may name, and which of them are the same thing.

``legal_bases.csv`` has one row per name: articles are aliases of plain words. Titles in both languages stand in
``terms.json`` as ``legal_basis.NAME``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def meanings() -> Mapping[str, str]:
    """Name, in lower case, to the plain word it means.

    >>> meanings()["pipl-13-1"], meanings()["gdpr-6-1-a"]
    ('consent', 'consent')
    """
    lines = files("datagov.vocabulary").joinpath("legal_bases.csv").read_text("utf-8").splitlines()
    return MappingProxyType({row["legal_basis"].lower(): row["means"] for row in csv.DictReader(lines)})


def names() -> tuple[str, ...]:
    """Every name as it is written in the list."""
    lines = files("datagov.vocabulary").joinpath("legal_bases.csv").read_text("utf-8").splitlines()
    return tuple(row["legal_basis"] for row in csv.DictReader(lines))


def known_basis(name: str) -> str:
    """The name itself; raises ValueError, with a suggestion, when it is not in the list. Case does not matter.

    >>> known_basis("PIPL-13-2")
    'PIPL-13-2'
    """
    if name.lower() in meanings():
        return name
    near = get_close_matches(name.lower(), [known.lower() for known in names()], n=1)
    suggested = next((known for known in names() if near and known.lower() == near[0]), None)
    way_out = f"did you mean {suggested}" if suggested else "use one of " + ", ".join(names())
    raise ValueError(f"no legal basis has this name; {way_out}")
