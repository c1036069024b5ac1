"""What a contract says of its datasets and columns, in datagov's words: owners with dates, and keys with values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from datagov.connectors._odcs_contract import Contract, CustomProperty, Definition, Property, SlaProperty, Table
from datagov.connectors._options import escaped
from datagov.errors import ConfigError
from datagov.yamlfile import Document, Key

Path = tuple[Key, ...]
"""Where in the document something stands."""

ROLES: Mapping[str, str] = {
    "owner": "data_owner",
    "data owner": "data_owner",
    "dataowner": "data_owner",
    "steward": "steward",
    "data steward": "steward",
    "datasteward": "steward",
    "custodian": "custodian",
    "data custodian": "custodian",
    "datacustodian": "custodian",
}
"""Role words of a contract's team that assert ownership, in lower case with spaces; other roles assert nothing."""

_CUSTOM: Mapping[str, str] = {
    "datagovPurpose": "purpose",
    "datagovController": "controller",
    "datagovRegion": "region",
    "datagovLegalBasis": "legal_basis",
    "datagovRetention": "retention",
    "datagovEntity": "entity_type",
    "datagovEntityType": "entity_type",
    "datagovScope": "scope",
    "datagovSensitive": "sensitive",
    "fidesDataCategories": "fides",
}
_COLUMN_ROLES: Mapping[str, str] = {"datagovSubjectKey": "subject_key", "datagovProcessedAt": "processed_at"}
_RIGHTS: Mapping[str, str] = {
    "hold": "right_hold",
    "processUse": "right_process_use",
    "operate": "right_operate",
}
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), "Y"),
    **dict.fromkeys(("mo", "mon", "month", "months"), "M"),
    **dict.fromkeys(("w", "week", "weeks"), "W"),
    **dict.fromkeys(("d", "day", "days"), "D"),
}
_DURATION = re.compile(r"^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$")
_DPV_PD = re.compile(r"^https://w3id\.org/dpv/(?:\d[\d.]*/)?(?:dpv-)?pd(?:/owl)?[#/]\w+$")


@dataclass(frozen=True, slots=True)
class Owner:
    """A team member as an owner assertion; times are UTC, ISO 8601, and ``valid_to`` is exclusive."""

    principal: str
    role: str
    valid_from: str | None
    valid_to: str | None
    replaced_by: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a key for one selector."""

    selector: str
    key: str
    value: str
    line: int


def owners(contract: Contract, document: Document) -> Iterator[Owner]:
    """The members whose role asserts ownership; raises ConfigError for a date that is none."""
    at: Path = ("team",) if isinstance(contract.team, list) else ("team", "members")
    for n, member in enumerate(contract.members):
        role = ROLES.get(re.sub(r"[\s_-]+", " ", (member.role or "").strip().casefold()))
        if role is None:
            continue
        yield Owner(
            member.username,
            role,
            _time(member.date_in, document, (*at, n, "dateIn")),
            _time(member.date_out, document, (*at, n, "dateOut")),
            member.replaced_by_username,
            document.line(*at, n),
        )


def datasets(contract: Contract, table: Table, n: int, document: Document, *, schema: str | None) -> Sequence[str]:
    """Names ``schema.table`` of a table: by its physical name, else by the servers' schemas, else by ``schema``.

    Raises ConfigError when none of them names a schema.
    """
    name = table.physical_name or table.name
    if "." in name:
        return [name]
    schemas = dict.fromkeys(server.schema_ for server in contract.servers if server.schema_) or (
        [schema] if schema else []
    )
    if not schemas:
        raise ConfigError(
            "No schema is named for this table: give it a physicalName with schema.table, or give a server a schema, "
            "or set the option 'schema' of the source.",
            file=document.file,
            line=document.line("schema", n),
        )
    return [f"{one}.{name}" for one in schemas]


def said(contract: Contract, table: Table, n: int, document: Document, *, dataset: str) -> Iterator[Said]:
    """Everything declared of one dataset and its columns; what a table says replaces what the contract says."""
    at: Path = ("schema", n)
    selector = escaped(dataset)
    common = list(_retention(contract.sla_properties, table, document, selector))
    common += _custom(contract.custom_properties, document, ("customProperties",), selector)
    own = list(_custom(table.custom_properties, document, (*at, "customProperties"), selector))
    own += _definitions(table.authoritative_definitions, document, (*at, "authoritativeDefinitions"), selector)
    own += _key_columns(table.properties, document, at, selector)
    replaced = {one.key for one in own}
    yield from (one for one in common if one.key not in replaced)
    yield from own
    yield from _columns(table.properties, document, at, selector)


def _columns(properties: Sequence[Property], document: Document, at: Path, parent: str) -> Iterator[Said]:
    for n, column in enumerate(properties):
        here: Path = (*at, "properties", n)
        selector = f"{parent}.{escaped(column.physical_name or column.name)}"
        if column.classification:
            yield Said(selector, "classification", column.classification, document.line(*here, "classification"))
        others = [one for one in column.custom_properties if one.property not in _COLUMN_ROLES]
        yield from _custom(others, document, (*here, "customProperties"), selector)
        yield from _definitions(
            column.authoritative_definitions, document, (*here, "authoritativeDefinitions"), selector
        )
        yield from _columns(column.properties, document, here, selector)


def _key_columns(properties: Sequence[Property], document: Document, at: Path, selector: str) -> Iterator[Said]:
    """Columns marked ``datagovSubjectKey: true`` are the dataset's subject key; likewise the processing time."""
    for n, column in enumerate(properties):
        for m, custom in enumerate(column.custom_properties):
            key = _COLUMN_ROLES.get(custom.property)
            here: Path = (*at, "properties", n, "customProperties", m)
            if key and not isinstance(custom.value, bool):
                raise _wrong(document, here, custom.property, "true or false on a column")
            if key and custom.value:
                yield Said(selector, key, column.physical_name or column.name, document.line(*here))


def _custom(properties: Sequence[CustomProperty], document: Document, at: Path, selector: str) -> Iterator[Said]:
    for n, custom in enumerate(properties):
        here = (*at, n)
        line = document.line(*here)
        if custom.property == "datagovRightHolder":
            yield from _rights(custom.value, document, here, selector)
        elif custom.property in _COLUMN_ROLES:
            values = _texts(custom.value, document, here, custom.property)
            yield from (Said(selector, _COLUMN_ROLES[custom.property], value, line) for value in values)
        elif key := _CUSTOM.get(custom.property):
            for value in _texts(custom.value, document, here, custom.property):
                if key == "retention" and not _DURATION.match(value):
                    raise _wrong(document, here, custom.property, "an ISO 8601 duration such as P3Y")
                yield Said(selector, key, value, line)
        elif custom.property.startswith("datagov"):
            known = ", ".join(sorted({*_CUSTOM, *_COLUMN_ROLES, "datagovRightHolder"}))
            raise ConfigError(
                f"The custom property {custom.property!r} is not one datagov knows; known: {known}.",
                file=document.file,
                line=line,
            )


def _rights(value: Any, document: Document, at: Path, selector: str) -> Iterator[Said]:
    """The three rights: hold, process and use, operate."""
    if not isinstance(value, Mapping) or value.keys() - _RIGHTS.keys():
        raise _wrong(document, at, "datagovRightHolder", f"a mapping with {', '.join(_RIGHTS)}")
    for right, holders in value.items():
        for holder in _texts(holders, document, at, "datagovRightHolder"):
            yield Said(selector, _RIGHTS[right], holder, document.line(*at, "value", right))


def _definitions(definitions: Sequence[Definition], document: Document, at: Path, selector: str) -> Iterator[Said]:
    """Links into DPV's personal-data extension, https://w3id.org/dpv/pd."""
    for n, definition in enumerate(definitions):
        if definition.url and _DPV_PD.match(definition.url):
            yield Said(selector, "dpv", definition.url, document.line(*at, n))


def _retention(levels: Sequence[SlaProperty], table: Table, document: Document, selector: str) -> Iterator[Said]:
    """``retention`` levels that name this table, one of its columns, or nothing."""
    for n, level in enumerate(levels):
        if level.property.casefold() != "retention":
            continue
        elements = [part.strip() for part in (level.element or "").split(",") if part.strip()]
        names = {table.name, table.physical_name}
        if elements and not any(one in names or any(one.startswith(f"{name}.") for name in names) for one in elements):
            continue
        at = ("slaProperties", n)
        yield Said(selector, "retention", _duration(level, document, at), document.line(*at))


def _duration(level: SlaProperty, document: Document, at: Path) -> str:
    """A retention as ISO 8601: 3 with unit y is P3Y."""
    text = str(level.value).strip()
    if not level.unit and _DURATION.match(text):
        return text
    unit = _UNITS.get((level.unit or "").strip().casefold())
    if unit is None or not text.isascii() or not text.isdigit() or isinstance(level.value, bool):
        raise _wrong(
            document, at, "retention", "a whole number with the unit y, month, week or d, or a duration as P3Y"
        )
    return f"P{int(text)}{unit}"


def _texts(value: Any, document: Document, at: Path, name: str) -> Sequence[str]:
    """A text, number or truth, or a list of them, as texts."""
    values = value if isinstance(value, list) else [value]
    if any(not isinstance(one, str | int | float) or one == "" for one in values):
        raise _wrong(document, at, name, "a text or a list of texts")
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _time(text: str | None, document: Document, at: Path) -> str | None:
    """A date or time as UTC ISO 8601; without a zone it is taken as UTC."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise _wrong(document, at, str(at[-1]), "a date as 2025-01-31") from None
    return (time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _wrong(document: Document, at: Path, name: str, wanted: str) -> ConfigError:
    return ConfigError(f"The value of {name!r} must be {wanted}.", file=document.file, line=document.line(*at))
