"""Against a run of the demo platform: which flows a change opens and closes, and what is said of them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from datagov import audit
from tests.lint.conftest import Linted, call, linted

Demo = Callable[..., Linted]

SENDS = """INSERT INTO dw.mart_push_audience (customer_id, mobile_token, campaign, collected_at)
SELECT a.customer_id, {mobile}, 'loan offer 13912345678', a.applied_at
FROM dw.ods_loan_application AS a;
"""
MARKETING = "pipeline/230_mart_marketing.sql"


def flows(answer: Linted) -> set[tuple[str, str, str, str, str | None]]:
    """(rule, target, place, origin columns, protection) of the findings about flows."""
    return {
        (
            found["rule"],
            found["subject"],
            found["arguments"]["value"],
            ", ".join(found["arguments"]["origin_columns"]),
            found["arguments"]["protection"],
        )
        for found in answer.document["findings"]
        if found["rule"].startswith("LINT-F")
    }


def test_unchanged_files_open_and_close_nothing(demo: Demo) -> None:
    answer = demo()

    assert answer.lines() == []
    assert answer.document["against"]["known_files"] == 11
    assert answer.code == 0


def test_a_change_that_moves_no_personal_data_anew_opens_nothing(demo: Demo) -> None:
    answer = demo(
        _mart_marketing="CREATE TABLE dw.mart_scores AS SELECT campaign, max(score) AS s FROM dw.ods_campaign_lead"
        " GROUP BY campaign;\nINSERT INTO dw.mart_push_audience (customer_id, mobile_token, campaign, collected_at)\n"
        "SELECT l.customer_id, tokenise(l.mobile), l.campaign, l.collected_at FROM dw.ods_campaign_lead AS l;\n",
    )

    assert answer.lines("LINT-F") == []
    assert answer.code == 0


def test_a_flow_says_by_what_and_how_surely_the_run_knows_its_data(demo: Demo) -> None:
    answer = demo(_mart_marketing=SENDS.format(mobile="a.mobile"))
    opened = [found for found in answer.document["findings"] if found["rule"] in ("LINT-F01", "LINT-F02")]

    assert opened
    for found in opened:
        (known,) = found["arguments"]["detections"]
        assert known["column"] == "app.loan_application.mobile"
        assert known["by_content"] and known["mode"] == "is" and known["confidence"] > 0.9
        assert f"The run knows it by content and name, confidence {known['confidence']:.2f}." in found["message"]["en"]
        assert f"识别依据：内容与名称，置信度 {known['confidence']:.2f}。" in found["message"]["zh"]


def test_lending_phones_sent_to_another_entitys_marketing_are_named_on_their_line(demo: Demo) -> None:
    answer = demo(_mart_marketing=SENDS.format(mobile="a.mobile"))

    phone = "app.loan_application.mobile"
    assert flows(answer) == {
        ("LINT-F01", "dw.mart_push_audience", "marketing.push", phone, "none"),
        ("LINT-F02", "dw.mart_push_audience", "qingshan-pay", phone, "none"),
    }
    for found in answer.document["findings"]:
        assert (found["file"], found["severity"]) == (MARKETING, "high")
        assert found["arguments"]["entity"] == "CN_MOBILE"
        assert found["arguments"]["origin"]["purpose"] == ["credit"]
        assert found["arguments"]["origin"]["controller"] == ["qingshan-credit"]
        assert found["arguments"]["target"]["legal_basis"] == ["PIPL-13-1"]
        assert "zhao.lei@credit.qingshan.example" in found["message"]["en"]
        assert "来源的声明" in found["message"]["zh"]
        assert "13912345678" not in str(found)
        line = found["line"]
    assert answer.code == 1
    text = (Path(__file__).parents[2] / "datagov/demo/platform" / MARKETING).read_text(encoding="utf-8")
    assert line == text.count("\n") + 3


def test_the_same_flow_pseudonymised_weighs_less(demo: Demo) -> None:
    answer = demo(_mart_marketing=SENDS.format(mobile="sha256(a.mobile)"))

    assert {(rule, protection) for rule, _, _, _, protection in flows(answer)} == {
        ("LINT-F01", "pseudonymised"),
        ("LINT-F02", "pseudonymised"),
    }
    assert {found["severity"] for found in answer.document["findings"]} == {"medium"}
    assert answer.code == 0


def test_aggregates_open_nothing(demo: Demo) -> None:
    answer = demo(_mart_marketing="CREATE TABLE dw.mart_push_n AS SELECT count(mobile) AS n FROM dw.dwd_loan;\n")

    assert flows(answer) == set()


def test_a_table_of_which_nothing_is_declared_is_unknown_not_fine(demo: Demo) -> None:
    answer = demo(new_job="CREATE TABLE dw.anything AS SELECT id_card_no FROM dw.dwd_loan;\n")

    (found,) = answer.document["findings"]
    assert (found["rule"], found["subject"], found["severity"]) == ("LINT-F05", "dw.anything", "medium")
    assert "purpose not declared" in found["message"]["en"]
    assert "目的 未声明" in found["message"]["zh"]
    assert answer.document["against"]["new_files"] == 1


def test_a_new_table_has_the_declarations_of_todays_configuration(demo: Demo) -> None:
    answer = demo(new_job="CREATE TABLE dw.ods_loan_copy AS SELECT id_card_no FROM dw.ods_loan_application;\n")

    assert {flow[:3] for flow in flows(answer)} == {("LINT-F07", "dw.ods_loan_copy", "dw.ods_loan_copy")}
    (found,) = answer.document["findings"]
    assert found["severity"] == "indicator"
    assert found["arguments"]["target"]["purpose"] == ["credit"]


def test_a_mask_that_is_removed_is_a_finding_though_its_purpose_is_reached_already(
    audited_demo: Path, tmp_path: Path
) -> None:
    """The mask of one column goes; another column of the same table had the data in the clear all along."""
    folder = tmp_path / "platform"
    shutil.copytree(audited_demo, folder)
    columns = "id_card_no, {} AS id_card_key"
    job = folder / "pipeline" / "loan_copy.sql"
    body = "CREATE TABLE dw.ods_loan_copy AS SELECT " + columns + "\nFROM dw.ods_loan_application;\n"
    job.write_text(body.format("md5(id_card_no)"), encoding="utf-8")
    audit.run(folder / "datagov.yaml")
    job.write_text(body.format("id_card_no"), encoding="utf-8")

    answer = linted("pipeline", "--against", "latest", cwd=folder)

    (found,) = answer.document["findings"]
    assert (found["rule"], found["severity"], found["line"]) == ("LINT-F06", "medium", 1)
    assert found["arguments"]["value"] == "dw.ods_loan_copy.id_card_key"
    assert "loses protection in dw.ods_loan_copy.id_card_key: pseudonymised → in the clear." in found["message"]["en"]
    assert answer.document["against"]["opened"] == 1

    job.unlink()
    gone = linted("pipeline", "--against", "latest", cwd=folder)

    assert ("LINT-F09", "dw.ods_loan_copy", "dw.ods_loan_copy") in {flow[:3] for flow in flows(gone)}
    assert gone.document["against"]["closed"] >= 1


def test_a_file_is_a_recipient(demo: Demo) -> None:
    answer = demo("--dialect", "postgres", new_job="COPY (SELECT id_card_no FROM dw.dwd_loan) TO '/exports/x.csv';\n")

    assert ("LINT-F03", "path:/exports/x.csv", "path:/exports/x.csv") in {flow[:3] for flow in flows(answer)}


def test_a_change_that_masks_closes_the_flow_in_the_clear(demo: Demo) -> None:
    answer = demo(
        _mart_marketing=("SELECT l.mobile, l.campaign, '", "SELECT sha256(l.mobile) AS mobile, l.campaign, '")
    )

    assert flows(answer) == {
        (
            "LINT-F09",
            "dw.mart_partner_export",
            "marketing.partner_sharing",
            "app.campaign_lead.mobile",
            "pseudonymised",
        )
    }
    assert answer.document["against"]["closed"] == 1
    assert answer.code == 0


def test_a_file_that_is_gone_takes_its_flows_with_it(audited_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    shutil.copytree(audited_demo, folder)
    (folder / MARKETING).unlink()

    answer = linted("pipeline", "--against", "latest", cwd=folder)

    closed = {(rule, target) for rule, target, *_ in flows(answer)}
    assert ("LINT-F09", "dw.mart_partner_export") in closed
    assert {rule for rule, _ in closed} == {"LINT-F09"}
    assert answer.code == 0


def test_opaque_sql_makes_it_at_least(demo: Demo) -> None:
    answer = demo(_mart_marketing=f"CALL move_it();\n{SENDS.format(mobile='a.mobile')}")

    assert answer.document["at_least"]
    flows_found = [found for found in answer.document["findings"] if found["rule"] == "LINT-F01"]
    assert all("At least" in found["message"]["en"] and "至少" in found["message"]["zh"] for found in flows_found)
    assert flows_found


def test_the_run_may_be_a_path_and_no_configuration_is_needed(audited_demo: Path, tmp_path: Path) -> None:
    shutil.copytree(audited_demo / "pipeline", tmp_path / "pipeline")
    with (tmp_path / MARKETING).open("a", encoding="utf-8") as file:
        file.write(SENDS.format(mobile="a.mobile"))
    (evidence,) = audited_demo.glob(".datagov/runs/*/evidence.sqlite")

    answer = linted("pipeline", "--against", str(evidence), cwd=tmp_path)

    assert {flow[:3] for flow in flows(answer)} == {
        ("LINT-F01", "dw.mart_push_audience", "marketing.push"),
        ("LINT-F02", "dw.mart_push_audience", "qingshan-pay"),
    }


def test_columns_the_run_does_not_know_are_findings(demo: Demo) -> None:
    answer = demo(_mart_marketing="SELECT l.mobil FROM dw.ods_campaign_lead AS l;\n")

    assert [line.split(" ", 1)[1] for line in answer.lines()] == ["LINT-C02 dw.ods_campaign_lead.mobil"]


@pytest.mark.parametrize("form", ["text", "sarif", "json"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_output_holds_a_literal(form: str, language: str, audited_demo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "platform"
    shutil.copytree(audited_demo, folder)
    with (folder / MARKETING).open("a", encoding="utf-8") as file:
        file.write(SENDS.format(mobile="a.mobile"))

    done = call("pipeline", "--against", "latest", "-f", form, "--lang", language, cwd=folder)

    assert "LINT-F01" in done.stdout
    assert "13912345678" not in done.stdout + done.stderr
    assert "bright-media" not in done.stdout


def test_the_run_itself_is_not_written_to(audited_demo: Path) -> None:
    (evidence,) = audited_demo.glob(".datagov/runs/*/evidence.sqlite")
    before = evidence.read_bytes()

    linted("pipeline", "--against", str(evidence), cwd=audited_demo)

    assert evidence.read_bytes() == before
