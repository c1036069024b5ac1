"""OpenLineage events in files as a pipeline: lineage, SQL, schemas and owners that other tools have written down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._folder import files
from datagov.connectors._openlineage_event import Event, Owner, Seen, event
from datagov.connectors._options import Options, escaped, located, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.fact_writer import FactWriter
from datagov.lineage.openlineage import BadEventError, Dataset, Fault, Link, documents

_ROLES: Mapping[str, str] = {
    "owner": "data_owner",
    "data owner": "data_owner",
    "dataowner": "data_owner",
    "business owner": "data_owner",
    "steward": "steward",
    "data steward": "steward",
    "maintainer": "custodian",
    "custodian": "custodian",
    "technical owner": "custodian",
}
"""Words of an ownership facet's ``type``, which the standard leaves free, and the role they mean."""


_FILES = frozenset({"file", "s3", "s3a", "s3n", "gs", "abfss", "wasbs", "hdfs", "dbfs", "oss", "cosn", "obs"})
"""Schemes of namespaces whose names are paths."""


class OpenLineageOptions(Options):
    """Options of a source with ``use: openlineage``."""

    path: Annotated[str, Field(min_length=1, description="The folder of events, from the configuration's folder.")]
    dialect: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", description="Dialect of SQL whose facet names none.")] = (
        "postgres"
    )
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class OpenLineageConnector:
    """Reads the events of ``*.json``, ``*.ndjson`` and ``*.jsonl`` files of a folder and its subfolders.

    Later events of a job replace what earlier ones said of it. Datasets are called as connectors of databases call
    theirs, so that both meet: ``schema.table``, the database being part of the namespace.
    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, OpenLineageOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """Jobs with their stated links or their SQL, datasets with the columns of their schema facets, owners."""
        writer = FactWriter(source_id=self._source.source_id)
        jobs: dict[tuple[str, str], tuple[Event, str, int | None]] = {}
        datasets: dict[tuple[str, str], Seen] = {}
        for name, line, found in self._events(writer):
            jobs[found.namespace, found.job] = (found, name, line)
            for seen in (*found.inputs, *found.outputs):
                known = datasets.get(seen.dataset)
                if known is None or seen.columns or not known.columns:
                    datasets[seen.dataset] = seen
        for seen in datasets.values():
            self._add_dataset(writer, seen)
        for found, name, line in jobs.values():
            self._add_job(writer, found, name, line)
        if not jobs:
            message = (
                f"{self._who} holds no event of a job that 'include' and 'exclude' let pass; correct 'path' or them."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _events(self, writer: FactWriter) -> Iterator[tuple[str, int | None, Event]]:
        """(file, line, event) in the order of the files; what cannot be read is a problem and its neighbours are."""
        found = files(
            self._root,
            who=self._who,
            suffixes=(".json", ".ndjson", ".jsonl"),
            include=self._options.include,
            exclude=self._options.exclude,
        )
        for one in found:
            name = shown(one.path, self._source)
            if one.fault:
                self._say(writer, name, None, f"The file {name!r} {one.fault}.")
                continue
            faults: list[Fault] = []
            for line, document in documents(one.path, faults):
                try:
                    told = event(document)
                except BadEventError as error:
                    place = f"{name}:{line}" if line else name
                    self._say(writer, name, line, f"The event in {place} {error}; it was left out.")
                    continue
                if told is not None:
                    yield name, line, told
            for fault in faults:
                self._say(writer, name, fault.line, f"{name}: {fault.message}")

    def _say(self, writer: FactWriter, name: str, line: int | None, message: str) -> None:
        problems.report(writer, self._source, name, "unreadable", message, fatal=True, file=name, line=line or 1)

    def _add_dataset(self, writer: FactWriter, seen: Seen) -> None:
        """A table; what lies in files is known by the source that reads the files, or by its path alone."""
        namespace, name = _called(seen.dataset)
        for owner in seen.owners:
            self._add_owner(writer, name, owner)
        if name.startswith("path:"):
            return
        dataset_id = writer.add(
            "dataset",
            source_id=self._source.source_id,
            namespace=namespace,
            name=name,
            kind="table",
            comment=seen.comment,
        )
        for ordinal, (column, data_type, comment) in enumerate(seen.columns):
            plain, _, path = column.partition(".")
            writer.add(
                "column",
                dataset_id=dataset_id,
                name=plain,
                field_path=path or None,
                ordinal=ordinal,
                data_type=data_type,
                comment=comment,
            )

    def _add_owner(self, writer: FactWriter, dataset: str, owner: Owner) -> None:
        principal = owner.name.rpartition(":")[2] or owner.name
        writer.add(
            "owner_assertion",
            source_id=self._source.source_id,
            selector=escaped(dataset),
            principal=principal,
            role=_ROLES.get((owner.role or "owner").replace("_", " ").casefold(), "custodian"),
        )

    def _add_job(self, writer: FactWriter, found: Event, name: str, line: int | None) -> None:
        job_id = writer.add(
            "job",
            source_id=self._source.source_id,
            name=f"{found.namespace}.{found.job}",
            kind="openlineage_job",
            dialect=found.dialect or self._options.dialect,
            owner=next((owner.name.rpartition(":")[2] for owner in found.owners), None),
            file=name,
            line=line or 1,
        )
        if found.links:
            for link in found.links:
                self._add_link(writer, job_id, link, (name, line))
        elif found.sql:
            place = {"file": name, "line": line or 1}
            writer.add("statement", job_id=job_id, ordinal=0, kind="SCRIPT", outcome="parsed", sql=found.sql, **place)
        else:
            for source in found.inputs:
                for target in found.outputs:
                    whole = Link(source.dataset, "*", target.dataset, "*", "DIRECT")
                    self._add_link(writer, job_id, whole, (name, line))

    def _add_link(self, writer: FactWriter, job_id: int, link: Link, place: tuple[str, int | None]) -> None:
        writer.add(
            "link",
            job_id=job_id,
            source_dataset=_called(link.source).name,
            source_field=link.source_field,
            target_dataset=_called(link.target).name,
            target_field=link.target_field,
            type=link.type,
            subtype=link.subtype,
            masking=link.masking,
            file=place[0],
            line=place[1] or 1,
        )


def _called(dataset: Dataset) -> Dataset:
    """The dataset as connectors call it: ``schema.table``, or ``path:`` and a URI.

    >>> _called(Dataset("postgres://db:5432", "shop.public.customer"))
    Dataset(namespace='postgres://db:5432/shop', name='public.customer')
    >>> _called(Dataset("s3://lake", "crm/customer")).name
    'path:s3://lake/crm/customer'
    """
    scheme = dataset.namespace.partition("://")[0]
    if scheme in _FILES:
        host = "" if scheme == "file" else f"{dataset.namespace.rstrip('/')}/"
        return Dataset(dataset.namespace, f"path:{host}{dataset.name.lstrip('/') if host else dataset.name}")
    *above, schema, table = dataset.name.split(".") if dataset.name.count(".") else ["", dataset.name]
    if not schema:
        return dataset
    namespace = "/".join([dataset.namespace.rstrip("/"), *above]) if above else dataset.namespace
    return Dataset(namespace, f"{schema}.{table}")
