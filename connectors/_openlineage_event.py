"""One OpenLineage event → what it says of its job and datasets. Source: OpenLineage 2-0-2 and its standard facets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from datagov.lineage.openlineage import BadEventError, Dataset, Link, links_of

_ACCOUNT = re.compile(r"(?<=://)[^/\s]*@")
_PARAMETERS = re.compile(r"[?;&][^\s?;&=/]+=.*\Z", re.DOTALL)
_HOLDS = (dict, list)
_LEFT_OUT = ("ABORT", "FAIL")


@dataclass(frozen=True, slots=True)
class Owner:
    """An entry of an ownership facet: whom it names, and in which role, as the producer writes it."""

    name: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A dataset of an event, with what its facets say of it."""

    dataset: Dataset
    columns: tuple[tuple[str, str | None, str | None], ...]
    """(name, type, description); nested fields dotted."""
    owners: tuple[Owner, ...]
    comment: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """What one event says; ``sql`` is that of its job, with ``dialect`` where the facet names one."""

    namespace: str
    job: str
    sql: str | None
    dialect: str | None
    inputs: tuple[Seen, ...]
    outputs: tuple[Seen, ...]
    links: tuple[Link, ...]
    owners: tuple[Owner, ...]


def event(document: Any) -> Event | None:
    """The event of a JSON document; None for runs that failed and for events without a job.

    Raises BadEventError with the end of a sentence for a document of another shape.
    """
    if not isinstance(document, Mapping):
        raise BadEventError("is not a JSON object")
    if document.get("eventType") in _LEFT_OUT or ("job" not in document and "dataset" in document):
        return None
    _hold_text(document)
    document = _without_secrets(document)
    job = document.get("job")
    if not isinstance(job, Mapping):
        raise BadEventError("has no 'job'")
    facets = _mapping(job, "facets")
    sql = _mapping(facets, "sql")
    outputs = tuple(_items(document, "outputs"))
    return Event(
        namespace=_text(job, "namespace"),
        job=_text(job, "name"),
        sql=_optional(sql, "query"),
        dialect=_optional(sql, "dialect"),
        inputs=tuple(_seen(item) for item in _items(document, "inputs")),
        outputs=tuple(_seen(item) for item in outputs),
        links=tuple(link for item in outputs for link in _links(item)),
        owners=tuple(_owners(facets)),
    )


def _without_secrets(value: Any, key: str = "") -> Any:
    """The document, changed in place, without users, passwords and parameters of addresses: names of jobs and datasets.

    >>> _without_secrets({"namespace": "postgres://u:secret@db:5432", "name": "k?X-Amz-Signature=secret"})
    {'namespace': 'postgres://db:5432', 'name': 'k'}
    """
    kind = type(value)
    if kind is dict:
        for name, inner in value.items():
            if type(inner) in _HOLDS or ((name == "name" or name == "namespace") and type(inner) is str):
                value[name] = _without_secrets(inner, name)
    elif kind is list:
        value[:] = [_without_secrets(inner, key) for inner in value]
    elif kind is str and key in ("namespace", "name"):
        return _address(value)
    return value


@lru_cache(maxsize=10_000)
def _address(value: str) -> str:
    return _PARAMETERS.sub("", _ACCOUNT.sub("", value))


def _hold_text(document: Mapping[str, Any]) -> None:
    """JSON can spell half a character; no fact can hold it."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadEventError("holds half a character (a lone surrogate)") from None


def _links(item: Mapping[str, Any]) -> Iterator[Link]:
    found = _mapping(_mapping(item, "facets"), "columnLineage")
    if found:
        yield from links_of(_dataset(item), found)


def _seen(item: Mapping[str, Any]) -> Seen:
    facets = _mapping(item, "facets")
    fields = _mapping(facets, "schema").get("fields")
    return Seen(
        _dataset(item),
        tuple(_columns(fields if isinstance(fields, list) else [], "")),
        tuple(_owners(facets)),
        _optional(_mapping(facets, "documentation"), "description"),
    )


def _columns(fields: list[Any], above: str) -> Iterator[tuple[str, str | None, str | None]]:
    for field in fields:
        if isinstance(field, Mapping) and isinstance(field.get("name"), str) and field["name"]:
            name = f"{above}{field['name']}"
            yield name, _optional(field, "type"), _optional(field, "description")
            inner = field.get("fields")
            yield from _columns(inner if isinstance(inner, list) else [], f"{name}.")


def _owners(facets: Mapping[str, Any]) -> Iterator[Owner]:
    owners = _mapping(facets, "ownership").get("owners")
    for owner in owners if isinstance(owners, list) else []:
        if isinstance(owner, Mapping) and isinstance(owner.get("name"), str) and owner["name"]:
            yield Owner(owner["name"], _optional(owner, "type"))


def _dataset(item: Mapping[str, Any]) -> Dataset:
    return Dataset(_text(item, "namespace"), _text(item, "name"))


def _items(document: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    value = document.get(key)
    if not isinstance(value, list | None):
        raise BadEventError(f"has a '{key}' that is not a list")
    for item in value or ():
        if not isinstance(item, Mapping):
            raise BadEventError(f"has an entry of '{key}' that is not an object")
        yield item


def _mapping(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def _optional(item: Mapping[str, Any], key: str) -> str | None:
    value = item.get(key)
    return value if isinstance(value, str) and value.strip() else None


def _text(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    if not isinstance(value, str) or not value:
        raise BadEventError(f"has no text '{key}' where one is needed")
    return value
