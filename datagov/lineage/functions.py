"""How much a function protects what it is given: the table ``functions.csv``, by dialect, and the user's
additions.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files

from datagov.errors import UsageError
from datagov.lineage.model import PROTECTIONS

Functions = Mapping[str, int]


def plain(name: str) -> str:
    """A function's name as it is looked up: lower case, without underscores."""
    return name.lower().replace("_", "")


def _rows() -> Iterator[dict[str, str]]:
    text = files("datagov.lineage").joinpath("functions.csv").read_text(encoding="utf-8")
    yield from csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))


def documented() -> str:
    """The table of functions as Markdown: a row per protection and dialect (``*``: every dialect)."""
    groups: dict[tuple[int, str], list[str]] = {}
    for row in _rows():
        group = groups.setdefault((PROTECTIONS.index(row["protection"]), row["dialect"]), [])
        group.append(f"`{row['function']}`")
    lines = ["| leaves | dialect | functions |", "|---|---|---|"]
    for (protection, dialect), names in sorted(groups.items()):
        lines.append(f"| {PROTECTIONS[protection]} | {dialect} | {' '.join(sorted(set(names)))} |")
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=64)
def _table(dialect: str) -> dict[str, int]:
    out: dict[str, int] = {}
    for row in _rows():
        if row["dialect"] in {"*", dialect}:
            out[plain(row["function"])] = PROTECTIONS.index(row["protection"])
    return out


def functions_for(dialect: str, own: Mapping[str, str] | None = None) -> Functions:
    """Function name (lower case) to the number of its protection, the user's ``own`` names on top.

    Raises UsageError when ``own`` names a protection that does not exist.
    """
    if not own:
        return _table(dialect)
    out = dict(_table(dialect))
    for name, protection in own.items():
        if protection not in PROTECTIONS:
            known = ", ".join(PROTECTIONS)
            raise UsageError(f"The function {name!r} has a protection lineage does not know. Known: {known}.")
        out[plain(name)] = PROTECTIONS.index(protection)
    return out
