"""The run as one JSON document for programs; ``json.schema.json`` beside this file describes every field.

Both languages are in it, so it does not depend on ``language``. Names stand as the sources spell them: control and
direction characters are escaped in the JSON text, and parse back to themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from datagov.lineage import unread
from datagov.reports.inert import ascii_escapes
from datagov.reports.summary import SEVERITIES, Summary, summarise
from datagov.store import Evidence
from datagov.vocabulary import sentences

VERSION = 1
"""Version of the document; changes when a field is removed or changes meaning."""

_NAMES = """s.name AS source, d.name AS dataset,
    c.name || coalesce('.' || c.field_path, '') AS "column", c.data_type"""


def render(evidence: Evidence, *, language: str) -> bytes:
    """The whole run as UTF-8 JSON; see :class:`datagov.contracts.Report`."""
    del language
    return (ascii_escapes(_written(_document(evidence))) + "\n").encode()


def _written(value: Any) -> str:
    """JSON with one row of a list on one line, so that a large document stays small and can be searched by line."""
    if isinstance(value, dict) and any(isinstance(item, list | dict) for item in value.values()):
        inside = ",\n".join(f"{json.dumps(key)}: {_written(item)}" for key, item in value.items())
        return f"{{\n{inside}\n}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_row, value)) + "\n]"
    return _row(value)


def _row(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _document(evidence: Evidence) -> dict[str, Any]:
    summary = summarise(evidence)
    return {
        "version": VERSION,
        "run": dict(summary.run),
        "digest": summary.digest,
        "faults": [{"en": fault.en, "zh": fault.zh} for fault in summary.faults],
        "verdict": {"verdict": summary.verdict, "fail_on": summary.fail_on, "failing": summary.failing},
        "summary": _numbers(summary),
        "causes": [_cause(cause) for cause in summary.causes],
        "findings": _findings(evidence),
        "rules": _rules(evidence),
        "evaluations": evidence.rows(
            "SELECT e.rule, s.name AS source, passed, failed, unknown, not_applicable, error "
            "FROM evaluation e LEFT JOIN source s USING (source_id) ORDER BY e.rule, e.source_id"
        ),
        "changes": _changes(summary),
        "unsettled": [_result(row) for row in _unsettled(evidence)],
        "needs": [
            {"rank": n["rank"], "kind": n["kind"], "verdicts": n["verdicts"], "message": _text(n, "message")}
            for n in summary.needs
        ],
        "detections": _detections(evidence),
        "exposures": _exposures(evidence),
        "consent": evidence.rows(
            "SELECT s.name AS source, d.name AS dataset, purpose, verdict, rows FROM consent_coverage "
            "JOIN dataset d USING (dataset_id) LEFT JOIN source s USING (source_id) "
            "ORDER BY d.name, d.dataset_id, purpose, verdict"
        ),
        "owners": _owners(evidence),
        "coverage": {
            "columns": evidence.rows(
                f"SELECT {_NAMES}, coalesce(e.outcome, 'not_examined') AS outcome, e.reason, e.rows_total, "
                f"coalesce(e.rows_examined, 0) AS rows_examined, e.excludable_prevalence, "
                "e.full_scan, e.rows_scanned "
                'FROM "column" c JOIN dataset d USING (dataset_id) JOIN source s USING (source_id) '
                "LEFT JOIN examination e USING (column_id) "
                "WHERE s.role = 'data' ORDER BY d.dataset_id, c.ordinal, c.column_id"
            ),
            "sql": {"sources": unread.sources(summary.sql), "files": [dict(file) for file in summary.sql]},
            "registers": [{**row, "connected": bool(row["connected"])} for row in map(dict, summary.registers)],
            "problems": [
                {key: row[key] for key in ("stage", "source", "object", "kind", "message")}
                | {"message_zh": sentences.text(row["message"]).zh}
                | {"fatal": bool(row["fatal"]), "file": row["file"], "line": row["line"], "times": row["times"]}
                for row in summary.problems
            ],
        },
        "sources": [
            {key: row[key] for key in ("name", "plugin", "role", "namespace", "outcome", "reason", "file", "line")}
            | {"reason_zh": sentences.text(row["reason"]).zh if row["reason"] else None}
            for row in summary.sources
        ],
    }


def _changes(summary: Summary) -> dict[str, Any] | None:
    """What differs from the last comparable run; null when there is none."""
    changes = summary.changes
    if changes is None:
        return None
    kept = ("fingerprint", "rule", "severity", "subject", "source")
    return {
        "run": changes.run,
        "as_of": changes.as_of,
        **{
            name: [{key: row[key] for key in kept} for row in rows]
            for name, rows in (("new", changes.new), ("gone", changes.gone), ("not_judged", changes.open))
        },
        "columns": [
            {"source": row["source"], "column": row["column"], "entities": sorted(row["entities"].split(","))}
            for row in changes.columns
        ],
        "lost_sources": list(changes.lost),
        "settings_changed": changes.changed,
    }


def _text(row: Mapping[str, Any], field: str) -> dict[str, str]:
    return {"en": row[f"{field}_en"], "zh": row[f"{field}_zh"]}


def _numbers(summary: Summary) -> dict[str, Any]:
    return {
        "findings": summary.findings,
        "causes": len(summary.causes),
        "severities": {severity: summary.severities[severity] for severity in SEVERITIES},
        "subjects": dict(summary.subjects),
        "columns": dict(summary.columns),
        "statements": dict(summary.statements),
        "unresolved_names": summary.unresolved,
        "personal": dict(summary.personal),
    }


def _cause(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: row[key] for key in ("rule", "severity", "subject", "findings", "owners", "file", "line")}
    return {"cause": row["cause_id"], **kept, "message": _text(row, "message")}


def _findings(evidence: Evidence) -> list[dict[str, Any]]:
    sql = f"""
        SELECT f.*, r.arguments, {_NAMES}, o.name AS origin_dataset,
               oc.name || coalesce('.' || oc.field_path, '') AS origin_column
        FROM finding f LEFT JOIN result r USING (result_id)
        LEFT JOIN "column" c ON c.column_id = f.column_id
        LEFT JOIN dataset d ON d.dataset_id = f.dataset_id LEFT JOIN source s ON s.source_id = d.source_id
        LEFT JOIN "column" oc ON oc.column_id = r.origin_column_id LEFT JOIN dataset o ON o.dataset_id = oc.dataset_id
        ORDER BY f.cause_id, f.finding_id
    """
    return [
        {key: row[key] for key in ("fingerprint", "rule", "severity", "subject", "source", "dataset", "column")}
        | {
            "cause": row["cause_id"],
            "owners": [owner.strip() for owner in row["owners"].split(",") if owner.strip()],
            "origin": f"{row['origin_dataset']}.{row['origin_column']}" if row["origin_dataset"] else None,
            "arguments": _parsed(row["arguments"]),
            "message": _text(row, "message"),
            "file": row["file"],
            "line": row["line"],
        }
        for row in evidence.each(sql)
    ]


def _rules(evidence: Evidence) -> list[dict[str, Any]]:
    return [
        {key: row[key] for key in ("rule", "concern", "severity", "pack", "sha256")}
        | {"business_lines": row["business_lines"].split(","), "requires": row["requires"].split(",")}
        | {field: _text(row, field) for field in ("title", "checks", "remedy", "blind_spots")}
        | {"citations": _parsed(row["citations"])}
        for row in evidence.each("SELECT * FROM rule ORDER BY rule")
    ]


def _unsettled(evidence: Evidence) -> list[dict[str, Any]]:
    return evidence.rows(
        "SELECT r.*, s.name AS source FROM result r LEFT JOIN source s USING (source_id) "
        "WHERE r.outcome <> 'fail' ORDER BY r.outcome, r.rule, r.subject, r.result_id"
    )


def _result(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: row[key] for key in ("rule", "source", "outcome", "subject", "needs", "file", "line")}
    return {**kept, "message": _text(row, "message")}


def _detections(evidence: Evidence) -> list[dict[str, Any]]:
    sql = f"""
        SELECT {_NAMES}, t.*, g.title_en, g.title_zh, g.personal, g.fides, g.dpv, g.pipl_sensitive, g.jrt0171, g.jrt0197
        FROM detection t JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id)
        LEFT JOIN source s USING (source_id) LEFT JOIN category g USING (entity)
        ORDER BY d.dataset_id, c.ordinal, c.column_id, t.entity, t.mode
    """
    return [
        {
            key: row[key]
            for key in ("source", "dataset", "column", "data_type", "entity", "mode", "confidence", "masking")
        }
        | {
            "by_content": bool(row["by_content"]),
            "evidence": _parsed(row["evidence"]),
            "title": {"en": row["title_en"] or row["entity"], "zh": row["title_zh"] or row["entity"]},
            "personal": _flag(row["personal"]),
            "pipl_sensitive": _flag(row["pipl_sensitive"]),
        }
        | {key: row[key] for key in ("fides", "dpv", "jrt0171", "jrt0197")}
        for row in evidence.each(sql)
    ]


def _exposures(evidence: Evidence) -> list[dict[str, Any]]:
    return evidence.rows(
        f"SELECT {_NAMES}, x.entity, x.protection, x.hops, o.name || '.' || oc.name AS origin "
        'FROM exposure x JOIN "column" c USING (column_id) JOIN dataset d USING (dataset_id) '
        "LEFT JOIN source s USING (source_id) "
        'LEFT JOIN "column" oc ON oc.column_id = x.origin_column_id '
        "LEFT JOIN dataset o ON o.dataset_id = oc.dataset_id "
        "WHERE x.hops > 0 ORDER BY d.dataset_id, c.ordinal, c.column_id, x.entity, x.origin_column_id, x.exposure_id"
    )


def _owners(evidence: Evidence) -> list[dict[str, Any]]:
    sql = """
        SELECT s.name AS source, d.name AS dataset, a.role, a.principal, a.status, a.conflict,
               p.status AS directory, a.file, a.line
        FROM owner_assignment a JOIN dataset d USING (dataset_id) LEFT JOIN source s USING (source_id)
        LEFT JOIN principal p USING (principal)
        ORDER BY d.dataset_id, a.role, a.principal, a.assertion_id
    """
    return [{**row, "conflict": bool(row["conflict"])} for row in evidence.each(sql)]


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)


def _parsed(text: str | None) -> Any:
    """JSON kept inside a fact; a fact that is not JSON is a fault of its writer and stays text."""
    try:
        return json.loads(text, parse_constant=lambda _name: None) if text else None
    except ValueError:
        return text
