"""Trace: SQL becomes column lineage. A worker parses and masks; the supervisor gives the names their identities."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from datagov.engine import wire
from datagov.engine.local import Lost, Task
from datagov.facts import FactWriter
from datagov.night import Night
from datagov.stages.harvest import RawStatement
from datagov.stages.names import Catalogue

_STATEMENT = pa.schema(
    [
        ("ordinal", pa.int64()),
        ("kind", pa.string()),
        ("outcome", pa.string()),
        ("sql", pa.string()),
        ("line", pa.int64()),
        ("end_line", pa.int64()),
        ("temporary", pa.list_(pa.string())),
    ]
)
_EDGE = pa.schema(
    [
        ("statement", pa.int64()),
        ("source_dataset", pa.string()),
        ("source_column", pa.string()),
        ("source_path", pa.string()),
        ("target_dataset", pa.string()),
        ("target_column", pa.string()),
        ("target_path", pa.string()),
        ("type", pa.string()),
        ("subtype", pa.string()),
        ("masking", pa.bool_()),
        ("protection", pa.string()),
        ("confidence", pa.float64()),
        ("reason", pa.string()),
        ("expression", pa.string()),
        ("line", pa.int64()),
        ("col", pa.int64()),
        ("end_line", pa.int64()),
        ("end_col", pa.int64()),
    ]
)
_PROBLEM = pa.schema([("statement", pa.int64()), ("kind", pa.string()), ("message", pa.string()), ("line", pa.int64())])


@dataclass(frozen=True, slots=True)
class Script:
    """The SQL of one job on its way to a worker; not shown, because literals may be personal data."""

    sql: str
    line: int
    dialect: str
    schema: str | None

    def __repr__(self) -> str:
        return f"Script(dialect={self.dialect!r}, line={self.line})"


def trace_script(script: Script, catalogue: Path) -> bytes:
    """Worker: statements (masked), named edges and problems of one script; ``catalogue`` is a file of column names."""
    from datagov.lineage import trace

    traced = trace(
        script.sql,
        dialect=script.dialect,
        schema=_schema(catalogue),
        default_schema=script.schema,
        line_offset=script.line - 1,
    )
    statements = [
        {
            "ordinal": s.ordinal,
            "kind": s.kind,
            "outcome": s.outcome,
            "sql": s.text,
            "line": s.line,
            "end_line": s.end_line,
            "temporary": list(s.targets) if s.temporary else [],
        }
        for s in traced.statements
    ]
    edges = [
        {
            "statement": e.statement,
            "source_dataset": e.source.dataset,
            "source_column": e.source.column,
            "source_path": ".".join(e.source.path) or None,
            "target_dataset": e.target.dataset,
            "target_column": e.target.column,
            "target_path": ".".join(e.target.path) or None,
            "type": e.type,
            "subtype": e.subtype,
            "masking": e.masking,
            "protection": e.protection,
            "confidence": e.confidence,
            "reason": e.reason,
            "expression": e.span.expression if e.span else None,
            "line": e.span.line if e.span else None,
            "col": e.span.column if e.span else None,
            "end_line": e.span.end_line if e.span else None,
            "end_col": e.span.end_column if e.span else None,
        }
        for e in traced.edges
        if e.source.column is not None
    ]
    problems = [
        {"statement": p.statement, "kind": p.kind, "message": p.message, "line": p.line} for p in traced.problems
    ]
    return wire.pack(
        (
            ("statement", pa.RecordBatch.from_pylist(statements, schema=_STATEMENT)),
            ("edge", pa.RecordBatch.from_pylist(edges, schema=_EDGE)),
            ("problem", pa.RecordBatch.from_pylist(problems, schema=_PROBLEM)),
        )
    )


@functools.lru_cache(maxsize=1)
def _schema(catalogue: Path) -> dict[str, list[str]]:
    """Columns per dataset name; kept for the next script of the same worker."""
    schema: dict[str, list[str]] = {}
    for _, batch in wire.unpack(catalogue.read_bytes()):
        for dataset, column in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            schema.setdefault(dataset, []).append(column)
    return schema


def run(night: Night, raw: list[RawStatement]) -> None:
    """Trace every job; land its statements, edges and problems."""
    jobs = {row["job_id"]: row for row in night.store.query("SELECT * FROM job")}
    catalogue = Catalogue(night.store)
    shipped = night.store.path.with_name("catalogue.arrow")
    shipped.write_bytes(catalogue.ship())
    tasks = [
        Task(
            str(jobs[statement.job_id]["name"]),
            trace_script,
            (Script(statement.sql, statement.line, *_manner(jobs[statement.job_id])), shipped),
        )
        for statement in raw
    ]
    ordinals: dict[int, int] = {}
    for n, (statement, (_, result)) in enumerate(zip(raw, night.engine.each(tasks), strict=True), start=1):
        job = jobs[statement.job_id]
        if isinstance(result, Lost):
            _lost(night, job, statement, result)
        else:
            facts = catalogue.writer(job["source_id"])
            first = ordinals.get(statement.job_id, 0)
            ordinals[statement.job_id] = first + _land(facts, catalogue, job, result, first)
            night.store.land(facts.batches())
        night.store.commit()
        night.progress("trace", n, len(tasks))
    shipped.unlink()


def _manner(job: Any) -> tuple[str, str | None]:
    """Dialect and default schema of a job: a view's unqualified names belong to its own schema."""
    schema, dot, _ = str(job["name"]).rpartition(".")
    return job["dialect"], schema if job["kind"] == "view" and dot else None


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    yield from batch.to_pylist()


def _land(facts: FactWriter, catalogue: Catalogue, job: Any, result: bytes, first: int) -> int:
    """Turn a worker's names into facts; returns the number of statements."""
    batches = dict(wire.unpack(result))
    known: dict[int, int] = {}
    for row in _rows(batches["statement"]):
        catalogue.note_temporary(row["temporary"])
        known[row["ordinal"]] = facts.add(
            "statement",
            job_id=job["job_id"],
            ordinal=first + row["ordinal"],
            kind=row["kind"],
            outcome=row["outcome"],
            sql=row["sql"],
            file=job["file"],
            line=row["line"],
            end_line=row["end_line"],
        )
    for row in _rows(batches["edge"]):
        source = catalogue.dataset(row["source_dataset"], facts, job["source_id"])
        target = catalogue.dataset(row["target_dataset"], facts, job["source_id"])
        column = row["target_column"]
        for dataset, name in ((source, row["source_column"]), (target, column)):
            if name is not None and catalogue.lacks(dataset, name):
                _unknown_column(facts, job, row, f"{catalogue.name(dataset)}.{name}")
                catalogue.column(dataset, name, None, facts)
        facts.add(
            "edge",
            statement_id=known[row["statement"]],
            source_dataset_id=source,
            source_column_id=catalogue.column(source, row["source_column"], row["source_path"], facts),
            target_dataset_id=target,
            target_column_id=None if column is None else catalogue.column(target, column, row["target_path"], facts),
            file=job["file"],
            **{k: row[k] for k in ("type", "subtype", "masking", "protection", "confidence", "reason", "expression")},
            **{k: row[k] for k in ("line", "col", "end_line", "end_col")},
        )
    for row in _rows(batches["problem"]):
        facts.add(
            "problem",
            stage="trace",
            source_id=job["source_id"],
            object=job["name"],
            kind=row["kind"],
            message=row["message"],
            fatal=row["kind"] in FATAL,
            file=job["file"],
            line=row["line"],
        )
    return len(known)


def _unknown_column(facts: FactWriter, job: Any, edge: dict[str, Any], column: str) -> None:
    facts.add(
        "problem",
        stage="trace",
        source_id=job["source_id"],
        object=job["name"],
        kind="unknown_column",
        message=f"The SQL names the column {column}, which its source does not have; one of the two is out of date.",
        fatal=False,
        file=job["file"],
        line=edge["line"],
    )


FATAL = frozenset({"failed", "limit"})
"""Problems that leave SQL unread: the audit is incomplete. Opaque SQL and ambiguity are results, shown as such."""


def _lost(night: Night, job: Any, statement: RawStatement, lost: Lost) -> None:
    night.problem(
        stage="trace",
        source_id=job["source_id"],
        object=job["name"],
        kind=lost.kind,
        message=f"The SQL of {job['name']} was not traced. {lost.reason}",
        file=job["file"],
        line=statement.line,
    )
