"""Detect: every dataset is sampled in a worker, every column classified there, and the values dropped there."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from datagov.contracts import DataConnector, DatasetRef, Limits, Source
from datagov.engine import wire
from datagov.engine.local import Lost, Task
from datagov.errors import SourceError
from datagov.facts import FactWriter
from datagov.night import Night
from datagov.stages.harvest import connect
from datagov.stages.matching import harvested

if TYPE_CHECKING:
    from datagov.detect import ColumnClassifier

_NAMED = "The column is named only by SQL; the source does not have it."
_INSIDE = "The field is named only by SQL; its values are examined as part of the column that holds it."


def examine_dataset(
    source: Source, dataset: DatasetRef, described: dict[int, tuple[str | None, str | None]], limits: Limits, seed: int
) -> bytes:
    """Worker: ``examination`` and ``detection`` facts of one dataset.

    ``described`` maps column_id to (data type, comment). A column that cannot be read is ``unreadable``; a
    dataset without rows is ``not_examined``, never clean.
    """
    connector = connect(source)
    if not isinstance(connector, DataConnector):
        raise SourceError(f"The adapter {source.plugin!r} of source {source.name!r} cannot read rows.")
    splits = connector.plan(dataset, rows=limits.sample_rows, seed=seed)
    batches = [batch for split in splits for batch in connector.read(split)]
    full = bool(splits) and all(split.full for split in splits)
    facts = FactWriter(source_id=source.source_id)
    for column_id, name in dataset.columns:
        values = _together([batch.column(str(column_id)) for batch in batches])
        dtype, comment = described[column_id]
        verdict = _classifier().classify(
            name, values, table=dataset.name, comment=comment, dtype=dtype, population=dataset.row_count
        )
        examined = verdict.examined
        outcome = "not_examined" if examined == 0 else "scanned" if full else "sampled"
        facts.add(
            "examination",
            column_id=column_id,
            outcome=outcome,
            reason=None if examined else verdict.reason or "There was no row with a value.",
            rows_total=dataset.row_count,
            rows_examined=examined,
            excludable_prevalence=0.0 if outcome == "scanned" else verdict.bound,
        )
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
    return wire.pack(facts.batches())


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
    """Examine every dataset of every data source."""
    _only_named(night)
    tasks = list(_tasks(night))
    for n, (task, result) in enumerate(night.engine.each(tasks), start=1):
        source, dataset = task.arguments[0], task.arguments[1]
        if isinstance(result, Lost):
            _unreadable(night, source, dataset, result)
        else:
            night.store.land(wire.unpack(result))
        night.store.commit()
        night.progress("detect", n, len(tasks))


def _tasks(night: Night) -> Iterator[Task]:
    datasets = night.store.query(
        "SELECT d.dataset_id, d.source_id, d.name, d.row_count FROM dataset d JOIN source s USING (source_id)"
        " WHERE s.role = 'data' AND d.kind IN ('table', 'view', 'file') ORDER BY d.dataset_id"
    )
    for row in datasets:
        columns = night.store.query(
            "SELECT column_id, name, data_type, comment FROM column WHERE dataset_id = ? ORDER BY ordinal",
            (row["dataset_id"],),
        )
        columns = [column for column in columns if harvested(column["column_id"])]
        dataset = DatasetRef(
            dataset_id=row["dataset_id"],
            name=row["name"],
            columns=tuple((c["column_id"], c["name"]) for c in columns),
            row_count=row["row_count"],
        )
        described = {c["column_id"]: (c["data_type"], c["comment"]) for c in columns}
        source = night.source(row["source_id"])
        arguments = (source, dataset, described, night.config.limits, night.seed)
        yield Task(dataset.name, examine_dataset, arguments)


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
