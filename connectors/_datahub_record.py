"""A record of DataHub's file sink, as far as it is read here: which aspects it proposes for which dataset.

Both forms are read: an event with a ``proposedSnapshot`` of several aspects, and a change proposal with one.
Source: https://docs.datahub.com/docs/metadata-modeling/metadata-model and /docs/advanced/mcp-mcl.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from datagov.connectors._exports import BadRecordError

_URN = re.compile(r"urn:li:dataset:\(urn:li:dataPlatform:([^,()]+),(.+),([A-Z_]+)\)")
_STORES = {"s3": "s3://", "gcs": "gs://", "abs": "abfss://", "hdfs": "hdfs://", "file": ""}
"""Platforms whose datasets are files, and how their URIs begin."""

ASPECTS = frozenset(
    (
        "ownership",
        "globalTags",
        "glossaryTerms",
        "schemaMetadata",
        "editableSchemaMetadata",
        "status",
    )
)
"""Aspects that are read."""


@dataclass(frozen=True, slots=True)
class Urn:
    """A dataset of DataHub: datagov's name for it, its platform, and the environment (PROD, DEV …) it belongs to."""

    name: str
    platform: str
    environment: str
    text: str
    """The urn as it stands."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An aspect of a dataset; ``value`` is None when it is taken away."""

    urn: Urn
    aspect: str
    value: Mapping[str, Any] | None


def proposed(value: Mapping[str, Any]) -> Iterator[Proposed]:
    """The aspects a record proposes for a dataset; nothing for other entities. Raises BadRecordError."""
    if "proposedSnapshot" in value:
        yield from _snapshot(value["proposedSnapshot"])
    elif "aspectName" in value or "entityType" in value:
        yield from _proposal(value)
    else:
        raise BadRecordError("has neither a 'proposedSnapshot' nor an 'aspectName'")


def people(aspect: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(principal, type) of an ownership aspect; the type in capitals, as DataHub writes its own."""
    for owner in _list(aspect, "owners"):
        urn = owner.get("owner") if isinstance(owner, Mapping) else None
        if not isinstance(urn, str) or not urn.startswith("urn:li:"):
            raise BadRecordError("has an owner without an urn")
        kind = owner.get("typeUrn") or owner.get("type") or ""
        yield unquote(urn.split(":", 3)[-1]), str(kind).rpartition(":")[2].removeprefix("__system__").upper()


def tags(value: Mapping[str, Any]) -> Iterator[str]:
    """Names of the tags and glossary terms in ``globalTags`` and ``glossaryTerms`` of a dataset or field."""
    for key, items, name in (("globalTags", "tags", "tag"), ("glossaryTerms", "terms", "urn")):
        inside = value.get(key)
        for item in _list(inside, items) if isinstance(inside, Mapping) else ():
            urn = item.get(name) if isinstance(item, Mapping) else None
            if not isinstance(urn, str) or not urn.startswith("urn:li:"):
                raise BadRecordError("has a tag or term without an urn")
            yield unquote(urn.split(":", 3)[-1])


def fields(aspect: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(dotted path, field) of a schemaMetadata or editableSchemaMetadata aspect."""
    for one in _list(aspect, "fields") + _list(aspect, "editableSchemaFieldInfo"):
        path = one.get("fieldPath") if isinstance(one, Mapping) else None
        if not isinstance(path, str) or not path:
            raise BadRecordError("has a field without a 'fieldPath'")
        yield plain(path), one


def plain(path: str) -> str:
    """A field path without the types that version 2 puts into it.

    >>> plain("[version=2.0].[type=struct].[type=struct].home.[type=string].city")
    'home.city'
    """
    return ".".join(part for part in re.sub(r"\[[^\[\]]*\]\.?", "", path).split(".") if part)


def _snapshot(value: Any) -> Iterator[Proposed]:
    for name, snapshot in _mapping(value, "a 'proposedSnapshot'").items():
        if name.rpartition(".")[2] != "DatasetSnapshot":
            continue
        inside = _mapping(snapshot, "a snapshot")
        urn = _urn(inside.get("urn"))
        for aspect in _list(inside, "aspects"):
            for kind, content in _mapping(aspect, "an aspect").items():
                short = kind.rpartition(".")[2]
                yield Proposed(urn, short[:1].lower() + short[1:], _mapping(content, "an aspect"))


def _proposal(value: Mapping[str, Any]) -> Iterator[Proposed]:
    if value.get("entityType") != "dataset" or value.get("aspectName") not in ASPECTS:
        return
    urn = _urn(value.get("entityUrn"))
    if value.get("changeType") == "DELETE":
        yield Proposed(urn, value["aspectName"], None)
        return
    if value.get("changeType") == "PATCH":
        raise BadRecordError("is a patch, which says too little alone; export whole aspects")
    aspect = _mapping(value.get("aspect"), "an 'aspect'")
    content = aspect["json"] if "json" in aspect else aspect.get("value")
    if isinstance(content, str):
        try:
            content = json.loads(content)
        except (ValueError, RecursionError):
            raise BadRecordError("has an 'aspect' whose value is not JSON") from None
    yield Proposed(urn, value["aspectName"], _mapping(content, "an 'aspect'"))


def _urn(urn: Any) -> Urn:
    match = _URN.fullmatch(urn) if isinstance(urn, str) else None
    if match is None:
        raise BadRecordError("has no urn of a dataset")
    platform, name, environment = match.groups()
    if platform in _STORES:
        return Urn(f"path:{_STORES[platform]}{unquote(name)}", platform, environment, urn)
    return Urn(".".join(unquote(name).split(".")[-2:]), platform, environment, urn)


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadRecordError(f"has {what} that is not an object")
    return value


def _list(value: Mapping[str, Any], key: str) -> list[Any]:
    found = value.get(key)
    if not isinstance(found, list | None):
        raise BadRecordError(f"has a '{key}' that is not a list")
    return found or []
