"""What people decided about a column: confirmed and rejected tags, honoured in later runs until new
evidence speaks."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from datagov.detect.verdict import Verdict
from datagov.errors import ConfigError

_FIELDS = ("column", "entity", "decision", "by", "when")


@dataclass(frozen=True, slots=True)
class Correction:
    """One decision: ``by`` whom and ``when`` (ISO date), and the interval of the hit rate they saw, if
    any."""

    column: str
    entity: str
    confirmed: bool
    by: str
    when: str
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Decisions by the column's dotted name, as ``schema.table.column``."""

    by_column: Mapping[str, tuple[Correction, ...]]

    def apply(self, column: str, verdict: Verdict) -> Verdict:
        """The verdict with people's decisions about this column in it; the evidence tells which one and why.

        A confirmed tag stands, whatever the values. A rejected tag stays off, unless the hit rate now lies
        above
        all that was seen when it was rejected: then the tag is back and ``evidence["reopened"]`` says so.
        """
        for decision in self.by_column.get(column.casefold(), ()):
            told = {
                "entity": decision.entity,
                "by": decision.by,
                "when": decision.when,
                "note": decision.note,
            }
            if decision.confirmed:
                agrees = verdict.entity == decision.entity
                evidence = {**verdict.evidence, "confirmed": {**told, "values_agree": agrees}}
                return replace(verdict, entity=decision.entity, confidence=1.0, bound=None, evidence=evidence)
            if verdict.entity != decision.entity:
                continue
            if _is_new(decision, verdict):
                return replace(verdict, evidence={**verdict.evidence, "reopened": told})
            verdict = replace(
                verdict,
                entity=None,
                confidence=1.0,
                bound=None,
                evidence={**verdict.evidence, "rejected": told},
            )
        return verdict


def load(path: Path) -> Corrections:
    """Read a CSV file with the columns column,entity,decision,by,when and, if known, low,high,note.

    ``decision`` is "confirmed" or "rejected". ConfigError names the line at fault.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ConfigError("The corrections cannot be read as UTF-8 text; check the path.", file=str(path)) from None
    found: dict[str, list[Correction]] = {}
    for number, row in enumerate(csv.DictReader(lines), start=2):
        correction = _correction(row, str(path), number)
        found.setdefault(correction.column.casefold(), []).append(correction)
    return Corrections(MappingProxyType({column: tuple(rows) for column, rows in found.items()}))


def _correction(row: Mapping[str, str | None], file: str, line: int) -> Correction:
    missing = [name for name in _FIELDS if not row.get(name)]
    if missing:
        raise ConfigError(
            f"A correction needs {', '.join(missing)}; say what was decided, by whom and when.",
            file=file,
            line=line,
        )
    decision = row["decision"]
    if decision not in ("confirmed", "rejected"):
        raise ConfigError("The decision of a correction is 'confirmed' or 'rejected'.", file=file, line=line)
    try:
        low, high = (float(row[name] or "") if row.get(name) else None for name in ("low", "high"))
    except ValueError:
        raise ConfigError("low and high of a correction are shares from 0 to 1.", file=file, line=line) from None
    return Correction(
        column=str(row["column"]),
        entity=str(row["entity"]),
        confirmed=decision == "confirmed",
        by=str(row["by"]),
        when=str(row["when"]),
        low=low,
        high=high,
        note=row.get("note") or "",
    )


def _is_new(decision: Correction, verdict: Verdict) -> bool:
    interval = verdict.evidence.get("interval")
    return decision.high is not None and isinstance(interval, list) and interval[0] > decision.high
