"""A SQLMesh project: models with owners, schedules, audits and queries, read as text."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.connectors._dialect_words import begins_sql
from datagov.connectors._sqlmesh_model import NoModelError, model
from datagov.connectors.sqlmesh import SqlMeshConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.lineage import trace
from datagov.testing import ConnectorConformance

PROJECT = Path(__file__).with_name("sqlmesh_project")
OWNED = """\
-- people that bought
MODEL (
  name crm.buyer, -- the buyer; owner nobody
  kind INCREMENTAL_BY_TIME_RANGE (time_column day),
  dialect duckdb,
  owner 'li.wei@example.org',
  cron '0 2 * * *',
  description 'Buyers, by day',
  grain (id, day),
  columns (id INT, mobile TEXT, amount DECIMAL(10, 2), day DATE),
  audits (
    not_null(columns := (id, mobile)),
    accepted_values(column := id, is_in := ('kanarie', 2)),
    assert_positive_order_ids
  )
);

@DEF(source, raw.customer);

SELECT
  c.id,
  c.mobile,
  c.amount * @rate AS amount,
  c.day
FROM @source AS c
WHERE c.day BETWEEN @start_ds AND @end_ds AND c.note <> 'a;b'
"""
LOADED = """\
import json, sys
from sqlmesh import Context
context = Context(paths=[sys.argv[1]])
told = {m.name: [m.owner, m.cron, m.dialect, list(m.columns_to_types or {})] for m in context.models.values()}
print("TOLD" + json.dumps(told))
"""


def source(folder: Path, **options: object) -> Source:
    return Source(4, "sm", "sqlmesh", {"path": "p", **options}, folder, "datagov.yaml", 4)


def project(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    shutil.copytree(PROJECT, folder / "p", ignore=shutil.ignore_patterns("build.py", "__pycache__"), dirs_exist_ok=True)
    for name, content in files.items():
        path = folder / "p" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def read(folder: Path, files: Mapping[str, str | bytes], **options: object) -> dict[str, list[dict[str, Any]]]:
    return harvested(SqlMeshConnector(source(project(folder, files), **options)))


def test_the_project_that_sqlmesh_makes_is_read(tmp_path: Path) -> None:
    rows = read(tmp_path, {})
    jobs = {job["job_id"]: job["name"] for job in rows["job"]}

    assert {(jobs[s["job_id"]], s["sql"].split("\n")[0], s["line"]) for s in rows["statement"]} == {
        ("sqlmesh_example.full_model", "CREATE TABLE sqlmesh_example.full_model AS SELECT", 9),
        ("sqlmesh_example.incremental_model", "CREATE TABLE sqlmesh_example.incremental_model AS SELECT", 11),
    }
    assert {(job["dialect"], job["schedule"]) for job in rows["job"]} == {("duckdb", "@daily")}
    assert [row["name"] for row in rows["column"]] == ["id", "item_id", "event_date"]
    assert ("sqlmesh_example.full_model.item_id", "unique") in {
        (d["selector"], d["value"]) for d in rows["declaration"]
    }
    assert "problem" not in rows


def test_a_header_gives_owner_schedule_columns_and_what_is_asserted(tmp_path: Path) -> None:
    rows = read(tmp_path, {"models/buyer.sql": OWNED, "config.yaml": "variables: {rate: 2}\n"}, dialect="duckdb")
    (job,) = [job for job in rows["job"] if job["name"] == "crm.buyer"]
    (dataset,) = [row for row in rows["dataset"] if row["name"] == "crm.buyer"]
    columns = [(c["name"], c["data_type"]) for c in rows["column"] if c["dataset_id"] == dataset["dataset_id"]]

    assert (job["owner"], job["schedule"], job["dialect"]) == ("li.wei@example.org", "0 2 * * *", "duckdb")
    assert dataset["comment"] == "Buyers, by day"
    assert columns == [("id", "INT"), ("mobile", "TEXT"), ("amount", "DECIMAL(10, 2)"), ("day", "DATE")]
    assert [(o["selector"], o["principal"]) for o in rows["owner_assertion"]] == [("crm.buyer", "li.wei@example.org")]
    assert [(d["selector"], d["value"]) for d in rows["declaration"] if d["selector"].startswith("crm.")] == [
        ("crm.buyer.id", "unique_together"),
        ("crm.buyer.day", "unique_together"),
        ("crm.buyer.id", "not_null"),
        ("crm.buyer.mobile", "not_null"),
        ("crm.buyer.id", "in_set"),
        ("crm.buyer", "assert_positive_order_ids"),
    ]
    assert "kanarie" not in repr(rows)


def test_lineage_goes_through_constant_macros_to_the_line_of_the_file(tmp_path: Path) -> None:
    rows = read(tmp_path, {"models/buyer.sql": OWNED, "config.yaml": "variables: {rate: 2}\n"}, dialect="duckdb")
    (row,) = [row for row in rows["statement"] if "crm.buyer" in row["sql"]]
    traced = trace(row["sql"], dialect="duckdb", line_offset=row["line"] - 1)
    (edge,) = [e for e in traced.edges if e.source.column == "mobile" and e.target.column == "mobile"]

    assert edge.source.dataset == "raw.customer"
    assert edge.span is not None
    assert OWNED.split("\n")[edge.span.line - 1].strip() == "c.mobile,"
    assert "problem" not in rows


@pytest.mark.parametrize(
    "query",
    [
        "SELECT @make(a) FROM t",
        "SELECT a FROM @chosen_table",
        "SELECT @EACH(['a', 'b'], x -> x) FROM t",
        "JINJA_QUERY_BEGIN;\nSELECT {{ a }} FROM t;\nJINJA_END;",
        "@union_all(a, b)",
    ],
)
def test_macros_that_only_sqlmesh_renders_are_opaque(tmp_path: Path, query: str) -> None:
    rows = read(tmp_path, {"models/a.sql": f"MODEL (name crm.a, kind FULL);\n\n{query}\n"})
    (problem,) = rows["problem"]

    assert (problem["kind"], problem["fatal"], problem["file"]) == ("opaque", False, "p/models/a.sql")


def test_a_model_in_python_is_opaque(tmp_path: Path) -> None:
    code = "from sqlmesh import model\n\n@model('crm.p', columns={'id': 'int'})\ndef run(context, **_): ...\n"
    (problem,) = read(tmp_path, {"models/p.py": code, "models/help.py": "x = 1"})["problem"]

    assert (problem["kind"], problem["line"], problem["fatal"]) == ("opaque", 3, False)


BROKEN = {
    "models/a.sql": "MODEL (name x.y, kind FULL",
    "models/b.sql": b"\xff\xfe",
    "models/c.sql": "MODEL (kind FULL); SELECT 1",
    "models/d.sql": "MODEL (name @x.y); SELECT 1",
    "config.yaml": "model_defaults: [\n",
}


def test_what_is_broken_is_a_sentence_and_the_other_models_are_read(tmp_path: Path) -> None:
    base = project(tmp_path, BROKEN)
    (base / "p" / "models" / "loop.sql").symlink_to("loop.sql")
    (base / "p" / "out").symlink_to(tmp_path)
    rows = harvested(SqlMeshConnector(source(base, dialect="duckdb")))

    assert {p["object"] for p in rows["problem"] if p["fatal"]} == {
        *(f"p/{name}" for name in BROKEN), "p/models/loop.sql", "p/out",
    }  # fmt: skip
    assert len(rows["job"]) == 3


def test_a_dialect_that_nothing_names_is_a_sentence(tmp_path: Path) -> None:
    rows = read(tmp_path, {"config.yaml": "{}\n"})

    assert len([p for p in rows["problem"] if p["fatal"]]) == 3
    assert "set the source's 'dialect'" in rows["problem"][0]["message"]


def test_a_folder_without_models_is_a_problem_and_a_missing_one_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(SqlMeshConnector(source(tmp_path)))
    (tmp_path / "p").mkdir()

    assert [p["kind"] for p in harvested(SqlMeshConnector(source(tmp_path)))["problem"]] == ["empty"]


PIECES = st.sampled_from(
    [
        "MODEL (",
        "name a.b",
        ",",
        ")",
        "(",
        ";",
        "'",
        "--",
        "/*",
        "*/",
        "\n",
        " ",
        "@x",
        "@DEF(",
        "SELECT 1",
        "audits ",
        ":=",
        "[",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.lists(PIECES, max_size=16).map("".join))
def test_any_text_ends_with_facts_or_sentences(tmp_path: Path, text: str) -> None:
    rows = read(tmp_path, {"models/a.sql": text})

    assert all(row["line"] >= 1 for table in rows.values() for row in table if "line" in row)


def test_sqlmesh_itself_loads_the_same_models(tmp_path: Path) -> None:
    python = os.environ.get("DATAGOV_TEST_SQLMESH", sys.executable)
    if subprocess.run([python, "-c", "import sqlmesh"], capture_output=True).returncode:
        pytest.skip("SQLMesh is not installed here; name a Python that has it in DATAGOV_TEST_SQLMESH")
    config = (PROJECT / "config.yaml").read_text() + "\nvariables:\n  rate: 2\n"
    rows = read(tmp_path, {"models/buyer.sql": OWNED, "config.yaml": config})
    done = subprocess.run(
        [python, "-c", LOADED, str(tmp_path / "p")], capture_output=True, check=True, text=True, cwd=tmp_path
    )
    told = json.loads(done.stdout.rpartition("TOLD")[2])
    datasets = {row["dataset_id"]: row["name"] for row in rows["dataset"]}

    assert {job["name"]: (job["owner"], job["schedule"], job["dialect"]) for job in rows["job"]} == {
        name: tuple(said[:3]) for name, said in told.items()
    }
    for name in set(datasets.values()):
        stated = [c["name"] for c in rows["column"] if datasets[c["dataset_id"]] == name]
        assert not stated or stated == told[name][3]


class TestConformance(ConnectorConformance):
    connector = SqlMeshConnector

    def source(self, folder: Path) -> Source:
        return source(project(folder, {"models/a.sql": "MODEL (name x.y"}))

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


VARIABLES = [
    ("a string is a literal", "SELECT @pw AS x FROM t", {"pw": "hunter2e"}, "SELECT 'hunter2e' AS x FROM t", ()),
    ("a string with quotes", "SELECT @VAR('pw') AS x", {"pw": "a'b\\"}, "SELECT 'a''b\\\\' AS x", ()),
    ("a number", "SELECT a * @rate AS x FROM t", {"rate": 2}, "SELECT a * 2 AS x FROM t", ()),
    ("a part of a name", "SELECT a FROM @{place}.t", {"place": "raw"}, "SELECT a FROM raw.t", ()),
    ("no part of a name", "SELECT a FROM @{pw}.t", {"pw": "hunter 2e"}, "SELECT a FROM pw.t", ("pw",)),
    ("in a quoted name", 'SELECT "@{pw}_x", "@pw" FROM t', {"pw": "hun;ter"}, 'SELECT "pw_x", "@pw" FROM t', ("pw",)),
    ("in a string or comment", "SELECT '@pw @{pw}' -- @pw\n, a", {"pw": "h"}, "SELECT '@pw @{pw}' -- @pw\n, a", ()),
]


@pytest.mark.parametrize(("query", "variables", "sql", "unknown"), [case[1:] for case in VARIABLES])
def test_a_variable_is_a_literal_and_a_name_only_where_it_is_embedded_in_one(
    query: str, variables: dict[str, str | float], sql: str, unknown: tuple[str, ...]
) -> None:
    found = model(f"MODEL (name a.b);\n{query}", variables)

    assert (found.sql, found.unknown) == (sql, unknown)


@pytest.mark.parametrize(
    "noise", ["/* x */\n", "-- x\n", "/* x ", "'\\", "'a\\\\", '"a', "( ", "/*", "@DEF(a, ("], ids=repr
)
def test_ten_thousand_comments_quotes_or_brackets_are_read_at_once(noise: str) -> None:
    many = noise * 10_000
    begun = time.process_time()
    for text in (f"{many}MODEL (name a.b);\n{many}SELECT 1", f"MODEL (name a.b);\n{many};SELECT 1", many):
        begins_sql(text)
        with contextlib.suppress(NoModelError):
            assert model(text, {}).name == "a.b"

    assert time.process_time() - begun < 1


def test_each_model_of_a_file_has_its_own_query_and_lines(tmp_path: Path) -> None:
    text = (
        "MODEL (name a.one, owner li, dialect duckdb);\nSELECT id FROM raw.one;\n\n-- the next; MODEL (\n"
        "MODEL (name a.two, owner wang, dialect duckdb);\n@DEF(x, ';MODEL (name a.no)');\nSELECT mobile FROM raw.two;\n"
        "MODEL (name @x);\nSELECT 1;\n"
        "MODEL (name a.three, dialect duckdb);\nSELECT a FROM raw.three;\nSELECT b FROM raw.later\n"
    )
    rows = read(tmp_path, {"models/several.sql": text})
    told = [s for s in rows["statement"] if s["file"].endswith("several.sql")]

    assert [(s["sql"].partition(" AS ")[2].rstrip(), s["line"]) for s in told] == [
        ("SELECT id FROM raw.one", 2),
        ("SELECT mobile FROM raw.two", 7),
        ("SELECT a FROM raw.three", 11),
    ]
    owners = [(row["selector"], row["principal"], row["line"]) for row in rows["owner_assertion"]]
    assert owners == [("a.one", "li", 1), ("a.two", "wang", 5)]
    assert [(problem["kind"], problem["line"]) for problem in rows["problem"]] == [("unreadable", 8)]
