"""Everything the pages show, as one JSON document of plain arrays: numbered rows instead of repeated names.

Columns, datasets, edges and statements are arrays of one value per row, so that 50,000 columns stay small and
quick to parse. All text is inert (:mod:`datagov.reports.inert`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from datagov.lineage.unread import COUNTERS
from datagov.reports.html.graph import graph
from datagov.reports.html.packing import Places, Pool
from datagov.reports.inert import inert
from datagov.reports.summary import SEVERITIES, Summary
from datagov.store import Evidence
from datagov.vocabulary import sentences, terms

UNSETTLED = 5000
"""Unknown verdicts listed one by one; further ones are only counted."""

_UNSETTLED = "SELECT count(*) FROM result WHERE outcome IN ('unknown', 'error')"


def payload(evidence: Evidence, summary: Summary) -> dict[str, Any]:
    """The document; ``model.js`` reads it."""
    pool = Pool()
    vocabulary = terms.load()
    datasets, columns, places = _catalog(evidence, pool)
    entities = evidence.rows(
        "SELECT k.entity, c.* FROM (SELECT entity FROM detection UNION SELECT entity FROM exposure) k "
        "LEFT JOIN category c USING (entity) ORDER BY k.entity"
    )
    entity = {row["entity"]: n for n, row in enumerate(entities)}
    edges, statements, number_of = graph(evidence, places, pool)
    return {
        "run": {inert(key): inert(value) for key, value in summary.run.items()} | {"digest": summary.digest},
        "verdict": {"is": summary.verdict, "failing": summary.failing, "at": summary.fail_on},
        "silence": summary.silence["causes"],
        "severities": [[s, summary.severities[s]] for s in SEVERITIES],
        "subjects": summary.subjects,
        "looked": summary.columns,
        "parsed": {**summary.statements, "unresolved": summary.unresolved},
        "unread": evidence.value("SELECT count(*) FROM problem WHERE fatal AND stage IN ('harvest', 'trace')"),
        "sql": [
            [*_values(file, f"source file dialect {' '.join(COUNTERS)}"), int(file["read"])] for file in summary.sql
        ],
        "sources": _rows(summary.sources, "name plugin role namespace outcome reason file line"),
        "registers": _rows(summary.registers, "kind connected entries file line"),
        "problems": _rows(summary.problems, "stage source object kind message fatal file line times"),
        "needs": _rows(summary.needs, "kind verdicts message_en message_zh"),
        "datasets": datasets,
        "columns": columns,
        "entities": [
            [
                inert(row["entity"]),
                inert(row["title_en"] or row["entity"]),
                inert(row["title_zh"] or row["entity"]),
                _flag(row["pipl_sensitive"]),
                inert(row["jrt0171"] or ""),
                row["jrt0197"],
                inert(row["fides"] or ""),
                _flag(row["personal"]),
            ]
            for row in entities
        ],
        "detections": _detections(evidence, places, entity),
        "examined": _examined(evidence, places),
        "decided": _decided(evidence, places),
        "references": [
            [places.column(row["column_id"]), inert(row["referred"])]
            for row in evidence.each(
                "SELECT column_id, referenced_dataset || coalesce('.' || referenced_column, '') AS referred"
                " FROM foreign_key ORDER BY column_id, number"
            )
        ],
        "exposures": _exposures(evidence, places, entity),
        "edges": edges,
        "statements": statements,
        "causes": _causes(summary),
        "findings": _findings(evidence, places, number_of),
        "rules": _rules(evidence),
        "evaluations": _rows(
            evidence.each("SELECT * FROM evaluation ORDER BY rule, source_id"),
            "rule source_id passed failed unknown not_applicable error",
        ),
        "unsettled": _rows(
            evidence.each(
                "SELECT * FROM result WHERE outcome IN ('unknown', 'error') "
                "ORDER BY outcome, rule, subject, result_id LIMIT ?",
                (UNSETTLED,),
            ),
            "rule outcome subject needs message_en message_zh",
        ),
        "unsettled_left": max(0, evidence.value(_UNSETTLED) - UNSETTLED),
        "consent": [
            [places.dataset(r["dataset_id"]), inert(r["purpose"]), inert(r["verdict"]), r["rows"]]
            for r in evidence.each("SELECT * FROM consent_coverage ORDER BY dataset_id, purpose, rows DESC, verdict")
        ],
        "owners": [
            [places.dataset(r["dataset_id"]), *_values(r, "role principal status conflict file line")]
            for r in evidence.each("SELECT * FROM owner_assignment ORDER BY dataset_id, role, principal, assertion_id")
        ],
        "principals": _rows(
            evidence.each("SELECT * FROM principal ORDER BY principal"),
            "principal name status left_at entity replaced_by",
        ),
        "declared": [
            [places.dataset(r["dataset_id"]), *_values(r, "key value selector file line")]
            for r in evidence.each(
                "SELECT * FROM declared WHERE column_id IS NULL ORDER BY dataset_id, key, value, selector"
            )
        ],
        "flows": [
            [places.dataset(r["dataset_id"]), places.dataset(r["origin_dataset_id"])]
            for r in evidence.each(
                "SELECT DISTINCT dataset_id, origin_dataset_id FROM flow WHERE dataset_id <> origin_dataset_id "
                "ORDER BY dataset_id, origin_dataset_id"
            )
        ],
        "purposes": _rows(evidence.each("SELECT * FROM purpose ORDER BY purpose"), "purpose title_en title_zh"),
        "legal": _rows(evidence.each("SELECT * FROM legal_entity ORDER BY entity"), "entity name kind territory"),
        "texts": pool.texts,
        "sentences": _sentences([*pool.texts, *(p["message"] for p in summary.problems)], summary),
        "titles": {
            inert(r["entity"]): [inert(r["title_en"]), inert(r["title_zh"])]
            for r in evidence.each("SELECT entity, title_en, title_zh FROM category ORDER BY entity")
        },
        "words": {key: [word.en, word.zh] for key, word in vocabulary.words.items()},
        "glossary": [
            [e.key, e.word.en, e.word.zh, e.means.en, e.means.zh, e.source.en, e.source.zh] for e in vocabulary.glossary
        ],
    }


def _sentences(told: Iterable[str], summary: Summary) -> dict[str, str]:
    """The Chinese of every English sentence in the run's facts that the vocabulary knows."""
    every = {*told, *(s["reason"] for s in summary.sources if s["reason"])}
    pairs = ((sentence, sentences.text(sentence).zh) for sentence in sorted(every))
    return {inert(english): inert(chinese) for english, chinese in pairs if english != chinese}


def _values(row: Mapping[str, Any], fields: str) -> list[Any]:
    return [inert(v) if isinstance(v := row[name], str) else v for name in fields.split()]


def _rows(rows: Iterable[Mapping[str, Any]], fields: str) -> list[list[Any]]:
    return [_values(row, fields) for row in rows]


def _flag(value: int | None) -> int:
    return -1 if value is None else int(bool(value))


def _catalog(evidence: Evidence, pool: Pool) -> tuple[dict[str, list[Any]], dict[str, list[Any]], Places]:
    """Datasets by name and their columns in order, numbered."""
    numbers: dict[int, int] = {}
    datasets: dict[str, list[Any]] = {name: [] for name in ("name", "source", "kind", "rows", "comment", "columns")}
    for row in evidence.each("SELECT * FROM dataset ORDER BY name, source_id, dataset_id"):
        numbers[row["dataset_id"]] = len(numbers)
        datasets["name"].append(inert(row["name"]))
        datasets["source"].append(row["source_id"])
        datasets["kind"].append(pool(row["kind"]))
        datasets["rows"].append(row["row_count"])
        datasets["comment"].append(pool(row["comment"]))
        datasets["columns"].append(0)
    names = ("name", "type", "comment", "looked", "why", "seen", "bound")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    places: dict[int, int] = {}
    sql = """
        SELECT c.*, e.outcome, e.reason, e.rows_examined, e.excludable_prevalence, s.role, d.kind
        FROM "column" c JOIN dataset d USING (dataset_id) LEFT JOIN source s USING (source_id)
        LEFT JOIN examination e USING (column_id)
        ORDER BY d.name, d.source_id, d.dataset_id, c.ordinal, c.column_id
    """
    for row in evidence.each(sql):
        if row["column_id"] in places:
            continue
        places[row["column_id"]] = len(places)
        datasets["columns"][numbers[row["dataset_id"]]] += 1
        expected = row["role"] == "data" and row["kind"] not in ("external", "temporary")
        columns["name"].append(inert(row["name"] + (f".{row['field_path']}" if row["field_path"] else "")))
        columns["type"].append(pool(row["data_type"]))
        columns["comment"].append(pool(row["comment"]))
        columns["looked"].append(pool(row["outcome"] or ("not_examined" if expected else None)))
        columns["why"].append(pool(row["reason"]))
        columns["seen"].append(row["rows_examined"] or 0)
        columns["bound"].append(_short(row["excludable_prevalence"]))
    return datasets, columns, Places(numbers, places)


def _short(value: float | None) -> float:
    """A share with four digits; 0 stands for unknown."""
    return 0 if value is None else round(value, 4)


def _detections(evidence: Evidence, places: Places, entity: Mapping[str, int]) -> list[list[Any]]:
    return [
        [
            places.column(row["column_id"]),
            entity[row["entity"]],
            inert(row["mode"]),
            round(100 * row["confidence"]),
            inert(row["masking"]) if row["masking"] else None,
            _flag(row["by_content"]),
            _told(_evidence(row["evidence"])),
        ]
        for row in evidence.each("SELECT * FROM detection ORDER BY column_id, confidence DESC, entity, mode")
    ]


_BOOKKEEPING = frozenset(
    {
        "name_weights",
        "for",
        "drawn",
        "population",
        "kind",
        "read",
        "dtype",
        "opaque_name",
        "cell_bytes",
        "free_text",
        "memory",
    }
)
"""What a detector notes for itself; a reader of the report learns nothing from it."""


def _told(evidence: Any) -> Any:
    """Evidence without its bookkeeping and empty answers; ``seen`` stays, it tells whether anything was checked."""
    if not isinstance(evidence, dict):
        return evidence
    return {key: value for key, value in evidence.items() if key == "seen" or (value and key not in _BOOKKEEPING)}


def _evidence(text: str) -> Any:
    """Evidence of a detection with every text inert; text that is no JSON is shown as it stands."""
    try:
        return _inert_value(json.loads(text, parse_constant=lambda _name: None))
    except ValueError:
        return inert(text)


def _inert_value(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    if isinstance(value, list):
        return [_inert_value(item) for item in value]
    if isinstance(value, dict):
        return {inert(key): _inert_value(item) for key, item in value.items()}
    return value


_MOST_EXAMINED = 2_000
"""Columns without personal data whose evidence goes into the report; of others ``datagov column`` tells."""


def _examined(evidence: Evidence, places: Places) -> list[list[Any]]:
    """[column, told] for columns that were looked at and in which nothing was found: why they are thought clean."""
    sql = (
        "SELECT column_id, evidence FROM examination WHERE evidence IS NOT NULL"
        f" AND column_id NOT IN (SELECT column_id FROM detection) ORDER BY column_id LIMIT {_MOST_EXAMINED}"
    )
    return [[places.column(row["column_id"]), _told(_evidence(row["evidence"]))] for row in evidence.each(sql)]


_DECIDED = ("rejected", "reopened", "kept")
"""Evidence of a column that tells of people's decisions and of the last night; ``confirmed`` is a detection's."""


def _decided(evidence: Evidence, places: Places) -> list[list[Any]]:
    """[column, what, told] for tags that people rejected and verdicts that stand from an earlier run."""
    found: list[list[Any]] = []
    sql = "SELECT column_id, evidence FROM examination WHERE evidence IS NOT NULL ORDER BY column_id"
    for row in evidence.each(sql):
        if not any(f'"{what}"' in row["evidence"] for what in _DECIDED):
            continue
        told = _evidence(row["evidence"])
        if isinstance(told, dict):
            found += [[places.column(row["column_id"]), what, _line(told[what])] for what in _DECIDED if what in told]
    return found


def _line(told: Any) -> str:
    """A decision or an interval on one line: its parts, those that are empty left out."""
    if isinstance(told, dict):
        return " · ".join(filter(None, (_line(told[key]) for key in sorted(told))))
    if isinstance(told, list):
        return " – ".join(_line(item) for item in told)
    return "" if told is None else f"{told:.1%}" if isinstance(told, float) else str(told)


def _exposures(evidence: Evidence, places: Places, entity: Mapping[str, int]) -> dict[str, list[Any]]:
    """Arrived personal data, one row per column, entity and origin: the weakest protection, the shortest way."""
    names = ("column", "entity", "protection", "origin", "hops")
    found: dict[str, list[Any]] = {name: [] for name in names}
    sql = """
        SELECT column_id, entity, protection, origin_column_id, min(hops) AS hops FROM exposure WHERE hops > 0
        GROUP BY column_id, entity, protection, origin_column_id
        ORDER BY column_id, entity, origin_column_id, protection
    """
    for row in evidence.each(sql):
        found["column"].append(places.column(row["column_id"]))
        found["entity"].append(entity[row["entity"]])
        found["protection"].append(inert(row["protection"]))
        found["origin"].append(places.column(row["origin_column_id"]))
        found["hops"].append(row["hops"])
    return found


def _causes(summary: Summary) -> list[list[Any]]:
    fields = "cause_id rule severity subject findings message_en message_zh file line"
    return [[*_values(cause, fields), [inert(owner) for owner in cause["owners"]]] for cause in summary.causes]


def _findings(evidence: Evidence, places: Places, number_of: Mapping[int, int]) -> list[list[Any]]:
    sql = """
        SELECT f.*, r.origin_column_id, r.edge_id FROM finding f LEFT JOIN result r USING (result_id)
        ORDER BY f.cause_id, f.finding_id
    """
    return [
        [
            *_values(row, "fingerprint rule severity cause_id subject owners message_en message_zh file line"),
            places.dataset(row["dataset_id"]),
            places.column(row["column_id"]),
            places.column(row["origin_column_id"]),
            number_of.get(row["edge_id"], -1),
        ]
        for row in evidence.each(sql)
    ]


def _rules(evidence: Evidence) -> list[list[Any]]:
    fields = (
        "rule concern severity pack title_en title_zh checks_en checks_zh remedy_en remedy_zh "
        "blind_spots_en blind_spots_zh requires sha256"
    )
    rules = []
    for row in evidence.each("SELECT * FROM rule ORDER BY rule"):
        citations = _evidence(row["citations"])
        entries = citations if isinstance(citations, list) else []
        cited = [
            [str(c.get(key, "")) for key in ("law", "law_zh", "article")]
            + [str(c.get("status", "unverified")), str(c.get("article_zh") or c.get("article", ""))]
            for c in entries
            if isinstance(c, dict)
        ]
        rules.append([*_values(row, fields), cited])
    return rules
