"""Sources of pipelines, large: harvested by datagov, and by what the standard library alone needs to parse them.

    python benchmarks/pipelines.py                    all of them, as Markdown
    python benchmarks/pipelines.py --only dbt --scale 0.1

Each kind is made new: a dbt manifest of 2,000 models, 1,000 DAG files, 500 notebooks, 100,000 OpenLineage events, an
event log of Spark of 200 MB, a query log of 1 million lines and 5,000 SQL files. Every number is of a process of its
own: seconds of its processor time, and its peak with imports. A harvest ends with facts in Arrow: nothing is traced.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apart import apart


@dataclass(frozen=True)
class Kind:
    """A source: its options, how many items of what it has, what makes it, and what a plain parser does with it."""

    options: dict[str, Any]
    count: int
    items: str
    build: Callable[[Path, int], None]
    plain: Callable[[Path], int]


def dbt(folder: Path, count: int) -> None:
    project = folder / "project"
    (project / "models").mkdir(parents=True)
    (project / "target").mkdir()
    (project / "dbt_project.yml").write_text("name: shop\nversion: '1'\nprofile: shop\n")
    nodes = {}
    for n in range(count):
        before = f"model.shop.m{n - 1}" if n % 10 else "source.shop.raw.customer"
        relation = f'"dw"."dbt"."m{n - 1}"' if n % 10 else '"dw"."raw"."customer"'
        template = "{{ source('raw', 'customer') }}" if not n % 10 else f"{{{{ ref('m{n - 1}') }}}}"
        columns = ",\n  ".join(f"upper(c{k}) as c{k}" for k in range(20))
        raw = f"select\n  {columns}\nfrom {template}\nwhere c1 is not null"
        (project / "models" / f"m{n}.sql").write_text(raw)
        nodes[f"model.shop.m{n}"] = {
            "unique_id": f"model.shop.m{n}",
            "resource_type": "model",
            "name": f"m{n}",
            "database": "dw",
            "schema": "dbt",
            "alias": f"m{n}",
            "relation_name": f'"dw"."dbt"."m{n}"',
            "package_name": "shop",
            "path": f"m{n}.sql",
            "original_file_path": f"models/m{n}.sql",
            "raw_code": raw,
            "compiled_code": raw.replace(template, relation),
            "compiled": True,
            "language": "sql",
            "config": {"materialized": "table", "meta": {"owner": f"u{n % 50}@example.org"}},
            "columns": {f"c{k}": {"name": f"c{k}", "description": f"column {k}"} for k in range(20)},
            "depends_on": {"nodes": [before], "macros": []},
            "checksum": {"name": "none", "checksum": ""},
            "description": f"model {n}",
            "meta": {},
            "tags": [],
        }
    source = {
        "unique_id": "source.shop.raw.customer",
        "resource_type": "source",
        "name": "customer",
        "source_name": "raw",
        "identifier": "customer",
        "database": "dw",
        "schema": "raw",
        "relation_name": '"dw"."raw"."customer"',
        "package_name": "shop",
        "path": "models/raw.yml",
        "original_file_path": "models/raw.yml",
        "columns": {f"c{k}": {"name": f"c{k}"} for k in range(20)},
        "meta": {},
        "config": {},
    }
    (project / "target" / "manifest.json").write_text(
        json.dumps(
            {
                "metadata": {
                    "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
                    "adapter_type": "postgres",
                    "project_name": "shop",
                },
                "nodes": nodes,
                "sources": {"source.shop.raw.customer": source},
                "macros": {},
                "exposures": {},
                "groups": {},
            }
        )
    )


def airflow(folder: Path, count: int) -> None:
    (folder / "dags").mkdir()
    for n in range(count):
        tasks = "\n".join(
            f'    t{k} = SQLExecuteQueryOperator(task_id="t{k}", conn_id="dw",\n'
            f'        sql="INSERT INTO dw.t{n}_{k} SELECT id, email FROM app.s{n}_{k}")'
            for k in range(10)
        )
        (folder / "dags" / f"d{n}.py").write_text(
            "from airflow import DAG\n"
            "from airflow.providers.common.sql.operators.sql import SQLExecuteQueryOperator\n\n"
            f'with DAG("d{n}", schedule="@daily", default_args={{"owner": "u@example.org"}}) as dag:\n{tasks}\n'
        )


def notebooks(folder: Path, count: int) -> None:
    (folder / "notebooks").mkdir()
    for n in range(count):
        cells = [
            {
                "cell_type": "code",
                "metadata": {},
                "outputs": [{"output_type": "stream", "name": "stdout", "text": ["x" * 80 + "\n"] * 50}],
                "execution_count": k,
                "source": [f"df{k} = spark.sql('''\n", f"INSERT INTO dw.t{k} SELECT id FROM app.s{n}\n", "''')\n"],
            }
            for k in range(20)
        ]
        about = {"kernelspec": {"name": "python3", "language": "python", "display_name": "p"}}
        text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": about, "cells": cells}, indent=1)
        (folder / "notebooks" / f"n{n}.ipynb").write_text(text)


def openlineage(folder: Path, count: int) -> None:
    (folder / "events").mkdir()
    with (folder / "events" / "events.ndjson").open("w") as file:
        for n in range(count):
            read, write = f"app.s{n % 1000}", f"dw.t{n % 5000}"
            ways = {f"c{k}": {"inputFields": [{"namespace": "db", "name": read, "field": f"c{k}"}]} for k in range(5)}
            fields = [{"name": f"c{k}", "type": "text"} for k in range(5)]
            event = {
                "eventType": "COMPLETE",
                "eventTime": "2026-06-30T16:00:00Z",
                "run": {"runId": f"{n:08x}-0000-0000-0000-000000000000"},
                "job": {"namespace": "jobs", "name": f"j{n % 5000}", "facets": {}},
                "inputs": [{"namespace": "db", "name": read, "facets": {"schema": {"fields": fields}}}],
                "outputs": [
                    {
                        "namespace": "db",
                        "name": write,
                        "facets": {"schema": {"fields": fields}, "columnLineage": {"fields": ways}},
                    }
                ],
                "producer": "bench",
                "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json",
            }
            file.write(json.dumps(event) + "\n")


def sparklog(folder: Path, count: int) -> None:
    """``count`` megabytes: the log of the tests' application, its jobs repeated, tasks between them as Spark writes."""
    (folder / "log").mkdir()
    log = (Path(__file__).parents[1] / "tests" / "connectors" / "spark_event_log.jsonl").read_text().splitlines()
    task = json.dumps({"Event": "SparkListenerTaskEnd", "Stage ID": 1, "Task Metrics": {"x": "y" * 3_000}})
    size, at, written = count * 2**20, 0, 0
    with (folder / "log" / "app-1").open("w") as file:
        while written < size:
            lines = [log[at], *[task] * 20] if at < len(log) else [task] * 100
            text = "\n".join(lines) + "\n"
            written += file.write(text)
            at += 1


def querylog(folder: Path, count: int) -> None:
    (folder / "querylog").mkdir()
    with (folder / "querylog" / "postgresql.log").open("w") as file:
        for n in range(count):
            second = f"{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}"
            file.write(
                f"2026-06-30 {second}.000 UTC [{n % 999}] u{n % 40}@shop LOG:  statement: SELECT email, name FROM"
                f" crm.t{n % 2_000} WHERE id = {n}\n"
            )


def sqlfolder(folder: Path, count: int) -> None:
    for n in range(count):
        place = folder / "sql" / f"d{n % 100}"
        place.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(f"s.c{k}" for k in range(20))
        (place / f"f{n}.sql").write_text(f"INSERT INTO dw.t{n}\nSELECT {columns}\nFROM app.s{n} AS s;\n" * 3)


def _json_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(json.loads(line) is not None for line in file)


def _json_files(folder: Path, pattern: str) -> int:
    return sum(json.loads(path.read_bytes()) is not None for path in folder.glob(pattern))


def _texts(folder: Path, pattern: str) -> int:
    return sum(path.read_text() is not None for path in folder.rglob(pattern))


KINDS = {
    "dbt": Kind({"path": "project"}, 2_000, "models", dbt, lambda f: _json_files(f, "project/target/*.json")),
    "airflow": Kind(
        {"path": "dags", "dialect": "postgres"},
        1_000,
        "DAG files",
        airflow,
        lambda f: sum(ast.parse(path.read_text()) is not None for path in (f / "dags").glob("*.py")),
    ),
    "notebooks": Kind(
        {"path": "notebooks", "dialect": "spark"},
        500,
        "notebooks",
        notebooks,
        lambda f: _json_files(f, "notebooks/*.ipynb"),
    ),
    "openlineage": Kind(
        {"path": "events"}, 100_000, "events", openlineage, lambda f: _json_lines(f / "events" / "events.ndjson")
    ),
    "sparklog": Kind({"path": "log"}, 200, "MB", sparklog, lambda f: _json_lines(f / "log" / "app-1")),
    "querylog": Kind(
        {"path": "querylog", "format": "postgres-stderr"},
        1_000_000,
        "lines",
        querylog,
        lambda f: sum(1 for _ in (f / "querylog" / "postgresql.log").open()),
    ),
    "sqlfolder": Kind(
        {"path": "sql", "dialect": "postgres"}, 5_000, "SQL files", sqlfolder, lambda f: _texts(f / "sql", "*.sql")
    ),
}


def harvest(name: str, folder: Path) -> dict[str, Any]:
    """Facts that a harvest hands over, batch after batch, and how many problems are among them."""
    from datagov.contracts import Source
    from datagov.stages.harvest import connect

    made: Any = connect(Source(1, "pipeline", name, KINDS[name].options, folder, "datagov.yaml", 1))
    begun = time.process_time()
    facts = problems = 0
    for table, batch in made.harvest():
        facts += batch.num_rows
        problems += batch.num_rows if table == "problem" else 0
    return {"facts": facts, "problems": problems, "seconds": time.process_time() - begun}


def plain(name: str, folder: Path) -> float:
    """Seconds of a plain parser over the same files."""
    begun = time.process_time()
    KINDS[name].plain(folder)
    return time.process_time() - begun


def lines(names: list[str], scale: float) -> Iterator[str]:
    for name in names:
        kind = KINDS[name]
        count = max(1, int(kind.count * scale))
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            kind.build(folder, count)
            try:
                ours, theirs = apart(harvest, name, folder), apart(plain, name, folder)
            except RuntimeError as error:
                yield f"| {name} | {count:,} {kind.items} | {error} | | | |"
                continue
            took = ours.result["seconds"]
            each = f"{took / count * 1000:,.3f} ms"
            facts = f"{ours.result['facts']:,} ({ours.result['problems']:,} problems)"
            peer = f"{theirs.result:.1f} s, {theirs.peak_mb} MB"
            spent = f"{took:.1f} s, {each} each | {ours.peak_mb} MB"
            yield f"| {name} | {count:,} {kind.items} | {spent} | {facts} | {peer} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(KINDS))
    parser.add_argument("--scale", type=float, default=1.0, help="a part of each size")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("| source | size | harvest | peak | facts | a plain parser |\n|---|---|---|---|---|---|")
    for line in lines(given.only or list(KINDS), given.scale):
        print(line, flush=True)


if __name__ == "__main__":
    main()
