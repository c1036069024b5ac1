"""Suites of Great Expectations that a project already has: what they assert of columns, as declarations."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from _sources import database, harvested

from datagov.audit import run
from datagov.connectors.gx import GxConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

MAKE = """\
import sys
import great_expectations as gx
from great_expectations import expectations as e

context = gx.get_context(mode="file", project_root_dir=sys.argv[1])
suite = context.suites.add(gx.ExpectationSuite(name="crm_customer"))
for one in (
    e.ExpectColumnValuesToNotBeNull(column="mobile"),
    e.ExpectColumnValuesToMatchRegex(column="mobile", regex="^1[0-9]{10}$", mostly=0.95),
    e.ExpectColumnValuesToBeInSet(column="status", value_set=["kanarie-vip"]),
    e.ExpectCompoundColumnsToBeUnique(column_list=["id", "mobile"]),
    e.ExpectColumnMedianToBeBetween(column="age", min_value=18),
    e.ExpectTableRowCountToBeBetween(min_value=1),
):
    suite.add_expectation(one)
suite.save()
context.suites.add(gx.ExpectationSuite(name="nobody", expectations=[e.ExpectColumnToExist(column="id")]))
context.suites.add(gx.ExpectationSuite(name="frame", expectations=[e.ExpectColumnToExist(column="id")]))
database = context.data_sources.add_sqlite("app", connection_string="sqlite:///" + sys.argv[2])
asset = database.add_table_asset("clients", table_name="customer")
whole = asset.add_batch_definition_whole_table("all")
context.validation_definitions.add(gx.ValidationDefinition(name="nightly", data=whole, suite=suite))
frames = context.data_sources.add_pandas("frames").add_dataframe_asset("f")
whole = frames.add_batch_definition_whole_dataframe("all")
context.validation_definitions.add(
    gx.ValidationDefinition(name="frame", data=whole, suite=context.suites.get("frame"))
)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that the library itself has written."""
    folder = tmp_path_factory.mktemp("gx")
    database(folder, "CREATE TABLE customer (id INTEGER PRIMARY KEY, mobile TEXT, status TEXT, age INTEGER)")
    quiet = {"GX_ANALYTICS_ENABLED": "false", "TQDM_DISABLE": "1"}
    script = tmp_path_factory.mktemp("script") / "make.py"
    script.write_text(MAKE)
    subprocess.run(
        [sys.executable, str(script), str(folder / "quality"), str(folder / "app.db")],
        check=True, capture_output=True, env={**os.environ, **quiet},
    )  # fmt: skip
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    yield tmp_path


def source(folder: Path, **options: object) -> Source:
    given = {"path": "quality", "schema": "app", **options}
    return Source(3, "quality", "gx", given, folder, "datagov.yaml", 8)


def said(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    assert all(row["key"] == "quality" for row in rows["declaration"])
    return [(row["selector"], row["value"]) for row in rows["declaration"]]


ASSERTED = [
    ("app.customer.mobile", "not_null"),
    ("app.customer.mobile", "matches_pattern:partly"),
    ("app.customer.status", "in_set"),
    ("app.customer.id", "unique_together"),
    ("app.customer.mobile", "unique_together"),
    ("app.customer.age", "column_median_to_be_between"),
    ("app.customer", "row_count"),
]


@pytest.mark.parametrize("path", ["quality", "quality/gx"])
def test_a_suite_that_is_run_on_a_table_declares_what_it_asserts_of_it(project: Path, path: str) -> None:
    rows = harvested(GxConnector(source(project, path=path)))

    assert said(rows) == ASSERTED


def test_each_declaration_stands_on_the_line_of_its_expectation(project: Path) -> None:
    rows = harvested(GxConnector(source(project)))
    text = (project / "quality/gx/expectations/crm_customer.json").read_text().split("\n")

    for row in rows["declaration"]:
        assert row["file"] == "quality/gx/expectations/crm_customer.json"
        assert text[row["line"] - 1].strip() == "{"
    assert '"mobile"' in "".join(text[rows["declaration"][0]["line"] - 1 :][:5])


def test_a_suite_of_which_nothing_names_the_table_is_reported_and_the_option_names_it(project: Path) -> None:
    rows = harvested(GxConnector(source(project)))
    named = harvested(GxConnector(source(project, suites={"nobody": "dw.a", "frame": ["dw.b", "dw.c*"]})))

    assert [(p["kind"], p["file"], p["fatal"]) for p in rows["problem"]] == [
        ("unassigned", "quality/gx/expectations/frame.json", False),
        ("unassigned", "quality/gx/expectations/nobody.json", False),
    ]
    assert said(named)[-3:] == [("dw.b.id", "exists"), ("dw.c[*].id", "exists"), ("dw.a.id", "exists")]
    assert "problem" not in named


def test_no_value_and_no_connection_string_becomes_a_fact(project: Path) -> None:
    told = repr(harvested(GxConnector(source(project))))

    assert "kanarie" not in told
    assert "sqlite:" not in told
    assert "[0-9]" not in told


def test_an_audit_declares_them_for_the_columns_of_the_database(project: Path) -> None:
    (project / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  app: {use: sqlite, path: app.db, schema: app}\n"
        "  q: {use: gx, path: quality, schema: app}\n"
    )
    with closing(run(project / "datagov.yaml").evidence()) as evidence:
        rows = evidence.rows(
            'SELECT c.name, d.value FROM declared d LEFT JOIN "column" c USING (column_id)'
            " WHERE d.key = 'quality' ORDER BY 1, 2"
        )

    assert [(row["name"], row["value"]) for row in rows] == [
        (None, "row_count"),
        ("age", "column_median_to_be_between"),
        ("id", "unique_together"),
        ("mobile", "matches_pattern:partly"),
        ("mobile", "not_null"),
        ("mobile", "unique_together"),
        ("status", "in_set"),
    ]


def old(folder: Path) -> Path:
    """A project as 0.13 to 0.18 wrote it, by the layout of its documentation."""
    base = folder / "quality" / "great_expectations"
    (base / "expectations" / "crm").mkdir(parents=True)
    (base / "checkpoints").mkdir()
    suite = {
        "data_asset_type": None,
        "expectation_suite_name": "crm.customer",
        "expectations": [
            {"expectation_type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}, "meta": {}},
            {
                "expectation_type": "expect_column_values_to_be_in_set",
                "kwargs": {
                    "column": "tier",
                    "value_set": ["a"],
                    "row_condition": "id > 1",
                    "condition_parser": "pandas",
                },
                "meta": {},
            },
        ],
        "meta": {"great_expectations_version": "0.18.19"},
    }
    (base / "expectations" / "crm" / "customer.json").write_text(json.dumps(suite, indent=2))
    suite["expectation_suite_name"] = "cited"
    suite["meta"] = {"citations": [{"batch_request": {"datasource_name": "x", "data_asset_name": "public.lead"}}]}
    (base / "expectations" / "cited.json").write_text(json.dumps(suite, indent=2))
    (base / "great_expectations.yml").write_text("config_version: 3.0\ndatasources:\n  app: {class_name: Datasource}\n")
    (base / "checkpoints" / "nightly.yml").write_text(
        "name: nightly\nclass_name: Checkpoint\nvalidations:\n"
        "  - batch_request: {datasource_name: app, data_asset_name: public.customer}\n"
        "    expectation_suite_name: crm.customer\n"
    )
    return folder


def test_suites_of_older_versions_find_their_tables_by_checkpoints_and_citations(tmp_path: Path) -> None:
    rows = harvested(GxConnector(source(old(tmp_path))))

    assert said(rows) == [
        ("public.lead.id", "unique"),
        ("public.lead.tier", "in_set:partly"),
        ("public.customer.id", "unique"),
        ("public.customer.tier", "in_set:partly"),
    ]
    assert "problem" not in rows


BROKEN = [
    ("no JSON", b"{", "cut off"),
    ("no text", b"\xff", "not UTF-8"),
    ("a list", b"[]", "not a JSON object"),
    ("no suite", b"{}", "no list of 'expectations'"),
    ("deep", b'{"expectations": ' + b"[" * 100_000, "nested too deep"),
    ("an expectation of another shape", b'{"expectations": [{"type": 3}]}', "no type, kwargs or names of columns"),
    ("a column that is no text", b'{"expectations": [{"type": "x", "kwargs": {"column": []}}]}', "no type, kwargs"),
]


@pytest.mark.parametrize(("content", "says"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_suite_is_a_sentence_and_the_others_count(tmp_path: Path, content: bytes, says: str) -> None:
    folder = old(tmp_path)
    (folder / "quality/great_expectations/expectations/bad.json").write_bytes(content)
    rows = harvested(GxConnector(source(folder)))
    (problem,) = rows["problem"]

    assert says in problem["message"]
    assert (problem["file"], problem["fatal"]) == ("quality/great_expectations/expectations/bad.json", True)
    assert len(said(rows)) == 4


def test_a_broken_configuration_is_a_sentence_and_suites_count_by_the_option(tmp_path: Path) -> None:
    folder = old(tmp_path)
    (folder / "quality/great_expectations/great_expectations.yml").write_text("a: [\n")
    (folder / "quality/great_expectations/checkpoints/nightly.yml").write_bytes(b"\xff")
    rows = harvested(GxConnector(source(folder, suites={"crm.customer": "public.customer"})))

    assert len(said(rows)) == 4
    assert [(p["file"].rpartition("/")[2], p["fatal"]) for p in rows["problem"]] == [
        ("great_expectations.yml", True),
        ("nightly.yml", True),
    ]


def test_links_and_stores_that_lead_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    folder = old(tmp_path)
    base = folder / "quality" / "great_expectations"
    (base / "expectations" / "out.json").symlink_to(folder / "elsewhere.json")
    (base / "expectations" / "loop").symlink_to(base)
    (base / "great_expectations.yml").write_text(
        "expectations_store_name: s\nstores:\n  s: {store_backend: {base_directory: ../../..}}\n"
    )
    rows = harvested(GxConnector(source(folder)))

    assert len(said(rows)) == 4
    assert {p["object"].rpartition("/")[2] for p in rows["problem"] if p["fatal"]} == {"out.json", "loop"}


def test_a_folder_without_suites_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(GxConnector(source(tmp_path)))
    (tmp_path / "quality").mkdir()
    with pytest.raises(SourceError, match="does not exist"):
        harvested(GxConnector(source(tmp_path)))
    (tmp_path / "quality" / "expectations").mkdir()

    assert [p["kind"] for p in harvested(GxConnector(source(tmp_path)))["problem"]] == ["empty"]


class TestConformance(ConnectorConformance):
    connector = GxConnector

    def source(self, folder: Path) -> Source:
        return source(old(folder))

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")
