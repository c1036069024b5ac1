"""Event logs of Spark as a pipeline: SQL, tables and columns that applications read and wrote, who ran it and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, file_or_files
from datagov.connectors._options import Options, located, shown, validated
from datagov.connectors._packed_lines import BadLogError, lines
from datagov.connectors._query_history import History
from datagov.connectors._spark_events import Application, Execution
from datagov.connectors._spark_log import Log, logs
from datagov.contracts import FactBatches, Source
from datagov.fact_writer import FactWriter
from datagov.lineage.paths import told_path

_MOST_UNREAD = 5


class SparkLogOptions(Options):
    """Options of a source with ``use: sparklog``."""

    path: Annotated[str, Field(min_length=1, description="An event log, or the folder of them (spark.eventLog.dir).")]
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


@dataclass(slots=True)
class _Job:
    """Executions of one account that write the same from the same, without SQL; the last of them counts."""

    name: str
    account: str | None
    last: Execution
    first_at: str | None = None
    last_at: str | None = None
    calls: int = 0

    def again(self, one: Execution) -> None:
        """Count one more execution."""
        self.calls, self.last = self.calls + 1, one
        if one.at is not None:
            self.first_at = min(self.first_at or one.at, one.at)
            self.last_at = max(self.last_at or one.at, one.at)


class SparkLogConnector:
    """Reads event logs, also compressed and rolled ones. Neither Spark nor Java is needed.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, SparkLogOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """SQL of executions as ``query`` facts; of the others, what their plans link, one job per target and reads."""
        writer = FactWriter(source_id=self._source.source_id)
        history = History("spark")
        jobs: dict[tuple[str, str], _Job] = {}
        found = logs(self._files())
        for log in found:
            application = self._read(writer, log)
            if not application.begun:
                continue
            for one in application.executions.values():
                history.left_out += one.failed
            for one in application.done():
                self._take(writer, history, jobs, application, one)
        history.write(writer, source_id=self._source.source_id, kind="Spark event log", has_person=True, has_time=True)
        for job in jobs.values():
            self._add(writer, job)
        if not found:
            message = f"{self._who} holds no event log that 'include' and 'exclude' let pass; correct 'path' or them."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _files(self) -> Sequence[Found]:
        include, exclude = self._options.include, self._options.exclude
        return file_or_files(self._root, who=self._who, suffixes=("",), include=include, exclude=exclude)

    def _read(self, writer: FactWriter, log: Log) -> Application:
        """The events of a log as far as they can be read; what cannot is a problem, and the rest counts."""
        application = Application()
        for one in log.files:
            name = shown(one.path, self._source)
            try:
                if one.fault:
                    raise BadLogError(one.fault)
                for number, line in lines(one.path):
                    application.take(line, (name, number))
                    if application.unread and not application.begun:
                        raise BadLogError("is no event log of Spark; exclude it")
            except BadLogError as error:
                self._refuse(writer, name, f"The event log {name!r} {error}.")
                application.unread.clear()
            except OSError as error:
                self._refuse(writer, name, f"The event log {name!r} cannot be read: {error.strerror}; grant it.")
            for place in application.unread[:_MOST_UNREAD]:
                self._refuse(writer, name, f"{place[0]}:{place[1]} is no event of Spark; it was left out.", place[1])
            application.unread.clear()
        return application

    def _refuse(self, writer: FactWriter, name: str, message: str, line: int = 1) -> None:
        problems.report(writer, self._source, name, "unreadable", message, fatal=True, file=name, line=line)

    def _take(
        self,
        writer: FactWriter,
        history: History,
        jobs: dict[tuple[str, str], _Job],
        application: Application,
        one: Execution,
    ) -> None:
        """An execution with SQL is a query; of one without, the last that wrote the same counts."""
        if one.sql is not None:
            history.add(one.sql, account=application.user, at=one.at, schema=None, place=one.place)
        elif one.plan.writes is not None and one.plan.reads:
            called = application.name or Path(one.place[0]).name
            called = told_path(called) if "://" in called else called
            name = f"{called}.{one.plan.writes.rpartition('/')[2]}"
            reads = " ".join(sorted(one.plan.reads))
            key = (name, f"{one.plan.writes} {reads} {application.user}")
            jobs.setdefault(key, _Job(name, application.user, one)).again(one)
        if one.sql is not None:
            return
        plan, (file, line) = one.plan, one.place
        messages = [
            f"What the command {command} of Spark writes is not read from its plan; its lineage is not known."
            for command in sorted(plan.unknown | (plan.commands if plan.writes is None else set()))
        ]
        if plan.writes is not None and (plan.unread or not (plan.reads or plan.made_up)):
            known = "partly" if plan.reads else "not"
            messages.append(
                f"What Spark read to write {plan.writes} is not told by its plan; its lineage is {known} known."
            )
        for message in messages:
            problems.report(writer, self._source, file, "opaque", message, fatal=False, file=file, line=line)

    def _add(self, writer: FactWriter, job: _Job) -> None:
        """A job with the links of its last execution, and who ran it when."""
        one = job.last
        file, line = one.place
        job_id = writer.add(
            "job",
            source_id=self._source.source_id,
            name=job.name,
            kind="spark_execution",
            dialect="spark",
            file=file,
            line=line,
        )
        writer.add(
            "query",
            job_id=job_id,
            account=job.account,
            first_at=job.first_at,
            last_at=job.last_at,
            calls=job.calls,
        )
        place = {"job_id": job_id, "target_dataset": one.plan.writes, "file": file, "line": line}
        reached = {reach.source.dataset for reach in one.plan.reaches if reach.target is not None}
        for reach in one.plan.reaches:
            writer.add(
                "link",
                source_dataset=reach.source.dataset,
                source_field=reach.source.name,
                target_field=reach.target,
                type="DIRECT" if reach.target is not None else "INDIRECT",
                subtype=reach.subtype,
                **place,
            )
        for dataset in one.plan.reads:
            if (one.plan.whole and dataset not in reached) or not one.plan.reaches:
                writer.add("link", source_dataset=dataset, source_field="*", target_field="*", type="DIRECT", **place)
