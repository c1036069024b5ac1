"""``datagov init``: look at a source and write datagov.yaml, never with a secret in it."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from typing import Any

import click

from datagov.config import FILE_NAME
from datagov.errors import SourceError, UsageError
from datagov.plural import counted

_TEMPLATE = """\
# What datagov audits. 'datagov schema' prints the JSON Schema of this file; 'datagov doctor' says what to add next.
version: 1
platform: {platform}

sources:
  {name}:
    use: {plugin}
{options}
# A folder of SQL that fills these tables shows where personal data flows:
{pipeline}
# Who owns what, for which purpose; the nearest selector wins.
#declarations:
#  - select: "{schema}.*"
#    owner: someone@example.org
#    purpose: service.account
#    legal_basis: contract
"""


_DIALECTS = frozenset({"sqlite", "postgres", "mysql", "duckdb"})
"""Adapters that are called like the SQL dialect of their source."""

_HINT = " If it asks for a password, set the environment variable DB_PASSWORD."


@click.command("init")
@click.argument("dsn", required=False)
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="File to write.")
@click.option("-y", "--yes", is_flag=True, help="Write without asking.")
def command(dsn: str | None, *, config_file: str, yes: bool) -> int:
    """Look at the source DSN (sqlite:///shop.sqlite) and write datagov.yaml."""
    from datagov.commands import _output
    from datagov.commands._url import source_of

    path = Path(config_file)
    if path.exists():
        raise UsageError(f"{path} exists already; edit it, or name another file with --config.")
    if dsn is None and not sys.stdin.isatty():
        raise UsageError("Name the source: datagov init sqlite:///shop.sqlite.")
    if dsn is None:
        dsn = str(click.prompt("Source, for example sqlite:///shop.sqlite", err=True))
    given = source_of(dsn)
    plugin, options, name = given.plugin, dict(given.options), given.name
    datasets, columns, schema = _look(plugin, name, options, path)
    folder = _sql_folder(path.resolve().parent) if plugin in _DIALECTS else None
    text = _TEMPLATE.format(
        platform=name,
        name=name,
        plugin=plugin,
        options="".join(f"    {key}: {_scalar(value)}\n" for key, value in options.items()),
        schema=schema,
        pipeline=_pipeline(folder, plugin, name),
    )
    _output.say(f"Found {counted(datasets, 'dataset')} with {counted(columns, 'column')}.")
    if folder is not None:
        _output.say(f"Found SQL in the folder {folder}; it becomes the source 'pipeline' in the dialect of {plugin}.")
    if not yes and not click.confirm(f"Write {path}?", default=True, err=True):
        _output.say("Nothing was written.")
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    _output.write(path, text.encode())
    _output.say(f"Wrote {path}. Next: datagov audit")
    return 0


def _look(plugin: str, name: str, options: dict[str, Any], path: Path) -> tuple[int, int, str]:
    """Harvest the source in a worker: (datasets, columns, schema). Raises SourceError when it cannot be read."""
    from datagov.contracts import Limits, Source
    from datagov.engine import wire
    from datagov.engine.local import LocalEngine, Lost, Task
    from datagov.stages.harvest import harvest_source

    source = Source(1, name, plugin, options, path.resolve().parent, path.name, 1)
    with LocalEngine(workers=1, limits=Limits(deadline_seconds=60)) as engine:
        ((_, result),) = engine.each([Task(name, harvest_source, (source,))])
    if isinstance(result, Lost):
        asked = any("@" in str(value) for value in options.values()) and "password" not in options
        raise SourceError(result.reason + (_HINT if asked else ""))
    datasets, columns, schema = 0, 0, "main"
    for table, batch in wire.unpack(result):
        if table == "dataset" and batch.num_rows:
            datasets += batch.num_rows
            schema = batch.column("name")[0].as_py().rpartition(".")[0] or schema
        elif table == "column":
            columns += batch.num_rows
    return datasets, columns, schema


def _sql_folder(base: Path) -> str | None:
    """The one folder beside the configuration that holds .sql files at any depth; None when there is none, or several.

    Hidden folders are not looked into, nor is anything beyond the first thousand files of a folder.
    """
    found = []
    for folder in sorted(base.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            files = islice(folder.rglob("*"), 1000)
            if any(file.suffix.lower() == ".sql" for file in files):
                found.append(folder.name)
    return found[0] if len(found) == 1 else None


def _pipeline(folder: str | None, plugin: str, name: str) -> str:
    """The source of a folder of SQL as YAML, commented out when no folder was found."""
    mark = "#" if folder is None else ""
    key = "pipeline" if name != "pipeline" else "pipeline_sql"
    lines = (f"  {key}:", "    use: sqlfolder", f"    path: {_scalar(folder or 'sql')}", f"    dialect: {plugin}")
    return "".join(f"{mark}{line}\n" for line in lines)


def _scalar(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
