"""The checker of rules: answers what the declarations already settle, and has the rest evaluated.

Great Expectations takes seconds to import. It is imported beside the harvest, and a night in which nothing is to be
evaluated (an empty platform, no register connected) does not wait for it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datagov.contracts import CheckRequest, FactBatches
from datagov.expectations import pack, preconditions, verdicts
from datagov.expectations.evidence_db import open_for_rules
from datagov.expectations.pack import Rule
from datagov.fact_writer import FactWriter

if TYPE_CHECKING:
    from datagov.expectations._gx import Session


class GxChecker:
    """The checker of rules (:class:`datagov.contracts.Checker`)."""

    def warm(self) -> None:
        """Begin to import Great Expectations, and return: a check that needs it waits, one that does not goes on."""
        threading.Thread(target=_session, name="datagov-warm", daemon=True).start()

    def check(self, request: CheckRequest) -> FactBatches:
        """``rule``, ``evaluation``, ``result``, ``consent_coverage`` and ``problem`` facts for every requested rule."""
        facts = FactWriter(source_id=0, start=request.start)
        with open_for_rules(request.facts, as_of=request.as_of) as connection:
            pending = list(_pending(facts, request, connection))
            if pending:
                _evaluate(facts, pending, request, connection)
        yield from facts.batches()


def _session() -> Session:
    """A new Great Expectations context. The import takes seconds, so it begins only here."""
    from datagov.expectations import _gx

    return _gx.Session()


def _evaluate(
    facts: FactWriter, pending: Sequence[Rule], request: CheckRequest, connection: sqlite3.Connection
) -> None:
    from datagov.expectations import consent_checks

    session = _session()
    data_rules = [rule for rule in pending if rule.kind == "consent"]
    consent_checks.run(facts, data_rules, connection=connection, sources=request.sources, session=session)
    night = session.source("facts", "sqlite://", lambda: connection)
    sources = dict(connection.execute("SELECT dataset_id, source_id FROM dataset"))
    for rule in pending:
        if rule.kind == "facts":
            _check_facts(facts, rule, connection, session=session, night=night, sources=sources)


def _pending(facts: FactWriter, request: CheckRequest, connection: sqlite3.Connection) -> Iterator[Rule]:
    """The rules that must be run; the others are answered here."""
    rules = pack.load_rules(request.packs, base=request.base)
    for fault in rules.faults:
        if fault.file and Path(fault.file).stem not in request.rules:
            continue
        verdicts.report(facts, fault.file or "rules", str(fault), file=fault.file, line=fault.line)
    for name in request.rules:
        loaded = rules.get(name)
        if loaded is None:
            verdicts.report(facts, name, f"The rule {name} could not be loaded.")
            continue
        verdicts.describe(facts, loaded)
        try:
            answer = preconditions.settled(loaded.rule, connection, as_of=request.as_of)
        except sqlite3.Error as error:
            verdicts.broke(facts, loaded.rule, f"SQLite says: {error}.")
            continue
        if answer is None:
            yield loaded.rule
        else:
            verdicts.record_one(
                facts, loaded.rule, answer.outcome, answer.text, subject=answer.subject, **answer.values
            )


def _check_facts(
    facts: FactWriter,
    rule: Rule,
    connection: sqlite3.Connection,
    *,
    session: Session,
    night: Any,
    sources: Mapping[int, int],
) -> None:
    try:
        judgement = session.facts_rule(night, rule)
        if not judgement.population and not judgement.rows:
            answer = preconditions.empty(rule, connection)
            verdicts.record_one(facts, rule, answer.outcome, answer.text, subject=answer.subject, **answer.values)
        else:
            verdicts.record(facts, rule, judgement.placed(sources))
    except verdicts.BrokenRuleError as error:
        verdicts.broke(facts, rule, str(error))
