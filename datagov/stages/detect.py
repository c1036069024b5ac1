"""Detect: every dataset is sampled in a worker, every column classified there, and the values dropped there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from datagov.config import Config
from datagov.contracts import Access, DataConnector, DatasetRef, Limits, Source
from datagov.detect import settings
from datagov.detect.corrections import Corrections
from datagov.detect.settings import Settings
from datagov.detect.stability import Remembered
from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.errors import ConfigError, SourceError, SourceLockedError
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.night import Night
from datagov.patience import of_source
from datagov.stages import arrived, budget, full_scan
from datagov.stages.arrived import Arrived
from datagov.stages.decisions import take_up
from datagov.stages.examine import INSIDE, Work, classifier, examine, listed_by_source
from datagov.stages.harvest import connect
from datagov.stages.matching import harvested
from datagov.stages.recollect import Column, recollect
from datagov.stages.unchanged import carry

Wanted = Callable[[str], bool]

_ROWS = 20_000
"""Rows that one task reads, unless one dataset alone has more."""
_LEAST = 1_000
"""Rows that a dataset counts for at the least: asking a source has a price of its own."""
_EMPTY = 100
"""Rows that a dataset without rows counts for: nothing is read of it, only its names are looked at."""
_CLOSED = "The source's 'access' is {access}: its rows are not read, so only the column's name was looked at."
_NAMED = "The column is named only by SQL; the source does not have it."


def examine_datasets(
    source: Source, works: Sequence[Work], limits: Limits, seed: int, given: Settings | None = None
) -> bytes:
    """Worker: ``examination`` and ``detection`` facts of some datasets of one source, ``column`` facts of fields."""
    judge = classifier(given, seed)
    facts = FactWriter(source_id=source.source_id)
    source = replace(source, patience=of_source(source.source_id))
    connector = None if all(work.empty or work.closed for work in works) else connect(source)
    if connector is not None and not isinstance(connector, DataConnector):
        raise SourceError(f"The adapter {source.plugin!r} of source {source.name!r} cannot read rows.")
    for work in works:
        if connector is None or work.empty or work.closed:
            examine(facts, work, Arrived((), full=True), judge=judge)
        else:
            try:
                splits = connector.plan(work.dataset, rows=work.rows or limits.sample_rows, seed=seed)
                came = arrived.read(connector, work.dataset, splits)
            except SourceLockedError as error:
                _add_unreadable(facts, work, str(error))
                facts.add("problem", **_unread(source, work, Lost("refused", str(error))))
                continue
            examine(facts, work, came, judge=judge)
            if came.lacking:
                _say_lacking(facts, source, work.dataset, came)
    return wire.pack(facts.batches())


def _say_lacking(facts: FactWriter, source: Source, dataset: DatasetRef, came: Arrived) -> None:
    """Rows that could not be read make the audit incomplete; rows that the source had counted may be deleted since."""
    facts.add(
        "problem",
        stage="detect",
        source_id=source.source_id,
        object=dataset.name,
        kind="lacking",
        message=f"Not every row of {dataset.name} was examined. {came.lacking}",
        file=source.file,
        line=source.line,
        fatal=came.broken,
    )


def refuse_wrong_settings(config: Config, engine: LocalEngine, *, now: str) -> None:
    """Try the user's recognisers and trained engine in a worker. Raises ConfigError when they cannot be used, and for a
    decision of a day that is yet to come, going by ``now`` (UTC, ISO 8601)."""
    given = settings.of(config)
    settings.decisions(given).refuse_later_than(now)
    if given.runs_code:
        ((_, result),) = engine.each([Task("detection", settings.check_code, (given,))])
        if isinstance(result, Lost):
            raise ConfigError(result.reason)


def run(night: Night, only: Wanted | None = None) -> None:
    """Examine every wanted dataset of every data source, small ones together; what a lost task held is tried alone.

    ``only`` is asked with a dataset's name; None wants all that the configuration names.
    Lands ``examination`` and ``detection``, and ``column`` of fields.
    """
    wanted = only or _everything
    given = settings.of(night.config)
    decided = settings.decisions(given)
    _only_named(night, wanted, fields=False)
    works = [work for work in _works(night, decided, recollect(night, given)) if wanted(work.dataset.name)]
    works = list(budget.within(night, carry(night, given, works)))
    done, rows, again = 0, 0, list[Work]()
    tasks = [_task(night, together, given) for together in _together_in_tasks(works, night.config.limits.sample_rows)]
    for task, result in night.engine.each(tasks):
        held: Sequence[Work] = task.arguments[1]
        if not isinstance(result, Lost):
            rows += _landed(night, held, result)
        elif len(held) > 1:
            again.extend(held)
            continue
        else:
            _unreadable(night, task.arguments[0], held[0], result)
        night.store.commit()
        done += len(held)
        night.progress("detect", done, len(works), rows)
    for task, result in night.engine.each([_task(night, [work], given) for work in again]):
        if isinstance(result, Lost):
            _unreadable(night, task.arguments[0], task.arguments[1][0], result)
        else:
            rows += _landed(night, task.arguments[1], result)
        night.store.commit()
        done += 1
        night.progress("detect", done, len(works), rows)
    full_scan.run(night, decided, only)
    _only_named(night, wanted, fields=True)
    take_up(night, decided, only)


def _landed(night: Night, works: Sequence[Work], result: bytes) -> int:
    """Land what a worker found; returns how many rows it read, going by the first column of each dataset."""
    batches = list(wire.unpack(result))
    night.store.land(batches)
    first = {work.dataset.columns[0][0] for work in works}
    return sum(
        rows
        for name, batch in batches
        if name == "examination"
        for column_id, rows in zip(
            batch.column("column_id").to_pylist(), batch.column("rows_examined").to_pylist(), strict=True
        )
        if column_id in first
    )


def _everything(_name: str) -> bool:
    return True


def _task(night: Night, works: Sequence[Work], given: Settings) -> Task:
    source = night.source(_source_of(works[0]))
    arguments = (source, tuple(works), night.config.limits, night.seed, given)
    return Task(works[0].dataset.name, examine_datasets, arguments, source.source_id)


def _together_in_tasks(works: Iterable[Work], sample_rows: int) -> Iterator[list[Work]]:
    """Datasets of one source, neighbours together while they are few and small."""
    together: list[Work] = []
    weight = 0
    for work in works:
        count = work.dataset.row_count
        read = max(_LEAST, sample_rows if count is None else min(count, sample_rows))
        own = _EMPTY if work.empty or work.closed else read
        if together and (weight + own > _ROWS or _source_of(together[0]) != _source_of(work)):
            yield together
            together, weight = [], 0
        together.append(work)
        weight += own
    if together:
        yield together


def _source_of(work: Work) -> int:
    return work.dataset.dataset_id // ID_STRIDE


def _works(night: Night, decided: Corrections, before: Mapping[Column, Remembered]) -> Iterator[Work]:
    """Every dataset whose columns its source listed; without columns there is nothing to read."""
    rows = night.store.query(
        "SELECT d.dataset_id, d.name AS dataset, d.row_count, c.column_id, c.name, c.field_path, c.data_type, c.comment"
        " FROM dataset d JOIN source s USING (source_id) JOIN column c USING (dataset_id)"
        " WHERE s.role = 'data' AND d.kind IN ('table', 'view', 'file') ORDER BY d.dataset_id, c.ordinal, c.column_id"
    )
    remembered: dict[tuple[str, str], dict[str, Remembered]] = {}
    for (source, dataset, column), memory in before.items():
        remembered.setdefault((source, dataset), {})[column] = memory
    for dataset_id, group in itertools.groupby(rows, key=lambda row: row["dataset_id"]):
        both = list(group)
        columns = [row for row in both if row["field_path"] is None and harvested(row["column_id"])]
        if columns:
            dataset = columns[0]["dataset"]
            named = tuple((row["column_id"], row["name"]) for row in columns)
            home = night.source(dataset_id // ID_STRIDE)
            yield Work(
                DatasetRef(dataset_id, dataset, named, columns[0]["row_count"]),
                {
                    row["column_id"]: (row["data_type"], row["comment"])
                    for row in both
                    if listed_by_source(row["column_id"])
                },
                decided=decided.within(dataset),
                as_of=night.as_of,
                before=remembered.get((home.name, dataset.casefold()), {}),
                closed=None if home.access is Access.SAMPLES else _CLOSED.format(access=home.access),
                known={
                    f"{row['name']}.{row['field_path']}".casefold(): row["column_id"]
                    for row in both
                    if row["field_path"] is not None and not listed_by_source(row["column_id"])
                },
                fields=_listed_fields(both),
            )


def _listed_fields(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Fields that the source listed: name of the column → path → id."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        if row["field_path"] is not None and listed_by_source(row["column_id"]):
            found.setdefault(row["name"], {})[row["field_path"]] = row["column_id"]
    return found


def _only_named(night: Night, wanted: Wanted, *, fields: bool) -> None:
    """Columns of a source, or fields, that only SQL names: nothing is asked of the source for them."""
    rows = night.store.query(
        "SELECT c.column_id, c.field_path, d.row_count, d.name FROM column c JOIN dataset d USING (dataset_id)"
        " JOIN source s USING (source_id)"
        " WHERE s.role = 'data' AND d.kind IN ('table', 'view', 'file') AND (c.field_path IS NOT NULL) = ?"
        " AND column_id NOT IN (SELECT column_id FROM examination) ORDER BY c.column_id",
        (fields,),
    )
    facts = FactWriter(source_id=0)
    for row in rows:
        if not harvested(row["column_id"]) and wanted(row["name"]):
            facts.add(
                "examination",
                column_id=row["column_id"],
                outcome="not_examined",
                reason=INSIDE if fields else _NAMED,
                rows_total=row["row_count"],
                rows_examined=0,
                carried=0,
            )
    night.store.land(facts.batches())
    night.store.commit()


def _unreadable(night: Night, source: Source, work: Work, lost: Lost) -> None:
    facts = FactWriter(source_id=source.source_id)
    _add_unreadable(facts, work, lost.reason)
    night.store.land(facts.batches())
    night.problem(**_unread(source, work, lost))


def _add_unreadable(facts: FactWriter, work: Work, reason: str) -> None:
    """``examination`` of every column of a dataset that could not be read."""
    dataset = work.dataset
    fields = (field_id for listed in work.fields.values() for field_id in listed.values())
    for column_id in (*(column_id for column_id, _ in dataset.columns), *fields):
        facts.add(
            "examination",
            column_id=column_id,
            outcome="unreadable",
            reason=reason,
            rows_total=dataset.row_count,
            rows_examined=0,
            carried=0,
        )


def _unread(source: Source, work: Work, lost: Lost) -> dict[str, Any]:
    """The ``problem`` of a dataset that could not be read."""
    return {
        "stage": "detect",
        "source_id": source.source_id,
        "object": work.dataset.name,
        "kind": lost.kind,
        "message": f"The content of {work.dataset.name} was not examined. {lost.reason}",
        "file": source.file,
        "line": source.line,
        "fatal": True,
    }
