"""Events of a Spark application: who ran it, and what each of its SQL executions read and wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from datagov.connectors._dialect_words import begins_sql
from datagov.connectors._spark_plan import Plan

_WANTED = (b"SparkListenerSQLExecutionStart", b"SparkListenerSQLExecutionEnd", b"SparkListenerApplicationStart")


@dataclass(slots=True, eq=False)
class Execution:
    """One SQL execution with those that it started: its SQL where the log has it, its plan, its time (UTC), its place.

    ``kind`` is the method that ran it (``saveAsTable``); a text of a person's own is not taken.
    """

    number: int
    at: str | None
    place: tuple[str, int]
    kind: str
    sql: str | None
    plan: Plan = field(default_factory=Plan)
    failed: bool = False


@dataclass(slots=True, eq=False)
class Application:
    """What the log of an application says; ``unread`` are lines that are no event."""

    name: str | None = None
    user: str | None = None
    begun: bool = False
    executions: dict[int, Execution] = field(default_factory=dict)
    unread: list[tuple[str, int]] = field(default_factory=list)
    _roots: dict[int, int] = field(default_factory=dict)

    def take(self, line: bytes, place: tuple[str, int]) -> None:
        """Take up one line of the log, of which most are about nothing that is wanted here."""
        if not line.strip():
            return
        if not line.lstrip().startswith(b'{"Event":'):
            self.unread.append(place)
            return
        self.begun = True
        if not any(name in line[:200] for name in _WANTED):
            return
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            self.unread.append(place)
            return
        kind = str(event.get("Event")).rpartition(".")[2]
        if kind == "SparkListenerApplicationStart":
            self.name, self.user = _text(event, "App Name"), _text(event, "User")
        elif kind == "SparkListenerSQLExecutionStart":
            self._start(event, place)
        elif kind == "SparkListenerSQLExecutionEnd" and event.get("errorMessage"):
            number = self._roots.get(event.get("executionId"), -1)
            if number in self.executions:
                self.executions[number].failed = True

    def done(self) -> Iterator[Execution]:
        """Executions that did not fail, in their order."""
        yield from (one for one in self.executions.values() if not one.failed)

    def _start(self, event: Mapping[str, Any], place: tuple[str, int]) -> None:
        number = event.get("executionId")
        if not isinstance(number, int):
            self.unread.append(place)
            return
        root = event.get("rootExecutionId")
        root = root if isinstance(root, int) and root in self.executions else number
        self._roots[number] = root
        if root not in self.executions:
            described = _text(event, "sqlText") or _text(event, "description") or ""
            sql = described if begins_sql(described) else None
            kind = described.partition(" at ")[0]
            self.executions[root] = Execution(
                root, _time(event.get("time")), place, kind if kind.isidentifier() else "query", sql
            )
        self.executions[root].plan.add(_text(event, "physicalPlanDescription") or "")


def _time(value: Any) -> str | None:
    """Milliseconds since 1970 as UTC ISO 8601."""
    try:
        return datetime.fromtimestamp(value / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _text(event: Mapping[str, Any], key: str) -> str | None:
    value = event.get(key)
    if not isinstance(value, str) or not value.strip():
        return None
    return value.encode("utf-8", "replace").decode()
