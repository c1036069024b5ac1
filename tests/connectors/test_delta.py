"""Delta tables: what their log says of them, which rows still count, and what is said of broken ones."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _lakes import cells, columns, problems, ref, rows, served
from _sources import harvested

from datagov.connectors.delta import DeltaConnector
from datagov.contracts import Source
from datagov.errors import SourceError

deltalake = pytest.importorskip("deltalake")
pyroaring = pytest.importorskip("pyroaring")

PEOPLE = pa.table({"id": range(10), "phone": [f"1380013800{n}" for n in range(10)], "day": ["d 1", "d/2"] * 5})
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def lake(folder: Path, **options: object) -> DeltaConnector:
    return DeltaConnector(Source(3, "lake", "delta", {"path": "lake", **options}, folder, "datagov.yaml", 4))


def write(folder: Path, name: str, table: pa.Table, **options: Any) -> Path:
    where = folder / "lake" / name
    deltalake.write_deltalake(str(where), table, **options)
    return where


def commit(table: Path, *actions: Mapping[str, Any]) -> None:
    """Write one more version by hand, as a writer with other features would."""
    version = len(list((table / "_delta_log").glob("*.json")))
    (table / "_delta_log" / f"{version:020d}.json").write_text("\n".join(map(json.dumps, actions)))


def logged(table: Path, kind: str) -> list[dict[str, Any]]:
    """Actions of one kind of all versions."""
    logs = sorted((table / "_delta_log").glob("*.json"))
    lines = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    return [line[kind] for line in lines if kind in line]


def features(*names: str) -> dict[str, Any]:
    listed = {"readerFeatures": list(names), "writerFeatures": list(names)}
    return {"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **listed}}


def vector(positions: Sequence[int]) -> dict[str, Any]:
    """A deletion vector inside the log: a 64-bit roaring bitmap in the Z85 encoding of ZeroMQ."""
    packed = struct.pack("<iqI", 1681511377, 1, 0) + pyroaring.BitMap(positions).serialize()
    padded = packed + b"\0" * (-len(packed) % 4)
    text = ""
    for at in range(0, len(padded), 4):
        number = int.from_bytes(padded[at : at + 4], "big")
        text += "".join(DIGITS[number // 85**place % 85] for place in (4, 3, 2, 1, 0))
    return {
        "storageType": "i",
        "pathOrInlineDv": text,
        "sizeInBytes": len(packed),
        "cardinality": len(positions),
    }


def test_a_table_is_described_by_its_log(tmp_path: Path) -> None:
    where = write(tmp_path, "crm/person", PEOPLE, partition_by=["day"], description="Customers")
    commit(where, {"commitInfo": {"timestamp": 1_767_225_600_000, "userName": "anna@example.org", "operation": "X"}})
    facts = harvested(lake(tmp_path))
    (dataset,) = facts["dataset"]

    assert (dataset["name"], dataset["namespace"], dataset["location"]) == ("crm.person", "file", "lake/crm/person")
    assert (dataset["row_count"], dataset["comment"], dataset["kind"]) == (10, "Customers", "table")
    assert dataset["changed_at"] == "2026-01-01T00:00:00+00:00"
    assert dataset["size_bytes"] == sum(path.stat().st_size for path in where.rglob("*.parquet"))
    assert "anna" not in repr(facts)


def test_fields_and_comments_come_from_the_schema(tmp_path: Path) -> None:
    person = deltalake.schema.StructType(
        [deltalake.Field("email", "string", metadata={"comment": "where to write"}), deltalake.Field("age", "integer")]
    )
    schema = deltalake.Schema(
        [
            deltalake.Field("who", person, metadata={"comment": "the customer"}),
            deltalake.Field("all", deltalake.schema.ArrayType(person)),
            deltalake.Field("props", deltalake.schema.MapType("string", "long"), nullable=False),
        ]
    )
    (tmp_path / "lake").mkdir()
    deltalake.DeltaTable.create(str(tmp_path / "lake/t"), schema)

    assert columns(lake(tmp_path), "lake.t") == {
        "who": "struct<email:string,age:integer>",
        "who.email": "string",
        "who.age": "integer",
        "all": "array<struct<email:string,age:integer>>",
        "all.email": "string",
        "all.age": "integer",
        "props": "map<string,long>",
        "props.*.key": "string",
        "props.*.value": "long",
    }
    comments = {(row["name"], row["field_path"]): row["comment"] for row in harvested(lake(tmp_path))["column"]}
    assert comments["who", None] == "the customer"
    assert comments["all", "email"] == "where to write"


def test_partitions_are_columns_and_files_that_were_removed_are_never_read(tmp_path: Path) -> None:
    where = write(tmp_path, "t", PEOPLE, partition_by=["day"])
    deltalake.DeltaTable(str(where)).delete("id < 5")

    found = rows(lake(tmp_path), "lake.t")

    assert sorted(found["id"]) == [5, 6, 7, 8, 9]
    assert set(zip(found["id"], found["day"], strict=True)) == {(n, ["d 1", "d/2"][n % 2]) for n in range(5, 10)}
    assert len(list(where.rglob("*.parquet"))) > len(deltalake.DeltaTable(str(where)).file_uris())


def test_the_token_changes_with_the_version_and_with_the_table(tmp_path: Path) -> None:
    def token() -> str:
        return harvested(lake(tmp_path))["dataset"][0]["change_token"]

    where = write(tmp_path, "t", PEOPLE)
    first = token()
    again = token()
    write(tmp_path, "t", PEOPLE, mode="append")
    second = token()
    shutil.rmtree(where)
    write(tmp_path, "t", PEOPLE)

    assert first == again
    assert len({first, second, token()}) == 3


def test_the_token_of_a_table_from_a_backup_is_another_when_it_has_gone_another_way(tmp_path: Path) -> None:
    where = write(tmp_path, "t", PEOPLE)
    shutil.copytree(where, tmp_path / "backup")
    write(tmp_path, "t", PEOPLE.slice(0, 1), mode="append")
    first = harvested(lake(tmp_path))["dataset"][0]["change_token"]
    shutil.rmtree(where)
    shutil.copytree(tmp_path / "backup", where)
    write(tmp_path, "t", PEOPLE.slice(1, 1), mode="append")

    assert harvested(lake(tmp_path))["dataset"][0]["change_token"] != first


@pytest.mark.parametrize("sample", [1_000, 40])
def test_rows_that_a_deletion_vector_hides_are_never_read(tmp_path: Path, sample: int) -> None:
    where = write(tmp_path, "t", pa.table({"id": range(100)}))
    (add,) = logged(where, "add")
    removed = {"path": add["path"], "deletionTimestamp": 1, "dataChange": True}
    hidden = vector([0, 1, 2, 50, 99])
    commit(where, features("deletionVectors"), {"remove": removed}, {"add": {**add, "deletionVector": hidden}})
    left = set(range(100)) - {0, 1, 2, 50, 99}

    made = lake(tmp_path)
    read = [rows(made, "lake.t", rows=sample, seed=seed)["id"] for seed in range(24)]

    assert all(set(ids) <= left and len(set(ids)) == len(ids) == min(sample, 95) for ids in read)
    assert set().union(*read) == left
    assert harvested(made)["dataset"][0]["row_count"] is None


def test_columns_that_were_renamed_are_found_by_their_physical_names(tmp_path: Path) -> None:
    inner = pa.struct([("col-2", pa.string()), ("col-3", pa.int64())])
    table = pa.table({"col-1": pa.array([{"col-2": "a@x.org", "col-3": 1}], inner), "col-4": ["k"]})
    where = write(tmp_path, "t", table, partition_by=["col-4"])
    (meta,) = logged(where, "metaData")

    def field(name: str, physical: str, kind: Any) -> dict[str, Any]:
        marks = {"delta.columnMapping.physicalName": physical, "delta.columnMapping.id": int(physical[-1])}
        return {"name": name, "type": kind, "nullable": True, "metadata": marks}

    nested = {"type": "struct", "fields": [field("mail", "col-2", "string"), field("age", "col-3", "long")]}
    schema = {"type": "struct", "fields": [field("who", "col-1", nested), field("kind", "col-4", "string")]}
    mapped = {
        **meta,
        "schemaString": json.dumps(schema),
        "partitionColumns": ["kind"],
        "configuration": {"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "4"},
    }
    commit(where, features("columnMapping"), {"metaData": mapped})

    assert rows(lake(tmp_path), "lake.t") == {"who": [{"mail": "a@x.org", "age": 1}], "kind": ["k"]}


@pytest.mark.parametrize("names", [["variantType"], ["deletionVectors", "variantType"], ["noSuchFeature"]])
def test_a_table_with_features_that_are_not_known_is_said_to_be_unread(tmp_path: Path, names: list[str]) -> None:
    where = write(tmp_path, "t", PEOPLE)
    write(tmp_path, "other", PEOPLE)
    known = ref(lake(tmp_path), "lake.t")
    commit(where, features(*names))

    assert list(problems(lake(tmp_path))) == ["lake.t"]
    with pytest.raises(SourceError):
        cells(lake(tmp_path), known)
    assert len(rows(lake(tmp_path), "lake.other")["id"]) == 10


def test_a_table_without_statistics_is_counted_by_its_files(tmp_path: Path) -> None:
    where = write(tmp_path, "t", PEOPLE)
    (add,) = logged(where, "add")
    commit(where, {"add": {**add, "stats": None}})
    made = lake(tmp_path)

    assert harvested(made)["dataset"][0]["row_count"] is None
    assert sorted(rows(made, "lake.t")["id"]) == list(range(10))
    assert len(rows(made, "lake.t", rows=4)["id"]) == 4


def _no_json(where: Path) -> None:
    (where / "_delta_log" / f"{1:020d}.json").write_text('{"add": {"path": "kanarie')


def _no_first(where: Path) -> None:
    commit(where, {"commitInfo": {"timestamp": 1}})
    (where / "_delta_log" / f"{0:020d}.json").unlink()


def _no_log(where: Path) -> None:
    (where / "_delta_log" / f"{0:020d}.json").unlink()


@pytest.mark.parametrize("broken", [_no_json, _no_first, _no_log])
def test_a_broken_log_is_a_sentence_and_the_neighbours_are_read(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    where = write(tmp_path, "t", PEOPLE)
    write(tmp_path, "other", PEOPLE)
    broken(where)
    found = problems(lake(tmp_path))

    assert list(found) == ["lake.t"]
    assert found["lake.t"].endswith(".")
    assert "kanarie" not in found["lake.t"] and str(tmp_path) not in found["lake.t"]
    assert len(rows(lake(tmp_path), "lake.other")["id"]) == 10


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-30])


def _garbled(file: Path) -> None:
    file.write_bytes(b"PAR1" + b"\xff" * 400 + b"PAR1")


@pytest.mark.parametrize("broken", [_cut, _garbled, Path.unlink])
def test_a_broken_data_file_is_a_sentence_about_its_table(tmp_path: Path, broken: Callable[[Path], None]) -> None:
    where = write(tmp_path, "t", PEOPLE)
    write(tmp_path, "t", PEOPLE, mode="append")
    known = ref(lake(tmp_path), "lake.t")
    broken(sorted(where.glob("*.parquet"))[0])

    for sample in (1_000, 5):
        with pytest.raises(SourceError, match=r"^Source 'lake': .*\.$") as caught:
            cells(lake(tmp_path), known, rows=sample)
        assert str(tmp_path) not in str(caught.value)


def test_a_table_or_a_column_that_went_away_after_the_harvest_is_a_sentence(tmp_path: Path) -> None:
    where = write(tmp_path, "t", PEOPLE)
    known = ref(lake(tmp_path), "lake.t")

    with pytest.raises(SourceError, match="has no column 'gone' any more"):
        cells(lake(tmp_path), replace(known, columns=[(1, "gone")]))
    shutil.rmtree(where)
    write(tmp_path, "other", PEOPLE)
    with pytest.raises(SourceError, match=r"'lake\.t' is gone; run again"):
        cells(lake(tmp_path), known)


def test_a_commit_between_planning_and_reading_changes_nothing(tmp_path: Path) -> None:
    where = write(tmp_path, "t", PEOPLE)
    known = ref(lake(tmp_path), "lake.t")
    (split,) = lake(tmp_path).plan(known, rows=100, seed=1)
    deltalake.DeltaTable(str(where)).delete("id > 3")

    assert sum(batch.num_rows for batch in lake(tmp_path).read(split)) == 10


@pytest.mark.parametrize("path", ["../outside.parquet", "file:///etc/outside.parquet", "/etc/outside.parquet", "link"])
def test_files_outside_the_table_are_not_opened(tmp_path: Path, path: str) -> None:
    where = write(tmp_path, "t", PEOPLE)
    (add,) = logged(where, "add")
    known = ref(lake(tmp_path), "lake.t")
    pq.write_table(PEOPLE, tmp_path / "outside.parquet")
    (where / "link").symlink_to(tmp_path / "outside.parquet")
    commit(where, {"remove": {"path": add["path"], "dataChange": True}}, {"add": {**add, "path": path}})

    with pytest.raises(SourceError, match=r"outside its folder|link out of the source"):
        cells(lake(tmp_path), known)


def test_a_small_file_that_is_huge_in_memory_is_sampled_within_bounds_or_refused(tmp_path: Path) -> None:
    where = write(tmp_path, "t", pa.table({"t": ["x"]}))
    (file,) = where.glob("*.parquet")
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 2_000_000]))
    pq.write_table(pa.table({"t": long}), file)

    assert [len(cell) for cell in rows(lake(tmp_path), "lake.t", rows=100)["t"]] == [64 * 1024] * 100
    with pytest.raises(SourceError, match="take up more than 256 MB"):
        rows(lake(tmp_path), "lake.t", rows=100_000)


def test_ten_thousand_columns_are_listed_and_read(tmp_path: Path) -> None:
    wide = pa.table({f"c{n}": pa.array([n, None], pa.int64()) for n in range(10_000)})
    write(tmp_path, "t", wide)
    found = rows(lake(tmp_path), "lake.t")

    assert len(found) == 10_000
    assert sorted(filter(None, found["c9999"])) == [9_999]


def test_only_the_tables_that_the_globs_let_pass_are_read(tmp_path: Path) -> None:
    for name in ("person", "tmp_person", "crm/order"):
        write(tmp_path, name, PEOPLE)
    (tmp_path / "lake/link").symlink_to(tmp_path / "lake/person")
    made = lake(tmp_path, include=["lake.*"], exclude=["*.tmp_*"])

    assert [row["name"] for row in harvested(made)["dataset"]] == ["lake.person"]
    assert "is a linked folder" in problems(made)["link"]


def test_of_two_tables_with_one_name_the_second_is_said_to_be_unread(tmp_path: Path) -> None:
    write(tmp_path, "person", PEOPLE)
    write(tmp_path, "lake/person", PEOPLE)
    write(tmp_path, "crm/person", PEOPLE)
    made = lake(tmp_path)

    assert [row["name"] for row in harvested(made)["dataset"]] == ["crm.person", "lake.person"]
    assert list(problems(made)) == ["person"]
    assert "has the same name 'lake.person' as the one in 'lake/person'" in problems(made)["person"]


def test_one_table_is_named_by_its_folder(tmp_path: Path) -> None:
    write(tmp_path, "person", PEOPLE)

    assert [row["name"] for row in harvested(lake(tmp_path, path="lake/person"))["dataset"]] == ["lake.person"]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    yield from served()


def test_a_bucket_is_read_like_a_folder(address: str, tmp_path: Path) -> None:
    account = {"AWS_ACCESS_KEY_ID": "auditor", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_REGION": "us-east-1"}
    storage = {**account, "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true"}
    where = "s3://platform/silver/crm/person"
    deltalake.write_deltalake(where, PEOPLE, partition_by=["day"], storage_options=storage)
    deltalake.DeltaTable(where, storage_options=storage).delete("id = 0")
    (tmp_path / "secret").write_text("nothing")
    options = {"path": "s3://platform/silver", "endpoint": address, "access_key_id": "auditor", "secret": "file:secret"}
    made = lake(tmp_path, **options)
    (dataset,) = harvested(made)["dataset"]

    assert (dataset["name"], dataset["namespace"], dataset["location"]) == ("crm.person", "s3://platform", where)
    found = rows(made, "crm.person")
    assert sorted(found["id"]) == list(range(1, 10))
    assert set(found["day"]) == {"d 1", "d/2"}
    with pytest.raises(SourceError, match=r"s3://nowhere/x cannot be listed: .*\.$"):
        harvested(lake(tmp_path, **{**options, "path": "s3://nowhere/x"}))
