"""Records of DataHub's file sink as declarations: owners of datasets, and what tags and terms say of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._datahub_record import ASPECTS, Proposed, Urn, fields, people, proposed, tags
from datagov.connectors._exports import BadRecordError, ExportOptions, Record, records, refuse
from datagov.connectors._options import escaped, located, validated
from datagov.connectors._tags import Reader
from datagov.contracts import FactBatches, Source
from datagov.fact_writer import FactWriter
from datagov.ownership import keys

_ROLES: Mapping[str, str] = {
    "DATAOWNER": "data_owner",
    "DATA_OWNER": "data_owner",
    "BUSINESS_OWNER": "data_owner",
    "DATA_STEWARD": "steward",
    "TECHNICAL_OWNER": "custodian",
    "DEVELOPER": "custodian",
    "PRODUCER": "custodian",
    "DELEGATE": "custodian",
}
"""Types of ownership that assert it; other types, and those of your own, assert nothing."""


class DataHubOptions(ExportOptions):
    """Options of a source with ``use: datahub``."""

    path: Annotated[str, Field(min_length=1, description="A file of the sink, or a folder of them.")]
    environment: Annotated[str | None, Field(description="Only datasets of this environment, e.g. PROD.")] = None
    platform: Annotated[str | None, Field(description="Only datasets of this platform, e.g. postgres.")] = None
    roles: Annotated[
        Mapping[str, str], Field(default_factory=dict, description="Type of ownership to role, for types of your own.")
    ]


@dataclass(frozen=True, slots=True)
class _Aspect:
    record: Record
    value: Mapping[str, Any]


class DataHubConnector:
    """Reads the records of ``*.json``, ``*.ndjson`` and ``*.jsonl`` files; a later aspect replaces an earlier one.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, DataHubOptions)
        self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """``owner_assertion`` and ``declaration`` facts, and a problem for every record of another shape."""
        writer = FactWriter(source_id=self._source.source_id)
        reader = Reader(self._options.tags)
        datasets: dict[Urn, dict[str, _Aspect]] = {}
        given = {"include": self._options.include, "exclude": self._options.exclude}
        for record in records(self._root, self._source, writer, **given):
            try:
                found = list(proposed(record.value))
            except BadRecordError as error:
                refuse(writer, self._source, record, str(error))
                continue
            for one in found:
                self._keep(datasets, one, record)
        for urn, aspects in datasets.items():
            if "status" in aspects and aspects["status"].value.get("removed") is True:
                continue
            for kind, aspect in aspects.items():
                try:
                    self._add(writer, urn.name, kind, aspect, reader)
                except BadRecordError as error:
                    refuse(writer, self._source, aspect.record, str(error))
        if complaint := reader.complaint():
            problems.report(writer, self._source, self._source.name, "unknown_tag", complaint, fatal=False)
        yield from writer.batches()

    def _keep(self, datasets: dict[Urn, dict[str, _Aspect]], one: Proposed, record: Record) -> None:
        wanted = self._options.environment in (None, one.urn.environment)
        if one.aspect not in ASPECTS or not wanted or self._options.platform not in (None, one.urn.platform):
            return
        aspects = datasets.setdefault(one.urn, {})
        aspects.pop(one.aspect, None)
        if one.value is not None:
            aspects[one.aspect] = _Aspect(record, one.value)

    def _add(self, writer: FactWriter, name: str, kind: str, aspect: _Aspect, reader: Reader) -> None:
        """Add the facts of an aspect; nothing is added when any part of it has another shape."""
        selector = escaped(name)
        said: list[tuple[str, dict[str, str]]] = []
        if kind == "ownership":
            for principal, type_ in dict.fromkeys(people(aspect.value)):
                role = self._options.roles.get(type_) or _ROLES.get(type_)
                if role:
                    principal = self._options.owners.get(principal, principal)
                    said.append(("owner_assertion", {"selector": selector, "principal": principal, "role": role}))
        elif kind in ("globalTags", "glossaryTerms"):
            for key, value in reader.of(tags({kind: aspect.value}), keys.DATASET_KEYS):
                said.append(("declaration", {"selector": selector, "key": key, "value": value}))
        elif kind in ("schemaMetadata", "editableSchemaMetadata"):
            for path, field in fields(aspect.value):
                for key, value in reader.of(tags(field), keys.COLUMN_KEYS):
                    below = f"{selector}.{escaped(path)}"
                    said.append(("declaration", {"selector": below, "key": key, "value": value}))
        place = {"source_id": self._source.source_id, "file": aspect.record.file, "line": aspect.record.line}
        for fact, values in said:
            writer.add(fact, **values, **place)
