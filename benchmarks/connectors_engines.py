"""ClickHouse (by chDB) and a Hive metastore: harvest of many tables, whole reads, samples, what an unchanged one costs.

    python benchmarks/connectors_engines.py                                   1,000 tables, 1 million rows
    python benchmarks/connectors_engines.py --tables 10000 --rows 5000000     the sizes of the pages
    python benchmarks/connectors_engines.py --only clickhouse

Needs chDB; for the metastore pyspark's jars and Java 17. Peers beside ours: SQLAlchemy's Inspector over
clickhouse-connect for the harvest (asked for some tables and scaled), chDB and pyarrow alone for whole reads. Every
number is of a process of its own; the peak of chDB's process is told beside that of its reader.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
from apart import Measured, apart

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "connectors"))

SAMPLE, SAMPLES, INSPECTED = 2_000, 7, 50
COLUMNS = (
    "id Int64, name String, mobile String, email String, city LowCardinality(String), born Date, balance Decimal(12,2),"
    " opened DateTime, score Float64, note String, a Int32, b Int32, c String, d String, e Int16"
)
ROW = (
    "number + {0} AS n, concat('name ', toString(n)), concat('1380', toString(n)), concat('u', toString(n),"
    " '@example.org'), 'city', '1990-01-01', n * 1.5, '2026-01-01 00:00:00', n / 3.0, 'a note of some words', 1, 2,"
    " 'c', 'd', 3"
)
PIECE = 500_000
METASTORE_MB = 1_500
"""Of the metastore with its embedded database; its own is not told with the peaks."""


def made(folder: str, tables: int, rows: int) -> None:
    """A folder of chDB with many empty tables, or one large one."""
    import chdb

    connection = chdb.connect(folder)
    connection.query("CREATE DATABASE many")
    for n in range(tables):
        connection.query(f"CREATE TABLE many.t{n} ({COLUMNS}) ENGINE = MergeTree ORDER BY id")
    if rows:
        connection.query(f"CREATE TABLE many.big ({COLUMNS}) ENGINE = MergeTree ORDER BY id")
    for start in range(0, rows, PIECE):
        count = min(PIECE, rows - start)
        connection.query(f"INSERT INTO many.big SELECT {ROW.format(start)} FROM numbers({count})")
    connection.close()


def source(plugin: str, options: dict[str, Any], folder: str) -> Any:
    from datagov.contracts import Source

    return Source(1, "lake", plugin, options, Path(folder), "datagov.yaml", 1)


def connector(plugin: str, options: dict[str, Any], folder: str) -> Any:
    from datagov.stages.harvest import connect

    return connect(source(plugin, options, folder))


def harvest(plugin: str, options: dict[str, Any], folder: str) -> tuple[int, float, float, float]:
    """Tables, seconds of a first harvest, and of a second one by another connector of the same process; and the
    processor seconds that the second took in this process, without those of the engine or metastore.
    """
    taken, found, used = [], 0, 0.0
    for _ in range(2):
        begun, used = time.perf_counter(), time.process_time()
        batches = list(connector(plugin, options, folder).harvest())
        taken.append(time.perf_counter() - begun)
        found = sum(batch.num_rows for name, batch in batches if name == "dataset")
    return found, taken[0], taken[1], time.process_time() - used


def inspected(folder: str, tables: int) -> float:
    """Seconds that SQLAlchemy's Inspector would take for all tables, over clickhouse-connect and the same folder."""
    import sqlalchemy as sa

    pushdown = connector("clickhouse", {"path": folder}, folder).pushdown()
    inspector = sa.inspect(sa.create_engine(pushdown.url, creator=pushdown.creator))
    begun = time.perf_counter()
    for n in range(INSPECTED):
        inspector.get_columns(f"t{n}", schema="many")
    return (time.perf_counter() - begun) / INSPECTED * tables


def engine_peak_mb() -> int:
    """The most memory that chDB's process held, so far; 0 where there is none."""
    from datagov.connectors import _clickhouse_process as process

    for one in process.running():
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
    return 0


def big(made: Any) -> Any:
    from _sources import datasets

    return next(ref for name, ref in datasets(made).items() if name.endswith(".big"))


def whole(plugin: str, options: dict[str, Any], folder: str, rows: int) -> tuple[int, float, int]:
    """Rows, seconds without opening, and the peak of the engine."""
    made = connector(plugin, options, folder)
    dataset = big(made)
    begun = time.perf_counter()
    count = sum(b.num_rows for split in made.plan(dataset, rows=rows, seed=1) for b in made.read(split))
    return count, time.perf_counter() - begun, engine_peak_mb()


def samples(plugin: str, options: dict[str, Any], folder: str) -> tuple[float, float, float]:
    """Median seconds of a sample, shares of the rows that it may touch at the most, and seconds to see no change."""
    made = connector(plugin, options, folder)
    dataset = big(made)
    taken, touched = [], []
    for seed in range(SAMPLES):
        begun = time.perf_counter()
        splits = made.plan(dataset, rows=SAMPLE, seed=seed)
        sum(batch.num_rows for split in splits for batch in made.read(split))
        taken.append(time.perf_counter() - begun)
        touched.append(sum(rows for _, rows in made.queries(dataset, rows=SAMPLE, seed=seed)))
    begun = time.perf_counter()
    list(made.harvest())
    unchanged = time.perf_counter() - begun
    share = sorted(touched)[SAMPLES // 2] / dataset.row_count if dataset.row_count else 0.0
    return sorted(taken)[SAMPLES // 2], share, unchanged


def chdb_alone(folder: str) -> int:
    """The same rows by chDB's own stream of Arrow, in one process."""
    import chdb

    connection = chdb.connect(folder)
    reader = connection.send_query("SELECT * FROM many.big", "Arrow").record_batch(65_536)
    return sum(batch.num_rows for batch in reader)


def parquet_alone(folder: str) -> int:
    return sum(batch.num_rows for batch in pa_dataset.dataset(folder, format="parquet").to_batches())


def peaks(one: Measured, engine: int) -> str:
    return f"{one.peak_mb} MB" + (f" and {engine} MB of chDB" if engine else "")


def clickhouse(tables: int, rows: int) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as name:
        many, large = f"{name}/many", f"{name}/large"
        apart(made, many, tables, 0)
        found, first, later, ours = apart(harvest, "clickhouse", {"path": many}, name).result
        yield f"harvest of {found:,} tables, 15 columns | datagov | {first:.1f} s, then {later:.1f} s ({ours:.1f} ours)"
        seconds = apart(inspected, many, tables).result
        yield f"the same, columns alone | SQLAlchemy Inspector, {INSPECTED} tables scaled | {seconds:.0f} s"
        apart(made, large, 0, rows)
        one = apart(whole, "clickhouse", {"path": large}, name, rows)
        count, taken, engine = one.result
        yield f"{count:,} rows into Arrow | datagov | {count / taken / 1000:.0f} krow/s, {peaks(one, engine)}"
        alone = apart(chdb_alone, large)
        yield f"the same | chDB's stream | {alone.result / alone.seconds / 1000:.0f} krow/s, {alone.peak_mb} MB"
        yield from sampled("clickhouse", {"path": large}, name)


def sampled(plugin: str, options: dict[str, Any], folder: str) -> Iterator[str]:
    one = apart(samples, plugin, options, folder)
    seconds, share, unchanged = one.result
    told = f", at most {share:.1%} of the rows touched" if plugin == "clickhouse" else ""
    yield f"a sample of {SAMPLE:,}, median of {SAMPLES} | datagov | {seconds:.2f} s{told}, {one.peak_mb} MB"
    yield f"to see that nothing changed, by the catalog alone | datagov | {unchanged:.2f} s"


def parquet(folder: Path, rows: int) -> None:
    folder.mkdir(parents=True)
    for start in range(0, rows, PIECE):
        numbers = range(start, min(start + PIECE, rows))
        texts = {f"t{k}": [f"value {n} of {k}" for n in numbers] for k in range(8)}
        table = {"id": list(numbers), **texts, **{f"n{k}": list(numbers) for k in range(6)}}
        pq.write_table(pa.table(table), folder / f"part-{start}")


def spark(tables: int, rows: int) -> Iterator[str]:
    from _metastore import metastore

    with tempfile.TemporaryDirectory() as name, metastore(METASTORE_MB) as hive:
        place = Path(name)
        kinds = [("id", "bigint"), *((f"t{k}", "string") for k in range(8)), *((f"n{k}", "bigint") for k in range(6))]
        many, large = hive.database("many", place), hive.database("large", place)
        (place / "empty").mkdir()
        for n in range(tables):
            hive.table(many, f"t{n}", kinds, f"file:{place}/empty")
        options = {"metastore": f"thrift://127.0.0.1:{hive.port}", "databases": [many]}
        found, first, later, ours = apart(harvest, "spark", options, name).result
        yield f"harvest of {found:,} tables, 15 columns | datagov | {first:.1f} s, then {later:.1f} s ({ours:.1f} ours)"
        apart(parquet, place / "big", rows)
        hive.table(large, "big", kinds, f"file:{place}/big")
        options = {**options, "databases": [large]}
        try:
            one = apart(whole, "spark", options, name, rows)
            count, taken, _ = one.result
            yield f"{count:,} rows into Arrow | datagov | {count / taken / 1000:.0f} krow/s, {one.peak_mb} MB"
        except RuntimeError as error:
            yield f"{rows:,} rows into Arrow | datagov | {error}"
        alone = apart(parquet_alone, f"{name}/big")
        yield f"the same | pyarrow alone | {alone.result / alone.seconds / 1000:.0f} krow/s, {alone.peak_mb} MB"
        yield from sampled("spark", options, name)


PLACES = {"clickhouse": clickhouse, "spark": spark}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=1_000)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", choices=sorted(PLACES))
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}\n\n| source | what | with | result |\n|---|---|---|---|")
    for name, lines in PLACES.items():
        if given.only in (None, name):
            for line in lines(given.tables, given.rows):
                print(f"| {name} | {line} |", flush=True)


if __name__ == "__main__":
    main()
