"""The lexicon: which words of a column name or comment speak for, or against, which entity. A data file
users extend."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from datagov.detect import textfile
from datagov.errors import ConfigError
from datagov.vocabulary.categories import all_categories

Role = Literal["is", "not", "thing", "personal", "mask", "skip"]
_VOICING = "\u3099\u309a"
"""Signs that make another letter of a kana."""
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "æ": "ae", "Æ": "Ae"}
)
_COLUMNS = ("term", "language", "role", "entity", "strength")
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
    ``language``  en, zh, pinyin, initials, or another language's ISO 639 code.
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


def plain(text: str) -> str:
    """A text without accents and vowel signs, so that prénom and prenom are one word; case and spaces are kept.

    >>> plain("Prénom"), plain("Straße"), plain("ชื่อ"), plain("성명"), plain("ガ")
    ('Prenom', 'Strasse', 'ชอ', '성명', 'ガ')
    """
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    kept = "".join(c for c in parts if not unicodedata.category(c).startswith("M") or c in _VOICING)
    return unicodedata.normalize("NFC", kept).translate(_LETTERS)


@cache
def shipped() -> Lexicon:
    """The lexicon that comes with datagov."""
    text = files("datagov.detect").joinpath("lexicon.csv").read_text("utf-8")
    return _build(_rows(text.splitlines(keepends=True), "lexicon.csv"))


def extended(*paths: Path, entities: Collection[str] | None = None) -> Lexicon:
    """The shipped lexicon with the rows of users' files (same five columns) before it.

    ConfigError names the line at fault; one that names no known entity is at fault when ``entities``, those of the
    user's recognisers, are given.
    """
    base = files("datagov.detect").joinpath("lexicon.csv").read_text("utf-8")
    shipped_rows = _rows(base.splitlines(keepends=True), "lexicon.csv")
    known = None if entities is None else {*entities, *all_categories(), *(entry.entity for _, entry in shipped_rows)}
    rows: list[tuple[str, Entry]] = []
    for path in paths:
        text = textfile.read(path, "words")
        rows += _rows(text.splitlines(keepends=True), str(path), known)
    return _build([*rows, *shipped_rows])


def _rows(lines: Iterable[str], file: str, known: Collection[str] | None = None) -> list[tuple[str, Entry]]:
    out: list[tuple[str, Entry]] = []
    reader = csv.DictReader(lines, strict=True)
    try:
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ConfigError(
                f"The first line of the words must name the column {missing[0]!r}; it is {','.join(_COLUMNS)}.",
                file=file,
                line=1,
            )
        for row in reader:
            if None in row:
                raise textfile.too_many_cells(file, reader.line_num)
            role, strength = row.get("role"), row.get("strength") or "0"
            if not row.get("term") or role not in _ROLES or strength not in {"0", "1", "2", "3"}:
                raise ConfigError(
                    "A lexicon row needs term,language,role,entity,strength; the role is one of "
                    f"{', '.join(sorted(_ROLES))} and the strength 0 to 3.",
                    file=file,
                    line=reader.line_num,
                )
            entry = Entry(role, row.get("entity") or "", int(strength), row.get("language") or "")  # type: ignore[arg-type]  # checked against _ROLES above
            if known is not None and role == "is" and entry.entity not in known:
                raise ConfigError(
                    f"There is no entity {entry.entity!r}: a word names one of the list of categories, or one that "
                    "a recogniser of yours finds.",
                    file=file,
                    line=reader.line_num,
                )
            out.append((plain(row["term"]).casefold().replace(" ", "").replace("-", ""), entry))
    except csv.Error:
        raise ConfigError(
            "This line is not valid CSV; check its quotes.", file=file, line=reader.reader.line_num
        ) from None
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
