"""Rows out of the middle of a row group of a Parquet file, without unpacking the pages before them.

The Python interface of pyarrow reads a row group from its first row on. But each page says in its header how long it
is and how many values it has, so the pages before the wanted ones can be stepped over. The wanted ones, of one column,
are handed to pyarrow as a small file of their own, with a footer that tells of nothing else.

Source: parquet.thrift of Apache Parquet. That works for columns that have one value in each row, which is all without
lists, maps and structs. What is written in any other way raises PagesError, and is to be read from its first row on.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq

from datagov.connectors._thrift_compact import BINARY, I32, I64, LIST, STRUCT, Compact, CompactError, packed

_MAGIC = b"PAR1"
_SCHEMA = b"ARROW:schema"
_HEADER_BYTES, _LONGEST_HEADER = 2**8, 2**20
_MOST_BYTES = 64 * 2**20
"""Pages of one column that are held at once, as they are stored."""
_DATA, _DICTIONARY, _DATA_2 = 0, 2, 3
_RLE, _RLE_DICTIONARY = 3, 8
_BY_WORD = (2, _RLE_DICTIONARY)
"""Encodings of values as numbers of words in a dictionary: the older name, and the newer one."""
_TYPES = ("BOOLEAN", "INT32", "INT64", "INT96", "FLOAT", "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")
_CODECS = {"UNCOMPRESSED": 0, "SNAPPY": 1, "GZIP": 2, "BROTLI": 4, "LZ4": 5, "ZSTD": 6, "LZ4_RAW": 7}
_NAME, _REPETITION, _CHILDREN, _REPEATED = 4, 3, 5, 2
"""Fields of a SchemaElement, and the value of one that may stand several times in a row."""


class PagesError(Exception):
    """The pages cannot be told apart here; the rows can still be read from the first one on."""


@dataclass(frozen=True, slots=True)
class _Page:
    """A page: where it is with its header, how its values are written, how large it is unpacked."""

    at: int
    end: int
    kind: int
    rows: int
    encoding: int
    unpacked: int


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A column of plain values: its number among the columns of a row group, and its element of the schema."""

    number: int
    element: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """A small file: ``start`` is the row of the row group that its first one is, ``words`` the bytes of the dictionary
    that its texts are in; 0 where they are in none.
    """

    start: int
    file: pa.Buffer
    words: int


class Pages:
    """The pages of a file. ``schema`` is the one that pyarrow gives."""

    def __init__(self, file: pa.NativeFile, metadata: pq.FileMetaData, schema: pa.Schema) -> None:
        self._file = file
        self._metadata = metadata
        self._schema = schema

    @cached_property
    def flat(self) -> Mapping[str, _Leaf]:
        """The columns of which single pages can be read, by name. Raises PagesError for a footer that is not known."""
        try:
            return self._leaves()
        except (CompactError, KeyError, TypeError, AttributeError):
            raise PagesError from None

    def piece(self, group: int, name: str, first: int, last: int) -> Piece:
        """A file of one column that holds the rows of a row group from ``first`` to ``last``. Raises PagesError."""
        leaf = self.flat[name]
        about = self._metadata.row_group(group).column(leaf.number)
        if about.compression not in _CODECS or about.physical_type not in _TYPES:
            raise PagesError
        start, pages = self._covering(group, leaf.number, first, last)
        if sum(page.end - page.at for page in pages) > _MOST_BYTES:
            raise PagesError
        body = b"".join(self._read(page.at, page.end - page.at) for page in pages)
        has_words = about.physical_type == "BYTE_ARRAY" and pages[0].kind == _DICTIONARY
        words = pages[0].unpacked if has_words else 0
        return Piece(start, pa.py_buffer(self._small(leaf, name, about, pages, body)), words)

    def _chunk(self, group: int, number: int) -> tuple[int, int]:
        """Where a column's pages begin and end; the dictionary, where it has one, is the first."""
        about = self._metadata.row_group(group).column(number)
        offsets = [about.data_page_offset]
        if about.dictionary_page_offset:
            offsets.append(about.dictionary_page_offset)
        start = min(offsets)
        if start < len(_MAGIC) or about.total_compressed_size <= 0:
            raise PagesError
        return start, start + about.total_compressed_size

    def _covering(self, group: int, number: int, first: int, last: int) -> tuple[int, list[_Page]]:
        """(row, pages): the pages that hold the rows from ``first`` to ``last``, with the dictionary they need.

        The headers of a column say together how many rows the row group has; where they do not, one of them is wrong,
        and rows after it would be those of other places.
        """
        rows = self._metadata.row_group(group).num_rows
        row = start = 0
        dictionary: _Page | None = None
        kept: list[_Page] = []
        for page in self._walk(*self._chunk(group, number)):
            if page.kind == _DICTIONARY:
                dictionary = page
                continue
            if row <= last and row + page.rows > first:
                start = start if kept else row
                kept.append(page)
            row += page.rows
            if row >= rows:
                break
        if row != rows or row <= last:
            raise PagesError
        if any(page.encoding in _BY_WORD for page in kept):
            if dictionary is None:
                raise PagesError
            kept.insert(0, dictionary)
        return start, kept

    def _walk(self, at: int, end: int) -> Iterator[_Page]:
        while at < end:
            page = self._page(at)
            if page.end > end:
                raise PagesError
            if page.kind in (_DATA, _DICTIONARY, _DATA_2):
                yield page
            at = page.end

    def _page(self, at: int) -> _Page:
        size = _HEADER_BYTES
        while True:
            reader = Compact(self._read(at, size))
            try:
                header = reader.struct()
                break
            except CompactError:
                size *= 16
                if size > _LONGEST_HEADER:
                    raise PagesError from None
        try:
            kind, unpacked, stored = header[1], header[2], header[3]
            about = header.get({_DATA: 5, _DICTIONARY: 7, _DATA_2: 8}.get(kind, -1), {})
            if kind == _DATA_2:
                rows, encoding = about[3], about[4]
                same = rows == about[1]
            else:
                rows, encoding, same = about.get(1, 0), about.get(2, 0), True
            if not same or min(rows, unpacked, stored) < 0:
                raise PagesError
            return _Page(at, at + reader.at + stored, kind, rows, encoding, reader.at + unpacked)
        except (KeyError, TypeError, AttributeError):
            raise PagesError from None

    def _read(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        read: bytes = self._file.read(size)
        return read

    def _small(self, leaf: _Leaf, name: str, about: pq.ColumnChunkMetaData, pages: list[_Page], body: bytes) -> bytes:
        """A file of one row group of one column, which holds the pages."""
        rows = sum(page.rows for page in pages if page.kind != _DICTIONARY)
        unpacked = sum(page.unpacked for page in pages)
        first = pages[0]
        has_dictionary = first.kind == _DICTIONARY
        encodings = sorted({_RLE, *(page.encoding for page in pages), *([_RLE_DICTIONARY] if has_dictionary else [])})
        at = len(_MAGIC)
        column = [
            (1, I32, _TYPES.index(about.physical_type)),
            (2, LIST, (I32, encodings)),
            (3, LIST, (BINARY, [name.encode()])),
            (4, I32, _CODECS[about.compression]),
            (5, I64, rows),
            (6, I64, unpacked),
            (7, I64, len(body)),
            (9, I64, at + (first.end - first.at if has_dictionary else 0)),
            *([(11, I64, at)] if has_dictionary else []),
        ]
        group = [(1, LIST, (STRUCT, [[(2, I64, at), (3, STRUCT, column)]])), (2, I64, unpacked), (3, I64, rows)]
        footer = packed(
            [
                (1, I32, 2),
                (2, LIST, (STRUCT, [[(_NAME, BINARY, b"schema"), (_CHILDREN, I32, 1)], leaf.element])),
                (3, I64, rows),
                (4, LIST, (STRUCT, [group])),
                *self._noted(name),
            ]
        )
        return b"".join([_MAGIC, body, footer, len(footer).to_bytes(4, "little"), _MAGIC])

    def _noted(self, name: str) -> list[tuple[int, int, object]]:
        """The type that Arrow gives the column, where the file has noted such types."""
        if _SCHEMA not in (self._metadata.metadata or {}):
            return []
        told = base64.b64encode(pa.schema([self._schema.field(name)]).serialize().to_pybytes())
        return [(5, LIST, (STRUCT, [[(1, BINARY, _SCHEMA), (2, BINARY, told)]]))]

    def _leaves(self) -> Mapping[str, _Leaf]:
        """The columns of plain values among the elements of the schema, which stand in the footer depth first."""
        data = self._footer()
        reader = Compact(data)
        found = reader.field()
        while found is not None and found[0] != 2:
            reader.value(found[1])
            found = reader.field(found[0])
        if found is None or found[1] != LIST:
            raise PagesError
        count, kind = reader.items()
        if kind != STRUCT or not count:
            raise PagesError
        reader.struct()
        leaves: dict[str, _Leaf] = {}
        number = inside = 0
        doubled = set()
        for _ in range(count - 1):
            start = reader.at
            element = reader.struct()
            children = element.get(_CHILDREN, 0)
            name = element[_NAME].decode("utf-8", "replace")
            if not inside and not children and element.get(_REPETITION) != _REPEATED:
                doubled |= {name} & leaves.keys()
                leaves[name] = _Leaf(number, data[start : reader.at])
            number += not children
            inside += children - (1 if inside else 0)
        if number != self._metadata.num_columns:
            raise PagesError
        known = [self._metadata.schema.column(n).path for n in range(number)]
        return {
            name: leaf
            for name, leaf in leaves.items()
            if name not in doubled and known[leaf.number] == name and self._schema.get_field_index(name) >= 0
        }

    def _footer(self) -> bytes:
        size = self._file.size()
        self._file.seek(size - 8)
        end = self._file.read(8)
        length = int.from_bytes(end[:4], "little")
        if end[4:] != _MAGIC or length > size - 12:
            raise PagesError
        self._file.seek(size - 8 - length)
        footer: bytes = self._file.read(length)
        return footer
