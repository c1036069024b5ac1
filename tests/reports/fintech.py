"""The sample fintech as an evidence database: four sources, eighteen datasets, every kind of fact a report reads."""

from __future__ import annotations

import hashlib
from collections import deque
from pathlib import Path
from typing import Any

import fintech_rules as r
import fintech_tables as t
from fintech_sql import EDGES, FILES

from datagov.fact_writer import FactWriter
from datagov.model import Protection, Severity
from datagov.store import Evidence, FactStore

Edge = tuple[int, int, int, str, tuple[str, int]]
"""edge_id, source column, target column, protection, (file, line)"""

RUN = {
    "as_of": "2026-06-30T16:00:00Z",
    "seed": "7",
    "platform": "云帆支付 Yunfan Pay",
    "datagov": "0.1.0",
    "facts_version": "1",
    "fail_on": "high",
    "config_sha256": hashlib.sha256(b"datagov.yaml").hexdigest(),
}

SOURCES = (
    ("app", "sqlite", "data", "sqlite:///app.db", 5),
    ("dw", "sqlite", "data", "sqlite:///dw.db", 9),
    ("pipeline", "sqlfolder", "pipeline", None, 12),
    ("contracts", "odcs", "declarations", None, 15),
)


def build(path: Path, *, run: dict[str, str] | None = None, problems: list[tuple[Any, ...]] | None = None) -> Evidence:
    """Write the evidence database and open it; ``run`` and ``problems`` add to what the run says of itself."""
    writers = {n: FactWriter(source_id=n) for n in range(len(SOURCES) + 1)}
    _sources(writers, incomplete=bool(problems))
    columns = _datasets(writers)
    edges = _pipeline(writers[3], columns)
    _spread(writers[0], columns, edges)
    _declarations(writers[4], columns)
    _rules(writers[0], columns, edges)
    facts = writers[0]
    for key, value in {**RUN, "complete": "false" if problems else "true", **(run or {})}.items():
        facts.add("run", key=key, value=value)
    for stage, source, thing, kind, message, fatal, file, line in [*t.PROBLEMS, *(problems or [])]:
        facts.add(
            "problem", stage=stage, source_id=source, object=thing, kind=kind, message=message, fatal=fatal,
            file=file, line=line,
        )  # fmt: skip
    with FactStore(path) as store:
        for writer in writers.values():
            store.land(writer.batches())
        store.index()
    return Evidence(path)


def _sources(writers: dict[int, FactWriter], *, incomplete: bool) -> None:
    for n, (name, plugin, role, namespace, line) in enumerate(SOURCES, start=1):
        broken = incomplete and name == "dw"
        writers[0].add(
            "source", source_id=n, name=name, plugin=plugin, role=role, namespace=namespace, file="datagov.yaml",
            line=line, outcome="incomplete" if broken else "read",
            reason="The worker passed its deadline of 300 s while it read dw.dwd_payment." if broken else None,
        )  # fmt: skip


def _datasets(writers: dict[int, FactWriter]) -> dict[str, tuple[int, int | None]]:
    """Dotted name to (dataset_id, column_id or None)."""
    found: dict[str, tuple[int, int | None]] = {}
    for name, (kind, rows, columns) in t.DATASETS.items():
        source = 1 if name.startswith("app.") else 2
        w = writers[source]
        dataset = w.add(
            "dataset", source_id=source, namespace=SOURCES[source - 1][3], name=name, kind=kind, row_count=rows
        )
        found[name] = (dataset, None)
        for n, word in enumerate(columns.split()):
            column = word.rstrip("*")
            found[f"{name}.{column}"] = (dataset, cid := w.add(
                "column", dataset_id=dataset, name=column, ordinal=n, data_type=t.TYPES.get(column, "TEXT"),
                nullable=not word.endswith("*"), primary_key=word.endswith("*"),
            ))  # fmt: skip
            if name == "app.archive_2019":
                outcome, reason, examined = ("unreadable", "The account may not read this table.", 0)
                if column == "blob_ref":
                    outcome, reason = "not_examined", "Binary columns are not examined."
            elif rows is not None and rows <= 2000:
                outcome, reason, examined = "scanned", None, rows
            else:
                outcome, reason, examined = "sampled", None, 2000
            w.add(
                "examination", column_id=cid, outcome=outcome, reason=reason, rows_total=rows, rows_examined=examined,
                carried=0,
                excludable_prevalence=3 / examined if examined else None,
            )  # fmt: skip
    for column, entity, mode, confidence, masking, by_content, evidence in t.DETECTIONS:
        writers[1].add(
            "detection", column_id=found[column][1], entity=entity, mode=mode, confidence=confidence, masking=masking,
            by_content=by_content, evidence=evidence,
        )  # fmt: skip
    for entity, (en, zh, fides, sensitive, c, level) in t.ENTITIES.items():
        writers[0].add(
            "category", entity=entity, title_en=en, title_zh=zh, personal=True, fides=fides, pipl_sensitive=sensitive,
            jrt0171=c, jrt0197=level,
        )  # fmt: skip
    return found


def _pipeline(w: FactWriter, columns: dict[str, tuple[int, int | None]]) -> list[Edge]:
    """Jobs, statements and edges; returns (edge_id, source column, target column, protection) of DIRECT edges."""
    kept = []
    for file, sql in FILES.items():
        job = w.add("job", source_id=3, name=file, kind="sql_file", dialect="sqlite", file=file, line=1)
        spans = _statements(sql)
        ids = []
        for n, (start, text) in enumerate(spans):
            opaque = "EXEC" in text
            line = sql.count("\n", 0, start) + 1
            kind = "INSERT" if "INSERT" in text else "CREATE_VIEW" if "VIEW" in text else "CREATE_TABLE_AS"
            ids.append(w.add(
                "statement", job_id=job, ordinal=n, kind="CALL" if opaque else kind, sql=text, file=file, line=line,
                outcome="opaque" if opaque else "parsed", end_line=line + text.count("\n"),
            ))  # fmt: skip
        for n, source, target, subtype, protection, expression, confidence, reason in EDGES.get(file, ()):
            start, text = spans[n]
            at = start + text.index(expression)
            end = at + len(expression)
            direct = subtype in ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
            edge = w.add(
                "edge", statement_id=ids[n], source_dataset_id=columns[source][0], source_column_id=columns[source][1],
                target_dataset_id=columns[target][0], target_column_id=columns[target][1],
                type="DIRECT" if direct else "INDIRECT", subtype=subtype, protection=protection,
                masking=protection != "none", confidence=confidence, reason=reason, expression=expression, file=file,
                line=sql.count("\n", 0, at) + 1, col=at - sql.rfind("\n", 0, at),
                end_line=sql.count("\n", 0, end) + 1, end_col=end - sql.rfind("\n", 0, end),
            )  # fmt: skip
            if direct:
                kept.append(
                    (edge, columns[source][1], columns[target][1], protection, (file, sql.count("\n", 0, at) + 1))
                )
    return kept


def _statements(sql: str) -> list[tuple[int, str]]:
    """(offset, text) of every statement of a file; comments before a statement belong to no statement."""
    found, at = [], 0
    for part in sql.split(";\n"):
        body = part.lstrip()
        while body.startswith("--"):
            body = body.partition("\n")[2].lstrip()
        if body:
            start = at + part.index(body)
            found.append((start, sql[start : start + len(body) + 1]))
        at += len(part) + 2
    return found


def _spread(w: FactWriter, columns: dict[str, tuple[int, int | None]], edges: list[Edge]) -> None:
    dataset_of = {column: dataset for dataset, column in columns.values() if column is not None}
    onward: dict[int, list[tuple[int, int, str]]] = {}
    for edge, source, target, protection, _place in edges:
        onward.setdefault(source, []).append((edge, target, protection))
    flows: dict[tuple[int, int], tuple[str, int, int]] = {}
    for name, entity, *_rest in t.DETECTIONS:
        origin = columns[name][1]
        assert origin is not None
        seen = {origin}
        queue: deque[tuple[int, str, int | None, int]] = deque([(origin, Protection.NONE, None, 0)])
        while queue:
            column, protection, via, hops = queue.popleft()
            if protection != "cleared":
                w.add(
                    "exposure", column_id=column, entity=entity, protection=protection, origin_column_id=origin,
                    edge_id=via, hops=hops,
                )  # fmt: skip
            if via is not None:
                flows.setdefault((column, dataset_of[origin]), (protection, via, hops))
            for edge, target, added in onward.get(column, ()):
                if target not in seen:
                    seen.add(target)
                    worse = max(Protection(protection), Protection(added), key=lambda p: p.level)
                    queue.append((target, worse, edge, hops + 1))
    for (column, origin_dataset), (protection, via, hops) in sorted(flows.items()):
        w.add(
            "flow", column_id=column, dataset_id=dataset_of[column], origin_dataset_id=origin_dataset,
            protection=protection, edge_id=via, hops=hops,
        )  # fmt: skip


def _declarations(w: FactWriter, columns: dict[str, tuple[int, int | None]]) -> None:
    for dataset, role, principal, status, conflict, file, line in t.OWNERS:
        assertion = w.add(
            "owner_assertion", source_id=4, selector=dataset, principal=principal, role=role, file=file, line=line
        )
        w.add(
            "owner_assignment", dataset_id=columns[dataset][0], role=role, principal=principal, status=status,
            conflict=conflict, assertion_id=assertion, file=file, line=line,
        )  # fmt: skip
    for dataset, key, value, selector, file, line in t.DECLARED:
        w.add("declared", dataset_id=columns[dataset][0], key=key, value=value, selector=selector, file=file, line=line)
    for dataset, purpose, verdict, rows in t.COVERAGE:
        w.add("consent_coverage", dataset_id=columns[dataset][0], purpose=purpose, verdict=verdict, rows=rows)
    for purpose, parent, en, zh in t.PURPOSES:
        w.add(
            "purpose", purpose=purpose, parent=parent, title_en=en, title_zh=zh, file="registers/purposes.yaml", line=1
        )
    for entity, name, kind, parent in t.ENTITY_NAMES:
        w.add("legal_entity", entity=entity, name=name, kind=kind, parent=parent, territory="CN")
    for principal, name, status, left_at, entity in t.PRINCIPALS:
        w.add("principal", principal=principal, name=name, status=status, left_at=left_at, entity=entity)
    for kind, connected, entries, register_file, register_line in t.REGISTERS:
        w.add("register", kind=kind, connected=connected, entries=entries, file=register_file, line=register_line)


def _rules(w: FactWriter, columns: dict[str, tuple[int, int | None]], edges: list[Edge]) -> None:
    severity, titles = {}, {}
    for rule, concern, level, title, title_zh, checks, checks_zh, remedy, remedy_zh in r.RULES:
        severity[rule] = level
        titles[rule] = title, title_zh
        w.add(
            "rule", rule=rule, concern=concern, severity=level, pack="core", business_lines="any", title_en=title,
            title_zh=title_zh, checks_en=checks, checks_zh=checks_zh, remedy_en=remedy, remedy_zh=remedy_zh,
            blind_spots_en="Dynamic SQL and notebooks hide flows.", blind_spots_zh="动态 SQL 与笔记本中的流转不可见。",
            citations=r.CITATIONS[rule], requires="lineage", sha256=hashlib.sha256(rule.encode()).hexdigest(),
        )  # fmt: skip
    for rule, source, passed, failed, unknown, not_applicable, error in r.EVALUATIONS:
        w.add(
            "evaluation", rule=rule, source_id=source, passed=passed, failed=failed, unknown=unknown,
            not_applicable=not_applicable, error=error,
        )  # fmt: skip
    into = {target: edge for edge, _source, target, _p, _place in edges}
    places = {edge: place for edge, _source, _target, _p, place in edges}
    owners: dict[str, list[str]] = {}
    for dataset, role, principal, status, *_rest in t.OWNERS:
        if role == "data_owner" and status == "active":
            owners.setdefault(dataset, []).append(principal)
    groups: dict[tuple[str, str], list[tuple[int, tuple[Any, ...]]]] = {}
    for row in r.FAILURES:
        rule, subject, origin, en, zh, file, line = row
        dataset_id, column_id = columns[subject]
        brought = into.get(column_id) if origin and column_id else None
        if brought is not None:
            file, line = places[brought]
            row = (*row[:5], file, line)
        result = w.add(
            "result", rule=rule, source_id=2, outcome="fail", dataset_id=dataset_id, column_id=column_id,
            subject=subject, origin_column_id=columns[origin][1] if origin else None,
            edge_id=brought, message_en=en, message_zh=zh, arguments="{}",
            file=file, line=line,
        )  # fmt: skip
        groups.setdefault((rule, origin or subject), []).append((result, row))
    for rule, subject, needs, en, zh in r.UNKNOWNS:
        w.add(
            "result", rule=rule, source_id=2, outcome="unknown", dataset_id=columns[subject][0], subject=subject,
            needs=needs, message_en=en, message_zh=zh, arguments="{}", file="datagov.yaml", line=9,
        )  # fmt: skip
    w.add(
        "result", rule="DO-001", source_id=1, outcome="not_applicable", subject="app.archive_2019",
        message_en="app.archive_2019 is declared out of scope.", message_zh="app.archive_2019 已声明不在审计范围内。",
        arguments="{}", file="datagov.yaml", line=9,
    )  # fmt: skip
    ranked = sorted(groups.items(), key=lambda g: (-Severity(severity[g[0][0]]).rank, -len(g[1]), g[0]))
    for (rule, subject), members in ranked:
        _result, (_rule, _subject, _origin, en, zh, file, line) = members[0]
        if len(members) > 1:
            title, title_zh = titles[rule]
            en = f"{subject} reaches {len(members)} columns: {title.lower()}."
            zh = f"{subject} 流入 {len(members)} 个字段：{title_zh}。"
        cause = w.add(
            "cause", rule=rule, severity=severity[rule], subject=subject, findings=len(members), message_en=en,
            message_zh=zh, file=file, line=line,
        )  # fmt: skip
        for result, (_rule, found, _origin, m_en, m_zh, f, n) in members:
            dataset_id, column_id = columns[found]
            dataset = found if found in t.DATASETS else found.rpartition(".")[0]
            w.add(
                "finding", fingerprint=hashlib.sha256(f"{rule}|{found}|{subject}".encode()).hexdigest()[:16], rule=rule,
                severity=severity[rule], result_id=result, cause_id=cause, dataset_id=dataset_id, column_id=column_id,
                subject=found, owners=",".join(owners.get(dataset, [])), message_en=m_en, message_zh=m_zh, file=f,
                line=n,
            )  # fmt: skip
    for rank, (kind, verdicts, en, zh) in enumerate(r.NEEDS, start=1):
        w.add("need", rank=rank, kind=kind, verdicts=verdicts, message_en=en, message_zh=zh)
