"""Full scan: after the sample, free text and identifiers are read to the last row, as far as the budget goes.

A dataset with more rows than the budget is read at random, never from its beginning; what was not reached is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from datagov.config_models import FullScanModel
from datagov.contracts import DataConnector, DatasetRef, Source
from datagov.detect import contained, evidence
from datagov.detect.corrections import ANY, Correction, Corrections
from datagov.detect.exhaustive import Scan, Scanning, sure
from datagov.engine.local import Lost, Task
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.night import Night
from datagov.patience import of_source
from datagov.stages.arrived import Alike, told_of
from datagov.stages.harvest import connect

_MB = 2**20
_OVERRUN = 1.5
"""How far bytes may pass the budget before reading stops: rows are planned by the sample's mean."""

_COLUMNS = """
SELECT d.dataset_id, d.name AS dataset, d.row_count, c.column_id, c.name, e.evidence,
    (SELECT entity FROM detection t WHERE t.column_id = c.column_id AND t.mode = 'is' AND t.masking IS NULL) AS entity
FROM examination e JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id)
WHERE c.field_path IS NULL AND e.outcome IN ('sampled', 'scanned') AND e.carried = 0
ORDER BY d.dataset_id, c.ordinal, c.column_id
"""


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be read of one dataset; ``cell_bytes`` is what a row of the chosen columns took in the sample."""

    rows: int
    megabytes: int
    cell_bytes: float

    @property
    def wanted(self) -> int:
        """Rows to plan for."""
        return max(1, min(self.rows, int(self.megabytes * _MB / max(self.cell_bytes, 1.0))))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Columns of a dataset that are to be read, with the evidence their samples left."""

    dataset: DatasetRef
    evidence: Mapping[int, dict[str, Any]]


def scan_dataset(source: Source, dataset: DatasetRef, budget: Budget, seed: int) -> bytes:
    """Worker: counts of some columns of one dataset, as JSON; values are dropped here."""
    connector = connect(replace(source, patience=of_source(source.source_id)))
    if not isinstance(connector, DataConnector):
        raise SourceError(f"The adapter {source.plugin!r} of source {source.name!r} cannot read rows.")
    splits = connector.plan(dataset, rows=budget.wanted, seed=seed)
    going = {column_id: Scanning() for column_id, _ in dataset.columns}
    cut = dict.fromkeys(going, 0)
    read, stopped, broken = 0, False, False
    alike = Alike()
    for split in splits:
        if stopped:
            break
        for batch in connector.read(split):
            for column_id, scanning in going.items():
                scanning.add(batch.column(str(column_id)))
                cut[column_id] += int((batch.schema.field(str(column_id)).metadata or {}).get(b"cut", 0))
            broken = broken or any(told_of([batch]))
            alike.add(batch)
            read += batch.nbytes
            if read > budget.megabytes * _MB * _OVERRUN:
                stopped = True
                break
        alike.close()
    whole = bool(splits) and all(split.full for split in splits) and not stopped
    planned = (dataset.row_count or 0) if whole else 0
    fair = whole or all(split.fair for split in splits)
    ends = _Ends(whole=whole, stopped=stopped, fair=fair, planned=planned, broken=broken, alike=alike.mean)
    told = {column_id: _told(scanning.result(), ends, cut=cut[column_id]) for column_id, scanning in going.items()}
    return json.dumps(told).encode()


@dataclass(frozen=True, slots=True)
class _Ends:
    """How far a scan came: all rows (``whole``), or ``stopped`` by a budget; whether every row had the same chance
    (``fair``); how many rows were ``planned``; whether something was ``broken``; how many rows came together
    (``alike``)."""

    whole: bool
    stopped: bool
    fair: bool
    planned: int
    broken: bool
    alike: float


def _told(seen: Scan, ends: _Ends, *, cut: int) -> dict[str, Any]:
    """The counts of one column. Rows that were read in the table's order say nothing about those behind them, and those
    that were read say nothing about planned ones that never came, as when a file breaks, nor about the ends of
    ``cut`` cells."""
    held = contained.held(seen)
    hits = contained.counts(seen)
    lacking = max(0, ends.planned - seen.rows)
    partly = bool(seen.unscanned or lacking or ends.broken or cut)
    if ends.stopped or lacking or ends.broken or not ends.fair:
        bound = None
    elif ends.whole:
        bound = None if seen.bound is None else min(1.0, seen.bound + cut / max(1, seen.scanned))
    else:
        bound = evidence.bound(seen.scanned, missed=seen.unscanned + cut, alike=ends.alike)
    return {
        "outcome": "budget" if not ends.whole else "partly" if partly else "complete",
        "rows": seen.rows,
        "cut": cut or None,
        "broken": ends.broken or None,
        "scanned": seen.scanned,
        "unscanned": seen.unscanned or None,
        "lacking": lacking or None,
        "contains": {entity: one.cells for entity, one in held.items()},
        "by_chance": {entity: cells for entity, cells in hits.items() if entity not in held},
        "confidence": {entity: one.confidence for entity, one in held.items()},
        "excludable": bound,
        "stopped": "megabytes" if ends.stopped else None if ends.whole else "rows",
    }


def run(night: Night, decided: Corrections, only: Callable[[str], bool] | None) -> None:
    """Read what the configuration wants read in full; without ``detection.full_scan`` nothing is."""
    given = night.config.model.detection.full_scan
    if given is None:
        return
    left = given.night_rows
    tasks, held = [], dict[str, _Chosen]()
    for chosen in _chosen(night, given, only):
        rows = min(given.rows, chosen.dataset.row_count if chosen.dataset.row_count is not None else given.rows)
        if rows > left:
            _not_reached(night, chosen, given)
            continue
        left -= rows
        mean = sum(float(told.get("cell_bytes") or 0) for told in chosen.evidence.values())
        source = night.source(chosen.dataset.dataset_id // ID_STRIDE)
        budget = Budget(given.rows, given.megabytes, mean)
        arguments = (source, chosen.dataset, budget, night.seed)
        task = Task(chosen.dataset.name, scan_dataset, arguments, source.source_id)
        tasks.append(task)
        held[f"{source.name}\0{task.name}"] = chosen
    for done, (task, result) in enumerate(night.engine.each(tasks), start=1):
        source = task.arguments[0]
        chosen = held[f"{source.name}\0{task.name}"]
        if isinstance(result, Lost):
            _failed(night, source, chosen, result)
        else:
            for column_id, told in json.loads(result).items():
                decisions = decided.within(chosen.dataset.name)
                _record(night, chosen, int(column_id), told, decisions)
        night.store.commit()
        night.progress("full scan", done, len(tasks))


def _chosen(night: Night, given: FullScanModel, only: Callable[[str], bool] | None) -> Iterator[_Chosen]:
    provable = {row.entity for row in sure()}
    found: dict[int, tuple[Any, list[tuple[int, str]], dict[int, dict[str, Any]]]] = {}
    for row in night.store.query(_COLUMNS):
        name = row["dataset"]
        if (only and not only(name)) or not any(fnmatchcase(name.casefold(), g.casefold()) for g in given.tables):
            continue
        told = json.loads(row["evidence"]) if row["evidence"] else {}
        is_text = "free_text" in given.columns and told.get("free_text")
        is_identifier = "identifiers" in given.columns and row["entity"] in provable
        if is_text or is_identifier:
            _, columns, each = found.setdefault(row["dataset_id"], (row, [], {}))
            columns.append((row["column_id"], row["name"]))
            each[row["column_id"]] = told
    for dataset_id, (row, columns, each) in found.items():
        yield _Chosen(DatasetRef(dataset_id, row["dataset"], tuple(columns), row["row_count"]), each)


def _record(
    night: Night,
    chosen: _Chosen,
    column_id: int,
    told: dict[str, Any],
    decided: Mapping[str, Sequence[Correction]],
) -> None:
    """The counts into ``examination``, and a ``detection`` for what the column was not yet known to hold."""
    sure_of = told.pop("confidence")
    name = dict(chosen.dataset.columns)[column_id]
    said = decided.get(name.casefold(), ())
    confirmed = {one.entity: one for one in said if one.confirmed}
    rejected = {one.entity for one in said if not one.confirmed}
    off = [e for e in told["contains"] if e not in confirmed and (e in rejected or ANY in rejected)]
    told = {key: value for key, value in told.items() if value not in (None, {}, [])}
    if off:
        told["rejected"] = off
    _examined(night, chosen, column_id, told)
    known = {
        row["entity"]: json.loads(row["evidence"])
        for row in night.store.query("SELECT entity, evidence FROM detection WHERE column_id = ?", (column_id,))
    }
    for entity, before in known.items():
        night.store.execute(
            "UPDATE detection SET evidence = ? WHERE column_id = ? AND entity = ?",
            (_json({**before, "full_scan": told}), column_id, entity),
        )
    facts = FactWriter(source_id=0)
    for entity in told.get("contains", {}):
        if entity in known or entity in off:
            continue
        decision = confirmed.get(entity)
        more = {"confirmed": decision.told()} if decision else {}
        facts.add(
            "detection",
            column_id=column_id,
            entity=entity,
            mode="contains",
            confidence=1.0 if decision else sure_of[entity],
            by_content=True,
            evidence=_json({"full_scan": told, **more}),
        )
    night.store.land(facts.batches())


def _examined(night: Night, chosen: _Chosen, column_id: int, told: Mapping[str, Any]) -> None:
    night.store.execute(
        "UPDATE examination SET full_scan = ?, rows_scanned = ?, evidence = ? WHERE column_id = ?",
        (
            told["outcome"],
            told.get("scanned", 0),
            _json({**chosen.evidence[column_id], "full_scan": dict(told)}),
            column_id,
        ),
    )
    if told.get("contains") or told.get("lacking") or told.get("broken"):
        night.store.execute("UPDATE examination SET excludable_prevalence = NULL WHERE column_id = ?", (column_id,))


def _not_reached(night: Night, chosen: _Chosen, given: FullScanModel) -> None:
    for column_id in chosen.evidence:
        _examined(night, chosen, column_id, {"outcome": "not_reached", "stopped": "night_rows"})
    night.problem(
        stage="detect",
        object=chosen.dataset.name,
        kind="budget",
        message=(
            f"The full scan did not reach {chosen.dataset.name}: the night's budget of {given.night_rows:,} rows was "
            "used up, and its columns were only sampled. Raise detection.full_scan.night_rows or name fewer tables."
        ),
        fatal=False,
    )
    night.store.commit()


def _failed(night: Night, source: Source, chosen: _Chosen, lost: Lost) -> None:
    for column_id in chosen.evidence:
        _examined(night, chosen, column_id, {"outcome": "failed", "stopped": lost.kind})
    night.problem(
        stage="detect",
        source_id=source.source_id,
        object=chosen.dataset.name,
        kind=lost.kind,
        message=f"The full scan of {chosen.dataset.name} was not made, its columns were only sampled. {lost.reason}",
        file=source.file,
        line=source.line,
    )


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
