"""A scan as text, JSON or CSV: per column what it holds, what was not examined, and what a clean one may still hide."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from datagov.store import Evidence
from datagov.vocabulary import terms

Row = Mapping[str, Any]

FIELDS = [
    "source",
    "column",
    "type",
    "outcome",
    "reason",
    "rows_total",
    "rows_examined",
    "excludable_prevalence",
    "full_scan",
    "rows_scanned",
    "entity",
    "title_en",
    "title_zh",
    "mode",
    "confidence",
    "by_content",
    "masking",
    "personal",
    "pipl_sensitive",
    "jrt0171",
    "jrt0197",
]
"""Columns of the CSV: one line per column and entity, one with an empty entity for a column without."""

_SQL = """
SELECT s.name AS source, d.name AS dataset, d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS "column",
    c.data_type AS type, e.outcome, e.reason, e.rows_total, e.rows_examined, e.excludable_prevalence,
    e.full_scan, e.rows_scanned,
    t.entity, k.title_en, k.title_zh, t.mode, t.confidence, t.by_content, t.masking,
    k.personal, k.pipl_sensitive, k.jrt0171, k.jrt0197
FROM examination e JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id) JOIN source s USING (source_id)
LEFT JOIN detection t USING (column_id) LEFT JOIN category k ON k.entity = t.entity
ORDER BY s.source_id, d.name, d.dataset_id, c.ordinal, c.column_id, t.confidence DESC, t.entity
"""


def rows(evidence: Evidence) -> list[dict[str, Any]]:
    """One row per column and entity found in it, in the order of the sources; see ``FIELDS``."""
    found = evidence.rows(_SQL)
    for row in found:
        for flag in ("by_content", "personal", "pipl_sensitive"):
            row[flag] = None if row[flag] is None else bool(row[flag])
    return found


def as_json(evidence: Evidence, found: Sequence[Row]) -> str:
    """A document with ``run``, ``columns`` (each with its ``detections``), ``sources`` and ``problems``."""
    columns: dict[tuple[str, str], dict[str, Any]] = {}
    about = tuple(FIELDS[: FIELDS.index("entity")])
    for row in found:
        column = columns.setdefault(
            (row["source"], row["column"]), {**{key: row[key] for key in about}, "detections": []}
        )
        if row["entity"]:
            column["detections"].append({key: row[key] for key in FIELDS if key not in about})
    document = {
        "run": evidence.run(),
        "columns": list(columns.values()),
        "sources": evidence.rows("SELECT name, plugin, role, outcome, reason FROM source ORDER BY source_id"),
        "problems": _problems(evidence),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def as_csv(found: Sequence[Row]) -> str:
    """The rows as CSV; text that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, FIELDS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in found:
        writer.writerow({key: _harmless(row[key]) for key in FIELDS})
    return out.getvalue()


def as_text(evidence: Evidence, found: Sequence[Row], *, language: str, every: bool, command: str) -> str:
    """The scan for people, in English or Chinese; ``every`` lists clean columns one by one."""
    page = _Text(language)
    columns: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        columns.setdefault((row["source"], row["column"]), []).append(row)
    held = {key: [r for r in each if r["entity"]] for key, each in columns.items()}
    unread = {key: each[0] for key, each in columns.items() if each[0]["outcome"] in ("not_examined", "unreadable")}
    clean = {key: each[0] for key, each in columns.items() if not held[key] and key not in unread}
    page.add(
        page.say(
            "scan.counts",
            columns=f"{len(columns):,}",
            datasets=f"{len({(r['source'], r['dataset']) for r in found}):,}",
            found=f"{sum(any(r['personal'] for r in each) for each in held.values()):,}",
            sensitive=f"{sum(any(r['pipl_sensitive'] for r in each) for each in held.values()):,}",
            unread=f"{len(unread):,}",
        )
    )
    page.found([row for each in held.values() for row in each])
    page.unread(list(unread.values()))
    page.clean(list(clean.values()), every=every)
    page.full([each[0] for each in columns.values()])
    page.problems(_problems(evidence))
    if any(held.values()):
        first = next(row["column"] for each in held.values() for row in each)
        page.add("", page.say("scan.next", command=f"{command} {_plain(first)}"))
    return "\n".join([*page.lines, ""])


class _Text(terms.Spoken):
    """Lines under construction, in one language."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.lines: list[str] = []

    def add(self, *lines: str) -> None:
        self.lines += lines

    def found(self, rows: Sequence[Row]) -> None:
        self.add("", self.say("scan.found"))
        if not rows:
            self.add(f"  {self.say('scan.none')}")
        width = max((len(_plain(row["column"])) for row in rows), default=0)
        for row in rows:
            title = row[f"title_{self.language}"]
            parts = [_sure(row["confidence"]), self._how(row), *self._levels(row)]
            parts += [self.name("masking", row["masking"])] if row["masking"] else []
            self.add(f"  {_plain(row['column']):{width}}  {row['entity']} ({title}) · {' · '.join(parts)}")

    def _how(self, row: Row) -> str:
        if row["mode"] in ("contains", "declared"):
            return self.say(f"scan.{row['mode']}")
        return self.say("scan.by_content" if row["by_content"] else "scan.by_name")

    def _levels(self, row: Row) -> list[str]:
        levels = [self.say("sensitive")] if row["pipl_sensitive"] else []
        levels += [f"JR/T 0171 {row['jrt0171']}"] if row["jrt0171"] else []
        return levels + ([f"JR/T 0197 {row['jrt0197']}"] if row["jrt0197"] else [])

    def unread(self, rows: Sequence[Row]) -> None:
        if rows:
            self.add("", self.say("scan.not_examined"))
        for row in rows:
            self.add(f"  {_plain(row['column'])}: {self.name('examined', row['outcome'])}: {_plain(row['reason'])}")

    def clean(self, rows: Sequence[Row], *, every: bool) -> None:
        if not rows:
            return
        self.add("", self.say("scan.clean"))
        sampled = [row for row in rows if row["outcome"] != "scanned"]
        worst = max(
            (1.0 if r["excludable_prevalence"] is None else r["excludable_prevalence"] for r in sampled), default=0
        )
        if len(rows) > len(sampled):
            self.add(f"  {self.say('scan.clean.whole', n=len(rows) - len(sampled))}")
        if sampled:
            self.add(f"  {self.say('scan.clean.line', n=len(sampled), share=_share(worst))}")
        for row in rows if every else ():
            bound = row["excludable_prevalence"]
            told = (
                self.say("scan.whole") if row["outcome"] == "scanned" else self.say("scan.bound", share=_share(bound))
            )
            self.add(f"  {_plain(row['column'])}: {told}{'; ' + _plain(row['reason']) if row['reason'] else ''}")

    def full(self, rows: Sequence[Row]) -> None:
        """How far columns were read for identifiers, beyond their sample."""
        outcomes = Counter(row["full_scan"] for row in rows if row["full_scan"])
        if outcomes:
            self.add("", self.say("scan.full"))
        for outcome in ("complete", "partly", "budget", "not_reached", "failed"):
            if outcomes[outcome]:
                self.add(f"  {self.say(f'scan.full.{outcome}', n=outcomes[outcome])}")

    def problems(self, rows: Sequence[Row]) -> None:
        if rows:
            self.add("", self.say("scan.not_read") if any(row["fatal"] for row in rows) else self.say("evidence.notes"))
        for row in rows:
            place = f"{row['file']}:{row['line']}: " if row["file"] and row["line"] else ""
            self.add(f"  {place}{_plain(row['message'])}")


def _problems(evidence: Evidence) -> list[dict[str, Any]]:
    found = evidence.rows(
        "SELECT stage, object, kind, message, fatal, file, line FROM problem ORDER BY fatal DESC, object, message"
    )
    return [{**row, "fatal": bool(row["fatal"])} for row in found]


def _sure(confidence: float) -> str:
    """A confidence in per cent; 100 % is only said of what a person confirmed."""
    return "100 %" if confidence == 1 else f"{min(confidence, 0.999):.1%}".replace("%", " %")


def _share(value: float | None) -> str:
    return "100 %" if value is None else "0 %" if value == 0 else f"{value:.2%}".replace("%", " %")


def _plain(text: str | None) -> str:
    """Text of a source without signs that would steer the terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text or "")


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
