"""A folder of data files, every kind of bad one beside a good one: one night, a sentence each, the good one scanned.

Each file is a table of its own. What a table's rows cannot be had of is ``unreadable``, and never clean.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq
import pytest
from _bad_input import LEVELS, Made, Told, is_fit_to_be_told, link, night, write

from datagov.model import Exit
from datagov.testing import CANARY

PEOPLE = pa.table({"mail": [f"u{n}@example.org" for n in range(200)], "n": list(range(200))})


def parquet(*, cut: int | None = None, spoilt: slice | None = None) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        pq.write_table(PEOPLE, path, compression="none", use_dictionary=False)
        raw = bytearray(path.read_bytes())
        if spoilt:
            raw[spoilt] = b"\xff" * len(raw[spoilt])
        path.write_bytes(raw[:cut])

    return make


def other(write_table: Callable[[pa.Table, Any], object], cut: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        write_table(PEOPLE, path)
        path.write_bytes(path.read_bytes()[:cut])

    return make


def arrow(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def line_of_a_gigabyte(begins: str) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.write_text(begins + CANARY)
        os.truncate(path, 2**30)

    return make


def array_of_65_mb(path: Path) -> None:
    path.write_bytes(b"[" + b" " * (65 << 20) + b"]")


def bomb(path: Path) -> None:
    """A hundred kilobytes that unpack to a hundred megabytes of rows."""
    path.write_bytes(gzip.compress(b'{"mail": "kanarie@example.org"}\n' * (100 * 2**20 // 32), 1))


def deep(value: str) -> str:
    return '{"mail": "u1@example.org"}\n{"mail": ' + value + "}\n"


LISTS, OBJECTS = "[" * LEVELS + "]" * LEVELS, '{"a":' * LEVELS + "1" + "}" * LEVELS
DEEP = "is nested more than 256 levels deep; exclude it, or write it flatter."
CASES: dict[str, tuple[Made, str]] = {
    "cut.parquet": (parquet(cut=1_000), "is damaged or not of its format"),
    "footer.parquet": (parquet(cut=-6), "is damaged or not of its format"),
    "pages.parquet": (parquet(spoilt=slice(20, 900)), "is damaged"),
    "text.parquet": (f"{CANARY},1\n", "is damaged or not of its format"),
    "stripe.orc": (other(orc.write_table, 300), "is damaged"),
    "batch.arrow": (other(arrow, 300), "is damaged"),
    "lists.ndjson": (deep(LISTS), DEEP),
    "objects.ndjson": (deep(OBJECTS), DEEP),
    "array.json": (f'[{{"mail": {LISTS}}}]', DEEP),
    "packed.jsonl.gz": (gzip.compress(deep(OBJECTS).encode()), DEEP),
    "one.json": (LISTS, DEEP),
    "open.json": ("\n".join("[" * 5_000), DEEP),
    "large.json": (array_of_65_mb, "is a JSON array of more than 64 MB"),
    "line.csv": (line_of_a_gigabyte("mail,n\n"), "has a line longer than 8 MB"),
    "endless.ndjson": (line_of_a_gigabyte('{"mail": "'), "has a line longer than 8 MB"),
    "bomb.ndjson.gz": (bomb, "unpacks to more than"),
    "cut-gzip.csv.gz": (gzip.compress(b"mail,n\nu@a.cn,1\n" * 9_999)[:300], "is damaged, cut short or cannot be read"),
    "plain.csv.gz": ("mail,n\nu@example.org,1\n", "is damaged, cut short or cannot be read"),
    "wide.csv": ("mail,n\nu@example.org,1\n".encode("utf-16"), "set 'encoding'"),
    "nul.csv": (b"\0" * 9_999, "set 'encoding'"),
    "pipe.csv": (os.mkfifo, "is not a regular file, or a link to nothing"),
    "device.csv": (link("/dev/zero"), "is a link that leads out of its folder"),
    "itself.csv": (link("itself.csv"), "is not a regular file, or a link to nothing"),
    "up": (link("."), "is a linked folder, which is not followed"),
}
"""A file, and what is said of it."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("files")
    (folder / "lake").mkdir()
    pq.write_table(PEOPLE, folder / "lake" / "good.parquet")
    for name, (made, _) in CASES.items():
        write(folder / "lake" / name, made)
    mixed = folder / "lake" / "mixed"
    write(mixed / "a.ndjson", json.dumps({"mail": "u1@example.org", "n": 1}))
    write(mixed / "b.csv", "mail,city\nu2@example.org,Oslo\n")
    write(mixed / "c.parquet", lambda path: pq.write_table(pa.table({"mail": [3, 4]}), path))
    return night(folder, "lake: {use: files, path: lake, text_mb: 1}")


@pytest.mark.parametrize(("name", "says"), [(name, says) for name, (_, says) in CASES.items()], ids=list(CASES))
def test_a_bad_file_is_a_sentence_and_its_table_is_not_clean(told: Told, name: str, says: str) -> None:
    table = f"lake.{name.partition('.')[0]}"
    messages = told.of(name) + told.of(table)

    assert any(says in message for message in messages), messages
    assert all(message.endswith(".") for message in messages)
    assert {outcome for outcome in (told.outcomes().get(table), told.outcomes("n").get(table)) if outcome} <= {
        "unreadable",
        "not_examined",
    }


def test_files_of_several_shapes_in_one_folder_are_one_table_with_all_their_columns(told: Told) -> None:
    assert told.outcomes()["lake.mixed"] == "scanned"
    assert told.outcomes("city")["lake.mixed"] == "scanned"


def test_the_good_file_is_scanned_and_the_night_is_incomplete(told: Told) -> None:
    assert told.audit.exit is Exit.INCOMPLETE
    assert told.outcomes()["lake.good"] == "scanned"
    assert is_fit_to_be_told(told.texts, told.audit.evidence_path.parents[3])
