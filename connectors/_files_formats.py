"""File formats: what columns a file has, how many rows when it says so, and its rows as Arrow batches."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.orc as pa_orc
import pyarrow.parquet as pq

from datagov.connectors._parquet import Parquet, row_groups
from datagov.errors import SourceError, SourceLimitError

BATCH_ROWS = 8_192
LINE_BYTES = 8 * 1024 * 1024
"""Longest line of a text file; Arrow holds a few of them."""
ARRAY_BYTES = 64 * 1024 * 1024
"""Largest file that is one JSON array: it has to be held whole."""
CSV_CELL: Mapping[str, str] = {"csv": "1"}
"""Metadata of a field whose bytes are text of a CSV file."""
_HEAD_BYTES = 1024 * 1024

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
    """Columns of a file; ``pieces`` are its row groups, stripes or batches with their rows, None for text."""

    schema: pa.Schema
    pieces: Sequence[int] | None

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


def _endless(who: str) -> SourceLimitError:
    return SourceLimitError(f"{who} has a line longer than {LINE_BYTES // 2**20} MB; it is no such file, or damaged.")


def is_csv_cell(field: pa.Field) -> bool:
    """Whether the bytes of a field are text of a CSV file."""
    return bool(field.metadata) and b"csv" in field.metadata


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Arrow's errors as sentences; its own texts repeat cells."""
    try:
        yield
    except (pa.ArrowException, ValueError, EOFError, UnicodeError, OverflowError, RecursionError, TypeError) as error:
        text = str(error)
        if "straddl" in text or "block size" in text:
            raise _endless(who) from None
        if "seconds" in text and "timeout" in text.lower():
            raise SourceError(f"{who} could not be read in time.") from None
        raise SourceError(f"{who} is damaged or not of its format ({type(error).__name__}).") from None
    except OSError as error:
        raise SourceError(f"{who} is damaged, cut short or cannot be read ({type(error).__name__}).") from None


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that is being read: its columns, and its rows in order."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]


def described(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect) -> Described:
    """What a file says of itself; of a text file the first line or block."""
    match form:
        case "parquet":
            parquet = pq.ParquetFile(opened)
            return Described(parquet.schema_arrow, row_groups(parquet.metadata))
        case "orc":
            orc = pa_orc.ORCFile(opened)
            return Described(orc.schema, [orc.nrows])
        case "arrow":
            reader = _arrow_file(opened)
            if isinstance(reader, pa.ipc.RecordBatchFileReader):
                counts = [reader.get_batch(n).num_rows for n in range(reader.num_record_batches)]
                return Described(reader.schema, counts)
            return Described(reader.schema, None)
    return Described(read(opened, form, packed, dialect).schema, None)


def read(opened: pa.NativeFile, form: str, packed: str | None, dialect: Dialect, *, piece: int | None = None) -> Opened:
    """A file, or one piece of it. Cells of CSV are bytes: a telephone keeps its zeros, and broken UTF-8 is seen."""
    match form:
        case "parquet":
            rows = Parquet(opened)
            return Opened(rows.schema, rows.batches(groups=None if piece is None else [piece]))
        case "orc":
            orc = pa_orc.ORCFile(opened)
            return Opened(orc.schema, (orc.read_stripe(n) for n in range(orc.nstripes)))
        case "arrow":
            reader = _arrow_file(opened)
            if isinstance(reader, pa.ipc.RecordBatchFileReader):
                numbers = range(reader.num_record_batches) if piece is None else [piece]
                return Opened(reader.schema, (reader.get_batch(n) for n in numbers))
            return Opened(reader.schema, iter(reader))
        case "json":
            return _json(opened, packed)
    return _csv(opened, form, packed, dialect)


def read_block(opened: pa.NativeFile, form: str, dialect: Dialect, start: int, length: int) -> Opened:
    """The whole lines within some bytes of a large text file; a line that the block cuts is left out.

    A quoted cell that holds a line break may come in two: such rows have the wrong number of cells and are skipped.
    """
    names = None if form == "json" else _csv_names(opened, form, None, dialect)
    opened.seek(start)
    block = opened.read(length)
    cut = block[block.find(b"\n") + 1 : block.rfind(b"\n") + 1] if start else block[: block.rfind(b"\n") + 1]
    if form == "json":
        return _json_lines(pa.BufferReader(cut))
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
    head = _unpacked(opened, packed).read(LINE_BYTES).removeprefix(codecs.BOM_UTF8)
    if b"\n" not in head and len(head) == LINE_BYTES:
        raise _endless("It")
    text = head.decode(dialect.encoding, "replace")
    csv.field_size_limit(LINE_BYTES)
    first = next(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(form, dialect)), [])
    return first if dialect.header else [f"f{n}" for n in range(len(first))]


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
    parsing = _parsing(form, dialect)

    def rows() -> Iterator[pa.RecordBatch]:
        try:
            reader = pa_csv.open_csv(stream, read_options=options, parse_options=parsing, convert_options=converting)
        except pa.ArrowInvalid as error:
            if "Empty CSV" in str(error):
                return
            raise
        for batch in reader:
            yield pa.RecordBatch.from_arrays(batch.columns, schema=schema)

    return Opened(schema, rows())


def _delimiter(form: str, dialect: Dialect) -> str:
    return dialect.delimiter or ("\t" if form == "tsv" else ",")


def _parsing(form: str, dialect: Dialect) -> pa_csv.ParseOptions:
    delimiter = _delimiter(form, dialect)
    return pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=lambda _: "skip")


def _json(opened: pa.NativeFile, packed: str | None) -> Opened:
    """One object a line, or one array of objects."""
    opened.seek(0)
    head = _unpacked(opened, packed).read(_HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    opened.seek(0)
    stream = _unpacked(opened, packed)
    if not head:
        return Opened(pa.schema([]), iter(()))
    if not head.startswith(b"["):
        return _json_lines(stream)
    whole = stream.read(ARRAY_BYTES + 1)
    if len(whole) > ARRAY_BYTES:
        raise SourceLimitError(
            f"A JSON array of more than {ARRAY_BYTES // 2**20} MB cannot be read; write one object a line."
        )
    rows = [row if isinstance(row, dict) else {"value": row} for row in json.loads(whole)]
    made = _table(rows)
    return Opened(made.schema, iter(made.to_batches(max_chunksize=BATCH_ROWS)))


def _json_lines(stream: Any) -> Opened:
    options = pa_json.ReadOptions(block_size=LINE_BYTES)
    reader = pa_json.open_json(stream, read_options=options)
    return Opened(reader.schema, iter(reader))


def _table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; a field whose values are of several kinds becomes text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        try:
            columns[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            texts = [v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
            columns[name] = pa.array(texts, pa.string())
    return pa.table(columns)


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


def _arrow_file(opened: pa.NativeFile) -> pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader:
    try:
        return pa.ipc.open_file(opened)
    except pa.ArrowInvalid:
        opened.seek(0)
        return pa.ipc.open_stream(opened)
