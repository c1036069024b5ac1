"""What people decided about a column: confirmed and rejected tags, honoured in later runs until new
evidence speaks."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from datagov.detect import textfile
from datagov.detect.verdict import Verdict
from datagov.detect.weigh import wilson
from datagov.errors import ConfigError

FIELDS = ("column", "entity", "decision", "by", "when", "low", "high", "note")
"""Columns of the file; the last three may be left out."""
NEEDED = FIELDS[:5]
ANY = "*"
"""Entity of a rejection that says: this column holds no personal data at all."""
INSIDE_CELLS = 60
"""Cells of a column that are looked into at the least, where it has as many; see ``ColumnClassifier``."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?$")


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision: ``by`` whom and ``when`` (ISO date), and the interval of the hit rate they saw, if
    any. ``line`` is its place in ``file``."""

    column: str
    entity: str
    confirmed: bool
    by: str
    when: str
    low: float | None = None
    high: float | None = None
    note: str = ""
    file: str = ""
    line: int = 0

    def told(self) -> dict[str, Any]:
        """The decision as evidence: who decided what, and when."""
        return {"entity": self.entity, "by": self.by, "when": self.when, "note": self.note}


@dataclass(frozen=True, slots=True)
class Corrections:
    """Decisions by the column's dotted name, as ``schema.table.column``."""

    by_column: Mapping[str, tuple[Correction, ...]]

    def about(self, column: str) -> tuple[Correction, ...]:
        """The decisions about a column, by its dotted name in any case."""
        return self.by_column.get(column.casefold(), ())

    def within(self, dataset: str) -> dict[str, tuple[Correction, ...]]:
        """The decisions about columns of a dataset, by the rest of their names in lower case."""
        head = f"{dataset.casefold()}."
        return {name.removeprefix(head): said for name, said in self.by_column.items() if name.startswith(head)}

    def refuse_later_than(self, now: str) -> None:
        """Raise ConfigError for a decision dated later than the day after ``now``: a day may have begun elsewhere."""
        last = (datetime.fromisoformat(now) + timedelta(days=1)).date().isoformat()
        for decision in (one for said in self.by_column.values() for one in said):
            if decision.when[:10] > last:
                raise ConfigError(
                    f"The decision of {decision.when[:10]} is one of the future; correct its 'when'.",
                    file=decision.file,
                    line=decision.line,
                )

    def apply(self, column: str, verdict: Verdict) -> Verdict:
        """The verdict with people's decisions about this column in it; the evidence tells which one and why.

        A confirmed tag stands, whatever the values. A rejected tag stays off, unless the hit rate now lies
        above
        all that was seen when it was rejected: then the tag is back and ``evidence["reopened"]`` says so.
        """
        about = self.about(column)
        verdict = without_rejected(about, verdict)
        for decision in about:
            if decision.confirmed:
                agrees = verdict.entity == decision.entity
                evidence = {**verdict.evidence, "confirmed": {**decision.told(), "values_agree": agrees}}
                return replace(verdict, entity=decision.entity, confidence=1.0, bound=None, evidence=evidence)
        return verdict


NONE = Corrections(MappingProxyType({}))


def without_rejected(decisions: Sequence[Correction], verdict: Verdict) -> Verdict:
    """The verdict without the tags that people rejected, both what the column is and what it contains.

    A tag that new evidence speaks for stays, and ``evidence["reopened"]`` says so. A tag that the same person's file
    also confirms stays too: ``*`` rejects every tag but the confirmed ones.
    """
    kept = {decision.entity for decision in decisions if decision.confirmed}
    for decision in decisions:
        if decision.confirmed:
            continue
        tags: list[str] = [*([verdict.entity] if verdict.entity else []), *verdict.contains]
        for entity in sorted(set(tags), key=tags.index):
            if entity in kept or decision.entity not in (entity, ANY):
                continue
            told = {**decision.told(), "entity": entity}
            if _is_new(decision, entity, verdict):
                verdict = replace(verdict, evidence={**verdict.evidence, "reopened": told})
            else:
                verdict = _without(verdict, entity, told)
    return verdict


def _without(verdict: Verdict, entity: str, told: Mapping[str, Any]) -> Verdict:
    evidence = {**verdict.evidence, "rejected": told}
    contains = tuple(other for other in verdict.contains if other != entity)
    if verdict.entity != entity:
        return replace(verdict, contains=contains, evidence=evidence)
    return replace(verdict, entity=None, contains=contains, confidence=1.0, bound=None, evidence=evidence)


def interval(verdict: Verdict, entity: str) -> tuple[float, float] | None:
    """95 % interval of the share of values that are, or contain, an entity; None when nothing was counted."""
    evidence = verdict.evidence
    seen = evidence.get("interval")
    if verdict.entity == entity and isinstance(seen, list) and evidence.get("hits"):
        return float(seen[0]), float(seen[1])
    inside = evidence.get("contains")
    if isinstance(inside, Mapping) and entity in inside:
        count = int(inside[entity])
        return wilson(count, max(count, min(INSIDE_CELLS, int(evidence.get("distinct") or 0))))
    return None


def _is_new(decision: Correction, entity: str, verdict: Verdict) -> bool:
    seen = interval(verdict, entity)
    return decision.high is not None and seen is not None and seen[0] > decision.high


def load(path: Path, *, known: Callable[[str], bool] | None = None, name: str | None = None) -> Corrections:
    """Read a CSV file with the columns column,entity,decision,by,when and, if known, low,high,note.

    ``decision`` is "confirmed" or "rejected"; a rejection of ``*`` says that the column holds no personal data.
    ``known`` tells whether an entity exists; None asks nobody. ``name`` is how messages and facts call the file.
    ConfigError names the line at fault.
    """
    shown = name or str(path)
    text = textfile.read(path, "corrections", name=shown)
    found: dict[str, dict[str, Correction]] = {}
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if missing:
            raise ConfigError(
                f"The first line of the corrections must name the column {missing[0]!r}; it is {','.join(FIELDS)}.",
                file=shown,
                line=1,
            )
        for row in reader:
            if None in row:
                raise textfile.too_many_cells(shown, reader.line_num)
            correction = _correction(row, shown, reader.line_num, known)
            about = found.setdefault(correction.column.casefold(), {})
            about.pop(correction.entity, None)
            about[correction.entity] = correction
    except csv.Error:
        message = "This line is not valid CSV; check its quotes."
        raise ConfigError(message, file=shown, line=reader.reader.line_num) from None
    return Corrections(MappingProxyType({column: tuple(said.values()) for column, said in found.items()}))


def _in_order(low: float | None, high: float | None) -> bool:
    return low is None or high is None or low <= high


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.match(text) is not None


def _correction(row: Mapping[str, str | None], file: str, line: int, known: Callable[[str], bool] | None) -> Correction:
    missing = [name for name in NEEDED if not row.get(name)]
    if missing:
        raise ConfigError(
            f"A correction needs {', '.join(missing)}; say what was decided, by whom and when.",
            file=file,
            line=line,
        )
    decision, entity = row["decision"], str(row["entity"])
    if decision not in ("confirmed", "rejected"):
        raise ConfigError("The decision of a correction is 'confirmed' or 'rejected'.", file=file, line=line)
    if entity == ANY and decision == "confirmed":
        raise ConfigError("'*' can only be rejected; confirm one entity by its name.", file=file, line=line)
    if known is not None and entity != ANY and not known(entity):
        raise ConfigError(
            f"There is no entity {entity!r}: a correction names one of the list of categories, one that a recogniser "
            "of yours finds, or '*'.",
            file=file,
            line=line,
        )
    try:
        low, high = (float(row[name] or "") if row.get(name) else None for name in ("low", "high"))
    except ValueError:
        raise ConfigError("low and high of a correction are shares from 0 to 1.", file=file, line=line) from None
    if not all(share is None or 0 <= share <= 1 for share in (low, high)) or (low or 0.0) > (
        1.0 if high is None else high
    ):
        raise ConfigError("low and high of a correction are shares from 0 to 1.", file=file, line=line)
    if known is not None and not _is_date(str(row["when"])):
        raise ConfigError("The 'when' of a correction is a date such as 2026-11-24.", file=file, line=line)
    return Correction(
        column=str(row["column"]),
        entity=entity,
        confirmed=decision == "confirmed",
        by=str(row["by"]),
        when=str(row["when"]),
        low=low,
        high=high,
        note=row.get("note") or "",
        file=file,
        line=line,
    )
