"""A directory of people that cannot be read is a sentence: the register is not connected, the tables are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from _bad_input import LEVELS, Made, is_fit_to_be_told, night, sparse, write
from _sources import database

from datagov.model import Exit
from datagov.testing import CANARY


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (os.mkfifo, "The file cannot be read: it is not a regular file."),
        (sparse(200), "The file is larger than 64 MB; split it."),
        ("[" * LEVELS + "]" * LEVELS, "This is nested too deep."),
        (f'[{{"mail": "{CANARY}', "This is not valid JSON (unterminated string starting at)."),
    ],
    ids=["pipe", "large", "deep", "cut"],
)
def test_people_that_cannot_be_read_are_a_sentence(tmp_path: Path, made: Made, says: str) -> None:
    database(tmp_path, "CREATE TABLE t (mail TEXT); INSERT INTO t VALUES ('u1@example.org');")
    write(tmp_path / "people.json", made)

    told = night(tmp_path, "app: {use: sqlite, path: app.db}", more="registers: {principals: people.json}\n")

    assert told.audit.exit is Exit.INCOMPLETE
    assert any(message.endswith(says) for message in told.of("people.json"))
    assert told.outcomes() == {"main.t": "scanned"}
    assert is_fit_to_be_told(told.texts, tmp_path)
