"""File formats: what columns a file has, how many rows when it says so, and its rows as Arrow batches."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from datagov.connectors import _files_json as files_json
from datagov.connectors._files_faults import LINE_BYTES, FaultError, Left, Opened, endless
from datagov.connectors._orc import Orc
from datagov.connectors._parquet import Parquet
from datagov.connectors._stretches import taken

BATCH_ROWS = 8_192
CSV_CELL: Mapping[str, str] = {"csv": "1"}
"""Metadata of a field whose bytes are text of a CSV file."""

FORMATS: Mapping[str, str] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".orc": "orc",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
COMPRESSIONS: Mapping[str, str] = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd", ".lz4": "lz4"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How text files are written."""

    delimiter: str | None = None
    encoding: str = "utf-8"
    header: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """Columns of a file; ``pieces`` are its row groups, stripes or batches with their rows, None for text.

    ``left`` counts what would be left out of the first lines of a text file.
    """

    schema: pa.Schema
    pieces: Sequence[int] | None
    left: Left = field(default_factory=Left)

    @property
    def rows(self) -> int | None:
        """Rows of the file, when it says so."""
        return None if self.pieces is None else sum(self.pieces)


def format_of(inside: str) -> tuple[str | None, str | None]:
    """(format, compression) by the suffixes of a path.

    >>> format_of("a/b.csv.gz"), format_of("c.parquet"), format_of("readme.md")
    (('csv', 'gzip'), ('parquet', None), (None, None))
    """
    name, packed = inside.lower(), None
    for suffix, compression in COMPRESSIONS.items():
        if name.endswith(suffix):
            name, packed = name.removesuffix(suffix), compression
    _, dot, end = name.rpartition(".")
    return FORMATS.get(dot + end), packed


def stem(inside: str) -> str:
    """The name of a file without the suffixes that :func:`format_of` knows."""
    name = inside.rpartition("/")[2]
    for suffixes in (COMPRESSIONS, FORMATS):
        for suffix in suffixes:
            if name.lower().endswith(suffix):
                name = name[: -len(suffix)]
                break
    return name


def is_csv_cell(field: pa.Field) -> bool:
    """Whether the bytes of a field are text of a CSV file."""
    return bool(field.metadata) and b"csv" in field.metadata


def described(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect) -> Described:
    """What a file says of itself; of a text file the first line or block."""
    match form:
        case "parquet":
            parquet = Parquet(opened)
            return Described(parquet.schema, parquet.sizes)
        case "orc":
            orc = Orc(opened)
            return Described(orc.schema, [sum(orc.sizes)])
        case "arrow":
            reader = _arrow_file(opened)
            if isinstance(reader, pa.ipc.RecordBatchFileReader):
                return Described(reader.schema, Batches(opened, reader).sizes)
            return Described(reader.schema, None)
        case "json":
            opened.seek(0)
            head = files_json.head(_unpacked(opened, packed))
            return Described(head.schema, None, head.left)
    return _csv_head(opened, form, packed, dialect)


def read(
    opened: pa.NativeFile,
    form: str,
    packed: str | None,
    dialect: Dialect,
    *,
    names: Sequence[str] | None = None,
) -> Opened:
    """A file. Cells of CSV are bytes: a telephone keeps its zeros, and broken UTF-8 is seen.

    ``names`` are columns that are wanted: of Parquet, ORC and Arrow files others are not read.
    """
    match form:
        case "parquet":
            rows = Parquet(opened)
            wanted = _among(rows.schema, names)
            return Opened(rows.schema, rows.batches(columns=wanted))
        case "orc":
            orc = Orc(opened)
            return Opened(orc.schema, orc.batches(columns=_among(orc.schema, names)))
        case "arrow":
            reader = _arrow_file(opened, names)
            if isinstance(reader, pa.ipc.RecordBatchFileReader):
                return Opened(reader.schema, (reader.get_batch(n) for n in range(reader.num_record_batches)))
            return Opened(reader.schema, iter(reader))
        case "json":
            opened.seek(0)
            return files_json.opened(_unpacked(opened, packed))
    return _csv(opened, form, packed, dialect)


class Batches:
    """An Arrow file with a footer, which is being read batch by batch."""

    cut = False

    def __init__(self, opened: pa.NativeFile, reader: pa.ipc.RecordBatchFileReader) -> None:
        self._opened = opened
        self.schema: pa.Schema = reader.schema
        lean = _arrow_file(opened, _lean(reader.schema))
        self.sizes = [lean.get_batch(n).num_rows for n in range(lean.num_record_batches)]

    def picked(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows at some positions (ascending) of a batch."""
        yield from taken(iter([_arrow_file(self._opened, columns).get_batch(group)]), positions)


def pieces(opened: pa.NativeFile, form: str) -> Parquet | Orc | Batches | None:
    """A file of which pieces can be read; None for text, and for Arrow's format without a footer."""
    match form:
        case "parquet":
            return Parquet(opened)
        case "orc":
            return Orc(opened)
        case "arrow":
            reader = _arrow_file(opened)
            return Batches(opened, reader) if isinstance(reader, pa.ipc.RecordBatchFileReader) else None
    return None


def among(schema: pa.Schema, names: Sequence[str]) -> list[str]:
    """Those of the names that a file has; all of its columns when it has none: its rows still count."""
    return [name for name in names if name in schema.names] or list(schema.names)


def _among(schema: pa.Schema, names: Sequence[str] | None) -> list[str] | None:
    """Those of the names that a file has; None, for all of its columns, when it has none: its rows still count."""
    return [name for name in names or () if name in schema.names] or None


def read_block(opened: pa.NativeFile, form: str, dialect: Dialect, start: int, length: int) -> Opened:
    """The whole lines within some bytes of a large text file; a line that the block cuts is left out.

    A quoted cell that holds a line break may come in two: such rows have the wrong number of cells and are skipped.
    """
    names = None if form == "json" else _csv_names(opened, form, None, dialect)
    opened.seek(start)
    block = opened.read(length)
    if b"\n" not in block:
        return Opened(pa.schema([]), iter(()), Left(lines=1))
    cut = block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1] if start else block[: block.rfind(b"\n") + 1]
    if form == "json":
        return files_json.lines(cut)
    if start == 0 and dialect.header:
        cut = cut[cut.find(b"\n") + 1 :]
    return _csv_rows(pa.BufferReader(cut), form, dialect, names or [], skip=0)


def _csv(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect) -> Opened:
    names = _csv_names(opened, form, packed, dialect)
    opened.seek(0)
    return _csv_rows(_unpacked(opened, packed), form, dialect, names, skip=1 if dialect.header else 0)


def _csv_names(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect) -> list[str]:
    """The names of the columns: the first line, or f0, f1 … without a header; none for an empty file."""
    if opened.size() == 0:
        return []
    opened.seek(0)
    head = _unpacked(opened, packed).read(LINE_BYTES)
    if b"\n" not in head and len(head) == LINE_BYTES:
        raise endless()
    if codecs.lookup(dialect.encoding).name == "utf-8" and _is_wide(head):
        raise FaultError("holds NUL characters or the mark of UTF-16, so it is not UTF-8 text; set 'encoding'")
    text = head.removeprefix(codecs.BOM_UTF8).decode(dialect.encoding, "replace").removeprefix("\ufeff")
    csv.field_size_limit(LINE_BYTES)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(form, dialect)), [])
    return first if dialect.header else [f"f{n}" for n in range(len(first))]


def _is_wide(head: bytes) -> bool:
    """Whether text begins as UTF-16 or UTF-32 does; a NUL further down is damage of one cell."""
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head.partition(b"\n")[0]


def _csv_head(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect) -> Described:
    """The names of the columns, and the lines among the first megabytes that have another number of cells."""
    names = _csv_names(opened, form, packed, dialect)
    opened.seek(0)
    head = bytes(_unpacked(opened, packed).read(LINE_BYTES))
    whole = head if len(head) < LINE_BYTES else head[: head.rfind(b"\n") + 1]
    read = _csv_rows(pa.BufferReader(whole), form, dialect, names, skip=1 if dialect.header else 0)
    for _ in read.batches:
        pass
    return Described(read.schema, None, read.left)


def _csv_rows(stream: Any, form: str, dialect: Dialect, names: list[str], *, skip: int) -> Opened:
    schema = pa.schema([pa.field(name, pa.binary(), metadata=CSV_CELL) for name in names])
    if not names:
        return Opened(schema, iter(()))
    options = pa_csv.ReadOptions(block_size=LINE_BYTES, encoding=dialect.encoding, column_names=names, skip_rows=skip)
    converting = pa_csv.ConvertOptions(
        check_utf8=False,
        column_types=dict.fromkeys(names, pa.binary()),
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    left = Left()
    parsing = pa_csv.ParseOptions(
        delimiter=_delimiter(form, dialect), newlines_in_values=True, invalid_row_handler=partial(_left_out, left)
    )

    def rows() -> Iterator[pa.RecordBatch]:
        try:
            reader = pa_csv.open_csv(stream, read_options=options, parse_options=parsing, convert_options=converting)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error) or "skip initial" in str(error):
                return
            raise
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    return Opened(schema, rows(), left)


def _delimiter(form: str, dialect: Dialect) -> str:
    return dialect.delimiter or ("\t" if form == "tsv" else ",")


def _left_out(left: Left, row: pa_csv.InvalidRow) -> str:
    left.add(row.number)
    return "skip"


class _Kept(io.RawIOBase):
    """A file that stays open when a stream over it is closed."""

    def __init__(self, opened: pa.NativeFile) -> None:
        self._opened = opened

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return bytes(self._opened.read(None if size < 0 else size))


def _unpacked(opened: pa.NativeFile, packed: str | None) -> Any:
    return pa.CompressedInputStream(pa.PythonFile(_Kept(opened), mode="r"), packed) if packed else opened


def _lean(schema: pa.Schema) -> list[str]:
    """The column of an Arrow file that costs least to read, because only whole batches say how many rows they have."""
    flat = [field for field in schema if pa.types.is_primitive(field.type)]
    return [min(flat, key=lambda field: field.type.bit_width).name] if flat else schema.names[:1]


def _arrow_file(
    opened: pa.NativeFile, names: Sequence[str] | None = None
) -> pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader:
    """A file in one of Arrow's two formats; of the one with a footer only the wanted columns are read."""
    try:
        whole = pa.ipc.open_file(opened)
    except pa.ArrowInvalid:
        opened.seek(0)
        return pa.ipc.open_stream(opened)
    wanted = [n for n, name in enumerate(whole.schema.names) if name in (names or ())]
    return pa.ipc.open_file(opened, options=pa.ipc.IpcReadOptions(included_fields=wanted)) if wanted else whole
