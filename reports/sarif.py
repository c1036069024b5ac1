"""SARIF 2.1.0 for code-review tools: every finding at a file and a line, its lineage as a code flow.

Source: OASIS Static Analysis Results Interchange Format 2.1.0; 25,000 results per run is GitHub's limit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from datagov.lineage.arriving import carried, words
from datagov.reports.inert import ascii_escapes, inert, inert_block
from datagov.reports.paths import edge, path
from datagov.reports.summary import Summary, summarise
from datagov.store import Evidence
from datagov.vocabulary import sentences, terms

ROOT = "%SRCROOT%"
"""What file names are relative to: the folder of the configuration, usually the root of the repository."""

MAX_RESULTS = 25_000
"""Results written; the worst come first, and a notification says what was left out."""

LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "indicator": "note"}
"""Our severity to SARIF's level; ``none`` would be hidden by tools that show code beside its results."""

SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "indicator": "0.0"}
"""``security-severity``, by which GitHub ranks."""

_FINDINGS = """
    SELECT f.*, r.origin_column_id, r.edge_id FROM finding f LEFT JOIN result r USING (result_id)
    ORDER BY CASE f.severity
        WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END,
        f.cause_id, f.finding_id
    LIMIT ?
"""


def render(evidence: Evidence, *, language: str) -> bytes:
    """The run as UTF-8 SARIF; see :class:`datagov.contracts.Report`. Every message is in the language of the run."""
    summary = summarise(evidence)
    rules = evidence.rows("SELECT * FROM rule ORDER BY rule")
    index = {rule["rule"]: n for n, rule in enumerate(rules)}
    results = [_result(evidence, row, index, language) for row in evidence.each(_FINDINGS, (MAX_RESULTS,))]
    culture = "zh-CN" if language == "zh" else "en-US"
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "datagov",
                        "version": summary.run.get("datagov", ""),
                        "language": culture,
                        "rules": [_rule(rule, language) for rule in rules],
                    }
                },
                "language": culture,
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {
                    ROOT: {"description": {"text": terms.load().say("sarif.root", language)}},
                },
                "invocations": [_invocation(summary, left_out=summary.findings - len(results), language=language)],
                "results": results,
                "properties": {
                    "verdict": summary.verdict,
                    "platform": inert(summary.run.get("platform", "")),
                    "as_of": summary.run.get("as_of", ""),
                },
            }
        ],
    }
    return (ascii_escapes(json.dumps(log, ensure_ascii=False, indent=1, allow_nan=False)) + "\n").encode()


def _rule(rule: Mapping[str, Any], language: str) -> dict[str, Any]:
    say = terms.load().say

    def of(field: str) -> str:
        return inert_block(rule[f"{field}_{language}"])

    sections = [
        (say("checks", language), of("checks")),
        (say("remedy", language), of("remedy")),
        (say("blind_spots", language), of("blind_spots")),
        (say("citations", language), "; ".join(_citations(rule["citations"], language))),
    ]
    sections = [(head, body) for head, body in sections if body]
    return {
        "id": rule["rule"],
        "name": of("title"),
        "shortDescription": {"text": of("title")},
        "fullDescription": {"text": of("checks") or of("title")},
        "help": {
            "text": "\n\n".join(f"{head}\n{body}" for head, body in sections) or of("title"),
            "markdown": "\n\n".join(f"**{head}**\n\n{_plain(body)}" for head, body in sections) or _plain(of("title")),
        },
        "defaultConfiguration": {"level": LEVELS.get(rule["severity"], "warning")},
        "properties": {
            "tags": ["privacy", rule["concern"], rule["pack"]],
            "security-severity": SCORES.get(rule["severity"], "5.5"),
            "severity": rule["severity"],
        },
    }


def _citations(text: str, language: str) -> list[str]:
    """``PIPL Art. 13 (text read)`` for every citation of a rule."""
    try:
        entries = json.loads(text)
    except ValueError:
        return []
    name = terms.load().name
    found = []
    for entry in entries:
        if isinstance(entry, dict):
            where = " ".join(filter(None, (_cited(entry, part, language) for part in ("law", "article"))))
            found.append(inert(f"{where} ({name('status', str(entry.get('status', '')), language)})"))
    return found


def _cited(citation: Mapping[str, Any], part: str, language: str) -> str:
    """The law or article of a citation, in English where it has no Chinese."""
    return str((citation.get(f"{part}_zh") if language == "zh" else None) or citation.get(part) or "")


def _plain(text: str) -> str:
    """Text in which Markdown and HTML have no meaning."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|!&" else c for c in text)


def _result(evidence: Evidence, row: Mapping[str, Any], index: Mapping[str, int], language: str) -> dict[str, Any]:
    brought = edge(evidence, row["edge_id"])
    physical = _physical(row["file"], row["line"])
    if brought and brought["file"] == row["file"] and brought["line"] == row["line"]:
        physical["region"] = _region(brought)
    result: dict[str, Any] = {
        "ruleId": row["rule"],
        "level": LEVELS.get(row["severity"], "warning"),
        "message": {"text": inert(row[f"message_{language}"]) or row["rule"]},
        "locations": [
            {
                "physicalLocation": physical,
                "logicalLocations": [{"fullyQualifiedName": inert(row["subject"]), "kind": "member"}],
            }
        ],
        "partialFingerprints": {"datagov/v1": row["fingerprint"]},
        "properties": {"severity": row["severity"], "owners": inert(row["owners"]), "cause": row["cause_id"]},
    }
    if row["rule"] in index:
        result["ruleIndex"] = index[row["rule"]]
    steps = path(evidence, column_id=row["column_id"], origin_column_id=row["origin_column_id"], last=brought)
    before = carried(evidence.rows, (step["source_column_id"] for step in steps))
    locations = [_step(step, before.get(step["source_column_id"]), language) for step in steps if step["file"]]
    if locations:
        result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
    return result


def _step(step: Mapping[str, Any], before: str | None, language: str) -> dict[str, Any]:
    """One edge of a path as a location of a thread flow; ``before`` is how its source carries personal data."""
    source = f"{step['source_dataset']}.{step['source_column']}"
    target = ".".join(part for part in (step["target_dataset"], step["target_column"]) if part)
    name = terms.load().name
    how = f"{name('subtype', step['subtype'], language)}, {words(step['protection'], before, language)}"
    physical = _physical(step["file"], step["line"] or 1)
    physical["region"] = _region(step)
    return {"location": {"physicalLocation": physical, "message": {"text": inert(f"{source} → {target} ({how})")}}}


def _physical(file: str, line: int) -> dict[str, Any]:
    """A place in a file given relative to the configuration; an absolute path is left as it is."""
    uri = quote(file.encode("utf-8", "surrogatepass"), safe="/.-_~")
    artifact = {"uri": uri} if file.startswith("/") else {"uri": uri, "uriBaseId": ROOT}
    return {"artifactLocation": artifact, "region": {"startLine": max(1, line)}}


def _region(step: Mapping[str, Any]) -> dict[str, Any]:
    """The region of an edge's expression, with columns when all of them are known."""
    line = max(1, step["line"] or 1)
    region: dict[str, Any] = {"startLine": line}
    col, end_line, end_col = step["col"], step["end_line"], step["end_col"]
    if col and col > 0 and end_line and end_col and (end_line, end_col) > (line, col):
        region |= {"startColumn": col, "endLine": end_line, "endColumn": end_col}
    if step["expression"]:
        region["snippet"] = {"text": inert_block(step["expression"])}
    return region


def _invocation(summary: Summary, *, left_out: int, language: str) -> dict[str, Any]:
    notes = [{"level": "error", "message": {"text": inert(fault.of(language))}} for fault in summary.faults]
    notes += [_notification(problem, language) for problem in summary.problems]
    notes += [
        _note("error", s["name"], sentences.text(s["reason"]).of(language) if s["reason"] else s["outcome"], language)
        for s in summary.sources
        if s["outcome"] != "read"
    ]
    if left_out > 0:
        text = f"{terms.load().say('n_more', language, n=left_out)} (> {MAX_RESULTS:,})"
        notes.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": summary.verdict != "incomplete", "toolExecutionNotifications": notes}


def _note(level: str, what: str, said: str, language: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": inert(terms.load().say("pair", language, what=what, value=said))}}


def _notification(problem: Mapping[str, Any], language: str) -> dict[str, Any]:
    said = sentences.text(problem["message"]).of(language)
    note = _note("error" if problem["fatal"] else "warning", problem["object"], said, language)
    note["properties"] = {"stage": problem["stage"], "kind": problem["kind"]}
    if problem["file"]:
        note["locations"] = [{"physicalLocation": _physical(problem["file"], problem["line"] or 1)}]
    return note
