"""What the overview shows before any script has run: both languages, safe to print, nothing to compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagov.model import Text
from datagov.reports.inert import inert
from datagov.reports.summary import SEVERITIES, Summary
from datagov.reports.text import moment
from datagov.store import Evidence
from datagov.vocabulary import terms

CONCERNS = (
    "data_ownership",
    "consumer_rights",
    "network_security",
    "licensed_operation",
    "market_power",
    "equal_treatment",
    "rectification",
)
"""The seven concerns, in the order they are shown."""

SHOWN = 10
"""Causes and needs on the overview; the rest are one click away."""


def overview(evidence: Evidence, summary: Summary) -> dict[str, Any]:
    """Values for ``page.html``; every text is inert, every pair of languages a Text."""
    return {
        "platform": inert(summary.run.get("platform", "")) or "datagov",
        "as_of": _both("as_of", time=as_of) if (as_of := moment(summary.run.get("as_of", ""))) else Text("", ""),
        "why": [(_inert(what), _inert(sentence)) for what, sentence in summary.why],
        "changes": _changes(summary),
        "silence": summary.silence,
        "digest": summary.digest,
        "verdict": summary.verdict,
        "means": _means(summary),
        "severities": [(s, summary.severities[s]) for s in SEVERITIES],
        "badges": {"findings": summary.findings, "coverage": _gap_count(summary)},
        "causes": [_cause(cause) for cause in summary.causes[:SHOWN]],
        "more_causes": max(0, len(summary.causes) - SHOWN),
        "needs": _needs(summary),
        "gaps": _gaps(summary),
        "concerns": _concerns(evidence),
        "personal": summary.personal,
        "columns": summary.columns,
        "statements": summary.statements,
        "count": _both,
    }


def _changes(summary: Summary) -> dict[str, Any] | None:
    """With which run this one was compared, and a line for each kind of change with its first names."""
    if summary.changes is None:
        return None
    lines = [
        (_both(f"changes.{kind}", n=len(names)), [inert(name) for name in names[:SHOWN]], max(0, len(names) - SHOWN))
        for kind, names in summary.changed
    ]
    run = _both("changes.run", run=inert(summary.changes.run), time=moment(summary.changes.as_of))
    return {"run": run, "lines": lines, "changed": summary.changes.changed and bool(lines)}


def _both(key: str, *, n: int | None = None, **values: object) -> Text:
    say = terms.load().say
    return Text(say(key, "en", n=n, **values), say(key, "zh", n=n, **values))


def _inert(text: Text) -> Text:
    return Text(inert(text.en), inert(text.zh))


def _named(kind: str, value: str) -> Text:
    name = terms.load().name
    return Text(inert(name(kind, value, "en")), inert(name(kind, value, "zh")))


def _means(summary: Summary) -> Text:
    level = _named("severity", summary.fail_on)
    say = terms.load().say
    key = f"verdict.{summary.verdict}.means"
    return Text(say(key, "en", n=summary.failing, level=level.en), say(key, "zh", n=summary.failing, level=level.zh))


def _cause(cause: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": cause["cause_id"],
        "severity": cause["severity"] if cause["severity"] in SEVERITIES else "indicator",
        "rule": inert(cause["rule"]),
        "title": Text(inert(cause["title_en"] or cause["rule"]), inert(cause["title_zh"] or cause["rule"])),
        "subject": inert(cause["subject"]),
        "message": Text(inert(cause["message_en"]), inert(cause["message_zh"])),
        "findings": _both("n_findings", n=cause["findings"]),
        "place": f"{inert(cause['file'])}:{cause['line']}",
        "owners": [inert(owner) for owner in cause["owners"]],
    }


def _needs(summary: Summary) -> list[dict[str, Any]]:
    most = max((need["verdicts"] for need in summary.needs), default=1) or 1
    return [
        {
            "kind": _named("register", need["kind"]),
            "settles": _both("n_verdicts", n=need["verdicts"]),
            "message": Text(inert(need["message_en"]), inert(need["message_zh"])),
            "share": round(100 * need["verdicts"] / most, 1),
        }
        for need in summary.needs[:SHOWN]
    ]


def _gap_count(summary: Summary) -> int:
    """What was not examined, counted as the overview lists it; unknown verdicts have their own page."""
    return sum(n for kind, n in summary.gaps.items() if kind != "unknown") + len(summary.missing_registers)


def _gaps(summary: Summary) -> list[Text]:
    lines = [_both(f"not_examined.{kind}", n=n) for kind, n in summary.gaps.items() if n]
    if missing := summary.missing_registers:
        names = [_named("register", kind) for kind in missing]
        say = terms.load().say
        lines.append(
            Text(
                say("not_examined.registers", "en", n=len(missing), names=", ".join(name.en for name in names)),
                say("not_examined.registers", "zh", n=len(missing), names="、".join(name.zh for name in names)),
            )
        )
    return lines


def _concerns(evidence: Evidence) -> list[dict[str, Any]]:
    """Per concern: rules, subjects by outcome, findings; a concern without a rule says so."""
    sql = """
        SELECT r.concern, count(DISTINCT r.rule) AS rules, coalesce(sum(e.passed), 0) AS passed,
               coalesce(sum(e.failed), 0) AS failed, coalesce(sum(e.unknown), 0) AS unknown,
               coalesce(sum(e.error), 0) AS error
        FROM rule r LEFT JOIN evaluation e USING (rule) GROUP BY r.concern
    """
    found = {row["concern"]: row for row in evidence.each(sql)}
    worst = {
        row["concern"]: row["severity"]
        for row in evidence.each(
            "SELECT r.concern, f.severity FROM finding f JOIN rule r USING (rule) GROUP BY r.concern, f.severity "
            "ORDER BY CASE f.severity WHEN 'critical' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 "
            "WHEN 'low' THEN 1 ELSE 0 END"
        )
    }
    cards = []
    for concern in (*CONCERNS, *sorted(found.keys() - set(CONCERNS))):
        row = found.get(concern)
        card: dict[str, Any] = {"key": inert(concern), "name": _named("concern", concern), "audited": row is not None}
        if row:
            settled = row["passed"] + row["failed"] + row["unknown"] + row["error"]
            parts = [(kind, row[kind]) for kind in ("failed", "error", "unknown", "passed") if row[kind]]
            card |= {
                "worst": worst.get(concern),
                "parts": _shares(parts, settled),
                "counts": parts,
                "rules": row["rules"],
            }
        cards.append(card)
    return cards


def _shares(parts: list[tuple[str, int]], total: int) -> list[tuple[str, float, float]]:
    """(kind, start, width) of a bar 100 wide."""
    bars, at = [], 0.0
    for kind, n in parts:
        wide = 100 * n / total
        bars.append((kind, round(at, 2), round(wide, 2)))
        at += wide
    return bars
