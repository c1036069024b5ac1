"""Iceberg tables: what their metadata says of them, which rows still count, and what is said of broken ones."""

from __future__ import annotations

import json
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _iceberg import BY_CATALOG, BY_FOLDER, PEOPLE, catalog_in, lake, person
from _lakes import cells, columns, problems, ref, rows, served
from _sources import harvested

from datagov.errors import ConfigError, SourceError
from datagov.testing import CANARY

pyroaring = pytest.importorskip("pyroaring")
sql = pytest.importorskip("pyiceberg.catalog.sql")
from pyiceberg.manifest import (  # noqa: E402 - only where the library is installed
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestWriterV2,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec  # noqa: E402
from pyiceberg.schema import Schema  # noqa: E402
from pyiceberg.table.snapshots import Operation  # noqa: E402
from pyiceberg.table.update.snapshot import _FastAppendFiles  # noqa: E402
from pyiceberg.transforms import IdentityTransform  # noqa: E402
from pyiceberg.typedef import Record  # noqa: E402
from pyiceberg.types import ListType, LongType, MapType, NestedField, StringType, StructType  # noqa: E402

POSITIONS = pa.schema(
    [
        pa.field("file_path", pa.string(), metadata={"PARQUET:field_id": "2147483546"}),
        pa.field("pos", pa.int64(), metadata={"PARQUET:field_id": "2147483545"}),
    ]
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Any]:
    with catalog_in(tmp_path) as made:
        yield made


class _AppendDeletes(_FastAppendFiles):
    """A commit that adds one manifest of delete files, which PyIceberg itself does not write."""

    deletes: Sequence[DataFile] = ()

    def _existing_manifests(self) -> list[Any]:
        kept = super()._existing_manifests()
        metadata = self._transaction.table_metadata
        output = self._io.new_output(f"{metadata.location}/metadata/deletes-{self._snapshot_id}.avro")
        writer = ManifestWriterV2(metadata.spec(), metadata.schema(), output, self._snapshot_id, "deflate")
        writer.content = lambda: ManifestContent.DELETES  # type: ignore[method-assign]
        with writer:
            for file in self.deletes:
                entry = ManifestEntry.from_args(
                    status=ManifestEntryStatus.ADDED, snapshot_id=self._snapshot_id, data_file=file
                )
                writer.add_entry(entry)
        return [*kept, writer.to_manifest_file()]


def delete(table: Any, content: DataFileContent, held: pa.Table | bytes, **about: Any) -> None:
    """Commit a file of deletes: rows in Parquet, or the bytes of a Puffin file."""
    table.refresh()
    puffin = isinstance(held, bytes)
    path = f"{table.metadata.location}/data/deletes-{len(table.snapshots())}.{'puffin' if puffin else 'parquet'}"
    local = Path(path.removeprefix("file://"))
    if isinstance(held, bytes):
        local.write_bytes(held)
    else:
        pq.write_table(held, local)
    file = DataFile.from_args(
        content=content,
        file_path=path,
        file_format=FileFormat.PUFFIN if puffin else FileFormat.PARQUET,
        partition=Record(),
        record_count=1,
        file_size_in_bytes=local.stat().st_size,
        spec_id=0,
        **about,
    )
    with table.transaction() as transaction:
        commit = _AppendDeletes(operation=Operation.APPEND, transaction=transaction, io=table.io)
        commit.deletes = [file]
        commit.commit()
    table.refresh()


def puffin(path: str, positions: Sequence[int]) -> bytes:
    """A Puffin file with one deletion vector, as the specification of Puffin lays it out."""
    vector = b"\xd1\xd3\x39\x64" + struct.pack("<qI", 1, 0) + pyroaring.BitMap(positions).serialize()
    blob = struct.pack(">I", len(vector)) + vector + struct.pack(">I", zlib.crc32(vector))
    about = {"type": "deletion-vector-v1", "fields": [], "snapshot-id": -1, "sequence-number": -1}
    place = {"offset": 4, "length": len(blob), "properties": {"referenced-data-file": path, "cardinality": "5"}}
    footer = json.dumps({"blobs": [{**about, **place}]}).encode()
    return b"PFA1" + blob + b"PFA1" + footer + struct.pack("<I", len(footer)) + bytes(4) + b"PFA1"


def test_a_table_is_described_by_its_metadata(catalog: Any, tmp_path: Path) -> None:
    made = person(catalog, properties={"owner": "anna", "comment": "Customers"})
    (dataset,) = harvested(lake(tmp_path))["dataset"]
    data = (tmp_path / "lake/crm/person/data").glob("*.parquet")

    assert (dataset["name"], dataset["namespace"], dataset["location"]) == ("crm.person", "file", "lake/crm/person")
    assert (dataset["row_count"], dataset["holder"], dataset["comment"]) == (10, "anna", "Customers")
    assert dataset["size_bytes"] == sum(path.stat().st_size for path in data)
    assert dataset["changed_at"].endswith("+00:00")
    assert dataset["change_token"].startswith(f"{made.current_snapshot().snapshot_id}:")


def test_fields_comments_and_the_key_come_from_the_schema(catalog: Any, tmp_path: Path) -> None:
    who = StructType(NestedField(5, "email", StringType(), doc="where to write"), NestedField(6, "age", LongType()))
    schema = Schema(
        NestedField(1, "id", LongType(), required=True, doc="the number"),
        NestedField(2, "who", who),
        NestedField(3, "tags", ListType(7, StringType())),
        NestedField(4, "props", MapType(8, StringType(), 9, LongType())),
        identifier_field_ids=[1],
    )
    catalog.create_table("crm.person", schema)
    found = {(row["name"], row["field_path"]): row for row in harvested(lake(tmp_path))["column"]}

    assert columns(lake(tmp_path), "crm.person") == {
        "id": "long",
        "who": "struct<email: string, age: long>",
        "who.email": "string",
        "who.age": "long",
        "tags": "list<string>",
        "props": "map<string, long>",
        "props.*.key": "string",
        "props.*.value": "long",
    }
    assert (found["id", None]["primary_key"], found["id", None]["nullable"]) == (True, False)
    assert (found["id", None]["comment"], found["who", "email"]["comment"]) == ("the number", "where to write")
    assert harvested(lake(tmp_path))["dataset"][0]["row_count"] == 0


@pytest.mark.parametrize("options", [BY_CATALOG, BY_FOLDER], ids=["catalog", "folder"])
def test_rows_that_were_deleted_or_overwritten_are_never_read(
    catalog: Any, tmp_path: Path, options: dict[str, object]
) -> None:
    made = person(catalog)
    made.delete("id < 5")
    made.append(PEOPLE.slice(0, 1))

    assert sorted(rows(lake(tmp_path, **options), "crm.person")["id"]) == [0, 5, 6, 7, 8, 9]


@pytest.mark.parametrize("options", [BY_CATALOG, BY_FOLDER], ids=["catalog", "folder"])
@pytest.mark.parametrize("sample", [1_000, 40])
def test_rows_that_position_deletes_hide_are_never_read(
    catalog: Any, tmp_path: Path, options: dict[str, object], sample: int
) -> None:
    made = person(catalog, table=pa.table({"id": range(100)}))
    (task,) = made.scan().plan_files()
    hidden = [0, 1, 2, 50, 99]
    paths = [task.file.file_path] * len(hidden)
    delete(made, DataFileContent.POSITION_DELETES, pa.table([paths, hidden], schema=POSITIONS))
    left = set(range(100)) - set(hidden)

    reader = lake(tmp_path, **options)
    read = [rows(reader, "crm.person", rows=sample, seed=seed)["id"] for seed in range(24)]

    assert all(set(ids) <= left and len(set(ids)) == len(ids) == min(sample, 95) for ids in read)
    assert set().union(*read) == left


def test_rows_that_a_deletion_vector_hides_are_never_read_and_a_lost_vector_is_a_sentence(
    catalog: Any, tmp_path: Path
) -> None:
    made = person(catalog, table=pa.table({"id": range(100)}))
    (task,) = made.scan().plan_files()
    path, hidden = task.file.file_path, [0, 1, 2, 50, 99]
    delete(made, DataFileContent.POSITION_DELETES, puffin(path, hidden), referenced_data_file=path)

    assert set(rows(lake(tmp_path), "crm.person")["id"]) == set(range(100)) - set(hidden)
    (file,) = (tmp_path / "lake/crm/person/data").glob("*.puffin")
    file.write_bytes(puffin("file:///elsewhere.parquet", hidden))
    with pytest.raises(SourceError, match="a file of deletes cannot be read"):
        rows(lake(tmp_path), "crm.person")


def test_equality_deletes_are_not_supported_and_the_table_is_said_to_be_unread(catalog: Any, tmp_path: Path) -> None:
    made = person(catalog)
    person(catalog, "crm.other")
    field = pa.field("id", pa.int64(), metadata={"PARQUET:field_id": "1"})
    delete(made, DataFileContent.EQUALITY_DELETES, pa.table([[3]], schema=pa.schema([field])), equality_ids=[1])
    reader = lake(tmp_path)

    with pytest.raises(SourceError, match=r"'crm\.person' holds equality deletes"):
        rows(reader, "crm.person")
    assert len(rows(reader, "crm.other")["id"]) == 10


def test_columns_are_found_by_their_ids_when_they_are_renamed_dropped_and_added_again(
    catalog: Any, tmp_path: Path
) -> None:
    kind = pa.struct([("email", pa.string()), ("age", pa.int64())])
    made = person(catalog, table=pa.table({"who": pa.array([{"email": "a@x.org", "age": 1}], kind), "note": ["old"]}))
    with made.update_schema() as change:
        change.rename_column("who", "customer").rename_column(("who", "email"), "mail").delete_column("note")
    with made.update_schema() as change:
        change.add_column("note", StringType())

    assert rows(lake(tmp_path), "crm.person") == {"customer": [{"mail": "a@x.org", "age": 1}], "note": [None]}


def test_a_partition_is_a_column(catalog: Any, tmp_path: Path) -> None:
    table = pa.table({"id": range(4), "day": ["a", "b"] * 2})
    made = catalog.create_table("crm.person", table.schema)
    with made.update_spec() as change:
        change.add_identity("day")
    made.append(table)

    found = rows(lake(tmp_path), "crm.person")
    assert set(zip(found["id"], found["day"], strict=True)) == {(0, "a"), (1, "b"), (2, "a"), (3, "b")}


def test_files_that_were_added_without_ids_are_read_by_the_mapping_of_names(catalog: Any, tmp_path: Path) -> None:
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "day", StringType()))
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "day"))
    made = catalog.create_table("crm.person", schema, partition_spec=spec)
    path = tmp_path / "lake/crm/person/old.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table({"id": [1, 2], "day": ["x", "x"]}), path)
    made.add_files([f"file://{path}"])

    assert rows(lake(tmp_path), "crm.person") == {"id": [1, 2], "day": ["x", "x"]}


def _metadata(folder: Path) -> Path:
    return max((folder / "metadata").glob("*.metadata.json"))


def _no_metadata(folder: Path) -> None:
    for path in (folder / "metadata").glob("*.metadata.json"):
        path.unlink()


def _cut_metadata(folder: Path) -> None:
    _metadata(folder).write_text('{"kanarie": ')


@pytest.mark.parametrize("options", [BY_CATALOG, BY_FOLDER], ids=["catalog", "folder"])
@pytest.mark.parametrize("broken", [_no_metadata, _cut_metadata])
def test_broken_metadata_is_a_sentence_and_the_neighbours_are_read(
    catalog: Any, tmp_path: Path, broken: Callable[[Path], None], options: dict[str, object]
) -> None:
    person(catalog)
    person(catalog, "crm.other")
    broken(tmp_path / "lake/crm/person")
    found = problems(lake(tmp_path, **options))

    assert list(found) == ["crm.person"]
    assert found["crm.person"].endswith(".")
    assert "kanarie" not in found["crm.person"] and str(tmp_path) not in found["crm.person"]
    assert len(rows(lake(tmp_path, **options), "crm.other")["id"]) == 10


def _garbled(pattern: str) -> Callable[[Path], None]:
    def garble(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    garble.__name__ = pattern
    return garble


def _gone(pattern: str) -> Callable[[Path], None]:
    def remove(folder: Path) -> None:
        for path in folder.glob(pattern):
            path.unlink()

    remove.__name__ = f"no {pattern}"
    return remove


BROKEN = [
    made(pattern)
    for made in (_garbled, _gone)
    for pattern in ("metadata/snap-*", "metadata/*-m0.avro", "data/*.parquet")
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda one: one.__name__)
def test_a_broken_file_is_a_sentence_about_its_table(
    catalog: Any, tmp_path: Path, broken: Callable[[Path], None]
) -> None:
    person(catalog)
    person(catalog, "crm.other")
    known = ref(lake(tmp_path), "crm.person")
    broken(tmp_path / "lake/crm/person")

    for sample in (1_000, 5):
        with pytest.raises(SourceError, match=r"^Source 'lake': .*crm\.person.*\.$") as caught:
            cells(lake(tmp_path), known, rows=sample)
        assert str(tmp_path) not in str(caught.value)
    assert len(rows(lake(tmp_path), "crm.other")["id"]) == 10


def test_a_table_or_a_column_that_went_away_after_the_harvest_is_a_sentence(catalog: Any, tmp_path: Path) -> None:
    person(catalog)
    person(catalog, "crm.other")
    known = ref(lake(tmp_path), "crm.person")

    with pytest.raises(SourceError, match="has no column 'gone' any more"):
        cells(lake(tmp_path), replace(known, columns=[(1, "gone")]))
    catalog.drop_table("crm.person")
    with pytest.raises(SourceError, match=r"'crm\.person' is gone; run again"):
        cells(lake(tmp_path), known)


def test_a_commit_between_planning_and_reading_changes_nothing(catalog: Any, tmp_path: Path) -> None:
    made = person(catalog)
    known = ref(lake(tmp_path), "crm.person")
    (split,) = lake(tmp_path).plan(known, rows=100, seed=1)
    made.delete("id > 3")

    assert sum(batch.num_rows for batch in lake(tmp_path).read(split)) == 10


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"catalog": {"type": "rest", "uri": "http://127.0.0.1:1"}}, "cannot be read"),
        ({"catalog": {"type": "sql", "uri": "sqlite:///nowhere.db"}}, r"'nowhere\.db' is not there"),
        ({"catalog": {"type": "sql", "uri": "sqlite:///plain.db"}}, "cannot be read"),
        ({"path": "nowhere"}, "does not exist"),
    ],
    ids=["server down", "no file", "no catalog in it", "no folder"],
)
def test_a_catalog_that_cannot_be_asked_is_a_sentence(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with closing(sqlite3.connect(tmp_path / "plain.db")) as db:
        db.execute("CREATE TABLE t (a)")

    with pytest.raises(SourceError, match=f"^Source 'lake': .*{message}.*\\.$"):
        harvested(lake(tmp_path, **options))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain.db"]


@contextmanager
def rest(catalog: Any, *, views: int) -> Iterator[str]:
    """The address of a REST catalog with the table crm.person, which answers a question for views with this status."""
    table = catalog.load_table("crm.person")
    metadata = json.loads(Path(table.metadata_location.removeprefix("file://")).read_text())
    names = ("namespaces", "namespaces/{namespace}/tables", "namespaces/{namespace}/tables/{table}")
    known = [f"GET /v1/{{prefix}}/{one}" for one in (*names, "namespaces/{namespace}/views")]
    answers: dict[str, Any] = {
        "/v1/config": {"defaults": {}, "overrides": {}, "endpoints": known},
        "/v1/namespaces": {"namespaces": [["crm"]]},
        "/v1/namespaces/crm/tables": {"identifiers": [{"namespace": ["crm"], "name": "person"}]},
        "/v1/namespaces/crm/tables/person": {"metadata-location": table.metadata_location, "metadata": metadata},
        "/v1/namespaces/crm/views": {"error": {"message": CANARY, "type": "NoException", "code": views}},
    }

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:
            path, _, asked = self.path.partition("?")
            found = {"namespaces": []} if "parent" in asked else answers[path]
            self.send_response(views if path.endswith("/views") else 200)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_catalog_that_refuses_its_views_is_a_sentence_and_its_tables_are_read(
    catalog: Any, tmp_path: Path, status: int
) -> None:
    person(catalog)
    with rest(catalog, views=status) as address:
        made = lake(tmp_path, catalog={"type": "rest", "uri": address})

        assert list(problems(made)) == ["lake"]
        assert "its list of views cannot be read" in problems(made)["lake"]
        assert CANARY not in problems(made)["lake"]
        assert len(rows(made, "crm.person")["id"]) == 10


def test_a_catalog_or_a_folder_is_needed_and_a_wrong_warehouse_is_empty(catalog: Any, tmp_path: Path) -> None:
    person(catalog)

    for options in ({"include": ["*"]}, {**BY_CATALOG, **BY_FOLDER}):
        with pytest.raises(ConfigError, match="either 'catalog' or 'path'"):
            lake(tmp_path, **options)
    wrong = {"type": "sql", "uri": "sqlite:///catalog.db", "name": "other"}
    assert "holds no Iceberg table" in problems(lake(tmp_path, catalog=wrong))["lake"]


def test_a_small_file_that_is_huge_in_memory_is_sampled_within_bounds_or_refused(catalog: Any, tmp_path: Path) -> None:
    person(catalog, table=pa.table({"t": ["x"]}))
    (file,) = (tmp_path / "lake/crm/person/data").glob("*.parquet")
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 20_000, pa.int32()), pa.array(["x" * 2_000_000]))
    field = pa.field("t", long.type, metadata={"PARQUET:field_id": "1"})
    pq.write_table(pa.table([long], schema=pa.schema([field])), file)

    assert [len(cell) for cell in rows(lake(tmp_path), "crm.person", rows=100)["t"]] == [64 * 1024] * 100
    with pytest.raises(SourceError, match="take up more than 256 MB"):
        rows(lake(tmp_path), "crm.person", rows=100_000)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    yield from served()


@pytest.mark.parametrize("way", ["catalog", "folder"])
def test_a_bucket_is_read_by_a_catalog_and_as_a_folder(address: str, tmp_path: Path, way: str) -> None:
    account = {"s3.access-key-id": "auditor", "s3.secret-access-key": "nothing", "s3.region": "us-east-1"}
    (tmp_path / "secret").write_text("nothing")
    made = sql.SqlCatalog(
        "default",
        uri=f"sqlite:///{tmp_path}/catalog.db",
        warehouse=f"s3://platform/{way}",
        **{**account, "s3.endpoint": address},
    )
    with closing(made):
        made.create_namespace("crm")
        person(made).delete("id = 0")
    options = BY_CATALOG if way == "catalog" else {"path": f"s3://platform/{way}"}
    s3 = {"endpoint": address, "access_key_id": "auditor", "secret": "file:secret"}
    reader = lake(tmp_path, **options, **s3)
    (dataset,) = harvested(reader)["dataset"]

    assert (dataset["name"], dataset["namespace"]) == ("crm.person", "s3://platform")
    assert dataset["location"] == f"s3://platform/{way}/crm/person"
    assert sorted(rows(reader, "crm.person")["id"]) == list(range(1, 10))
