"""Iceberg tables of a catalog or a folder: what their metadata says, and random rows that no delete hides."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import pyarrow as pa
from pydantic import Field, model_validator

from datagov import config
from datagov.connectors import _lake_rows as lake_rows
from datagov.connectors import _nested as nested
from datagov.connectors import _problems as problems
from datagov.connectors import _s3 as s3
from datagov.connectors._iceberg_catalog import Catalog, CatalogOptions, table_of_metadata
from datagov.connectors._iceberg_folder import HINT, HINT_BYTES, hinted, newest, preceding, strays
from datagov.connectors._iceberg_table import IcebergTable, library, told
from datagov.connectors._lake_folders import (
    Fault,
    local_tables,
    named,
    namespace_of,
    stored_tables,
    told_apart,
    told_location,
)
from datagov.connectors._lake_rows import Lake
from datagov.connectors._options import chosen, located, shown, validated
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter

_METADATA = "metadata"
_MOST_STRAYS = 16
"""Metadata files beside the current one that are looked into for their age."""


class IcebergOptions(s3.S3Options):
    """Options of a source with ``use: iceberg``."""

    catalog: Annotated[CatalogOptions | None, Field(description="The catalog: type, uri, warehouse, …")] = None
    path: Annotated[str | None, Field(min_length=1, description="Instead: a folder of tables, or s3://…")] = None
    schema_: Annotated[str | None, Field(alias="schema", min_length=1, description="Of tables of a folder.")] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over namespace.table; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over namespace.table to leave out.")] = ()

    @model_validator(mode="after")
    def _has_one_place(self) -> IcebergOptions:
        if (self.catalog is None) == (self.path is None):
            raise ValueError("give either 'catalog' or 'path'")
        return self


class IcebergConnector:
    """Reads Iceberg tables. A dataset is called ``namespace.table``, in a folder as the files connector would call it.

    Raises ConfigError for wrong options at once, SourceError for a catalog or folder when it is first used.
    """

    role = "data"

    def __init__(self, source: Source) -> None:
        library()
        self._source = source
        self._options = validated(source, IcebergOptions)
        self._who = f"Source {source.name!r}: "
        if self._options.path is not None and not self._is_s3:
            self._root = Path(os.path.abspath(located(source, self._options.path)))  # noqa: PTH100 - keeps links
            self._who += f"the folder {shown(self._root, source)!r}"
        else:
            self._who += self._options.path or "the Iceberg catalog"

    def harvest(self) -> FactBatches:
        """Tables with columns, fields, comments, key, rows, size and time of the snapshot; views as jobs."""
        writer = FactWriter(source_id=self._source.source_id)
        for inside, fault in self._faults:
            message = f"{self._who}: {inside!r} {fault}; grant it or exclude it."
            problems.report(writer, self._source, inside, "unreadable", message, fatal=True)
        for name, other in self._listed[1]:
            if self._chosen(name):
                where = other if isinstance(other, str) else "/".join(other)
                message = (
                    f"{self._who}: the table {where!r} has the same name {name!r} as another one, so it was not read; "
                    "set 'schema', or read it by a source of its own."
                )
                problems.report(writer, self._source, where, "unreadable", message, fatal=True)
        for name in self._tables:
            try:
                self._harvest_table(writer, name)
            except SourceError as error:
                problems.report(writer, self._source, name, "unreadable", str(error), fatal=True)
        self._harvest_views(writer)
        if not self._tables:
            message = f"{self._who} holds no Iceberg table that 'include' and 'exclude' let pass; correct the options."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: a sample of the current snapshot, or everything when it has at most ``rows`` rows."""
        if not dataset.columns:
            return []
        table, lake = self._opened(dataset)
        hidden, at = table.hides_rows, table.snapshot
        return [lake_rows.planned(lake, dataset, table.files, rows=rows, hidden=hidden, seed=seed, snapshot=at)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split, of the snapshot for which it was planned."""
        table, lake = self._opened(split.dataset, split.detail["snapshot"])
        yield from lake_rows.read(lake, table.files, split)

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """What :meth:`read` would open; only metadata and manifests are read for it."""
        return lake_rows.opening(dataset, self._opened(dataset)[0].files, rows=rows)

    def pushdown(self) -> Pushdown | None:
        """None: the files have no engine of their own."""
        return None

    @property
    def _is_s3(self) -> bool:
        return self._options.path is not None and s3.is_s3(self._options.path)

    @cached_property
    def _catalog(self) -> Catalog | None:
        given = self._options.catalog
        return Catalog(self._source, given, s3.file_io(self._source, self._options)) if given is not None else None

    @cached_property
    def _listed(self) -> tuple[Mapping[str, Any], Sequence[tuple[str, Any]], Sequence[Fault]]:
        """What finds a table again, by the name of its dataset; what has a name that another one has; and folders that
        were not looked into.
        """
        if self._catalog is not None:
            return (*told_apart((".".join(one), one) for one in self._catalog.tables()), ())
        if self._is_s3:
            place = self._place.removeprefix("s3://")
            found = stored_tables(s3.filesystem(self._source, self._options), place, _METADATA, who=self._who)
        else:
            found = local_tables(self._root, _METADATA, who=self._who)
        schema, root = self._options.schema_ or self._source.name, posixpath.basename(self._place)
        root = root or self._source.name
        called = [(named(inside, schema=schema, root=root), inside) for inside in found[0]]
        return (*told_apart(called), found[1])

    @cached_property
    def _tables(self) -> Mapping[str, Any]:
        return {name: found for name, found in sorted(self._listed[0].items()) if self._chosen(name)}

    def _chosen(self, name: str) -> bool:
        return chosen(name, include=self._options.include, exclude=self._options.exclude)

    @property
    def _faults(self) -> Sequence[Fault]:
        return self._listed[2]

    @property
    def _place(self) -> str:
        """The folder: a path on this machine, or ``s3://bucket/prefix``."""
        if not self._is_s3:
            return self._root.as_posix()
        parts = urlsplit(config.expand(self._options.path or ""))
        return f"s3://{parts.netloc}/{parts.path.strip('/')}".rstrip("/")

    def _about(self, name: str) -> str:
        return f"Source {self._source.name!r}: the Iceberg table {name!r}"

    def _table(self, name: str, snapshot: int | None = None) -> IcebergTable:
        if name not in self._tables:
            raise SourceError(f"{self._about(name)} is gone; run again.")
        found = self._tables[name]
        if self._catalog is not None:
            return self._catalog.table(found, who=self._about(name), snapshot=snapshot)
        folder = posixpath.join(self._place, found).rstrip("/")
        names = self._names(posixpath.join(folder, _METADATA), name)
        hint = self._hint(folder, name) if HINT in names else None
        version = self._current(names, hint, name)
        table = self._in_folder(folder, version, name, snapshot)
        if hint is None:
            self._check_current(table, folder, names, version, name)
        return table

    def _current(self, names: Sequence[str], hint: str | None, name: str) -> str:
        """The current metadata file: the one the hint leads to, or without a hint the one of the highest number."""
        if hint is not None:
            if (led := hinted(names, hint)) is None:
                raise SourceError(
                    f"{self._about(name)} has a version-hint.text that leads to no metadata file; restore the file, or "
                    "exclude the folder."
                )
            return led
        versions = newest(names)
        if not versions:
            raise SourceError(f"{self._about(name)} has no metadata file; restore it, or exclude the folder.")
        if len(versions) > 1:
            raise SourceError(
                f"{self._about(name)} has {len(versions)} metadata files of its last version, as a commit that failed "
                "leaves them; read it through its catalog, or remove those that do not count."
            )
        return versions[0]

    def _in_folder(self, folder: str, version: str, name: str, snapshot: int | None = None) -> IcebergTable:
        """The table that a metadata file of its folder describes."""
        if not self._is_s3 and not Path(folder, _METADATA, version).is_file():
            raise SourceError(
                f"{self._about(name)} has a metadata file that is not a regular file; restore it, or exclude "
                "the folder."
            )
        within = folder if self._is_s3 else f"file://{folder}"
        location = posixpath.join(within, _METADATA, version)
        files = s3.file_io(self._source, self._options)
        return table_of_metadata(location, files, within=within, who=self._about(name), snapshot=snapshot)

    def _check_current(self, table: IcebergTable, folder: str, names: Sequence[str], version: str, name: str) -> None:
        """Raises SourceError where the folder casts doubt on the metadata file of the highest number."""
        before = preceding(names, version)
        if before and not before & set(table.log):
            raise SourceError(
                f"{self._about(name)} has a last metadata file whose log does not name the one before it, so it may "
                "not be the current one; read it through its catalog, or remove what does not count."
            )
        for stray in strays(names, version, table.log)[-_MOST_STRAYS:]:
            if self._in_folder(folder, stray, name).written_at > table.written_at:
                raise SourceError(
                    f"{self._about(name)} has a metadata file that is younger than the one of its last version, as a "
                    "table that was dropped and made again leaves them; read it through its catalog, or remove what "
                    "does not count."
                )

    def _hint(self, folder: str, name: str) -> str:
        """What the hint in a folder of metadata says."""
        path = posixpath.join(folder, _METADATA, HINT)

        def read() -> bytes:
            if self._is_s3:
                client = s3.filesystem(self._source, self._options)
                with client.open_input_stream(path.removeprefix("s3://")) as stream:
                    return bytes(stream.read(HINT_BYTES))
            if not Path(path).is_file():
                raise FileNotFoundError
            with Path(path).open("rb") as file:
                return file.read(HINT_BYTES)

        return told(lambda: read().decode().strip(), self._about(name), "its version-hint.text")

    def _names(self, folder: str, name: str) -> list[str]:
        """Names of the files in a folder of metadata."""
        if not self._is_s3:
            return told(lambda: sorted(os.listdir(folder)), self._about(name), "its folder of metadata")  # noqa: PTH208 - names only
        from pyarrow.fs import FileSelector

        client = s3.filesystem(self._source, self._options)
        listed = told(
            lambda: client.get_file_info(FileSelector(folder.removeprefix("s3://"))), self._about(name), "its metadata"
        )
        return [one.base_name for one in listed]

    def _opened(self, dataset: DatasetRef, snapshot: int | None = None) -> tuple[IcebergTable, Lake]:
        """The table, and how its files are read."""
        table = self._table(dataset.name, snapshot)
        known = {column.name: column for column in table.columns}
        if missing := [name for _, name in dataset.columns if name not in known]:
            raise SourceError(f"{self._about(dataset.name)} has no column {missing[0]!r} any more; run again.")
        columns = [known[name] for _, name in dataset.columns]
        return table, Lake(
            open=table.open,
            who=lambda path: f"{self._about(dataset.name)}: the file {posixpath.basename(path)!r}",
            deleted=table.deleted,
            reading=lambda _file, schema: table.reading(columns, schema),
        )

    def _harvest_table(self, writer: FactWriter, name: str) -> None:
        table = self._table(name)
        dataset_id = writer.add(
            "dataset",
            source_id=self._source.source_id,
            namespace=namespace_of(table.location),
            name=name,
            kind="table",
            location=told_location(table.location, self._source),
            row_count=table.row_count,
            row_estimate=table.row_estimate,
            size_bytes=table.size_bytes,
            changed_at=table.changed_at,
            holder=table.properties.get("owner"),
            comment=table.properties.get("comment"),
            change_token=table.change_token,
        )
        left = nested.add_columns(writer, dataset_id, table.columns)
        if left:
            message = f"{self._about(name)}: {left} fields inside its columns are not listed; they are many."
            problems.report(writer, self._source, name, "limit", message, fatal=False)

    def _harvest_views(self, writer: FactWriter) -> None:
        """Jobs: what a view selects. Its rows are those of its tables, and are not read again."""
        try:
            for view in self._catalog.views() if self._catalog is not None else ():
                add = partial(writer.add, source_id=self._source.source_id)
                job_id = add("job", name=view.name, kind="view", dialect=view.dialect)
                sql = f"CREATE VIEW {view.name} AS {view.sql}"
                writer.add("statement", job_id=job_id, ordinal=0, kind="CREATE_VIEW", outcome="parsed", sql=sql)
        except SourceError as error:
            problems.report(writer, self._source, self._source.name, "unreadable", str(error), fatal=True)
