"""Small builders the connector tests share."""

import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from datagov.contracts import DataConnector, DatasetRef, Source


def database(folder: Path, script: str, *, name: str = "app.db", rows: dict[str, Iterable[Any]] | None = None) -> Path:
    """An SQLite file made by a script, with rows per INSERT statement."""
    path = folder / name
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(script)
        for insert, values in (rows or {}).items():
            db.executemany(insert, values)
    return path


def sqlite_source(folder: Path, **options: Any) -> Source:
    """The source ``app`` over ``app.db`` with the display schema ``app``."""
    return Source(1, "app", "sqlite", {"path": "app.db", "schema": "app", **options}, folder, "datagov.yaml", 3)


def harvested(connector: Any) -> dict[str, list[dict[str, Any]]]:
    """Facts by table; a table without facts is an empty list."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, batch in connector.harvest():
        rows[name] += batch.to_pylist()
    return rows


def datasets(connector: DataConnector) -> dict[str, DatasetRef]:
    """The harvested datasets by name, as references with all columns."""
    rows = harvested(connector)
    columns = defaultdict(list)
    for row in rows["column"]:
        columns[row["dataset_id"]].append((row["column_id"], row["name"]))
    return {
        row["name"]: DatasetRef(row["dataset_id"], row["name"], columns[row["dataset_id"]], row["row_count"])
        for row in rows["dataset"]
    }


def read(connector: DataConnector, dataset: DatasetRef, *, rows: int = 1_000, seed: int = 1) -> pa.Table:
    """What a plan reads, its columns under their names instead of their ids."""
    splits = connector.plan(dataset, rows=rows, seed=seed)
    table = pa.concat_tables(pa.Table.from_batches(connector.read(split)) for split in splits)
    return table.rename_columns([name for _, name in dataset.columns])


def opened_to_all(folder: Path) -> None:
    """Let every account enter a test's folder: those above it are opened too, as far as they are pytest's own."""
    for one in (folder, *folder.parents):
        if "pytest-" in one.as_posix():
            one.chmod(0o755)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may read every file; act as nobody meanwhile, so that permissions mean something."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)
