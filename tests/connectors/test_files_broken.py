"""Files as they should not be: each is told by a sentence that repeats no cell, and what can be read is read."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _lakes import problems, rows
from _sources import datasets, harvested

from datagov.audit import Audit, run
from datagov.connectors._files_faults import LINE_BYTES
from datagov.connectors.files import FilesConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.model import Exit

PEOPLE = pa.table({"id": list(range(200)), "email": [f"user{n}@example.org" for n in range(200)]})
WIDE = "email,name\nann@example.org,张三\n"


def connector(folder: Path, **options: Any) -> FilesConnector:
    return FilesConnector(Source(1, "lake", "files", {"path": "lake", **options}, folder, "datagov.yaml", 3))


def lake(folder: Path, **files: bytes) -> None:
    for name, content in files.items():
        path = folder / "lake" / name.replace("__", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def ndjson(*values: object) -> bytes:
    return b"".join(json.dumps({"v": value}).encode() + b"\n" for value in values)


def test_a_broken_line_in_the_middle_is_counted_and_the_lines_around_it_are_read(tmp_path: Path) -> None:
    lines = [json.dumps({"n": n, "email": f"u{n}@example.org"}).encode() for n in range(500)]
    lines[250] = b'{"email": "canary@example.org'
    lake(tmp_path, t__ndjson=b"\n".join(lines))

    read = rows(connector(tmp_path), "lake.t")
    said = problems(connector(tmp_path))["t.ndjson"]

    assert read["n"] == [n for n in range(500) if n != 250]
    assert "has 1 broken line" in said and "line 251" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("values", "comes"),
    [
        ([1, 2, "three"], ["1", "2", "three"]),
        ([1, {"a": 1}], ["1", '{"a": 1}']),
        ([1, 2**80], ["1", str(2**80)]),
        ([None, [1], "x"], [None, "[1]", "x"]),
    ],
)
def test_a_field_whose_lines_differ_in_type_is_text(tmp_path: Path, values: list[Any], comes: list[Any]) -> None:
    lake(tmp_path, t__ndjson=ndjson(*values))

    assert rows(connector(tmp_path), "lake.t")["v"] == comes
    assert not problems(connector(tmp_path))


@pytest.mark.parametrize("sample", [2_000, 10**7])
def test_a_field_may_change_its_type_behind_the_first_megabytes(tmp_path: Path, sample: int) -> None:
    one = ndjson(*[1] * 1_000)
    count = LINE_BYTES // len(one) + 2
    lake(tmp_path, t__ndjson=one * count + ndjson(*["text"] * 400_000))

    read = rows(connector(tmp_path), "lake.t", rows=sample)["v"]

    assert set(read) == {"1", "text"}
    assert len(read) == min(sample, count * 1_000 + 400_000)


def test_lines_of_another_number_of_cells_are_counted_and_the_others_are_read(tmp_path: Path) -> None:
    lake(tmp_path, t__csv=b"a,b\n1,2\n3\n4,5,6\n7,8\n")

    assert rows(connector(tmp_path), "lake.t") == {"a": ["1", "7"], "b": ["2", "8"]}
    assert "has 2 broken lines" in problems(connector(tmp_path))["t.csv"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_two_or_four_bytes_a_character_is_never_taken_for_rows(tmp_path: Path, encoding: str) -> None:
    lake(tmp_path, t__csv=WIDE.encode(encoding), u__csv=WIDE.encode())

    said = problems(connector(tmp_path))

    assert "set 'encoding'" in said["t.csv"]
    assert rows(connector(tmp_path), "lake.u")["name"] == ["张三"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_the_encoding_is_an_option_and_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path, encoding: str) -> None:
    lake(tmp_path, t__csv=WIDE.encode(encoding))

    read = rows(connector(tmp_path, encoding=encoding), "lake.t")

    assert read == {"email": ["ann@example.org"], "name": ["张三"]}


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe"])
def test_json_with_a_byte_order_mark_is_read_or_said_to_be_utf_16(tmp_path: Path, mark: bytes) -> None:
    text = '{"email": "ann@example.org"}\n'
    wide = mark == b"\xff\xfe"
    lake(tmp_path, t__ndjson=text.encode("utf-16") if wide else mark + text.encode())

    if wide:
        assert "is UTF-16 text" in problems(connector(tmp_path))["t.ndjson"]
    else:
        assert rows(connector(tmp_path), "lake.t") == {"email": ["ann@example.org"]}


@pytest.mark.parametrize("content", [b"email,name\n", b"email,name", b"\xef\xbb\xbfemail,name\r\n"])
def test_a_csv_with_a_heading_only_has_columns_and_no_rows(tmp_path: Path, content: bytes) -> None:
    lake(tmp_path, t__csv=content)

    assert rows(connector(tmp_path), "lake.t") == {"email": [], "name": []}
    assert not problems(connector(tmp_path))


EMPTY = ("csv", "tsv", "ndjson", "json", "parquet", "orc", "arrow")


def test_empty_files_are_never_clean_and_hide_no_neighbour(tmp_path: Path) -> None:
    lake(tmp_path, **{f"e_{form}__{form}": b"" for form in EMPTY}, t__csv=b"a\n1\n")

    said = problems(connector(tmp_path))

    assert {name.partition(".")[2] for name in said if name.startswith("e_")} >= {"parquet", "orc", "arrow"}
    assert rows(connector(tmp_path), "lake.t") == {"a": ["1"]}
    assert all(not ref.columns for name, ref in datasets(connector(tmp_path)).items() if name != "lake.t")


@pytest.mark.parametrize("name", ["t.csv", "t.ndjson", "t.csv.gz", "t.ndjson.gz"])
def test_one_line_without_end_is_a_sentence_of_its_file_and_little_is_held(tmp_path: Path, name: str) -> None:
    begins = b'{"a": "' if "ndjson" in name else b"a,b\n"
    (tmp_path / "lake").mkdir()
    opened: Callable[..., Any] = gzip.open if name.endswith("gz") else open
    with opened(tmp_path / "lake" / name, "wb") as file:
        file.write(begins)
        for _ in range(100):
            file.write(b"x" * 2**20)
    pool, kept = pa.proxy_memory_pool(pa.default_memory_pool()), pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        said = [row["message"] for row in harvested(connector(tmp_path))["problem"]]
        if not said:
            with pytest.raises(SourceError) as caught:
                rows(connector(tmp_path), "lake.t")
            said = [str(caught.value)]
    finally:
        pa.set_memory_pool(kept)

    assert f"{name}' has a line longer than 8 MB" in said[0]
    assert pool.max_memory() < 100 * 2**20


def test_a_bomb_of_packed_lines_is_stopped_with_the_name_of_its_file(tmp_path: Path) -> None:
    lake(tmp_path, t__ndjson__gz=gzip.compress(b'{"a": "aaaaaaa"}\n' * (6 * 2**20), 1))

    with pytest.raises(SourceError, match=r"^The file 't\.ndjson\.gz' unpacks to more than 64 MB; "):
        rows(connector(tmp_path, text_mb=1), "lake.t", rows=10)


def test_a_row_group_of_millions_of_nulls_is_read_in_small_parts(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    nulls = pa.table({f"c{n}": pa.nulls(4_000_000, pa.int64()) for n in range(8)})
    pq.write_table(nulls, tmp_path / "lake" / "t.parquet", row_group_size=4_000_000)
    del nulls
    pool, kept = pa.proxy_memory_pool(pa.default_memory_pool()), pa.default_memory_pool()
    pa.set_memory_pool(pool)
    try:
        assert len(rows(connector(tmp_path), "lake.t", rows=100)["c0"]) == 100
    finally:
        pa.set_memory_pool(kept)

    assert (tmp_path / "lake" / "t.parquet").stat().st_size < 100_000
    assert pool.max_memory() < 64 * 2**20


def test_a_file_that_shrinks_or_goes_between_harvest_and_reading_is_a_sentence(tmp_path: Path) -> None:
    lake(tmp_path, a__csv=b"n\n1\n", b__csv=b"n\n1\n")
    pq.write_table(PEOPLE, tmp_path / "lake" / "c.parquet")
    made = connector(tmp_path)
    known = datasets(made)
    splits = {name: made.plan(ref, rows=50, seed=1) for name, ref in known.items()}
    (tmp_path / "lake" / "a.csv").unlink()
    (tmp_path / "lake" / "b.csv").write_bytes(b"")
    (tmp_path / "lake" / "c.parquet").write_bytes((tmp_path / "lake" / "c.parquet").read_bytes()[:300])

    for name, says in (("lake.a", "cannot be opened"), ("lake.c", "is damaged")):
        with pytest.raises(SourceError, match=says):
            list(made.read(splits[name][0]))
    assert [batch.num_rows for batch in made.read(splits["lake.b"][0])] == [0]


def test_more_files_than_a_source_may_have_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datagov.connectors._folder.MAX_FILES", 20)
    lake(tmp_path, **{f"f{n}__csv": b"a\n1\n" for n in range(21)})

    with pytest.raises(SourceError, match="more than 20 files; split it"):
        harvested(connector(tmp_path))


def test_a_night_over_all_of_it_is_incomplete_and_finds_what_is_whole(tmp_path: Path) -> None:
    """One source with every kind of broken file beside a whole one: a sentence each, the rest done, exit 3."""
    good = tmp_path / "lake" / "people" / "part.parquet"
    good.parent.mkdir(parents=True)
    pq.write_table(PEOPLE, good)
    content = good.read_bytes()
    lake(
        tmp_path,
        cut__parquet=content[: len(content) // 2],
        spoilt__parquet=content[:10] + os.urandom(200) + content[210:],
        wide__csv=WIDE.encode("utf-16"),
        ragged__csv=b"a,b\n1\n2,3\n",
        lines__ndjson=b'{"a": 1}\n{"a":\n{"a": 2}\n',
        array__json=b'[{"a": 1}, {"a"',
        nothing__parquet=b"",
        heading__csv=b"email,name",
    )
    (tmp_path / "lake" / "people" / "up").symlink_to("..")
    (tmp_path / "lake" / "itself.csv").symlink_to("itself.csv")
    (tmp_path / "datagov.yaml").write_text(
        "platform: broken\nas_of: 2026-06-30T16:00:00Z\nsources:\n  lake: {use: files, path: lake}\n"
    )

    audit: Audit = run(tmp_path / "datagov.yaml")
    evidence = audit.evidence()
    told = {row["object"]: row["message"] for row in evidence.rows("SELECT object, message FROM problem WHERE fatal")}
    found = evidence.rows(
        "SELECT e.outcome, t.entity FROM detection t JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
        " JOIN examination e USING (column_id) WHERE d.name = 'lake.people' AND c.name = 'email'"
    )
    evidence.close()

    assert audit.exit == Exit.INCOMPLETE
    assert [(row["outcome"], row["entity"]) for row in found] == [("scanned", "EMAIL_ADDRESS")]
    for name in ("cut.parquet", "wide.csv", "ragged.csv", "lines.ndjson", "array.json", "nothing.parquet"):
        assert name in told, name
    assert {"itself.csv", "people/up", "lake.spoilt"} <= told.keys()
    assert not [message for message in told.values() if "unexpected" in message or "example.org" in message]
