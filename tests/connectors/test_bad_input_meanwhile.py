"""Files that go, grow or are closed to the account while a folder is read cost themselves and nothing else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from _bad_folders import FOLDERS, file_of
from _bad_input import link, replaced_on_opening, sparse, write
from _sources import harvested, opened_to_all, unprivileged

from datagov import plugins, wholefile
from datagov.contracts import Source


def connector(use: str, folder: Path) -> Any:
    options = yaml.safe_load(f"{{path: {use}, {FOLDERS[use].options}}}")
    return plugins.load("datagov.connectors", use)(Source(1, "s", use, options, folder, "datagov.yaml", 3))


def told(use: str, folder: Path, name: str) -> list[str]:
    """What is said of a file; the facts of the others have to be there."""
    facts = harvested(connector(use, folder))
    places = {row.get("file") for table in ("job", "declaration", "owner_assertion") for row in facts[table]}
    assert file_of(use, "good") in places
    return [row["message"] for row in facts["problem"] if row["file"] == file_of(use, name) and row["fatal"]]


@pytest.mark.parametrize("use", FOLDERS)
def test_a_file_that_goes_after_it_was_listed_is_a_sentence(tmp_path: Path, use: str) -> None:
    for name in ("good", "next"):
        write(tmp_path / file_of(use, name), FOLDERS[use].good)
    gone = tmp_path / file_of(use, "next")

    with replaced_on_opening(file_of(use, "good"), gone.unlink):
        (message,) = told(use, tmp_path, "next")

    assert not gone.exists()
    assert "There is no such file" in message or "cannot be read: No such file or directory" in message


@pytest.mark.parametrize("use", FOLDERS)
def test_a_file_that_becomes_a_pipe_after_it_was_listed_is_a_sentence(tmp_path: Path, use: str) -> None:
    for name in ("good", "next"):
        write(tmp_path / file_of(use, name), FOLDERS[use].good)
    other = tmp_path / file_of(use, "next")

    def replace() -> None:
        other.unlink()
        os.mkfifo(other)

    with replaced_on_opening(file_of(use, "good"), replace):
        (message,) = told(use, tmp_path, "next")

    assert "cannot be read: it is not a regular file" in message


@pytest.mark.parametrize("use", FOLDERS)
def test_a_file_without_permission_is_a_sentence(tmp_path: Path, use: str) -> None:
    for name in ("good", "next"):
        write(tmp_path / file_of(use, name), FOLDERS[use].good)
    opened_to_all(tmp_path)
    harvested(connector(use, tmp_path))
    (tmp_path / file_of(use, "next")).chmod(0)

    with unprivileged():
        (message,) = told(use, tmp_path, "next")

    assert "cannot be read: Permission denied" in message


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (os.mkfifo, "it is not a regular file"),
        (link("/dev/zero"), "it is not a regular file"),
        (Path.mkdir, "Is a directory"),
    ],
    ids=["pipe", "device", "folder"],
)
def test_what_is_no_regular_file_is_never_waited_for(tmp_path: Path, made: Any, reason: str) -> None:
    write(tmp_path / "a", made)

    with pytest.raises(OSError) as refused:
        wholefile.read(tmp_path / "a", most=9)

    assert str(refused.value.strerror).startswith(reason)


def test_no_more_is_read_of_a_file_than_it_may_hold_whatever_size_it_says_it_has(tmp_path: Path) -> None:
    write(tmp_path / "a", sparse(200))
    growing = Path("/proc/self/maps")

    for path in (tmp_path / "a", growing):
        with pytest.raises(wholefile.TooLargeError):
            wholefile.read(path, most=99)
    assert growing.stat().st_size == 0
