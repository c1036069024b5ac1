"""A full scan of files in a bucket, in a whole night: exact counts; a file that breaks leaves nothing whole."""

import gzip
import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from datagov.audit import Audit, Engines, run
from tests.detect import values

ROWS, FILES = 20_000, 3
MAILS = (3, 30_001, 59_999)
SECRET = "moewe-im-nebel"


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A client of a moto server; its address is the client's."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    account = {"aws_access_key_id": "auditor", "aws_secret_access_key": SECRET}
    yield boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name="us-east-1", **account)
    server.stop()


@pytest.fixture
def bucket(s3: Any) -> Iterator[Callable[[str, bytes], None]]:
    """Puts a file into the bucket of the platform, which is empty before and after."""
    s3.create_bucket(Bucket="platform")
    yield lambda key, body: s3.put_object(Bucket="platform", Key=f"bronze/{key}", Body=body)
    for found in s3.list_objects_v2(Bucket="platform").get("Contents", ()):
        s3.delete_object(Bucket="platform", Key=found["Key"])
    s3.delete_bucket(Bucket="platform")


@pytest.fixture
def night(s3: Any, tmp_path: Any, engines: Engines) -> Callable[[str], Audit]:
    """A whole audit of the bucket with the given section for detection."""

    def audit(detection: str) -> Audit:
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "datagov.yaml").write_text(
            f"platform: lake\nas_of: 2026-06-30T16:00:00Z\noutput: out\ndetection: {detection}\n"
            f"sources:\n  lake: {{use: files, path: 's3://platform/bronze', endpoint: '{s3.meta.endpoint_url}',"
            " access_key_id: auditor, secret: 'file:secret'}\n"
        )
        return run(tmp_path / "datagov.yaml", engines=engines)

    return audit


def tickets(part: int) -> pa.Table:
    """A third of the tickets: notes of which three in all name an address, and identity numbers."""
    start = part * ROWS
    notes = [f"the parcel went out on day {n % 28} as it was asked for" for n in range(start, start + ROWS)]
    for n in MAILS:
        if start <= n < start + ROWS:
            notes[n - start] += f" write to kiebitz{n}@example.com"
    return pa.table({"note": notes, "sfzh": values.valid("CN_RESIDENT_ID", ROWS, random.Random(part))})


def parquet(table: pa.Table) -> bytes:
    """The table in four row groups."""
    made = io.BytesIO()
    pq.write_table(table, made, row_group_size=ROWS // 4)
    return made.getvalue()


def broken(body: bytes) -> bytes:
    """A Parquet file whose description is whole and whose pages are not."""
    return body[:4] + b"\xff" * (len(body) // 2) + body[4 + len(body) // 2 :]


def seen(audit: Audit) -> dict[str, dict[str, Any]]:
    """Column → its examination, with the evidence as ``told`` and what it holds as ``held``."""
    evidence = audit.evidence()
    held: dict[int, set[str]] = {}
    for row in evidence.rows("SELECT column_id, entity, mode FROM detection"):
        held.setdefault(row["column_id"], set()).add(f"{row['mode']} {row['entity']}")
    rows = evidence.rows(
        "SELECT d.name || '.' || c.name AS name, e.* FROM examination e"
        " JOIN column c USING (column_id) JOIN dataset d USING (dataset_id)"
    )
    evidence.close()
    return {
        row["name"]: {**row, "told": json.loads(row["evidence"] or "{}"), "held": held.get(row["column_id"], set())}
        for row in rows
    }


def test_three_addresses_among_sixty_thousand_notes_in_three_files_are_counted(
    bucket: Callable[[str, bytes], None], night: Callable[[str], Audit]
) -> None:
    for part in range(FILES):
        bucket(f"ticket/day={part}/part.parquet", parquet(tickets(part)))

    columns = seen(night("{full_scan: {}}"))

    note, sfzh = columns["lake.ticket.note"], columns["lake.ticket.sfzh"]
    assert (note["full_scan"], note["rows_scanned"], note["excludable_prevalence"]) == ("complete", 3 * ROWS, None)
    assert note["told"]["full_scan"]["contains"] == {"EMAIL_ADDRESS": len(MAILS)}
    assert note["held"] == {"contains EMAIL_ADDRESS"}
    assert sfzh["told"]["full_scan"]["contains"] == {"CN_RESIDENT_ID": 3 * ROWS}
    assert columns["lake.ticket.day"]["full_scan"] is None


def test_packed_text_in_a_bucket_is_read_to_its_last_line(
    bucket: Callable[[str, bytes], None], night: Callable[[str], Audit]
) -> None:
    lines = [f"the line of day {n % 28} and nothing else" for n in range(9_000)]
    lines[8_999] += " kiebitz@example.com"
    bucket("log.csv.gz", gzip.compress("\n".join(["body", *lines]).encode()))

    body = seen(night("{full_scan: {}}"))["lake.log.body"]

    assert (body["full_scan"], body["rows_scanned"]) == ("complete", 9_000)
    assert body["told"]["full_scan"]["contains"] == {"EMAIL_ADDRESS": 1}


def test_a_budget_of_rows_reads_a_bucket_at_random_and_says_what_it_leaves(
    bucket: Callable[[str, bytes], None], night: Callable[[str], Audit]
) -> None:
    for part in range(FILES):
        bucket(f"ticket/{part}.parquet", parquet(tickets(part)))

    note = seen(night("{full_scan: {rows: 9000, columns: [free_text]}}"))["lake.ticket.note"]

    assert (note["full_scan"], note["told"]["full_scan"]["stopped"]) == ("budget", "rows")
    assert note["told"]["full_scan"]["excludable"] == pytest.approx(3 / note["rows_scanned"])
    assert 8_000 <= note["rows_scanned"] <= 9_000


def test_a_file_that_breaks_while_it_is_read_leaves_no_scan_complete(
    bucket: Callable[[str, bytes], None], night: Callable[[str], Audit]
) -> None:
    for part in range(FILES):
        body = parquet(tickets(part))
        bucket(f"ticket/{part}.parquet", broken(body) if part == 1 else body)

    audit = night("{full_scan: {}}")
    note = seen(audit)["lake.ticket.note"]

    assert note["full_scan"] not in ("complete", None)
    assert note["excludable_prevalence"] is None
    assert note["told"]["full_scan"].get("excludable") is None


def test_neither_the_secret_nor_a_value_lies_in_what_the_night_keeps(
    bucket: Callable[[str, bytes], None], night: Callable[[str], Audit], tmp_path: Any
) -> None:
    bucket("ticket/0.parquet", parquet(tickets(0)))

    assert seen(night("{full_scan: {}}"))["lake.ticket.note"]["full_scan"] == "complete"

    kept = b"".join(path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file())
    assert b"CN_RESIDENT_ID" in kept
    assert SECRET.encode() not in kept
    assert b"kiebitz" not in kept
