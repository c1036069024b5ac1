"""Table entities of OpenMetadata in JSON files as declarations: owners, retention, and what tags say of columns."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._exports import BadRecordError, ExportOptions, Record, records, refuse
from datagov.connectors._openmetadata_table import Table, table
from datagov.connectors._options import escaped, located, validated
from datagov.connectors._tags import Reader
from datagov.contracts import FactBatches, Source
from datagov.fact_writer import FactWriter
from datagov.ownership import keys
from datagov.plural import counted


class OpenMetadataOptions(ExportOptions):
    """Options of a source with ``use: openmetadata``."""

    path: Annotated[str, Field(min_length=1, description="An exported file, or a folder of them.")]
    services: Annotated[
        tuple[str, ...], Field(description="Only tables of these services of OpenMetadata; none means all.")
    ] = ()


class OpenMetadataConnector:
    """Reads the table entities of ``*.json``, ``*.ndjson`` and ``*.jsonl`` files.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, OpenMetadataOptions)
        self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """``owner_assertion`` and ``declaration`` facts, and a problem for every record of another shape."""
        writer = FactWriter(source_id=self._source.source_id)
        reader = Reader(self._options.tags)
        others = 0
        given = {"include": self._options.include, "exclude": self._options.exclude}
        for record in records(self._root, self._source, writer, **given):
            try:
                found = table(record.value)
            except BadRecordError as error:
                refuse(writer, self._source, record, str(error))
                continue
            if found is None:
                others += 1
            elif not self._options.services or found.service in self._options.services:
                self._add(writer, record, found, reader)
        if others:
            message = f"{counted(others, 'record')} left out: no tables, or deleted ones."
            problems.report(writer, self._source, self._source.name, "not_a_table", message, fatal=False)
        if complaint := reader.complaint():
            problems.report(writer, self._source, self._source.name, "unknown_tag", complaint, fatal=False)
        yield from writer.batches()

    def _add(self, writer: FactWriter, record: Record, found: Table, reader: Reader) -> None:
        selector = escaped(found.name)
        place = {"source_id": self._source.source_id, "file": record.file, "line": record.line}
        for owner in dict.fromkeys(self._options.owners.get(one, one) for one in found.owners):
            writer.add("owner_assertion", selector=selector, principal=owner, role="data_owner", **place)
        if found.retention:
            if reason := keys.fault("retention", found.retention):
                message = f"The 'retentionPeriod' of {found.name} does not count: {reason}."
                problems.report(
                    writer,
                    self._source,
                    found.name,
                    "unread_value",
                    message,
                    fatal=False,
                    file=record.file,
                    line=record.line,
                )
            else:
                writer.add("declaration", selector=selector, key="retention", value=found.retention, **place)
        for key, value in reader.of(found.tags, keys.DATASET_KEYS):
            writer.add("declaration", selector=selector, key=key, value=value, **place)
        for column in found.columns:
            for key, value in reader.of(column.tags, keys.COLUMN_KEYS):
                writer.add("declaration", selector=f"{selector}.{escaped(column.path)}", key=key, value=value, **place)
