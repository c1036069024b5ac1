"""Canaries in every data column of the demo, and none of them in anything a run leaves behind."""

from __future__ import annotations

import base64
import gzip
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

import datagov
from datagov.demo import build, canaries

pytestmark = pytest.mark.slow

REPORTS = ("text", "json", "sarif", "html")
DATA = ("app.db", "warehouse.db")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A demo with canaries, audited, with every report beside it; and what was planted."""
    folder = tmp_path_factory.mktemp("leaks")
    config = build(folder)
    values = canaries.plant(folder)
    audit = datagov.run(config)
    for name in REPORTS:
        for language in ("en", "zh"):
            (folder / f"report.{name}.{language}").write_bytes(audit.report(name, language=language))
    return folder, values


def artefacts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a folder but its data, and what its text hides in base64 or gzip."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name not in DATA:
            raw = path.read_bytes()
            yield path.name, raw
            for run in re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", raw):
                hidden = base64.b64decode(run + b"=" * (-len(run) % 4))
                yield f"{path.name}, base64", gzip.decompress(hidden) if hidden[:2] == b"\x1f\x8b" else hidden


def spellings(value: str) -> list[bytes]:
    """Ways a value may stand in a file."""
    escaped = value.encode("ascii", "backslashreplace")
    return list({value.encode(), value.encode("utf-16-le"), escaped, base64.b64encode(value.encode())})


def leaks(folder: Path, values: list[str]) -> list[str]:
    return [
        f"{name} holds a canary"
        for name, raw in artefacts(folder)
        if any(spelling in raw for value in values for spelling in spellings(value))
    ]


def test_the_search_finds_what_it_looks_for(planted: tuple[Path, set[str]], tmp_path: Path) -> None:
    _, values = planted
    canary = sorted(values)[-1]
    for name, raw in {
        "plain.txt": canary.encode(),
        "wide.txt": canary.encode("utf-16-le"),
        "packed.html": base64.b64encode(gzip.compress(b"-" * 9000 + canary.encode(), 0)),
    }.items():
        (tmp_path / name).write_bytes(raw)

    assert len(leaks(tmp_path, [canary])) >= 3


def test_the_run_examined_the_columns_with_canaries(planted: tuple[Path, set[str]]) -> None:
    folder, values = planted
    evidence = next(folder.rglob("evidence.sqlite"))
    with sqlite3.connect(evidence) as facts:
        examined = facts.execute("SELECT count(*) FROM examination WHERE rows_examined > 0").fetchone()[0]
    facts.close()

    assert len(values) > 150
    assert examined >= len(values)


def test_no_planted_canary_is_in_anything_a_run_leaves(planted: tuple[Path, set[str]]) -> None:
    folder, values = planted

    assert leaks(folder, sorted(values)) == []


def test_no_value_of_the_data_is_in_anything_a_run_leaves(planted: tuple[Path, set[str]]) -> None:
    folder, _ = planted
    every_tenth = sorted(canaries.values(folder))[::10]

    assert len(every_tenth) > 1000
    assert leaks(folder, every_tenth) == []
