"""The consent ledger of the demo and the processing that relies on it: every story of consent, told by cohorts.

A story gives events to the ledger and rows to one processing table. ``answers.yaml`` says which stories are faults and
which only look like faults. Cohorts are slices of the customer list; the two clocks are ``event_time`` (what was true)
and ``recorded_at`` (what the ledger knew).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

Row = tuple[str | float | int | None, ...]

PAY, CREDIT, WEALTH, INSURE = "qingshan-pay", "qingshan-credit", "qingshan-wealth", "qingshan-insure"
_CAMPAIGNS = ("春节红包", "周末立减", "加油优惠", "生活缴费", "出行季")


@dataclass(slots=True)
class Ledger:
    """Collects consent events in any order; ``rows`` hands them over in the order the ledger recorded them."""

    rng: Random
    _events: list[dict[str, str | None]] = field(default_factory=list)

    def give(
        self,
        customer: str,
        purpose: str,
        controller: str,
        day: str,
        *,
        notice: str = "1.0",
        until: str | None = None,
        recipient: str | None = None,
    ) -> None:
        """A consent given on a day, recorded seconds later; separate consent for a recipient or credit reports."""
        self._add(customer, purpose, controller, "given", at(self.rng, day), None, notice, until, recipient)

    def withdraw(
        self,
        customer: str,
        purpose: str,
        controller: str,
        day: str,
        *,
        recorded: str | None = None,
        recipient: str | None = None,
    ) -> None:
        """A consent withdrawn on a day; ``recorded`` is the later day the ledger learned of it."""
        known = at(self.rng, recorded) if recorded else None
        self._add(customer, purpose, controller, "withdrawn", at(self.rng, day), known, None, None, recipient)

    def _add(
        self,
        customer: str,
        purpose: str,
        controller: str,
        state: str,
        event_time: str,
        recorded_at: str | None,
        notice: str | None,
        until: str | None,
        recipient: str | None,
    ) -> None:
        separate = recipient is not None or controller != PAY
        self._events.append(
            {
                "customer_id": customer,
                "purpose": purpose,
                "controller": controller,
                "recipient": recipient,
                "state": state,
                "kind": "separate" if separate else "general",
                "notice_version": notice,
                "event_time": event_time,
                "recorded_at": recorded_at or later(event_time, seconds=self.rng.randrange(1, 9)),
                "valid_until": f"{until}T00:00:00Z" if until else None,
            }
        )

    def rows(self) -> list[Row]:
        """Rows of ``consent_event``: every event is an action of its own."""
        ordered = sorted(
            self._events, key=lambda e: (e["recorded_at"] or "", e["customer_id"] or "", e["purpose"] or "")
        )
        return [(n, *event.values(), f"act-{n:06d}") for n, event in enumerate(ordered, start=1)]


def at(rng: Random, day: str) -> str:
    """A UTC time on a day between 01:00 and 14:00, which is office hours in Shanghai."""
    return later(f"{day}T01:00:00Z", seconds=rng.randrange(13 * 3600))


def later(moment: str, *, seconds: int) -> str:
    """A UTC time so many seconds after another."""
    return f"{datetime.fromisoformat(moment) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def day_between(rng: Random, first: str, last: str) -> str:
    """A day from ``first`` to ``last``, both included."""
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    return f"{start + timedelta(days=rng.randrange((end - start).days + 1)):%Y-%m-%d}"


def numbered(rows: Sequence[Row], *, by: int) -> list[Row]:
    """Rows sorted by the time in column ``by`` and numbered from 1."""
    return [(n, *row) for n, row in enumerate(sorted(rows, key=lambda row: str(row[by])), start=1)]


def campaign_sends(rng: Random, people: Sequence[str], ledger: Ledger) -> list[Row]:
    """Marketing messages, all of them covered: seven stories that only look like faults."""
    push = ("marketing.push", PAY)
    sends: list[tuple[str, str]] = []

    def send(customer: str, first: str, last: str) -> None:
        sends.append((customer, day_between(rng, first, last)))

    for customer in people[0:200]:
        ledger.give(customer, *push, day_between(rng, "2025-07-02", "2025-08-25"))
        for _ in range(rng.randrange(1, 4)):
            send(customer, "2025-09-01", "2026-06-28")
    for customer in people[200:240]:
        ledger.give(customer, *push, "2025-07-15")
        send(customer, "2025-11-01", "2025-11-30")
        ledger.withdraw(customer, *push, day_between(rng, "2026-02-01", "2026-02-20"))
    for customer in people[240:270]:
        ledger.give(customer, *push, "2025-07-20")
        send(customer, "2025-10-05", "2025-10-20")
        ledger.withdraw(customer, *push, day_between(rng, "2025-12-01", "2025-12-20"))
        ledger.give(customer, *push, day_between(rng, "2026-03-01", "2026-03-20"), notice="1.1")
        send(customer, "2026-04-01", "2026-06-20")
    for customer in people[270:310]:
        ledger.give(customer, "marketing", PAY, day_between(rng, "2025-08-01", "2025-08-20"))
        send(customer, "2025-09-01", "2026-06-20")
    for customer in people[310:340]:
        ledger.give(customer, *push, "2025-08-01", until="2026-04-01")
        send(customer, "2025-09-01", "2026-03-30")
    for customer in people[340:360]:
        ledger.give(customer, *push, "2025-08-03")
        ledger.give(customer, *push, "2025-08-04", recipient="bright-media")
        ledger.withdraw(customer, *push, "2026-01-10", recipient="bright-media")
        send(customer, "2026-03-01", "2026-06-20")
    for customer in people[360:400]:
        ledger.give(customer, *push, "2025-08-05")
        send(customer, "2026-03-02", "2026-03-09")
        ledger.withdraw(customer, *push, "2026-03-10", recorded="2026-03-14")
    rows = [(who, rng.choice(_CAMPAIGNS), rng.choice(("sms", "app", "mail")), at(rng, day)) for who, day in sends]
    return numbered(rows, by=3)


def credit_report_queries(rng: Random, people: Sequence[str], ledger: Ledger) -> list[Row]:
    """Queries at the credit bureau; some were made without a consent in force."""
    query = ("credit.report_query", CREDIT)
    made: list[tuple[str | None, str]] = []
    for customer in people[100:260]:
        ledger.give(customer, *query, day_between(rng, "2025-07-02", "2025-08-25"))
        made.extend(
            (customer, at(rng, day_between(rng, "2025-09-01", "2026-06-25"))) for _ in range(rng.randrange(1, 3))
        )
    made.extend((customer, at(rng, day_between(rng, "2025-09-01", "2026-06-25"))) for customer in people[260:275])
    for customer in people[275:283]:
        ledger.give(customer, *query, "2025-07-10", until="2026-01-01")
        made.append((customer, at(rng, day_between(rng, "2026-02-01", "2026-05-25"))))
    for customer in people[283:287]:
        ledger.give(customer, *query, "2026-02-10")
        made.append((customer, at(rng, "2026-02-09")))
    made.extend((None, at(rng, "2026-01-20")) for _ in range(5))
    made.extend((f"QS9900000{n}", at(rng, "2026-04-21")) for n in range(3))
    return numbered([(who, "晨曦征信" if rng.random() < 0.5 else "北岭征信", when) for who, when in made], by=2)


def wealth_recommendations(rng: Random, people: Sequence[str], ledger: Ledger) -> list[Row]:
    """Product recommendations; sixteen were made after the customer had withdrawn."""
    recommend = ("wealth.recommendation", WEALTH)
    made: list[tuple[str, str]] = []
    for customer in people[300:420]:
        ledger.give(customer, *recommend, day_between(rng, "2025-07-02", "2025-08-25"))
        made.append((customer, day_between(rng, "2025-09-01", "2026-06-25")))
    for customer in people[420:440]:
        ledger.give(customer, *recommend, "2025-07-05")
        made.append((customer, day_between(rng, "2025-10-01", "2025-12-20")))
        ledger.withdraw(customer, *recommend, "2026-01-15")
    for customer in people[440:455]:
        ledger.give(customer, *recommend, "2025-07-06")
        ledger.withdraw(customer, *recommend, "2025-11-11")
        ledger.give(customer, *recommend, "2026-02-02")
        made.append((customer, day_between(rng, "2026-03-01", "2026-06-20")))
    for customer in people[455:467]:
        ledger.give(customer, *recommend, "2025-07-07")
        ledger.withdraw(customer, *recommend, day_between(rng, "2026-01-05", "2026-01-25"))
        made.append((customer, day_between(rng, "2026-03-01", "2026-05-20")))
    for customer in people[467:471]:
        ledger.give(customer, *recommend, "2025-07-08")
        ledger.withdraw(customer, *recommend, "2026-04-10", recorded="2026-04-20")
        made.append((customer, "2026-04-15"))
    return numbered([(who, f"WM{rng.randrange(1, 7):03d}", at(rng, day)) for who, day in made], by=2)


def insurance_quotes(rng: Random, people: Sequence[str], ledger: Ledger) -> list[Row]:
    """Quotes; fourteen rest on version 1.0 of a notice that version 2.0 changed materially on 2026-02-01."""
    quote = ("insurance.quote", INSURE)
    made: list[tuple[str, str]] = []
    for customer in people[500:600]:
        ledger.give(customer, *quote, day_between(rng, "2025-07-02", "2025-08-25"))
        made.append((customer, day_between(rng, "2025-09-01", "2026-01-28")))
    for customer in people[600:640]:
        ledger.give(customer, *quote, "2025-08-10")
        ledger.give(customer, *quote, day_between(rng, "2026-02-03", "2026-02-20"), notice="2.0")
        made.append((customer, day_between(rng, "2026-03-01", "2026-06-20")))
    for customer in people[640:654]:
        ledger.give(customer, *quote, "2025-08-12")
        made.append((customer, day_between(rng, "2026-03-01", "2026-05-30")))
    for customer in people[654:680]:
        ledger.give(customer, *quote, "2026-03-02", notice="2.0")
        made.append((customer, day_between(rng, "2026-03-10", "2026-06-20")))
    rows: list[Row] = [
        (who, f"IN{rng.randrange(1, 7):03d}", round(rng.uniform(80, 4200), 2), at(rng, day)) for who, day in made
    ]
    return numbered(rows, by=3)


def audience_profiles(rng: Random, people: Sequence[str], _ledger: Ledger) -> list[Row]:
    """Profiles for all marketing; twenty-five customers agreed to messages only, a child of that purpose."""
    tastes = ("旅行", "美食", "数码", "母婴", "运动")
    rows: list[Row] = [
        (customer, rng.choice(tastes), at(rng, day_between(rng, "2025-09-01", "2026-06-20")))
        for customer in (*people[270:310], *people[0:25])
    ]
    return numbered(rows, by=2)


def loan_invitations(rng: Random, people: Sequence[str], ledger: Ledger) -> list[Row]:
    """Invitations by the lending affiliate; thirty customers had agreed with the payments company alone."""
    made: list[tuple[str, str]] = []
    for customer in people[680:720]:
        ledger.give(customer, "marketing.push", CREDIT, "2025-09-09")
        made.append((customer, day_between(rng, "2025-10-01", "2026-06-20")))
    made.extend((customer, day_between(rng, "2025-10-01", "2026-06-20")) for customer in people[30:60])
    return numbered([(who, rng.choice(("A", "B", "C")), at(rng, day)) for who, day in made], by=2)


STORIES = {
    "campaign_send": campaign_sends,
    "credit_report_query": credit_report_queries,
    "wealth_recommendation": wealth_recommendations,
    "insurance_quote": insurance_quotes,
    "audience_profile": audience_profiles,
    "loan_invitation": loan_invitations,
}
"""Processing table to the function that tells its story."""


def fill(rng: Random, people: Sequence[str]) -> dict[str, list[Row]]:
    """Rows of every processing table that rests on consent, and of the ledger itself."""
    ledger = Ledger(rng)
    tables = {name: story(rng, people, ledger) for name, story in STORIES.items()}
    return {**tables, "consent_event": ledger.rows()}
