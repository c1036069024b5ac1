"""Sources that are one file or one project: a night over every kind of bad one, a sentence each, the others done."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import pyarrow as pa
import pytest
from _bad_input import ENDLESS, LEVELS, Made, Told, is_fit_to_be_told, link, night, sparse, write
from _dbt import copy

from datagov.model import Exit
from datagov.testing import CANARY

DEEP = "[" * LEVELS + "]" * LEVELS


def duck(path: Path) -> None:
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE t AS SELECT 'kanarie' || range AS mail FROM range(20000)")


def lite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE t (mail TEXT)")
        db.executemany("INSERT INTO t VALUES (?)", ((f"{CANARY}{n}@example.org",) for n in range(20_000)))


def spoilt(make: Callable[[Path], object], *, cut: int | None = None, at: slice | None = None) -> Made:
    def made(path: Path) -> None:
        make(path)
        raw = bytearray(path.read_bytes())
        if at:
            raw[at] = b"\xff" * len(raw[at])
        path.write_bytes(raw[:cut])

    return made


DATABASES: dict[str, tuple[Made, str]] = {
    "pipe": (os.mkfifo, "is not a regular file; give the path of a"),
    "device": (link("/dev/zero"), "is not a regular file; give the path of a"),
    "nowhere": (link("not-there"), "does not exist; correct 'path'"),
    "folder": (Path.mkdir, "is a folder; give the path of the database file inside it."),
    "text": (CANARY * 999, "database"),
    "zeros": (sparse(200), "database"),
}
"""A path that should be a database file, and what is said of it by SQLite and by DuckDB."""
DAMAGED: dict[str, Callable[[Callable[[Path], object]], Made]] = {
    "cut": lambda make: spoilt(make, cut=100_000),
    "head": lambda make: spoilt(make, at=slice(100, 4_000)),
}
MAKERS: dict[str, Callable[[Path], object]] = {"sqlite": lite, "duckdb": duck}


def manifests(good: str) -> dict[str, tuple[Made, str]]:
    """What dbt might have written, and what is said of it."""
    compiled = "run 'dbt compile' in the project, or name the file by 'manifest'."
    return {
        "large": (sparse(200), "is larger than 128 MB; split the project or have dbt select part of it."),
        "cut": (good[: len(good) // 2], f"is not valid JSON; {compiled}"),
        "deep": (DEEP, f"is not valid JSON; {compiled}"),
        "inside": ('{"more": ' + DEEP + ", " + good[1:], f"is not valid JSON; {compiled}"),
        "digits": ('{"more": ' + "9" * 5_000 + ", " + good[1:], f"is not valid JSON; {compiled}"),
        "nul": (b"\0" * 99, f"is not valid JSON; {compiled}"),
        "list": ("[1]", f"is not an artifact of dbt: it holds no JSON object; {compiled}"),
        "pipe": (os.mkfifo, f"is not a file, or a link to nothing; {compiled}"),
        "device": (link("/dev/zero"), f"is not a file, or a link to nothing; {compiled}"),
    }


OWNERS: dict[str, tuple[Made, str]] = {
    "pipe": (os.mkfifo, "The file cannot be read: it is not a regular file."),
    "device": (link("/dev/zero"), "The file cannot be read: it is not a regular file."),
    "large": (sparse(200), "The file is larger than 3 MB; split it."),
    "bytes": (b"\xff\xfe" + CANARY.encode(), "The file is not UTF-8 text."),
}
METADATA: dict[str, tuple[Made, str]] = {
    "pipe": (os.mkfifo, "has a metadata file that is not a regular file; restore it, or exclude the folder."),
    "device": (link("/dev/zero"), "has a metadata file that is not a regular file; restore it, or exclude the folder."),
    "deep": (DEEP, "its metadata file cannot be read"),
    "cut": ('{"format-version": 2, "location"', "its metadata file cannot be read"),
    "large": (sparse(200), "its metadata file cannot be read"),
}
COMMITS: dict[str, tuple[Made, str]] = {
    "pipe": (os.mkfifo, "has no version in its log; restore the log or exclude the folder."),
    "deep": (DEEP, "has a commit in its log that is nested more than 256 levels deep"),
    "cut": ('{"protocol": {"minRead', "its log is damaged, incomplete, of an unknown version or not to be had"),
}
PROJECTS: dict[str, tuple[str, Made, str]] = {
    "dbt_pipe": ("dbt_project.yml", os.mkfifo, "The file cannot be read: it is not a regular file."),
    "dbt_bomb": ("dbt_project.yml", f"a: &a [{CANARY}]\nb: [*a, *a]\n", "YAML aliases are not accepted"),
    "dbt_nul": ("dbt_project.yml", "a: \0\n", "holds a control character, which YAML does not allow; remove it."),
    "mesh": ("config.yaml", os.mkfifo, "The file cannot be read: it is not a regular file."),
    "gx": ("great_expectations.yml", os.mkfifo, "The file cannot be read: it is not a regular file."),
}
"""A file beside what is read: the project's own settings."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One night over all of it, each a source of its own; tables of a lake are one source together."""
    folder = tmp_path_factory.mktemp("places")
    lines = []
    for use, make in MAKERS.items():
        made = {**{name: one for name, (one, _) in DATABASES.items()}, **{n: how(make) for n, how in DAMAGED.items()}}
        for name, one in made.items():
            write(folder / use / f"{name}.db", one)
            lines.append(f"{use}_{name}: {{use: {use}, path: {use}/{name}.db}}")
    lines.append("alchemy: {use: sqlalchemy, url: 'sqlite:///sqlite/pipe.db'}")
    project = copy(folder)
    good = (project / "target" / "manifest.json").read_text("utf-8")
    for name, (one, _) in manifests(good).items():
        write(project / f"{name}.json", one)
        lines.append(f"manifest_{name}: {{use: dbt, path: dw, manifest: dw/{name}.json}}")
    write(project / "endless.json", edited(good, lambda node: node.update(compiled_code=ENDLESS)))
    write(project / "half.json", edited(good, lambda node: node.update(description="\ud800")))
    version = good.replace("/manifest/v12.json", "/manifest/v99.json")
    write(project / "version.json", version)
    lines += [f"{name}: {{use: dbt, path: dw, manifest: dw/{name}.json}}" for name in ("endless", "half", "version")]
    for name in ("cut", "deep", "large", "pipe"):
        lines.append(f"other_{name}: {{use: dbt, path: dw, catalog: dw/{name}.json, run_results: dw/{name}.json}}")
    for name, (one, _) in OWNERS.items():
        write(folder / f"repo_{name}" / "a.sql", "SELECT 1;")
        write(folder / f"repo_{name}" / "CODEOWNERS", one)
        lines.append(f"owners_{name}: {{use: codeowners, path: repo_{name}}}")
    for name, (one, _) in METADATA.items():
        write(folder / "ice" / name / "metadata" / "v1.metadata.json", one)
    for name in (*COMMITS, "good"):
        deltalake.write_deltalake(str(folder / "lake" / name), pa.table({"mail": ["u1@example.org"] * 9}))
    for name, (one, _) in COMMITS.items():
        commit = folder / "lake" / name / "_delta_log" / f"{0:020d}.json"
        commit.unlink()
        write(commit, one)
    lines += ["lake: {use: delta, path: lake}", "ice: {use: iceberg, path: ice}"]
    for name in ("dbt_pipe", "dbt_bomb", "dbt_nul"):
        ignored = shutil.ignore_patterns(*(f"{one}.json" for one in manifests(good)))
        shutil.copytree(project, folder / name, ignore=ignored)
        lines.append(f"{name}: {{use: dbt, path: {name}}}")
    write(folder / "mesh" / "models" / "a.sql", "MODEL (name crm.copy, dialect sqlite);\nSELECT 1\n")
    write(folder / "gx" / "expectations" / "a.json", '{"expectation_suite_name": "a", "expectations": []}')
    lines += ["mesh: {use: sqlmesh, path: mesh}", "gx: {use: gx, path: gx}"]
    for name, (file, one, _) in PROJECTS.items():
        (folder / name / file).unlink(missing_ok=True)
        write(folder / name / file, one)
    return night(folder, "\n".join(lines), limits="{statement_seconds: 1.5}")


def edited(good: str, change: Callable[[dict[str, Any]], object]) -> str:
    """A manifest with one model changed."""
    value = json.loads(good)
    change(next(node for node in value["nodes"].values() if node["name"] == "customer_revenue"))
    return json.dumps(value)


CASES = [
    *[(f"{use}_{name}", says) for use in MAKERS for name, (_, says) in DATABASES.items()],
    *[(f"{use}_{name}", "is damaged") for use in MAKERS for name in DAMAGED],
    ("alchemy", "is not a regular file; correct the path in 'url'."),
    *[(f"manifest_{name}", says) for name, (_, says) in manifests(" ").items()],
    *[(f"owners_{name}", says) for name, (_, says) in OWNERS.items()],
    *[(f"ice.{name}", says) for name, (_, says) in METADATA.items()],
    *[(f"lake.{name}", says) for name, (_, says) in COMMITS.items()],
    *[(f"{name}/{file}", says) for name, (file, _, says) in PROJECTS.items()],
    ("catalog", "is larger than 128 MB"),
    ("catalog", "is not valid JSON; run 'dbt docs generate' or remove it."),
    ("catalog", "is not a file, or a link to nothing; run 'dbt docs generate' or remove it."),
    ("run_results", "is larger than 128 MB"),
    ("run_results", "is not valid JSON; run dbt again or remove it."),
    ("dw/version.json", "The manifest is of version 99; datagov was tried with versions 9 to 12."),
]
"""A source, table or file, and what is said of it."""


@pytest.mark.parametrize(("name", "says"), CASES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(CASES)])
def test_what_cannot_be_read_is_a_sentence(told: Told, name: str, says: str) -> None:
    messages = told.of(name)

    assert any(says in message for message in messages), messages
    assert all(message.endswith(".") for message in messages)


@pytest.mark.parametrize(
    "source",
    ["half", "version", "endless", "other_pipe", "other_large", "dbt_pipe", "dbt_bomb", "dbt_nul", "mesh", "gx"],
)
def test_what_stands_beside_is_read(told: Told, source: str) -> None:
    assert told.rows("SELECT outcome FROM source WHERE name = ?", source) == [{"outcome": "read"}]
    if source not in ("mesh", "gx"):
        counted = "SELECT count(*) AS n FROM job JOIN source USING (source_id) WHERE source.name = ?"
        assert told.rows(counted, source)[0]["n"] > 5


def test_compiled_sql_that_would_hang_costs_its_own_statement(told: Told) -> None:
    (found,) = told.rows("SELECT * FROM problem WHERE kind = 'deadline'")

    assert found["message"] == "It took longer than 1.5 s and was left out."
    assert "customer_revenue" in found["object"]


def test_the_night_is_incomplete_and_nothing_of_the_files_is_repeated(told: Told) -> None:
    assert told.audit.exit is Exit.INCOMPLETE
    assert told.outcomes() == {"lake.good": "scanned"}
    assert is_fit_to_be_told(told.texts, told.audit.evidence_path.parents[3])
