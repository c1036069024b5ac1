"""The ledger semantics in plain Python, one row at a time: what :mod:`datagov.consent.query` must agree with.

Slow and readable on purpose. It also answers for single subjects, where there is no table to scan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from datagov.consent import notices as notice_times
from datagov.consent.model import EVERYTHING, Demand, NoticeVersion, Verdict


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a consent ledger. Times are aware datetimes in UTC."""

    subject: str
    purpose: str
    given: bool | None
    """True when it gives consent, False when it ends one, None when its state is a word nobody listed."""
    event_time: datetime
    recorded_at: datetime | None = None
    valid_until: datetime | None = None
    kind: str | None = None
    notice_version: str | None = None
    action_id: str | None = None
    controller: str | None = None
    recipient: str | None = None
    term_readable: bool = True
    """False when the ledger names an end that cannot be read; ``valid_until`` then says nothing."""

    @property
    def known_from(self) -> datetime:
        """When it could be known; without a record of that, when it happened."""
        return self.recorded_at or self.event_time

    @property
    def order(self) -> tuple[datetime, datetime, int]:
        """Of events at the same moment, what ends consent is heard after what gives it."""
        return self.event_time, self.known_from, {True: 0, False: 1, None: 2}[self.given]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: may this purpose rest on consent, for this controller?"""

    purposes: Sequence[str]
    """The purpose processed for and every wider one (:func:`datagov.consent.purposes.covering`)."""
    controller: str | None = None
    notices: Sequence[NoticeVersion] = ()
    demands: Sequence[Demand] = ()


def judge(subject: str | None, at: datetime | None, ledger: Sequence[Event], question: Question) -> Verdict:
    """The verdict on one row of ``subject``, processed ``at``."""
    if not subject or all(event.subject != subject for event in ledger):
        return Verdict.UNMATCHED_IDENTITY
    if at is None:
        return Verdict.UNDATED
    told = [event for event in ledger if event.subject == subject and _own(event, question)]
    events = sorted((event for event in told if _about(event, question)), key=lambda event: event.order)
    in_force = [
        _quality(event, at, told, question)
        for n, event in enumerate(events)
        if event.given and event.event_time <= at < _end(event, events[n + 1 :])
    ]
    if in_force:
        return min(in_force, key=lambda verdict: verdict.rank)
    if any(
        event.given is None
        and event.event_time <= at
        and not any(later.given is not None and later.event_time <= at for later in events[n + 1 :])
        for n, event in enumerate(events)
    ):
        return Verdict.UNCLEAR_STATE
    ignored = [
        event.known_from <= at
        for n, event in enumerate(events)
        if event.given is False
        and event.event_time <= at
        and not any(later.given and later.event_time <= at for later in events[n + 1 :])
    ]
    if ignored:
        return Verdict.WITHDRAWN if any(ignored) else Verdict.WITHDRAWN_RECORDED_LATE
    return Verdict.NOT_IN_FORCE if any(event.given for event in events) else Verdict.NO_RECORD


def _about(event: Event, question: Question) -> bool:
    """Whether it speaks about the purpose: by its name, or because it may end consent to everything."""
    return event.purpose in question.purposes or (not event.given and event.purpose in EVERYTHING)


def _own(event: Event, question: Question) -> bool:
    """Whether it is about the handler's own processing and, when it names a controller, about the right one."""
    return not event.recipient and (
        question.controller is None or not event.controller or event.controller == question.controller
    )


def _end(event: Event, following: Sequence[Event]) -> datetime:
    """When a given consent ends: the next event of its purpose, any withdrawal that reaches it, or its own term."""
    ends = [later.event_time for later in following if later.purpose == event.purpose or not later.given]
    if event.valid_until and event.term_readable:
        ends.append(event.valid_until)
    return min(ends, default=datetime.max.replace(tzinfo=event.event_time.tzinfo))


def _quality(event: Event, at: datetime, told: Sequence[Event], question: Question) -> Verdict:
    """What a consent in force is worth at a moment: the worst of its notice and of what is demanded."""
    found = [_notice(event, at, question.notices)]
    if not event.term_readable:
        found.append(Verdict.UNCLEAR_TERM)
    if Demand.SEPARATE in question.demands and (event.kind or "") not in ("separate", "written"):
        found.append(Verdict.NOT_SEPARATE)
    if Demand.OWN_ACTION in question.demands and event.action_id is not None:
        together = {other.purpose for other in told if other.action_id == event.action_id}
        if len(together) > 1:
            found.append(Verdict.BUNDLED_ACTION)
    return max(found, key=lambda verdict: verdict.rank)


def _notice(event: Event, at: datetime, versions: Sequence[NoticeVersion]) -> Verdict:
    if not versions:
        return Verdict.COVERED
    standing = notice_times.standings(versions).get(event.notice_version or "")
    if standing is not None:
        if standing.superseded_from and _time(standing.superseded_from) <= at:
            return Verdict.SUPERSEDED_NOTICE
        unclear = standing.unclear_from and _time(standing.unclear_from) <= at
        return Verdict.UNCLEAR_NOTICE if unclear else Verdict.COVERED
    if any(event.event_time < _time(t) <= at for t in notice_times.material_times(versions)):
        return Verdict.SUPERSEDED_NOTICE
    doubtful = notice_times.doubtful_from(versions)
    if doubtful and _time(doubtful) <= event.event_time:
        return Verdict.UNCLEAR_NOTICE
    unclear_later = any(event.event_time < _time(t) <= at for t in notice_times.unmarked_times(versions))
    return Verdict.UNCLEAR_NOTICE if unclear_later else Verdict.COVERED


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
