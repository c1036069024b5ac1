"""What changed since the last night: findings new or gone, columns newly with personal data, lost sources.

Nothing of it is stored: it follows from the evidence of two runs that lie side by side, whenever a report is rendered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagov import runs
from datagov.errors import DatagovError
from datagov.model import Severity
from datagov.store import Evidence

Row = Mapping[str, Any]

_FINDINGS = """
SELECT f.fingerprint, f.rule, f.severity, f.subject, s.name AS source, r.sha256
FROM finding f JOIN result USING (result_id) LEFT JOIN source s USING (source_id)
LEFT JOIN rule r ON r.rule = f.rule
ORDER BY f.finding_id
"""
_PERSONAL = """
SELECT s.name AS source, d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS "column",
    group_concat(DISTINCT x.entity) AS entities
FROM (SELECT column_id, entity FROM detection UNION SELECT column_id, entity FROM exposure) x
JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id) JOIN source s USING (source_id)
LEFT JOIN category k ON k.entity = x.entity
WHERE coalesce(k.personal, 1)
GROUP BY s.name, 2 ORDER BY s.source_id, d.name, c.ordinal, c.column_id
"""

_UNREAD = """
SELECT s.name AS source, d.name AS dataset,
    d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS "column"
FROM examination x JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id) JOIN source s USING (source_id)
WHERE x.outcome = 'unreadable'
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences of a run from ``run``, the newest earlier one it can be compared with, of the time ``as_of``.

    ``new`` and ``gone`` are findings with their rule, severity and subject, the gravest first; ``open`` were findings
    then and could not be judged now, because the rule, the source, the dataset or the column could not be read.
    ``columns`` have a source, a column and their entities. ``changed`` says that the rules, the configuration or
    datagov itself are not what they were, so that not all of it happened in the data.
    """

    run: str
    as_of: str
    new: Sequence[Row]
    gone: Sequence[Row]
    open: Sequence[Row]
    columns: Sequence[Row]
    lost: Sequence[str]
    changed: bool

    def __bool__(self) -> bool:
        return bool(self.new or self.gone or self.open or self.columns or self.lost)


def since(evidence: Evidence) -> Changes | None:
    """The changes since the last comparable night; None when there is none.

    Comparable is a run of the same configuration file and platform in this folder, of an earlier ``as_of``, that saw
    everything or everything but some SQL. One whose evidence cannot be read, or is of another version, is passed over.
    """
    for path in reversed(_earlier(evidence)):
        before = Evidence(path)
        try:
            return _compare(before, evidence)
        except (sqlite3.Error, KeyError):
            continue
        finally:
            before.close()
    return None


def _earlier(evidence: Evidence) -> list[Path]:
    """Evidence of the runs that this one can be compared with, in the order of their ``as_of``."""
    now = evidence.run()
    if now.get("kind", "audit") != "audit" or len(evidence.path.parents) < 3:
        return []
    found: list[tuple[str, Path]] = []
    for path in runs.finished(evidence.path.parents[2]):
        try:
            then = _run(path)
        except (sqlite3.Error, DatagovError):
            continue
        same = all(then.get(key) == now.get(key) for key in ("platform", "config"))
        if same and then.get("as_of", "") < now.get("as_of", "") and runs.standing(path) in runs.COMPARABLE:
            found.append((then.get("as_of", ""), path))
    return [path for _, path in sorted(found, key=lambda one: one[0])]


def _run(path: Path) -> dict[str, str]:
    evidence = Evidence(path)
    try:
        return evidence.run()
    finally:
        evidence.close()


def _compare(before: Evidence, now: Evidence) -> Changes:
    then, run = before.run(), now.run()
    was = {row["fingerprint"]: row for row in before.each(_FINDINGS)}
    is_ = {row["fingerprint"]: row for row in now.each(_FINDINGS)}
    read = {row["name"] for row in now.each("SELECT name FROM source WHERE outcome = 'read'")}
    standing = _standing(was, is_, read)
    ended = [row for key, row in was.items() if key not in is_ and (row["rule"], row["subject"]) not in standing]
    judged, unread = _judged(now), _unread(now)
    personal = {(row["source"], row["column"]) for row in before.each(_PERSONAL)}
    known = personal | {(None, column) for source, column in personal if source not in read}
    same = ("config_sha256", "datagov", "packs", "ignored_rules", "detection_sha256")
    return Changes(
        run=before.path.parent.name,
        as_of=then.get("as_of", ""),
        new=_gravest(
            row for key, row in is_.items() if key not in was and (row["rule"], row["subject"]) not in standing
        ),
        gone=_gravest(row for row in ended if _is_judged(row, judged, read, unread)),
        open=_gravest(row for row in ended if not _is_judged(row, judged, read, unread)),
        columns=[
            row
            for row in now.each(_PERSONAL)
            if (row["source"], row["column"]) not in known and (None, row["column"]) not in known
        ],
        lost=[
            row["name"]
            for row in before.each("SELECT name FROM source WHERE outcome = 'read' ORDER BY source_id")
            if row["name"] not in read
        ],
        changed=any(then.get(key) != run.get(key) for key in same) or _rules(before) != _rules(now),
    )


def _judged(now: Evidence) -> set[str]:
    """Rules that were evaluated now, without an error and not as one unknown."""
    return {
        row["rule"]
        for row in now.each(
            "SELECT rule FROM evaluation GROUP BY rule HAVING sum(error) = 0"
            " AND NOT (sum(passed + failed + not_applicable) = 0 AND sum(unknown) > 0)"
        )
    }


def _unread(now: Evidence) -> set[tuple[str, str]]:
    """Source and name of the columns that could not be read, and of their datasets."""
    return {(row["source"], row[what]) for row in now.each(_UNREAD) for what in ("dataset", "column")}


def _standing(was: Mapping[str, Row], is_: Mapping[str, Row], read: set[str]) -> set[tuple[str, str]]:
    """Rule and subject of findings of a lost source that a pipeline which names the same dataset still shows."""
    lost = {(row["rule"], row["subject"]) for row in was.values() if row["source"] and row["source"] not in read}
    return lost & {(row["rule"], row["subject"]) for row in is_.values()}


def _is_judged(row: Row, judged: set[str], read: set[str], unread: set[tuple[str, str]]) -> bool:
    if row["rule"] not in judged or (row["source"], row["subject"]) in unread:
        return False
    return row["source"] is None or row["source"] in read


def _rules(evidence: Evidence) -> list[tuple[str, str]]:
    return [(row["rule"], row["sha256"]) for row in evidence.each("SELECT rule, sha256 FROM rule ORDER BY rule")]


def _gravest(rows: Any) -> list[Row]:
    return sorted(rows, key=lambda row: (-Severity(row["severity"]).rank, row["rule"], row["subject"]))
