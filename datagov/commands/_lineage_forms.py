"""What ``datagov lineage`` prints: a tree for people, CSV for sheets, OpenLineage events for other tools."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from datagov.lineage.unread import COUNTERS, is_partial
from datagov.vocabulary.terms import Spoken

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


def caveats(known: Row, words: Spoken) -> list[str]:
    """What limits the answer: SQL that was not read, a bound that cut, a run that was incomplete."""
    run = words.say("lineage.run", run=known["run"]["name"], time=known["run"]["as_of"])
    lines = [run, *not_seen(known["unread"], words)]
    if not known["run"]["complete"]:
        lines.append(words.say("lineage.incomplete"))
    lines.extend(
        words.say(f"lineage.cut.{direction}", n=known["depth"])
        for direction in ("up", "down")
        if known.get(direction, {}).get("cut")
    )
    if known.get("cut_by_length"):
        lines.append(words.say("lineage.cut.length", n=known["depth"]))
    if known.get("cut_by_count"):
        lines.append(words.say("lineage.cut.count"))
    return lines


def not_seen(unread: Row, words: Spoken) -> Iterator[str]:
    """How much of the run's SQL lineage does not see: of all of it, of each source and of the files concerned."""
    if not unread["statements"] and not unread["unread_objects"]:
        yield words.say("lineage.no_sql")
        return
    partial = [file for file in unread["files"] if is_partial(file)]
    if not partial and not unread["unread_objects"]:
        yield words.say("lineage.whole", n=unread["statements"])
        return
    yield words.say(
        "lineage.partial", n=unread["statements"], not_read=f"{unread['not_read']:,}", rest=_rest(unread, words)
    )
    for source in filter(is_partial, unread["sources"] if len(unread["sources"]) > 1 else ()):
        name = words.say("lineage.source", name=source["source"])
        yield f"  {words.say('pair', what=name, value=_counters(source, words))}"
    for file in partial[:_FILES_SHOWN]:
        yield f"  {words.say('pair', what=file['file'], value=_counters(file, words))}"
    if len(partial) > _FILES_SHOWN:
        yield f"  {words.say('lineage.more_files', n=len(partial) - _FILES_SHOWN)}"


def _rest(unread: Row, words: Spoken) -> str:
    """Of what kinds the unread statements are, and what else was not read or resolved."""
    kinds = words.say("join").join(
        words.say("lineage.partial.kind", n=unread[kind], kind=words.say(kind).lower())
        for kind in ("opaque", "failed", "unsupported")
        if unread[kind]
    )
    told = words.say("lineage.partial.kinds", kinds=kinds) if kinds else ""
    told += words.say("lineage.partial.objects", n=unread["unread_objects"]) if unread["unread_objects"] else ""
    return told + (words.say("lineage.partial.names", n=unread["unresolved"]) if unread["unresolved"] else "")


def _counters(counted: Row, words: Spoken) -> str:
    if not counted.get("read", True):
        return words.say("sql.lost")
    return words.say("sql.line").format_map({counter: f"{counted[counter]:,}" for counter in COUNTERS})


def text(known: Row, words: Spoken) -> Iterator[str]:
    """Lines for people."""
    if "routes" in known:
        yield from _routes(known, words)
    for direction in ("up", "down"):
        if direction not in known:
            continue
        part = known[direction]
        for column_id, name in zip(known["column_ids"], known["of"], strict=True):
            yield words.say(f"lineage.{direction}", name=name)
            yield from _tree(part["edges"], column_id, words, up=direction == "up")
        if part["influences"]:
            yield words.say(f"lineage.influence.{direction}")
            for row in part["influences"]:
                yield f"  {_source(row)} → {_target(row, words)}  {_how(row, words)}"
        yield ""
    yield from caveats(known, words)


def _routes(known: Row, words: Spoken) -> Iterator[str]:
    routes = known["routes"]
    if not routes:
        yield words.say("lineage.no_route", start=_some(known["of"], words), end=_some(known["to"], words))
    for number, route in enumerate(routes, 1):
        yield words.say("lineage.shortest" if number == 1 else "lineage.route", n=len(route), number=number)
        yield f"  {_source(route[0])}"
        for row in route:
            yield f"  → {_target(row, words)}  {_how(row, words)}"
    yield ""


def _tree(edges: list[Row], root: int, words: Spoken, *, up: bool) -> Iterator[str]:
    """Depth first; a column met again is a mark: a cycle when it is on the way here, above when it was shown."""
    here, there = ("target_column_id", "source_column_id") if up else ("source_column_id", "target_column_id")
    after: dict[int, list[Row]] = {}
    for row in edges:
        after.setdefault(row[here], []).append(row)
    if root not in after:
        yield f"  {words.say('lineage.nothing')}"
    shown = {root}
    stack: list[tuple[Row, tuple[int, ...]]] = [(row, (root,)) for row in reversed(after.get(root, []))]
    while stack:
        row, way = stack.pop()
        column = row[there]
        mark = "lineage.cycle" if column in way else "lineage.above" if column in shown and column in after else None
        again = f"  {words.say(mark)}" if mark else ""
        yield f"{'  ' * len(way)}{_source(row) if up else _target(row, words)}  {_how(row, words)}{again}"
        if column not in shown:
            shown.add(column)
            stack.extend((one, (*way, column)) for one in reversed(after.get(column, [])))


def _how(row: Row, words: Spoken) -> str:
    place = f"{row['file']}:{row['line']}" if row["file"] else f"{row['job']}:{row['line']}"
    expression = " ".join((row["expression"] or "").split())
    if len(expression) > 80:
        expression = f"{expression[:79]}…"
    how = words.say("join").join(
        (subtype(row["subtype"], words), *protection(row, words.language), certainty(row, words))
    )
    return f"{how}  {place}  {expression}".rstrip()


def subtype(value: str, words: Spoken) -> str:
    """What an edge does: OpenLineage's own word in English, as ``-f json`` has it, explained in Chinese."""
    return words.name("subtype", value) if words.language == "zh" else value.lower()


def protection(row: Row, language: str = "en") -> Iterator[str]:
    """How the value arrives, in words; nothing for an influence, which brings no value."""
    from datagov.lineage.arriving import words

    if row["type"] == "DIRECT":
        yield words(row["protection"], row["carried"], language)


def certainty(row: Row, words: Spoken) -> str:
    """The confidence of an edge, with its reason where it is not whole."""
    sure = words.say("column.sure", confidence=f"{row['confidence']:.2f}")
    if row["confidence"] >= 1:
        return sure
    reason = row["reason"] if words.language == "en" else words.name("reason", row["reason"]).rstrip("。")
    return f"{sure}{words.say('lineage.partial.kinds', kinds=reason)}"


def _source(row: Row) -> str:
    return f"{row['source_dataset']}.{row['source_field']}"


def _target(row: Row, words: Spoken) -> str:
    if row["target_field"]:
        return f"{row['target_dataset']}.{row['target_field']}"
    return words.say("lineage.all", name=row["target_dataset"])


def _some(names: list[str], words: Spoken) -> str:
    if len(names) == 1:
        return names[0]
    return words.say("lineage.columns", n=len(names), name=names[0].rpartition(".")[0])


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
