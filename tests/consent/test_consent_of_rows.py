"""What can be said of a row processed at some time, given what its subject agreed to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from datagov.consent.model import Demand, NoticeVersion, Verdict
from datagov.consent.purposes import covering
from datagov.consent.reference import Event, Question, judge
from tests.consent.on_sqlite import counts


def day(text: str) -> datetime:
    """``03-10`` or ``03-10 12:00`` of 2025."""
    return datetime.fromisoformat(f"2025-{text}").replace(tzinfo=UTC)


def given(subject: str, at: str, purpose: str = "ads.mail", **more: Any) -> Event:
    return Event(subject, purpose, True, day(at), **more)


def withdrawn(subject: str, at: str, purpose: str = "ads.mail", **more: Any) -> Event:
    return Event(subject, purpose, False, day(at), **more)


NOTICES = [
    NoticeVersion("v1", "2025-01-01T00:00:00Z", None),
    NoticeVersion("v2", "2025-03-01T00:00:00Z", False),
    NoticeVersion("v3", "2025-06-01T00:00:00Z", True),
]

LEDGER = [
    given("ann", "02-01", notice_version="v2"),
    withdrawn("ann", "04-01"),
    given("ann", "05-01", notice_version="v2"),
    given("bob", "02-01", valid_until=day("03-01"), notice_version="v2"),
    given("cay", "02-01", purpose="ads", notice_version="v2"),
    given("dan", "02-01", purpose="ads.mail.partner", notice_version="v2"),
    given("eve", "02-01", notice_version="v1"),
    withdrawn("eve", "03-01", recorded_at=day("03-20")),
    given("fay", "02-01", notice_version="v1", recipient="partner-x"),
]

TWELVE = [
    ("ann", "03-31 23:59:59", Verdict.COVERED, "before the withdrawal"),
    ("ann", "04-01", Verdict.WITHDRAWN, "the interval is half-open: at the withdrawal it is over"),
    ("ann", "05-01", Verdict.COVERED, "given again, from that moment on"),
    ("ann", "06-02", Verdict.SUPERSEDED_NOTICE, "the material third version asked for a new consent"),
    ("ann", "01-15", Verdict.NOT_IN_FORCE, "before consent was given, though the latest status is given"),
    ("bob", "03-01", Verdict.NOT_IN_FORCE, "expired, though the latest status is given"),
    ("cay", "03-10", Verdict.COVERED, "consent to the wider purpose covers the narrower"),
    ("dan", "03-10", Verdict.NO_RECORD, "consent to the narrower purpose does not cover the wider"),
    ("eve", "03-10", Verdict.WITHDRAWN_RECORDED_LATE, "withdrawn, but nobody could know yet"),
    ("eve", "03-20", Verdict.WITHDRAWN, "withdrawn, and by now on record"),
    ("fay", "03-10", Verdict.NO_RECORD, "consent to a disclosure is none to the handler's own processing"),
    ("zoe", "03-10", Verdict.UNMATCHED_IDENTITY, "nobody the ledger knows"),
]

QUESTION = Question(covering("ads.mail", {}), notices=NOTICES)


@pytest.mark.parametrize(("subject", "at", "verdict", "why"), TWELVE, ids=[why for *_, why in TWELVE])
def test_twelve_rows(subject: str, at: str, verdict: Verdict, why: str) -> None:
    assert judge(subject, day(at), LEDGER, QUESTION) is verdict, why
    assert counts(LEDGER, [(subject, day(at))], QUESTION) == {verdict: 1}, why


def test_all_twelve_rows_are_counted_in_one_query() -> None:
    found = counts(LEDGER, [(subject, day(at)) for subject, at, *_ in TWELVE], QUESTION)

    assert sum(found.values()) == len(TWELVE)
    assert found == {v: sum(v is verdict for *_, verdict, _ in TWELVE) for v in {row[2] for row in TWELVE}}


MORE = {
    "a withdrawal of the wider purpose ends consent to the narrower": (
        [given("ann", "01-01"), withdrawn("ann", "02-01", purpose="ads")],
        "03-01",
        Verdict.WITHDRAWN,
    ),
    "a withdrawal of the narrower purpose ends what the wider consent covered of it": (
        [given("ann", "01-01", purpose="ads"), withdrawn("ann", "02-01")],
        "03-01",
        Verdict.WITHDRAWN,
    ),
    "a withdrawal of a sibling purpose changes nothing": (
        [given("ann", "01-01"), withdrawn("ann", "02-01", purpose="ads.sms")],
        "03-01",
        Verdict.COVERED,
    ),
    "a refusal without any consent before it is a withdrawal": (
        [withdrawn("ann", "01-01")],
        "03-01",
        Verdict.WITHDRAWN,
    ),
    "a narrower consent that expires does not end the wider one": (
        [given("ann", "01-01", purpose="ads"), given("ann", "02-01", valid_until=day("03-01"))],
        "04-01",
        Verdict.COVERED,
    ),
    "a renewal with an end replaces a consent without one": (
        [given("ann", "01-01"), given("ann", "02-01", valid_until=day("03-01"))],
        "04-01",
        Verdict.NOT_IN_FORCE,
    ),
    "at the same moment a withdrawal is heard last": (
        [given("ann", "01-01"), withdrawn("ann", "01-01")],
        "01-01",
        Verdict.WITHDRAWN,
    ),
    "a withdrawal that was recorded before it took effect is on record": (
        [given("ann", "01-01"), withdrawn("ann", "03-01", recorded_at=day("02-20"))],
        "03-02",
        Verdict.WITHDRAWN,
    ),
    "of two withdrawals one on record is enough": (
        [given("ann", "01-01"), withdrawn("ann", "02-01"), withdrawn("ann", "02-02", recorded_at=day("05-01"))],
        "03-01",
        Verdict.WITHDRAWN,
    ),
    "an expired consent that was then withdrawn counts as withdrawn": (
        [given("ann", "01-01", valid_until=day("02-01")), withdrawn("ann", "03-01")],
        "04-01",
        Verdict.WITHDRAWN,
    ),
}


@pytest.mark.parametrize(("events", "at", "verdict"), MORE.values(), ids=MORE.keys())
def test_events_that_meet(events: list[Event], at: str, verdict: Verdict) -> None:
    question = Question(covering("ads.mail", {}))

    assert judge("ann", day(at), events, question) is verdict
    assert counts(events, [("ann", day(at))], question) == {verdict: 1}


NOTICE_CASES = {
    "under the current version": ("v3", "06-02", "07-01", Verdict.COVERED),
    "under a version that only later became old": ("v2", "03-02", "05-31", Verdict.COVERED),
    "under a version that a material one replaced": ("v2", "03-02", "06-01", Verdict.SUPERSEDED_NOTICE),
    "under a version that an immaterial one replaced": ("v1", "02-01", "03-02", Verdict.COVERED),
    "without a version, given before the material one": (None, "03-02", "06-01", Verdict.SUPERSEDED_NOTICE),
    "without a version, given after the material one": (None, "06-02", "07-01", Verdict.UNCLEAR_NOTICE),
    "under a version nobody registered": ("v9", "06-02", "07-01", Verdict.UNCLEAR_NOTICE),
}


@pytest.mark.parametrize(("version", "at", "processed", "verdict"), NOTICE_CASES.values(), ids=NOTICE_CASES.keys())
def test_notices(version: str | None, at: str, processed: str, verdict: Verdict) -> None:
    events = [given("ann", at, notice_version=version)]
    question = Question(["ads.mail"], notices=NOTICES)

    assert judge("ann", day(processed), events, question) is verdict
    assert counts(events, [("ann", day(processed))], question) == {verdict: 1}


def test_a_version_that_nobody_marked_makes_the_older_consent_unclear() -> None:
    notices = [NOTICES[0], NoticeVersion("v2", "2025-03-01T00:00:00Z", None)]
    events = [given("ann", "02-01", notice_version="v1")]
    question = Question(["ads.mail"], notices=notices)

    rows = [("ann", day("02-20")), ("ann", day("03-01"))]

    assert [judge("ann", at, events, question) for _, at in rows] == [Verdict.COVERED, Verdict.UNCLEAR_NOTICE]
    assert counts(events, rows, question) == {Verdict.COVERED: 1, Verdict.UNCLEAR_NOTICE: 1}


DEMANDS = {
    "general consent is not separate": ([Demand.SEPARATE], {"kind": "general"}, Verdict.NOT_SEPARATE),
    "separate consent is separate": ([Demand.SEPARATE], {"kind": "separate"}, Verdict.COVERED),
    "written consent is separate": ([Demand.SEPARATE], {"kind": "written"}, Verdict.COVERED),
    "one tick for two purposes is bundled": ([Demand.OWN_ACTION], {"action_id": "a1"}, Verdict.BUNDLED_ACTION),
    "a tick of its own is not": ([Demand.OWN_ACTION], {"action_id": "a2"}, Verdict.COVERED),
    "what is not demanded is not missed": ([], {"kind": "general", "action_id": "a1"}, Verdict.COVERED),
}


@pytest.mark.parametrize(("demands", "values", "verdict"), DEMANDS.values(), ids=DEMANDS.keys())
def test_demands(demands: list[Demand], values: dict[str, str], verdict: Verdict) -> None:
    events = [given("ann", "01-01", **values), given("ann", "01-01", purpose="loans", action_id="a1")]
    question = Question(["ads.mail"], demands=demands)

    assert judge("ann", day("02-01"), events, question) is verdict
    assert counts(events, [("ann", day("02-01"))], question) == {verdict: 1}


def test_only_consent_to_the_controller_itself_counts() -> None:
    events = [
        given("ann", "01-01", controller="lend-cn"),
        given("bob", "01-01", controller="pay-cn"),
        given("cay", "01-01"),
    ]
    rows = [(name, day("02-01")) for name in ("ann", "bob", "cay")]

    assert counts(events, rows, Question(["ads.mail"], "lend-cn")) == {Verdict.COVERED: 2, Verdict.NO_RECORD: 1}


@pytest.mark.parametrize(
    ("key", "verdict"),
    [
        (7, Verdict.COVERED),
        (7.0, Verdict.COVERED),
        (" 7 ", Verdict.COVERED),
        (8, Verdict.UNMATCHED_IDENTITY),
        (None, Verdict.UNMATCHED_IDENTITY),
        ("  ", Verdict.UNMATCHED_IDENTITY),
    ],
)
def test_keys_are_compared_as_what_they_mean(key: object, verdict: Verdict) -> None:
    assert counts([given("7", "01-01")], [(key, day("02-01"))], Question(["ads.mail"])) == {verdict: 1}


@pytest.mark.parametrize(
    "at",
    [
        "2025-02-01",
        "20250201",
        20250201,
        "2025-02-01 00:00:00",
        "2025-02-01T00:00:00Z",
        "2025-02-01T08:00:00+08:00",
        1738368000,
        1738368000000,
        1738368000.0,
    ],
)
def test_times_are_read_as_sources_write_them(at: object) -> None:
    events = [given("ann", "02-01"), withdrawn("ann", "02-02")]

    assert counts(events, [("ann", at)], Question(["ads.mail"])) == {Verdict.COVERED: 1}


@pytest.mark.parametrize("at", [None, "", "soon", "now", "12:00", "2025-13-01", "31.01.2025"])
def test_a_row_without_a_readable_time_is_counted_as_undated(at: object) -> None:
    assert counts([given("ann", "01-01")], [("ann", at)], Question(["ads.mail"])) == {Verdict.UNDATED: 1}


def test_no_rows_give_no_verdicts() -> None:
    assert counts(LEDGER, [], QUESTION) == {}
