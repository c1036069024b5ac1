"""A folder of Airflow DAG files as a pipeline: the SQL of its tasks, by the syntax tree; no DAG is imported or run."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from datagov import wholefile
from datagov.connectors import _problems as problems
from datagov.connectors._airflow_dags import Task, tasks
from datagov.connectors._folder import Found, files
from datagov.connectors._options import Options, located, shown, validated
from datagov.connectors._python_text import Text, without_macros
from datagov.contracts import FactBatches, Source
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter

MAX_BYTES = 5 * 1024 * 1024
"""Largest file that is read."""


class AirflowOptions(Options):
    """Options of a source with ``use: airflow``."""

    path: Annotated[str, Field(min_length=1, description="The folder of DAG files.")]
    dialect: Annotated[
        str, Field(pattern=r"^[a-z0-9_]+$", description="Dialect where operator and connection do not tell it.")
    ]
    connections: Annotated[dict[str, str], Field(default_factory=dict, description="Connection ids and dialects.")]
    searchpath: Annotated[tuple[str, ...], Field(description="Folders of SQL files (template_searchpath).")] = ()
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class AirflowConnector:
    """Reads the ``*.py`` files of a folder as text. Raises ConfigError for wrong options, SourceError for no folder."""

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, AirflowOptions)
        self._root = located(source, self._options.path)
        self._search = [located(source, path) for path in self._options.searchpath]
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """One job per task that runs SQL, with its statements; what cannot be known without running it is a problem."""
        writer = FactWriter(source_id=self._source.source_id)
        found = self._files((".py",))
        jobs = 0
        for one in found:
            name = shown(one.path, self._source)
            try:
                read = tasks(self._read(one, name), file=one.inside, connections=self._options.connections)
            except SourceError as error:
                self._report(writer, name, "unreadable", str(error), fatal=True)
            except SyntaxError as error:
                message = (
                    f"The DAG file {name!r} is no valid Python at line {error.lineno or 1}; its tasks are not known."
                )
                self._report(writer, name, "failed", message, fatal=True, line=error.lineno or 1)
            except (RecursionError, ValueError, MemoryError):
                message = f"The DAG file {name!r} is nested too deeply or is no text; its tasks are not known."
                self._report(writer, name, "failed", message, fatal=True)
            else:
                jobs += len(read)
                self._add(writer, one, name, read)
        if not jobs:
            message = f"{self._who} holds no DAG file with a task that runs SQL."
            self._report(writer, self._source.name, "empty", message, fatal=not found, line=self._source.line)
        yield from writer.batches()

    def _files(self, suffixes: Sequence[str]) -> Sequence[Found]:
        options = self._options
        return files(self._root, who=self._who, suffixes=suffixes, include=options.include, exclude=options.exclude)

    def _add(self, writer: FactWriter, one: Found, name: str, read: Sequence[Task]) -> None:
        """Tasks as jobs; several statements of one task are one job."""
        job: tuple[str, str] | None = None
        job_id = ordinal = -1
        for task in read:
            text, file = self._sql(writer, one, name, task)
            if text is None:
                continue
            if job != (task.dag, f"{task.name}@{task.line}"):
                job, ordinal = (task.dag, f"{task.name}@{task.line}"), -1
                job_id = writer.add(
                    "job",
                    source_id=self._source.source_id,
                    name=f"{task.dag}.{task.name}",
                    kind="airflow_task",
                    dialect=task.dialect or self._options.dialect,
                    owner=task.owner,
                    schedule=task.schedule,
                    file=name,
                    line=task.line,
                )
            ordinal += 1
            writer.add(
                "statement",
                job_id=job_id,
                ordinal=ordinal,
                kind="SCRIPT",
                outcome="parsed",
                sql=f"INSERT INTO {task.target} {text.sql}" if task.target else text.sql,
                file=file,
                line=text.line,
                end_line=text.line + text.sql.removesuffix("\n").count("\n"),
            )

    def _sql(self, writer: FactWriter, one: Found, name: str, task: Task) -> tuple[Text | None, str]:
        """The SQL of a task and the file it stands in; what of it is not known is a problem on the task's line."""
        who = f"The SQL of the task {task.dag}.{task.name}"
        if task.path is not None:
            try:
                found, text = self._searched(one, task.path)
            except SourceError as error:
                self._report(writer, name, "unreadable", f"{who} {error}", fatal=True, line=task.line)
                return None, name
            return without_macros(Text(text, 1), {}), found
        if task.text is None:
            message = f"{who} is put together when it runs; where its data flows is not known."
            self._report(writer, name, "opaque", message, fatal=False, line=task.line)
            return None, name
        if task.text.unknown:
            message = (
                f"{who} names a table or column, or holds SQL, that is known only when it runs: lineage is partial."
            )
            self._report(writer, name, "opaque", message, fatal=False, line=task.line)
        return task.text, name

    def _searched(self, one: Found, path: str) -> tuple[str, str]:
        """(file as facts show it, text) of an SQL file that a task names: beside the DAG file or on the search path."""
        inside = posixpath.normpath(path)
        for folder in (one.path.parent, self._root, *self._search):
            file = folder / inside
            allowed = [root.resolve() for root in (self._root, *self._search)]
            try:
                there = file.is_file() and any(file.resolve().is_relative_to(root) for root in allowed)
            except (OSError, ValueError):
                continue
            if there:
                name = shown(file, self._source)
                return name, self._read(Found(file, inside), name)
        raise SourceError(f"is in the file {path!r}, which was not found; name its folder in 'searchpath'.")

    def _read(self, one: Found, name: str) -> str:
        who = f"The file {name!r}"
        if one.fault:
            raise SourceError(f"{who} {one.fault}.")
        try:
            return wholefile.read(one.path, most=MAX_BYTES).decode("utf-8-sig")
        except wholefile.TooLargeError:
            raise SourceError(f"{who} is larger than {MAX_BYTES // 2**20} MB; exclude it.") from None
        except UnicodeError:
            raise SourceError(f"{who} is not UTF-8 text; save it so or exclude it.") from None
        except OSError as error:
            raise SourceError(f"{who} cannot be read: {error.strerror}; grant it or exclude it.") from None

    def _report(self, writer: FactWriter, what: str, kind: str, message: str, *, fatal: bool, line: int = 1) -> None:
        file = None if what == self._source.name else what
        problems.report(writer, self._source, what, kind, message, fatal=fatal, file=file, line=line)
