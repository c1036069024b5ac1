"""Lineage that a pipeline states itself carries personal data as lineage traced from SQL does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagov.audit import Audit


def _rows(audit: Audit, sql: str) -> list[dict[str, Any]]:
    evidence = audit.evidence()
    try:
        return evidence.rows(sql)
    finally:
        evidence.close()


def _event(*fields: dict[str, Any]) -> str:
    """An event of a job that fills main.nobody, the fields of which come from main.customer."""
    end: dict[str, Any] = {"namespace": "sqlite", "name": "main.nobody"}
    if fields:
        end["facets"] = {"columnLineage": {"fields": {"email": {"inputFields": list(fields)}}}}
    start = {"namespace": "sqlite", "name": "main.customer"}
    job = {"namespace": "spark", "name": "copy"}
    return json.dumps({"eventType": "COMPLETE", "job": job, "inputs": [start], "outputs": [end]})


def _audited(audited: Callable[..., Audit], shop: Path, event: str) -> Audit:
    (shop / "events").mkdir()
    (shop / "events" / "a.json").write_text(event)
    return audited(events="{use: openlineage, path: events}")


_REACHED = (
    "SELECT x.protection, x.hops, e.reason, e.confidence, e.file, e.line FROM exposure x JOIN column c"
    " USING (column_id) JOIN dataset d USING (dataset_id) LEFT JOIN edge e USING (edge_id)"
    " WHERE d.name = 'main.nobody' AND x.entity = 'EMAIL_ADDRESS' AND x.hops > 0"
)


def test_a_stated_link_is_an_edge_with_its_place(audited: Callable[..., Audit], shop: Path) -> None:
    step = {"type": "DIRECT", "subtype": "IDENTITY"}
    field = {"namespace": "sqlite", "name": "main.customer", "field": "email", "transformations": [step]}

    assert _rows(_audited(audited, shop, _event(field)), _REACHED) == [
        {"protection": "none", "hops": 1, "reason": "stated", "confidence": 0.9, "file": "events/a.json", "line": 1}
    ]


def test_a_stated_mask_protects(audited: Callable[..., Audit], shop: Path) -> None:
    step = {"type": "DIRECT", "subtype": "TRANSFORMATION", "masking": True}
    field = {"namespace": "sqlite", "name": "main.customer", "field": "email", "transformations": [step]}

    found = _rows(_audited(audited, shop, _event(field)), _REACHED)
    assert [row["protection"] for row in found] == ["pseudonymised"]


def test_datasets_linked_as_a_whole_meet_by_the_names_of_their_columns(
    audited: Callable[..., Audit], shop: Path
) -> None:
    found = _rows(_audited(audited, shop, _event()), _REACHED)

    assert [(row["reason"], row["confidence"]) for row in found] == [("stated_whole", 0.4)]
