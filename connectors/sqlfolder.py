"""A folder of SQL files as a pipeline: every file is a job whose text the tracer splits and reads."""

from __future__ import annotations

import codecs
from typing import Annotated

from pydantic import Field, field_validator

from datagov import wholefile
from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, files
from datagov.connectors._options import Options, located, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter

MAX_BYTES = 5 * 1024 * 1024
"""Largest file that is read."""


class SqlFolderOptions(Options):
    """Options of a source with ``use: sqlfolder``."""

    path: Annotated[str, Field(min_length=1, description="The folder, from the configuration's folder.")]
    dialect: Annotated[str, Field(pattern=r"^[a-z0-9_]+$", description="sqlglot's name of the dialect, e.g. sqlite.")]
    encoding: Annotated[str, Field(description="Encoding of the files, e.g. utf-8 or gb18030.")] = "utf-8"
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


class SqlFolderConnector:
    """Reads the ``*.sql`` files of a folder and its subfolders, in the order of their paths.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, SqlFolderOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """One job with one statement per file, the statement holding the whole text; a problem per unreadable file.

        ``line`` is 1 and ``end_line`` the last line; the statement's kind is ``SCRIPT`` until it is traced.
        """
        writer = FactWriter(source_id=self._source.source_id)
        found = files(
            self._root,
            who=self._who,
            suffixes=(".sql",),
            include=self._options.include,
            exclude=self._options.exclude,
        )
        for one in found:
            name = shown(one.path, self._source)
            try:
                self._add(writer, one, name, self._text(one, name))
            except SourceError as error:
                problems.report(writer, self._source, name, "unreadable", str(error), fatal=True, file=name)
        if not found:
            message = f"{self._who} holds no *.sql file that 'include' and 'exclude' let pass; correct 'path' or them."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _add(self, writer: FactWriter, one: Found, name: str, text: str) -> None:
        """The job of a file, and its text as one statement."""
        job_id = writer.add(
            "job",
            source_id=self._source.source_id,
            name=one.inside,
            kind="sql_file",
            dialect=self._options.dialect,
            file=name,
            line=1,
        )
        writer.add(
            "statement",
            job_id=job_id,
            ordinal=0,
            kind="SCRIPT",
            outcome="parsed",
            sql=text,
            file=name,
            line=1,
            end_line=text.removesuffix("\n").count("\n") + 1,
        )

    def _text(self, one: Found, name: str) -> str:
        """The text of a file; raises SourceError with a sentence that holds nothing of its content."""
        who = f"The SQL file {name!r}"
        if one.fault:
            raise SourceError(f"{who} {one.fault}.")
        try:
            raw = wholefile.read(one.path, most=MAX_BYTES)
        except wholefile.TooLargeError:
            raise SourceError(f"{who} is larger than {MAX_BYTES // 1024 // 1024} MB; split it or exclude it.") from None
        except OSError as error:
            raise SourceError(f"{who} cannot be read: {error.strerror}; grant it or exclude it.") from None
        encoding = self._options.encoding
        try:
            text = raw.removeprefix(codecs.BOM_UTF8).decode(encoding)
        except UnicodeError:
            raise SourceError(f"{who} is not {encoding} text; save it so or set the source's 'encoding'.") from None
        if "\0" in text:
            raise SourceError(f"{who} holds NUL characters, so it is not {encoding} text; convert it.")
        return text
