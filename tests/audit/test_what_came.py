"""Whether a table was scanned is decided by the rows that came, not by those that were planned; what lacked is said."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov import config, scan
from datagov.contracts import DatasetRef, Limits, Source, Split
from datagov.errors import SourceError
from datagov.stages import arrived
from datagov.stages.detect import examine_datasets
from datagov.stages.examine import Work
from datagov.store import Evidence

ROWS = 400


def scanned(folder: Path, sources: str, detection: str = "{}") -> tuple[Evidence, bool]:
    file = folder / "datagov.yaml"
    file.write_text(f"platform: p\noutput: out\ndetection: {detection}\nsources: {sources}\n")
    result = scan.run(config.load(file), as_of="2026-06-30T16:00:00Z")
    return result.evidence(), result.complete


def examined(evidence: Evidence) -> dict[str, dict[str, Any]]:
    sql = (
        "SELECT d.name || '.' || c.name AS name, e.* FROM examination e"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
    )
    return {row["name"]: row for row in evidence.rows(sql)}


def problems(evidence: Evidence) -> list[tuple[str, bool, str]]:
    sql = "SELECT kind, fatal, message FROM problem WHERE stage = 'detect' ORDER BY message"
    return [(row["kind"], bool(row["fatal"]), row["message"]) for row in evidence.rows(sql)]


def notes(start: int) -> list[str]:
    return [f"kanarienvogel {n} sang on the roof of the house" for n in range(start, start + ROWS)]


def parquet(path: Path, start: int, *, damaged: bool = False) -> None:
    """Two row groups; of a damaged file the pages of the second are overwritten, its footer is whole."""
    table = pa.table({"note": notes(start), "n": list(range(start, start + ROWS))})
    pq.write_table(table, path, row_group_size=ROWS // 2, use_dictionary=False, compression="snappy")
    if damaged:
        group = pq.ParquetFile(path).metadata.row_group(1).column(0)
        raw = bytearray(path.read_bytes())
        first = group.data_page_offset
        raw[first + 12 : first + group.total_compressed_size - 4] = b"\xff" * (group.total_compressed_size - 16)
        path.write_bytes(bytes(raw))


FILES = "{lake: {use: files, path: lake}}"


def test_a_row_group_that_is_corrupt_beside_a_good_file_is_said_and_the_table_is_not_scanned(tmp_path: Path) -> None:
    (tmp_path / "lake" / "t").mkdir(parents=True)
    parquet(tmp_path / "lake" / "t" / "a.parquet", 0)
    parquet(tmp_path / "lake" / "t" / "b.parquet", ROWS, damaged=True)

    evidence, complete = scanned(tmp_path, FILES, "{full_scan: {}}")
    note = examined(evidence)["lake.t.note"]
    ((kind, fatal, message),) = problems(evidence)

    assert note["outcome"] == "sampled"
    assert note["rows_total"] == 2 * ROWS
    assert ROWS <= note["rows_examined"] < 2 * ROWS
    assert note["excludable_prevalence"] is None or note["excludable_prevalence"] >= 0.2
    assert "b.parquet" in note["reason"]
    assert note["full_scan"] == "partly"
    assert (kind, fatal) == ("lacking", True)
    assert "b.parquet" in message
    assert not complete
    evidence.close()


def test_a_table_of_one_corrupt_file_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    parquet(tmp_path / "lake" / "t.parquet", 0, damaged=True)

    evidence, complete = scanned(tmp_path, FILES)

    assert {row["outcome"] for row in examined(evidence).values()} == {"unreadable"}
    assert not complete
    assert "kanarienvogel" not in json.dumps(problems(evidence))
    evidence.close()


@pytest.mark.parametrize("bad", [1, 3])
def test_lines_of_a_csv_with_other_cells_are_counted_and_the_table_is_not_scanned(tmp_path: Path, bad: int) -> None:
    (tmp_path / "lake").mkdir()
    lines = [f"{note},{n}" for n, note in enumerate(notes(0))]
    for n in range(bad):
        lines[150 + n] = "kanarienvogel,1,2,3"
    (tmp_path / "lake" / "t.csv").write_text("note,n\n" + "\n".join(lines) + "\n")

    evidence, complete = scanned(tmp_path, FILES)
    note = examined(evidence)["lake.t.note"]
    ((kind, fatal, message),) = problems(evidence)

    assert (note["outcome"], note["rows_examined"]) == ("sampled", ROWS - bad)
    assert (kind, fatal, complete) == ("lacking", True, False)
    assert ("A broken line of" if bad == 1 else "3 broken lines of") in message
    assert "kanarienvogel" not in message
    evidence.close()


def test_a_csv_that_is_cut_within_a_quoted_cell_is_not_scanned(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    lines = [f'"{note}",{n}' for n, note in enumerate(notes(0))]
    (tmp_path / "lake" / "t.csv").write_text("note,n\n" + "\n".join(lines) + '\n"kanarienvogel with no end\n')

    evidence, complete = scanned(tmp_path, FILES)

    assert {row["outcome"] for row in examined(evidence).values()} <= {"sampled", "unreadable"}
    assert not complete
    assert "kanarienvogel" not in json.dumps(problems(evidence))
    evidence.close()


def test_a_whole_table_is_still_scanned(tmp_path: Path) -> None:
    (tmp_path / "lake" / "t").mkdir(parents=True)
    parquet(tmp_path / "lake" / "t" / "a.parquet", 0)
    parquet(tmp_path / "lake" / "t" / "b.parquet", ROWS)

    evidence, complete = scanned(tmp_path, FILES)

    assert {row["outcome"] for row in examined(evidence).values()} == {"scanned"}
    assert complete
    assert problems(evidence) == []
    evidence.close()


def test_a_table_that_is_dropped_between_harvest_and_reading_is_an_error_and_never_empty(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "x.db").close()
    source = Source(1, "s", "sqlite", {"path": "x.db"}, tmp_path, "datagov.yaml", 1)
    work = Work(DatasetRef(2**32, "main.gone", ((2**32 + 1, "c"),), 10), {2**32 + 1: ("TEXT", None)})

    with pytest.raises(SourceError, match=r"main\.gone"):
        examine_datasets(source, [work], Limits(), 0)


class Reading:
    """A source that hands over some batches and then breaks."""

    role = "data"

    def __init__(self, batches: Sequence[pa.RecordBatch], error: Exception | None) -> None:
        self._batches, self._error = batches, error

    def harvest(self) -> Iterator[Any]:
        return iter(())

    def plan(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[Split]:
        return [Split(dataset, rows, True)]

    def read(self, split: Split) -> Iterator[pa.RecordBatch]:
        yield from self._batches
        if self._error:
            raise self._error

    def queries(self, dataset: DatasetRef, *, rows: int, seed: int) -> Sequence[tuple[str, int]]:
        return []

    def pushdown(self) -> None:
        return None


DATASET = DatasetRef(1, "s.t", ((2, "c"),), 100)
BATCH = pa.RecordBatch.from_pydict({"2": ["a word"] * 40})


def read(batches: Sequence[pa.RecordBatch], error: Exception | None = None, rows: int | None = 100) -> arrived.Arrived:
    dataset = replace(DATASET, row_count=rows)
    reading = Reading(batches, error)
    return arrived.read(reading, dataset, reading.plan(dataset, rows=100, seed=0))


def test_rows_that_came_before_a_source_broke_count_and_what_broke_is_said_without_a_value() -> None:
    came = read([BATCH], ValueError("kanarienvogel"))

    assert (came.full, came.broken, came.missing) == (False, True, 0.6)
    assert "broke off after 40 rows" in str(came.lacking)
    assert "ValueError" in str(came.lacking)
    assert "kanarienvogel" not in str(came.lacking)


def test_nothing_before_a_source_broke_is_its_error() -> None:
    with pytest.raises(ValueError, match="x"):
        read([], ValueError("x"))


def test_fewer_rows_than_were_counted_are_said_and_make_no_audit_incomplete() -> None:
    came = read([BATCH])

    assert (came.full, came.broken, came.missing) == (False, False, 0.6)
    assert came.lacking == "60 of the 100 rows that the source had counted did not come."


@pytest.mark.parametrize("rows", [40, 30, None, 0])
def test_as_many_rows_as_were_counted_or_more_are_all(rows: int | None) -> None:
    assert read([BATCH], rows=rows) == arrived.Arrived([BATCH], full=True)


def test_batches_of_one_table_with_other_types_are_examined_together(tmp_path: Path) -> None:
    (tmp_path / "lake" / "t").mkdir(parents=True)
    pq.write_table(pa.table({"c": [1, 2], "d": [{"x": 1}, None]}), tmp_path / "lake" / "t" / "a.parquet")
    pq.write_table(pa.table({"c": ["p@example.com"] * 40, "d": [[1.5]] * 40}), tmp_path / "lake" / "t" / "b.parquet")

    evidence, complete = scanned(tmp_path, FILES)

    assert {name: row["rows_examined"] for name, row in examined(evidence).items()}["lake.t.c"] == 42
    assert complete
    evidence.close()


FIRST = ["Anna", "Peter", "Maria", "John", "Laura", "Thomas", "Julia", "Michael", "Sarah", "David"]
LAST = ["Schmidt", "Miller", "Garcia", "Rossi", "Novak", "Jensen", "Kowalski", "Silva", "Murphy", "Dubois"]
CITIES = ["Berlin", "Oslo", "Lyon", "Porto", "Graz", "Turin"]


def test_a_city_beside_persons_is_part_of_an_address_in_a_scan(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.db") as db:
        for table in ("t1", "shop"):
            db.execute(f"CREATE TABLE {table} (c1 TEXT, c2 TEXT, city TEXT)")
            rows = [
                (f"{first} {last}", f"{first}.{last}@example.com", CITIES[n % 6])
                for first in FIRST
                for n, last in enumerate(LAST)
            ]
            db.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    db.close()

    evidence, _ = scanned(tmp_path, "{s: {use: sqlite, path: x.db}}")
    held = evidence.rows(
        "SELECT d.name || '.' || c.name AS name, t.entity, t.by_content, t.evidence FROM detection t"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id) WHERE t.entity = 'LOCATION'"
    )

    assert [row["name"] for row in held] == ["main.t1.city"]
    assert json.loads(held[0]["evidence"])["rows_are_persons_by"] == ["c1", "c2"]
    assert not held[0]["by_content"]
    evidence.close()
