"""Files, lakes and embedded databases read whole into Arrow, beside their own library, each in a process of its own.

    python benchmarks/connectors_lakes.py                                1 million rows of 15 columns
    python benchmarks/connectors_lakes.py --rows 5000000
    python benchmarks/connectors_lakes.py --only Parquet --only S3

Rows are read as an audit reads them: planned, split by split, each batch dropped once it came. The peak is that of the
process with its imports. A sample's bytes are what the process asked the kernel for, of S3 what the server sent, beside
what is stored. The last column is what a harvest asks for, which is all that is read of a source that did not change.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apart import Measured, apart

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "connectors"))

SAMPLE = 2_000
STEP = 100_000
"""Rows of a row group, of a batch and of an insert."""
ACCOUNT = {"access_key_id": "auditor", "secret": "file:secret"}


@dataclass(frozen=True)
class Kind:
    """A source: the connector's options over the folder, what builds it, and how its own library reads it."""

    plugin: str
    options: dict[str, Any]
    build: Callable[[Path, int], None]
    alone: Callable[[Path], Iterator[pa.RecordBatch]]
    stored: str
    """The folder or file that holds it."""


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Fifteen columns of texts and numbers."""
    for start in range(0, rows, STEP):
        n = pa.array(np.arange(start, min(start + STEP, rows)))
        text = n.cast(pa.string())
        texts = {f"t{k}": pc.binary_join_element_wise("value ", text, f" of {k}", "") for k in range(8)}
        yield pa.RecordBatch.from_pydict({"id": n, **texts, **{f"n{k}": n for k in range(6)}})


SCHEMA = next(batches(1)).schema


def parquet(folder: Path, rows: int) -> None:
    import pyarrow.parquet as pq

    (folder / "parquet").mkdir()
    with pq.ParquetWriter(folder / "parquet" / "big.parquet", SCHEMA) as writer:
        for batch in batches(rows):
            writer.write_batch(batch)


def parts(folder: Path, rows: int) -> None:
    """Parquet in files of 100,000 rows: moto reads a whole object for every piece that is asked of it."""
    import pyarrow.parquet as pq

    (folder / "parts").mkdir()
    for n, batch in enumerate(batches(rows)):
        pq.write_table(pa.Table.from_batches([batch]), folder / "parts" / f"{n:04}.parquet")


def csv(folder: Path, rows: int) -> None:
    import pyarrow.csv as pa_csv

    (folder / "csv").mkdir()
    with pa_csv.CSVWriter(folder / "csv" / "big.csv", SCHEMA) as writer:
        for batch in batches(rows):
            writer.write_batch(batch)


def ndjson(folder: Path, rows: int) -> None:
    shape = "{{" + ", ".join(f'"{name}": {{}}' for name in SCHEMA.names) + "}}\n"
    (folder / "ndjson").mkdir()
    with (folder / "ndjson" / "big.ndjson").open("w", encoding="utf-8") as file:
        for batch in batches(rows):
            columns = [
                [f'"{cell}"' for cell in column.to_pylist()] if pa.types.is_string(column.type) else column.to_pylist()
                for column in batch.columns
            ]
            file.writelines(shape.format(*row) for row in zip(*columns, strict=True))


def orc(folder: Path, rows: int) -> None:
    import pyarrow.orc as pa_orc

    (folder / "orc").mkdir()
    with pa_orc.ORCWriter(folder / "orc" / "big.orc") as writer:
        for batch in batches(rows):
            writer.write(pa.Table.from_batches([batch]))


def ipc(folder: Path, rows: int) -> None:
    (folder / "ipc").mkdir()
    with pa.ipc.new_file(folder / "ipc" / "big.arrow", SCHEMA) as writer:
        for batch in batches(rows):
            writer.write_batch(batch)


def delta(folder: Path, rows: int) -> None:
    import deltalake

    reader = pa.RecordBatchReader.from_batches(SCHEMA, batches(rows))
    deltalake.write_deltalake(str(folder / "delta" / "big"), reader, mode="append")


def iceberg(folder: Path, rows: int) -> None:
    (folder / "iceberg").mkdir()
    table = _catalog(folder).create_table("crm.big", SCHEMA)
    for part in _grouped(batches(rows), 10):
        table.append(pa.Table.from_batches(part))


def sqlite(folder: Path, rows: int) -> None:
    import sqlite3

    with closing(sqlite3.connect(folder / "app.db")) as db, db:
        db.execute(f"CREATE TABLE big ({', '.join(SCHEMA.names)})")
        for batch in batches(rows):
            marks = ", ".join("?" * len(SCHEMA))
            db.executemany(
                f"INSERT INTO big VALUES ({marks})", zip(*(c.to_pylist() for c in batch.columns), strict=True)
            )


def duckdb_file(folder: Path, rows: int) -> None:
    import duckdb

    with closing(duckdb.connect(str(folder / "app.duckdb"))) as duck:
        for n, batch in enumerate(batches(rows)):
            part = pa.Table.from_batches([batch])
            duck.register("part", part)
            duck.execute("INSERT INTO big FROM part" if n else "CREATE TABLE big AS FROM part")
            duck.unregister("part")


def dataset(kind: str, name: str) -> Callable[[Path], Iterator[pa.RecordBatch]]:
    def read(folder: Path) -> Iterator[pa.RecordBatch]:
        import pyarrow.dataset as pa_dataset

        return iter(pa_dataset.dataset(str(folder / name), format=kind).to_batches())

    return read


def delta_alone(folder: Path) -> Iterator[pa.RecordBatch]:
    import deltalake

    table = deltalake.DeltaTable(str(folder / "delta" / "big"))
    return iter(
        pa.RecordBatchReader.from_stream(deltalake.QueryBuilder().register("big", table).execute("SELECT * FROM big"))
    )


def iceberg_alone(folder: Path) -> Iterator[pa.RecordBatch]:
    return iter(_catalog(folder).load_table("crm.big").scan().to_arrow_batch_reader())


def sqlite_alone(folder: Path) -> Iterator[pa.RecordBatch]:
    import sqlite3

    with closing(sqlite3.connect(folder / "app.db")) as db:
        cursor = db.execute("SELECT * FROM big")
        while rows := cursor.fetchmany(8_192):
            yield pa.RecordBatch.from_arrays([pa.array(one) for one in zip(*rows, strict=True)], SCHEMA.names)


def duckdb_alone(folder: Path) -> Iterator[pa.RecordBatch]:
    import duckdb

    with closing(duckdb.connect(str(folder / "app.duckdb"), read_only=True)) as duck:
        yield from duck.sql("SELECT * FROM big").to_arrow_reader(8_192)


def s3_alone(folder: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.dataset as pa_dataset
    from pyarrow.fs import S3FileSystem

    store = S3FileSystem(
        endpoint_override=os.environ["BENCH_S3"],
        scheme="http",
        region="us-east-1",
        access_key="a",
        secret_key="b",
    )
    return iter(pa_dataset.dataset("platform/lake/big", filesystem=store, format="parquet").to_batches())


S3 = {"path": "s3://platform/lake", "region": "us-east-1", **ACCOUNT}
ICEBERG = {"catalog": {"type": "sql", "uri": "sqlite:///iceberg/catalog.db"}}
KINDS = {
    "Parquet": Kind("files", {"path": "parquet"}, parquet, dataset("parquet", "parquet"), "parquet"),
    "CSV": Kind("files", {"path": "csv"}, csv, dataset("csv", "csv"), "csv"),
    "NDJSON": Kind("files", {"path": "ndjson"}, ndjson, dataset("json", "ndjson"), "ndjson"),
    "ORC": Kind("files", {"path": "orc"}, orc, dataset("orc", "orc"), "orc"),
    "Arrow": Kind("files", {"path": "ipc"}, ipc, dataset("ipc", "ipc"), "ipc"),
    "Delta": Kind("delta", {"path": "delta"}, delta, delta_alone, "delta"),
    "Iceberg": Kind("iceberg", ICEBERG, iceberg, iceberg_alone, "iceberg"),
    "S3": Kind("files", S3, parts, s3_alone, "parts"),
    "SQLite": Kind("sqlite", {"path": "app.db"}, sqlite, sqlite_alone, "app.db"),
    "DuckDB": Kind("duckdb", {"path": "app.duckdb"}, duckdb_file, duckdb_alone, "app.duckdb"),
}


def read(name: str, folder: Path, limit: int) -> dict[str, Any]:
    """Rows that a connector reads of its one dataset; bytes and seconds of the harvest and of the reading."""
    from _sources import datasets

    from datagov.contracts import Source
    from datagov.stages.harvest import connect

    kind = KINDS[name]
    options = kind.options | ({"endpoint": f"http://{os.environ['BENCH_S3']}"} if name == "S3" else {})
    if name in ("CSV", "NDJSON") and limit > SAMPLE:
        options = {**options, "text_mb": 2**14}
    source = Source(1, "lake", kind.plugin, options, folder, "datagov.yaml", 1)
    datasets(connect(source))
    made: Any = connect(source)
    start = _sent() if name == "S3" else _asked()
    (dataset,) = datasets(made).values()
    harvested = (_sent() if name == "S3" else _asked()) - start
    begun = time.perf_counter()
    rows = sum(batch.num_rows for split in made.plan(dataset, rows=limit, seed=1) for batch in made.read(split))
    seconds = time.perf_counter() - begun
    touched = (_sent() if name == "S3" else _asked()) - start - harvested
    return {"rows": rows, "seconds": seconds, "harvested": harvested, "touched": touched}


def alone(name: str, folder: Path) -> dict[str, Any]:
    """The same rows by the format's own library only."""
    begun = time.perf_counter()
    rows = sum(batch.num_rows for batch in KINDS[name].alone(folder))
    return {"rows": rows, "seconds": time.perf_counter() - begun}


def _asked() -> int:
    """Bytes that this process asked the kernel for so far."""
    return int(Path("/proc/self/io").read_text().split()[1])


def _sent() -> int:
    """Bytes of objects that the server of :func:`bucket` sent so far."""
    from urllib.request import urlopen

    with urlopen(f"http://{os.environ['BENCH_S3']}/sent") as answer:
        return int(answer.read())


@contextmanager
def bucket(folder: Path) -> Iterator[None]:
    """A moto server with the files in a bucket; it counts the bytes it sends."""
    import boto3
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    app, sent = DomainDispatcherApplication(create_backend_app), [0]

    def counting(environ: Any, start: Any) -> Any:
        if environ["PATH_INFO"] == "/sent":
            start("200 OK", [])
            return [str(sent[0]).encode()]

        def begin(status: str, headers: Any, *more: Any) -> Any:
            if environ["REQUEST_METHOD"] == "GET":
                sent[0] += int({k.lower(): v for k, v in headers}.get("content-length", 0))
            return start(status, headers, *more)

        return app(environ, begin)

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, counting, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["BENCH_S3"] = f"127.0.0.1:{server.server_port}"
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{os.environ['BENCH_S3']}",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    client.create_bucket(Bucket="platform")
    for file in folder.iterdir():
        client.upload_file(str(file), "platform", f"lake/big/{file.name}")
    yield
    server.shutdown()


def _catalog(folder: Path) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    place = folder / "iceberg"
    catalog = SqlCatalog("default", uri=f"sqlite:///{place}/catalog.db", warehouse=f"file://{place}")
    catalog.create_namespace_if_not_exists("crm")
    return catalog


def _grouped(all_of_them: Iterator[Any], count: int) -> Iterator[list[Any]]:
    held: list[Any] = []
    for one in all_of_them:
        held.append(one)
        if len(held) == count:
            yield held
            held = []
    if held:
        yield held


def _size(path: Path) -> int:
    return (
        path.stat().st_size if path.is_file() else sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
    )


def speed(one: Measured) -> str:
    return f"{one.result['rows'] / one.result['seconds'] / 1000:,.0f} krow/s | {one.peak_mb} MB"


def measure(name: str, folder: Path, rows: int) -> str:
    """A line of the table; what fails is told in place of its numbers."""
    cells = []
    for work, given in ((alone, ()), (read, (rows,))):
        try:
            cells.append(speed(apart(work, name, folder, *given)))
        except RuntimeError as error:
            cells.append(f"{error} |")
    try:
        one = apart(read, name, folder, SAMPLE)
    except RuntimeError as error:
        return f"| {name} | {' | '.join(cells)} | {error} | | | |"
    told, stored = one.result, _size(folder / KINDS[name].stored)
    share = f"{told['touched'] / 2**20:,.1f} of {stored / 2**20:,.0f} MB"
    cells += [f"{told['seconds']:.2f} s", f"{one.peak_mb} MB", share, f"{told['harvested'] / 1024:,.0f} kB"]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", action="append", choices=sorted(KINDS))
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {given.rows:,} rows\n")
    print(
        "| source | its library, whole | peak | datagov, whole | peak | a sample of 2,000 | peak | touched | harvest |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in given.only or KINDS:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            (folder / "secret").write_text("nothing")
            (folder / "secret").chmod(0o600)
            apart(KINDS[name].build, folder, given.rows)
            if name == "S3":
                with bucket(folder / "parts"):
                    print(measure(name, folder, given.rows), flush=True)
            else:
                print(measure(name, folder, given.rows), flush=True)


if __name__ == "__main__":
    main()
