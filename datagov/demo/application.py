"""Fills the application database: customers, payments, loans, policies, merchants, with nothing real in it.

Identifiers are stored as keyed tokens or masks, as a careful platform does, except in the columns that
``answers.yaml`` names as stored in the clear.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

from datagov.demo import consents
from datagov.demo.consents import Row, at, day_between, later, numbered
from datagov.demo.identity import CARD_BANKS, Person, company, digits, masked_middle, masked_name, person

CUSTOMERS = 800
_KEY = b"the demo's tokenising key; nothing it protects is real"
_FIRST, _LAST = "2025-07-01", "2026-06-29"


def token(value: str) -> str:
    """A keyed token of a value: 32 hex digits of HMAC-SHA-256."""
    return hmac.new(_KEY, value.encode(), hashlib.sha256).hexdigest()[:32]


def create(path: Path, *, seed: int) -> None:
    """Write the application database; equal seeds give equal bytes."""
    rng = Random(seed)  # noqa: S311 - made-up data, nothing is secret
    people = [person(rng) for _ in range(CUSTOMERS)]
    keys = [f"QS{20_000_000 + 7 * n + rng.randrange(7)}" for n in range(CUSTOMERS)]
    merchants, products = _merchants(rng), _products()
    tables: dict[str, Sequence[Row]] = {
        **_accounts(rng, people, keys),
        "merchant": merchants,
        "product": products,
        **_payments(rng, people, keys, [str(row[0]) for row in merchants]),
        **_lending(rng, people, keys),
        **_wealth_and_insurance(rng, people, keys),
        **_contacts(rng, people, keys),
        **consents.fill(rng, keys),
        "feature_switch": [(f"pay.checkout.v{n}", n % 2, f"2026-0{1 + n % 6}-11T02:00:00Z") for n in range(1, 13)],
    }
    _write(path, tables)


def _write(path: Path, tables: Mapping[str, Sequence[Row]]) -> None:
    database = sqlite3.connect(path)
    try:
        database.executescript(Path(__file__).with_name("app_schema.sql").read_text(encoding="utf-8"))
        for name, rows in tables.items():
            marks = ", ".join("?" * len(rows[0]))
            database.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
        database.commit()
    finally:
        database.close()


def _accounts(rng: Random, people: Sequence[Person], keys: Sequence[str]) -> dict[str, Sequence[Row]]:
    customers: list[Row] = []
    checks: list[Row] = []
    cards: list[Row] = []
    logins: list[Row] = []
    for key, who in zip(keys, people, strict=True):
        opened = at(rng, day_between(rng, "2023-02-01", "2025-06-28"))
        decade = (2026 - who.born.year) // 10 * 10
        customers.append(
            (
                key,
                masked_name(who.name),
                masked_middle(who.mobile, head=3, tail=4),
                token(who.mobile),
                who.city,
                f"{decade}-{decade + 9}",
                rng.choice(("大众", "白银", "黄金", "铂金")),
                opened,
                "active" if rng.random() < 0.93 else "closed",
            )
        )
        verified = later(opened, seconds=rng.randrange(60, 3600))
        method = rng.choice(("face", "card", "branch"))
        checks.append((key, token(who.resident_id), token(who.name), token(who.address), verified, method))
        bound = later(opened, seconds=rng.randrange(3600, 90_000))
        cards.append((key, masked_middle(who.card, head=6, tail=4), token(who.card), CARD_BANKS[who.card[:6]], bound))
        device = token(f"device {key}")
        for _ in range(rng.randrange(1, 3)):
            address = token(f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(256)}")
            moment = at(rng, day_between(rng, _FIRST, _LAST))
            logins.append((key, device, address, int(rng.random() < 0.97), moment))
    return {
        "customer": customers,
        "kyc": numbered(checks, by=4),
        "bank_card": numbered(cards, by=4),
        "login_event": numbered(logins, by=4),
    }


def _merchants(rng: Random) -> list[Row]:
    rows: list[Row] = []
    for n in range(1, 121):
        shop = company(rng)
        number, joined = f"898{digits(rng, 12)}", day_between(rng, "2022-01-01", "2025-06-01")
        rows.append((f"M{n:05d}", number, shop.name, shop.uscc, shop.trade, shop.city, joined))
    return rows


def _products() -> list[Row]:
    loans = [(f"LN{n:03d}", f"青山易贷{n}期", "microlending", 0.06 + n / 100, f"2023-0{n}-01") for n in range(1, 7)]
    funds = [(f"WM{n:03d}", f"青山稳健{n}号", "wealth", 0.02 + n / 1000, f"2024-0{n}-01") for n in range(1, 7)]
    covers = [(f"IN{n:03d}", f"青山安心{n}号", "insurance", None, f"2024-0{n}-15") for n in range(1, 7)]
    return [*loans, *funds, *covers]


def _payments(
    rng: Random, people: Sequence[Person], keys: Sequence[str], merchants: Sequence[str]
) -> dict[str, Sequence[Row]]:
    payments: list[Row] = []
    for _ in range(2400):
        n = rng.randrange(len(keys))
        day = day_between(rng, _FIRST, _LAST)
        order = day.replace("-", "") + digits(rng, 10)
        amount = round(rng.lognormvariate(4.2, 1.1), 2)
        status = "paid" if rng.random() < 0.96 else "failed"
        payments.append((order, keys[n], rng.choice(merchants), token(people[n].card), amount, status, at(rng, day)))
    refunds: list[Row] = [
        (order, amount, f"R{rng.randrange(1, 6):02d}", later(str(paid_at), seconds=rng.randrange(3600, 86_400)))
        for order, _, _, _, amount, status, paid_at in payments
        if status == "paid" and rng.random() < 0.05
    ]
    return {"payment": numbered(payments, by=6), "refund": numbered(refunds, by=3)}


def _lending(rng: Random, people: Sequence[Person], keys: Sequence[str]) -> dict[str, Sequence[Row]]:
    rows: list[Row] = []
    for n in sorted(rng.sample(range(len(keys)), 420)):
        who = people[n]
        rows.append(
            (
                f"LA{n:06d}",
                keys[n],
                masked_name(who.name),
                who.resident_id,
                who.mobile,
                f"LN{rng.randrange(1, 7):03d}",
                float(rng.randrange(1, 50) * 1000),
                rng.choice((6, 12, 24)),
                rng.choice(("approved", "approved", "declined", "overdue")),
                at(rng, day_between(rng, _FIRST, _LAST)),
            )
        )
    return {"loan_application": rows}


def _wealth_and_insurance(rng: Random, people: Sequence[Person], keys: Sequence[str]) -> dict[str, Sequence[Row]]:
    accounts: list[Row] = []
    for n in sorted(rng.sample(range(len(keys)), 260)):
        opened = at(rng, day_between(rng, "2024-02-01", "2025-12-20"))
        grade = rng.choice(("R1", "R2", "R3", "R4"))
        name = masked_name(people[n].name)
        fund, units = f"WM{rng.randrange(1, 7):03d}", round(rng.uniform(100, 90_000), 2)
        accounts.append((f"WA{n:06d}", keys[n], name, grade, fund, units, opened))
    policies: list[Row] = []
    for n in sorted(rng.sample(range(len(keys)), 310)):
        who = people[n]
        cover, premium = f"IN{rng.randrange(1, 7):03d}", round(rng.uniform(120, 5200), 2)
        start = day_between(rng, "2024-07-01", "2026-05-30")
        policies.append((f"PL{digits(rng, 10)}", keys[n], who.name, who.email, who.address, cover, premium, start))
    return {"wealth_account": accounts, "insurance_policy": policies}


def _contacts(rng: Random, people: Sequence[Person], keys: Sequence[str]) -> dict[str, Sequence[Row]]:
    topics = ("退款", "换绑", "限额", "投诉", "开票")
    tickets: list[Row] = []
    for _ in range(240):
        n = rng.randrange(len(keys))
        opened = at(rng, day_between(rng, _FIRST, _LAST))
        tickets.append((keys[n], rng.choice(topics), people[n].mobile, opened))
    leads: list[Row] = []
    for n in (*range(200), *range(270, 310), *range(340, 360)):
        collected = at(rng, day_between(rng, "2025-09-01", "2026-06-25"))
        campaign = rng.choice(("春节红包", "周末立减", "出行季"))
        leads.append((keys[n], people[n].mobile, campaign, round(rng.random(), 3), collected))
    return {"support_ticket": numbered(tickets, by=3), "campaign_lead": numbered(leads, by=4)}
