"""What every report promises: equal bytes, honest verdicts, inert names."""

from __future__ import annotations

import json
import re
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import fintech
import hostile
import jsonschema
import pytest
import yaml

from datagov.consent.model import Verdict
from datagov.reports import sarif, text
from datagov.reports.paths import edge, path
from datagov.reports.summary import summarise
from datagov.store import Evidence
from datagov.vocabulary import terms

FORMATS = ("text", "json", "sarif", "html")
GOLDENS = Path(__file__).parent / "goldens"

CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0041]")


def rendered(format: str, evidence: Evidence, language: str = "en") -> str:
    return import_module(f"datagov.reports.{format}").render(evidence, language=language).decode("utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("format", FORMATS)
def test_equal_evidence_gives_equal_bytes(format: str, language: str, sample: Evidence, tmp_path: Path) -> None:
    again = fintech.build(tmp_path / "elsewhere.sqlite")

    assert rendered(format, sample, language) == rendered(format, again, language)
    assert str(tmp_path) not in rendered(format, again, language)
    again.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("format", FORMATS)
def test_hostile_names_leave_no_control_character_in_any_report(format: str, language: str, nasty: Evidence) -> None:
    assert CONTROL.search(rendered(format, nasty, language)) is None


@pytest.mark.parametrize("format", FORMATS)
def test_a_run_without_any_fact_renders_and_is_incomplete(format: str, nothing: Evidence) -> None:
    assert rendered(format, nothing)
    assert summarise(nothing).verdict == "incomplete"


def test_the_verdict_follows_the_evidence(sample: Evidence, broken: Evidence, tmp_path: Path) -> None:
    unsaid = fintech.build(tmp_path / "unsaid.sqlite", run={"complete": ""})
    lenient = fintech.build(tmp_path / "lenient.sqlite", run={"fail_on": "indicator"})

    assert summarise(sample).verdict == "findings"
    assert summarise(broken).verdict == "incomplete"
    assert summarise(unsaid).verdict == "incomplete"
    assert summarise(lenient).failing == 21
    unsaid.close()
    lenient.close()


def test_a_column_nobody_spoke_of_counts_as_not_examined(tmp_path: Path) -> None:
    evidence = fintech.build(tmp_path / "evidence.sqlite")
    before = summarise(evidence).columns["not_examined"]
    evidence.close()
    import sqlite3

    with sqlite3.connect(tmp_path / "evidence.sqlite") as db:
        db.execute("DELETE FROM examination WHERE outcome = 'sampled'")
        gone = db.execute("SELECT changes()").fetchone()[0]
    db.close()
    after = Evidence(tmp_path / "evidence.sqlite")

    assert gone > 50
    assert summarise(after).columns["not_examined"] == before + gone
    after.close()


# --- text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_text_reads_as_the_golden_file(language: str, sample: Evidence) -> None:
    assert rendered("text", sample, language) == (GOLDENS / f"report.{language}.txt").read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_text_stays_within_a_hundred_columns(
    language: str, sample: Evidence, broken: Evidence, nasty: Evidence
) -> None:
    for evidence in (sample, broken, nasty):
        wide = [line for line in rendered("text", evidence, language).splitlines() if text.width(line) > text.WIDTH]
        assert wide == []


def test_text_says_first_that_a_run_is_incomplete_and_why(broken: Evidence) -> None:
    report = rendered("text", broken)

    assert report.splitlines()[2].startswith("Verdict: Incomplete.")
    assert "The worker died while it read dw.dwd_payment" in report


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        ("short", ["  short"]),
        ("a" * 120, ["  " + "a" * 50, "    " + "a" * 50 + "a" * 20]),
        ("字" * 60, ["  " + "字" * 49, "    " + "字" * 11]),
        ("word " * 25, ["  " + ("word " * 19).rstrip(), "    " + ("word " * 6).rstrip()]),
    ],
)
def test_text_wraps_between_words_and_between_characters(sentence: str, lines: list[str]) -> None:
    assert text.wrap(sentence, indent=2, hang=4) == lines


# --- json


def test_json_validates_against_its_published_schema(sample: Evidence, broken: Evidence, nasty: Evidence) -> None:
    schema = json.loads(files("datagov.reports").joinpath("json.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for evidence in (sample, broken, nasty):
        jsonschema.validate(json.loads(rendered("json", evidence)), schema)


def test_json_keeps_names_exactly_as_the_source_spells_them(nasty: Evidence) -> None:
    document = json.loads(rendered("json", nasty))

    assert {row["column"] for row in document["coverage"]["columns"]} == set(hostile.NAMES)


def test_json_is_the_same_in_both_languages(sample: Evidence) -> None:
    assert rendered("json", sample, "en") == rendered("json", sample, "zh")


def test_json_names_owner_origin_and_place_of_a_finding(sample: Evidence) -> None:
    findings = json.loads(rendered("json", sample))["findings"]
    leak = next(f for f in findings if f["subject"] == "dw.dwd_loan.id_card_no")

    assert leak["origin"] == "app.customer.id_card_no"
    assert leak["owners"] == ["wu.ting@yunfan-credit.example"]
    assert (leak["file"], leak["line"]) == ("etl/30_dws.sql", 16)
    assert leak["message"]["zh"].startswith("dw.dwd_loan.id_card_no")


# --- sarif


def run_of(evidence: Evidence, language: str = "en") -> dict[str, Any]:
    log = json.loads(rendered("sarif", evidence, language))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    return dict(run)


def check_sarif(run: dict[str, Any]) -> None:
    """The demands of SARIF 2.1.0 that readers of it rely on."""
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("none", "note", "warning", "error")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert result["partialFingerprints"]["datagov/v1"]
        places = [location["physicalLocation"] for location in result["locations"]]
        for flow in result.get("codeFlows", []):
            for thread in flow["threadFlows"]:
                assert thread["locations"]
                places += [step["location"]["physicalLocation"] for step in thread["locations"]]
        for place in places:
            check_place(place)


def check_place(place: dict[str, Any]) -> None:
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?:[A-Za-z0-9/._~-]|%[0-9A-F]{2})+", uri), uri
    region = place["region"]
    assert region["startLine"] >= 1
    if "startColumn" in region:
        assert region["startColumn"] >= 1
        assert (region["endLine"], region["endColumn"]) > (region["startLine"], region["startColumn"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sarif_holds_what_readers_of_the_format_rely_on(
    language: str, sample: Evidence, broken: Evidence, nasty: Evidence
) -> None:
    for evidence in (sample, broken, nasty):
        run = run_of(evidence, language)
        check_sarif(run)
        assert len(run["results"]) == evidence.value("SELECT count(*) FROM finding")


def test_sarif_reads_as_the_golden_file(sample: Evidence) -> None:
    assert rendered("sarif", sample) == (GOLDENS / "report.sarif").read_text("utf-8")


def test_sarif_follows_the_lineage_from_the_origin_to_the_finding(sample: Evidence) -> None:
    leak = next(
        r for r in run_of(sample)["results"] if r["message"]["text"].startswith("dw.ads_partner_feed.id_card_no")
    )
    steps = [s["location"]["message"]["text"] for s in leak["codeFlows"][0]["threadFlows"][0]["locations"]]

    assert steps == [
        "app.customer.id_card_no → dw.ods_customer.id_card_no (copied unchanged, in the clear)",
        "dw.ods_customer.id_card_no → dw.dwd_loan.id_card_no (copied unchanged, in the clear)",
        "dw.dwd_loan.id_card_no → dw.ads_partner_feed.id_card_no (copied unchanged, in the clear)",
    ]


def test_a_finding_on_a_whole_dataset_shows_the_path_of_the_edge_that_brings_it(sample: Evidence) -> None:
    last = sample.value("SELECT edge_id FROM edge WHERE expression = 'l.mobile'")
    origin = sample.value(
        """SELECT column_id FROM "column" JOIN dataset USING (dataset_id)
        WHERE dataset.name = 'app.customer' AND "column".name = 'mobile'"""
    )
    steps = path(sample, column_id=None, origin_column_id=origin, last=edge(sample, last))

    assert [step["expression"] for step in steps] == ["mobile", "c.mobile", "l.mobile"]
    assert path(sample, column_id=None, origin_column_id=origin) == []
    assert len(path(sample, column_id=None, origin_column_id=None, last=edge(sample, last))) == 1


def test_sarif_tells_an_incomplete_run_from_a_complete_one(sample: Evidence, broken: Evidence) -> None:
    whole, part = run_of(sample)["invocations"][0], run_of(broken)["invocations"][0]

    assert whole["executionSuccessful"] is True
    assert part["executionSuccessful"] is False
    errors = [n["message"]["text"] for n in part["toolExecutionNotifications"] if n["level"] == "error"]
    assert any("The worker died" in message for message in errors)


def test_sarif_stops_at_the_limit_with_the_worst_kept_and_says_so(
    sample: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "MAX_RESULTS", 18)
    run = run_of(sample)

    assert [r["properties"]["severity"] for r in run["results"]] == ["critical"] * 18
    assert run["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"] == "and 3 more (> 18)"


# --- vocabulary


def test_every_word_has_both_languages_and_the_same_parts_to_fill() -> None:
    part = re.compile(r"\{(\w+)\}")
    for key, word in terms.load().words.items():
        assert word.en and word.zh, key
        for form in word.en.split("|"):
            assert set(part.findall(form)) == set(part.findall(word.zh)), key


def test_every_need_and_every_consent_verdict_has_a_word() -> None:
    words = terms.load().words
    needs = yaml.safe_load(files("datagov.vocabulary").joinpath("needs.yaml").read_text("utf-8"))

    assert needs
    assert [kind for kind in needs if f"register.{kind}" not in words] == []
    assert [verdict for verdict in Verdict if f"consent.{verdict}" not in words] == []


def test_every_closed_word_of_the_facts_is_in_the_vocabulary() -> None:
    words = terms.load().words
    closed = {
        "severity": "critical high medium low indicator",
        "protection": "none partially_masked pseudonymised aggregated cleared",
        "subtype": "IDENTITY TRANSFORMATION AGGREGATION JOIN GROUP_BY FILTER SORT WINDOW CONDITIONAL",
        "stage": "configure harvest trace detect declare check",
        "examined": "scanned sampled unreadable not_examined",
        "role": "data_owner steward custodian",
        "register": "owners principals entities purposes processing notices consent",
        "concern": "data_ownership consumer_rights network_security market_power licensed_operation "
        "equal_treatment rectification",
        "consent": "covered unmatched_identity no_record not_in_force superseded_notice not_separate bundled_action",
        "status": "text_read secondary unverified",
    }
    missing = [
        f"{kind}.{value}"
        for kind, values in closed.items()
        for value in values.split()
        if f"{kind}.{value}" not in words
    ]

    assert missing == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_run_that_looked_at_nothing_promises_nothing(language: str, nothing: Evidence) -> None:
    silence = summarise(nothing).silence
    report = rendered("text", nothing, language)

    assert silence == {"causes": "causes.none_judged", "needs": "ladder.none", "gaps": "not_examined.all"}
    assert terms.load().say("causes.none_judged", language) in report.replace("\n", " ")
    assert terms.load().say("not_examined.none", language) not in report
