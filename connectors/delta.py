"""Delta tables in a folder or an S3 bucket: what their logs say, and random rows of the files that still count."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pyarrow.fs import LocalFileSystem
from pydantic import Field

from datagov import config
from datagov.connectors import _lake_rows as lake_rows
from datagov.connectors import _nested as nested
from datagov.connectors import _problems as problems
from datagov.connectors import _s3 as s3
from datagov.connectors._delta_guard import check_commits
from datagov.connectors._delta_table import DeltaLog, committed_at, library
from datagov.connectors._files_store import LocalStore, S3Store, Store
from datagov.connectors._lake_folders import Fault, local_tables, named, stored_tables, told_apart
from datagov.connectors._lake_rows import Lake
from datagov.connectors._options import chosen, located, validated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import SourceError, UsageError
from datagov.fact_writer import FactWriter

_LOG = "_delta_log"
_COMMIT_BYTES = 16 * 2**20


class DeltaOptions(s3.S3Options):
    """Options of a source with ``use: delta``."""

    path: Annotated[str, Field(min_length=1, description="A table, or a folder of tables, or s3://bucket/prefix.")]
    schema_: Annotated[str | None, Field(alias="schema", min_length=1, description="Schema of the tables.")] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over datasets; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over datasets to leave out.")] = ()


class DeltaConnector:
    """Reads the Delta tables below a folder. A dataset is called as the files connector calls a folder of files.

    Raises ConfigError for wrong options at once, SourceError for a folder that cannot be read when it is first used.
    """

    role = "data"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``delta:///relative`` or ``delta:////absolute``; raises UsageError without a path."""
        path = unquote(urlsplit(url).path).removeprefix("/")
        if not path:
            raise UsageError("The URL names no folder; write delta:///lake.")
        return {"path": path}

    def __init__(self, source: Source) -> None:
        library()
        self._source = source
        self._options = validated(source, DeltaOptions)
        self._is_s3 = s3.is_s3(self._options.path)
        if not self._is_s3:
            self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """Tables with columns, fields, comments, rows and time of the last commit, each by its log alone."""
        writer = FactWriter(source_id=self._source.source_id)
        for inside, fault in self._found[1]:
            message = f"{self._store.who}: {inside!r} {fault}; grant it or exclude it."
            problems.report(writer, self._source, inside, "unreadable", message, fatal=True)
        for name, inside in self._named[1]:
            if self._chosen(name):
                message = (
                    f"{self._store.who}: the table in {inside!r} has the same name {name!r} as the one in "
                    f"{self._named[0][name]!r}, so it was not read; set 'schema', or read it by a source of its own."
                )
                problems.report(writer, self._source, inside, "unreadable", message, fatal=True)
        for name in self._tables:
            try:
                self._harvest_table(writer, name)
            except SourceError as error:
                problems.report(writer, self._source, name, "unreadable", str(error), fatal=True)
        if not self._tables:
            message = f"{self._store.who} holds no Delta table; correct 'path', 'include' and 'exclude'."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: a sample of the version that is current now, or everything when it has at most ``rows`` rows."""
        if not dataset.columns:
            return []
        log, lake = self._opened(dataset)
        hidden, version = log.may_hide_rows, log.version
        return [lake_rows.planned(lake, dataset, log.files, rows=rows, hidden=hidden, seed=seed, version=version)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split, of the version for which it was planned."""
        log, lake = self._opened(split.dataset, split.detail["version"])
        yield from lake_rows.read(lake, log.files, split)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """What :meth:`read` would open; only the log is read for it."""
        return lake_rows.opening(dataset, self._opened(dataset)[0].files, rows=rows)

    def pushdown(self) -> Pushdown | None:
        """None: the files have no engine of their own."""
        return None

    @cached_property
    def _store(self) -> Store:
        if not self._is_s3:
            return LocalStore(self._source, self._root, self._options.path)
        filesystem = s3.filesystem(self._source, self._options)
        return S3Store(self._source, config.expand(self._options.path), filesystem)

    @cached_property
    def _found(self) -> tuple[Sequence[str], Sequence[Fault]]:
        if not self._is_s3:
            return local_tables(self._root, _LOG, who=self._store.who)
        prefix = self._store.place.removeprefix("s3://")
        return stored_tables(s3.filesystem(self._source, self._options), prefix, _LOG, who=self._store.who)

    @cached_property
    def _named(self) -> tuple[Mapping[str, str], Sequence[tuple[str, str]]]:
        """Folders by the name of their dataset, and those whose name another one has."""
        schema = self._options.schema_ or self._source.name
        root = posixpath.basename(self._store.place) or self._source.name
        return told_apart((named(inside, schema=schema, root=root), inside) for inside in self._found[0])

    @cached_property
    def _tables(self) -> Mapping[str, str]:
        """Folders by the name of their dataset, as far as they are chosen."""
        return {name: inside for name, inside in self._named[0].items() if self._chosen(name)}

    def _chosen(self, name: str) -> bool:
        return chosen(name, include=self._options.include, exclude=self._options.exclude)

    def _about(self, name: str) -> str:
        return f"Source {self._source.name!r}: the Delta table {name!r}"

    def _log(self, name: str, version: int | None = None) -> DeltaLog:
        if name not in self._tables:
            raise SourceError(f"{self._about(name)} is gone; run again.")
        inside = self._tables[name]
        if self._is_s3:
            uri = posixpath.join(self._store.place, inside)
            log = posixpath.join(uri.removeprefix("s3://"), _LOG)
            check_commits(s3.filesystem(self._source, self._options), log, who=self._about(name))
            return DeltaLog(uri, s3.object_store(self._source, self._options), who=self._about(name), version=version)
        folder = (self._root / inside).resolve()
        check_commits(LocalFileSystem(), str(folder / _LOG), who=self._about(name))
        return DeltaLog(str(folder), {}, who=self._about(name), version=version)

    def _opened(self, dataset: DatasetRef, version: int | None = None) -> tuple[DeltaLog, Lake]:
        """The table's log, and how its files are read; raises SourceError where rows could come out wrong."""
        log = self._log(dataset.name, version)
        if log.unsupported:
            raise SourceError(
                f"{self._about(dataset.name)} uses features that are not known here ({', '.join(log.unsupported)}); "
                "its rows were not read."
            )
        known = {column.name: column for column in log.columns}
        if missing := [name for _, name in dataset.columns if name not in known]:
            raise SourceError(f"{self._about(dataset.name)} has no column {missing[0]!r} any more; run again.")
        columns = [known[name] for _, name in dataset.columns]

        def opened(inside: str) -> AbstractContextManager[pa.NativeFile]:
            return self._open(dataset.name, log.path(inside))

        return log, Lake(
            open=opened,
            who=lambda inside: f"{self._about(dataset.name)}: the file {posixpath.basename(unquote(inside))!r}",
            deleted=log.deleted,
            reading=lambda _file, _schema: (columns, lambda field: field.name),
        )

    def _open(self, name: str, path: str) -> AbstractContextManager[pa.NativeFile]:
        inside = posixpath.join(self._tables[name], path)
        if not self._is_s3:
            real = Path(os.path.realpath(self._root / inside))
            if not real.is_relative_to(os.path.realpath(self._root)):
                raise SourceError(f"{self._about(name)} has a data file that is a link out of the source's folder.")
        return self._store.open(inside)

    def _changed_at(self, name: str, version: int) -> str | None:
        """UTC time of the last commit; None when its file is not kept any more or is large."""
        try:
            with self._open(name, f"{_LOG}/{version:020d}.json") as commit:
                return committed_at(commit.read(_COMMIT_BYTES)) if commit.size() <= _COMMIT_BYTES else None
        except (SourceError, OSError):
            return None

    def _harvest_table(self, writer: FactWriter, name: str) -> None:
        log = self._log(name)
        rows = [file.rows for file in log.files]
        total = None if None in rows else sum(n for n in rows if n is not None)
        dataset_id = writer.add(
            "dataset",
            source_id=self._source.source_id,
            namespace=self._store.namespace,
            name=name,
            kind="table",
            location=posixpath.join(self._store.place, self._tables[name]).rstrip("/"),
            row_count=None if log.may_hide_rows or (log.files and not total) else total,
            row_estimate=total,
            size_bytes=sum(file.size for file in log.files),
            changed_at=self._changed_at(name, log.version),
            comment=log.comment,
            change_token=log.change_token,
        )
        left = nested.add_columns(writer, dataset_id, log.columns)
        if left:
            message = f"{self._about(name)}: {left} fields inside its columns are not listed; they are many."
            problems.report(writer, self._source, name, "limit", message, fatal=False)
        if log.unsupported:
            message = (
                f"{self._about(name)} uses features that are not known here ({', '.join(log.unsupported)}); its rows "
                "are not read."
            )
            problems.report(writer, self._source, name, "unsupported", message, fatal=True)
