"""What lineage promises for any text: it returns, it tells no literal, and its places are places of the text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sqlglot.errors import SqlglotError

from datagov.lineage import Trace, jinja, mask_literals, openlineage, split, trace
from datagov.lineage.dialects import speech
from tests.fuzz.grammar import CANARY


def check(sql: str, dialect: str) -> Trace:
    """Trace ``sql`` and hold the answer against the promises. Raises AssertionError."""
    traced = placed(sql, dialect)
    leaked = sum(CANARY in text.lower() for text in told(traced))
    assert leaked == 0, f"{leaked} texts of the answer hold a literal"
    return traced


def placed(sql: str, dialect: str) -> Trace:
    """Trace ``sql``: the trace, all of whose places are places of the text and whose numbers are in their ranges."""
    traced = trace(sql, dialect=dialect, schema={"s.t": ["a", "b", "c"], "o": ["a", "b"]})
    lines = sql.count("\n") + 1
    for statement in traced.statements:
        assert 1 <= statement.line <= statement.end_line <= lines
    for edge in (*traced.edges, *traced.collapsed().edges):
        span = edge.span
        assert 1 <= span.line <= span.end_line <= lines
        assert span.column >= 1
        assert 0 < edge.confidence <= 1
        assert 0 <= edge.statement < len(traced.statements)
    for problem in traced.problems:
        assert 1 <= problem.line <= lines
        assert problem.column >= 1
    assert sum(traced.counts.values()) >= len(traced.statements)
    return traced


def told(traced: Trace) -> Iterator[str]:
    """Every text that an answer shows."""
    yield from (problem.message for problem in traced.problems)
    for statement in traced.statements:
        yield from (statement.text, statement.kind, *statement.targets, *statement.sources)
    for edge in (*traced.edges, *traced.collapsed().edges):
        yield from (str(edge), edge.span.expression, edge.reason)


def masked(sql: str, dialect: str) -> str:
    """The masked text: as long as ``sql``, with its lines, without its digits."""
    found = mask_literals(sql, dialect=dialect)
    assert len(found) == len(sql)
    assert [n for n, sign in enumerate(found) if sign == "\n"] == [n for n, sign in enumerate(sql) if sign == "\n"]
    return found


def cut(sql: str, dialect: str) -> None:
    """The statements of a script hold its tokens, each once and in order; what is too much is said in a sentence."""
    try:
        tokens = speech(dialect).tokens(sql)
    except (SqlglotError, ValueError, LookupError):
        return
    for loose in (False, True):
        found = [token for piece in split.pieces(tokens, without_semicolons=loose) for token in piece.tokens]
        assert [(t.start, t.end) for t in found] == sorted({(t.start, t.end) for t in found})
    reason = split.too_much(tokens)
    assert reason is None or reason.endswith(".")


def filled(template: str) -> None:
    """A template yields SQL with a line of the template for each of its lines, or says why not."""
    found = jinja.rendered(template)
    assert (found.sql is None) == bool(found.trouble)
    lines = template.count("\n") + 1
    assert all(0 <= at <= len(found.sql or "") and 1 <= line <= lines for at, line in found.origins)


def received(document: bytes) -> None:
    """A file of OpenLineage events yields whole links or sentences, whatever is in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "events.ndjson")
        path.write_bytes(document)
        events = openlineage.read(path)
    for job in events.jobs:
        assert job.namespace and job.name
        assert all(link.source.name and link.target.name and link.type in ("DIRECT", "INDIRECT") for link in job.links)
    assert all(fault.message.endswith(".") for fault in events.faults)
