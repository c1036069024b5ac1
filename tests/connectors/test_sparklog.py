"""Event logs of Spark: SQL, tables and columns that applications read and wrote, who ran it and when."""

from __future__ import annotations

import gzip
import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from _sources import database, harvested
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datagov.audit import run
from datagov.connectors import _packed_lines
from datagov.connectors._spark_plan import Plan
from datagov.connectors.sparklog import SparkLogConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import ConnectorConformance

LOG = Path(__file__).with_name("spark_event_log.jsonl")
BUILD = Path(__file__).with_name("spark_log_build.py")
LAKE = "path:/srv/spark/lake/customer"


def source(folder: Path, **options: object) -> Source:
    return Source(9, "spark", "sparklog", {"path": "log", **options}, folder, "datagov.yaml", 6)


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = folder / "log" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def read(folder: Path, files: dict[str, bytes], **options: object) -> dict[str, list[dict[str, Any]]]:
    return harvested(SparkLogConnector(source(written(folder, files), **options)))


def links(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, ...]]:
    fields = ("source_dataset", "source_field", "target_dataset", "target_field", "type", "subtype")
    return sorted(tuple(row[name] or "" for name in fields) for row in rows["link"])


LINKS = sorted(
    [
        ("crm.customer", "id", "crm.contact", "id", "DIRECT", "IDENTITY"),
        ("crm.customer", "mobile", "crm.contact", "mobile", "DIRECT", "IDENTITY"),
        ("crm.customer", "name", "crm.contact", "", "INDIRECT", "FILTER"),
        *[("crm.customer", name, LAKE, name, "DIRECT", "IDENTITY") for name in ("id", "name", "mobile")],
        ("crm.customer", "id", LAKE, "", "INDIRECT", "FILTER"),
        *[(LAKE, name, "crm.customer", name, "DIRECT", "IDENTITY") for name in ("id", "name", "mobile")],
        ("crm.contact", "mobile", "crm.counted", "mobile", "DIRECT", "IDENTITY"),
        ("crm.customer", "name", "crm.counted", "loudest", "DIRECT", "AGGREGATION"),
        ("crm.contact", "mobile", "crm.counted", "", "INDIRECT", "GROUP_BY"),
        ("crm.contact", "id", "crm.counted", "", "INDIRECT", "FILTER"),
        ("crm.contact", "id", "crm.counted", "", "INDIRECT", "JOIN"),
        ("crm.customer", "id", "crm.counted", "", "INDIRECT", "FILTER"),
        ("crm.customer", "id", "crm.counted", "", "INDIRECT", "JOIN"),
    ]
)


def test_plans_give_the_columns_that_reach_each_column_written(tmp_path: Path) -> None:
    rows = read(tmp_path, {"app": LOG.read_bytes()})

    assert links(rows) == LINKS
    assert "problem" not in rows


def test_sql_is_a_query_with_its_person_and_time_and_its_literals_masked(tmp_path: Path) -> None:
    rows = read(tmp_path, {"app": LOG.read_bytes()})
    (job,) = [job for job in rows["job"] if job["kind"] == "query"]
    (query,) = [query for query in rows["query"] if query["job_id"] == job["job_id"]]
    (log,) = rows["query_log"]

    assert [row["sql"] for row in rows["statement"]] == [
        "INSERT INTO crm.vip SELECT id, mobile FROM crm.customer WHERE mobile = 'xxxxxxxxxxx'"
    ]
    assert (query["account"], query["calls"]) == ("etl", 2)
    assert "T" in query["first_at"] <= query["last_at"]
    assert (log["kind"], log["has_person"], log["has_time"], log["entries"]) == ("Spark event log", True, True, 1)
    assert log["left_out"] == 1, "the execution that failed"
    assert '"INSERT INTO crm.vip' in LOG.read_text().split("\n")[job["line"] - 1]


def test_executions_without_sql_are_jobs_of_what_they_write(tmp_path: Path) -> None:
    rows = read(tmp_path, {"app": LOG.read_bytes()})
    jobs = {job["name"]: job for job in rows["job"] if job["kind"] == "spark_execution"}
    accounts = {query["job_id"]: query["account"] for query in rows["query"]}

    assert set(jobs) == {f"nightly-crm.{name}" for name in ("crm.contact", "crm.counted", "crm.customer", "customer")}
    assert {accounts[job["job_id"]] for job in jobs.values()} == {"etl"}


def test_no_literal_of_a_plan_or_an_error_becomes_a_fact(tmp_path: Path) -> None:
    told = repr(read(tmp_path, {"app": LOG.read_bytes()}))

    assert "Zhang San" in LOG.read_text()
    assert "Zhang" not in told
    assert "13800138000" not in told


def test_two_nights_of_an_application_are_the_same_jobs(tmp_path: Path) -> None:
    once = read(tmp_path / "once", {"a": LOG.read_bytes()})
    twice = read(tmp_path / "twice", {"a": LOG.read_bytes(), "b": LOG.read_bytes()})

    assert {job["name"] for job in once["job"]} == {job["name"] for job in twice["job"]}
    assert links(twice) == LINKS
    assert sum(query["calls"] for query in twice["query"]) == 2 * sum(query["calls"] for query in once["query"])


def lz4_java(raw: bytes) -> bytes:
    """As lz4-java's LZ4BlockOutputStream writes: a compressed block, a stored one, and the empty one that ends."""
    codec, half, out = pa.Codec("lz4_raw"), len(raw) // 2, b""
    body = codec.compress(raw[:half], asbytes=True)
    for token, block, size in ((0x25, body, half), (0x15, raw[half:], len(raw) - half), (0x15, b"", 0)):
        out += struct.pack("<8sBiii", b"LZ4Block", token, len(block), size, 0) + block
    return out


def snappy_java(raw: bytes) -> bytes:
    """As snappy-java's SnappyOutputStream writes, twice: a stream may be appended to."""
    codec, half, out = pa.Codec("snappy"), len(raw) // 2, b""
    for piece in (raw[:half], raw[half:]):
        body = codec.compress(piece, asbytes=True)
        out += b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1) + struct.pack(">i", len(body)) + body
    return out


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zstd": lambda raw: b"".join(
        pa.Codec("zstd").compress(piece, asbytes=True) for piece in (raw[:9_000], raw[9_000:])
    ),
    "lz4": lz4_java,
    "snappy": snappy_java,
}


@pytest.mark.parametrize("codec", PACKED)
@pytest.mark.parametrize("ending", ["", ".inprogress"])
def test_compressed_logs_say_the_same(tmp_path: Path, codec: str, ending: str) -> None:
    rows = read(tmp_path, {f"app.{codec}{ending}": PACKED[codec](LOG.read_bytes())})

    assert links(rows) == LINKS
    assert "problem" not in rows


@pytest.mark.parametrize("codec", PACKED)
def test_a_compressed_log_that_is_damaged_or_cut_off_is_a_sentence(tmp_path: Path, codec: str) -> None:
    packed = PACKED[codec](LOG.read_bytes())
    rows = read(
        tmp_path, {f"a.{codec}": packed[: len(packed) // 3], f"b.{codec}": b"\x00" * 500, "c": LOG.read_bytes()}
    )

    assert {p["object"] for p in rows["problem"] if p["fatal"]} == {f"log/a.{codec}", f"log/b.{codec}"}
    assert links(rows) == LINKS


def test_a_rolled_log_is_one_application_in_the_order_of_its_parts(tmp_path: Path) -> None:
    lines = LOG.read_bytes().splitlines(keepends=True)
    folder = "eventlog_v2_local-1"
    parts = {f"{folder}/events_{n + 1}_local-1": b"".join(lines[n * 3 : n * 3 + 3]) for n in range(len(lines) // 3 + 1)}
    rows = read(tmp_path, {**parts, f"{folder}/appstatus_local-1": b"", f"{folder}/.appstatus_local-1.crc": b"crc"})

    assert len(parts) > 10
    assert links(rows) == LINKS
    assert {job["name"].partition(".")[0] for job in rows["job"] if job["kind"] != "query"} == {"nightly-crm"}
    assert "problem" not in rows


BROKEN = [
    ("no log", b"col1,col2\n1,2\n", "is no event log of Spark"),
    ("no text", b"\xff\xfe\x00" * 50, "is no event log of Spark"),
    ("an event cut off", LOG.read_bytes() + b'{"Event":"SparkListenerSQLExecutionStart","exe', "is no event of Spark"),
    ("a line that is no event", LOG.read_bytes() + b"\nhello\n", "is no event of Spark"),
    (
        "an event of another shape",
        b'{"Event":"SparkListenerSQLExecutionStart","executionId":"x"}',
        "is no event of Spark",
    ),
    ("deep", b'{"Event":"SparkListenerSQLExecutionEnd","a":' + b"[" * 200_000, "is no event of Spark"),
]


@pytest.mark.parametrize(("content", "says"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN])
def test_a_broken_log_is_a_sentence_and_the_rest_counts(tmp_path: Path, content: bytes, says: str) -> None:
    rows = read(tmp_path, {"bad": content, "good": LOG.read_bytes()})
    (problem,) = rows["problem"]

    assert says in problem["message"]
    assert (problem["file"], problem["fatal"]) == ("log/bad", True)
    assert links(rows) == LINKS


def test_a_log_of_another_codec_is_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    (problem,) = read(tmp_path, {"app.lzf": b"ZV"})["problem"]

    assert "spark.eventLog.compression.codec" in problem["message"]


def test_a_small_file_that_unpacks_to_much_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_packed_lines, "MOST_MB", 5)
    bomb = LOG.read_bytes() + b'{"Event":"x"}\n' * 2_000_000
    rows = read(tmp_path, {"app.gz": gzip.compress(bomb)})

    assert "more than 5 MB" in rows["problem"][0]["message"]
    assert links(rows) == LINKS


def test_links_that_lead_out_or_in_a_circle_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(LOG.read_bytes())
    base = written(tmp_path, {"a": LOG.read_bytes()})
    (base / "log" / "b").symlink_to(tmp_path / "outside")
    (base / "log" / "c").symlink_to("c")
    (base / "log" / "eventlog_v2_d").symlink_to(base / "log")
    rows = harvested(SparkLogConnector(source(base)))

    assert {p["object"] for p in rows["problem"] if p["fatal"]} == {"log/b", "log/c", "log/eventlog_v2_d"}
    assert links(rows) == LINKS


def test_a_write_that_is_not_understood_is_opaque(tmp_path: Path) -> None:
    plan = "== Physical Plan ==\nAppendData (1)\n\n\n(1) AppendData\nArguments: org.x.Batch@1\n"
    event = {"Event": "x.SparkListenerSQLExecutionStart", "executionId": 0, "physicalPlanDescription": plan}
    rows = read(tmp_path, {"a": json.dumps(event, separators=(",", ":")).encode()})

    assert [(p["kind"], p["fatal"]) for p in rows["problem"]] == [("opaque", False)]


def test_a_plan_that_spark_shortened_links_tables_as_a_whole(tmp_path: Path) -> None:
    text = LOG.read_text().replace("[id, name, mobile]", "[id, ... 2 more fields]")
    rows = read(tmp_path, {"a": text.encode()})

    assert ("crm.customer", "*", LAKE, "*", "DIRECT", "") in links(rows)
    assert ("crm.customer", "mobile", "crm.contact", "mobile", "DIRECT", "IDENTITY") in links(rows)


def test_an_empty_folder_is_a_problem_and_a_missing_one_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        harvested(SparkLogConnector(source(tmp_path)))
    (tmp_path / "log").mkdir()

    assert [p["kind"] for p in harvested(SparkLogConnector(source(tmp_path)))["problem"]] == ["empty"]


def test_lineage_of_an_audit_goes_through_the_applications(tmp_path: Path) -> None:
    database(
        tmp_path, "CREATE TABLE customer (id INTEGER, name TEXT, mobile TEXT); CREATE TABLE vip (id INT, mobile TEXT)"
    )
    written(tmp_path, {"app": LOG.read_bytes()})
    (tmp_path / "datagov.yaml").write_text(
        "platform: shop\nsources:\n  app: {use: sqlite, path: app.db, schema: crm}\n"
        "  spark: {use: sparklog, path: log}\n"
    )
    with closing(run(tmp_path / "datagov.yaml").evidence()) as evidence:
        rows = evidence.rows(
            "SELECT DISTINCT f.name AS f, s.name AS s, t.name AS t FROM edge e"
            ' JOIN dataset f ON f.dataset_id = e.source_dataset_id JOIN "column" s ON s.column_id = e.source_column_id'
            " JOIN dataset t ON t.dataset_id = e.target_dataset_id WHERE s.name = 'mobile' AND e.type = 'DIRECT'"
        )
    found = {(row["f"], row["t"]) for row in rows}

    assert {("crm.customer", "crm.vip"), ("crm.customer", "crm.contact"), ("crm.contact", "crm.counted")} <= found


TEXT = st.text(alphabet="()[]{},#1aL `.:/\n=+", max_size=60)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(node=st.sampled_from(["WriteFiles", "Scan parquet a.b", "Execute InsertIntoHiveTable", "Project"]), said=TEXT)
def test_any_text_of_a_plan_is_understood_or_left(node: str, said: str) -> None:
    plan = Plan()
    plan.add(f"(1) {node}\nOutput [1]: {said}\nInput [1]: {said}\nArguments: {said}\nFunctions [1]: {said}\n\n")

    assert all(reach.source.dataset in plan.reads for reach in plan.reaches)


PYTHON = os.environ.get("DATAGOV_TEST_PYSPARK", sys.executable)


def has_pyspark() -> bool:
    return subprocess.run([PYTHON, "-c", "import pyspark"], capture_output=True).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("codec", ["plain", "zstd", "lz4", "snappy"])
def test_a_log_that_spark_writes_now_says_the_same(tmp_path: Path, codec: str) -> None:
    if not has_pyspark():
        pytest.skip("pyspark is not installed here; name a Python that has it in DATAGOV_TEST_PYSPARK")
    command = [PYTHON, str(BUILD), str(tmp_path / "work"), codec]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, timeout=250)
    rows = harvested(SparkLogConnector(source(tmp_path / "work")))
    here = [tuple(part.replace(f"{tmp_path / 'work'}", "/srv/spark") for part in link) for link in links(rows)]

    assert sorted(here) == LINKS
    assert [query["account"] for query in rows["query"]] == ["etl"] * 5
    assert "problem" not in rows


class TestConformance(ConnectorConformance):
    connector = SparkLogConnector

    def source(self, folder: Path) -> Source:
        return source(written(folder, {"app": LOG.read_bytes(), "bad": b"("}))

    def missing(self, folder: Path) -> Source:
        return source(folder, path="nowhere")


def executed(*plans: str, app: str = "nightly") -> bytes:
    """An event log of an application that runs an execution per plan."""
    events: list[dict[str, Any]] = [{"Event": "SparkListenerApplicationStart", "App Name": app, "User": "etl"}]
    for number, plan in enumerate(plans):
        events.append(
            {
                "Event": "org.apache.spark.sql.execution.ui.SparkListenerSQLExecutionStart",
                "executionId": number,
                "description": "save at job.py:1",
                "physicalPlanDescription": plan,
                "time": 1_700_000_000_000 + number,
            }
        )
    return "\n".join(json.dumps(event) for event in events).encode()


def copying(scan: str, target: str, location: str = "") -> str:
    """The plan of an execution that writes what a scan gives."""
    return (
        f"== Physical Plan ==\n\n\n(1) {scan}\nOutput [1]: [id#1]\n{location}\n\n(2) WriteFiles\nInput [1]: [id#1]\n\n"
        f"(3) Execute InsertIntoHadoopFsRelationCommand\nInput: []\nArguments: {target}, false, Parquet, "
        f"[path=x], Append, [id]\n"
    )


@pytest.mark.parametrize(
    ("location", "target", "dataset", "written_to"),
    [
        ("s3a://AKIAXX:SECRET@bucket/in", "s3a://bucket/out?sig=SECRET", "path:s3a://bucket/in", "path:s3a://bucket/out"),
        ("s3a://AKIAXX:SE/SECRET@bucket/in", "s3a://bucket/out#SECRET", "path:s3a://bucket/in", "path:s3a://bucket/out"),
        ("s3a://AKIAXX:SE,SECRET@bucket/in", "file:/out?sig=SECRET", "path:s3a://bucket/in", "path:/out"),
        ("abfss://c@acc.net/in?sig=SECRET", "dbfs:/mnt/out;SECRET", "path:abfss://c@acc.net/in", "path:dbfs:/mnt/out"),
        ("hdfs://name:8020/in", "file:/srv/a@b/out", "path:hdfs://name:8020/in", "path:/srv/a@b/out"),
    ],
)  # fmt: skip
def test_no_user_password_or_signature_of_a_path_becomes_a_fact(
    tmp_path: Path, location: str, target: str, dataset: str, written_to: str
) -> None:
    plan = copying("Scan parquet ", target, f"Location: InMemoryFileIndex [{location}]")
    rows = read(tmp_path, {"app": executed(plan, app="copy s3a://AKIAXX:SECRET@bucket/in")})

    assert links(rows) == [(dataset, "id", written_to, "id", "DIRECT", "IDENTITY")]
    assert "SECRET" not in repr(rows) and "AKIAXX" not in repr(rows)


def test_a_path_whose_password_is_cut_off_is_no_dataset(tmp_path: Path) -> None:
    plan = copying("Scan parquet ", "s3a://AKIAXX:SECRET]x@bucket/out", "Location: InMemoryFileIndex [file:/in]")
    rows = read(tmp_path, {"app": executed(plan)})

    assert "SECRET" not in repr(rows)
    assert [problem["kind"] for problem in rows["problem"]] == ["opaque"]


SCANS = [
    ("a table over JDBC", "Scan JDBCRelation(crm.customer) [numPartitions=1] ", "crm.customer", False),
    ("a quoted one", 'Scan JDBCRelation("crm"."customer") [numPartitions=4]', "crm.customer", False),
    ("one of the catalog", "Scan JDBCRelation(customer) [numPartitions=1] spark_catalog.crm.c", "crm.c", False),
    ("a query over JDBC", "Scan JDBCRelation((select 'secret') SPARK_GEN_0) [numPartitions=1] ", None, True),
    ("rows of an RDD", "Scan ExistingRDD", None, True),
    ("a source of another", "Scan MongoRelation(secret) [a, b]", None, True),
    ("no scan at all", "Project", None, True),
    ("a cache", "InMemoryTableScan", None, True),
    ("rows of the program", "LocalTableScan", None, False),
    ("a range", "Range (1)", None, False),
]


@pytest.mark.parametrize(("scan", "dataset", "opaque"), [case[1:] for case in SCANS], ids=[case[0] for case in SCANS])
def test_a_write_tells_what_it_read_or_that_it_is_not_known(
    tmp_path: Path, scan: str, dataset: str | None, opaque: bool
) -> None:
    rows = read(tmp_path, {"app": executed(copying(scan, "file:/out"))})

    assert [link[0] for link in links({"link": [], **rows})] == ([dataset] if dataset else [])
    assert [problem["kind"] for problem in rows.get("problem", [])] == (["opaque"] if opaque else [])
    assert "secret" not in repr(rows)
