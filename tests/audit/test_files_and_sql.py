"""Files and the SQL that reads and writes them meet by where the files lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datagov.audit import Audit, Engines, run
from datagov.stages.locations import Locations

PEOPLE = pa.table({"id": range(40), "phone": [f"1380013{n:04d}" for n in range(40)]})


def test_personal_data_is_followed_from_a_folder_of_files_through_sql_to_another(
    audited: Callable[..., Audit], shop: Path
) -> None:
    for folder in ("person/day=1", "export"):
        (shop / "lake" / folder).mkdir(parents=True)
    pq.write_table(PEOPLE, shop / "lake/person/day=1/a.parquet")
    pq.write_table(pa.table({"number": ["x"]}), shop / "lake/export/b.parquet")
    (shop / "sql" / "mailing.sql").write_text(
        "COPY (SELECT phone AS number FROM read_parquet('lake/person/*/*.parquet')) TO 'lake/export/b.parquet';"
    )

    audit = audited(lake="{use: files, path: lake}", jobs="{use: sqlfolder, path: sql, dialect: duckdb}")

    evidence = audit.evidence()
    found = evidence.rows(
        "SELECT d.name || '.' || c.name AS place, x.entity, x.hops FROM exposure x JOIN column c USING (column_id)"
        " JOIN dataset d USING (dataset_id) WHERE d.name LIKE 'lake.%' ORDER BY x.hops"
    )
    evidence.close()
    assert [(row["place"], row["hops"]) for row in found] == [("lake.person.phone", 0), ("lake.export.number", 1)]


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("s3://b/lake/person", "s3://b/lake/person/"),
        ("s3://b/lake/person", "s3a://b/lake/person/day=1/*.parquet"),
        ("s3://b/lake/person", "s3://b/lake/person/{a,b}.parquet"),
        ("lake/person", "./lake/person/part-*.parquet"),
        ("lake/person", "/mnt/data/lake/person/part-0.parquet"),
        ("lake/person", "file:///mnt/lake/person"),
        ("lake/t.csv", "lake/t.csv"),
    ],
)
def test_a_path_means_the_files_that_lie_there(location: str, path: str) -> None:
    places = Locations()
    places.add(7, location)
    places.add(8, "s3://b/lake/other")

    assert places.find(path) == (7,)


@pytest.mark.parametrize(
    "path", ["s3://b/lake", "s3://c/lake/person", "lake/people", "/lake", "https://b/lake/person", "*"]
)
def test_a_path_of_something_else_means_none_of_them(path: str) -> None:
    places = Locations()
    places.add(7, "s3://b/lake/person")
    places.add(8, "lake/person")

    assert places.find(path) == ()


def test_detection_lands_on_the_fields_that_the_files_list_and_stands_while_they_are_unchanged(
    audited: Callable[..., Audit], shop: Path, engines: Engines
) -> None:
    kind = pa.struct([("email", pa.string()), ("phone", pa.string()), ("deep", pa.struct([("n", pa.int64())]))])
    rows = [{"email": f"user{n}@example.org", "phone": None, "deep": {"n": n}} for n in range(60)]
    (shop / "lake").mkdir()
    pq.write_table(pa.table({"who": pa.array(rows, kind)}), shop / "lake/person.parquet")
    pq.write_table(pa.table({"who": pa.array([], kind)}), shop / "lake/nobody.parquet")
    audited(lake="{use: files, path: lake}")

    first = run(shop / "datagov.yaml", as_of="2026-07-01T22:00:00Z", engines=engines)
    again = run(shop / "datagov.yaml", as_of="2026-07-02T22:00:00Z", engines=engines)

    assert _fields(first) == [
        ("lake.nobody.who.deep.n", "int64", "not_examined", 0, None),
        ("lake.nobody.who.email", "string", "not_examined", 0, "EMAIL_ADDRESS"),
        ("lake.nobody.who.phone", "string", "not_examined", 0, "PHONE_NUMBER"),
        ("lake.person.who.deep.n", "int64", "scanned", 60, None),
        ("lake.person.who.email", "string", "scanned", 60, "EMAIL_ADDRESS"),
        ("lake.person.who.phone", "string", "not_examined", 0, "PHONE_NUMBER"),
    ]
    assert _fields(again) == _fields(first)
    assert {row["carried"] for row in _each(again, "SELECT carried FROM examination")} == {2}


def _fields(audit: Audit) -> list[tuple[object, ...]]:
    """(place, type, outcome, rows examined, entity) of every field of the lake."""
    rows = _each(
        audit,
        "SELECT d.name || '.' || c.name || '.' || c.field_path AS place, c.data_type, e.outcome, e.rows_examined,"
        " x.entity FROM column c JOIN dataset d USING (dataset_id) JOIN examination e USING (column_id)"
        " LEFT JOIN detection x USING (column_id) WHERE d.name LIKE 'lake.%' AND c.field_path IS NOT NULL ORDER BY 1",
    )
    return [tuple(row.values()) for row in rows]


def _each(audit: Audit, sql: str) -> list[dict[str, object]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()
