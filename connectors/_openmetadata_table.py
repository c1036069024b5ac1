"""A table entity of OpenMetadata, as far as it is read here: its name, owners, retention, tags, columns with tags.

Source: the JSON Schema of the entity, https://docs.open-metadata.org/latest/main-concepts/metadata-standard/schemas.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._exports import BadRecordError

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a field inside one by its dotted path, with its confirmed tags."""

    path: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table under datagov's name for it, ``schema.table``."""

    name: str
    service: str
    """The service it was taken up from; empty when its name does not tell."""
    owners: tuple[str, ...]
    retention: str | None
    tags: tuple[str, ...]
    columns: tuple[Column, ...]


def table(value: Mapping[str, Any]) -> Table | None:
    """The table of a record; None for other entities and deleted ones. Raises BadRecordError for another shape."""
    if "columns" not in value or value.get("deleted") is True:
        return None
    *above, schema, name = ["", "", *_parts(value.get("fullyQualifiedName"))]
    if not any(above):
        raise BadRecordError("has no 'fullyQualifiedName' of service, database, schema and table")
    retention = value.get("retentionPeriod")
    return Table(
        f"{schema}.{name}",
        above[2] if len(above) > 2 else "",
        tuple(_owners(value)),
        retention if isinstance(retention, str) and retention else None,
        tuple(_tags(value)),
        tuple(_columns(_list(value, "columns"), "")),
    )


def _parts(name: Any) -> Sequence[str]:
    """The parts of a fully qualified name; one with dots in it stands in quotes."""
    if not isinstance(name, str):
        return []
    return [quoted.replace('""', '"') or plain for quoted, plain in _PART.findall(name)]


def _owners(value: Mapping[str, Any]) -> Iterator[str]:
    """``owners``, before version 1.5 ``owner``; a deleted one is none."""
    single = value.get("owner")
    for owner in _list(value, "owners") or ([single] if single else []):
        if not isinstance(owner, Mapping):
            raise BadRecordError("has an owner that is not an object")
        name = owner.get("name") or owner.get("fullyQualifiedName")
        if owner.get("deleted") is not True and isinstance(name, str) and name:
            yield name


def _columns(columns: Sequence[Any], above: str) -> Iterator[Column]:
    for column in columns:
        if not isinstance(column, Mapping) or not isinstance(column.get("name"), str) or not column["name"]:
            raise BadRecordError("has a column without a 'name'")
        path = f"{above}{column['name']}"
        yield Column(path, tuple(_tags(column)))
        yield from _columns(_list(column, "children"), f"{path}.")


def _tags(value: Mapping[str, Any]) -> Iterator[str]:
    """Tags and glossary terms that somebody confirmed; suggested ones are nobody's word yet."""
    for tag in _list(value, "tags"):
        if not isinstance(tag, Mapping) or not isinstance(tag.get("tagFQN"), str):
            raise BadRecordError("has a tag without a 'tagFQN'")
        if tag.get("state") != "Suggested" and tag["tagFQN"]:
            yield tag["tagFQN"]


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    if not isinstance(found, list | None):
        raise BadRecordError(f"has a '{key}' that is not a list")
    return found or []
