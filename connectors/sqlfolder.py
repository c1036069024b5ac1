"""A folder of SQL files as a pipeline: every file is a job whose text the tracer splits and reads."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator

from datagov import facts
from datagov.connectors._options import Options, chosen, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import SourceError, SourceLimitError

MAX_BYTES = 5 * 1024 * 1024
"""Largest file that is read."""

MAX_FILES = 20_000
"""Most files of one folder."""


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
        self._root = source.base / self._options.path
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """One job with one statement per file, the statement holding the whole text; a problem per unreadable file.

        ``line`` is 1 and ``end_line`` the last line; the statement's kind is ``SCRIPT`` until it is traced.
        """
        writer = facts.FactWriter(source_id=self._source.source_id)
        found = 0
        for file in self._files():
            name = shown(file, self._source)
            found += 1
            try:
                text = self._text(file)
            except SourceError as error:
                self._problem(writer, name, "unreadable", str(error), file=name)
                continue
            job = file.relative_to(self._root).as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            job_id = writer.add(
                "job",
                source_id=self._source.source_id,
                name=job,
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
                end_line=max(1, len(text.splitlines())),
            )
        if not found:
            message = f"{self._who} holds no *.sql file that 'include' and 'exclude' let pass; correct 'path' or them."
            self._problem(writer, self._source.name, "empty", message, file=self._source.file)
        yield from writer.batches()

    def _files(self) -> Iterator[Path]:
        """The chosen files by path; links are listed but not walked into. Raises SourceError for the folder itself."""
        if not self._root.exists():
            raise SourceError(
                f"{self._who} does not exist; correct 'path', which starts at the configuration's folder."
            )
        if not self._root.is_dir():
            raise SourceError(f"{self._who} is a file; give the folder that holds it.")
        found: list[Path] = []
        for folder, _, names in os.walk(self._root, onerror=self._refuse):
            for name in names:
                path = Path(folder, name)
                inside = path.relative_to(self._root).as_posix()
                if name.lower().endswith(".sql") and chosen(
                    inside, include=self._options.include, exclude=self._options.exclude
                ):
                    found.append(path)
            if len(found) > MAX_FILES:
                raise SourceLimitError(
                    f"{self._who} holds more than {MAX_FILES} SQL files; split it into several sources."
                )
        yield from sorted(found)

    def _refuse(self, error: OSError) -> None:
        where = shown(Path(error.filename or self._root), self._source)
        raise SourceError(f"{self._who} cannot be listed at {where!r}: {error.strerror}.") from None

    def _text(self, file: Path) -> str:
        """The text of a file; raises SourceError with a sentence that holds nothing of its content."""
        who = f"The SQL file {shown(file, self._source)!r}"
        if not file.resolve().is_relative_to(self._root.resolve()):
            raise SourceError(f"{who} is a link that leads out of its folder; put a copy there or exclude it.")
        try:
            if not file.is_file():
                raise SourceError(f"{who} is not a regular file, or a link to nothing; exclude it.")
            if file.stat().st_size > MAX_BYTES:
                raise SourceError(f"{who} is larger than {MAX_BYTES // 1024 // 1024} MB; split it or exclude it.")
            raw = file.read_bytes()
        except OSError as error:
            raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
        try:
            text = raw.removeprefix(codecs.BOM_UTF8).decode(self._options.encoding)
        except UnicodeError:
            encoding = self._options.encoding
            raise SourceError(f"{who} is not {encoding} text; save it so or set the source's 'encoding'.") from None
        if "\0" in text:
            raise SourceError(f"{who} holds NUL characters, so it is not {self._options.encoding} text; convert it.")
        return text

    def _problem(self, writer: facts.FactWriter, what: str, kind: str, message: str, *, file: str) -> None:
        writer.add(
            "problem",
            stage="harvest",
            source_id=self._source.source_id,
            object=what,
            kind=kind,
            message=message,
            fatal=True,
            file=file,
            line=1 if file != self._source.file else self._source.line,
        )
