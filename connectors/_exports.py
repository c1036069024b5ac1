"""Exports of data catalogues in JSON files: every record with its file and line, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, file_or_files
from datagov.connectors._options import Options, shown
from datagov.connectors._tags import known_tags
from datagov.contracts import Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.jsonfile import Entry, Json, lines, text_of

MOST_MB = 128
_BY_LINE = (".ndjson", ".jsonl")


class ExportOptions(Options):
    """Options that every export of a catalogue has."""

    tags: Annotated[
        Mapping[str, str],
        AfterValidator(known_tags),
        Field(default_factory=dict, description="Tag to an entity, C1, C2, C3, sensitive, a fides category or ignore."),
    ]
    owners: Annotated[
        Mapping[str, str], Field(default_factory=dict, description="Owner as written to principal: Marketing: li@x.")
    ]
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """An object of an export and where it stands."""

    file: str
    line: int
    value: Mapping[str, Any]


class BadRecordError(Exception):
    """A record of another shape; the message is the end of a sentence and repeats no value."""


def records(
    root: Path, source: Source, writer: FactWriter, *, include: Sequence[str], exclude: Sequence[str]
) -> Iterator[Record]:
    """The objects of ``*.json``, ``*.ndjson`` and ``*.jsonl``, in the order of their paths; all else is a problem.

    A file holds one object, a list of them, the answer of an API with the list in ``data``, or one object per line.
    Raises SourceError for a missing folder.
    """
    who = f"Source {source.name!r}: {shown(root, source)!r}"
    read = 0
    for one in file_or_files(root, who=who, suffixes=(".json", *_BY_LINE), include=include, exclude=exclude):
        name = shown(one.path, source)
        for entry in _entries(one, name):
            if isinstance(entry, ConfigError):
                _refuse(writer, source, name, entry.line or 1, str(entry))
            elif not isinstance(entry.value, Mapping):
                _refuse(writer, source, name, entry.line, f"{name}:{entry.line}: The record is not an object.")
            else:
                read += 1
                yield Record(name, entry.line, entry.value)
    if not read:
        message = f"{who} holds no record that 'include' and 'exclude' let pass; correct 'path' or them."
        problems.report(writer, source, source.name, "empty", message, fatal=True)


def refuse(writer: FactWriter, source: Source, record: Record, reason: str) -> None:
    """Report a record of another shape; its neighbours count."""
    message = f"The record in {record.file}:{record.line} {reason}; it was left out."
    _refuse(writer, source, record.file, record.line, message)


def _refuse(writer: FactWriter, source: Source, name: str, line: int, message: str) -> None:
    problems.report(writer, source, name, "unreadable", message, fatal=True, file=name, line=line)


def _entries(one: Found, name: str) -> Iterator[Entry | ConfigError]:
    if one.fault:
        yield ConfigError(f"The file {one.fault}.", file=name, line=1)
        return
    try:
        text = text_of(one.path, name, most_mb=MOST_MB)
        if one.inside.lower().endswith(_BY_LINE):
            yield from lines(text, name)
            return
        document = Json(text, name)
        if document.is_list(document.start):
            yield from document.entries(document.start)
            return
        yield from _of_object(document, text, name)
    except ConfigError as error:
        yield error


def _of_object(document: Json, text: str, name: str) -> Iterator[Entry | ConfigError]:
    """The one object of a file, the list in its ``data``, or, when several follow each other, one per line."""
    try:
        whole = document.whole()
    except ConfigError:
        several = list(lines(text, name))
        if not several or isinstance(several[0], ConfigError):
            raise
        yield from several
        return
    data = whole.get("data") if isinstance(whole, Mapping) else None
    if not isinstance(data, list):
        yield Entry(document.line(document.start), whole)
        return
    for member in document.members(document.start):
        if member.key == "data":
            yield from document.entries(member.start)
        if member.key == "paging" and isinstance(member.value, Mapping) and member.value.get("after"):
            line = document.line(member.start)
            yield ConfigError("This is one page of several; export all of them.", file=name, line=line)
