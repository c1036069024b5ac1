"""Metastores and tables that fail in every way: each is one sentence, in time, and the other tables are read."""

from __future__ import annotations

import select
import socket
import sqlite3
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from _lakes import problems, rows
from _metastore import Server
from _sources import harvested

from datagov.connectors.spark import SparkConnector
from datagov.contracts import Source
from datagov.errors import SourceError
from datagov.testing import CANARY


def lake(folder: Path, name: str, table: pa.Table, file: str = "part-0") -> str:
    place = folder / "lake" / name
    place.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, place / file)
    return f"file:{place}"


@contextmanager
def listener(answer: bytes) -> Iterator[int]:
    """A server that takes connections and answers every call with some bytes, or never."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                    kept.append(connection)
                    if answer:
                        connection.recv(4096)
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        for one in kept:
            one.close()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "did not answer in time"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not answer as a plain Thrift metastore"),
        (b"\x80\x01\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x01\x0f\x00\x00\x0b\x7f\xff\xff\xff", "plain Thrift"),
        (b"\x80\x01\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x01" + b"\x0c\x00\x01" * 200, "plain Thrift"),
        (b"\x80\x02\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x01\x00", "plain Thrift"),
        (b"\x00\x00\x00\x01x\x02\x00\x00\x00\x01\x00", "plain Thrift"),
        (b"\x82\x41\x01\x01x\x00", "plain Thrift"),
        (b"\x00\x00\x00\x12\x80\x01\x00\x02\x00\x00\x00\x01x\x00\x00\x00\x01\x00", "plain Thrift"),
        (b"\x01\x00\x00\x00\x00", "plain Thrift"),
        (b"\x80\x01\x00\x01\x00\x00\x00\x01x\x00\x00\x00\x01\x00", "plain Thrift"),
    ],
    ids=[
        "black hole",
        "no Thrift",
        "a list of two thousand million",
        "two hundred levels",
        "version 2 of the protocol",
        "the protocol before versions",
        "the compact protocol",
        "the framed transport",
        "SASL",
        "a call instead of a reply",
    ],
)
def test_a_metastore_that_fails_is_a_sentence_in_time(tmp_path: Path, answer: bytes, says: str) -> None:
    with listener(answer) as port:
        given = {"metastore": f"thrift://127.0.0.1:{port}", "answer_seconds": 0.5}
        connector = SparkConnector(Source(3, "hive", "spark", given, tmp_path, "datagov.yaml", 4))

        with pytest.raises(SourceError, match=says) as error:
            harvested(connector)

    assert str(error.value).endswith(".")


def test_a_metastore_that_does_not_know_a_method_is_a_sentence(tmp_path: Path) -> None:
    """As one of another version answers: TApplicationException, UNKNOWN_METHOD."""
    known = b"\x0b\x00\x01\x00\x00\x00\x07kanarie\x08\x00\x02\x00\x00\x00\x01\x00"
    with listener(b"\x80\x01\x00\x03\x00\x00\x00\x01x\x00\x00\x00\x01" + known) as port:
        given = {"metastore": f"thrift://127.0.0.1:{port}", "answer_seconds": 0.5}

        with pytest.raises(SourceError, match="does not know a method that is needed; it is of a version that is not"):
            harvested(SparkConnector(Source(3, "hive", "spark", given, tmp_path, "datagov.yaml", 4)))


def test_a_metastore_that_is_down_is_a_sentence(tmp_path: Path) -> None:
    source = Source(3, "hive", "spark", {"metastore": "thrift://127.0.0.1:1"}, tmp_path, "datagov.yaml", 4)

    with pytest.raises(SourceError, match=r"cannot be reached; check that it runs.*\.$"):
        harvested(SparkConnector(source))


@contextmanager
def cutting(port: int, after: int) -> Iterator[int]:
    """A proxy to a metastore that resets each connection after so many bytes of its answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=pump, args=(client,), daemon=True).start()

        def pump(client: socket.socket) -> None:
            left = after
            with client, socket.create_connection(("127.0.0.1", port)) as server:
                while left > 0:
                    for one in select.select([client, server], [], [])[0]:
                        data = one.recv(65_536)
                        if not data:
                            return
                        if one is server:
                            data, left = data[:left], left - len(data)
                        (client if one is server else server).sendall(data)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.mark.heavy
@pytest.mark.parametrize("after", [3, 60, 400])
def test_a_metastore_that_breaks_off_in_an_answer_is_a_sentence(
    hive: Server, crm: str, tmp_path: Path, after: int
) -> None:
    hive.table(crm, "person", [("id", "bigint")], lake(tmp_path, "person", pa.table({"id": [1]})))
    with cutting(hive.port, after) as port:
        given = {"metastore": f"thrift://127.0.0.1:{port}", "databases": [crm]}
        connector = SparkConnector(Source(3, "hive", "spark", given, tmp_path, "datagov.yaml", 4))
        try:
            said = " ".join(problems(connector).values())
        except SourceError as error:
            said = str(error)

    assert "does not answer as a plain Thrift metastore does" in said
    assert said.endswith(".")


@pytest.mark.heavy
def test_partitions_of_other_schemas_are_read_together_as_the_catalog_declares(
    hive: Server, crm: str, tmp_path: Path
) -> None:
    place = f"file:{tmp_path}/lake/event"
    lake(tmp_path, "event/day=1", pa.table({"id": pa.array([1], pa.int32()), "old": ["x"]}))
    lake(tmp_path, "event/day=2", pa.table({"who": ["a"], "ID": pa.array(["2"])}))
    lake(tmp_path, "event/day=3", pa.table({"id": pa.array([3], pa.int64())}))
    hive.table(crm, "event", [("id", "bigint"), ("who", "string")], place, partitions=[("day", "int")])
    for day in ("1", "2", "3"):
        hive.partition(crm, "event", [day], f"{place}/day={day}")
    connector = SparkConnector(hive.source(tmp_path, crm))

    found = rows(connector, "crm.event")

    assert problems(connector) == {}
    assert [int(one) for one in found["id"]] == [1, 2, 3]
    assert (found["who"], found["day"]) == ([None, "a", None], [1, 2, 3])


@pytest.mark.heavy
def test_an_audit_reads_the_rest_of_a_catalog_and_is_incomplete(hive: Server, crm: str, tmp_path: Path) -> None:
    people = pa.table({"id": [1, 2], "mail": ["u1@example.org", "u2@example.org"]})
    columns = [("id", "bigint"), ("mail", "string")]
    hive.table(crm, "good", columns, lake(tmp_path, "good", people))
    hive.table(crm, "gone", columns, f"file:{tmp_path}/lake/nowhere")
    (tmp_path / "lake" / "nowhere").rmdir()
    broken = lake(tmp_path, "broken", pa.table({"mail": [CANARY] * 9}))
    path = tmp_path / "lake" / "broken" / "part-0"
    path.write_bytes(path.read_bytes()[:-20])
    hive.table(crm, "broken", columns, broken)
    told = {"spark.sql.create.version": "4.3.0"}
    hive.table(crm, "seen", columns, "", view="SELECT mail, FROM ((", properties=told)
    hung = f"SELECT {'date(' * 60}mail{')' * 60} AS mail FROM crm.good"
    hive.table(crm, "hangs", columns, "", view=hung, properties=told)
    hive.table(crm, "well", columns, "", view="SELECT id, mail FROM crm.good", properties=told)
    (tmp_path / "datagov.yaml").write_text(
        "version: 1\nplatform: t\nlimits: {statement_seconds: 1.5}\nsources:\n"
        f"  hive: {{use: spark, metastore: 'thrift://127.0.0.1:{hive.port}', databases: [{crm}]}}\n"
        "  gone: {use: spark, metastore: 'thrift://127.0.0.1:1'}\n"
    )
    command = [str(Path(sys.executable).with_name("datagov")), "audit", "--format", "json", "-o", "out"]
    ran = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True, timeout=300)
    (evidence,) = tmp_path.rglob("evidence.sqlite")
    with closing(sqlite3.connect(evidence)) as store:
        said = {(name, message) for name, message in store.execute("SELECT object, message FROM problem WHERE fatal")}
        outcomes = dict(
            store.execute(
                "SELECT d.name, max(e.outcome) FROM examination e JOIN column USING (column_id)"
                " JOIN dataset d USING (dataset_id) WHERE column.name = 'mail' AND d.kind = 'table' GROUP BY 1"
            )
        )
        edges = store.execute(
            "SELECT count(*) FROM edge JOIN column ON column.column_id = target_column_id"
            " JOIN dataset d USING (dataset_id) WHERE d.name = 'crm.well'"
        ).fetchone()

    assert ran.returncode == 3, ran.stderr
    assert outcomes == {"crm.good": "scanned", "crm.gone": "unreadable", "crm.broken": "unreadable"}
    assert edges[0] >= 2
    for name, part in (("crm.gone", "a folder that is gone"), ("crm.broken", "is damaged"), ("gone", "be reached")):
        assert any(name == about and part in message for about, message in said), said
    assert any(about == "crm.seen" for about, _ in said), said
    assert ("crm.hangs", "It took longer than 1.5 s and was left out.") in said, said
    assert CANARY not in repr(said)
