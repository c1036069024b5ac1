"""The query inside the source and the plain-Python reference say the same of any ledger."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from time import process_time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.consent.model import Demand, NoticeVersion
from datagov.consent.purposes import covering
from datagov.consent.reference import Event, Question, judge
from tests.consent.on_sqlite import counts

START = datetime(2025, 1, 1, tzinfo=UTC)
PURPOSES = ("ads", "ads.mail", "ads.sms", "loans", "*", "all")

moments = st.integers(0, 12).map(lambda n: START + timedelta(hours=n))
maybe = st.one_of(st.none(), moments)
subjects = st.sampled_from(["a", "b", "c"])
events = st.builds(
    Event,
    subject=subjects,
    purpose=st.sampled_from(PURPOSES),
    given=st.sampled_from([True, True, False, False, None]),
    event_time=moments,
    recorded_at=maybe,
    valid_until=maybe,
    term_readable=st.sampled_from([True, True, True, False]),
    kind=st.sampled_from([None, "general", "separate", "written"]),
    notice_version=st.sampled_from([None, "v1", "v2", "v3", "v9"]),
    action_id=st.sampled_from([None, "1", "2"]),
    controller=st.sampled_from([None, "", "lend", "pay"]),
    recipient=st.sampled_from([None, None, "", "partner"]),
)
notices = st.lists(
    st.builds(
        NoticeVersion,
        version=st.sampled_from(["v1", "v2", "v3"]),
        effective_from=moments.map(lambda t: t.isoformat().replace("+00:00", "Z")),
        material=st.sampled_from([None, True, False]),
    ),
    max_size=4,
)
questions = st.builds(
    Question,
    purposes=st.sampled_from(PURPOSES[:4]).map(lambda purpose: covering(purpose, {})),
    controller=st.sampled_from([None, "lend"]),
    notices=notices,
    demands=st.sets(st.sampled_from(Demand)).map(sorted),
)
rows = st.lists(st.tuples(st.one_of(st.none(), st.sampled_from("abcd")), maybe), max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledger=st.lists(events, max_size=10), rows=rows, question=questions)
def test_the_query_counts_what_the_reference_judges(
    ledger: list[Event], rows: list[tuple[str | None, datetime | None]], question: Question
) -> None:
    expected = Counter(judge(subject, at, ledger, question).value for subject, at in rows)

    assert counts(ledger, rows, question) == dict(expected)


@settings(max_examples=60, deadline=None)
@given(ledger=st.lists(events, max_size=8), at=moments, question=questions)
def test_the_order_in_which_a_ledger_is_written_does_not_matter(
    ledger: list[Event], at: datetime, question: Question
) -> None:
    assert judge("a", at, ledger, question) is judge("a", at, list(reversed(ledger)), question)


@settings(max_examples=60, deadline=None)
@given(ledger=st.lists(events, max_size=8), at=moments, question=questions, other=st.sampled_from(["b", "c"]))
def test_what_others_agree_to_changes_nothing(
    ledger: list[Event], at: datetime, question: Question, other: str
) -> None:
    own = [event for event in ledger if event.subject != other]

    assert judge("a", at, own, question) is judge("a", at, ledger, question)


def test_one_subject_with_very_many_events_is_judged_in_time_that_grows_with_their_number() -> None:
    def seconds(events: int) -> float:
        ledger = [Event("a", "ads", given=n % 3 != 2, event_time=START + timedelta(minutes=n)) for n in range(events)]
        question = Question(purposes=covering("ads", {}), controller=None, notices=[], demands=[])
        spent = []
        for _ in range(3):  # the least of three: what else the machine does is no time of ours
            began = process_time()
            assert sum(counts(ledger, [("a", START + timedelta(minutes=events))], question).values()) == 1
            spent.append(process_time() - began)
        return min(spent)

    assert seconds(8_000) < 10 * seconds(2_000)
