"""What lineage promises for any text: it returns, it tells no literal, and its places are places of the text."""

from __future__ import annotations

from datagov.lineage import Trace, trace
from tests.fuzz.grammar import CANARY


def check(sql: str, dialect: str) -> Trace:
    """Trace ``sql`` and hold the answer against the promises. Raises AssertionError."""
    traced = trace(sql, dialect=dialect, schema={"s.t": ["a", "b", "c"], "o": ["a", "b"]})
    lines = sql.count("\n") + 1
    told = [problem.message for problem in traced.problems]
    for statement in traced.statements:
        told += (statement.text, statement.kind, *statement.targets, *statement.sources)
        assert 1 <= statement.line <= statement.end_line <= lines
    for edge in (*traced.edges, *traced.collapsed().edges):
        span = edge.span
        told += (str(edge), span.expression, edge.reason)
        assert 1 <= span.line <= span.end_line <= lines
        assert span.column >= 1
        assert 0 < edge.confidence <= 1
        assert 0 <= edge.statement < len(traced.statements)
    for problem in traced.problems:
        assert 1 <= problem.line <= lines
    leaked = sum(CANARY in text.lower() for text in told)
    assert leaked == 0, f"{leaked} texts of the answer hold a literal"
    return traced
