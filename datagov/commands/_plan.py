"""Plan: the queries an audit would send to each source, for whoever runs the source. No row is read."""

from __future__ import annotations

import json

import click

from datagov.config import Config
from datagov.contracts import Access, DataConnector, DatasetRef, Source
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.model import Exit
from datagov.stages.harvest import connect


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
        datasets.append({"name": ref.name, "rows": ref.row_count, "queries": [list(query) for query in queries]})
    return json.dumps({**role, "datasets": datasets}).encode()


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
            for dataset in planned["datasets"]:
                known = "unknown number of" if dataset["rows"] is None else dataset["rows"]
                click.echo(f"--   {dataset['name']}: {known} rows")
                for sql, rows in dataset["queries"]:
                    click.echo(f"{sql};  -- at most {rows} rows")
    return code
