"""What both ways into ClickHouse share: a door that answers queries with Arrow, its limits, and errors as sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa

from datagov.connectors._clickhouse_cells import settled
from datagov.errors import SourceError, SourceLimitError

COMMENT = "datagov"
"""What the server's log says of every query of ours (``log_comment``)."""

DENIED = 497
"""The error of an account that lacks a privilege."""

_STATEMENT_BYTES = 16 << 20
"""A sample names its rows one by one, which for some ten thousand rows is more than ClickHouse takes by itself."""

_CODE = re.compile(r"\bCode: (\d+)\b")
_REFUSED = "refuses this account or its password; check both, and from where the account may come"
_GONE = "changed while it was read, or refers to something that is not there; run again"
_KEEPER = "cannot be read because its keeper does not answer; run again later"
_FILES = "reads files that are not there or may not be read; repair it, or exclude it"
_ELSEWHERE = "reads another server or store that does not answer; repair it, or exclude it"
_REASONS = {
    16: _GONE,
    47: _GONE,
    60: _GONE,
    81: _GONE,
    218: _GONE,
    48: "refers to something whose rows no query can read; exclude it",
    86: _ELSEWHERE,
    107: _FILES,
    198: _ELSEWHERE,
    225: _KEEPER,
    344: "needs something that is switched off on the server; exclude it",
    456: "is a view with parameters, which has rows only for given values; exclude it",
    481: _FILES,
    499: _ELSEWHERE,
    519: _ELSEWHERE,
    701: "refers to a cluster that the server does not know; repair it, or exclude it",
    999: _KEEPER,
    1000: "cannot be read because the disk, or the network that a folder is opened without, reported an error",
    1001: "cannot be read because a library of ClickHouse reported an error; repair it, or exclude it",
    50: "has a column of a type that the server does not know any more; repair it, or exclude it",
    70: "holds a value that does not have the type its view gives it; repair it, or exclude it",
    6: "holds a value that does not have the type its view gives it; repair it, or exclude it",
    40: "is damaged; restore it from a backup",
    74: "cannot be read because the disk reported an error",
    117: "is damaged; restore it from a backup",
    164: "would write, or reads by a table function, which datagov refuses; exclude it, and audit what it reads",
    192: _REFUSED,
    193: _REFUSED,
    194: _REFUSED,
    195: _REFUSED,
    516: _REFUSED,
    202: "is busy with other queries; run again later",
    209: _ELSEWHERE,
    210: _ELSEWHERE,
    279: _ELSEWHERE,
    236: "cannot be read because the server shuts down; run again",
    242: _KEEPER,
    394: "cannot be read because its operator stopped the query; run again later",
    DENIED: "may not be read by this account; grant it SELECT on the table",
    620: "is a stream, which datagov never reads because that takes rows away from its readers; exclude it",
}
_LIMITS = {
    158: "would read more rows than 'read_rows' allows; raise it, or exclude the table",
    307: "would read more than the server allows this account; exclude the table",
    396: "answers with more than 'result_mb' allows; raise it, or exclude the table",
    159: "took longer than one statement may; raise the source's 'statement_seconds' or exclude the table",
    160: "took longer than one statement may; raise the source's 'statement_seconds' or exclude the table",
    241: "needs more memory than 'memory_mb' allows; raise it, or exclude the table",
    201: "has used up the quota of this account; run again later",
}


class ClickhouseError(Exception):
    """What the engine said: its error code, 0 where it gave none. Its own text, which may hold values, is not kept."""

    def __init__(self, said: str, code: int | None = None) -> None:
        found = _CODE.search(said)
        self.code = code if code is not None else int(found[1]) if found else 0
        super().__init__(f"error {self.code}")


class Door(Protocol):
    """An opened server or folder."""

    def table(self, sql: str, *, single: bool = False) -> pa.Table:
        """What a query answers, worked out in a single thread if asked.

        Raises ClickhouseError, or SourceError for what is not the engine's.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class Caps:
    """What one statement may take."""

    seconds: float
    threads: int
    memory_mb: int
    read_rows: int
    result_mb: int

    def settings(self) -> Mapping[str, str]:
        """ClickHouse's settings, the one that forbids writing last, because none can be changed behind it."""
        return {
            "max_execution_time": f"{max(1, round(self.seconds))}",
            "timeout_overflow_mode": "throw",
            "max_threads": f"{self.threads}",
            "max_memory_usage": f"{self.memory_mb << 20}",
            "max_rows_to_read": f"{self.read_rows}",
            "read_overflow_mode": "throw",
            "max_result_bytes": f"{self.result_mb << 20}",
            "result_overflow_mode": "throw",
            "max_query_size": f"{_STATEMENT_BYTES}",
            "session_timezone": "UTC",
            "log_comment": COMMENT,
            "cancel_http_readonly_queries_on_client_close": "1",
            "stream_like_engine_allow_direct_select": "0",
            "output_format_arrow_string_as_string": "1",
            "output_format_arrow_low_cardinality_as_dictionary": "0",
            "readonly": "1",
        }


def rows(door: Door, sql: str) -> list[tuple[Any, ...]]:
    """The rows of a catalog query."""
    table = door.table(sql)
    return list(zip(*(settled(column)[0].to_pylist() for column in table.columns), strict=True))


@contextmanager
def sentences(who: str) -> Iterator[None]:
    """Turn errors of the engine into SourceError; its own text, which may hold values, is dropped."""
    try:
        yield
    except ClickhouseError as error:
        raise translated(error, who=who) from None


def translated(error: ClickhouseError, *, who: str) -> SourceError:
    """An error of the engine as a sentence about ``who``, a source or dataset."""
    if limit := _LIMITS.get(error.code):
        return SourceLimitError(f"{who} {limit}.")
    if reason := _REASONS.get(error.code):
        return SourceError(f"{who} {reason}.")
    return SourceError(f"{who} cannot be read: ClickHouse reports error {error.code}; repair it, or exclude it.")
