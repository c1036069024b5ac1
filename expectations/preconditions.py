"""Before a rule runs: is it in force, is the evidence it requires there, is there anything it could be about?

A register that was never connected is one ``unknown`` for the rule, never a violation per table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datagov.expectations.pack import Rule, Words
from datagov.expectations.phrases import EMPTY, EVIDENCE, NOT_CONNECTED, NOT_IN_FORCE
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
        return Settled(Outcome.NOT_APPLICABLE, EMPTY, PLATFORM, {})
    _, file, line = evidence.get(missing[0], (False, None, None))
    arguments = {
        "titles": "; ".join(EVIDENCE[kind][0] for kind in missing),
        "titles_zh": "、".join(EVIDENCE[kind][1] for kind in missing),
        "subjects": subjects,
    }
    values = {"needs": missing[0], "arguments": arguments, "file": file, "line": line}
    return Settled(Outcome.UNKNOWN, NOT_CONNECTED, missing[0], values)


def _subjects(rule: Rule, connection: sqlite3.Connection) -> int:
    """How many verdicts the missing evidence would settle: the population, else the datasets with personal data."""
    try:
        judged = connection.execute(f"SELECT count(*) FROM ({rule.population})").fetchone()[0]
    except sqlite3.Error:
        judged = 0
    personal = connection.execute("SELECT count(*) FROM asset WHERE personal AND role = 'data'").fetchone()[0]
    return int(judged or personal)
