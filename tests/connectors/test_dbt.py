"""A dbt project: what it holds becomes facts with the place to open, and what cannot be known is said."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from _dbt import OLDER, copy, edited, source
from _sources import harvested, opened_to_all, unprivileged

from datagov.connectors import _dbt_artifacts
from datagov.connectors.dbt import DbtConnector
from datagov.contracts import Source
from datagov.errors import ConfigError, SourceError, UsageError
from datagov.testing import ConnectorConformance

REVENUE = "model.payments.customer_revenue"
PAYMENT = "model.payments.payment_event"


def facts(folder: Path, **options: Any) -> dict[str, list[dict[str, Any]]]:
    return harvested(DbtConnector(source(folder, **options)))


def problems(rows: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    return {row["kind"]: row for row in rows["problem"]}


def statements(rows: dict[str, list[dict[str, Any]]], job: str) -> list[dict[str, Any]]:
    (job_id,) = [row["job_id"] for row in rows["job"] if row["name"] == job]
    return [row for row in rows["statement"] if row["job_id"] == job_id]


class TestConformance(ConnectorConformance):
    connector = DbtConnector

    def source(self, folder: Path) -> Source:
        copy(folder)
        return source(folder)

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


def test_a_built_project_is_read_without_a_problem(tmp_path: Path) -> None:
    copy(tmp_path)

    assert facts(tmp_path)["problem"] == []


def test_relations_are_datasets_with_the_columns_of_the_catalog(tmp_path: Path) -> None:
    copy(tmp_path)
    rows = facts(tmp_path)

    assert {(row["name"], row["kind"]) for row in rows["dataset"]} == {
        ("exposure.weekly_revenue", "external"),
        ("dbt_raw.customer", "table"),
        ("dbt_raw.payment", "table"),
        ("dbt_payments.stg_customer", "view"),
        ("dbt_payments.stg_payment", "view"),
        ("dbt_payments.customer_revenue", "table"),
        ("dbt_payments.payment_event", "table"),
        ("dbt_payments.method_totals", "table"),
        ("dbt_payments.load_log", "table"),
        ("dbt_payments.country", "table"),
        ("dbt_payments.customer_history", "table"),
    }
    (customer,) = [row for row in rows["dataset"] if row["name"] == "dbt_raw.customer"]
    columns = [row for row in rows["column"] if row["dataset_id"] == customer["dataset_id"]]
    assert customer["comment"] == "One row per customer."
    assert [(row["ordinal"], row["name"], row["data_type"], row["comment"]) for row in columns] == [
        (0, "id", "integer", None),
        (1, "full_name", "text", None),
        (2, "email", "text", None),
        (3, "mobile", "text", "Mobile number, E.164."),
        (4, "country", "text", None),
        (5, "updated_at", "timestamp without time zone", None),
    ]


def test_every_relation_that_dbt_fills_is_a_job_in_its_own_file(tmp_path: Path) -> None:
    copy(tmp_path)

    assert {(row["name"], row["kind"], row["file"], row["line"]) for row in facts(tmp_path)["job"]} == {
        ("exposure.payments.weekly_revenue", "exposure", "dw/models/marts/marts.yml", 50),
        (REVENUE, "model", "dw/models/marts/customer_revenue.sql", 1),
        ("model.payments.loads", "model", "dw/models/loads.sql", 1),
        ("model.payments.method_totals", "model", "dw/models/marts/method_totals.sql", 1),
        (PAYMENT, "model", "dw/models/marts/payment_event.sql", 1),
        ("model.payments.stg_customer", "model", "dw/models/staging/stg_customer.sql", 1),
        ("model.payments.stg_payment", "model", "dw/models/staging/stg_payment.sql", 1),
        ("seed.payments.country", "seed", "dw/seeds/country.csv", 1),
        ("snapshot.payments.customer_history", "snapshot", "dw/snapshots/customer_history.sql", 1),
    }


@pytest.mark.parametrize(
    ("job", "begins"),
    [
        ("model.payments.stg_customer", 'CREATE VIEW "test"."dbt_payments"."stg_customer" AS select'),
        (REVENUE, 'CREATE TABLE "test"."dbt_payments"."customer_revenue" AS \nwith '),
        (PAYMENT, 'CREATE TABLE "test"."dbt_payments"."payment_event" AS \nwith '),
        ("model.payments.loads", 'CREATE TABLE "test"."dbt_payments"."load_log" AS'),
        ("snapshot.payments.customer_history", 'CREATE TABLE "test"."dbt_payments"."customer_history" AS SELECT'),
        ("seed.payments.country", 'COPY "test"."dbt_payments"."country" ("code", "label") FROM '),
        ("exposure.payments.weekly_revenue", 'INSERT INTO "exposure"."weekly_revenue" SELECT * FROM "test"'),
    ],
)
def test_what_a_node_selects_is_written_into_its_relation(tmp_path: Path, job: str, begins: str) -> None:
    copy(tmp_path)
    sql = statements(facts(tmp_path), job)[0]["sql"].lstrip().removeprefix("-- Amounts arrive in cents.\n")

    assert sql.startswith(begins)


def test_a_hook_is_a_statement_of_its_own_where_it_stands(tmp_path: Path) -> None:
    copy(tmp_path)
    _, hook = statements(facts(tmp_path), PAYMENT)

    assert hook["sql"] == (
        'insert into dbt_payments.load_log select max(paid_at) as loaded_to from "test"."dbt_payments"."payment_event"'
    )
    assert (hook["file"], hook["line"]) == ("dw/models/marts/payment_event.sql", 4)


def test_owners_come_from_meta_groups_and_exposures_with_the_line_that_says_so(tmp_path: Path) -> None:
    copy(tmp_path)
    found = facts(tmp_path)["owner_assertion"]

    assert {(row["selector"], row["principal"], row["role"], row["file"], row["line"]) for row in found} == {
        ("exposure.weekly_revenue", "board@example.org", "data_owner", "dw/models/marts/marts.yml", 54),
        ("dbt_payments.customer_revenue", "finance-data@example.org", "data_owner", "dw/models/marts/marts.yml", 5),
        ("dbt_payments.payment_event", "payments@example.org", "data_owner", "dw/models/marts/marts.yml", 39),
        ("dbt_payments.payment_event", "steward@example.org", "steward", "dw/models/marts/marts.yml", 41),
        ("dbt_raw.customer", "crm@example.org", "data_owner", "dw/models/staging/sources.yml", 11),
        ("dbt_raw.payment", "cards@example.org", "data_owner", "dw/models/staging/sources.yml", 24),
        ("dbt_raw.payment", "risk@example.org", "data_owner", "dw/models/staging/sources.yml", 24),
    }


def test_declarations_come_from_meta_datagov_of_tables_and_columns(tmp_path: Path) -> None:
    copy(tmp_path)
    found = [row for row in facts(tmp_path)["declaration"] if row["key"] not in ("quality", "access")]

    assert {(row["selector"], row["key"], row["value"], Path(row["file"]).name, row["line"]) for row in found} == {
        ("exposure.weekly_revenue", "purpose", "finance.reporting", "marts.yml", 59),
        ("dbt_payments.customer_revenue", "purpose", "finance.reporting", "marts.yml", 16),
        ("dbt_payments.customer_revenue", "purpose", "service.account", "marts.yml", 16),
        ("dbt_payments.customer_revenue", "legal_basis", "contract", "marts.yml", 17),
        ("dbt_payments.customer_revenue", "controller", "pay-cn", "marts.yml", 18),
        ("dbt_payments.customer_revenue", "region", "CN", "marts.yml", 19),
        ("dbt_payments.customer_revenue", "retention", "P5Y", "marts.yml", 20),
        ("dbt_payments.customer_revenue", "processed_at", "last_paid_at", "marts.yml", 21),
        ("dbt_payments.customer_revenue.email", "entity_type", "EMAIL_ADDRESS", "marts.yml", 29),
        ("dbt_raw.customer", "purpose", "service.account", "sources.yml", 13),
        ("dbt_raw.customer", "legal_basis", "contract", "sources.yml", 14),
        ("dbt_raw.customer", "subject_key", "id", "sources.yml", 15),
        ("dbt_raw.customer.mobile", "entity_type", "PHONE_NUMBER", "sources.yml", 21),
    }


@pytest.mark.parametrize("target", OLDER)
def test_manifests_of_older_dbt_say_the_same(tmp_path: Path, target: str) -> None:
    copy(tmp_path / "new")
    copy(tmp_path / "old", target=target)
    new, old = facts(tmp_path / "new"), facts(tmp_path / "old")

    def without_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: value for key, value in row.items() if not key.endswith("_id")} for row in rows]

    for table in ("dataset", "column", "job", "owner_assertion", "declaration", "problem"):
        assert without_ids(old[table]) == without_ids(new[table]), table
    for table in (old, new):
        for row in table["statement"]:
            row["sql"] = "".join(row["sql"].split())
    assert without_ids(old["statement"]) == without_ids(new["statement"])


def test_a_parsed_project_has_its_templates_rendered_from_the_manifest(tmp_path: Path) -> None:
    copy(tmp_path, target="target-parsed")
    rows = facts(tmp_path)
    (revenue,) = statements(rows, REVENUE)
    (staged,) = statements(rows, "model.payments.stg_payment")

    assert rows["problem"] == []
    assert 'from (select * from "test"."dbt_payments"."stg_payment"  where state = \'settled\')' in revenue["sql"]
    assert "round(amount_cents / 100.0, 2) as amount" in staged["sql"]
    assert staged["sql"].rstrip().endswith("where amount_cents > 0")


@pytest.mark.parametrize(
    "template",
    [
        "select {{ dbt_utils.star(ref('stg_payment')) }} from {{ ref('stg_payment') }}",
        "select * from {{ ref('no_such_model') }}",
        "select * from {{ source('app', 'no_such_table') }}",
        "select {{ var('never_set') }}",
        "select '{{ env_var('HOME') }}'",
        "select {{ ''.__class__.__mro__ }}",
        "select {% if %}",
    ],
    ids=["package macro", "ref", "source", "var", "env_var", "sandbox", "syntax"],
)
def test_a_template_that_only_dbt_can_resolve_is_opaque_and_never_guessed(tmp_path: Path, template: str) -> None:
    project = copy(tmp_path, target="target-parsed")
    edited(project, lambda value: value["nodes"][REVENUE].update(raw_code=template))
    rows = facts(tmp_path)

    assert statements(rows, REVENUE) == []
    problem = problems(rows)["opaque"]
    assert (problem["object"], problem["fatal"]) == (REVENUE, False)
    assert (problem["file"], problem["line"]) == ("dw/models/marts/customer_revenue.sql", 1)
    assert "run 'dbt compile'" in problem["message"]
    assert os.environ.get("HOME", "/root") not in repr(rows)


def test_a_python_model_is_opaque(tmp_path: Path) -> None:
    project = copy(tmp_path)
    edited(project, lambda value: value["nodes"][REVENUE].update(language="python", compiled_code="def model(): ..."))
    rows = facts(tmp_path)

    assert statements(rows, REVENUE) == []
    assert "is written in Python" in problems(rows)["opaque"]["message"]


def test_a_model_file_changed_since_dbt_read_it_makes_the_audit_incomplete(tmp_path: Path) -> None:
    project = copy(tmp_path)
    model = project / "models/marts/customer_revenue.sql"
    model.write_text(model.read_text().replace("md5(c.mobile)", "c.mobile"))
    problem = problems(facts(tmp_path))["stale"]

    assert problem["fatal"]
    assert problem["message"] == (
        "dw/models/marts/customer_revenue.sql changed since dbt wrote the manifest, so the lineage is that of an older "
        "state; run 'dbt compile' and audit again."
    )


def test_a_changed_ephemeral_model_and_a_new_model_are_stale_too_but_white_space_is_not(tmp_path: Path) -> None:
    project = copy(tmp_path)
    ephemeral, same = project / "models/staging/settled_payment.sql", project / "models/loads.sql"
    ephemeral.write_text(ephemeral.read_text() + "and customer_id > 0\n")
    same.write_text("\n\n" + same.read_text() + "\n\n")
    os.utime(project / "models/staging/stg_customer.sql", (2**31, 2**31))
    (project / "models/marts/brand_new.sql").write_text("select 1")

    message = problems(facts(tmp_path))["stale"]["message"]
    assert message.startswith("dw/models/staging/settled_payment.sql, dw/models/marts/brand_new.sql changed since")


def test_artifacts_without_the_project_are_read_and_said_to_be_alone(tmp_path: Path) -> None:
    project = copy(tmp_path)
    for path in [*project.rglob("*.sql"), *project.rglob("*.yml")]:
        path.unlink()
    rows = facts(tmp_path)

    assert len(rows["job"]) == 9
    assert {kind: row["fatal"] for kind, row in problems(rows).items()} == {"no_file": False, "unreadable": False}
    assert "give 'path' the whole project" in problems(rows)["no_file"]["message"]


def _version(number: str) -> Any:
    url = f"https://schemas.getdbt.com/dbt/manifest/v{number}.json"
    return lambda value: value["metadata"].update(dbt_schema_version=url)


@pytest.mark.parametrize(
    ("change", "kind", "says", "fatal"),
    [
        (_version("13"), "unknown_version", "is of version 13; datagov was tried with versions 9 to 12", False),
        (_version("new"), "unknown_version", "is of no version that datagov can tell", False),
        (lambda v: v["nodes"].update({REVENUE: []}), "unreadable", f"The entry '{REVENUE}' of dw/target", True),
        (
            lambda v: (
                v["sources"]["source.payments.app.customer"].update(database="other", schema="dbt_payments")
                or v["sources"]["source.payments.app.customer"].update(identifier="country")
            ),
            "duplicate_name",
            "The project has dbt_payments.country in 2 databases",
            False,
        ),
        (
            lambda v: (
                v["nodes"][REVENUE]["meta"].update(datagov={"propose": "x"})
                or v["nodes"][REVENUE]["config"].update(meta={})
            ),
            "invalid_declaration",
            f"What the project says of {REVENUE} does not count: datagov knows no key 'propose' here; known: ",
            True,
        ),
        (
            lambda v: v["nodes"][REVENUE]["config"].update(meta={"datagov": {"retention": "long"}}),
            "invalid_declaration",
            "The value of 'retention' must be an ISO 8601 duration such as P3Y.",
            True,
        ),
        (
            lambda v: v["nodes"][REVENUE]["config"].update(meta={"owner": 17}),
            "invalid_declaration",
            "The owner must be a text, a list of texts, or a mapping with email or name.",
            True,
        ),
    ],
    ids=["newer", "unversioned", "broken entry", "two databases", "unknown key", "retention", "owner"],
)
def test_what_does_not_fit_is_a_problem_and_the_rest_is_read(tmp_path: Path, change, kind, says, fatal) -> None:
    project = copy(tmp_path)
    edited(project, change)
    rows = facts(tmp_path)

    assert says in problems(rows)[kind]["message"]
    assert problems(rows)[kind]["fatal"] is fatal
    assert statements(rows, PAYMENT)


def test_a_model_that_the_last_run_did_not_build_is_told(tmp_path: Path) -> None:
    project = copy(tmp_path)

    def fail(value: dict[str, Any]) -> None:
        (one,) = [result for result in value["results"] if result["unique_id"] == REVENUE]
        one.update(status="error", message="value 4111111111111111 is out of range")

    edited(project, fail, name="run_results")
    rows = facts(tmp_path)

    assert problems(rows)["not_built"]["message"].startswith(f"The last run of dbt ended with 'error' for {REVENUE};")
    assert "4111111111111111" not in repr(rows)


def _text(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def _link(path: Path, to: Path) -> None:
    path.unlink()
    path.symlink_to(to)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda path, _: path.unlink(), "does not exist; run 'dbt compile' in the project, or name the file by"),
        (lambda path, _: _text(path, '{"metadata": '), "is not valid JSON; run 'dbt compile'"),
        (lambda path, _: _text(path, "[" * 100_000), "is not valid JSON; run 'dbt compile'"),
        (lambda path, _: _text(path, "[]"), "is not an artifact of dbt: it holds no JSON object"),
        (lambda path, _: _text(path, '{"metadata": {}}'), "is not a manifest of dbt: it has no 'metadata' or no"),
        (lambda path, folder: _link(path, folder / "gone.json"), "leads out of the project; if that is meant"),
        (lambda path, _: _link(path, path.with_name("gone")), "is not a file, or a link to nothing"),
        (lambda path, _: path.chmod(0), "cannot be read: Permission denied; grant it"),
    ],
    ids=["missing", "cut off", "deep", "list", "other json", "link out", "dead link", "forbidden"],
)
def test_a_manifest_that_cannot_be_read_is_a_sentence_with_the_way_out(tmp_path: Path, spoil, says) -> None:
    project = copy(tmp_path)
    opened_to_all(tmp_path)
    spoil(project / "target" / "manifest.json", tmp_path)

    with pytest.raises(SourceError) as caught, unprivileged():
        facts(tmp_path)

    assert says in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_manifest_above_the_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy(tmp_path)
    monkeypatch.setattr(_dbt_artifacts, "MAX_BYTES", 1024)

    with pytest.raises(SourceError, match="is larger than"):
        facts(tmp_path)


def test_a_manifest_cannot_make_a_file_outside_the_project_be_read(tmp_path: Path) -> None:
    project = copy(tmp_path)
    (tmp_path / "secret.sql").write_text("select 'the secret'")
    edited(project, lambda value: value["nodes"][REVENUE].update(original_file_path="../secret.sql", raw_code=""))
    rows = facts(tmp_path)

    assert "the secret" not in repr(rows)
    assert problems(rows)["no_file"]["message"].startswith("secret.sql cannot be read beside the manifest")


def test_a_broken_catalog_is_a_problem_and_the_models_still_come(tmp_path: Path) -> None:
    project = copy(tmp_path)
    (project / "target" / "catalog.json").write_text("{")
    rows = facts(tmp_path)

    assert problems(rows)["unreadable"]["message"].endswith("is not valid JSON; run 'dbt docs generate' or remove it.")
    assert len(rows["job"]) == 9
    assert rows["column"] == []


def test_artifacts_may_stand_elsewhere_by_project_file_or_option(tmp_path: Path) -> None:
    project = copy(tmp_path)
    expected = facts(tmp_path)
    (project / "target").rename(project / "out")
    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text() + "target-path: out\n")
    assert facts(tmp_path) == expected
    (project / "out").rename(tmp_path / "artifacts")
    assert {row["name"] for row in facts(tmp_path, target="artifacts")["job"]} == {
        row["name"] for row in expected["job"]
    }
    named = facts(tmp_path, manifest="artifacts/manifest.json", catalog="artifacts/catalog.json")
    assert len(named["column"]) == len(expected["column"])


def test_the_dialect_is_that_of_the_adapter_unless_the_option_names_one(tmp_path: Path) -> None:
    project = copy(tmp_path)
    for adapter, dialect in (("sqlserver", "tsql"), ("bigquery", "bigquery"), ("fabricspark", "spark")):
        edited(project, lambda value, adapter=adapter: value["metadata"].update(adapter_type=adapter))
        jobs = facts(tmp_path)["job"]
        assert {row["dialect"] for row in jobs if row["kind"] == "model"} == {dialect}

    edited(project, lambda value: value["metadata"].update(adapter_type="homemade"))
    with pytest.raises(SourceError, match="adapter 'homemade' speaks; set the option 'dialect'"):
        facts(tmp_path)
    assert facts(tmp_path, dialect="trino")["job"]


def test_include_and_exclude_are_globs_over_the_files_of_the_project(tmp_path: Path) -> None:
    copy(tmp_path)
    rows = facts(tmp_path, include=["models/marts/*.sql"], exclude=["*_totals.sql"])

    assert {row["name"] for row in rows["job"]} == {REVENUE, PAYMENT}
    empty = facts(tmp_path, include=["nothing/*"])
    assert problems(empty)["empty"]["fatal"]


def test_a_url_names_the_project() -> None:
    assert DbtConnector.options_from_url("dbt:///analytics") == {"path": "analytics"}
    assert DbtConnector.options_from_url("dbt:////srv/my%20dw") == {"path": "/srv/my dw"}
    with pytest.raises(UsageError, match="write dbt:///path/to/project"):
        DbtConnector.options_from_url("dbt:")


def test_a_wrong_option_names_the_line_of_the_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"datagov.yaml:5: .*option 'profile'"):
        DbtConnector(source(tmp_path, profile="x"))


def test_the_committed_artifacts_name_no_machine() -> None:
    from _dbt import PROJECT

    for path in PROJECT.glob("target*/*.json"):
        text = path.read_text()
        assert json.loads(text)["metadata"]["dbt_version"]
        assert not [word for word in ("/home/", "/tmp/", "/work/", "user_id", "invocation_id") if word in text]
