"""A Dagster project: assets, owners, upstream assets and SQL, found without importing anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from _sources import harvested

from datagov.connectors.dagster import DagsterConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

ASSETS = '''\
import dagster as dg
from dagster import AssetIn, AssetKey, AssetSpec, asset, multi_asset

PREFIX = ["crm"]
raw = AssetSpec(["raw", "customer"], owners=["team:intake"], group_name="intake")


class WarehouseResource(dg.ConfigurableResource):
    url: str = "x"


@asset
def plain():
    return 1


@asset(
    key_prefix=PREFIX,
    deps=[raw, "order", AssetKey(["raw", "basket"])],
    owners=["li.wei@example.org", "team:risk"],
    group_name="crm",
    automation_condition=dg.AutomationCondition.on_cron("0 2 * * *"),
)
def customer(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> None:
    table = "raw.customer"
    conn = context
    conn.execute(f"""
        INSERT INTO crm.customer (id, mobile)
        SELECT id, mobile FROM {table}
    """)


@asset(ins={"people": AssetIn(key=["crm", "customer"])}, metadata={"dagster/table_name": "shop.dw.scores"})
def scores(people: list, plain):
    return people


@multi_asset(specs=[AssetSpec(["a", "one"], deps=[customer]), AssetSpec("two", owners=["x@example.org"])])
def both():
    pass
'''
LOADED = """\
import json, sys
sys.path.insert(0, sys.argv[1])
import assets
import dagster as dg
told = {}
for one in dg.load_assets_from_modules([assets], include_specs=True):
    for spec in one.specs if isinstance(one, dg.AssetsDefinition) else [one]:
        key = "/".join(spec.key.path)
        deps = sorted("/".join(dep.asset_key.path) for dep in spec.deps)
        told[key] = [deps, list(spec.owners), spec.group_name or "default"]
json.dump(told, sys.stdout)
"""


def source(folder: Path, **options: object) -> Source:
    return Source(7, "dg", "dagster", {"path": "d", "dialect": "postgres", **options}, folder, "datagov.yaml", 4)


def read(folder: Path, files: Mapping[str, str | bytes], **options: object) -> dict[str, list[dict[str, Any]]]:
    for name, content in files.items():
        path = folder / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return harvested(DagsterConnector(source(folder, **options)))


def links(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str]]:
    return {(row["source_dataset"], row["target_dataset"]) for row in rows["link"]}


def test_assets_are_datasets_and_jobs_with_their_group_owner_and_schedule(tmp_path: Path) -> None:
    rows = read(tmp_path, {"assets.py": ASSETS})
    jobs = {job["name"]: (job["owner"], job["schedule"]) for job in rows["job"]}

    assert jobs == {
        "intake.raw/customer": ("intake", None),
        "default.plain": (None, None),
        "crm.crm/customer": ("li.wei@example.org", "0 2 * * *"),
        "default.scores": (None, None),
        "default.a/one": (None, None),
        "default.two": ("x@example.org", None),
    }
    assert {row["name"] for row in rows["dataset"]} == {
        "raw.customer", "plain", "crm.customer", "dw.scores", "a.one", "two",
    }  # fmt: skip
    assert "problem" not in rows


def test_upstream_assets_are_links_of_whole_datasets(tmp_path: Path) -> None:
    rows = read(tmp_path, {"assets.py": ASSETS})

    assert links(rows) == {
        ("raw.customer", "crm.customer"),
        ("order", "crm.customer"),
        ("raw.basket", "crm.customer"),
        ("crm.customer", "dw.scores"),
        ("plain", "dw.scores"),
        ("crm.customer", "a.one"),
    }
    assert {(row["source_field"], row["target_field"]) for row in rows["link"]} == {("*", "*")}


def test_owners_are_assertions_on_the_line_of_their_asset(tmp_path: Path) -> None:
    rows = read(tmp_path, {"assets.py": ASSETS})
    lines = ASSETS.split("\n")
    said = {(row["selector"], row["principal"]): lines[row["line"] - 1].strip() for row in rows["owner_assertion"]}

    assert said.keys() == {
        ("raw.customer", "intake"),
        ("crm.customer", "li.wei@example.org"),
        ("crm.customer", "risk"),
        ("two", "x@example.org"),
    }
    assert said["crm.customer", "risk"].startswith("def customer(")


def test_sql_of_a_body_is_a_statement_on_its_line(tmp_path: Path) -> None:
    (statement,) = read(tmp_path, {"assets.py": ASSETS})["statement"]

    assert "SELECT id, mobile FROM raw.customer" in statement["sql"]
    assert 'conn.execute(f"""' in ASSETS.split("\n")[statement["line"] - 1]


def test_assets_of_other_files_are_found_by_the_name_of_their_function(tmp_path: Path) -> None:
    other = "from assets import customer\nimport dagster as dg\n@dg.asset(deps=[customer])\ndef later(): ...\n"
    rows = read(tmp_path, {"assets.py": ASSETS, "sub/b.py": other})

    assert ("crm.customer", "later") in links(rows)


def test_options_name_the_tables_of_assets(tmp_path: Path) -> None:
    rows = read(tmp_path, {"assets.py": ASSETS}, schema="main", datasets={"crm/customer": "dw.person"})

    assert ("dw.person", "dw.scores") in links(rows)
    assert ("main.plain", "dw.scores") in links(rows)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("@asset(deps=build())\ndef a(): ...", "deps"),
        ("@asset(deps=[build()])\ndef a(): ...", "deps"),
        ("@asset(owners=people)\ndef a(): ...", "owners"),
        ("@asset(name=named())\ndef a(): ...", "key"),
        ("@asset\ndef a():\n    c.execute(build())", "SQL"),
    ],
)
def test_what_only_a_run_would_tell_is_opaque(tmp_path: Path, code: str, part: str) -> None:
    (problem,) = read(tmp_path, {"a.py": "from dagster import asset\n" + code})["problem"]

    assert (problem["kind"], problem["fatal"]) == ("opaque", False)
    assert part in problem["message"]


def test_files_that_are_no_python_are_sentences_and_the_others_are_read(tmp_path: Path) -> None:
    broken = {"b.py": "def (", "c.py": b"\xff\xfe", "d.py": "(" * 5_000, "e.py": b"\x00"}
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "loop.py").symlink_to("loop.py")
    rows = read(tmp_path, {"assets.py": ASSETS, **broken})

    assert {p["object"] for p in rows["problem"] if p["fatal"]} == {*(f"d/{name}" for name in broken), "d/loop.py"}
    assert len(rows["job"]) == 6


def test_nothing_is_imported(tmp_path: Path) -> None:
    read(tmp_path, {"a.py": f"open({str(tmp_path / 'ran')!r}, 'w')\n{ASSETS}"})

    assert not (tmp_path / "ran").exists()


def test_a_folder_without_assets_says_so_and_a_missing_one_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(DagsterConnector(source(tmp_path)))

    assert [p["kind"] for p in read(tmp_path, {"a.py": "x = 1"})["problem"]] == ["empty"]


def test_dagster_itself_loads_the_same_assets(tmp_path: Path) -> None:
    python = os.environ.get("DATAGOV_TEST_DAGSTER", sys.executable)
    if subprocess.run([python, "-c", "import dagster"], capture_output=True).returncode:
        pytest.skip("dagster is not installed here; name a Python that has it in DATAGOV_TEST_DAGSTER")
    rows = read(tmp_path, {"assets.py": ASSETS})
    done = subprocess.run([python, "-c", LOADED, str(tmp_path / "d")], capture_output=True, check=True, text=True)
    called = {job["name"].partition(".")[2]: job for job in rows["job"]}

    for key, (deps, owners, group) in json.loads(done.stdout).items():
        job = called.pop(key)
        mine = {row["source_dataset"] for row in rows["link"] if row["job_id"] == job["job_id"]}
        assert mine == {".".join(dep.split("/")) for dep in deps}
        assert job["name"].partition(".")[0] == group
        assert job["owner"] == (owners[0].removeprefix("team:") if owners else None)
    assert not called


class TestConformance(ConnectorConformance):
    connector = DagsterConnector

    def source(self, folder: Path) -> Source:
        read(folder, {"assets.py": ASSETS, "b.py": "def ("})
        return source(folder)

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


IMPORTS = [
    ("a name", "from one import customer", "customer", "crm.customer"),
    ("another name", "from one import customer as c", "c", "crm.customer"),
    ("a relative one", "from .one import customer", "customer", "crm.customer"),
    ("a module", "from . import one", "one.customer", "crm.customer"),
    ("a module by its whole name", "import project.one as o", "o.customer", "crm.customer"),
    ("all names", "from two import *", "customer", "shop.customer"),
    ("a package that gives it on", "from pack import customer", "customer", "shop.customer"),
    ("a module of a package", "import pack.inner", "pack.inner.customer", "shop.customer"),
    ("nothing", "", "customer", None),
    ("a module that is not there", "from three import customer", "customer", None),
]


@pytest.mark.parametrize(("line", "dep", "upstream"), [case[1:] for case in IMPORTS], ids=[case[0] for case in IMPORTS])
def test_a_name_is_the_asset_of_its_own_module_or_of_the_one_it_is_imported_from(
    tmp_path: Path, line: str, dep: str, upstream: str | None
) -> None:
    head = "from dagster import asset\n"
    files = {
        "one.py": head + '@asset(key_prefix="crm")\ndef customer(): ...\n@asset(deps=[customer])\ndef mine(): ...\n',
        "two.py": head + '@asset(key_prefix="shop")\ndef customer(): ...\n',
        "pack/__init__.py": "from .inner import customer",
        "pack/inner.py": "from ..two import customer",
        "user.py": f"{head}{line}\n@asset(deps=[{dep}])\ndef later(): ...\n",
    }
    rows = read(tmp_path, files)

    assert links(rows) == {("crm.customer", "mine"), *([(upstream, "later")] if upstream else [])}
    assert [p["kind"] for p in rows.get("problem", [])] == ([] if upstream else ["opaque"])


@pytest.mark.parametrize(
    ("prefixes", "upstream"), [(["crm"], "crm.customer"), (["crm", "shop"], None), ([], "customer")]
)
def test_an_argument_is_the_one_asset_that_is_called_so(
    tmp_path: Path, prefixes: list[str], upstream: str | None
) -> None:
    head = "from dagster import asset\n"
    files = {f"{one}.py": f'{head}@asset(key_prefix="{one}")\ndef customer(): ...\n' for one in prefixes}
    rows = read(tmp_path, {**files, "user.py": f"{head}@asset\ndef later(customer): ...\n"})

    assert links({"link": [], **rows}) == ({(upstream, "later")} if upstream else set())
    assert [p["kind"] for p in rows.get("problem", [])] == ([] if upstream else ["opaque"])


def test_a_file_with_a_sum_of_many_terms_is_a_sentence_and_the_others_are_read(tmp_path: Path) -> None:
    long = "from dagster import asset\n@asset\ndef a():\n    return " + "+".join(["x"] * 1_200)
    rows = read(tmp_path, {"assets.py": ASSETS, "long.py": long})

    assert [(p["kind"], p["object"]) for p in rows["problem"]] == [("failed", "d/long.py")]
    assert len(rows["job"]) == 6
