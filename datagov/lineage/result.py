"""What ``trace`` answers: the edges of a script, its statements, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass

from datagov.lineage.collapse import collapse, intermediates
from datagov.lineage.model import QUERY, ColumnEdge, Problem, Statement


@dataclass(frozen=True, slots=True)
class Trace:
    """The lineage of one script; ``sources`` and ``targets`` are table names in order of appearance."""

    edges: tuple[ColumnEdge, ...]
    statements: tuple[Statement, ...]
    problems: tuple[Problem, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def collapsed(self) -> Trace:
        """The same with temporary and intermediate tables of the script removed: first sources to last
        targets.
        """
        gone = intermediates(self.statements)
        if not gone:
            return self
        return Trace(
            edges=tuple(collapse(self.edges, self.statements)),
            statements=self.statements,
            problems=self.problems,
            sources=tuple(name for name in self.sources if name not in gone),
            targets=tuple(name for name in self.targets if name not in gone),
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many statements were ``parsed``, ``opaque``, ``failed``, ``unsupported``; and ``unresolved``
        names.
        """
        out = {"parsed": 0, "opaque": 0, "failed": 0, "unsupported": 0}
        for statement in self.statements:
            out[statement.outcome] += 1
        out["unresolved"] = sum(1 for p in self.problems if p.kind.startswith(("unresolved", "not_in_schema")))
        return out


def assembled(edges: list[ColumnEdge], statements: list[Statement], problems: list[Problem]) -> Trace:
    """The trace of a script from what its statements yielded."""
    sources = dict.fromkeys(name for statement in statements for name in statement.sources)
    targets = dict.fromkeys(name for statement in statements for name in statement.targets if name != QUERY)
    return Trace(tuple(edges), tuple(statements), tuple(problems), tuple(sources), tuple(targets))
