"""Plan: the queries an audit would send to each source, with their size and time, for whoever runs the source.

No row is read: the catalog is asked, and rows are counted where the source's access allows it.
"""

from __future__ import annotations

import json
from typing import Any

import click

from datagov.config import Config
from datagov.contracts import Access, DataConnector, DatasetRef, Source
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.model import Exit
from datagov.plural import counted
from datagov.stages.harvest import connect

_BYTES_PER_SECOND = 20 * 2**20
"""What a source is taken to hand over; measured connectors do several times that."""
_QUERY_SECONDS = 0.05
"""What a query is taken to cost besides its rows."""


def plan_source(source: Source, rows: int, seed: int) -> bytes:
    """Worker: the source's datasets and the queries that would sample them, as JSON."""
    connector = connect(source)
    role = {"role": connector.role, "access": source.access}
    harvested = list(connector.harvest())
    if not isinstance(connector, DataConnector):
        return json.dumps({**role, "datasets": []}).encode()
    columns: dict[int, list[tuple[int, str]]] = {}
    for row in (row for name, batch in harvested if name == "column" for row in batch.to_pylist()):
        columns.setdefault(row["dataset_id"], []).append((row["column_id"], row["name"]))
    datasets = []
    for row in (row for name, batch in harvested if name == "dataset" for row in batch.to_pylist()):
        ref = DatasetRef(
            row["dataset_id"], row["name"], tuple(columns.get(row["dataset_id"], ())), row_count=row["row_count"]
        )
        queries = connector.queries(ref, rows=rows, seed=seed) if source.access is Access.SAMPLES else ()
        datasets.append(
            {
                "name": ref.name,
                "rows": ref.row_count,
                "row_bytes": _row_bytes(row),
                "queries": [list(query) for query in queries],
            }
        )
    told = (row for name, batch in harvested if name == "problem" for row in batch.to_pylist())
    problems = [row["message"] for row in told if row["fatal"]]
    return json.dumps({**role, "datasets": datasets, "problems": problems}).encode()


def _row_bytes(row: dict[str, Any]) -> int | None:
    """Mean bytes of a row by the source's own statistics; None where it has none."""
    rows = row["row_count"] or row["row_estimate"]
    return None if not rows or not row["size_bytes"] else max(1, row["size_bytes"] // rows)


def _summary(datasets: list[dict[str, Any]]) -> str:
    """What a source is asked for, all datasets together.

    >>> _summary([{"name": "s.t", "rows": 9, "row_bytes": 100, "queries": [["SELECT 1", 9]]}])
    'about 1 query, 9 rows, 0.0 MB, 0 s; rows of 1 table are counted'
    """
    queries = [(rows, one["row_bytes"]) for one in datasets for _, rows in one["queries"]]
    rows = sum(n for n, _ in queries)
    known = sum(n * width for n, width in queries if width)
    unknown = sum(1 for one in datasets if one["queries"] and one["row_bytes"] is None)
    seconds = len(queries) * _QUERY_SECONDS + known / _BYTES_PER_SECOND
    sent = f"{len(queries):,} quer{'y' if len(queries) == 1 else 'ies'}"
    told = f"about {sent}, {counted(rows, 'row')}, {known / 2**20:,.1f} MB, {seconds:,.0f} s"
    known_rows = sum(one["rows"] is not None for one in datasets)
    told += f"; rows of {counted(known_rows, 'table')} are counted" if known_rows else ""
    return told + (f"; the size of {counted(unknown, 'dataset')} is not known" if unknown else "")


def show(config: Config) -> Exit:
    """Print the plan of every source to stdout."""
    code = Exit.CLEAN
    with LocalEngine(workers=config.model.limits.workers, limits=config.limits) as engine:
        tasks = [
            Task(source.name, plan_source, (source, config.limits.sample_rows, config.model.seed))
            for source in config.sources
        ]
        for task, result in engine.each(tasks):
            click.echo(f"-- source {task.name}")
            if isinstance(result, Lost):
                click.echo(f"--   cannot be planned: {result.reason}")
                code = Exit.INCOMPLETE
                continue
            planned = json.loads(result)
            if planned["role"] != "data":
                click.echo("--   no query is sent: only files are read")
            elif planned["access"] != Access.SAMPLES:
                click.echo(f"--   no row is read: the source's access is {planned['access']}")
            if planned["datasets"]:
                click.echo(f"--   {_summary(planned['datasets'])}")
            for message in planned.get("problems", ()):
                click.echo(f"--   {' '.join(message.split())}")
                code = Exit.INCOMPLETE
            for dataset in planned["datasets"]:
                known = "unknown number of" if dataset["rows"] is None else dataset["rows"]
                click.echo(f"--   {dataset['name']}: {known} rows")
                for sql, rows in dataset["queries"]:
                    click.echo(
                        f"{sql};  -- " + (f"at most {rows} rows" if rows else "number of rows passed over not known")
                    )
    return code
