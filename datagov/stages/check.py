"""Check: the check worker evaluates the rules. It imports Great Expectations while the harvest runs."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import UTC, datetime

from datagov import plugins
from datagov.contracts import CheckRequest
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.night import Night

CHECKER = "great_expectations"


def warm() -> bytes:
    """Worker: import the checker's libraries, so that they are there when the facts are."""
    plugins.load("datagov.checkers", CHECKER)().warm()
    return b""


def check(request: CheckRequest) -> bytes:
    """Worker: evaluate the requested rules over facts and data."""
    checker = plugins.load("datagov.checkers", CHECKER)()
    return wire.pack(checker.check(request))


def begin(engine: LocalEngine) -> Future[bytes]:
    """Start warming the check worker."""
    return engine.start(Task("warm", warm, ()))


def run(night: Night, checks: LocalEngine, rules: list[str]) -> None:
    """Land ``rule``, ``evaluation``, ``result`` and ``consent_coverage``; every declared rule is accounted for."""
    night.store.commit()
    request = CheckRequest(
        facts=night.store.path,
        as_of=night.as_of,
        rules=tuple(rules),
        sources=night.config.sources,
        seed=night.seed,
        packs=tuple(night.config.model.rules.packs),
        base=night.config.base,
    )
    result = checks.result(checks.start(Task("check", check, (request,))))
    if isinstance(result, Lost):
        night.problem(
            stage="check",
            object="rules",
            kind=result.kind,
            message=f"The rules were not evaluated. {result.reason}",
        )
    else:
        night.store.land(wire.unpack(result))
    for missing in sorted(set(rules) - {row["rule"] for row in night.store.query("SELECT rule FROM evaluation")}):
        night.problem(
            stage="check",
            object=missing,
            kind="not_evaluated",
            message=f"Rule {missing} has no result; nothing is known about it.",
        )
    night.store.commit()
    night.progress("check", 1, 1)


def now() -> str:
    """The default ``as_of``: the start of the run, in whole seconds. The only place that reads a clock."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
