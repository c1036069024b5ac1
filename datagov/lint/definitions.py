"""What the SQL itself says of tables: the columns that CREATE and ALTER give them, known in every other file."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from datagov import yamlfile
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.errors import ConfigError, UsageError

Tables = Mapping[str, Sequence[str]]
"""Columns in order by the dotted name of their table."""

_ROUNDS = 6
"""How often files are read again because another file's table has become known."""
_DEFINES = re.compile(r"(?i)\b(create|alter|clone|rename)\b")
_SCHEMA = pa.schema([("table", pa.string()), ("columns", pa.list_(pa.string())), ("kind", pa.string())])


def defined_in(sql: str, dialect: str, schema: str, seconds: float) -> bytes:
    """Worker: the tables and views that a script defines, with their columns where those are known.

    ``schema`` is JSON of the tables known so far. A statement that takes longer than ``seconds`` ends the process.
    Raises UsageError for a dialect nobody knows.
    """
    from datagov.lineage import Guard
    from datagov.lineage.catalog import Catalog
    from datagov.lineage.dialects import speech
    from datagov.lineage.functions import functions_for
    from datagov.lineage.jinja import looks_templated, rendered
    from datagov.lineage.script import Reading
    from datagov.lineage.source import Script
    from datagov.lineage.surroundings import Surroundings

    voice = speech(dialect)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    catalog = Catalog(voice, json.loads(schema), None, None)
    guard = Guard(begun=lambda _: signal.setitimer(signal.ITIMER_REAL, seconds) and None)
    reading = Reading(voice, catalog, functions_for(voice.name, None), Surroundings(voice.name), guard)
    text: str | None = sql
    if looks_templated(sql):
        made = rendered(sql)
        text = None if made.trouble else made.sql
    try:
        if text is not None:
            with reading.collector:
                reading.read(Script(text, None, 0), 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    rows: dict[str, dict[str, Any]] = {}
    for statement in reading.statements:
        if statement.temporary or not statement.kind.startswith(("CREATE_", "ALTER_TABLE", "RENAME_TABLE")):
            continue
        for name in statement.targets:
            parts = name.split(".")
            if len(parts) > 3 or name.startswith(("path:", "<", "#", "@")):
                continue
            table = catalog.find(parts[-1], *(*reversed(parts[:-1]), None, None)[:2], plain=True)
            if table.columns is not None and "*" not in table.columns and not table.temporary:
                kind = "view" if "VIEW" in statement.kind else "table"
                rows[name] = {"table": name, "columns": table.columns, "kind": kind}
    return wire.pack([("table", pa.RecordBatch.from_pylist(list(rows.values()), schema=_SCHEMA))])


def collect(
    scripts: Sequence[tuple[str, str, str]], known: Tables, engine: LocalEngine, *, seconds: float
) -> tuple[dict[str, list[str]], set[str], dict[str, str]]:
    """Columns by table, from (name, text, dialect) of every script; which of the tables are views; and why not.

    The last is a sentence by the name of every script whose reading broke.

    A definition that rests on a table of another file is read again once that one is known. A script whose worker
    is stopped defines nothing here; tracing says what became of it. Raises UsageError for a dialect nobody knows.
    """
    found: dict[str, list[str]] = {}
    views: set[str] = set()
    broken: dict[str, str] = {}
    pending = [script for script in scripts if _DEFINES.search(script[1])]
    for _ in range(_ROUNDS):
        before = json.dumps(found, sort_keys=True)
        schema = json.dumps({**known, **found})
        tasks = [Task(name, defined_in, (sql, dialect, schema, seconds)) for name, sql, dialect in pending]
        again = []
        for script, (_, result) in zip(pending, engine.each(tasks), strict=True):
            if isinstance(result, Lost):
                if result.kind == "refused":
                    raise UsageError(result.reason)
                if result.kind == "failed":
                    broken[script[0]] = f"What it defines was not read. {result.reason}"
                continue
            again.append(script)
            for _, batch in wire.unpack(result):
                for row in batch.to_pylist():
                    found[row["table"]] = row["columns"]
                    if row["kind"] == "view":
                        views.add(row["table"])
        pending = again
        if not pending or json.dumps(found, sort_keys=True) == before:
            break
    return found, views, broken


def from_file(path: Path) -> dict[str, list[str]]:
    """Columns by table from a YAML or JSON mapping of table to its columns. Raises ConfigError with file and line."""
    document = yamlfile.load(path)
    if not isinstance(document.value, dict):
        raise ConfigError("A catalogue is a mapping of table to its columns, or a .sql file.", file=document.file)
    tables: dict[str, list[str]] = {}
    for name, columns in document.value.items():
        if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
            raise ConfigError("A table's columns are a list of names.", file=document.file, line=document.line(name))
        tables[str(name)] = columns
    return tables
