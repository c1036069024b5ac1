"""Rows of text files as a Hive catalog describes them: fields between delimiters, CSV, JSON and plain lines.

Sources: Hive's LazySimpleSerDe, OpenCSVSerde and JsonSerDe with TextInputFormat, and Spark's csv, json and text. An
option of theirs that is not known here makes a table unreadable, because its cells could come out wrong.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from datagov.connectors._files_formats import COMPRESSIONS
from datagov.connectors._spark_schema import arrow_type
from datagov.connectors._stretches import taken
from datagov.errors import SourceError, SourceLimitError

WHOLE_BYTES = 32 * 2**20
"""Size up to which a file is read whole; of a larger one rows come from blocks."""
_BLOCK_BYTES = 2**20
_ON_BYTES = 2**14
"""What is read at a time behind a block until its last line ends."""
_FEWEST_LINES = 100
_NULL = "\\N"
_SERDES = {"LazySimpleSerDe": "split", "OpenCSVSerde": "csv", "JsonSerDe": "json"}
_SPARK = {"csv": "csv", "json": "json", "text": "line"}
_UTF8 = ("", "utf-8", "utf8", "us-ascii")
_SPARK_OPTIONS = frozenset(
    ["path", "header", "sep", "delimiter", "quote", "escape", "nullvalue", "encoding", "charset", "compression"]
)
_HARMLESS = frozenset(["serialization.format", "inferschema", "mode", "dateformat", "timestampformat"])
_UNKNOWN_PACKINGS = (".deflate", ".snappy", ".lzo", ".zlib", ".xz", ".z")


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines become cells: ``kind`` is split, csv, json or line; ``header`` is how many lines begin each file."""

    kind: str
    delimiter: str = ","
    quote: str | None = None
    escape: str | None = None
    null: str | None = None
    header: int = 0


def layout_of(
    provider: str, serde: str, reads: str, told: Mapping[str, str], properties: Mapping[str, str], types: Sequence[Any]
) -> Layout | str | None:
    """The layout of a table of text; why it cannot be read, as the end of a sentence; None for other formats.

    ``told`` are the parameters of the SerDe, ``reads`` is its input format, ``types`` are those of the stored columns.
    """
    plain = all(isinstance(one, str) for one in types)
    if provider in _SPARK and "spark.sql.sources.provider" in properties:
        return _of_spark(provider, {name.lower(): text for name, text in told.items()}, plain=plain)
    kind = _SERDES.get(serde.rpartition(".")[2])
    if kind is None:
        return None
    if reads.rpartition(".")[2] != "TextInputFormat":
        return f"is kept by {reads.rpartition('.')[2] or 'an input format that is not named'}, whose files are no text."
    if told.get("serialization.encoding", "").lower() not in _UTF8:
        return "is text in an encoding other than UTF-8; its rows are not read."
    header, footer = (properties.get(f"skip.{one}.line.count", "0") for one in ("header", "footer"))
    if footer != "0" or not header.isdigit():
        return "leaves out lines at the end of its files; its rows are not read."
    if kind == "csv":
        marks = (
            told.get(one, usual) for one, usual in (("separatorChar", ","), ("quoteChar", '"'), ("escapeChar", "\\"))
        )
        delimiter, quote, escape = marks
        return _checked(Layout("csv", delimiter, quote, None if escape == quote else escape, None, int(header)))
    if kind == "json":
        return Layout("json", header=int(header))
    if not plain:
        return "holds arrays, maps or structs in text; its rows are not read."
    if told.get("line.delim", "\n") != "\n":
        return "ends its lines by something else than a line break; its rows are not read."
    delimiter = told.get("field.delim") or told.get("serialization.format") or "\1"
    if delimiter.isdigit() and int(delimiter) < 128:
        delimiter = chr(int(delimiter))
    null = told.get("serialization.null.format", properties.get("serialization.null.format", _NULL))
    return _checked(Layout("split", delimiter, None, told.get("escape.delim"), null, int(header)))


def _of_spark(provider: str, told: Mapping[str, str], *, plain: bool) -> Layout | str:
    if strange := sorted(set(told) - _SPARK_OPTIONS - _HARMLESS):
        return f"is {provider} with an option that is not known here ({strange[0]}); its rows are not read."
    if told.get("encoding", told.get("charset", "")).lower() not in _UTF8:
        return "is text in an encoding other than UTF-8; its rows are not read."
    if provider != "csv":
        return Layout(_SPARK[provider])
    if not plain:
        return "holds arrays, maps or structs in text; its rows are not read."
    delimiter = told.get("sep", told.get("delimiter", ",")).replace("\\t", "\t")
    quote, escape = told.get("quote", '"') or None, told.get("escape", "\\")
    header = int(told.get("header", "false").lower() == "true")
    return _checked(
        Layout("csv", delimiter, quote, None if escape == quote else escape, told.get("nullvalue", ""), header)
    )


def _checked(made: Layout) -> Layout | str:
    if any(one is not None and len(one) != 1 for one in (made.delimiter, made.quote, made.escape)):
        return "parts its cells by more than one character; its rows are not read."
    return made


def unpacked(opened: AbstractContextManager[pa.NativeFile], inside: str) -> AbstractContextManager[pa.NativeFile]:
    """A file as its text, whatever its name says it was packed by. Raises SourceError for what is not known here."""
    name = inside.lower()
    if name.endswith(_UNKNOWN_PACKINGS):
        raise SourceError("A file is packed in a way that is not known here; its rows were not read.")
    packed = next((how for end, how in COMPRESSIONS.items() if name.endswith(end)), None)
    if packed == "lz4":
        raise SourceError("A file is packed by Hadoop's LZ4, which is not known here; its rows were not read.")
    return opened if packed is None else _unpacking(opened, packed)


@contextmanager
def _unpacking(opened: AbstractContextManager[pa.NativeFile], packed: str) -> Iterator[pa.NativeFile]:
    with opened as file:
        yield pa.CompressedInputStream(file, packed)


class Text:
    """A file that is being read: one piece, or of a large one blocks that are taken to have as many lines as the first.

    ``fields`` are the stored columns in their order, as Spark's JSON has them.
    """

    cut = False

    def __init__(self, file: pa.NativeFile, *, layout: Layout, fields: Sequence[Mapping[str, Any]]) -> None:
        self._layout, self._fields = layout, fields
        self._large: pa.NativeFile | None = None
        self.exact = True
        self._lines: list[bytes] = []
        head = file.read(WHOLE_BYTES + 1)
        if len(head) <= WHOLE_BYTES:
            self._lines = head.splitlines()[layout.header :]
            self.sizes = [len(self._lines)] if self._lines else []
        else:
            lines = head[:_BLOCK_BYTES].count(b"\n")
            if isinstance(file, pa.CompressedInputStream) or lines < _FEWEST_LINES:
                raise _too_large()
            self._large, self.exact = file, False
            blocks, rest = divmod(file.size(), _BLOCK_BYTES)
            self.sizes = [lines] * blocks + [-(-lines * rest // _BLOCK_BYTES)]
        self.schema = pa.schema([(str(one["name"]), self._kept(one)) for one in fields])

    def batches(self, *, groups: Sequence[int], columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows of some pieces in their order."""
        for group in groups:
            lines = self._lines if self._large is None else self._block(self._large, group)
            yield self._batch(lines, columns)

    def counted(self, piece: int) -> int:
        """The rows of a piece, where ``sizes`` only guesses them."""
        return self.sizes[piece] if self._large is None else len(self._block(self._large, piece))

    def picked(self, group: int, positions: np.ndarray, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows at some positions (ascending) of a piece."""
        yield from taken(self.batches(groups=[group], columns=columns), positions)

    def _block(self, file: pa.NativeFile, number: int) -> list[bytes]:
        """The lines of a block as Hadoop's LineRecordReader parts them, so that each line belongs to one: from the
        first line break on, in the first block from its start, and to the end of the line that reaches or begins at the
        block's end. Raises SourceLimitError for a line that does not end.
        """
        file.seek(number * _BLOCK_BYTES)
        data = bytearray(file.read(_BLOCK_BYTES))
        end = -1
        while end < 0 and (more := file.read(_ON_BYTES)):
            looked = max(_BLOCK_BYTES, len(data))
            data += more
            end = data.find(b"\n", looked)
            if len(data) > _BLOCK_BYTES + WHOLE_BYTES:
                raise _too_large()
        start = 0 if number == 0 else (data.find(b"\n") + 1 or len(data))
        lines = bytes(data[start : end + 1 if end >= 0 else len(data)]).splitlines()
        return lines[self._layout.header :] if number == 0 else lines

    def _batch(self, lines: Sequence[bytes], columns: Sequence[str]) -> pa.RecordBatch:
        if self._layout.kind == "json":
            arrays = _of_json(lines, [one for one in self._fields if one["name"] in columns])
            return pa.RecordBatch.from_arrays(
                arrays, names=[str(one["name"]) for one in self._fields if one["name"] in columns]
            )
        rows = list(self._cells(lines))
        made = {}
        for place, one in enumerate(self._fields):
            if one["name"] in columns:
                cells = [row[place] if place < len(row) else None for row in rows]
                made[str(one["name"])] = pa.array(cells, pa.binary()).view(pa.string())
        return pa.RecordBatch.from_arrays(list(made.values()), names=list(made))

    def _cells(self, lines: Sequence[bytes]) -> Iterator[list[bytes | None]]:
        """Cells of each line; a line with too few has NULL in their place, as Hive and Spark have it."""
        given = self._layout
        if given.kind == "line":
            for line in lines:
                yield [line]
            return
        null = None if given.null is None else given.null.encode()
        if given.kind == "split":
            delimiter = given.delimiter.encode()
            escape = None if given.escape is None else given.escape.encode()
            for line in lines:
                cells = (
                    line.split(delimiter) if escape is None or escape not in line else _split(line, delimiter, escape)
                )
                yield [None if cell == null else _bare(cell, escape) for cell in cells]
            return
        csv.field_size_limit(WHOLE_BYTES)
        for line in lines:
            read = csv.reader(
                [line.decode("utf-8", "surrogateescape")],
                delimiter=given.delimiter,
                quotechar=given.quote,
                escapechar=given.escape,
                quoting=csv.QUOTE_MINIMAL if given.quote else csv.QUOTE_NONE,
            )
            kept = [cell.encode("utf-8", "surrogateescape") for cell in next(read, [""])]
            yield [None if cell == null else cell for cell in kept]

    def _kept(self, field: Mapping[str, Any]) -> pa.DataType:
        """The type in which a column comes out of :meth:`batches`: text, of JSON the declared one where it fits."""
        if self._layout.kind != "json":
            return pa.string()
        return arrow_type(field["type"]) or pa.string()


def _too_large() -> SourceLimitError:
    return SourceLimitError(
        f"It unpacks to more than {WHOLE_BYTES // 2**20} MB, or has very long lines; store the table as Parquet or "
        "ORC, or exclude it."
    )


def _split(line: bytes, delimiter: bytes, escape: bytes) -> list[bytes]:
    r"""A line cut at delimiters that no escape stands before; escapes are left in.

    >>> _split(b"a\\,b,c", b",", b"\\")
    [b'a\\,b', b'c']
    """
    cells, start, at = [], 0, 0
    while at < len(line):
        one = line[at : at + 1]
        if one == escape:
            at += 1
        elif one == delimiter:
            cells.append(line[start:at])
            start = at + 1
        at += 1
    return [*cells, line[start:]]


def _bare(cell: bytes, escape: bytes | None) -> bytes:
    """A cell without its escapes."""
    if escape is None or escape not in cell:
        return cell
    made, at = bytearray(), 0
    while at < len(cell):
        at += cell[at : at + 1] == escape and at + 1 < len(cell)
        made += cell[at : at + 1]
        at += 1
    return bytes(made)


def _of_json(lines: Sequence[bytes], fields: Sequence[Mapping[str, Any]]) -> list[pa.Array]:
    """Columns of JSON objects, one in a line; names are compared without case. Raises ValueError for other lines."""
    rows = []
    for line in lines:
        if line.strip():
            row = json.loads(line)
            rows.append({name.lower(): value for name, value in row.items()} if isinstance(row, dict) else {})
    arrays = []
    for one in fields:
        values = [row.get(str(one["name"]).lower()) for row in rows]
        kind = arrow_type(one["type"])
        try:
            arrays.append(pa.array(values, kind or pa.string()))
        except (pa.ArrowException, TypeError, ValueError):
            texts = [v if v is None or isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in values]
            arrays.append(pa.array(texts, pa.string()))
    return arrays
