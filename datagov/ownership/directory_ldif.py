"""Directory exports in LDIF (RFC 2849): entries of people, folded lines and base64 values; change records are refused.

Values are decoded only when they are asked for, so that photographs and keys are never looked at.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from datagov.errors import ConfigError
from datagov.ownership.directory import Record

_PEOPLE = frozenset(("person", "organizationalperson", "inetorgperson", "user", "posixaccount", "account"))
_NO_PEOPLE = frozenset(("computer", "group", "groupofnames", "organizationalunit"))

Line = tuple[int, str]
"""A logical line, folds undone, with the number of its first line."""


def records(text: str, name: str) -> Iterator[Record]:
    """The people in the text: entries of a person's object class, or without any object class.

    Raises ConfigError with file and line for a line that is no LDIF, another version, and records of changes.
    """
    for number, lines in enumerate(_entries(text, name)):
        attributes = _attributes(lines, name, first=number == 0)
        if attributes is None:
            continue
        get = partial(_first, attributes, name)
        classes = {value.casefold() for value in _values(attributes, "objectclass", name)}
        if classes and (not classes & _PEOPLE or classes & _NO_PEOPLE):
            continue
        yield Record(lines[0][0] if lines[0][1].casefold().startswith("dn:") else lines[-1][0], get)


def _entries(text: str, name: str) -> Iterator[Sequence[Line]]:
    """Groups of logical lines between blank ones, comments left out."""
    group: list[Line] = []
    comment = False
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.startswith(" "):
            if comment:
                continue
            if not group:
                raise ConfigError("A continued line stands before any line.", file=name, line=number)
            group[-1] = (group[-1][0], group[-1][1] + line[1:])
            continue
        comment = line.startswith("#")
        if comment:
            continue
        if line:
            group.append((number, line))
        elif group:
            yield group
            group = []
    if group:
        yield group


Attributes = Mapping[str, Sequence[Line]]
"""Attribute, in lower case and without options, to its values as they are written behind the first colon."""


def _attributes(lines: Sequence[Line], name: str, *, first: bool) -> Attributes | None:
    found: dict[str, list[Line]] = {}
    for number, line in lines:
        described, colon, value = line.partition(":")
        attribute = described.partition(";")[0].strip().casefold()
        if not colon or not attribute:
            raise ConfigError(
                "This is not LDIF: a line needs an attribute, a colon and a value.", file=name, line=number
            )
        if attribute == "version" and first and not found:
            if value.strip() != "1":
                raise ConfigError("This is not version 1 of LDIF, the only one there is.", file=name, line=number)
            continue
        if attribute in ("changetype", "control"):
            raise ConfigError(
                "This is a record of changes; export the entries themselves (ldapsearch -LLL, ldifde without -i).",
                file=name,
                line=number,
            )
        if not found and attribute != "dn":
            raise ConfigError("This is not LDIF: an entry begins with 'dn:'.", file=name, line=number)
        found.setdefault(attribute, []).append((number, value))
    return found or None


def _first(attributes: Attributes, name: str, attribute: str) -> str | None:
    written = attribute.casefold()
    return next(_values(attributes, written, name), None) if written in attributes else None


def _values(attributes: Attributes, attribute: str, name: str) -> Iterator[str]:
    for number, value in attributes.get(attribute, ()):
        if value.startswith("<"):
            raise ConfigError(
                f"The value of {attribute!r} stands in another file, which is not read; write it out.",
                file=name,
                line=number,
            )
        yield _decoded(value[1:], attribute, name, number) if value.startswith(":") else value.lstrip(" ")


def _decoded(value: str, attribute: str, name: str, number: int) -> str:
    try:
        return base64.b64decode(value.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise ConfigError(f"The value of {attribute!r} is not base64 of UTF-8 text.", file=name, line=number) from None
