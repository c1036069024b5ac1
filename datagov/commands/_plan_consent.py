"""Plan, continued: the queries by which the consent rules count rows inside a source, as the declarations stand now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import registry

from datagov.config import Config
from datagov.consent.model import Coverage, Ledger, NoticeVersion
from datagov.consent.purposes import covering
from datagov.consent.query import table_named, verdict_counts
from datagov.store import FactStore
from datagov.vocabulary.legal_bases import meanings
from datagov.vocabulary.terms import Spoken

_SUBJECTS = """
SELECT d.dataset_id, d.source_id, d.name, b.value AS basis, p.value AS purpose,
    (SELECT value FROM declared WHERE dataset_id = d.dataset_id AND key = 'subject_key') AS subject_key,
    (SELECT value FROM declared WHERE dataset_id = d.dataset_id AND key = 'processed_at') AS processed_at,
    (SELECT value FROM declared WHERE dataset_id = d.dataset_id AND key = 'controller') AS controller
FROM dataset d
JOIN source s ON s.source_id = d.source_id AND s.role = 'data'
JOIN declared b ON b.dataset_id = d.dataset_id AND b.key = 'legal_basis'
JOIN declared p ON p.dataset_id = d.dataset_id AND p.key = 'purpose'
ORDER BY d.source_id, d.dataset_id, p.value
"""
_DIALECTS = {"postgres": "postgresql", "sqlite": "sqlite", "mysql": "mysql"}
"""Adapters whose SQL is written out; the others send the same question in their own words."""


def queries(store: FactStore, config: Config, words: Spoken) -> Iterator[tuple[int, str]]:
    """(number of the source, line) for every question the consent rules will ask; ``store`` holds what was resolved.

    A question whose ledger lies in another source is told in words: keys and times of both sides meet in memory.
    """
    ledgers = store.query("SELECT * FROM consent_ledger WHERE dataset_id IS NOT NULL ORDER BY ledger_id")
    subjects = [row for row in store.query(_SUBJECTS) if meanings().get(row["basis"].lower()) == "consent"]
    if not ledgers:
        return
    names = {row["dataset_id"]: row["name"] for row in store.query("SELECT dataset_id, name FROM dataset")}
    parents = {row["purpose"]: row["parent"] for row in store.query("SELECT purpose, parent FROM purpose")}
    notices = store.query("SELECT * FROM notice ORDER BY effective_from")
    for subject in subjects:
        if subject["subject_key"] is None or subject["processed_at"] is None:
            continue
        source = config.sources[subject["source_id"] - 1]
        if len(ledgers) > 1 or ledgers[0]["source_id"] != source.source_id:
            told = ", ".join(names[row["dataset_id"]] for row in ledgers)
            yield (
                source.source_id,
                "--   "
                + words.say(
                    "plan.consent_memory",
                    name=subject["name"],
                    keys=subject["subject_key"],
                    time=subject["processed_at"],
                    ledgers=told,
                ),
            )
            continue
        counts = words.say("plan.consent_counts", name=subject["name"], purpose=subject["purpose"])
        question = verdict_counts(_coverage(subject, ledgers[0], names, parents, notices), _table(subject["name"]))
        if source.plugin not in _DIALECTS:
            yield source.source_id, f"--   {counts}"
            continue
        dialect = registry.load(_DIALECTS[source.plugin])()
        sql = question.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
        yield source.source_id, f"--   {counts}"
        yield source.source_id, f"{str(sql).strip()};  -- {words.say('plan.consent_few')}"


def _coverage(
    subject: Mapping[str, Any],
    ledger: Mapping[str, Any],
    names: Mapping[int, str],
    parents: Mapping[str, str | None],
    notices: Sequence[Mapping[str, Any]],
) -> Coverage:
    mapping = json.loads(ledger["mapping"])
    schema, _, table = names[ledger["dataset_id"]].rpartition(".")
    purposes = covering(subject["purpose"], parents)
    return Coverage(
        subject_key=subject["subject_key"],
        processed_at=subject["processed_at"],
        ledger=Ledger(
            schema or None,
            table,
            mapping["columns"],
            mapping["given"],
            mapping["withdrawn"],
            mapping.get("ignored", ()),
        ),
        purposes=purposes,
        controller=subject["controller"],
        notices=[
            NoticeVersion(
                row["version"], row["effective_from"], None if row["material"] is None else bool(row["material"])
            )
            for row in notices
            if row["purpose"] in purposes and row["controller"] in (None, subject["controller"] or row["controller"])
        ],
    )


def _table(name: str) -> sa.FromClause:
    schema, _, table = name.rpartition(".")
    return sa.select(sa.text("*")).select_from(table_named(schema or None, table)).subquery("dataset")
