"""A real Hive metastore for a test module, out of pyspark's jars, over an embedded Derby; and tables made in it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest

from datagov.connectors._hive_thrift import LIST, MAP, STRING, STRUCT, AnswerError, Wire
from datagov.contracts import Source

_QL = "org.apache.hadoop.hive.ql.io"
FORMATS: Mapping[str, tuple[str, str, str]] = {
    "parquet": (
        f"{_QL}.parquet.MapredParquetInputFormat",
        f"{_QL}.parquet.MapredParquetOutputFormat",
        f"{_QL}.parquet.serde.ParquetHiveSerDe",
    ),
    "orc": (f"{_QL}.orc.OrcInputFormat", f"{_QL}.orc.OrcOutputFormat", f"{_QL}.orc.OrcSerde"),
    "text": (
        "org.apache.hadoop.mapred.TextInputFormat",
        f"{_QL}.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
    "csv": (
        "org.apache.hadoop.mapred.TextInputFormat",
        f"{_QL}.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    ),
    "json": (
        "org.apache.hadoop.mapred.TextInputFormat",
        f"{_QL}.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hive.hcatalog.data.JsonSerDe",
    ),
    "sequence": (
        "org.apache.hadoop.mapred.SequenceFileInputFormat",
        f"{_QL}.HiveSequenceFileOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
    "custom": ("com.example.In", "com.example.Out", "com.example.NoSuchSerDe"),
}
"""Input format, output format and SerDe, as Hive registers them."""


def jars() -> Path:
    """pyspark's jars; skips where pyspark or Java is missing."""
    pyspark = pytest.importorskip("pyspark", reason="pyspark, whose jars hold a Hive metastore, is not installed")
    if java() is None:
        pytest.skip("no Java is installed to run a Hive metastore")
    return Path(pyspark.__file__).parent / "jars"


def java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return str(Path(home, "bin", "java")) if home else shutil.which("java")


@dataclass(frozen=True)
class Server:
    """A running metastore."""

    port: int

    def wire(self) -> Any:
        return closing(Wire("127.0.0.1", self.port, connect_seconds=10, seconds=60, tls=False))

    def database(self, name: str, folder: Path) -> str:
        """A database; one that is there already is emptied."""
        with self.wire() as wire:
            try:
                wire.call("create_database", (1, STRUCT, [(1, STRING, name), (3, STRING, f"file:{folder}/{name}.db")]))
            except AnswerError:
                for table in wire.call("get_all_tables", (1, STRING, name)):
                    wire.call("drop_table", (1, STRING, name), (2, STRING, table), (3, 2, False))
        return name

    def table(
        self,
        database: str,
        name: str,
        columns: Sequence[tuple[str, ...]],
        location: str,
        *,
        form: str = "parquet",
        partitions: Sequence[tuple[str, str]] = (),
        properties: Mapping[str, str] | None = None,
        owner: str = "li.wei",
        view: str | None = None,
        serde: Mapping[str, str] | None = None,
    ) -> None:
        """An external table, or a view. ``columns`` are (name, type) or (name, type, comment)."""
        kind = "EXTERNAL_TABLE" if view is None else "VIRTUAL_VIEW"
        told = {**({"EXTERNAL": "TRUE"} if view is None else {}), **(properties or {})}
        query = [] if view is None else [(10, STRING, view), (11, STRING, view)]
        made = [
            (1, STRING, name),
            (2, STRING, database),
            (3, STRING, owner),
            (7, STRUCT, _storage(columns, location, form, serde)),
            (8, LIST, _fields(partitions)),
            (9, MAP, told),
            *query,
            (12, STRING, kind),
        ]
        with self.wire() as wire:
            wire.call("create_table", (1, STRUCT, made))

    def partition(self, database: str, table: str, values: Sequence[str], location: str, form: str = "parquet") -> None:
        made = [
            (1, LIST, list(values)),
            (2, STRING, database),
            (3, STRING, table),
            (6, STRUCT, _storage([("id", "bigint")], location, form)),
            (7, MAP, {}),
        ]
        with self.wire() as wire:
            wire.call("add_partition", (1, STRUCT, made))

    def source(self, folder: Path, *databases: str, **options: Any) -> Source:
        given = {"metastore": f"thrift://127.0.0.1:{self.port}", "databases": list(databases), **options}
        return Source(3, "hive", "spark", given, folder, "datagov.yaml", 4)


def _fields(columns: Sequence[tuple[str, ...]]) -> list[Any]:
    return [[(n, STRING, word) for n, word in enumerate(column, start=1)] for column in columns]


def _storage(
    columns: Sequence[tuple[str, ...]], location: str, form: str, told: Mapping[str, str] | None = None
) -> list[Any]:
    reads, writes, serde = FORMATS[form]
    place = [(2, STRING, location)] if location else []
    return [
        (1, LIST, _fields(columns)),
        *place,
        (3, STRING, reads),
        (4, STRING, writes),
        (7, STRUCT, [(2, STRING, serde), (3, MAP, {"serialization.format": "1", **(told or {})})]),
    ]


@contextmanager
def metastore(memory_mb: int = 256) -> Iterator[Server]:
    """A metastore of our own on a free port of this machine; stopped at the end. It holds its tables in memory."""
    classes = jars()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="datagov_metastore_") as name:
        folder = Path(name)
        settings = {
            "javax.jdo.option.ConnectionURL": "jdbc:derby:memory:datagov;create=true",
            "datanucleus.schema.autoCreateAll": "true",
            "hive.metastore.schema.verification": "false",
            "hive.metastore.warehouse.dir": f"file://{folder / 'warehouse'}",
            "hive.metastore.thrift.bind.host": "127.0.0.1",
            "hive.async.log.enabled": "false",
        }
        (folder / "hive-site.xml").write_text(
            "<configuration>"
            + "".join(f"<property><name>{k}</name><value>{escape(v)}</value></property>" for k, v in settings.items())
            + "</configuration>"
        )
        opened = [f"--add-opens=java.base/java.{one}=ALL-UNNAMED" for one in ("net", "lang", "util", "util.concurrent")]
        running = subprocess.Popen(
            [
                str(java()),
                f"-Xmx{memory_mb}m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                *opened,
                "-Dderby.stream.error.file=/dev/null",
                "-cp",
                f"{folder}:{classes}/*",
                "org.apache.hadoop.hive.metastore.HiveMetaStore",
                "-p",
                str(port),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(running, port)
            yield Server(port)
        finally:
            running.kill()
            running.wait(30)


def _wait(running: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(1_200):
        assert running.poll() is None, "the metastore ended by itself"
        try:
            with closing(Wire("127.0.0.1", port, connect_seconds=1, seconds=60, tls=False)) as wire:
                wire.call("get_all_databases")
            return
        except (OSError, AnswerError):
            time.sleep(0.1)
    raise AssertionError("the metastore did not start within two minutes")
