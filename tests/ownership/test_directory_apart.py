"""The directory of people is read in a watched worker, with the same result, the same refusals and a bounded cost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from datagov import config
from datagov.contracts import Limits
from datagov.engine.local import LocalEngine
from datagov.ownership import registers
from datagov.stages.declare import people_apart

LDIF = "dn: cn=li,dc=x\nobjectClass: person\nmail: li@x.org\nuserAccountControl: 512\n"
PEOPLE = '[{"mail": "li@x.org", "active": true}, {"name": "nobody"}, {"mail": "wu@x.org", "active": false}]'


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    with LocalEngine(workers=1, limits=Limits(deadline_seconds=60, memory_mb=400)) as made:
        yield made


def read(folder: Path, name: str, engine: LocalEngine | None) -> dict[str, list[dict[str, Any]]]:
    (folder / "datagov.yaml").write_text(
        f"platform: p\nsources: {{a: {{use: sqlite, path: a.db}}}}\nregisters: {{principals: {name}}}\n"
    )
    settings = config.load(folder / "datagov.yaml")
    model = settings.model.registers.principals
    assert model is not None
    people = partial(people_apart, engine, model) if engine else None
    return {table: batch.to_pylist() for table, batch in registers.read(settings, people=people)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("users.json", PEOPLE),
        ("users.ldif", LDIF),
        ("users.csv", "principal,status\nli@x.org,active\n"),
        ("users.csv", "principal,status\nli@x.org,active\nli@x.org,active\n"),
        ("users.json", '[{"mail": "li@x.org", "active": true},\n {"mail": "wu@x.org"'),
    ],
)
def test_a_worker_reads_and_refuses_what_this_process_would(
    tmp_path: Path, engine: LocalEngine, name: str, text: str
) -> None:
    (tmp_path / name).write_text(text)

    assert read(tmp_path, name, engine) == read(tmp_path, name, None)


def test_an_export_that_outgrows_the_memory_is_a_problem_and_no_directory(tmp_path: Path, engine: LocalEngine) -> None:
    (tmp_path / "users.json").write_text("[" + ",".join(['{"mail":"a","x":[[],[],[]]}'] * 1_500_000) + "]")
    rows = read(tmp_path, "users.json", engine)

    assert "register" not in rows and "principal" not in rows
    assert "memory limit of 400 MB" in rows["problem"][0]["message"]
    assert rows["problem"][0]["fatal"]
