"""Runs the consent query on a real SQLite ledger: events and rows in, verdict counts out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from datagov.consent.model import FIELDS, Coverage, Ledger
from datagov.consent.query import by_verdict, verdict_counts
from datagov.consent.reference import Event, Question

COLUMNS = {field: f"l_{field}" for field in FIELDS}
LEDGER = Ledger(None, "Consent Log", COLUMNS, ["Given", "renewed"], ["withdrawn"], ["Reminded"])


def counts(events: Sequence[Event], rows: Sequence[tuple[object, object]], question: Question) -> dict[str, int]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as db:
        db.exec_driver_sql(f'CREATE TABLE "Consent Log" ({", ".join(COLUMNS.values())})')
        db.exec_driver_sql('CREATE TABLE "Order" ("Subject Key", at)')
        marks = ", ".join("?" * len(FIELDS))
        for event in events:
            db.exec_driver_sql(f'INSERT INTO "Consent Log" VALUES ({marks})', _stored(event))
        for row in rows:
            db.exec_driver_sql('INSERT INTO "Order" VALUES (?, ?)', tuple(map(_text, row)))
        coverage = Coverage(
            "Subject Key", "at", LEDGER, question.purposes, question.controller, question.notices, question.demands
        )
        query = verdict_counts(Coverage.from_json(coverage.to_json()), sa.table("Order"))
        found = by_verdict(db.execute(query).fetchall())
    engine.dispose()
    return found


def _stored(event: Event) -> tuple[object, ...]:
    values = {field: getattr(event, field, None) for field in FIELDS}
    values["state"] = {True: "given", False: "WITHDRAWN ", None: "revoked"}[event.given]
    if not event.term_readable:
        values["valid_until"] = "31/01/2025"
    return tuple(_text(values[field]) for field in FIELDS)


def _text(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
