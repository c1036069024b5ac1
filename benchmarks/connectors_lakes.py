"""Files, lakes and embedded databases read whole into Arrow, beside pyarrow alone, each in a process of its own.

    python benchmarks/connectors_lakes.py                    1 million rows of 15 columns
    python benchmarks/connectors_lakes.py --rows 5000000

Rows are read as an audit reads them: planned, split by split, each batch dropped once it came. The peak is that of the
process with its imports; pyarrow alone reads the same Parquet file, or the same CSV file, batch by batch.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
from apart import Measured, apart

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "connectors"))

SAMPLE = 2_000


def batches(rows: int) -> Iterator[pa.RecordBatch]:
    """Fifteen columns of texts and numbers, 100,000 rows at a time."""
    for start in range(0, rows, 100_000):
        numbers = range(start, min(start + 100_000, rows))
        texts = {f"t{k}": [f"value {n} of {k}" for n in numbers] for k in range(8)}
        yield pa.RecordBatch.from_pydict({"id": list(numbers), **texts, **{f"n{k}": list(numbers) for k in range(6)}})


def build(folder: Path, rows: int) -> None:
    """The same rows as Parquet, CSV, Delta, SQLite and DuckDB."""
    import sqlite3

    import deltalake
    import duckdb

    (folder / "parquet").mkdir()
    (folder / "csv").mkdir()
    schema = next(batches(1)).schema
    file = folder / "parquet" / "big.parquet"
    with pq.ParquetWriter(file, schema) as parquet, pa_csv.CSVWriter(folder / "csv" / "big.csv", schema) as text:
        for batch in batches(rows):
            parquet.write_batch(batch)
            text.write_batch(batch)
    deltalake.write_deltalake(
        str(folder / "delta" / "big"), pa.RecordBatchReader.from_batches(schema, batches(rows)), mode="append"
    )
    with closing(sqlite3.connect(folder / "app.db")) as db, db:
        db.execute(f"CREATE TABLE big ({', '.join(schema.names)})")
        for batch in batches(rows):
            marks = ", ".join("?" * len(schema))
            db.executemany(f"INSERT INTO big VALUES ({marks})", zip(*batch.to_pydict().values(), strict=True))
    with closing(duckdb.connect(str(folder / "app.duckdb"))) as duck:
        duck.execute(f"CREATE TABLE big AS SELECT * FROM read_parquet('{file}')")


def read(plugin: str, options: dict[str, Any], folder: str, limit: int) -> int:
    """Rows that a connector reads of its one dataset."""
    from _sources import datasets

    from datagov.contracts import Source
    from datagov.stages.harvest import connect

    made: Any = connect(Source(1, "lake", plugin, options, Path(folder), "datagov.yaml", 1))
    (dataset,) = datasets(made).values()
    return sum(batch.num_rows for split in made.plan(dataset, rows=limit, seed=1) for batch in made.read(split))


def alone(path: str, kind: str) -> int:
    """The same file with pyarrow only."""
    return sum(batch.num_rows for batch in pa_dataset.dataset(path, format=kind).to_batches())


def row(name: str, who: str, one: Measured) -> str:
    return f"| {name} | {who} | {one.result / one.seconds / 1000:,.0f} krow/s | {one.peak_mb} MB |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        apart(build, folder, rows)
        print(f"load {os.getloadavg()[0]:.1f}\n\n| source | with | speed | peak |\n|---|---|---|---|")
        print(row("Parquet", "pyarrow alone", apart(alone, f"{name}/parquet", "parquet")), flush=True)
        print(row("CSV", "pyarrow alone", apart(alone, f"{name}/csv", "csv")), flush=True)
        sources: dict[str, tuple[str, dict[str, Any]]] = {
            "Parquet": ("files", {"path": "parquet"}),
            "CSV": ("files", {"path": "csv"}),
            "Delta": ("delta", {"path": "delta"}),
            "SQLite": ("sqlite", {"path": "app.db"}),
            "DuckDB": ("duckdb", {"path": "app.duckdb"}),
        }
        for title, (plugin, options) in sources.items():
            for what, limit in (("", rows), (f", a sample of {SAMPLE:,}", SAMPLE)):
                try:
                    one = apart(read, plugin, options, name, limit)
                except RuntimeError as error:
                    print(f"| {title}{what} | datagov | {error} | |", flush=True)
                    continue
                told = f"{one.seconds:.2f} s with imports" if what else f"{one.result / one.seconds / 1000:,.0f} krow/s"
                print(f"| {title}{what} | datagov | {told} | {one.peak_mb} MB |", flush=True)


if __name__ == "__main__":
    main()
