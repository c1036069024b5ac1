"""Harvest: every source tells what it holds. No data row is read, and SQL stays in memory until it is masked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pyarrow as pa

from datagov import plugins
from datagov.contracts import Connector, Source
from datagov.engine import wire
from datagov.engine.local import Lost, Task
from datagov.errors import DatagovError
from datagov.fact_writer import FactWriter
from datagov.night import Night
from datagov.stages import precedence
from datagov.stages.unchanged import counted

GROUP = "datagov.connectors"


@dataclass(frozen=True, slots=True)
class RawStatement:
    """SQL as a source holds it, on its way to the tracer; it may hold literals and is never stored."""

    job_id: int
    sql: str
    line: int

    def __repr__(self) -> str:
        return f"RawStatement(job_id={self.job_id}, line={self.line})"


def connect(source: Source) -> Connector:
    """The source's adapter, constructed; called in workers only."""
    adapter = plugins.load(GROUP, source.plugin)
    connector: Connector = adapter(source)
    return connector


def harvest_source(source: Source) -> bytes:
    """Worker: all facts of one source, and its role."""
    connector = connect(source)
    role = pa.RecordBatch.from_pydict({"role": [connector.role]})
    return wire.pack([("role", role), *connector.harvest()])


def run(night: Night) -> list[RawStatement]:
    """Land the facts of every source; returns the SQL to trace, in the order of the sources."""
    raw: list[RawStatement] = []
    before = counted(night)
    sources = (replace(one, counted=before.get(one.name, {})) for one in night.config.sources)
    tasks = [Task(source.name, harvest_source, (source,)) for source in sources]
    for n, (task, result) in enumerate(night.engine.each(tasks), start=1):
        source: Source = task.arguments[0]
        role, lost = "data", result if isinstance(result, Lost) else None
        if not isinstance(result, Lost):
            try:
                role, statements = _land(night, result)
            except DatagovError as error:
                lost = Lost("refused", str(error))
            else:
                raw.extend(statements)
        if lost is not None:
            lost = replace(lost, reason=about(source, lost.reason))
            _say_lost(night, source, lost)
        facts = FactWriter(source_id=0)
        facts.add(
            "source",
            source_id=source.source_id,
            name=source.name,
            plugin=source.plugin,
            role=role,
            namespace=_namespace(night, source.source_id),
            outcome="read" if lost is None else "incomplete",
            reason=None if lost is None else lost.reason,
            file=source.file,
            line=source.line,
        )
        night.store.land(facts.batches())
        night.store.commit()
        night.progress("harvest", n, len(tasks))
    precedence.run(night)
    _say_shared(night)
    return raw


def _say_shared(night: Night) -> None:
    """Tables that two sources hold under one name: SQL and selectors that name them cannot tell them apart."""
    holders: dict[str, dict[int, str]] = {}
    for row in night.store.query("SELECT source_id, name FROM dataset ORDER BY dataset_id"):
        holders.setdefault(row["name"].casefold(), {}).setdefault(row["source_id"], row["name"])
    shared: dict[tuple[int, int], list[str]] = {}
    for held in holders.values():
        first = min(held)
        for other in sorted(held):
            if other != first:
                shared.setdefault((first, other), []).append(held[other])
    for (first, other), names in sorted(shared.items()):
        one, two = night.source(first), night.source(other)
        more = f" and {len(names) - 1} more table{'' if len(names) == 2 else 's'}" if len(names) > 1 else ""
        night.problem(
            stage="harvest",
            source_id=other,
            object=names[0],
            kind="duplicate_name",
            message=(
                f"The sources {one.name!r} ({one.file}:{one.line}) and {two.name!r} ({two.file}:{two.line}) both hold "
                f"{names[0]}{more}; SQL and declarations that name it mean both. Give one source another schema name."
            ),
            fatal=False,
            file=two.file,
            line=two.line,
        )
    night.store.commit()


def _land(night: Night, result: bytes) -> tuple[str, list[RawStatement]]:
    """Land what a worker harvested; returns the source's role and the SQL to trace."""
    role, raw, batches = "data", list[RawStatement](), []
    for name, batch in wire.unpack(result):
        if name == "role":
            role = str(batch.column(0)[0].as_py())
        elif name == "statement":
            raw.extend(_statements(batch))
        else:
            batches.append((name, batch))
    night.store.land(batches)
    return role, raw


def _say_lost(night: Night, source: Source, lost: Lost) -> None:
    night.problem(
        stage="harvest",
        source_id=source.source_id,
        object=source.name,
        kind=lost.kind,
        message=f"Source {source.name!r} could not be read. {lost.reason}",
        file=source.file,
        line=source.line,
    )


_OF_A_SENTENCE = ("the ", "counting ")
"""What begins a sentence with a small letter; an address or a name stays as it is."""


def about(source: Source, reason: str) -> str:
    """A connector's sentence without the name of its source, for where that was said before.

    >>> from pathlib import Path
    >>> about(Source(1, "crm", "mysql", {}, Path(), "datagov.yaml", 1), "Source 'crm': the server accepts nobody.")
    'The server accepts nobody.'
    >>> about(Source(1, "lake", "files", {}, Path(), "datagov.yaml", 1), "Source 'lake': s3://b cannot be listed.")
    's3://b cannot be listed.'
    """
    who = f"Source {source.name!r}"
    if reason.startswith(f"{who}: "):
        rest = reason.removeprefix(f"{who}: ")
        return rest[:1].upper() + rest[1:] if rest.startswith(_OF_A_SENTENCE) else rest
    return f"It {reason.removeprefix(who + ' ')}" if reason.startswith(f"{who} ") else reason


def _statements(batch: pa.RecordBatch) -> Iterator[RawStatement]:
    columns = (batch.column(name).to_pylist() for name in ("job_id", "sql", "line"))
    for job_id, sql, line in zip(*columns, strict=True):
        yield RawStatement(job_id, sql, line or 1)


def _namespace(night: Night, source_id: int) -> str | None:
    (row,) = night.store.query("SELECT min(namespace) AS namespace FROM dataset WHERE source_id = ?", (source_id,))
    namespace: str | None = row["namespace"]
    return namespace
