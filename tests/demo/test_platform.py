"""The demo platform is whole, realistic and the same every time."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from stdnum import luhn
from stdnum.cn import ric, uscc

from datagov import config, yamlfile
from datagov.demo import AS_OF, SEED, build, build_undeclared, canaries
from datagov.demo.application import create
from datagov.demo.identity import person, resident_id
from datagov.errors import UsageError


def column(data: sqlite3.Connection, sql: str) -> list[str]:
    return [row[0] for row in data.execute(sql)]


def test_building_twice_gives_equal_bytes(platform: Path, tmp_path: Path) -> None:
    build(tmp_path)

    first = {p.relative_to(platform): p.read_bytes() for p in platform.rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert first == second


def test_another_seed_gives_other_people(tmp_path: Path, data: sqlite3.Connection) -> None:
    create(tmp_path / "other.db", seed=SEED + 1)

    other = sqlite3.connect(tmp_path / "other.db")
    sql = "SELECT id_card_no FROM loan_application"
    assert set(column(other, sql)).isdisjoint(column(data, sql.replace("FROM ", "FROM app.")))
    other.close()


def test_the_databases_are_small(platform: Path) -> None:
    sizes = [(platform / name).stat().st_size for name in ("app.db", "warehouse.db")]

    assert all(100_000 < size < 3_000_000 for size in sizes)


def test_a_folder_that_holds_a_platform_is_refused(platform: Path) -> None:
    before = (platform / "app.db").read_bytes()

    with pytest.raises(UsageError, match="already holds"):
        build(platform)
    assert (platform / "app.db").read_bytes() == before


def test_the_configuration_is_valid_and_names_the_moment_and_the_seed(platform: Path) -> None:
    model = config.load(platform / "datagov.yaml").model

    assert (model.as_of, model.seed) == (AS_OF, SEED)
    assert set(model.sources) == {"app", "warehouse", "pipeline", "contracts"}


def test_the_undeclared_platform_has_the_same_data_and_no_declaration(platform: Path, tmp_path: Path) -> None:
    build_undeclared(tmp_path)

    model = config.load(tmp_path / "datagov.yaml").model
    assert not model.declarations
    assert model.registers == type(model.registers)()
    assert not list(tmp_path.rglob("*.odcs.yaml"))
    for name in ("app.db", "warehouse.db"):
        assert (tmp_path / name).read_bytes() == (platform / name).read_bytes()


def test_no_data_is_younger_than_the_moment_of_the_audit(data: sqlite3.Connection) -> None:
    times = {
        (table, name): data.execute(f"SELECT max({name}) FROM app.{table}").fetchone()[0]
        for (table,) in data.execute("SELECT name FROM app.sqlite_schema WHERE type = 'table'").fetchall()
        for _, name, *_ in data.execute(f"PRAGMA app.table_info({table})").fetchall()
        if name.endswith(("_at", "_time")) or name == "at"
    }

    assert len(times) > 15
    assert not {where: latest for where, latest in times.items() if latest > AS_OF}


def test_every_resident_id_is_valid(data: sqlite3.Connection) -> None:
    numbers = column(data, "SELECT id_card_no FROM app.loan_application")

    assert len(set(numbers)) == len(numbers) > 300
    assert all(ric.is_valid(number) for number in numbers)


def test_the_standards_own_example_gets_its_check_character() -> None:
    assert resident_id("110105", date(1949, 12, 31), 2) == "11010519491231002X"


def test_a_person_agrees_with_herself() -> None:
    from random import Random

    rng = Random(5)
    for who in (person(rng) for _ in range(500)):
        assert ric.get_birth_date(who.resident_id) == who.born
        assert (int(who.resident_id[16]) % 2 == 1) == (who.gender == "男")
        assert luhn.is_valid(who.card)
        assert len(who.mobile) == 11


def test_merchants_have_valid_credit_codes(data: sqlite3.Connection) -> None:
    codes = column(data, "SELECT uscc FROM app.merchant")

    assert len(codes) == 120
    assert all(uscc.is_valid(code) for code in codes)


def test_order_numbers_look_like_resident_ids_and_are_none(data: sqlite3.Connection) -> None:
    orders = column(data, "SELECT order_no FROM app.payment")

    assert all(len(order) == 18 and order.isdecimal() for order in orders)
    assert not any(order[:2] in ("11", "31", "44", "51") for order in orders)


@pytest.mark.parametrize(
    ("table", "source", "rows"),
    [
        ("dw.ods_customer", "app.customer WHERE status = 'active'", "all"),
        ("dw.dim_product", "app.product", "all"),
        ("dw.dim_merchant", "app.merchant", "all"),
        ("dw.ods_payment", "app.payment WHERE status = 'paid'", "all"),
        ("dw.ods_refund", "app.refund", "all"),
        ("dw.ods_loan_application", "app.loan_application", "all"),
        ("dw.dwd_loan", "app.loan_application", "all"),
        ("dw.ods_policy", "app.insurance_policy", "all"),
        ("dw.ods_wealth_account", "app.wealth_account", "all"),
        ("dw.ods_campaign_lead", "app.campaign_lead", "all"),
        ("dw.ml_lead_feature", "app.campaign_lead", "all"),
        ("dw.mart_collection_list", "app.loan_application WHERE decision = 'overdue'", "all"),
        ("dw.mart_push_audience", "app.campaign_lead WHERE score >= 0.5", "all"),
        ("dw.mart_partner_export", "app.campaign_lead", "some"),
        ("dw.mart_message_record", "app.campaign_send", "some"),
        ("dw.mart_campaign_merchant", "app.merchant", "some"),
        ("dw.mart_wealth_holding", "app.wealth_account", "some"),
        ("dw.mart_wealth_audience", "app.wealth_recommendation", "all"),
        ("dw.mart_credit_statistics", "app.loan_application", "some"),
        ("dw.mart_daily_lending", "app.loan_application", "some"),
        ("dw.mart_daily_volume", "app.payment", "some"),
        ("dw.mart_campaign_statistics", "app.campaign_lead", "some"),
        ("dw.mart_policy_statistics", "app.insurance_policy", "some"),
        ("dw.ml_loan_feature", "app.loan_application", "all"),
    ],
)
def test_the_pipeline_fills_the_warehouse(data: sqlite3.Connection, table: str, source: str, rows: str) -> None:
    filled = data.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    read = data.execute(f"SELECT count(*) FROM {source}").fetchone()[0]

    assert filled == read > 0 if rows == "all" else 0 < filled < read


def test_money_in_and_out_meet_in_one_table(data: sqlite3.Connection) -> None:
    total = data.execute("SELECT round(sum(amount), 2) FROM dw.dwd_payment").fetchone()[0]
    paid = data.execute("SELECT sum(amount) FROM app.payment WHERE status = 'paid'").fetchone()[0]
    refunded = data.execute("SELECT sum(amount) FROM app.refund").fetchone()[0]

    assert total == round(paid - refunded, 2)


def test_the_contracts_describe_the_tables_as_they_are(platform: Path, data: sqlite3.Connection) -> None:
    described = 0
    for file in sorted((platform / "contracts").glob("*.odcs.yaml")):
        contract = yamlfile.load(file).value
        schema = contract["servers"][0]["schema"]
        for table in contract["schema"]:
            columns = [row[1] for row in data.execute(f"PRAGMA {schema}.table_info({table['name']})")]
            assert [p["name"] for p in table["properties"]] == columns, file.name
            described += 1

    assert described >= 20


def test_every_owner_stands_in_the_directory_of_people(platform: Path) -> None:
    lines = (platform / "registers" / "people.csv").read_text(encoding="utf-8").splitlines()[1:]
    people = {line.split(",")[0] for line in lines}
    teams = [yamlfile.load(file).value["team"]["members"] for file in (platform / "contracts").glob("*.yaml")]
    present = {m["username"] for team in teams for m in team if "dateOut" not in m}
    declared = {d.owner for d in config.load(platform / "datagov.yaml").model.declarations if d.owner}

    assert (present | declared) <= people


def test_canaries_come_from_every_table_and_never_from_the_declarations(
    platform: Path, data: sqlite3.Connection
) -> None:
    values = canaries.values(platform)

    assert len(values) > 10_000
    for sql in (
        "SELECT id_card_no FROM app.loan_application",
        "SELECT email FROM app.insurance_policy",
        "SELECT home_address FROM app.insurance_policy",
        "SELECT order_no FROM app.payment",
        "SELECT mobile FROM dw.mart_partner_export",
    ):
        assert set(column(data, sql)) <= values
    assert not {"qingshan-pay", "marketing.push", AS_OF, "active", "2026-06-30"} & values


def test_planted_canaries_are_in_every_column(tmp_path: Path) -> None:
    build(tmp_path)
    planted = canaries.plant(tmp_path)

    assert planted <= canaries.values(tmp_path)
    with sqlite3.connect(tmp_path / "app.db") as app:
        row = app.execute("SELECT * FROM merchant ORDER BY rowid DESC").fetchone()
        assert set(row) <= planted
    app.close()
