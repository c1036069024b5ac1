"""Examine: in a worker, one dataset's columns and their fields are classified and become facts; values are dropped."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from datagov.contracts import DatasetRef
from datagov.detect.corrections import Correction, without_rejected
from datagov.detect.fields import Inside, inside
from datagov.detect.stability import Remembered, remember, settle
from datagov.detect.verdict import FAILED, Verdict
from datagov.fact_writer import FactWriter
from datagov.facts import ID_STRIDE
from datagov.stages.arrived import Arrived

if TYPE_CHECKING:
    from datagov.detect import ColumnClassifier
    from datagov.detect.settings import Settings

FIELDS = 2**30
"""Ids from here on, within a source's range, belong to fields that were found inside columns."""
_PER_COLUMN = 128
INSIDE = "The field is named only by SQL; its values are examined as part of the column that holds it."
_BEYOND = "The column has more fields than are examined one by one; this one was examined as part of the column only."


@dataclass(frozen=True, slots=True)
class Work:
    """A dataset to examine; ``described`` maps column_id, of columns and harvested fields, to (data type, comment).

    ``decided`` and ``before`` are people's decisions and the last run's verdicts, by the name within the dataset
    (``column`` or ``column.field``), in lower case; ``known`` are the ids of fields that SQL has named already;
    ``fields`` are those that the source listed: name of the column → path → id.
    """

    dataset: DatasetRef
    described: Mapping[int, tuple[str | None, str | None]]
    decided: Mapping[str, tuple[Correction, ...]] = field(default_factory=dict)
    before: Mapping[str, Remembered] = field(default_factory=dict)
    known: Mapping[str, int] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    as_of: str | None = None
    """The night's UTC time."""
    rows: int | None = None
    """Rows of it to read at the most; None for those of the limits."""
    closed: str | None = None
    """Why rows of the dataset may not be read; None when they may."""

    @property
    def empty(self) -> bool:
        """Whether the source said that the dataset has no row: then only names are looked at."""
        return self.dataset.row_count == 0

    @property
    def read_as_of(self) -> str | None:
        """The time that counts as that of the reading; None when reading was not allowed."""
        return None if self.closed else self.as_of


@dataclass(frozen=True, slots=True)
class _Place:
    """A column or field while it is examined: its id, its name within the dataset, and what is asked of it."""

    column_id: int
    name: str
    rows: int
    whole: bool


def examine(
    facts: FactWriter,
    work: Work,
    came: Arrived,
    *,
    judge: ColumnClassifier,
) -> None:
    """Classify every column; a dataset without rows is ``not_examined``, never clean.

    Of rows that were not read, nothing is stated unless every row had the same chance (``fair``).
    """
    dataset = work.dataset
    arrays, asked, verdicts = dict[int, pa.ChunkedArray](), dict[int, _Asked](), dict[int, Verdict]()
    for column_id, name in dataset.columns:
        arrays[column_id] = _together([batch.column(str(column_id)) for batch in came.batches])
        asked[column_id] = _Asked(name, dataset.name, *work.described[column_id], dataset.row_count, came.alike)
        verdicts[column_id] = _settled(work, name, asked[column_id].of(judge, arrays[column_id]))
    persons = judge.subject(dataset.name, {name: verdicts[column_id] for column_id, name in dataset.columns})
    for ordinal, (column_id, name) in enumerate(dataset.columns):
        values = arrays[column_id]
        verdict = _in_context(asked[column_id], values, verdicts[column_id], persons, judge)
        if work.closed:
            verdict = replace(verdict, reason=work.closed)
        taken = inside(values)
        held = _each_field(facts, work, (column_id, name, ordinal), taken, came, judge, persons)
        if held:
            contains = tuple(sorted({*verdict.contains, *held}))
            told = {**verdict.evidence, "fields": dict(sorted(held.items()))}
            verdict = replace(verdict, contains=contains, bound=None, evidence=told)
        if taken is not None and taken.left:
            left = f"{taken.left} more fields, or parts nested deeper, were examined as part of the column only"
            verdict = replace(verdict, reason="; ".join(filter(None, (verdict.reason, left))))
        whole = came.full and verdict.evidence.get("drawn", 0) >= len(values)
        _tell(facts, work, _Place(column_id, name, len(values), whole), _lacking(came, verdict))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known of a column or field beside its values."""

    name: str
    table: str
    dtype: str | None
    comment: str | None
    population: int | None = None
    alike: float = 1.0

    def of(self, judge: ColumnClassifier, values: Any, of_persons: Sequence[str] = ()) -> Verdict:
        """The verdict on it."""
        return judge.classify(
            self.name,
            values,
            table=self.table,
            comment=self.comment,
            dtype=self.dtype,
            population=self.population,
            of_persons=of_persons,
            alike=self.alike,
        )


def _in_context(
    asked: _Asked, values: Any, verdict: Verdict, persons: Sequence[str], judge: ColumnClassifier
) -> Verdict:
    """A second look at a column whose name says something, where other columns show that the rows are about persons.

    What is remembered for the next night is the first verdict: the second follows from those of the other columns.
    """
    spoken = verdict.evidence.get("name_weights") or verdict.evidence.get("vetoes")
    if not persons or not spoken or verdict.entity is not None or verdict.outcome != "examined" or verdict.masking:
        return verdict
    again = asked.of(judge, values, persons)
    if again.entity is None:
        return verdict
    memory = {key: verdict.evidence[key] for key in ("memory",) if key in verdict.evidence}
    return replace(again, evidence={**again.evidence, **memory})


def _lacking(came: Arrived, verdict: Verdict) -> Verdict:
    """The verdict with what did not come: nothing is known of those rows, so they count as if they held something.

    Of rows that were not read nothing is stated unless every row had the same chance.
    """
    if not came.fair:
        verdict = replace(verdict, bound=None)
    if came.lacking is None:
        return verdict
    unknown = verdict.bound is None or came.missing is None
    bound = None if unknown else min(1.0, (verdict.bound or 0.0) + (came.missing or 0.0))
    return replace(verdict, bound=bound, reason=" ".join(filter(None, (verdict.reason, came.lacking))))


def _each_field(
    facts: FactWriter,
    work: Work,
    column: tuple[int, str, int],
    taken: Inside | None,
    came: Arrived,
    judge: ColumnClassifier,
    persons: Sequence[str],
) -> dict[str, list[str]]:
    """Examine the fields of a column as columns of their own; returns entity → paths of the fields that hold it.

    Those that the source listed keep their id; of one that no value was taken from only the name is looked at.
    """
    _, name, _ = column
    held: dict[str, list[str]] = {}
    for field_id, path, values in _fields(facts, work, column, taken):
        *above, last = path.split(".")
        above = [part for part in above if part != "*"]
        telling = above.pop() if last == "value" and above and path.endswith("*.value") else last
        around = " ".join([work.dataset.name, name, *above])
        described = work.described.get(field_id, (str(values.type), None))
        asked = _Asked(telling, around, *described, alike=came.alike)
        verdict = asked.of(judge, pa.chunked_array([values]))
        if not len(values) and (work.closed or (taken is not None and taken.left)):
            verdict = replace(verdict, reason=work.closed or _BEYOND)
        dotted = f"{name}.{path}"
        verdict = _in_context(asked, pa.chunked_array([values]), _settled(work, dotted, verdict), persons, judge)
        cells = 0 if taken is None else taken.cells
        whole = came.full and verdict.evidence.get("drawn", 0) >= len(values) and cells == work.dataset.row_count
        final = _tell(
            facts, work, _Place(field_id, dotted, work.dataset.row_count or len(values), whole), _lacking(came, verdict)
        )
        for entity in (*((final.entity,) if final.entity else ()), *final.contains):
            held.setdefault(entity, []).append(path)
    return held


def _fields(
    facts: FactWriter, work: Work, column: tuple[int, str, int], taken: Inside | None
) -> Iterator[tuple[int, str, pa.Array]]:
    """(id, path, values) of every field: those that values were taken from, then the others that the source listed."""
    column_id, name, ordinal = column
    listed = work.fields.get(name, {})
    found: Mapping[str, pa.Array] = {} if taken is None else taken.fields
    start = first_field_id(column_id)
    for n, (path, values) in enumerate(found.items()):
        field_id = listed.get(path) or work.known.get(f"{name}.{path}".casefold())
        if field_id is None and start is not None:
            field_id = facts.add(
                "column",
                column_id=start + n,
                dataset_id=work.dataset.dataset_id,
                name=name,
                field_path=path,
                ordinal=ordinal,
                data_type=str(values.type),
            )
        if field_id is not None:
            yield field_id, path, values
    for path, field_id in listed.items():
        if path not in found:
            yield field_id, path, pa.nulls(0)


def listed_by_source(column_id: int) -> bool:
    """Whether a column or field with this id was listed by its source, not found inside a column or named by SQL."""
    return column_id % ID_STRIDE < FIELDS


def first_field_id(column_id: int) -> int | None:
    """Where the ids of a column's fields begin; None for a column beyond the eight millionth of its source."""
    source, n = divmod(column_id, ID_STRIDE)
    return source * ID_STRIDE + FIELDS + n * _PER_COLUMN if n < FIELDS // _PER_COLUMN else None


def _settled(work: Work, name: str, verdict: Verdict) -> Verdict:
    """The verdict with the last run's in mind; the evidence keeps what the next run must remember."""
    verdict = settle(work.before.get(name.casefold()), verdict)
    memory = remember(verdict)
    if memory is None:
        return verdict
    return replace(verdict, evidence={**verdict.evidence, "memory": memory.as_json()})


def _tell(facts: FactWriter, work: Work, place: _Place, verdict: Verdict) -> Verdict:
    """``examination`` and ``detection`` facts of one column or field, people's decisions in them."""
    decided = work.decided.get(place.name.casefold(), ())
    verdict = without_rejected(decided, verdict)
    confirmed = {decision.entity: decision for decision in decided if decision.confirmed}
    memory = verdict.evidence.get("memory")
    evidence = {key: value for key, value in verdict.evidence.items() if key != "memory"}
    if verdict.runners_up:
        evidence["runners_up"] = {other.entity: other.confidence for other in verdict.runners_up}
    examined = min(verdict.examined, place.rows)
    unread = any(evidence.get(what) for what in ("cut", "unreadable")) or (
        evidence.get("untried") and not verdict.contains
    )
    outcome = "not_examined" if examined == 0 else "scanned" if place.whole and not unread else "sampled"
    reason = verdict.reason if examined or verdict.reason else "There was no row with a value."
    facts.add(
        "examination",
        column_id=place.column_id,
        outcome=outcome,
        reason=reason if outcome == "not_examined" or verdict.reason else None,
        rows_total=work.dataset.row_count,
        rows_examined=examined,
        excludable_prevalence=0.0 if outcome == "scanned" else verdict.bound,
        evidence=_json({**evidence, "memory": memory}) if examined else None,
        read_as_of=work.read_as_of,
        carried=0,
    )
    if verdict.reason and verdict.reason.startswith(FAILED):
        _say_failed(facts, work.dataset, place.name, verdict.reason)
    found = [(verdict.entity, "is")] if verdict.entity else []
    found += [(entity, "contains") for entity in verdict.contains]
    for entity, mode in found:
        decision = confirmed.get(entity)
        facts.add(
            "detection",
            column_id=place.column_id,
            entity=entity,
            mode=mode,
            confidence=1.0 if decision else float(verdict.confidence),
            masking=verdict.masking,
            by_content=mode == "contains" or verdict.masking is not None or verdict.evidence.get("hits", 0) > 0,
            evidence=_json({**evidence, "confirmed": decision.told()} if decision else evidence),
        )
    return verdict


def _say_failed(facts: FactWriter, dataset: DatasetRef, name: str, reason: str) -> None:
    """An error inside detection is never a quiet gap: the audit is incomplete."""
    way_out = "Mend the recogniser." if "the recogniser" in reason else "Please report it."
    facts.add(
        "problem",
        stage="detect",
        object=f"{dataset.name}.{name}",
        kind="failed",
        message=f"The content of {dataset.name}.{name} was not examined: {reason}. {way_out}",
        fatal=True,
    )


def _json(evidence: Mapping[str, Any]) -> str:
    return json.dumps(evidence, ensure_ascii=False, sort_keys=True)


def _as_text(chunk: pa.Array) -> pa.Array:
    try:
        return chunk.cast(pa.string())
    except pa.ArrowException:
        cells = (None if not cell.is_valid else cell.as_py() for cell in chunk)
        texts = (cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells)
        return pa.array([None if text is None else str(text) for text in texts], pa.string())


def _together(chunks: list[pa.Array]) -> pa.ChunkedArray:
    """Chunks of one column as one; where splits were typed differently, as text."""
    if len({chunk.type for chunk in chunks}) > 1:
        chunks = [_as_text(chunk) for chunk in chunks]
    return pa.chunked_array(chunks) if chunks else pa.chunked_array([], type=pa.null())


@functools.cache
def classifier(settings: Settings | None, seed: int) -> ColumnClassifier:
    """One classifier per worker process and configuration: building it takes longer than using it."""
    from datagov.detect import ColumnClassifier
    from datagov.detect.settings import classifier as build

    return ColumnClassifier(seed=seed) if settings is None else build(settings, seed)
