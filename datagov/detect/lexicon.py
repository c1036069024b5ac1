"""The lexicon: which words of a column name or comment speak for, or against, which entity. A data file
users extend."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from datagov.errors import ConfigError

Role = Literal["is", "not", "thing", "personal", "mask", "skip"]
_ROLES = frozenset({"is", "not", "thing", "personal", "mask", "skip"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One meaning of a term.

    ``role``      "is": the term names ``entity`` with ``strength`` 1 to 3; "not": a column headed by the
    term is not what
                  stands before it (email *type*); "thing": a name or number of it is no person's
                  (*product* name);
                  "personal": it makes persons the subject (*customer*); "mask": ``entity`` is a kind of
                  masking;
                  "skip": the term says nothing (no, num, new).
    ``language``  en, zh, pinyin or initials.
    """

    role: Role
    entity: str
    strength: int
    language: str


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Terms without their spaces → meanings; ``longest`` is the length in characters of the longest term."""

    terms: Mapping[str, tuple[Entry, ...]]
    longest: int

    def get(self, term: str) -> tuple[Entry, ...]:
        """Meanings of a term, () when it is unknown."""
        return self.terms.get(term, ())


@cache
def shipped() -> Lexicon:
    """The lexicon that comes with datagov."""
    text = files("datagov.detect").joinpath("lexicon.csv").read_text("utf-8")
    return _build(_rows(text.splitlines(), "lexicon.csv"))


def extended(path: Path) -> Lexicon:
    """The shipped lexicon with a user's rows (same five columns) before it; ConfigError names the line at
    fault."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError("The lexicon cannot be read as UTF-8 text; check its path.", file=str(path)) from None
    base = files("datagov.detect").joinpath("lexicon.csv").read_text("utf-8")
    return _build([*_rows(lines, str(path)), *_rows(base.splitlines(), "lexicon.csv")])


def _rows(lines: Iterable[str], file: str) -> list[tuple[str, Entry]]:
    out: list[tuple[str, Entry]] = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        role, strength = row.get("role"), row.get("strength") or "0"
        if not row.get("term") or role not in _ROLES or strength not in {"0", "1", "2", "3"}:
            raise ConfigError(
                "A lexicon row needs term,language,role,entity,strength; the role is one of "
                f"{', '.join(sorted(_ROLES))} and the strength 0 to 3.",
                file=file,
                line=number,
            )
        entry = Entry(role, row.get("entity") or "", int(strength), row.get("language") or "")  # type: ignore[arg-type]  # checked against _ROLES above
        out.append((row["term"].casefold().replace(" ", ""), entry))
    return out


def _build(rows: Iterable[tuple[str, Entry]]) -> Lexicon:
    terms: dict[str, list[Entry]] = {}
    for term, entry in rows:
        known = terms.setdefault(term, [])
        if not any(e.role == entry.role and e.entity == entry.entity for e in known):
            known.append(entry)
    return Lexicon(
        MappingProxyType({term: tuple(entries) for term, entries in terms.items()}),
        max(map(len, terms), default=0),
    )
