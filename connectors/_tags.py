"""Tags and glossary terms of data catalogues, in datagov's words: what a column holds, and how sensitive it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from datagov.vocabulary.categories import all_categories
from datagov.vocabulary.fideslang import entity_of

IGNORED = "ignore"
"""What an option gives a tag that shall mean nothing."""

Meaning = tuple[str, str]
"""Key and value of a declaration."""

_GROUPS = frozenset(
    ("pii", "personaldata", "personalinformation", "personal", "sensitive", "privacy", "general", "gdpr", "pipl")
)
"""Classifications whose tags say what personal data is; elsewhere ``Name`` may be that of a product."""

_KNOWN: Mapping[str, tuple[Meaning, ...]] = {
    "pii.sensitive": (("sensitive", "true"),),
    "pii.nonsensitive": (("sensitive", "false"),),
    "pii.none": (),
    "personaldata.personal": (("fides", "user"),),
    "personaldata.specialcategory": (("sensitive", "true"),),
    "pii": (("fides", "user"),),
    "sensitive": (("sensitive", "true"),),
}
"""Tags that catalogues come with, in lower case."""

_SAME: Mapping[str, str] = {
    "email": "EMAIL_ADDRESS",
    "phone": "PHONE_NUMBER",
    "telephone": "PHONE_NUMBER",
    "mobile": "PHONE_NUMBER",
    "mobilenumber": "PHONE_NUMBER",
    "fullname": "PERSON",
    "personname": "PERSON",
    "dateofbirth": "BIRTH_DATE",
    "dob": "BIRTH_DATE",
    "ssn": "US_SSN",
    "creditcardnumber": "CREDIT_CARD",
    "bankaccountnumber": "BANK_ACCOUNT",
    "passportnumber": "PASSPORT",
    "driverslicense": "DRIVER_LICENSE",
    "nationalidnumber": "NATIONAL_ID",
}
"""Further words for entities."""

_IN_A_GROUP: Mapping[str, str] = {"name": "PERSON", "address": "LOCATION", "postaladdress": "LOCATION"}
_COMMON = frozenset(("age", "person", "location", "child", "health", "message", "income", "signature", "education"))
"""Entities whose name is a common word: only a tag of one of the groups means them."""

_SILENT = ("tier.", "certification.")
"""Classifications that say nothing of content."""


def meanings(tag: str, given: Mapping[str, str]) -> tuple[Meaning, ...] | None:
    """What a tag declares; empty when it is known to declare nothing, None when it is not known.

    ``given`` maps tags to an entity, C1, C2 or C3, ``sensitive``, a fideslang category, or ``ignore``.

    >>> meanings("PII.Sensitive", {}), meanings("PersonalData.Email", {})
    ((('sensitive', 'true'),), (('entity_type', 'EMAIL_ADDRESS'),))
    >>> meanings("Product.Name", {}), meanings("Tier.Tier1", {})
    (None, ())
    """
    if tag in given:
        return _of_word(given[tag])
    plain = tag.casefold().replace(" ", "")
    if plain in _KNOWN:
        return _KNOWN[plain]
    if plain.startswith(_SILENT):
        return ()
    return _of_word(tag) or _by_name(plain)


def known_tags(given: Mapping[str, str]) -> Mapping[str, str]:
    """The option itself; raises ValueError when it gives a tag a word that means nothing here."""
    for tag, word in given.items():
        if _of_word(word) is None:
            raise ValueError(
                f"the tag {tag!r} must be given an entity such as PHONE_NUMBER, C1, C2, C3, sensitive, a fideslang "
                f"category or {IGNORED}"
            )
    return given


def _of_word(word: str) -> tuple[Meaning, ...] | None:
    if word == IGNORED:
        return ()
    if word in all_categories():
        return (("entity_type", word),)
    if word == "sensitive":
        return (("sensitive", "true"),)
    if word.rpartition(".")[2] in ("C1", "C2", "C3"):
        return (("classification", word.rpartition(".")[2]),)
    if re.fullmatch(r"user(\.[a-z_]+)*", word):
        entity = entity_of(word)
        return (("fides", word), *([("entity_type", entity)] if entity else []))
    return None


def _by_name(plain: str) -> tuple[Meaning, ...] | None:
    """A tag by the last of its words, when that is an entity's name however it is spelt."""
    *groups, last = re.split(r"[./]", plain)
    word = re.sub(r"[^a-z0-9]", "", last)
    grouped = bool(groups) and re.sub(r"[^a-z0-9]", "", groups[0]) in _GROUPS
    entity = _SAME.get(word) or _entities().get(word) or (_IN_A_GROUP.get(word) if grouped else None)
    if entity is None or (groups and not grouped) or (word in _COMMON and not grouped):
        return None
    return (("entity_type", entity),)


@cache
def _entities() -> Mapping[str, str]:
    return {re.sub(r"[^a-z0-9]", "", entity.casefold()): entity for entity in all_categories()}


@dataclass(slots=True, eq=False)
class Reader:
    """Reads tags of one source and keeps those that it does not know."""

    given: Mapping[str, str]
    unknown: dict[str, int] = field(default_factory=dict)

    def of(self, tags: Iterable[str], keys: frozenset[str]) -> Iterator[Meaning]:
        """What the tags declare, of the keys that fit the place they stand in."""
        for tag in dict.fromkeys(tags):
            found = meanings(tag, self.given)
            if found is None:
                self.unknown[tag] = self.unknown.get(tag, 0) + 1
                continue
            yield from (meaning for meaning in found if meaning[0] in keys)

    def complaint(self) -> str | None:
        """One sentence on all tags that are not known, or None."""
        if not self.unknown:
            return None
        shown = sorted(self.unknown, key=lambda tag: (-self.unknown[tag], tag))[:20]
        more = f" and {len(self.unknown) - 20} more" if len(self.unknown) > 20 else ""
        return (
            f"datagov does not know what these tags mean, so they say nothing: {', '.join(shown)}{more}; "
            "say so with the option 'tags', or 'ignore'."
        )
