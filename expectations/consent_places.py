"""Where consent questions are asked: inside each source, or in memory when rows and ledger live apart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from datagov import plugins
from datagov.consent.meeting import Meeting
from datagov.consent.model import EVERYTHING, Coverage, Ledger, NoticeVersion, Verdict
from datagov.consent.purposes import covering
from datagov.consent.query import events_by_purpose, left_out, table_named, unreadable_times
from datagov.contracts import Pushdown, Source
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter
from datagov.plural import counted


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
    pointing: str | None
    """Columns with a foreign key to the subject key of another table, each with that key in parentheses."""
    file: str | None
    line: int | None


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
    purposes: frozenset[str]
    """Purposes of the register or of a declaration, and every wider one, in lower case."""

    def knows(self, purpose: str) -> bool:
        """Whether a ledger's purpose, in lower case, is one of them, lies within one, or stands for every purpose."""
        wider = covering(purpose, {})
        return purpose in EVERYTHING or not self.purposes.isdisjoint(wider)

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


class Places:
    """Each source's own engine, or a meeting in memory; opened once, when first needed."""

    def __init__(self, facts: FactWriter, sources: Sequence[Source], register: Register, session: Session) -> None:
        self._facts = facts
        self._sources = {source.source_id: source for source in sources}
        self._register = register
        self._session = session
        self._pushdowns: dict[int, Pushdown] = {}
        self._engines: dict[int, sa.Engine] = {}
        self._batches: dict[int, Any] = {}
        self._meeting: Meeting | None = None
        self._naming: dict[int, bool] = {}

    def names_controllers(self) -> bool:
        """Whether any ledger says to whom consent was given. Raises DatagovError when one cannot be read."""
        for ledger in self._register.ledgers:
            self._check(ledger)
        return any(self._naming.values())

    def closed(self, subject: Subject) -> str | None:
        """Name of the first source, of the rows or of a ledger, in which nothing may be counted; None when all may."""
        needed = (subject.source_id, *(ledger["source_id"] for ledger in self._register.ledgers))
        sources = (self._sources[source_id] for source_id in needed if source_id in self._sources)
        return next((source.name for source in sources if not source.counts), None)

    def ask(self, subject: Subject, failing: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Rows by verdict; times that cannot be read are reported. Raises DatagovError or BrokenRuleError."""
        counts = self._ask(subject, failing)
        if counts.get(Verdict.UNDATED):
            schema, table = self._pushdown(subject.source_id).table(subject.subject)
            query = unreadable_times(self._coverage(subject), table_named(schema, table))
            (unreadable,) = self._sql(_first_row, self._engine(subject.source_id), query)
            if unreadable:
                self._problem(
                    f"{subject.subject} has {counted(unreadable, 'row')} with a processing time that cannot be read; "
                    "write it as ISO 8601, such as 2025-01-31T08:00:00Z.",
                    object=subject.subject,
                    row={"source_id": subject.source_id, "file": subject.file, "line": subject.line},
                )
        return counts

    def _ask(self, subject: Subject, failing: Mapping[str, Sequence[str]]) -> dict[str, int]:
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
        return Ledger(
            schema, table, mapping["columns"], mapping["given"], mapping["withdrawn"], mapping.get("ignored", ())
        )

    def _check(self, row: Mapping[str, Any]) -> None:
        """Once per ledger: its columns must exist, and events that cannot be understood are reported."""
        if row["ledger_id"] in self._naming:
            return
        name = self._register.names[row["dataset_id"]]
        known = self._register.columns.get(row["dataset_id"], frozenset())
        for field, column in sorted(json.loads(row["mapping"])["columns"].items()):
            if column.lower() not in known:
                raise SourceError(
                    f"The consent ledger {name} has no column {column!r}, "
                    f"to which {row['file']}:{row['line']} maps {field!r}."
                )
        ledger, engine = self._ledger(row), self._engine(row["source_id"])
        undated, unlisted, endless, naming = self._sql(_first_row, engine, left_out(ledger))
        ended, given = self._sql(_strange, engine, ledger, self._register)
        self._naming[row["ledger_id"]] = bool(naming)
        said = (
            (
                undated,
                f"The consent ledger {name} has {counted(undated, 'event')} without a readable time; write the time as "
                "ISO 8601.",
                True,
            ),
            (
                unlisted,
                f"The consent ledger {name} has {counted(unlisted, 'event')} with a state that is not listed, so what "
                "it means for later rows is unknown; list the word under 'given', 'withdrawn' or 'ignored'.",
                True,
            ),
            (
                endless,
                f"The consent ledger {name} has {counted(endless, 'consent')} with an end that cannot be read as a "
                "time, so nobody can tell what is in force; write the time as ISO 8601.",
                True,
            ),
            (
                ended,
                f"The consent ledger {name} has {counted(ended, 'event')} that may end a consent, for purposes that no "
                "register or declaration knows; add these to registers.purposes.",
                True,
            ),
            (
                given,
                f"The consent ledger {name} has {counted(given, 'consent')} for purposes that no register or "
                "declaration knows, which cover nothing; add these to registers.purposes.",
                False,
            ),
        )
        for events, message, fatal in said:
            if events:
                self._problem(message, object=name, row=row, fatal=fatal)

    def _problem(self, message: str, *, object: str, row: Mapping[str, Any], fatal: bool = True) -> None:
        place = {key: row[key] for key in ("source_id", "file", "line")}
        self._facts.add(
            "problem", stage="check", object=object, kind="unreadable", message=message, fatal=fatal, **place
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
        except SQLAlchemyError as error:
            kind = type(getattr(error, "orig", None) or error).__name__
            raise SourceError(f"A source refused a query of the consent check ({kind}).") from None


def _first_row(engine: sa.Engine, query: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    with engine.connect() as connection:
        return tuple(connection.execute(query).one())


def _strange(engine: sa.Engine, ledger: Ledger, register: Register) -> tuple[int, int]:
    """Events for purposes nobody knows: those that may end a consent, and those that give one."""
    counts = [0, 0]
    with engine.connect().execution_options(stream_results=True) as connection:
        for purpose, given, events in connection.execute(events_by_purpose(ledger)):
            if not register.knows(purpose):
                counts[int(given)] += int(events)
    return counts[0], counts[1]
