"""Every fault of the answer key is really in the data, and so is every look-alike: counted by plain SQL, no engine."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from datagov import yamlfile
from datagov.demo import AS_OF

GIVEN_BEFORE = """
    SELECT 1 FROM app.consent_event AS g
    WHERE g.customer_id = d.customer_id AND g.purpose = '{purpose}' AND g.controller = '{controller}'
        AND g.recipient IS NULL AND g.state = 'given' AND g.event_time <= d.{at}
"""


def count(data: sqlite3.Connection, sql: str, **words: str) -> int:
    return int(data.execute(sql.format(**words)).fetchone()[0])


CREDIT = {"purpose": "credit.report_query", "controller": "qingshan-credit", "at": "queried_at"}
WEALTH = {"purpose": "wealth.recommendation", "controller": "qingshan-wealth", "at": "made_at"}
INSURE = {"purpose": "insurance.quote", "controller": "qingshan-insure", "at": "quoted_at"}
PUSH = {"purpose": "marketing.push", "controller": "qingshan-pay", "at": "sent_at"}

LAST_EVENT = """
    (SELECT e.state FROM app.consent_event AS e
     WHERE e.customer_id = d.customer_id AND e.purpose = '{purpose}' AND e.controller = '{controller}'
        AND e.recipient IS NULL AND e.event_time <= d.{at}
     ORDER BY e.event_time DESC LIMIT 1)
"""


def test_credit_reports_were_queried_without_consent(data: sqlite3.Connection) -> None:
    never = count(
        data,
        "SELECT count(*) FROM app.credit_report_query AS d WHERE customer_id IN (SELECT customer_id FROM app.customer)"
        f" AND NOT EXISTS ({GIVEN_BEFORE})",
        **CREDIT,
    )
    expired = count(
        data,
        "SELECT count(*) FROM app.credit_report_query AS d "
        f"WHERE EXISTS ({GIVEN_BEFORE} AND g.valid_until <= d.queried_at)",
        **CREDIT,
    )
    unmatched = count(
        data,
        "SELECT count(*) FROM app.credit_report_query WHERE customer_id IS NULL "
        "OR customer_id NOT IN (SELECT customer_id FROM app.customer)",
    )

    assert (never, expired, unmatched) == (19, 8, 8)


def test_a_child_purpose_was_taken_for_its_parent(data: sqlite3.Connection) -> None:
    only_child = count(
        data,
        "SELECT count(*) FROM app.audience_profile AS d WHERE NOT EXISTS (SELECT 1 FROM app.consent_event AS g WHERE "
        "g.customer_id = d.customer_id AND g.purpose = 'marketing') AND EXISTS (SELECT 1 FROM app.consent_event AS g "
        "WHERE g.customer_id = d.customer_id AND g.purpose = 'marketing.push' AND g.event_time <= d.built_at)",
    )

    assert only_child == 25


def test_the_lender_invited_people_who_agreed_with_the_payments_company(data: sqlite3.Connection) -> None:
    sql = (
        "SELECT count(*) FROM app.loan_invitation AS d WHERE {no} EXISTS (SELECT 1 FROM app.consent_event AS g WHERE "
        "g.customer_id = d.customer_id AND g.controller = 'qingshan-credit' AND g.purpose = 'marketing.push')"
    )

    assert count(data, sql, no="NOT") == 30
    assert count(data, sql, no="") == 40


def test_funds_were_recommended_after_a_withdrawal(data: sqlite3.Connection) -> None:
    after = count(
        data, f"SELECT count(*) FROM app.wealth_recommendation AS d WHERE {LAST_EVENT} = 'withdrawn'", **WEALTH
    )
    late = count(
        data,
        "SELECT count(*) FROM app.wealth_recommendation AS d JOIN app.consent_event AS w USING (customer_id) "
        "WHERE w.state = 'withdrawn' AND w.event_time <= d.made_at AND d.made_at < w.recorded_at",
    )

    assert (after, late) == (16, 4)


def test_the_warehouse_prepared_an_audience_with_people_who_had_withdrawn(data: sqlite3.Connection) -> None:
    words = WEALTH | {"at": "prepared_at"}
    withdrawn = count(
        data, f"SELECT count(*) FROM dw.mart_wealth_audience AS d WHERE {LAST_EVENT} = 'withdrawn'", **words
    )
    given = count(data, f"SELECT count(*) FROM dw.mart_wealth_audience AS d WHERE {LAST_EVENT} = 'given'", **words)

    assert (withdrawn, given) == (36, 135)


def test_the_other_recommendations_had_consent_when_they_were_made(data: sqlite3.Connection) -> None:
    given = count(data, f"SELECT count(*) FROM app.wealth_recommendation AS d WHERE {LAST_EVENT} = 'given'", **WEALTH)
    before_withdrawal = count(
        data,
        "SELECT count(*) FROM app.wealth_recommendation AS d JOIN app.consent_event AS w USING (customer_id) "
        "WHERE w.purpose = 'wealth.recommendation' AND w.state = 'withdrawn' AND w.event_time > d.made_at",
    )

    assert (given, before_withdrawal) == (155, 20)


def test_quotes_rest_on_a_superseded_notice(data: sqlite3.Connection) -> None:
    superseded = count(
        data,
        f"SELECT count(*) FROM app.insurance_quote AS d WHERE d.quoted_at >= '2026-02-01' AND EXISTS ({GIVEN_BEFORE}) "
        f"AND NOT EXISTS ({GIVEN_BEFORE} AND g.notice_version = '2.0')",
        **INSURE,
    )
    old_but_in_time = count(
        data,
        f"SELECT count(*) FROM app.insurance_quote AS d WHERE d.quoted_at < '2026-02-01' AND EXISTS ({GIVEN_BEFORE})",
        **INSURE,
    )

    assert (superseded, old_but_in_time) == (14, 100)


def test_every_message_was_covered_although_many_look_uncovered(data: sqlite3.Connection) -> None:
    messages = count(data, "SELECT count(*) FROM app.campaign_send")
    own = f"{LAST_EVENT} = 'given'"
    by_parent = (
        "EXISTS (SELECT 1 FROM app.consent_event AS g WHERE g.customer_id = d.customer_id AND g.purpose = 'marketing' "
        "AND g.state = 'given' AND g.event_time <= d.sent_at)"
    )
    covered = count(data, f"SELECT count(*) FROM app.campaign_send AS d WHERE {own} OR {by_parent}", **PUSH)
    expired = count(
        data,
        f"SELECT count(*) FROM app.campaign_send AS d WHERE EXISTS ({GIVEN_BEFORE} AND g.valid_until <= d.sent_at)",
        **PUSH,
    )

    assert messages == covered > 500
    assert expired == 0


@pytest.mark.parametrize(
    ("look_alike", "sql", "at_least"),
    [
        (
            "withdrawn by now, sent before",
            "SELECT count(*) FROM app.campaign_send AS d JOIN app.consent_event AS w USING (customer_id) WHERE "
            "w.state = 'withdrawn' AND w.purpose = 'marketing.push' AND w.recipient IS NULL AND w.event_time > sent_at",
            100,
        ),
        (
            "given again after a withdrawal",
            "SELECT count(DISTINCT d.customer_id) FROM app.campaign_send AS d JOIN app.consent_event AS w USING "
            "(customer_id) JOIN app.consent_event AS g USING (customer_id) WHERE w.state = 'withdrawn' AND "
            "g.state = 'given' AND w.event_time < g.event_time AND g.event_time < d.sent_at AND g.purpose = w.purpose",
            30,
        ),
        (
            "withdrawn for a recipient only",
            "SELECT count(*) FROM app.campaign_send AS d JOIN app.consent_event AS w USING (customer_id) WHERE "
            "w.state = 'withdrawn' AND w.recipient = 'bright-media' AND w.event_time < d.sent_at",
            20,
        ),
        (
            "an older notice that nothing material superseded",
            "SELECT count(*) FROM app.campaign_send AS d JOIN app.consent_event AS g USING (customer_id) WHERE "
            "g.purpose = 'marketing.push' AND g.notice_version = '1.0' AND d.sent_at >= '2025-10-01'",
            100,
        ),
        (
            "a consent that has expired by now",
            "SELECT count(*) FROM app.campaign_send AS d JOIN app.consent_event AS g USING (customer_id) WHERE "
            f"g.purpose = 'marketing.push' AND g.valid_until < '{AS_OF}' AND d.sent_at < g.valid_until",
            30,
        ),
    ],
)
def test_look_alikes_of_consent_are_in_the_data(
    data: sqlite3.Connection, look_alike: str, sql: str, at_least: int
) -> None:
    assert count(data, sql) >= at_least, look_alike


def test_every_lead_was_collected_under_consent(data: sqlite3.Connection) -> None:
    sql = f"""
        SELECT count(*) FROM app.campaign_lead AS d WHERE coalesce({LAST_EVENT}, '') <> 'given' AND NOT EXISTS (
            SELECT 1 FROM app.consent_event AS g
            WHERE g.customer_id = d.customer_id AND g.purpose = 'marketing' AND g.event_time <= d.collected_at)
    """

    assert count(data, sql, purpose="marketing.push", controller="qingshan-pay", at="collected_at") == 0


@pytest.mark.parametrize(
    ("where", "pattern"),
    [
        ("app.loan_application.id_card_no", "[1-9]" + "[0-9]" * 16 + "[0-9X]"),
        ("dw.ods_loan_application.id_card_no", "[1-9]" + "[0-9]" * 16 + "[0-9X]"),
        ("dw.dwd_loan.id_card_no", "[1-9]" + "[0-9]" * 16 + "[0-9X]"),
        ("app.loan_application.mobile", "1" + "[0-9]" * 10),
        ("dw.ods_loan_application.mobile", "1" + "[0-9]" * 10),
        ("dw.dwd_loan.mobile_masked", "1" + "[0-9]" * 10),
        ("app.campaign_lead.mobile", "1" + "[0-9]" * 10),
        ("dw.ods_campaign_lead.mobile", "1" + "[0-9]" * 10),
        ("dw.mart_partner_export.mobile", "1" + "[0-9]" * 10),
        ("app.support_ticket.callback", "1" + "[0-9]" * 10),
        ("app.insurance_policy.email", "*@*.com"),
        ("app.insurance_policy.home_address", "*市*路*号*栋*室"),
    ],
)
def test_planted_columns_hold_values_in_the_clear(data: sqlite3.Connection, where: str, pattern: str) -> None:
    table, _, name = where.rpartition(".")
    share = data.execute(f"SELECT avg({name} GLOB ?) FROM {table}", (pattern,)).fetchone()[0]

    assert share > (0.5 if "市" in pattern else 0.999)


@pytest.mark.parametrize(
    ("where", "pattern"),
    [
        ("app.customer.mobile_masked", "1[0-9][0-9][*][*][*][*][0-9][0-9][0-9][0-9]"),
        ("dw.mart_collection_list.mobile_shown", "1[0-9][0-9][*][*][*][*][0-9][0-9][0-9][0-9]"),
        ("app.customer.name_masked", "?[*]*"),
        ("app.bank_card.card_masked", "62[0-9][0-9][0-9][0-9][*]*[*][0-9][0-9][0-9][0-9]"),
        ("app.customer.mobile_token", "[0-9a-f]" * 32),
        ("app.kyc.id_card_token", "[0-9a-f]" * 32),
        ("app.login_event.ip_token", "[0-9a-f]" * 32),
        ("dw.mart_push_audience.mobile_token", "[0-9a-f]" * 32),
        ("dw.ods_policy.email_hash", "[0-9a-f]" * 64),
        ("dw.ml_loan_feature.person_key", "[0-9a-f]" * 64),
        ("dw.ods_policy.holder_masked", "?[*][*]"),
    ],
)
def test_look_alike_columns_hold_no_value_in_the_clear(data: sqlite3.Connection, where: str, pattern: str) -> None:
    table, _, name = where.rpartition(".")
    rows, masked = data.execute(f"SELECT count(*), sum({name} GLOB ?) FROM {table}", (pattern,)).fetchone()

    assert masked == rows > 0


@pytest.mark.parametrize("table", ["mart_daily_lending", "mart_campaign_statistics", "mart_daily_volume"])
def test_statistics_hold_nothing_of_a_single_person(data: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in data.execute(f"PRAGMA dw.table_info({table})")]
    people = {row[0] for row in data.execute("SELECT id_card_no FROM app.loan_application")}
    people |= {row[0] for row in data.execute("SELECT mobile FROM app.campaign_lead")}
    people |= {row[0] for row in data.execute("SELECT card_token FROM app.bank_card")}
    for name in columns:
        assert not people & {row[0] for row in data.execute(f"SELECT {name} FROM dw.{table}")}


@pytest.mark.parametrize(
    ("table", "owners"),
    [
        ("mart_collection_list", ["zhou.min@credit.qingshan.example"]),
        ("loan_invitation", ["sun.hao@credit.qingshan.example"]),
        ("ml_loan_feature", []),
        ("mart_partner_export", []),
        ("support_ticket", []),
    ],
)
def test_the_contracts_name_the_owners_the_key_speaks_of(platform: Path, table: str, owners: list[str]) -> None:
    contracts = [yamlfile.load(file).value for file in (platform / "contracts").glob("*.yaml")]
    found = [
        member["username"]
        for contract in contracts
        if table in {t["name"] for t in contract["schema"]}
        for member in contract["team"]["members"]
        if member["role"] == "owner"
    ]

    assert found == owners


def test_the_owners_who_are_gone_have_no_successor_but_one_has(platform: Path) -> None:
    lines = (platform / "registers" / "people.csv").read_text(encoding="utf-8").splitlines()
    gone = {line.split(",")[0]: line.split(",")[4] for line in lines[1:] if ",active," not in line}

    assert gone == {
        "qian.yu@credit.qingshan.example": "zhao.lei@credit.qingshan.example",
        "zhou.min@credit.qingshan.example": "",
        "sun.hao@credit.qingshan.example": "",
    }
