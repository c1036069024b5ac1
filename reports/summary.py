"""What every report says first, read once from the facts: the verdict, the counts, the causes and what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.history import contradictions, digest, verify
from datagov.history.changes import Changes, since
from datagov.lineage import unread
from datagov.model import Severity, Text
from datagov.store import Evidence
from datagov.vocabulary import sentences, terms

SEVERITIES: tuple[str, ...] = tuple(Severity)
"""Worst first."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """One run in numbers, with the rows every report lists. All sequences are ordered, worst or first thing first.

    ``verdict`` is ``incomplete``, ``findings`` or ``clean``; ``failing`` counts findings at or above ``fail_on``.
    ``subjects`` counts rule verdicts by outcome; ``columns`` and ``statements`` what was looked at, by outcome, and
    ``unresolved`` the names in statements that could not be resolved; ``sql`` has the same of each file of SQL.
    ``changes`` is what differs from the last comparable run, None when there is none.
    ``digest`` is that of the evidence the report was rendered from; ``faults`` say why it cannot be trusted.
    """

    run: Mapping[str, str]
    verdict: str
    fail_on: str
    failing: int
    severities: Mapping[str, int]
    findings: int
    causes: Sequence[Row]
    needs: Sequence[Row]
    subjects: Mapping[str, int]
    columns: Mapping[str, int]
    statements: Mapping[str, int]
    unresolved: int
    sql: Sequence[Row]
    personal: Mapping[str, int]
    sources: Sequence[Row]
    registers: Sequence[Row]
    problems: Sequence[Row]
    changes: Changes | None
    digest: str
    faults: Sequence[Text]

    @property
    def missing_registers(self) -> list[str]:
        """Kinds of registers that are not connected."""
        return [r["kind"] for r in self.registers if not r["connected"]]

    @property
    def looked(self) -> int:
        """Columns whose content was looked at."""
        return self.columns["scanned"] + self.columns["sampled"]

    @property
    def why(self) -> list[tuple[Text, Text]]:
        """(what, sentence) for everything that makes the run incomplete."""
        itself = terms.load().words["evidence.itself"]
        told = {p["object"] for p in self.problems if p["fatal"] and p["stage"] == "harvest"}
        broken = [
            (s["name"], s["reason"] or s["outcome"])
            for s in self.sources
            if s["outcome"] != "read" and s["name"] not in told
        ]
        broken += [(p["object"], p["message"]) for p in self.problems if p["fatal"]]
        return [(itself, fault) for fault in self.faults] + [_told(what, sentence) for what, sentence in broken]

    @property
    def silence(self) -> Mapping[str, str]:
        """Words for an empty list of causes, needs or gaps, none of which may promise more than was looked at."""
        judged = self.subjects["passed"] + self.subjects["failed"]
        looked = self.columns["scanned"] + self.columns["sampled"] + self.statements["parsed"]
        causes = "causes.none" if judged else "causes.none_judged"
        return {
            "causes": "causes.none_incomplete" if judged and self.verdict == "incomplete" else causes,
            "needs": "ladder.open" if self.subjects["unknown"] else "ladder.none",
            "gaps": "not_examined.none" if looked else "not_examined.all",
        }

    @property
    def changed(self) -> list[tuple[str, list[str]]]:
        """What changed since the run before, by word (``new``, ``gone``, …), with the names of what it is about."""
        if self.changes is None:
            return []
        found = {
            **{
                kind: [f"{row['rule']} {row['subject']}" for row in rows]
                for kind, rows in (
                    ("new", self.changes.new),
                    ("gone", self.changes.gone),
                    ("open", self.changes.open),
                )
            },
            "columns": [row["column"] for row in self.changes.columns],
            "lost": list(self.changes.lost),
        }
        return [(kind, names) for kind, names in found.items() if names]

    @property
    def partial_sql(self) -> list[Row]:
        """Files of SQL of which something was not read or not resolved."""
        return [file for file in self.sql if unread.is_partial(file)]

    @property
    def gaps(self) -> Mapping[str, int]:
        """What was not examined, by kind; zero when there is nothing of it."""
        return {
            "sources": sum(s["outcome"] != "read" for s in self.sources),
            "unreadable": self.columns["unreadable"],
            "columns": self.columns["not_examined"],
            "statements": sum(n for outcome, n in self.statements.items() if outcome != "parsed"),
            "names": self.unresolved,
            "errors": self.subjects["error"],
            "unknown": self.subjects["unknown"],
        }


def _told(what: str, message: str) -> tuple[Text, Text]:
    """What a message is about, with the line of a file, and the rest of the message."""
    if place := re.match(rf"{re.escape(what)}:\d+(?=: )", message):
        return Text(place[0], place[0]), sentences.text(message[place.end() + 2 :])
    sentence = sentences.text(message)
    said = Text(
        sentence.en.removeprefix(f"Source {what!r} "),
        sentence.zh.removeprefix(f"数据源 {what!r} ").removeprefix(f"Source {what!r} "),
    )
    return Text(what, what), said


def summarise(evidence: Evidence) -> Summary:
    """Read the summary of a run. A run that does not say it is complete is incomplete."""
    run = evidence.run()
    severities = dict.fromkeys(SEVERITIES, 0) | _counts(
        evidence, "SELECT severity AS k, count(*) AS n FROM finding GROUP BY severity"
    )
    sources = evidence.rows("SELECT * FROM source ORDER BY source_id")
    problems = evidence.rows(
        "SELECT p.*, s.name AS source, count(*) AS times FROM problem p LEFT JOIN source s USING (source_id) "
        "GROUP BY p.stage, p.source_id, p.object, p.kind, p.message, p.fatal, p.file, p.line "
        "ORDER BY p.fatal DESC, p.stage, p.object, p.kind, p.message, p.file, p.line"
    )
    subjects = _subjects(evidence)
    sql = unread.files(evidence.rows)
    fail_on = run.get("fail_on", Severity.HIGH)
    if fail_on not in SEVERITIES:
        fail_on = Severity.HIGH
    failing = sum(severities[s] for s in SEVERITIES if Severity(s).rank >= max(1, Severity(fail_on).rank))
    incomplete = (
        run.get("complete", "").lower() not in ("true", "1", "yes")
        or any(s["outcome"] != "read" for s in sources)
        or any(p["fatal"] for p in problems)
        or subjects["error"] > 0
    )
    faults = [*filter(None, [verify.differs(evidence.path)]), *contradictions.of(evidence)]
    return Summary(
        run=run,
        verdict="incomplete" if incomplete or faults else "findings" if failing else "clean",
        fail_on=fail_on,
        failing=failing,
        severities=severities,
        findings=sum(severities.values()),
        causes=_causes(evidence),
        needs=evidence.rows("SELECT * FROM need ORDER BY rank, kind, message_en"),
        subjects=subjects,
        columns=_columns(evidence),
        statements=dict.fromkeys(unread.OUTCOMES, 0)
        | _counts(evidence, "SELECT outcome AS k, count(*) AS n FROM statement GROUP BY outcome ORDER BY outcome"),
        unresolved=unread.total(sql)["unresolved"],
        sql=sql,
        personal=_personal(evidence),
        sources=sources,
        registers=evidence.rows("SELECT * FROM register ORDER BY connected DESC, kind"),
        problems=problems,
        changes=since(evidence),
        digest=digest.of(evidence.path),
        faults=faults,
    )


def _counts(evidence: Evidence, sql: str) -> dict[str, int]:
    return {row["k"]: row["n"] for row in evidence.each(sql)}


def _subjects(evidence: Evidence) -> dict[str, int]:
    names = ("passed", "failed", "unknown", "not_applicable", "error")
    totals = ", ".join(f"coalesce(sum({name}), 0) AS {name}" for name in names)
    return dict(evidence.rows(f"SELECT {totals} FROM evaluation")[0])


def _columns(evidence: Evidence) -> dict[str, int]:
    """Columns of data sources by how they were examined; a column nobody spoke of was not examined."""
    found = dict.fromkeys(("scanned", "sampled", "unreadable", "not_examined"), 0)
    sql = """
        SELECT coalesce(e.outcome, 'not_examined') AS k, count(*) AS n
        FROM "column" c JOIN dataset d USING (dataset_id) JOIN source s USING (source_id)
        LEFT JOIN examination e USING (column_id)
        WHERE s.role = 'data' AND d.kind NOT IN ('external', 'temporary') GROUP BY 1
    """
    return found | _counts(evidence, sql)


def _personal(evidence: Evidence) -> dict[str, int]:
    """Columns in which personal data was ``found``, that ``carried`` it in by lineage only, and ``sensitive`` ones."""
    sql = """
        WITH found AS (
            SELECT DISTINCT column_id, entity FROM detection
            WHERE entity NOT IN (SELECT entity FROM category WHERE NOT personal)
        ), held AS (
            SELECT column_id, entity FROM found
            UNION SELECT column_id, entity FROM exposure
            WHERE entity NOT IN (SELECT entity FROM category WHERE NOT personal)
        )
        SELECT (SELECT count(DISTINCT column_id) FROM found) AS found,
               (SELECT count(DISTINCT column_id) FROM held
                WHERE column_id NOT IN (SELECT column_id FROM found)) AS carried,
               (SELECT count(DISTINCT column_id) FROM held JOIN category USING (entity)
                WHERE pipl_sensitive) AS sensitive
    """
    return dict(evidence.rows(sql)[0])


def _causes(evidence: Evidence) -> list[dict[str, Any]]:
    """Causes, worst first, with a ``column`` to look at, the rule's titles, and the ``owners`` who are to act.

    Those are the owners of the origin where it is a finding itself, else the owners of all findings.
    """
    everybody: dict[int, set[str]] = {}
    of_origin: dict[tuple[int, str], set[str]] = {}
    columns: dict[int, str] = {}
    for row in evidence.each("SELECT cause_id, owners, column_id, subject FROM finding ORDER BY cause_id, finding_id"):
        if row["column_id"] is not None:
            columns.setdefault(row["cause_id"], row["subject"])
        names = (name.strip() for name in row["owners"].split(","))
        found = {name for name in names if name}
        everybody.setdefault(row["cause_id"], set()).update(found)
        of_origin.setdefault((row["cause_id"], row["subject"]), set()).update(found)
    causes = evidence.rows(
        "SELECT c.*, r.title_en, r.title_zh, r.concern FROM cause c LEFT JOIN rule r USING (rule) ORDER BY c.cause_id"
    )
    for cause in causes:
        own = of_origin.get((cause["cause_id"], cause["subject"]))
        cause["owners"] = sorted(everybody.get(cause["cause_id"], ()) if own is None else own)
        cause["column"] = columns.get(cause["cause_id"])
    rank = {severity: n for n, severity in enumerate(SEVERITIES)}
    return sorted(causes, key=lambda c: (rank.get(c["severity"], len(rank)), -c["findings"], c["cause_id"]))
