"""Log files as query history: PostgreSQL's logs, MySQL's general and slow log, and CSV files of any product."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, file_or_files
from datagov.connectors._options import Options, located, shown, validated
from datagov.connectors._packed_lines import LONGEST, BadLogError, lines
from datagov.connectors._query_history import History
from datagov.connectors._querylog_entry import Entry, is_query, of_epoch, utc
from datagov.connectors._querylog_mysql import of_general, of_slow
from datagov.connectors._querylog_postgres import of_csv, of_json, of_stderr, prefix_of
from datagov.contracts import FactBatches, Source
from datagov.fact_writer import FactWriter
from datagov.plural import counted

_DIALECTS = {"postgres": "postgres", "mysql": "mysql"}
_NUMBER = re.compile(r"[0-9]{1,18}(?:\.[0-9]*)?\Z")
_COUNT = re.compile(r"[0-9]{1,18}\Z")
_COLUMNS = frozenset({"sql", "account", "time", "schema", "rows"})


class QueryLogOptions(Options):
    """Options of a source with ``use: querylog``."""

    path: Annotated[str, Field(min_length=1, description="A log file, or a folder of them; .gz and .zst are unpacked.")]
    format: Annotated[
        Literal["postgres-csv", "postgres-json", "postgres-stderr", "mysql-general", "mysql-slow", "csv"],
        Field(description="What writes the log, and how."),
    ]
    dialect: Annotated[
        str | None, Field(pattern=r"^[a-z0-9_]+$", description="Dialect of the SQL; needed for csv only.")
    ] = None
    prefix: Annotated[str, Field(description="postgres-stderr: the server's log_line_prefix.")] = "%m [%p] %q%u@%d "
    columns: Annotated[
        dict[str, str],
        Field(default_factory=dict, description="csv: columns of sql, account, time, schema, rows, by its heading."),
    ]
    delimiter: Annotated[str, Field(min_length=1, max_length=1, description="csv: what separates cells.")] = ","
    encoding: Annotated[str, Field(description="Encoding of the files.")] = "utf-8"
    timezone: Annotated[
        str | None, Field(description="Zone of times that name none, or only by letters, e.g. Asia/Shanghai.")
    ] = None
    schema_: Annotated[
        str | None, Field(alias="schema", description="Schema of unqualified names where the log names none.")
    ] = None
    accounts_left_out: Annotated[
        tuple[str, ...], Field(description="Globs over accounts, e.g. the auditor's own.")
    ] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            "".encode(value)
        except (LookupError, UnicodeError):
            raise ValueError("it is not an encoding that Python knows") from None
        return value

    @field_validator("prefix")
    @classmethod
    def _is_a_prefix(cls, value: str) -> str:
        prefix_of(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str | None) -> str | None:
        try:
            return None if value is None else ZoneInfo(value).key
        except (LookupError, ValueError, OSError):
            raise ValueError("it is no time zone such as Asia/Shanghai or UTC") from None

    @model_validator(mode="after")
    def _csv_is_described(self) -> QueryLogOptions:
        if self.format == "csv" and ("sql" not in self.columns or self.dialect is None):
            raise ValueError("the format csv needs 'dialect' and 'columns' with the column of sql")
        if not self.columns.keys() <= _COLUMNS:
            raise ValueError(f"'columns' may have {', '.join(sorted(_COLUMNS))}")
        return self


class QueryLogConnector:
    """Reads log files line by line. Raises ConfigError for wrong options, SourceError for a missing folder."""

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, QueryLogOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"
        self._zone = ZoneInfo(self._options.timezone) if self._options.timezone else None

    def harvest(self) -> FactBatches:
        """``query`` facts with who and when, literals masked; a file without entries, or broken, is a problem."""
        writer = FactWriter(source_id=self._source.source_id)
        options = self._options
        schema = options.schema_
        history = History(options.dialect or _DIALECTS[options.format.partition("-")[0]])
        found = self._files()
        person = time = False
        for one in found:
            name = shown(one.path, self._source)
            for entry in self._entries(writer, history, one, name):
                person, time = person or entry.account is not None, time or entry.at is not None
                history.add(
                    entry.sql,
                    account=entry.account,
                    at=entry.at,
                    schema=entry.schema or schema,
                    place=(name, entry.line),
                    rows=entry.rows,
                )
        history.write(
            writer,
            source_id=self._source.source_id,
            kind=f"log file ({options.format})",
            has_person=person,
            has_time=time,
        )
        if not found:
            message = f"{self._who} holds no file that 'include' and 'exclude' let pass; correct 'path' or them."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _files(self) -> Sequence[Found]:
        include, exclude = self._options.include, self._options.exclude
        return file_or_files(self._root, who=self._who, suffixes=("",), include=include, exclude=exclude)

    def _left_out(self, entry: Entry) -> bool:
        globs = self._options.accounts_left_out
        return bool(globs) and any(fnmatchcase(entry.account or "", glob) for glob in globs)

    def _entries(self, writer: FactWriter, history: History, one: Found, name: str) -> Iterator[Entry]:
        """The queries of a file. What moves no data is counted; what cannot be read is one problem with its line."""
        reading = _Reading(self._options, self._zone)
        timeless, others, first = 0, 0, 0
        try:
            if one.fault:
                raise BadLogError(one.fault)
            for entry in reading.entries(lines(one.path)):
                if isinstance(entry, int):
                    others, first = others + 1, first or entry
                elif self._left_out(entry):
                    continue
                elif is_query(entry.sql):
                    timeless += entry.at is None
                    yield entry
                else:
                    history.no_flow += 1
        except BadLogError as error:
            self._say(writer, name, "unreadable", f"The log {name!r} {error}.")
        except OSError as error:
            self._say(writer, name, "unreadable", f"The log {name!r} cannot be read: {error.strerror}; grant it.")
        except KeyError as error:
            self._say(writer, name, "unreadable", f"The log {name!r} has no column {error.args[0]!r} in its heading.")
            return
        except (ValueError, OverflowError, RecursionError, TypeError):
            message = f"The log {name!r} cannot be read below line {reading.lines}; what follows is not read."
            self._say(writer, name, "unreadable", message, line=reading.lines)
        wholly_other = self._options.format == "postgres-stderr" and not reading.known
        if reading.undecoded or (others and not wholly_other):
            line = min(filter(None, (first, reading.undecoded_at)))
            message = (
                f"The log {name!r} has {counted(others + reading.undecoded, 'entry', 'entries')} not of the format "
                f"{self._options.format} or not {self._options.encoding} text, the first on line {line}; left out."
            )
            self._say(writer, name, "unreadable", message, line=line)
        elif reading.lines and not reading.known and one.fault is None:
            message = f"The log {name!r} holds no entry of {self._options.format}; correct 'format' or 'prefix'."
            self._say(writer, name, "empty", message)
        if timeless and self._options.timezone is None and self._timed:
            message = f"The log {name!r} has {counted(timeless, 'time')} without a zone; set the source's 'timezone'."
            self._say(writer, name, "no_time", message, fatal=False)

    @property
    def _timed(self) -> bool:
        """Whether the log has times at all."""
        if self._options.format == "postgres-stderr":
            return any(escape in self._options.prefix for escape in ("%t", "%m"))
        return self._options.format != "csv" or "time" in self._options.columns

    def _say(
        self, writer: FactWriter, name: str, kind: str, message: str, *, line: int = 1, fatal: bool = True
    ) -> None:
        problems.report(writer, self._source, name, kind, message, fatal=fatal, file=name, line=line)


class _Reading:
    """Reads one file; ``known`` counts what was of the format, ``undecoded`` lines that are no text."""

    def __init__(self, options: QueryLogOptions, zone: ZoneInfo | None) -> None:
        self._options, self._zone = options, zone
        self.lines = self.known = self.undecoded = self.undecoded_at = 0

    def entries(self, raw: Iterable[tuple[int, bytes]]) -> Iterator[Entry | int]:
        """The entries of the file, and the lines of what is none; raises KeyError for a missing column of a CSV."""
        text = self._decoded(raw)
        match self._options.format:
            case "postgres-csv":
                found = of_csv(self._rows(text), self._zone)
            case "postgres-json":
                found = of_json(text, self._zone)
            case "postgres-stderr":
                found = of_stderr(text, prefix_of(self._options.prefix), self._zone)
            case "mysql-general":
                found = of_general(text, self._zone)
            case "mysql-slow":
                found = of_slow(text, self._zone)
            case _:
                found = self._of_csv(self._rows(text))
        for entry in found:
            self.known += not isinstance(entry, int)
            yield entry

    def _decoded(self, raw: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, str]]:
        encoding = self._options.encoding
        for number, line in raw:
            self.lines += 1
            try:
                yield number, line.removesuffix(b"\r").decode(encoding)
            except UnicodeError:
                self.undecoded += 1
                self.undecoded_at = self.undecoded_at or number

    def _rows(self, text: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str] | None]]:
        """Rows with the line on which each begins; None for a row that is no CSV."""
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
        delimiter = self._options.delimiter if self._options.format == "csv" else ","
        at = [0]

        def told() -> Iterator[str]:
            for number, line in text:
                at.append(number)
                yield line + "\n"

        reader = csv.reader(told(), delimiter=delimiter)
        while True:
            before = len(at)
            row: list[str] | None
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                row = None
            begins = at[before] if before < len(at) else at[-1]
            del at[:-1]
            if row or begins:
                yield begins, row

    def _of_csv(self, rows: Iterator[tuple[int, list[str] | None]]) -> Iterator[Entry | int]:
        _, first = next(rows, (0, None))
        heading = first or []
        names = {name.strip().lstrip("\ufeff").casefold(): n for n, name in enumerate(heading)}
        places: dict[str, int] = {}
        for field, name in self._options.columns.items():
            if name.casefold() not in names:
                raise KeyError(name)
            places[field] = names[name.casefold()]
        for line, row in rows:
            if row == []:
                continue
            if row is None or len(row) != len(heading):
                yield line
                continue
            said = {field: row[at].strip() for field, at in places.items()}
            time, rows_ = said.get("time", ""), said.get("rows", "")
            yield Entry(
                said["sql"],
                line,
                said.get("account") or None,
                of_epoch(float(time)) if _NUMBER.match(time) else utc(time, self._zone),
                said.get("schema") or None,
                int(rows_) if _COUNT.match(rows_) else None,
            )
