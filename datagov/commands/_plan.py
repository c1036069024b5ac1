"""Plan: the queries an audit would send to each source, with their size and time, for whoever runs the source.

No row is read: the catalog is asked, and rows are counted where the source's access allows it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import pyarrow as pa

from datagov.asked import Asked
from datagov.config import Config
from datagov.config_models import LimitsModel
from datagov.contracts import Access, DataConnector, DatasetRef, Source
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.fact_writer import FactWriter
from datagov.model import Exit
from datagov.stages.budget import rows_of_one
from datagov.stages.harvest import about, connect
from datagov.store import FactStore
from datagov.vocabulary import sentences
from datagov.vocabulary.terms import Spoken

_BYTES_PER_SECOND = 20 * 2**20
"""What a source is taken to hand over; measured connectors do several times that."""
_QUERY_SECONDS = 0.05
"""What a query is taken to cost besides its rows."""
_NUMBERS = re.compile(
    r"(?<=` )(?:(?P<range>BETWEEN) -?\d+ AND -?\d+|(?P<list>IN) \(-?\d+(?:, -?\d+)*\)|(?P<end>>=|<) -?\d+(?= AND |$))"
)
"""Numbers that a key is compared with, drawn or looked up: they may be values of the table, which are not shown."""
_AGAIN = re.compile(r"(?P<one>[\w.]*`(?:[^`]|``)+` BETWEEN … AND …)(?: OR (?P=one))+")


def plan_source(source: Source, limits: LimitsModel, seed: int) -> bytes:
    """Worker: what the source tells of itself, and as the table ``plan`` the queries that would sample it, as JSON."""
    asked = Asked()
    connector = connect(replace(source, asked=asked))
    role: dict[str, Any] = {"role": connector.role, "access": source.access}
    harvested = list(connector.harvest())
    role |= {"catalog": list(asked.statements)}
    if not isinstance(connector, DataConnector):
        return _packed({**role, "datasets": []}, harvested)
    catalog = set(asked.statements)
    columns: dict[int, list[tuple[int, str]]] = {}
    for row in (row for name, batch in harvested if name == "column" for row in batch.to_pylist()):
        columns.setdefault(row["dataset_id"], []).append((row["column_id"], row["name"]))
    datasets = []
    for row in (row for name, batch in harvested if name == "dataset" for row in batch.to_pylist()):
        ref = DatasetRef(
            row["dataset_id"], row["name"], tuple(columns.get(row["dataset_id"], ())), row_count=row["row_count"]
        )
        rows = rows_of_one(limits, row["row_count"], _row_bytes(row))
        asked.begin()
        queries = connector.queries(ref, rows=rows, seed=seed) if source.access is Access.SAMPLES else ()
        queries = [(sql, n if row["row_count"] is None else min(n, row["row_count"])) for sql, n in queries]
        shown = [(_without_keys(sql), n) for sql, n in queries]
        datasets.append(
            {
                "name": ref.name,
                "rows": ref.row_count,
                "row_bytes": _row_bytes(row),
                "queries": [list(query) for query in shown],
                "masked": shown != queries,
                "lookups": list(dict.fromkeys(_without_keys(sql) for sql in asked.latest if sql not in catalog)),
            }
        )
    role |= {"alike": _taken_out_alike(datasets)}
    told = (row for name, batch in harvested if name == "problem" for row in batch.to_pylist())
    problems = [row["message"] for row in told if row["fatal"]]
    return _packed({**role, "datasets": datasets, "problems": problems}, harvested)


def _without_keys(sql: str) -> str:
    """A statement without the numbers that it compares a key with.

    >>> _without_keys("SELECT 1 FROM t d WHERE (d.`a` BETWEEN 3 AND 9 OR d.`a` BETWEEN 20 AND 26 OR d.`a` IN (3, 4))")
    'SELECT 1 FROM t d WHERE (d.`a` BETWEEN … AND … OR … OR d.`a` IN (…))'
    >>> _without_keys("SELECT 1 FROM t AS d WHERE d.`a` >= 3 AND d.`a` < 9")
    'SELECT 1 FROM t AS d WHERE d.`a` >= … AND d.`a` < …'
    """

    def hidden(found: re.Match[str]) -> str:
        if found["range"]:
            return "BETWEEN … AND …"
        return "IN (…)" if found["list"] else f"{found['end']} …"

    return _AGAIN.sub(r"\g<one> OR …", _NUMBERS.sub(hidden, sql))


def _taken_out_alike(datasets: Sequence[dict[str, Any]]) -> list[str]:
    """The look-ups that several datasets have, which are then left to none of them."""
    asked = Counter(sql for dataset in datasets for sql in dataset["lookups"])
    for dataset in datasets:
        dataset["lookups"] = [sql for sql in dataset["lookups"] if asked[sql] == 1]
    return [sql for sql, times in asked.items() if times > 1]


def _packed(plan: dict[str, Any], harvested: Iterable[tuple[str, pa.RecordBatch]]) -> bytes:
    """The plan and the facts of a source; its SQL, whose literals nobody has masked yet, stays here."""
    told = pa.RecordBatch.from_pydict({"json": [json.dumps(plan)]})
    return wire.pack([("plan", told), *((name, batch) for name, batch in harvested if name != "statement")])


def _row_bytes(row: dict[str, Any]) -> int | None:
    """Mean bytes of a row by the source's own statistics; None where it has none."""
    rows = row["row_count"] or row["row_estimate"]
    return None if not rows or not row["size_bytes"] else max(1, row["size_bytes"] // rows)


def _summary(datasets: list[dict[str, Any]], words: Spoken) -> str:
    """What a source is asked for, all datasets together.

    >>> _summary([{"name": "s.t", "rows": 9, "row_bytes": 100, "queries": [["SELECT 1", 9]]}], Spoken("en"))
    'about 1 query, 9 rows, 0.0 MB, 0 s; rows of 1 table are counted'
    """
    queries = [(rows, one["row_bytes"]) for one in datasets for _, rows in one["queries"]]
    rows = sum(n for n, _ in queries)
    known = sum(n * width for n, width in queries if width)
    unknown = sum(1 for one in datasets if one["queries"] and one["row_bytes"] is None)
    seconds = len(queries) * _QUERY_SECONDS + known / _BYTES_PER_SECOND
    told = words.say(
        "plan.about",
        queries=words.say("plan.n_queries", n=len(queries)),
        rows=words.say("plan.n_rows", n=rows),
        mb=f"{known / 2**20:,.1f}",
        seconds=f"{seconds:,.0f}",
    )
    known_rows = sum(one["rows"] is not None for one in datasets)
    told += words.say("plan.counted", n=known_rows) if known_rows else ""
    return told + (words.say("plan.unsized", n=unknown) if unknown else "")


def show(config: Config, language: str, *, full: bool = False) -> Exit:
    """Print the plan of every source to stdout: the catalog, the samples, and what the consent rules count.

    ``full`` also prints the statements that were sent for this plan as they are in an audit: those that ask the
    catalog, and those that look up a table before it is sampled.
    """
    words = Spoken(language)
    code = Exit.CLEAN
    planned: dict[int, dict[str, Any]] = {}
    lost: dict[int, str] = {}
    with (
        TemporaryDirectory(prefix="datagov-plan-") as folder,
        LocalEngine(workers=config.model.limits.workers, limits=config.limits) as engine,
        FactStore(Path(folder) / "plan.sqlite") as store,
    ):
        tasks = [
            Task(source.name, plan_source, (source, config.model.limits, config.model.seed))
            for source in config.sources
        ]
        for source, (_, result) in zip(config.sources, engine.each(tasks), strict=True):
            if isinstance(result, Lost):
                lost[source.source_id] = about(source, result.reason)
                continue
            planned[source.source_id] = _landed(store, source, result)
        consent = _consent(store, config, words)
    for source in config.sources:
        click.echo(f"-- {words.say('plan.source', name=source.name)}")
        if source.source_id in lost:
            _tell(words.say("plan.lost", said=sentences.text(lost[source.source_id]).of(language)))
            code = Exit.INCOMPLETE
            continue
        code = max(code, _show(planned[source.source_id], consent.get(source.source_id, []), words, full=full))
    return Exit(code)


def _landed(store: FactStore, source: Source, result: bytes) -> dict[str, Any]:
    """Land what a source told of itself; returns its plan."""
    batches = dict[str, list[pa.RecordBatch]]()
    for name, batch in wire.unpack(result):
        batches.setdefault(name, []).append(batch)
    plan: dict[str, Any] = json.loads(batches.pop("plan")[0].column(0)[0].as_py())
    facts = FactWriter(source_id=0)
    common = {"source_id": source.source_id, "name": source.name, "plugin": source.plugin, "outcome": "read"}
    facts.add("source", role=plan["role"], file=source.file, line=source.line, **common)
    store.land(facts.batches())
    store.land((name, batch) for name, each in batches.items() for batch in each)
    return plan


def _consent(store: FactStore, config: Config, words: Spoken) -> dict[int, list[str]]:
    """Lines on the questions of the consent rules, by source."""
    from datagov.commands import _plan_consent
    from datagov.ownership import registers
    from datagov.ownership.resolve import resolve
    from datagov.stages.check import now

    store.land(registers.read(config))
    store.land(resolve(store, as_of=config.model.as_of or now()))
    found: dict[int, list[str]] = {}
    for source_id, line in _plan_consent.queries(store, config, words):
        found.setdefault(source_id, []).append(line)
    return found


def _tell(said: str) -> None:
    """Print a line of the plan as a comment of SQL."""
    click.echo(f"--   {said}")


def _show(planned: dict[str, Any], consent: list[str], words: Spoken, *, full: bool) -> Exit:
    """Print the plan of one source."""
    code = Exit.CLEAN
    if planned["role"] != "data":
        _tell(words.say("plan.files"))
    else:
        _tell(words.say("plan.catalog"))
        _show_statements("plan.statements", planned["catalog"], words, full=full)
        if planned["access"] != Access.SAMPLES:
            _tell(words.say("plan.access", access=planned["access"]))
    _show_statements("plan.alike", planned.get("alike", ()), words, full=full)
    if planned["datasets"]:
        _tell(_summary(planned["datasets"], words))
    for message in planned.get("problems", ()):
        _tell(" ".join(sentences.text(message).of(words.language).split()))
        code = Exit.INCOMPLETE
    if any(dataset["masked"] for dataset in planned["datasets"]):
        _tell(words.say("plan.keys"))
    for dataset in planned["datasets"]:
        known = "plan.dataset_unknown" if dataset["rows"] is None else "plan.dataset"
        _tell(words.say(known, n=dataset["rows"], name=dataset["name"]))
        _show_statements("plan.lookups", dataset["lookups"], words, full=full)
        for sql, rows in dataset["queries"]:
            none = "plan.no_row" if dataset["rows"] == 0 else "plan.passed_over"
            most = words.say("plan.most", n=rows) if rows else words.say(none)
            click.echo(f"{sentences.text(sql).of(words.language)};  -- {most}")
    if consent and planned["access"] != Access.METADATA:
        _tell(words.say("plan.consent"))
        for line in consent:
            click.echo(line)
    return code


def _show_statements(term: str, statements: Sequence[str], words: Spoken, *, full: bool) -> None:
    """What a source is asked before its rows are read; files are opened and asked nothing."""
    if not statements:
        return
    _tell(words.say(term if full else f"{term}_left", n=len(statements)))
    for sql in statements if full else ():
        click.echo(f"{sql};")
