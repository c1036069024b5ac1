"""Trace: SQL becomes column lineage. A worker parses and masks; the supervisor gives the names their identities."""

from __future__ import annotations

import functools
import os
import re
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from datagov.engine import wire
from datagov.engine.local import Lost, Task
from datagov.facts import ID_STRIDE
from datagov.night import Night
from datagov.stages import stated, wired
from datagov.stages.harvest import RawStatement
from datagov.stages.landing import Landing
from datagov.stages.model_order import built_first
from datagov.stages.names import Catalogue, Scope

if TYPE_CHECKING:
    from datagov.lineage import Trace

_MOST_LEFT_OUT = 16
"""A script with more statements than this that cost a worker its life is lost as a whole."""
_HELD_BY_A_DATABASE = ("view", "routine", "trigger", "rule", "event", "query")
_NONE_YET = (1 << 64) - 1
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Script:
    """The SQL of one job on its way to a worker; not shown, because literals may be personal data."""

    sql: str
    line: int
    dialect: str
    schema: str | None
    source_id: int
    file: str | None = None
    """Of a file of SQL: a raw dbt model is named by it."""

    def __repr__(self) -> str:
        return f"Script(dialect={self.dialect!r}, line={self.line})"


@dataclass(frozen=True, slots=True)
class Terms:
    """How scripts are traced: the user's own functions, the caps of a statement, and where to tell the progress."""

    functions: Mapping[str, str]
    sql_kb: int
    statement_seconds: float


def trace_script(
    script: Script, catalogue: Path, terms: Terms, progress: Path, left_out: Mapping[int, tuple[str, str]]
) -> bytes:
    """Worker: statements (masked), named edges and problems of one script; ``catalogue`` is a file of column names.

    The number of the statement that is being read stands in the file ``progress`` until the work is done. A statement
    that takes too long ends the process by SIGALRM: the compiled parser lets nothing else interrupt it.
    """
    from datagov.lineage import Guard, trace

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    schema = columns_for(script, catalogue)
    with progress.open("wb", buffering=0) as told:

        def begun(number: int) -> None:
            os.pwrite(told.fileno(), number.to_bytes(8, "big"), 0)
            signal.setitimer(signal.ITIMER_REAL, terms.statement_seconds)

        try:
            traced = trace(
                script.sql,
                dialect=script.dialect,
                schema=schema,
                default_schema=script.schema,
                file=script.file,
                line_offset=script.line - 1,
                functions=terms.functions,
                guard=Guard(terms.sql_kb, begun, left_out),
            )
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    packed = _packed(traced)
    progress.unlink()
    return packed


def _packed(traced: Trace) -> bytes:
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
            ("statement", pa.RecordBatch.from_pylist(statements, schema=wired.STATEMENT)),
            ("edge", pa.RecordBatch.from_pylist(edges, schema=wired.EDGE)),
            ("problem", pa.RecordBatch.from_pylist(problems, schema=wired.PROBLEM)),
        )
    )


@dataclass(frozen=True, slots=True)
class _Listed:
    """A dataset with the columns its source lists."""

    source_id: int
    name: str
    columns: list[str]


@functools.lru_cache(maxsize=1)
def _catalogue(path: Path) -> dict[str, list[_Listed]]:
    """Datasets by the last word of their name; kept for the next script of the same worker."""
    found: dict[str, list[_Listed]] = {}
    for _, batch in wire.unpack(path.read_bytes()):
        for row in batch.to_pylist():
            words = _WORD.findall(row["dataset"].casefold())
            listed = _Listed(row["dataset_id"] // ID_STRIDE, row["dataset"], row["columns"])
            found.setdefault(words[-1] if words else "", []).append(listed)
    return found


def columns_for(script: Script, catalogue: Path) -> dict[str, list[str]]:
    """Worker: columns per dataset that the script can name, those of its own source before others of the same table.

    Only datasets whose last word stands in the script are taken: a large catalogue costs each script little.
    """
    by_word = _catalogue(catalogue)
    words = {"", *_WORD.findall(script.sql.casefold())}
    if "{{" in script.sql or "{%" in script.sql:
        words.update(by_word)
    listed = [dataset for word in sorted(words & by_word.keys()) for dataset in by_word[word]]
    own = {_table(dataset.name) for dataset in listed if dataset.source_id == script.source_id}
    columns: dict[str, dict[str, None]] = {}
    for dataset in listed:
        if dataset.source_id == script.source_id or _table(dataset.name) not in own:
            columns.setdefault(dataset.name, {}).update(dict.fromkeys(dataset.columns))
    return {name: list(names) for name, names in columns.items()}


def _table(name: str) -> str:
    return name.casefold().rpartition(".")[2]


def run(night: Night, raw: list[RawStatement], catalogue: Catalogue | None = None) -> None:
    """Trace every job; land its statements, edges and problems. ``catalogue`` is that of the store when not given."""
    jobs = {row["job_id"]: row for row in night.store.query("SELECT * FROM job")}
    raw = built_first(raw, jobs)
    catalogue = catalogue or Catalogue(night.store)
    shipped = night.store.path.with_name("catalogue.arrow")
    shipped.write_bytes(catalogue.ship())
    limits = night.config.limits
    seconds = min(limits.statement_seconds, limits.deadline_seconds / 2)
    terms = Terms(dict(night.config.model.lineage.functions), limits.sql_kb, seconds)
    tasks = [
        Task(
            str(jobs[statement.job_id]["name"]),
            trace_script,
            (
                _script(statement, jobs[statement.job_id]),
                shipped,
                terms,
                night.store.path.with_name(f"trace-{number}.progress"),
                {},
            ),
        )
        for number, statement in enumerate(raw)
    ]
    ordinals: dict[int, int] = {}
    scopes: dict[int, Scope] = {}
    for n, (statement, (task, first_result)) in enumerate(zip(raw, night.engine.each(tasks), strict=True), start=1):
        result = first_result
        if isinstance(result, Lost):
            result = _without_its_killers(night, task, result)
        job = jobs[statement.job_id]
        if isinstance(result, Lost):
            _lost(night, job, statement, result)
        else:
            facts = catalogue.writer(job["source_id"])
            first = ordinals.get(statement.job_id, 0)
            scope = scopes.setdefault(statement.job_id, Scope(job["source_id"], job["name"]))
            ordinals[statement.job_id] = first + Landing(catalogue, job, facts, scope).land(result, first)
            night.store.land(facts.batches())
        night.store.commit()
        night.progress("trace", n, len(tasks))
    shipped.unlink()
    stated.run(night, catalogue)


def _without_its_killers(night: Night, task: Task, lost: Lost) -> bytes | Lost:
    """Trace a script again without the statement its worker was lost with, until it ends; its neighbours survive."""
    script, catalogue, terms, progress, left_out = task.arguments
    result: bytes | Lost = lost
    while isinstance(result, Lost) and len(left_out) < _MOST_LEFT_OUT and progress.exists():
        number = int.from_bytes(progress.read_bytes() or b"\xff" * 8, "big")
        slow = result.signal == signal.SIGALRM
        blamed = slow or result.kind in ("died", "memory")
        if not blamed or number in left_out or number == _NONE_YET:
            break
        if slow:
            told = "deadline", f"It took longer than {terms.statement_seconds:g} s and was left out."
        else:
            told = result.kind, f"It was left out. {result.reason}"
        left_out = {**left_out, number: told}
        again = Task(task.name, trace_script, (script, catalogue, terms, progress, left_out))
        result = night.engine.result(night.engine.start(again))
    progress.unlink(missing_ok=True)
    return result


def _script(statement: RawStatement, job: Any) -> Script:
    """A job's SQL for a worker: unqualified names in what a database itself holds belong to its own schema."""
    schema, dot, _ = str(job["name"]).rpartition(".")
    own = schema if dot and job["kind"] in _HELD_BY_A_DATABASE else None
    file = job["file"] if job["kind"] == "sql_file" else None
    return Script(statement.sql, statement.line, job["dialect"], own, job["source_id"], file)


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
