"""Detect: every dataset is sampled in a worker, every column classified there, and the values dropped there."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from datagov.contracts import DataConnector, DatasetRef, Limits, Source
from datagov.detect.verdict import FAILED
from datagov.engine import wire
from datagov.engine.local import Lost, Task
from datagov.errors import SourceError
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.night import Night
from datagov.stages.harvest import connect
from datagov.stages.matching import harvested

if TYPE_CHECKING:
    from datagov.detect import ColumnClassifier

_ROWS = 20_000
"""Rows that one task reads, unless one dataset alone has more."""
_LEAST = 1_000
"""Rows that a dataset counts for at the least: asking a source has a price of its own."""
_EMPTY = 100
"""Rows that a dataset without rows counts for: nothing is read of it, only its names are looked at."""
_NAMED = "The column is named only by SQL; the source does not have it."
_INSIDE = "The field is named only by SQL; its values are examined as part of the column that holds it."


@dataclass(frozen=True, slots=True)
class Work:
    """A dataset to examine; ``described`` maps column_id to (data type, comment)."""

    dataset: DatasetRef
    described: Mapping[int, tuple[str | None, str | None]]

    @property
    def empty(self) -> bool:
        """Whether the source said that the dataset has no row: then only names are looked at."""
        return self.dataset.row_count == 0


def examine_datasets(source: Source, works: Sequence[Work], limits: Limits, seed: int) -> bytes:
    """Worker: ``examination`` and ``detection`` facts of some datasets of one source."""
    facts = FactWriter(source_id=source.source_id)
    connector = None if all(work.empty for work in works) else connect(source)
    if connector is not None and not isinstance(connector, DataConnector):
        raise SourceError(f"The adapter {source.plugin!r} of source {source.name!r} cannot read rows.")
    for work in works:
        if connector is None or work.empty:
            _examine(facts, work, (), full=True)
        else:
            splits = connector.plan(work.dataset, rows=limits.sample_rows, seed=seed)
            batches = [batch for split in splits for batch in connector.read(split)]
            _examine(facts, work, batches, full=bool(splits) and all(split.full for split in splits))
    return wire.pack(facts.batches())


def _examine(facts: FactWriter, work: Work, batches: Sequence[pa.RecordBatch], *, full: bool) -> None:
    """Classify every column; a dataset without rows is ``not_examined``, never clean."""
    dataset = work.dataset
    for column_id, name in dataset.columns:
        values = _together([batch.column(str(column_id)) for batch in batches])
        dtype, comment = work.described[column_id]
        verdict = _classifier().classify(
            name, values, table=dataset.name, comment=comment, dtype=dtype, population=dataset.row_count
        )
        examined = verdict.examined
        whole = full and verdict.evidence.get("drawn", 0) >= len(values)
        outcome = "not_examined" if examined == 0 else "scanned" if whole else "sampled"
        facts.add(
            "examination",
            column_id=column_id,
            outcome=outcome,
            reason=None if examined else verdict.reason or "There was no row with a value.",
            rows_total=dataset.row_count,
            rows_examined=examined,
            excludable_prevalence=0.0 if outcome == "scanned" else verdict.bound,
        )
        if verdict.reason and verdict.reason.startswith(FAILED):
            _say_failed(facts, dataset, name, verdict.reason)
        evidence = json.dumps(dict(verdict.evidence), ensure_ascii=False, sort_keys=True)
        found = [(verdict.entity, "is")] if verdict.entity else []
        found += [(entity, "contains") for entity in verdict.contains]
        for entity, mode in found:
            facts.add(
                "detection",
                column_id=column_id,
                entity=entity,
                mode=mode,
                confidence=float(verdict.confidence),
                masking=verdict.masking,
                by_content=mode == "contains" or verdict.masking is not None or verdict.evidence.get("hits", 0) > 0,
                evidence=evidence,
            )


def _say_failed(facts: FactWriter, dataset: DatasetRef, name: str, reason: str) -> None:
    """An error inside detection is never a quiet gap: the audit is incomplete."""
    facts.add(
        "problem",
        stage="detect",
        object=f"{dataset.name}.{name}",
        kind="failed",
        message=f"The content of {dataset.name}.{name} was not examined: {reason}. Please report it.",
        fatal=True,
    )


def _together(chunks: list[pa.Array]) -> pa.ChunkedArray:
    """Chunks of one column as one; where splits were typed differently, as text."""
    if len({chunk.type for chunk in chunks}) > 1:
        chunks = [chunk.cast(pa.string()) for chunk in chunks]
    return pa.chunked_array(chunks) if chunks else pa.chunked_array([], type=pa.null())


@functools.cache
def _classifier() -> ColumnClassifier:
    """One classifier per worker process: building it takes longer than using it."""
    from datagov.detect import ColumnClassifier

    return ColumnClassifier()


def run(night: Night) -> None:
    """Examine every dataset of every data source, small ones together; what a lost task held is tried one by one."""
    _only_named(night)
    works = list(_works(night))
    done, again = 0, list[Work]()
    tasks = [_task(night, together) for together in _together_in_tasks(works, night.config.limits.sample_rows)]
    for task, result in night.engine.each(tasks):
        held: Sequence[Work] = task.arguments[1]
        if not isinstance(result, Lost):
            night.store.land(wire.unpack(result))
        elif len(held) > 1:
            again.extend(held)
            continue
        else:
            _unreadable(night, task.arguments[0], held[0].dataset, result)
        night.store.commit()
        done += len(held)
        night.progress("detect", done, len(works))
    for task, result in night.engine.each([_task(night, [work]) for work in again]):
        if isinstance(result, Lost):
            _unreadable(night, task.arguments[0], task.arguments[1][0].dataset, result)
        else:
            night.store.land(wire.unpack(result))
        night.store.commit()
        done += 1
        night.progress("detect", done, len(works))


def _task(night: Night, works: Sequence[Work]) -> Task:
    source = night.source(_source_of(works[0]))
    arguments = (source, tuple(works), night.config.limits, night.seed)
    return Task(works[0].dataset.name, examine_datasets, arguments)


def _together_in_tasks(works: Iterable[Work], sample_rows: int) -> Iterator[list[Work]]:
    """Datasets of one source, neighbours together while they are few and small."""
    together: list[Work] = []
    weight = 0
    for work in works:
        count = work.dataset.row_count
        own = _EMPTY if work.empty else max(_LEAST, sample_rows if count is None else min(count, sample_rows))
        if together and (weight + own > _ROWS or _source_of(together[0]) != _source_of(work)):
            yield together
            together, weight = [], 0
        together.append(work)
        weight += own
    if together:
        yield together


def _source_of(work: Work) -> int:
    return work.dataset.dataset_id // ID_STRIDE


def _works(night: Night) -> Iterator[Work]:
    """Every dataset whose columns its source listed; without columns there is nothing to read."""
    rows = night.store.query(
        "SELECT d.dataset_id, d.name AS dataset, d.row_count, c.column_id, c.name, c.data_type, c.comment"
        " FROM dataset d JOIN source s USING (source_id) JOIN column c USING (dataset_id)"
        " WHERE s.role = 'data' AND d.kind IN ('table', 'view', 'file') ORDER BY d.dataset_id, c.ordinal"
    )
    for dataset_id, group in itertools.groupby(rows, key=lambda row: row["dataset_id"]):
        columns = [row for row in group if harvested(row["column_id"])]
        if columns:
            named = tuple((row["column_id"], row["name"]) for row in columns)
            yield Work(
                DatasetRef(dataset_id, columns[0]["dataset"], named, columns[0]["row_count"]),
                {row["column_id"]: (row["data_type"], row["comment"]) for row in columns},
            )


def _only_named(night: Night) -> None:
    """Columns of a source that only SQL names: nothing is asked of the source for them."""
    rows = night.store.query(
        "SELECT c.column_id, c.field_path, d.row_count FROM column c JOIN dataset d USING (dataset_id)"
        " JOIN source s USING (source_id)"
        " WHERE s.role = 'data' AND d.kind IN ('table', 'view', 'file') ORDER BY c.column_id"
    )
    facts = FactWriter(source_id=0)
    for row in rows:
        if not harvested(row["column_id"]):
            facts.add(
                "examination",
                column_id=row["column_id"],
                outcome="not_examined",
                reason=_NAMED if row["field_path"] is None else _INSIDE,
                rows_total=row["row_count"],
                rows_examined=0,
            )
    night.store.land(facts.batches())
    night.store.commit()


def _unreadable(night: Night, source: Source, dataset: DatasetRef, lost: Lost) -> None:
    facts = FactWriter(source_id=source.source_id)
    for column_id, _ in dataset.columns:
        facts.add(
            "examination",
            column_id=column_id,
            outcome="unreadable",
            reason=lost.reason,
            rows_total=dataset.row_count,
            rows_examined=0,
        )
    night.store.land(facts.batches())
    night.problem(
        stage="detect",
        source_id=source.source_id,
        object=dataset.name,
        kind=lost.kind,
        message=f"The content of {dataset.name} was not examined. {lost.reason}",
        file=source.file,
        line=source.line,
    )
