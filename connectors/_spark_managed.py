"""Delta and Iceberg tables that a Hive catalog names: their own log says which files are rows, as for those sources."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from datagov.connectors import _s3 as s3
from datagov.connectors._delta_table import DeltaLog
from datagov.connectors._files_store import LocalStore, S3Store, Store
from datagov.connectors._iceberg_catalog import table_of_metadata
from datagov.connectors._iceberg_table import library as iceberg
from datagov.connectors._lake_folders import is_local
from datagov.connectors._lake_rows import DataFile, Lake
from datagov.connectors._nested import Column
from datagov.connectors._spark_files import path_of
from datagov.connectors._spark_relation import Relation
from datagov.contracts import DatasetRef, Source
from datagov.errors import PluginError, SourceError

LOGGED = ("delta", "iceberg")
"""Formats whose log is read here."""


@dataclass(frozen=True, slots=True)
class Managed:
    """A table by its own log, at one version: its columns and files, and how the columns of a dataset are read."""

    columns: Sequence[Column]
    files: Sequence[DataFile]
    size: int
    change_token: str
    rows: int | None
    hidden: bool
    version: int | None
    lake: Callable[[DatasetRef], Lake]


def managed(
    relation: Relation, source: Source, options: s3.S3Options, *, who: str, version: int | None = None
) -> Managed:
    """The table at a version, by default its last. Raises SourceError, which begins with ``who``."""
    read = _delta if relation.provider == "delta" else _iceberg
    try:
        return read(relation, source, options, who=who, version=version)
    except PluginError:
        raise SourceError(
            f"{who} is a {relation.provider.title()} table, for which a library is needed; run: pip install "
            f"'datagov[{relation.provider}]'."
        ) from None


def _delta(relation: Relation, source: Source, options: s3.S3Options, *, who: str, version: int | None) -> Managed:
    place = path_of(relation.location or "")
    root = Path(os.path.realpath(place))
    store: Store
    if is_local(place):
        if not root.is_dir():
            raise SourceError(f"{who} has a folder that is gone or may not be seen; restore it, or drop the table.")
        log = DeltaLog(str(root), {}, who=who, version=version)
        store = LocalStore(source, root, root.name)
    else:
        uri = f"s3://{place.partition('://')[2]}"
        log = DeltaLog(uri, s3.object_store(source, options), who=who, version=version)
        store = S3Store(source, uri, s3.filesystem(source, options))
    if log.unsupported:
        raise SourceError(
            f"{who} uses features that are not known here ({', '.join(log.unsupported)}); it is not read."
        )

    def opened(inside: str) -> AbstractContextManager[pa.NativeFile]:
        path = log.path(inside)
        if is_local(place) and not Path(os.path.realpath(root / path)).is_relative_to(root):
            raise SourceError(f"{who} has a data file that is a link out of its folder.")
        return store.open(path)

    rows = [file.rows for file in log.files]
    known = None if None in rows or log.may_hide_rows else sum(n for n in rows if n is not None)
    return Managed(
        log.columns,
        log.files,
        sum(file.size for file in log.files),
        log.change_token,
        known if known or not log.files else None,
        log.may_hide_rows,
        log.version,
        lambda dataset: Lake(
            open=opened,
            who=lambda inside: f"{who}: the file {posixpath.basename(unquote(inside))!r}",
            deleted=log.deleted,
            reading=_reading(log.columns, dataset, who=who),
        ),
    )


def _iceberg(relation: Relation, source: Source, options: s3.S3Options, *, who: str, version: int | None) -> Managed:
    iceberg()
    metadata = relation.properties.get("metadata_location")
    if not metadata:
        raise SourceError(
            f"{who} is an Iceberg table whose metadata the catalog does not name; read it by 'use: iceberg'."
        )
    if is_local(metadata):
        metadata = f"file://{path_of(metadata)}"
    within = metadata.rpartition("/metadata/")[0]
    table = table_of_metadata(metadata, s3.file_io(source, options), within=within, who=who, snapshot=version)

    def lake(dataset: DatasetRef) -> Lake:
        columns = _wanted(table.columns, dataset, who=who)
        return Lake(
            open=table.open,
            who=lambda path: f"{who}: the file {posixpath.basename(path)!r}",
            deleted=table.deleted,
            reading=lambda _file, schema: table.reading(columns, schema),
        )

    files = table.files
    size = table.size_bytes or sum(file.size for file in files)
    hidden = table.hides_rows
    return Managed(table.columns, files, size, table.change_token, table.row_count, hidden, table.snapshot, lake)


def _reading(columns: Sequence[Column], dataset: DatasetRef, *, who: str) -> Callable[[DataFile, pa.Schema], Any]:
    wanted = _wanted(columns, dataset, who=who)
    return lambda _file, _schema: (wanted, lambda field: field.name)


def _wanted(columns: Sequence[Column], dataset: DatasetRef, *, who: str) -> Sequence[Column]:
    known = {column.name: column for column in columns}
    if missing := [name for _, name in dataset.columns if name not in known]:
        raise SourceError(f"{who} has no column {missing[0]!r} any more; run again.")
    return [known[name] for _, name in dataset.columns]
