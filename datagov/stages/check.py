"""Check: the check worker evaluates the rules. It imports Great Expectations while the harvest runs."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from importlib.resources import as_file

from datagov import plugins, rulepacks, yamlfile
from datagov.contracts import CheckRequest
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.errors import ConfigError
from datagov.night import Night

CHECKER = "great_expectations"

_IDS_PER_REQUEST = 2**28
"""Far more results than one request can have."""


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
    """Land ``rule``, ``evaluation``, ``result`` and ``consent_coverage``; every declared rule is accounted for.

    Rules over facts and rules over rows are asked for apart, each within the deadline: a ledger that takes too long
    loses no verdict on ownership.
    """
    night.store.commit()
    groups = _groups(night, rules)
    for n, group in enumerate(groups):
        request = CheckRequest(
            facts=night.store.path,
            as_of=night.as_of,
            rules=tuple(group),
            sources=night.config.sources,
            seed=night.seed,
            packs=tuple(night.config.model.rules.packs),
            base=night.config.base,
            start=n * _IDS_PER_REQUEST,
        )
        result = checks.result(checks.start(Task("check", check, (request,))))
        if isinstance(result, Lost):
            night.problem(
                stage="check",
                object=", ".join(group),
                kind=result.kind,
                message=f"The rules {', '.join(group)} were not evaluated. {result.reason}",
            )
        else:
            night.store.land(wire.unpack(result))
        night.store.commit()
        night.progress("check", n + 1, len(groups))
    for missing in sorted(set(rules) - {row["rule"] for row in night.store.query("SELECT rule FROM evaluation")}):
        night.problem(
            stage="check",
            object=missing,
            kind="not_evaluated",
            message=f"Rule {missing} has no result; nothing is known about it.",
        )
    night.store.commit()


def _groups(night: Night, rules: list[str]) -> list[list[str]]:
    """The rules by kind, those over facts first; a rule file that cannot be read goes with them and is reported."""
    rows: set[str] = set()
    for rule, entry in rulepacks.rule_files(night.config.model.rules.packs, base=night.config.base).items():
        with as_file(entry) as path, suppress(ConfigError):
            document = yamlfile.load(path).value
            if isinstance(document, dict) and document.get("kind") != "facts":
                rows.add(rule)
    split = [[rule for rule in rules if rule not in rows], [rule for rule in rules if rule in rows]]
    return [group for group in split if group]


def now() -> str:
    """The default ``as_of``: the start of the run, in whole seconds. The only place that reads a clock."""
    return datetime.now(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
