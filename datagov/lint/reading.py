"""What tracing says of the linted files: SQL that was not read, and names that mean nothing certain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from datagov.lineage import unread
from datagov.lint.files import SqlFile
from datagov.lint.finding import Finding, finding
from datagov.lint.world import World
from datagov.model import Severity

_RULES = {
    "failed": "LINT-R01",
    "limit": "LINT-R02",
    "opaque": "LINT-R03",
    "unsupported": "LINT-R04",
    "deadline": "LINT-R05",
    "memory": "LINT-R05",
    "died": "LINT-R05",
    "refused": "LINT-R05",
    "unresolved_star": "LINT-C03",
    "column_count": "LINT-C05",
    "ambiguous_name": "LINT-C06",
    "too_many_names": "LINT-C07",
    "unresolved_column": "LINT-C08",
    "quoted_name": "LINT-C09",
}
"""Rule by the kind of a problem; the kinds about single columns are read from the edges."""
_FROM_EDGES = frozenset({"unknown_column", "not_in_schema"})
_FATAL = frozenset({"LINT-R01", "LINT-R02", "LINT-R05", "LINT-R06", "LINT-C07"})
_UNKNOWN = re.compile(r"the column (.+), which its source does not have")
_COUNTS = re.compile(r"yields (\d+) columns for the (\d+) columns of (.+)\.$")
_NAMED = re.compile(r"names (.+?), which may be (.+?);")
_NOT_IN = re.compile(r"no column of this name in (.+)\.$")

_DOUBTFUL = """
    SELECT e.file, e.line, e.col, e.reason, e.statement_id, s.kind, d.name AS source, c.name AS column, t.name AS target
    FROM edge e JOIN statement s USING (statement_id) JOIN dataset d ON d.dataset_id = e.source_dataset_id
    JOIN column c ON c.column_id = e.source_column_id JOIN dataset t ON t.dataset_id = e.target_dataset_id
    WHERE s.job_id = ? AND e.reason IN ('ambiguous', 'not_in_schema', 'target_by_alias') ORDER BY e.edge_id
"""


def unreadable(files: list[SqlFile]) -> Iterator[Finding]:
    """Files whose text could not be had."""
    for file in files:
        if file.fault is not None:
            yield finding("LINT-R06", file.name, 1, file.name, arguments={"why": file.fault}, fatal=True)


def of_files(world: World) -> Iterator[Finding]:
    """One finding per line and name that tracing could not read or settle."""
    for job_id, file in world.files.items():
        told: set[int] = set()
        for one in _of_edges(world.store.query(_DOUBTFUL, (job_id,)), file):
            told.update([one.line] if one.rule == "LINT-C02" else [])
            yield one
        for row in world.store.query("SELECT * FROM problem WHERE stage = 'trace' AND file = ?", (file.name,)):
            one_found = _of_problem(row, file)
            if one_found and not (row["kind"] == "not_in_schema" and one_found.line in told):
                yield one_found


def _of_edges(rows: list[dict[str, Any]], file: SqlFile) -> Iterator[Finding]:
    candidates: dict[tuple[int, int, int, str], list[str]] = {}
    for row in rows:
        match row["reason"]:
            case "ambiguous":
                key = (row["statement_id"], row["line"], row["col"], row["column"])
                places = candidates.setdefault(key, [])
                if row["source"] not in places:
                    places.append(row["source"])
            case "not_in_schema":
                name = f"{row['source']}.{row['column']}"
                yield finding("LINT-C02", file.name, row["line"], name)
            case "target_by_alias" if row["kind"] == "INSERT":
                yield finding("LINT-C04", file.name, row["line"], row["target"])
    for (_, line, _, column), places in candidates.items():
        if len(places) > 1:
            arguments = {"candidates": ", ".join(places)}
            yield finding("LINT-C01", file.name, line, column, arguments=arguments)


def _of_problem(row: dict[str, Any], file: SqlFile) -> Finding | None:
    kind, message = row["kind"], row["message"]
    if kind in _FROM_EDGES:
        found = _UNKNOWN.search(message) or _NOT_IN.search(message)
        rule = "LINT-C02" if kind == "unknown_column" else "LINT-C10"
        return finding(rule, file.name, row["line"], found.group(1) if found else file.name)
    rule = _RULES.get(kind, "LINT-R05" if row["fatal"] else "")
    if not rule:
        return None
    arguments: dict[str, Any] = {"why": message}
    subject = file.name
    if counts := _COUNTS.search(message):
        subject = counts.group(3)
        arguments = {"given": counts.group(1), "wanted": counts.group(2)}
    elif named := _NAMED.search(message):
        subject = named.group(1)
        arguments = {"candidates": named.group(2)}
    severity = Severity.HIGH if rule in _FATAL else None
    return finding(rule, file.name, row["line"], subject, arguments=arguments, severity=severity, fatal=rule in _FATAL)


def counters(world: World, files: list[SqlFile]) -> list[dict[str, Any]]:
    """The counters of each file: its statements by what became of them, the names that were not resolved, and
    whether it was read.
    """
    counted = {row["file"]: row for row in unread.files(world.store.query)}
    told = []
    for file in files:
        row = counted.get(file.name, {})
        read = file.fault is None and bool(row.get("read", True))
        numbers = {counter: int(row.get(counter, 0)) for counter in unread.COUNTERS}
        told.append({"file": file.name, "source": file.source, "dialect": file.dialect, "read": read, **numbers})
    return told
