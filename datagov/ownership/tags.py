"""Tags that owners write into comments of tables and columns, ``@owner(li.wei@example.org) @retention(P3Y)``.

A tag is ``@``, a word, and values in parentheses right behind it, separated by commas; ``@sensitive`` and, on a
column, ``@subject_key`` and ``@processed_at`` stand alone. Full-width ``＠（，）`` are read as their ASCII twins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from datagov.ownership.keys import COLUMN_KEYS, DATASET_KEYS, ROLES, fault

_ASCII = str.maketrans("＠（），；、", "@(),,,", "")
_TAG = re.compile(r"(?<![A-Za-z0-9_.+@-])@([A-Za-z][A-Za-z0-9_-]{0,39})(?![A-Za-z0-9_-])(\(([^()]*)(\)?))?")
_SHORT: Mapping[str, str] = {"entity": "entity_type", "basis": "legal_basis"}
_ALONE: Mapping[str, str] = {"sensitive": "true"}
_OF_ITS_COLUMN = frozenset(("subject_key", "processed_at"))
_KNOWN = (DATASET_KEYS | COLUMN_KEYS | ROLES.keys() | _SHORT.keys()) - {"entity_type"}


@dataclass(frozen=True, slots=True)
class Tag:
    """A key with one value; ``of_table`` when it stands in a column's comment and is about the table."""

    key: str
    value: str
    of_table: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A tag that does not count: its word, and why, as the end of a sentence that repeats no value."""

    word: str
    reason: str


def of_table(comment: str) -> Iterator[Tag | Fault]:
    """The tags in a table's comment.

    >>> list(of_table("客户表 @owner(li@example.org)"))
    [Tag(key='owner', value='li@example.org', of_table=False)]
    """
    yield from _tags(comment, None)


def of_column(comment: str, column: str) -> Iterator[Tag | Fault]:
    """The tags in the comment of the column of that name.

    >>> list(of_column("手机@entity（CN_MOBILE）", "mobile"))
    [Tag(key='entity_type', value='CN_MOBILE', of_table=False)]
    """
    yield from _tags(comment, column)


def _tags(comment: str, column: str | None) -> Iterator[Tag | Fault]:
    for match in _TAG.finditer(comment.translate(_ASCII)):
        word, parentheses, inside, closed = match.groups()
        key = word.casefold().replace("-", "_")
        key = _SHORT.get(key, key)
        if key not in DATASET_KEYS | COLUMN_KEYS | ROLES.keys():
            yield from _unknown(word, meant=parentheses is not None)
        elif parentheses is None:
            yield _alone(word, key, column)
        elif not closed:
            yield Fault(word, "has no closing parenthesis, or one more inside")
        elif misplaced := _misplaced(key, column):
            yield Fault(word, misplaced)
        else:
            yield from _valued(word, key, inside)


def _unknown(word: str, *, meant: bool) -> Iterator[Fault]:
    """A word behind ``@`` that is no tag: a mention of somebody, unless it has a value or looks like a tag."""
    near = get_close_matches(word.casefold(), sorted(_KNOWN), n=1, cutoff=0.75)
    if near:
        yield Fault(word, f"is not one datagov knows; did you mean @{near[0]}?")
    elif meant:
        yield Fault(word, f"is not one datagov knows; known: {', '.join(sorted(_KNOWN))}")


def _alone(word: str, key: str, column: str | None) -> Tag | Fault:
    if column is not None and key in _OF_ITS_COLUMN:
        return Tag(key, column, of_table=True)
    if key not in _ALONE:
        return Fault(word, f"needs a value right behind it: @{word}(…)")
    return Tag(key, _ALONE[key])


def _misplaced(key: str, column: str | None) -> str | None:
    if column is None:
        return None if key in DATASET_KEYS | ROLES.keys() else "is about a column; put it into the column's comment"
    if key in COLUMN_KEYS:
        return None
    if key in _OF_ITS_COLUMN:
        return "stands alone on the column it is about, without a value"
    return "is about the whole table; put it into the table's comment"


def _valued(word: str, key: str, inside: str) -> Iterator[Tag | Fault]:
    values = [value.strip() for value in re.split("[,;]", inside)]
    wrong = "has an empty value" if not all(values) else next(filter(None, (fault(key, one) for one in values)), None)
    if wrong:
        yield Fault(word, wrong if wrong.startswith("has ") else f"does not count: {wrong}")
        return
    yield from (Tag(key, value) for value in values)
