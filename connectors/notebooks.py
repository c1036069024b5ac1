"""A folder of Jupyter notebooks as a pipeline: the SQL of their cells, by magics and syntax tree; no cell is run."""

from __future__ import annotations

import posixpath
import re
import warnings
from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, files
from datagov.connectors._notebook_code import Run, State
from datagov.connectors._notebook_file import Cell, Notebook, notebook
from datagov.connectors._notebook_magic import Magic, cell_magic, line_magics, sql_words
from datagov.connectors._options import Options, located, shown, validated
from datagov.connectors._python_text import MOST_TEXT, Text
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.jsonfile import text_of

_MOST_SQL_MB = 5
_COPIES = "*.ipynb_checkpoints/*"


class NotebooksOptions(Options):
    """Options of a source with ``use: notebooks``."""

    path: Annotated[str, Field(min_length=1, description="The folder of notebooks, from the configuration's folder.")]
    dialect: Annotated[
        str, Field(pattern=r"^[a-z0-9_]+$", description="Dialect of SQL whose magic and connection do not tell it.")
    ]
    connections: Annotated[
        dict[str, str],
        Field(default_factory=dict, description="Names of connections and their dialect: dwh: snowflake."),
    ]
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class NotebooksConnector:
    """Reads the ``*.ipynb`` files of a folder and its subfolders, in the order of their paths; outputs are dropped.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, NotebooksOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """One job per cell and dialect, called ``path[cell]``; what only a run would tell is a problem on its line."""
        writer = FactWriter(source_id=self._source.source_id)
        options = self._options
        excluded = (*options.exclude, _COPIES)
        found = files(self._root, who=self._who, suffixes=(".ipynb",), include=options.include, exclude=excluded)
        for one in found:
            name = shown(one.path, self._source)
            try:
                if one.fault:
                    raise ConfigError(f"The notebook {one.fault}.", file=name)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    _Reader(self._source, options, writer, one, name).read(notebook(one.path, name))
            except ConfigError as error:
                self._refuse(writer, name, error)
            except (ValueError, TypeError, OverflowError, RecursionError, OSError):
                told = ConfigError("The notebook holds something that cannot be read; the rest of it is left out.")
                self._refuse(writer, name, told)
        if not found:
            message = (
                f"{self._who} holds no *.ipynb file that 'include' and 'exclude' let pass; correct 'path' or them."
            )
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _refuse(self, writer: FactWriter, name: str, error: ConfigError) -> None:
        line = error.line or 1
        problems.report(writer, self._source, name, "unreadable", str(error), fatal=True, file=name, line=line)


class _Reader:
    """Writes the facts of one notebook, cell by cell."""

    def __init__(self, source: Source, options: NotebooksOptions, writer: FactWriter, one: Found, name: str) -> None:
        self._source, self._options, self._writer, self._one, self._name = source, options, writer, one, name
        self._root = located(source, options.path)
        self._state = State(options.connections)
        self._current: str | None = None
        self._saved: dict[str, str] = {}
        self._jobs: dict[tuple[int, str], tuple[int, int]] = {}

    def read(self, found: Notebook) -> None:
        """Every cell; raises ConfigError for nothing that concerns one cell alone."""
        if found.language in ("sql", "postgresql", "spark-sql"):
            for cell in found.cells:
                self._add(cell, Run(cell.line, Text(cell.source, cell.line), None))
        else:
            python = found.language in ("python", "ipython", "pyspark")
            for cell in found.cells:
                self._cell(cell, python)
            if not python and found.cells:
                message = f"The notebook {self._name!r} is not in Python: only its SQL magics are read."
                self._report("opaque", message, 1)
        if any("\n" in cell.source.strip() and not cell.exact for cell in found.cells) and self._jobs:
            message = (
                f"The notebook {self._name!r} does not hold its text line by line, so lines count from where a cell "
                "begins; save it with Jupyter to have them exact."
            )
            self._report("inexact_lines", message, 1)

    def _cell(self, cell: Cell, python: bool) -> None:
        source = cell.source.replace("\r\n", "\n")
        if (magic := cell_magic(source)) is not None:
            below = magic[1]
            if isinstance(below, Magic):
                self._magic(cell, below)
                return
            if below is None:
                if (at := sql_words(magic[0], source)) is not None:
                    self._unread(cell, at)
                return
            source = below
        if not python:
            return
        try:
            runs = self._state.runs(source, cell.line)
            magics: list[Magic] = []
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            magics, rest, unread = line_magics(source)
            for at in unread:
                self._unread(cell, at)
            runs = self._python(cell, rest)
        for one in magics:
            self._magic(cell, one)
        for run in runs:
            self._add(cell, run)

    def _unread(self, cell: Cell, at: int) -> None:
        message = (
            f"What cell {cell.number} of {self._name!r} gives another program or magic has words of SQL; "
            "where its data flows is not known."
        )
        self._report("opaque", message, cell.line + at if cell.exact else cell.line)

    def _python(self, cell: Cell, source: str) -> list[Run]:
        """What the cell runs without its magics; a cell that is no Python is a problem, and the others are read."""
        try:
            return self._state.runs(source, cell.line)
        except SyntaxError as error:
            line = cell.line + (error.lineno or 1) - 1 if cell.exact else cell.line
            message = (
                f"Cell {cell.number} of {self._name!r} is no valid Python at its line {error.lineno}; "
                "its SQL is not known."
            )
        except (ValueError, RecursionError, MemoryError):
            line = cell.line
            message = f"Cell {cell.number} of {self._name!r} is nested too deeply or is no text; its SQL is not known."
        self._report("failed", message, line, fatal=True)
        return []

    def _magic(self, cell: Cell, magic: Magic) -> None:
        line = cell.line + magic.line
        if magic.connection:
            self._current = magic.connection
        if magic.name in ("bigquery", "duckdb"):
            dialect: str | None = magic.name
        elif magic.name in ("sparksql", "spark_sql"):
            dialect = "spark"
        else:
            dialect = self._state.speech(magic.connection or self._current)
        if magic.file:
            self._add(cell, Run(line, None, dialect, magic.file))
            return
        sql = magic.sql.strip("\n")
        if not sql.strip():
            return
        text = self._state.filled(Text(sql, line))
        for part in dict.fromkeys((*magic.parts, *self._saved)):
            if part in self._saved and (part in magic.parts or re.search(rf"\b{re.escape(part)}\b", text.sql)):
                if len(text.sql) + len(self._saved[part]) > MOST_TEXT:
                    text = Text(text.sql, line, (*text.unknown, part))
                else:
                    text = Text(_with(part, self._saved[part], text.sql), line, text.unknown)
        if magic.saved_as:
            self._saved[magic.saved_as] = " ".join(row for row in text.sql.rstrip("; \n").split("\n"))
        self._add(cell, Run(line, text, dialect))

    def _add(self, cell: Cell, run: Run) -> None:
        """The statement of what a cell runs, in the job of the cell."""
        who = f"SQL of cell {cell.number} of {self._name!r}"
        text, file, dialect = run.text, self._name, run.dialect or self._options.dialect
        if run.path is not None:
            opened = self._opened(run.path)
            if opened is None:
                self._report("opaque", f"{who} stands in a file that is not in the folder; it is not known.", run.line)
                return
            file, text = opened
        if text is None:
            message = f"{who} is put together when it runs; where its data flows is not known."
            self._report("opaque", message, run.line)
            return
        if not text.sql.strip():
            return
        if text.unknown:
            message = (
                f"{who} names a table or column, or holds SQL, that is known only when it runs: lineage is partial."
            )
            self._report("opaque", message, run.line)
        job_id, ordinal = self._jobs.get((cell.number, dialect), (-1, 0))
        if job_id < 0:
            job_id = self._writer.add(
                "job",
                source_id=self._source.source_id,
                name=f"{self._one.inside}[{cell.number}]",
                kind="notebook_cell",
                dialect=dialect,
                file=self._name,
                line=cell.line,
            )
        self._jobs[cell.number, dialect] = (job_id, ordinal + 1)
        self._writer.add(
            "statement",
            job_id=job_id,
            ordinal=ordinal,
            kind="SCRIPT",
            outcome="parsed",
            sql=text.sql,
            file=file,
            line=text.line,
            end_line=text.line + text.sql.rstrip("\n").count("\n"),
        )

    def _opened(self, path: str) -> tuple[str, Text] | None:
        """(its name, its text) of an SQL file beside the notebook or below the folder; None when there is none."""
        for folder in (self._one.path.parent, self._root):
            file = folder / posixpath.normpath(path)
            try:
                there = file.is_file() and file.resolve().is_relative_to(self._root.resolve())
            except (OSError, ValueError):
                continue
            if there:
                name = shown(file, self._source)
                try:
                    return name, Text(text_of(file, name, most_mb=_MOST_SQL_MB), 1)
                except ConfigError:
                    return None
        return None

    def _report(self, kind: str, message: str, line: int, *, fatal: bool = False) -> None:
        problems.report(
            self._writer, self._source, self._name, kind, message, fatal=fatal, file=self._name, line=max(line, 1)
        )


def _with(name: str, saved: str, sql: str) -> str:
    """A query that reads a saved one by its name, as JupySQL composes them; the lines stay."""
    if "--" in saved:
        return sql
    rest = re.match(r"(?is)\s*with\b(?!\s+recursive)", sql)
    return f"WITH {name} AS ({saved}), {sql[rest.end() :].lstrip()}" if rest else f"WITH {name} AS ({saved}) {sql}"
