"""The catalog of Hive and Spark: what a metastore says of its tables and views, and random rows of their files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Annotated
from urllib.parse import urlsplit

import pyarrow as pa
from pydantic import Field, model_validator

from datagov import config
from datagov.connectors import _lake_rows as lake_rows
from datagov.connectors import _nested as nested
from datagov.connectors import _problems as problems
from datagov.connectors import _s3 as s3
from datagov.connectors._hive_metastore import Address, Metastore, Partition
from datagov.connectors._lake_folders import is_local, told_location
from datagov.connectors._options import chosen, validated
from datagov.connectors._spark_files import IN_PLACE, TableFiles, can_be_read
from datagov.connectors._spark_lake import as_declared, lake
from datagov.connectors._spark_managed import LOGGED, Managed, managed
from datagov.connectors._spark_relation import Relation
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import ConfigError, SourceError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_PORT = 9083
_MOST_PARTITIONS = 20_000
"""Partitions of one table that are asked for."""
_COUNTED_FILES = 2_000
"""Files of one table whose own number of rows is read."""


class SparkOptions(s3.S3Options):
    """Options of a source with ``use: spark``."""

    metastore: Annotated[str, Field(min_length=1, description="thrift://host:9083; several with commas between.")]
    databases: Annotated[tuple[str, ...], Field(description="Databases to read; none means all.")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over database.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over database.table to leave out.")] = ()
    tls: Annotated[bool, Field(description="Whether the metastore speaks TLS.")] = False
    owner_property: Annotated[
        str | None, Field(min_length=1, description="Property of tables that names their data owner.")
    ] = None
    answer_seconds: Annotated[float, Field(gt=0, description="How long the metastore may take to answer.")] = 30.0

    @model_validator(mode="after")
    def _has_an_address(self) -> SparkOptions:
        for one in self.metastore.split(","):
            parts = urlsplit(one.strip())
            if parts.scheme != "thrift" or not parts.hostname or parts.username or parts.path.strip("/"):
                raise ValueError("write thrift://host:9083")
            try:
                _ = parts.port
            except ValueError:
                raise ValueError("write thrift://host:9083") from None
        return self


class SparkConnector:
    """Reads the tables of a Hive metastore. A dataset is called ``database.table``.

    Raises ConfigError for wrong options at once, SourceError for a metastore when it is first used.
    """

    role = "data"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``spark://host:9083``; raises UsageError without a host."""
        parts = urlsplit(url)
        if not parts.hostname:
            raise UsageError("The URL names no metastore; write spark://host:9083.")
        return {"metastore": f"thrift://{parts.netloc.rpartition('@')[2]}"}

    def __init__(self, source: Source) -> None:
        self._source = source
        expanded = dict(source.options)
        if isinstance(expanded.get("metastore"), str):
            expanded["metastore"] = self._expanded(expanded["metastore"])
        self._options = validated(replace(source, options=expanded), SparkOptions)
        parts = [urlsplit(one.strip()) for one in self._options.metastore.split(",")]
        self._hosts = [(one.hostname or "", one.port or _PORT) for one in parts]
        self._who = f"Source {source.name!r}: the metastore {self._hosts[0][0]}:{self._hosts[0][1]}"

    @property
    def namespace(self) -> str:
        """OpenLineage namespace ``hive://host:port``."""
        host, port = self._hosts[0]
        return f"hive://{host}:{port}"

    def harvest(self) -> FactBatches:
        """Tables with columns, fields, keys, owners, statistics and sizes; views as jobs with their SQL; problems."""
        writer = FactWriter(source_id=self._source.source_id)
        seen = kept = 0
        with closing(self._metastore()) as metastore:
            there = metastore.databases()
            for database in [name for name in there if not self._options.databases or name in self._options.databases]:
                try:
                    names = metastore.names(database)
                    wanted = [name for name in names if self._chosen(f"{database}.{name}")]
                    seen, kept = seen + len(names), kept + len(wanted)
                    for relation in metastore.relations(database, wanted):
                        self._add(writer, metastore, relation)
                except SourceError as error:
                    problems.report(writer, self._source, database, "unreadable", str(error), fatal=True)
        for name in self._options.databases:
            if name not in there:
                message = f"{self._who} has no database {name!r}; correct 'databases'."
                problems.report(writer, self._source, name, "unreadable", message, fatal=True)
        if not kept:
            message = (
                f"{self._who} has {counted(seen, 'table')}, of which 'databases', 'include' and 'exclude' leave none; "
                "correct them."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: a sample, or everything when the table has at most ``rows`` rows. Views are not read."""
        if not dataset.columns:
            return []
        with closing(self._metastore()) as metastore:
            relation = self._relation(metastore, dataset)
            if relation.kind == "view":
                return []
            files = self._files(metastore, relation)
        reading = self._lake(relation, files, dataset)
        hidden, version = (files.hidden, files.version) if isinstance(files, Managed) else (False, None)
        return [lake_rows.planned(reading, dataset, files.files, rows=rows, hidden=hidden, seed=seed, version=version)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split as one batch, in the types that the catalog declares."""
        with closing(self._metastore()) as metastore:
            relation = self._relation(metastore, split.dataset)
            files = self._files(metastore, relation, version=split.detail["version"])
        reading = self._lake(relation, files, split.dataset)
        for batch in lake_rows.read(reading, files.files, split):
            yield batch if isinstance(files, Managed) else as_declared(batch, relation, split.dataset)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """What :meth:`read` would open; only the catalog and listings of folders are read for it."""
        with closing(self._metastore()) as metastore:
            relation = self._relation(metastore, dataset)
            if relation.kind == "view":
                return []
            return lake_rows.opening(dataset, self._files(metastore, relation).files, rows=rows)

    def pushdown(self) -> Pushdown | None:
        """None: the files have no engine of their own."""
        return None

    def _expanded(self, text: str) -> str:
        try:
            return config.expand(text)
        except ConfigError as error:
            raise ConfigError(str(error), file=self._source.file, line=self._source.line) from None

    def _metastore(self) -> Metastore:
        given = self._options
        return Metastore(Address(self._hosts, given.tls, given.connect_seconds, given.answer_seconds), who=self._who)

    def _chosen(self, name: str) -> bool:
        return chosen(name, include=self._options.include, exclude=self._options.exclude)

    def _about(self, name: str) -> str:
        return f"Source {self._source.name!r}: the table {name!r}"

    def _relation(self, metastore: Metastore, dataset: DatasetRef) -> Relation:
        database, _, table = dataset.name.partition(".")
        found = metastore.relation(database, table)
        if found is None:
            raise SourceError(f"{self._about(dataset.name)} is gone; run again.")
        return found

    def _lake(self, relation: Relation, files: TableFiles | Managed, dataset: DatasetRef) -> lake_rows.Lake:
        """How the dataset's columns come out of the files."""
        if isinstance(files, Managed):
            return files.lake(dataset)
        return lake(relation, files, dataset, who=self._about(relation.name))

    def _files(self, metastore: Metastore, relation: Relation, *, version: int | None = None) -> TableFiles | Managed:
        """The files of a table. Raises SourceError for one whose rows cannot be read here."""
        who = self._about(relation.name)
        if hindrance := _hindrance(relation):
            raise SourceError(f"{who} {hindrance}")
        if relation.provider in LOGGED:
            return managed(relation, self._source, self._options, who=who, version=version)
        partitions: Sequence[Partition] | None = None
        if relation.partitions and _tracked(relation):
            partitions = metastore.partitions(relation.database, relation.table, most=_MOST_PARTITIONS)
            if len(partitions) > _MOST_PARTITIONS:
                raise SourceError(f"{who} has more than {_MOST_PARTITIONS} partitions; exclude it.")
        return TableFiles(self._source, self._options, relation, partitions, who=who)

    def _add(self, writer: FactWriter, metastore: Metastore, relation: Relation) -> None:
        """A table or view with its columns; what keeps its rows from being read is a problem, and the facts stand."""
        report = partial(problems.report, writer, self._source, relation.name)
        files: TableFiles | Managed | None = None
        rows: int | None = None
        if relation.kind == "table":
            try:
                files = self._files(metastore, relation)
                rows = self._rows(relation, files)
            except SourceError as error:
                files = None
                kind = "unsupported" if _hindrance(relation) else "unreadable"
                report(kind, str(error), fatal=self._source.counts)
        dataset_id = writer.add(
            "dataset",
            source_id=self._source.source_id,
            namespace=self.namespace,
            name=relation.name,
            kind=relation.kind,
            location=told_location(relation.location, self._source) if relation.location else None,
            row_count=rows,
            row_estimate=relation.rows,
            size_bytes=files.size if files else relation.size,
            changed_at=relation.changed_at,
            holder=relation.owner,
            comment=relation.comment,
            change_token=files.change_token if files else None,
        )
        told = files.columns if isinstance(files, Managed) else relation.columns
        columns = [replace(one, key=one.name.lower() in relation.keys) for one in told]
        if left := nested.add_columns(writer, dataset_id, columns):
            message = f"{self._about(relation.name)}: {left} fields inside its columns are not listed; they are many."
            report("limit", message, fatal=False)
        self._add_owner(writer, relation)
        if relation.kind == "view":
            self._add_view(writer, relation)

    def _rows(self, relation: Relation, files: TableFiles | Managed) -> int | None:
        """The number of rows by the files' own word; None where they are many, text, or nothing may be counted."""
        if isinstance(files, Managed):
            return files.rows
        if not self._source.counts or len(files.files) > _COUNTED_FILES or relation.layout is not None:
            return None
        known = self._source.rows_unchanged(relation.name, files.change_token)
        if known is not None:
            return known
        nothing = DatasetRef(0, relation.name, ())
        reading = lake(relation, files, nothing, who=self._about(relation.name))
        return lake_rows.total(reading, files.files, limit=2**62)

    def _add_owner(self, writer: FactWriter, relation: Relation) -> None:
        owner = relation.properties.get(self._options.owner_property or "", "").strip()
        if owner:
            here: Mapping[str, object] = {"file": self._source.file, "line": self._source.line}
            said = {"selector": relation.name, "principal": owner, "role": "data_owner"}
            writer.add("owner_assertion", source_id=self._source.source_id, **said, **here)

    def _add_view(self, writer: FactWriter, relation: Relation) -> None:
        script = relation.script
        if script is None:
            message = (
                f"Source {self._source.name!r}: the query of the view {relation.name!r} is not kept in a form that "
                "can be read, so where its columns come from is not known."
            )
            problems.report(writer, self._source, relation.name, "opaque", message, fatal=False)
            return
        add = partial(writer.add, source_id=self._source.source_id)
        job_id = add("job", name=relation.name, kind="view", dialect=relation.dialect)
        writer.add("statement", job_id=job_id, ordinal=0, kind="CREATE_VIEW", outcome="parsed", sql=script)


def _tracked(relation: Relation) -> bool:
    """Whether the catalog knows the partitions: Hive's always, those of Spark's tables where it was told of them."""
    by_spark = "spark.sql.sources.provider" in relation.properties
    return not by_spark or relation.properties.get("spark.sql.partitionProvider", "").lower() == "catalog"


def _reached(relation: Relation) -> bool:
    place = relation.location or ""
    return bool(place) and (s3.is_s3(place) or is_local(place))


def _hindrance(relation: Relation) -> str | None:
    """Why rows of a table cannot be read here, as the end of a sentence; None when they can."""
    if relation.kind == "view" or can_be_read(relation):
        return None
    if relation.is_format and (relation.provider not in LOGGED or not _reached(relation)):
        return f"is a {relation.provider.title()} table that cannot be read from here; its files may hold deleted rows."
    if relation.is_format:
        return None
    if relation.properties.get("transactional", "").lower() == "true":
        return "is a transactional table of Hive, whose files may hold deleted rows; they are not read."
    if isinstance(relation.layout, str):
        return relation.layout
    if relation.layout is None and relation.provider not in IN_PLACE:
        what = "of a format that its SerDe alone knows" if relation.provider == "hive" else f"in {relation.provider}"
        return f"is {what}, so only its columns are known; rows are read from Parquet, ORC and plain text files."
    store = "HDFS" if (relation.location or "").startswith(("hdfs:", "viewfs:")) else "a store"
    return f"lies in {store}, which cannot be reached from here; rows are read from local folders and S3."
