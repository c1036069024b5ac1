"""Files as tables: Parquet, CSV, JSON, ORC and Arrow in folders, on this machine or in an S3 bucket."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from pydantic import Field, field_validator

from datagov import config
from datagov.connectors import _files_formats as formats
from datagov.connectors import _nested as nested
from datagov.connectors import _problems as problems
from datagov.connectors._alike import common
from datagov.connectors._chance import chance
from datagov.connectors._files_faults import LINE_BYTES, Left, sentences
from datagov.connectors._files_sample import Drawing
from datagov.connectors._files_store import Listing, LocalStore, S3Store, Store, StoredFile, told
from datagov.connectors._files_tables import FileTable, tables
from datagov.connectors._options import located, validated
from datagov.connectors._s3 import S3Options, filesystem, is_s3
from datagov.contracts import DatasetRef, FactBatches, Pushdown, Source, Split
from datagov.errors import SourceError, UsageError
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_DESCRIBED = 2_000
"""Files of one table whose own description is read; beyond that their number of rows is left open."""
_TEXT_DESCRIBED = 20
"""Text files of one table whose first lines are looked at for names of columns."""
_WAY_OUT = {
    "delta": "Exclude it here and read it by a source with 'use: delta'.",
    "iceberg": "Exclude it here and read it by a source with 'use: iceberg'.",
}
_NO_WAY = "No connector reads it: exclude it here, and audit what reads it."
_TEXT = ("csv", "tsv", "json")


class FilesOptions(S3Options):
    """Options of a source with ``use: files``."""

    path: Annotated[str, Field(min_length=1, description="The folder, or s3://bucket/prefix.")]
    schema_: Annotated[str | None, Field(alias="schema", min_length=1, description="Schema of the tables.")] = None
    depth: Annotated[int, Field(ge=1, le=8, description="How many levels of folders name a table.")] = 1
    format: Annotated[
        Literal["parquet", "csv", "tsv", "json", "orc", "arrow"] | None,
        Field(description="Format of every file; by default each file's suffix tells it."),
    ] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over paths of files; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths of files to leave out.")] = ()
    delimiter: Annotated[str | None, Field(min_length=1, max_length=1, description="Of CSV files.")] = None
    encoding: Annotated[str, Field(description="Of CSV files, e.g. gb18030.")] = "utf-8"
    header: Annotated[bool, Field(description="Whether the first line of CSV files names the columns.")] = True
    text_mb: Annotated[int, Field(ge=1, description="Text files up to this size are read whole for a sample.")] = 64

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, UnicodeError):
            raise ValueError("it is not an encoding that Python knows") from None
        return value


class FilesConnector:
    """Reads a folder of data files. A dataset is called ``schema.table``; the schema is the source's name by default.

    Raises ConfigError for wrong options at once, SourceError for a folder that cannot be read when it is first used.
    """

    role = "data"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``s3://bucket/prefix``, ``file:///relative`` or ``file:////absolute``."""
        parts = urlsplit(url)
        path = url if parts.scheme == "s3" else unquote(parts.path).removeprefix("/")
        if not path or (parts.scheme == "s3" and not parts.netloc):
            raise UsageError("The URL names no folder; write file:///lake or s3://bucket/prefix.")
        return {"path": path}

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, FilesOptions)
        self._dialect = formats.Dialect(self._options.delimiter, self._options.encoding, self._options.header)
        if not is_s3(self._options.path):
            self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """Tables with their columns and, where every file says so, their rows; what cannot be read."""
        writer = FactWriter(source_id=self._source.source_id)
        listing = self._listing
        for inside, fault in listing.faults:
            problems.report(
                writer,
                self._source,
                told(inside),
                "unreadable",
                f"{self._store.who}: {told(inside)!r} {fault}.",
                fatal=True,
            )
        for folder, kind in sorted(listing.managed.items()):
            called = folder or self._root_name
            message = (
                f"{self._store.who}: {called!r} is a {kind.title()} table; its plain files may hold deleted rows, so "
                f"they were not read. {_WAY_OUT.get(kind, _NO_WAY)}"
            )
            problems.report(writer, self._source, called, "unsupported", message, fatal=True)
        self._say_unknown(writer, listing)
        for table in self._tables.values():
            self._harvest_table(writer, table)
        if not self._tables and not listing.managed:
            hint = "correct 'path', 'include' and 'exclude'"
            message = f"{self._store.who} holds no data file of a known format; {hint}."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        """One split: a sample, or everything when the table has at most ``rows`` rows."""
        table = self._table(dataset)
        if not dataset.columns:
            return []
        total = dataset.row_count
        if total is None and table.size <= self._options.text_mb * 2**20:
            total = self._drawing(dataset).count(table.files, limit=rows)
        if total is not None and total <= rows:
            return [Split(dataset, total, True, {"way": "all"})]
        return [Split(dataset, rows, False, {"way": "sample", "seed": seed})]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        """The rows of a split; field metadata says what was not UTF-8 or cut."""
        files, drawing = self._table(split.dataset).files, self._drawing(split.dataset)
        match split.detail:
            case {"way": "all"}:
                yield from drawing.everything(files, rows=split.rows)
            case {"way": "sample", "seed": seed}:
                draw = chance(seed, split.dataset.name)
                yield from drawing.some(files, rows=split.rows, draw=draw)
            case _:
                raise SourceError(
                    f"Source {self._source.name!r}: {split.dataset.name!r} was planned by another connector; plan it "
                    "again."
                )

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        """The files that :meth:`read` would open; nothing is executed."""
        table = self._table(dataset)
        total = dataset.row_count
        whole = total is not None and total <= rows
        what = f"read {'all' if whole else f'about {rows} random'} rows of {dataset.name}"
        size = f"{counted(len(table.files), 'file')}, {table.size / 2**20:.1f} MB, {table.folder}"
        return [(f"{what}: {size}", total or rows)]

    def pushdown(self) -> Pushdown | None:
        """None: files have no engine of their own."""
        return None

    @cached_property
    def _store(self) -> Store:
        if not is_s3(self._options.path):
            return LocalStore(self._source, self._root, self._options.path)
        return S3Store(self._source, config.expand(self._options.path), filesystem(self._source, self._options))

    @cached_property
    def _listing(self) -> Listing:
        return self._store.list(include=self._options.include, exclude=self._options.exclude)

    @cached_property
    def _tables(self) -> Mapping[str, FileTable]:
        managed = tuple(f"{folder}/" if folder else "" for folder in self._listing.managed)
        known = [
            file
            for file in self._listing.files
            if (self._options.format or formats.format_of(file.inside)[0]) and not file.inside.startswith(managed)
        ]
        schema = self._options.schema_ or self._source.name
        return tables(known, depth=self._options.depth, schema=schema, root=self._root_name)

    @property
    def _root_name(self) -> str:
        """What a table that is the whole folder is called."""
        return posixpath.basename(self._store.place) or self._source.name

    def _table(self, dataset: DatasetRef) -> FileTable:
        if dataset.name not in self._tables:
            raise SourceError(f"Source {self._source.name!r}: the files of {dataset.name!r} are gone.")
        return self._tables[dataset.name]

    def _drawing(self, dataset: DatasetRef) -> Drawing:
        text_bytes = self._options.text_mb * 2**20
        return Drawing(self._store.open, dataset, self._dialect, self._options.format, text_bytes)

    def _harvest_table(self, writer: FactWriter, table: FileTable) -> None:
        columns, rows, failed = self._described(writer, table)
        dataset_id = writer.add(
            "dataset",
            source_id=self._source.source_id,
            namespace=self._store.namespace,
            name=table.name,
            kind="file",
            location=posixpath.join(self._store.place, table.folder).rstrip("/"),
            row_count=rows,
            change_token=table.change_token,
        )
        left = nested.add_columns(writer, dataset_id, [_column(*one, table) for one in columns.items()])
        if left:
            message = (
                f"{self._store.who}: {left} fields inside columns of {table.name!r} are not listed; they are many."
            )
            problems.report(writer, self._source, table.name, "limit", message, fatal=False)
        if failed == len(table.files):
            message = f"{self._store.who}: no file of {table.name!r} could be read, so nothing is known of it."
            problems.report(writer, self._source, table.name, "unreadable", message, fatal=True)

    def _described(
        self, writer: FactWriter, table: FileTable
    ) -> tuple[Mapping[str, list[pa.DataType | str]], int | None, int]:
        """Types by column over the files, the number of rows when all say it, and how many cannot be read."""
        columns: dict[str, list[pa.DataType | str]] = {}
        rows: int | None = 0
        failed = shared = unseen = 0
        looked_at = self._looked_at(table)
        for n, file in enumerate(table.files):
            form, packed = formats.format_of(file.inside)
            form = self._options.format or form or "csv"
            if n not in looked_at:
                rows = None
                unseen += form in _TEXT
                continue
            unseen += form == "json" and file.size > LINE_BYTES
            try:
                with self._store.open(file.inside) as opened, sentences(self._about(file)):
                    described = formats.described(opened, form, packed, self._dialect)
            except SourceError as error:
                problems.report(writer, self._source, told(file.inside), "unreadable", str(error), fatal=True)
                failed += 1
                continue
            self._say_left(writer, file, described.left)
            rows = None if rows is None or described.rows is None else rows + described.rows
            shared += not columns or not columns.keys().isdisjoint(described.schema.names)
            for field in described.schema:
                columns.setdefault(field.name, []).append("text" if formats.is_csv_cell(field) else field.type)
        for name in table.partitions:
            columns.setdefault(name, []).append("text")
        if unseen:
            message = (
                f"{self._store.who}: {unseen} text files of {table.name!r} were not looked at for names of columns, or "
                f"not beyond {LINE_BYTES // 2**20} MB; columns that only they have are not listed."
            )
            problems.report(writer, self._source, table.name, "limit", message, fatal=False)
        if columns and shared + failed < min(len(table.files), _TEXT_DESCRIBED):
            message = (
                f"{self._store.who}: files of {table.name!r} have no column in common; if each is a table of its own, "
                "set 'depth' one higher."
            )
            problems.report(writer, self._source, table.name, "mixed", message, fatal=False)
        return {name: list(dict.fromkeys(kinds)) for name, kinds in columns.items()}, rows, failed

    def _looked_at(self, table: FileTable) -> set[int]:
        """Numbers of the files whose description is read: of text files some from the first to the last, because later
        ones may have more columns.
        """
        kinds = [self._options.format or formats.format_of(file.inside)[0] or "csv" for file in table.files]
        texts = [n for n, kind in enumerate(kinds) if kind in _TEXT]
        if len(texts) > _TEXT_DESCRIBED:
            texts = [texts[n * (len(texts) - 1) // (_TEXT_DESCRIBED - 1)] for n in range(_TEXT_DESCRIBED)]
        return {*texts, *(n for n, kind in enumerate(kinds[:_DESCRIBED]) if kind not in _TEXT)}

    def _say_left(self, writer: FactWriter, file: StoredFile, left: Left) -> None:
        """Lines that are no rows are never passed over in silence."""
        if left.lines:
            first = "" if left.first is None else f", the first is line {left.first}"
            message = (
                f"{self._about(file)} has {counted(left.lines, 'broken line')} among its first "
                f"{LINE_BYTES // 2**20} MB{first}; broken lines are left out; mend them."
            )
            problems.report(writer, self._source, file.inside, "unreadable", message, fatal=True)

    def _about(self, file: StoredFile) -> str:
        return f"Source {self._source.name!r}: the file {told(file.inside)!r}"

    def _say_unknown(self, writer: FactWriter, listing: Listing) -> None:
        """Files of no known format are named once, not passed over."""
        unknown = [
            told(file.inside)
            for file in listing.files
            if not self._options.format and not formats.format_of(file.inside)[0]
        ]
        if unknown:
            message = (
                f"{self._store.who} holds {counted(len(unknown), 'file')} of no known format, such as {unknown[0]!r}; "
                "not read. Exclude what is no data, or set 'format'."
            )
            problems.report(writer, self._source, unknown[0], "unsupported", message, fatal=False)


def _without_keys(kind: pa.DataType) -> str:
    """An Arrow type as text, a struct without the names of its fields.

    >>> _without_keys(pa.list_(pa.struct([("ann@example.org", pa.int64())])))
    'list<struct>'
    """
    if pa.types.is_struct(kind):
        return "struct"
    if pa.types.is_list(kind):
        return f"list<{_without_keys(kind.value_type)}>"
    return str(kind)


def _column(name: str, kinds: Sequence[pa.DataType | str], table: FileTable) -> nested.Column:
    """A column of the type that its files agree on; keys of JSON objects may be data and are not listed as fields."""
    if kinds == ["text"]:
        return nested.Column(name, "text")
    kind = common([one for one in kinds if not isinstance(one, str)])
    if any(formats.format_of(file.inside)[0] == "json" for file in table.files):
        return nested.Column(name, _without_keys(kind))
    return nested.from_arrow(pa.field(name, kind))
