"""Before a rule runs: is it in force, is the evidence it requires there, is there anything it could be about?

A register that was never connected is one ``unknown`` for the rule, never a violation per table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datagov.expectations.pack import Rule, Words
from datagov.expectations.phrases import EMPTY, EVIDENCE, GAPS, NOT_CONNECTED, NOT_IN_FORCE, NOT_SEEN
from datagov.model import Outcome

PLATFORM = "platform"
"""Subject of an answer about the platform as a whole."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A rule that is answered without running it."""

    outcome: Outcome
    text: Words
    subject: str
    values: Mapping[str, Any]


def settled(rule: Rule, connection: sqlite3.Connection, *, as_of: str) -> Settled | None:
    """The one answer for the whole platform when the rule cannot or need not run; None when it has to."""
    if as_of[:10] < rule.in_force:
        return Settled(Outcome.NOT_APPLICABLE, NOT_IN_FORCE, PLATFORM, {"arguments": {"in_force": rule.in_force}})
    evidence = {
        kind: (connected, file, line)
        for kind, connected, file, line in connection.execute("SELECT kind, connected, file, line FROM evidence")
    }
    missing = [kind for kind in rule.requires if not evidence.get(kind, (False,))[0]]
    if not missing:
        return None
    subjects = _subjects(rule, connection)
    if subjects == 0:
        return empty(rule, connection)
    _, file, line = evidence.get(missing[0], (False, None, None))
    arguments = {
        "titles": "; ".join(EVIDENCE[kind][0] for kind in missing),
        "titles_zh": "、".join(EVIDENCE[kind][1] for kind in missing),
        "subjects": subjects,
    }
    values = {"needs": missing[0], "arguments": arguments, "file": file, "line": line}
    return Settled(Outcome.UNKNOWN, NOT_CONNECTED, missing[0], values)


def empty(rule: Rule, connection: sqlite3.Connection) -> Settled:
    """The answer when a rule has no subject: not applicable when everything was read, else unknown."""
    gaps = [kind for kind, sql in _GAPS.items() if _concerns(kind, rule) and connection.execute(sql).fetchone()[0]]
    if not gaps:
        return Settled(Outcome.NOT_APPLICABLE, EMPTY, PLATFORM, {})
    needs = "source" if gaps[0] == "data" else gaps[0]
    if needs == "declarations":
        needs = next(kind for kind in rule.requires if kind in _DECLARED)
    arguments = {
        "titles": "; ".join(GAPS[kind][0] for kind in gaps),
        "titles_zh": "、".join(GAPS[kind][1] for kind in gaps),
    }
    return Settled(Outcome.UNKNOWN, NOT_SEEN, PLATFORM, {"needs": needs, "arguments": arguments})


_DECLARED = ("owners", "processing")

_GAPS: Mapping[str, str] = {
    "data": "SELECT NOT EXISTS (SELECT 1 FROM source WHERE role = 'data')"
    " OR EXISTS (SELECT 1 FROM source WHERE role = 'data' AND outcome <> 'read')",
    "content": "SELECT EXISTS (SELECT 1 FROM examination WHERE outcome = 'unreadable')"
    " OR EXISTS (SELECT 1 FROM problem WHERE stage = 'detect' AND fatal)",
    "lineage": "SELECT EXISTS (SELECT 1 FROM source WHERE role = 'pipeline' AND outcome <> 'read')"
    " OR EXISTS (SELECT 1 FROM statement WHERE outcome IN ('opaque', 'failed'))"
    " OR EXISTS (SELECT 1 FROM problem WHERE stage = 'trace' AND (fatal OR kind = 'opaque'))",
    "declarations": "SELECT EXISTS (SELECT 1 FROM source WHERE role = 'declarations' AND outcome <> 'read')"
    " OR EXISTS (SELECT 1 FROM problem AS p LEFT JOIN source AS s ON s.source_id = p.source_id"
    " WHERE p.fatal AND (p.stage = 'declare' OR s.role = 'declarations'))",
}
"""What may hide the subjects of a rule, with a query that says whether it may."""


def _concerns(gap: str, rule: Rule) -> bool:
    """Whether a rule's subjects may hide in what was not seen: a consent rule finds its own by declaration alone."""
    match gap:
        case "lineage":
            return "lineage" in rule.requires
        case "content":
            return rule.kind == "facts"
        case "declarations":
            return not set(_DECLARED).isdisjoint(rule.requires)
        case _:
            return True


def _subjects(rule: Rule, connection: sqlite3.Connection) -> int:
    """How many verdicts the missing evidence would settle: the population, else the datasets with personal data."""
    try:
        judged = connection.execute(f"SELECT count(*) FROM ({rule.population})").fetchone()[0]
    except sqlite3.Error:
        judged = 0
    personal = connection.execute("SELECT count(*) FROM asset WHERE personal AND role = 'data'").fetchone()[0]
    return int(judged or personal)
