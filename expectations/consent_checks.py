"""Consent rules: which datasets rest on consent, what can be asked of them, and what the counted verdicts mean.

One scan per dataset and purpose serves every consent rule. Where data and ledger are in one source the query runs
there; otherwise hashed keys and times meet in memory (:mod:`datagov.consent.meeting`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from datagov import plugins
from datagov.consent.meeting import Meeting
from datagov.consent.model import Coverage, Ledger, NoticeVersion
from datagov.consent.purposes import covering
from datagov.consent.query import left_out, table_named
from datagov.contracts import Pushdown, Source
from datagov.errors import DatagovError, SourceError, SourceLimitError
from datagov.expectations import preconditions, verdicts
from datagov.expectations.pack import Rule
from datagov.expectations.phrases import CONSENT, EMPTY
from datagov.expectations.verdicts import BrokenRuleError, Judgement
from datagov.facts import FactWriter
from datagov.model import Outcome


class Session(Protocol):
    """What runs the expectation (see ``_gx.Session``)."""

    def source(self, name: str, url: str, creator: Callable[[], Any]) -> Any:
        """A data source for a database."""
        ...

    def consent_verdicts(
        self, source: Any, *, schema: str | None, table: str, coverage: str, rules: Mapping[str, Sequence[str]]
    ) -> dict[str, int]:
        """Rows of a table by consent verdict."""
        ...


@dataclass(frozen=True, slots=True)
class Subject:
    """A dataset and a purpose that rest on consent, as ``consent_based`` gives them."""

    dataset_id: int
    source_id: int
    subject: str
    purpose: str | None
    subject_key: str | None
    processed_at: str | None
    controller: str | None
    file: str | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one subject: rows by verdict, or why not."""

    counts: Mapping[str, int] | None = None
    message: str | None = None
    """Key of the message of an unknown, when there are no counts."""
    needs: str | None = None
    why: str = ""
    broken: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """The registers consent rules look things up in."""

    columns: Mapping[int, frozenset[str]]
    """dataset_id to its column names in lower case."""
    names: Mapping[int, str]
    """dataset_id to its name."""
    parents: Mapping[str, str | None]
    notices: Sequence[Mapping[str, Any]]
    ledgers: Sequence[Mapping[str, Any]]

    def versions(self, purposes: Sequence[str], controller: str | None) -> list[NoticeVersion]:
        """Versions of the notices for any of the purposes that the controller, or nobody in particular, gave."""
        return [
            NoticeVersion(
                row["version"], row["effective_from"], None if row["material"] is None else bool(row["material"])
            )
            for row in self.notices
            if row["purpose"] in purposes
            and row["controller"] in (None, controller if controller else row["controller"])
        ]


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
    places = _Places(facts, sources, register, session)
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
            verdicts.record_one(facts, rule, Outcome.NOT_APPLICABLE, EMPTY, subject=preconditions.PLATFORM)
            continue
        rows = [_row(rule, subject, answer, register, subject.dataset_id in several) for subject, answer in answers]
        population: dict[int | None, int] = {}
        for subject in subjects:
            population[subject.source_id] = population.get(subject.source_id, 0) + 1
        try:
            verdicts.record(facts, rule, Judgement(population, [row for row in rows if row]))
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
    return Register(
        columns={dataset_id: frozenset(names) for dataset_id, names in columns.items()},
        names=dict(connection.execute("SELECT dataset_id, name FROM dataset")),
        parents=dict(connection.execute("SELECT purpose, parent FROM purpose")),
        notices=list(_dicts(connection, "SELECT * FROM notice")),
        ledgers=list(
            _dicts(connection, "SELECT * FROM consent_ledger WHERE dataset_id IS NOT NULL ORDER BY ledger_id")
        ),
    )


def _dicts(connection: sqlite3.Connection, sql: str) -> Iterator[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _answer(subject: Subject, register: Register, places: _Places, rules: Sequence[Rule]) -> Answer:
    """Ask the source, unless something needed for the question is missing."""
    if subject.purpose is None:
        return Answer(message="no_purpose", needs="processing")
    for needed, column in (("subject_key", subject.subject_key), ("processed_at", subject.processed_at)):
        if column is None:
            return Answer(message=f"no_{needed}", needs=needed)
        if column.lower() not in register.columns.get(subject.dataset_id, frozenset()):
            return Answer(message=f"wrong_{needed}", needs=needed, why=column)
    if not register.ledgers:
        return Answer(message="no_ledger", needs="consent")
    failing = {rule.id: sorted(rule.verdicts or ()) for rule in rules}
    try:
        return Answer(counts=places.ask(subject, failing))
    except SourceLimitError as error:
        return Answer(message="too_many", why=str(error))
    except DatagovError as error:
        return Answer(message="unreachable", why=str(error), broken=True)
    except BrokenRuleError as error:
        return Answer(
            message="unreachable", why=f"The rows of {subject.subject} could not be judged. {error}", broken=True
        )


class _Places:
    """Where questions are asked: each source's own engine, or a meeting in memory; opened once, when first needed."""

    def __init__(self, facts: FactWriter, sources: Sequence[Source], register: Register, session: Session) -> None:
        self._facts = facts
        self._sources = {source.source_id: source for source in sources}
        self._register = register
        self._session = session
        self._pushdowns: dict[int, Pushdown] = {}
        self._engines: dict[int, sa.Engine] = {}
        self._batches: dict[int, Any] = {}
        self._meeting: Meeting | None = None
        self._checked: set[int] = set()

    def ask(self, subject: Subject, failing: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Rows by verdict. Raises DatagovError or BrokenRuleError with a sentence."""
        pushdown = self._pushdown(subject.source_id)
        schema, table = pushdown.table(subject.subject)
        coverage = self._coverage(subject)
        own = [ledger for ledger in self._register.ledgers if ledger["source_id"] == subject.source_id]
        for ledger in self._register.ledgers:
            self._check(ledger)
        if len(own) == len(self._register.ledgers) == 1:
            batch = self._batch(subject.source_id)
            return self._session.consent_verdicts(
                batch, schema=schema, table=table, coverage=coverage.to_json(), rules=failing
            )
        meeting = self._met()
        data = table_named(schema, table)
        met, question = self._sql(meeting.bring_rows, self._engine(subject.source_id), data, coverage)
        try:
            return self._session.consent_verdicts(
                self._batches[0], schema=None, table=met, coverage=question.to_json(), rules=failing
            )
        finally:
            meeting.forget(met)

    def end(self) -> None:
        """Close what was opened."""
        for engine in self._engines.values():
            engine.dispose()
        if self._meeting is not None:
            self._meeting.end()

    def _coverage(self, subject: Subject) -> Coverage:
        purposes = covering(subject.purpose or "", self._register.parents)
        return Coverage(
            subject_key=subject.subject_key or "",
            processed_at=subject.processed_at or "",
            ledger=self._ledger(self._register.ledgers[0]),
            purposes=purposes,
            controller=subject.controller,
            notices=self._register.versions(purposes, subject.controller),
        )

    def _ledger(self, row: Mapping[str, Any]) -> Ledger:
        mapping = json.loads(row["mapping"])
        schema, table = self._pushdown(row["source_id"]).table(self._register.names[row["dataset_id"]])
        return Ledger(schema, table, mapping["columns"], mapping["given"], mapping["withdrawn"])

    def _check(self, row: Mapping[str, Any]) -> None:
        """Once per ledger: its columns must exist, and events that cannot be read are reported."""
        if row["ledger_id"] in self._checked:
            return
        name = self._register.names[row["dataset_id"]]
        known = self._register.columns.get(row["dataset_id"], frozenset())
        for field, column in sorted(json.loads(row["mapping"])["columns"].items()):
            if column.lower() not in known:
                raise SourceError(
                    f"The consent ledger {name} has no column {column!r}, to which {row['file']}:{row['line']} maps {field!r}."
                )
        undated, unlisted = self._sql(_first_row, self._engine(row["source_id"]), left_out(self._ledger(row)))
        self._checked.add(row["ledger_id"])
        if undated:
            self._left_out(row, f"{undated} events of the consent ledger {name} have no readable time", fatal=True)
        if unlisted:
            self._left_out(
                row,
                f"{unlisted} entries of the consent ledger {name} have a state that is listed neither as given nor as withdrawn",
                fatal=False,
            )

    def _left_out(self, row: Mapping[str, Any], what: str, *, fatal: bool) -> None:
        self._facts.add(
            "problem",
            stage="check",
            source_id=row["source_id"],
            object=self._register.names[row["dataset_id"]],
            kind="unreadable",
            message=f"{what}; they were left out.",
            fatal=fatal,
            file=row["file"],
            line=row["line"],
        )

    def _pushdown(self, source_id: int) -> Pushdown:
        if source_id not in self._pushdowns:
            source = self._sources.get(source_id)
            if source is None:
                raise SourceError("A dataset that rests on consent belongs to no configured source.")
            connector = plugins.load("datagov.connectors", source.plugin)(source)
            found = connector.pushdown()
            if found is None:
                raise SourceError(f"Source {source.name!r} cannot compute inside itself, so its rows cannot be judged.")
            self._pushdowns[source_id] = found
        return self._pushdowns[source_id]

    def _engine(self, source_id: int) -> sa.Engine:
        if source_id not in self._engines:
            pushdown = self._pushdown(source_id)
            self._engines[source_id] = sa.create_engine(pushdown.url, creator=pushdown.creator)
        return self._engines[source_id]

    def _batch(self, source_id: int) -> Any:
        if source_id not in self._batches:
            pushdown = self._pushdown(source_id)
            self._batches[source_id] = self._session.source(f"source-{source_id}", pushdown.url, pushdown.creator)
        return self._batches[source_id]

    def _met(self) -> Meeting:
        if self._meeting is None:
            meeting = Meeting()
            for row in self._register.ledgers:
                self._sql(meeting.bring_ledger, self._engine(row["source_id"]), self._ledger(row))
            self._meeting = meeting
            self._batches[0] = self._session.source("meeting", "sqlite://", lambda: meeting.connection)
        return self._meeting

    @staticmethod
    def _sql(step: Callable[..., Any], *arguments: Any) -> Any:
        """Run a step that talks to a source; what its driver says may hold values and is not repeated."""
        try:
            return step(*arguments)
        except sa.exc.SQLAlchemyError as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            raise SourceError(f"A source refused a query of the consent check ({kind}).") from None


def _first_row(engine: sa.Engine, query: sa.Select[Any]) -> Sequence[Any]:
    with engine.connect() as connection:
        return tuple(connection.execute(query).one())


def _row(rule: Rule, subject: Subject, answer: Answer, register: Register, several: bool) -> dict[str, Any] | None:
    """The rule's non-pass row for a subject; None when it passes."""
    row: dict[str, Any] = {
        "subject": f"{subject.subject} ({subject.purpose})" if several else subject.subject,
        "dataset": subject.subject,
        "source_id": subject.source_id,
        "dataset_id": subject.dataset_id,
        "purpose": subject.purpose,
        "needs": answer.needs,
        "why": answer.why,
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
