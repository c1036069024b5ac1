"""Consent rules: which datasets rest on consent, what can be asked of them, and what the counted verdicts mean.

One scan per dataset and purpose serves every consent rule. Where data and ledger are in one source the query runs
there; otherwise hashed keys and times meet in memory (:mod:`datagov.consent.meeting`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.consent.purposes import covering
from datagov.contracts import Source
from datagov.errors import DatagovError, SourceLimitError
from datagov.expectations import preconditions, verdicts
from datagov.expectations.consent_places import Places, Register, Session, Subject
from datagov.expectations.pack import Rule
from datagov.expectations.phrases import CONSENT
from datagov.expectations.verdicts import BrokenRuleError, Judgement
from datagov.fact_writer import FactWriter
from datagov.model import Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one subject: rows by verdict, or why not."""

    counts: Mapping[str, int] | None = None
    message: str | None = None
    """Key of the message of an unknown, when there are no counts."""
    needs: str | None = None
    why: str = ""
    broken: bool = False


def run(
    facts: FactWriter,
    rules: Sequence[Rule],
    *,
    connection: sqlite3.Connection,
    sources: Sequence[Source],
    session: Session,
) -> None:
    """Write coverage, evaluations and results of every consent rule."""
    if not rules:
        return
    register = _register(connection)
    subjects = _subjects(connection, rules[0])
    places = Places(facts, sources, register, session)
    answers = [(subject, _answer(subject, register, places, rules)) for subject in subjects]
    places.end()
    for subject, answer in answers:
        for verdict, rows in sorted((answer.counts or {}).items()):
            facts.add(
                "consent_coverage", dataset_id=subject.dataset_id, purpose=subject.purpose, verdict=verdict, rows=rows
            )
        if answer.broken:
            verdicts.report(facts, subject.subject, answer.why, source_id=subject.source_id)
    several = {s.dataset_id for s in subjects if sum(t.dataset_id == s.dataset_id for t in subjects) > 1}
    for rule in rules:
        if not answers:
            nothing = preconditions.empty(rule, connection)
            verdicts.record_one(facts, rule, nothing.outcome, nothing.text, subject=nothing.subject, **nothing.values)
            continue
        found = [_row(rule, subject, answer, register, subject.dataset_id in several) for subject, answer in answers]
        population: dict[int | None, int] = {}
        for subject in subjects:
            population[subject.source_id] = population.get(subject.source_id, 0) + 1
        try:
            verdicts.record(facts, rule, Judgement(population, [row for row in found if row]))
        except BrokenRuleError as error:
            verdicts.broke(facts, rule, str(error))


def _subjects(connection: sqlite3.Connection, rule: Rule) -> list[Subject]:
    fields = ", ".join(Subject.__slots__)
    found = connection.execute(f"SELECT {fields} FROM ({rule.population}) ORDER BY dataset_id, purpose")
    return [Subject(*row) for row in found]


def _register(connection: sqlite3.Connection) -> Register:
    columns: dict[int, set[str]] = {}
    for dataset_id, name in connection.execute('SELECT dataset_id, name FROM "column" WHERE field_path IS NULL'):
        columns.setdefault(dataset_id, set()).add(name.lower())
    parents = dict(connection.execute("SELECT purpose, parent FROM purpose"))
    named = [*parents, *(row[0] for row in connection.execute("SELECT value FROM declared WHERE key = 'purpose'"))]
    return Register(
        columns={dataset_id: frozenset(names) for dataset_id, names in columns.items()},
        names=dict(connection.execute("SELECT dataset_id, name FROM dataset")),
        parents=parents,
        notices=list(_dicts(connection, "SELECT * FROM notice")),
        ledgers=list(
            _dicts(connection, "SELECT * FROM consent_ledger WHERE dataset_id IS NOT NULL ORDER BY ledger_id")
        ),
        purposes=frozenset(wider.lower() for purpose in named for wider in covering(purpose, parents)),
    )


def _dicts(connection: sqlite3.Connection, sql: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _answer(subject: Subject, register: Register, places: Places, rules: Sequence[Rule]) -> Answer:
    """Ask the source, unless something needed for the question is missing."""
    if subject.purpose is None:
        return Answer(message="no_purpose", needs="processing")
    for needed, column in (("subject_key", subject.subject_key), ("processed_at", subject.processed_at)):
        if column is None and needed == "subject_key" and subject.pointing:
            return Answer(message="pointing_subject_key", needs=needed, why=subject.pointing)
        if column is None:
            return Answer(message=f"no_{needed}", needs=needed)
        if column.lower() not in register.columns.get(subject.dataset_id, frozenset()):
            return Answer(message=f"wrong_{needed}", needs=needed, why=column)
    if not register.ledgers:
        return Answer(message="no_ledger", needs="consent")
    if closed := places.closed(subject):
        return Answer(message="closed", needs="access", why=closed)
    failing = {rule.id: sorted(rule.verdicts or ()) for rule in rules}
    try:
        if subject.controller is None and places.names_controllers():
            return Answer(message="no_controller", needs="controller")
        return Answer(counts=places.ask(subject, failing))
    except SourceLimitError as error:
        return Answer(message="too_many", why=str(error))
    except DatagovError as error:
        return Answer(message="unreachable", why=str(error), broken=True)
    except BrokenRuleError as error:
        return Answer(
            message="unreachable", why=f"The rows of {subject.subject} could not be judged. {error}", broken=True
        )


def _row(rule: Rule, subject: Subject, answer: Answer, register: Register, several: bool) -> dict[str, Any] | None:
    """The rule's non-pass row for a subject; None when it passes."""
    row: dict[str, Any] = {
        "subject": f"{subject.subject} ({subject.purpose})" if several else subject.subject,
        "dataset": subject.subject,
        "source_id": subject.source_id,
        "dataset_id": subject.dataset_id,
        "purpose": subject.purpose,
        "needs": answer.needs,
        "why": answer.why or None,
        "file": subject.file,
        "line": subject.line,
    }
    if answer.counts is None:
        return row | {"outcome": (Outcome.ERROR if answer.broken else Outcome.UNKNOWN).value, "message": answer.message}
    rows = sum(answer.counts.values())
    if rows == 0:
        return row | {"outcome": Outcome.NOT_APPLICABLE.value, "message": "no_rows"}
    purposes = covering(subject.purpose or "", register.parents)
    if "notices" in rule.requires and not register.versions(purposes, subject.controller):
        return row | {"outcome": Outcome.UNKNOWN.value, "message": "no_notice", "needs": "notices"}
    return _counted(rule, row, answer.counts, rows)


def _counted(rule: Rule, row: dict[str, Any], counts: Mapping[str, int], rows: int) -> dict[str, Any] | None:
    """The outcome that the counted verdicts give, with the message for the only verdict at fault, or for several."""
    meant = rule.verdicts or {}
    for outcome in (Outcome.FAIL, Outcome.UNKNOWN):
        at_fault = {verdict: n for verdict, n in counts.items() if n and meant.get(verdict) == outcome}
        if not at_fault:
            continue
        only = next(iter(at_fault)) if len(at_fault) == 1 else None
        total = sum(at_fault.values())
        shares = {f"{verdict}_share": _share(counts.get(verdict, 0), rows) for verdict in meant}
        return row | {
            "outcome": outcome.value,
            "message": only if only in rule.message or only in CONSENT else outcome.value,
            "rows": rows,
            "at_fault": total,
            "share": _share(total, rows),
            **{verdict: counts.get(verdict, 0) for verdict in meant},
            **shares,
        }
    return None


def _share(part: int, whole: int) -> str:
    """A percentage with one decimal, and never 0.0 % or 100.0 % unless it is exactly that.

    >>> _share(0, 7), _share(1, 100000), _share(99999, 100000), _share(1, 8)
    ('0 %', '< 0.1 %', '> 99.9 %', '12.5 %')
    """
    if part in (0, whole):
        return "100 %" if part else "0 %"
    percent = 100 * part / whole
    if percent < 0.1:
        return "< 0.1 %"
    return "> 99.9 %" if percent > 99.9 else f"{percent:.1f} %"
