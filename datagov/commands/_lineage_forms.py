"""What ``datagov lineage`` prints: a tree for people, CSV for sheets, OpenLineage events for other tools."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from datagov.lineage.unread import COUNTERS, is_partial
from datagov.plural import counted

Row = dict[str, Any]

CSV_COLUMNS = (
    "part",
    "hop",
    "source_namespace",
    "source_dataset",
    "source_field",
    "target_namespace",
    "target_dataset",
    "target_field",
    "type",
    "subtype",
    "masking",
    "protection",
    "confidence",
    "reason",
    "job",
    "file",
    "line",
    "expression",
)
_FILES_SHOWN = 10
_WORDS = {"up": "comes from", "down": "goes to"}


def caveats(known: Row) -> list[str]:
    """What limits the answer: SQL that was not read, a bound that cut, a run that was incomplete."""
    lines = [f"Run {known['run']['name']}, as of {known['run']['as_of']}.", *not_seen(known["unread"])]
    if not known["run"]["complete"]:
        lines.append("The run was incomplete.")
    lines.extend(
        f"Cut at {counted(known['depth'], 'step')} {direction}: more lies beyond; raise --depth."
        for direction in ("up", "down")
        if known.get(direction, {}).get("cut")
    )
    if known.get("cut_by_length"):
        lines.append(f"Cut at {counted(known['depth'], 'step')}: there may be longer routes; raise --depth.")
    if known.get("cut_by_count"):
        lines.append("Cut by number: there may be more routes; raise --routes.")
    return lines


def not_seen(unread: Row) -> Iterator[str]:
    """How much of the run's SQL lineage does not see: of all of it, of each source and of the files concerned."""
    if not unread["statements"] and not unread["unread_objects"]:
        yield "The run read no SQL statement: nothing here says that no data flows."
        return
    partial = [file for file in unread["files"] if is_partial(file)]
    if not partial and not unread["unread_objects"]:
        yield f"All {counted(unread['statements'], 'statement')} of the run were read, and every name resolved."
        return
    kinds = ", ".join(f"{unread[kind]:,} {kind}" for kind in ("opaque", "failed", "unsupported") if unread[kind])
    objects = f"; {counted(unread['unread_objects'], 'object')} not at all" if unread["unread_objects"] else ""
    names = f"; {counted(unread['unresolved'], 'name')} not resolved" if unread["unresolved"] else ""
    yield (
        f"At least this: {unread['not_read']:,} of {counted(unread['statements'], 'statement')} were not read"
        f"{f' ({kinds})' if kinds else ''}{objects}{names}."
    )
    for source in filter(is_partial, unread["sources"] if len(unread["sources"]) > 1 else ()):
        yield f"  source {source['source']}: {_counters(source)}"
    for file in partial[:_FILES_SHOWN]:
        yield f"  {file['file']}: {_counters(file)}"
    if len(partial) > _FILES_SHOWN:
        yield f"  and {counted(len(partial) - _FILES_SHOWN, 'file')} more; '-f json' lists every one"


def _counters(counted: Row) -> str:
    if not counted.get("read", True):
        return "no statement was read"
    return ", ".join(f"{counted[counter]:,} {counter}" for counter in COUNTERS)


def text(known: Row) -> Iterator[str]:
    """Lines for people."""
    if "routes" in known:
        yield from _routes(known)
    for direction in ("up", "down"):
        if direction not in known:
            continue
        part = known[direction]
        for column_id, name in zip(known["column_ids"], known["of"], strict=True):
            yield f"{name} {_WORDS[direction]}"
            yield from _tree(part["edges"], column_id, up=direction == "up")
        if part["influences"]:
            yield (
                f"influenced by (INDIRECT, {direction})" if direction == "up" else f"influences (INDIRECT, {direction})"
            )
            for row in part["influences"]:
                yield f"  {_source(row)} → {_target(row)}  {_how(row)}"
        yield ""
    yield from caveats(known)


def _routes(known: Row) -> Iterator[str]:
    routes = known["routes"]
    if not routes:
        yield f"No route from {_some(known['of'])} to {_some(known['to'])} is known."
    for number, route in enumerate(routes, 1):
        yield f"route {number}{' (shortest)' if number == 1 else ''}, {counted(len(route), 'step')}"
        yield f"  {_source(route[0])}"
        for row in route:
            yield f"  → {_target(row)}  {_how(row)}"
    yield ""


def _tree(edges: list[Row], root: int, *, up: bool) -> Iterator[str]:
    """Depth first; a column met again is a mark: ``cycle`` when it is on the way here, ``above`` when it was shown."""
    here, there = ("target_column_id", "source_column_id") if up else ("source_column_id", "target_column_id")
    after: dict[int, list[Row]] = {}
    for row in edges:
        after.setdefault(row[here], []).append(row)
    if root not in after:
        yield "  nothing known"
    shown = {root}
    stack: list[tuple[Row, tuple[int, ...]]] = [(row, (root,)) for row in reversed(after.get(root, []))]
    while stack:
        row, way = stack.pop()
        column = row[there]
        mark = "  (cycle)" if column in way else "  (above)" if column in shown and column in after else ""
        yield f"{'  ' * len(way)}{_source(row) if up else _target(row)}  {_how(row)}{mark}"
        if column not in shown:
            shown.add(column)
            stack.extend((one, (*way, column)) for one in reversed(after.get(column, [])))


def _how(row: Row) -> str:
    place = f"{row['file']}:{row['line']}" if row["file"] else f"{row['job']}:{row['line']}"
    expression = " ".join((row["expression"] or "").split())
    if len(expression) > 80:
        expression = f"{expression[:79]}…"
    how = ", ".join((row["subtype"].lower(), *protection(row), certainty(row)))
    return f"{how}  {place}  {expression}".rstrip()


def protection(row: Row, language: str = "en") -> Iterator[str]:
    """How the value arrives, in words; nothing for an influence, which brings no value."""
    from datagov.lineage.arriving import words

    if row["type"] == "DIRECT":
        yield words(row["protection"], row["carried"], language)


def certainty(row: Row) -> str:
    """The confidence of an edge, with its reason where it is not whole."""
    reason = f" ({row['reason']})" if row["confidence"] < 1 else ""
    return f"confidence {row['confidence']:.2f}{reason}"


def _source(row: Row) -> str:
    return f"{row['source_dataset']}.{row['source_field']}"


def _target(row: Row) -> str:
    return f"{row['target_dataset']}.{row['target_field']}" if row["target_field"] else f"{row['target_dataset']} (all)"


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0].rpartition('.')[0]} ({len(names)} columns)"


def _parts(known: Row) -> Iterator[tuple[str, Row]]:
    for direction in ("up", "down"):
        for row in known.get(direction, {}).get("edges", []):
            yield direction, row
        for row in known.get(direction, {}).get("influences", []):
            yield f"{direction}_influence", row
    for number, route in enumerate(known.get("routes", []), 1):
        for hop, row in enumerate(route, 1):
            yield f"route_{number}", {**row, "hop": hop}


def csv_text(known: Row) -> str:
    """RFC 4180 with the columns of ``CSV_COLUMNS``; a text a sheet would run as a formula begins with an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(CSV_COLUMNS)
    for part, row in _parts(known):
        writer.writerow([_cell({"part": part, **row}.get(field)) for field in CSV_COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@")):
        return f"'{value}"
    return f"'{value}" if isinstance(value, str) and value[:1] in ("\t", "\r", "\n") else value


def events(known: Row) -> str:
    """One RunEvent per job, one line each; the run id comes from the run and the job."""
    from datagov.lineage.openlineage import Dataset, JobLineage, Link, run_event, run_id

    jobs: dict[tuple[int, str], dict[Link, None]] = {}
    for _, row in _parts(known):
        link = Link(
            Dataset(row["source_namespace"], row["source_dataset"]),
            row["source_field"],
            Dataset(row["target_namespace"], row["target_dataset"]),
            row["target_field"],
            row["type"],
            row["subtype"],
            row["expression"],
            bool(row["masking"]),
        )
        jobs.setdefault((row["job_id"], row["job"]), {})[link] = None
    run = known["run"]
    lines = []
    for (job_id, name), links in sorted(jobs.items()):
        job = JobLineage(run["platform"], name, tuple(links))
        event = run_event(job, event_time=run["as_of"], run=run_id(run["platform"], run["as_of"], str(job_id), name))
        lines.append(json.dumps(event, ensure_ascii=False) + "\n")
    return "".join(lines)
