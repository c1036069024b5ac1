"""Whom the rows of a table are about, told by what its columns hold where no name says it."""

from __future__ import annotations

from collections.abc import Mapping

from datagov.detect import naming
from datagov.detect.identifiers import OFFICIAL, families
from datagov.detect.lexicon import Lexicon
from datagov.detect.verdict import Verdict
from datagov.vocabulary.categories import category

_SURE = 0.9
_MOSTLY = 0.5
_CONTACTS = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "CN_MOBILE"})


def shown(table: str | None, verdicts: Mapping[str, Verdict], lexicon: Lexicon) -> tuple[str, ...]:
    """The columns whose values show that each row is about a person; () when they do not, or when names speak.

    Enough are persons' official numbers, or names of persons with a birth date, an e-mail address or a telephone number
    beside them: one address alone may be that of whoever looks after a thing. Columns that name a role
    (``manager_email``) say nothing of the row. A table or a column named after things, or an organisation's number,
    speaks against it: a shop has a manager, and its city is no part of his address.
    """
    if _named(table, verdicts, lexicon):
        return ()
    sure = {name: verdict.entity for name, verdict in verdicts.items() if _by_values(verdict)}
    if any(_of_organisations(entity) for entity in sure.values()):
        return ()
    plain = {name: entity for name, entity in sure.items() if not _has_role(name, lexicon)}
    numbers = [name for name, entity in plain.items() if families().get(str(entity)) in OFFICIAL]
    names = [name for name, entity in plain.items() if entity == "PERSON"]
    beside = [name for name, entity in plain.items() if entity in _CONTACTS or entity == "BIRTH_DATE"]
    return (*numbers, *names, *beside) if numbers or (names and beside) else ()


def _by_values(verdict: Verdict) -> bool:
    seen = verdict.evidence
    most = float(seen.get("hit_rate") or 0.0) >= _MOSTLY and bool(seen.get("hits"))
    return verdict.entity is not None and verdict.confidence >= _SURE and verdict.masking is None and most


def _named(table: str | None, columns: Mapping[str, Verdict], lexicon: Lexicon) -> bool:
    """Whether the names say already whom the table is about: persons, or things."""
    own = naming.pieces((table or "").rsplit(".", 1)[-1], lexicon)
    if any(piece.has("personal") or _is_thing(piece) for piece in own):
        return True
    return any(_is_thing(piece) for name in columns for piece in naming.pieces(name, lexicon))


def _is_thing(piece: naming.Piece) -> bool:
    """Whether a word means a thing with a name of its own; a city or a status may be anybody's."""
    return piece.has("thing") and not piece.has("is") and not piece.has("not")


def _has_role(name: str, lexicon: Lexicon) -> bool:
    """Whether a word stands beside what the column is, as in ``manager_email``."""
    read = naming.pieces(name, lexicon)
    beside = [piece for piece in read if not piece.has("is") and not piece.has("skip")]
    return bool(beside) and any(piece.has("is") for piece in read)


def _of_organisations(entity: str | None) -> bool:
    return entity in families() and not category(str(entity)).personal
