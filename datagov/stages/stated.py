"""Stated: column lineage that a pipeline states itself becomes edges, beside the lineage that is traced from SQL."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from datagov.engine import wire
from datagov.lineage.model import DIRECT, SUBTYPES
from datagov.night import Night
from datagov.stages import wired
from datagov.stages.landing import Landing
from datagov.stages.names import Catalogue, Scope

SURE = 0.9
"""Confidence of a link between columns: the pipeline's own word, not seen in SQL."""
WHOLE = 0.4
"""Confidence of a link between whole datasets: which column reaches which is not said."""


def run(night: Night, catalogue: Catalogue) -> None:
    """Land a statement of kind ``STATED`` and its edges for every job that has links."""
    jobs = {row["job_id"]: row for row in night.store.query("SELECT * FROM job")}
    links = night.store.query("SELECT * FROM link ORDER BY job_id, rowid")
    for job_id, group in itertools.groupby(links, key=lambda row: row["job_id"]):
        job = jobs[job_id]
        facts = catalogue.writer(job["source_id"])
        ordinal = night.store.query("SELECT count(*) AS n FROM statement WHERE job_id = ?", (job_id,))[0]["n"]
        landing = Landing(catalogue, job, facts, Scope(job["source_id"], job["name"]))
        landing.land(_packed(list(group)), ordinal)
        night.store.land(facts.batches())
    night.store.commit()


def _packed(links: Sequence[Mapping[str, Any]]) -> bytes:
    """Links in the form in which a tracing worker hands over a script."""
    line = links[0]["line"]
    statement = {
        "ordinal": 0,
        "kind": "STATED",
        "outcome": "parsed",
        "sql": "",
        "line": line,
        "end_line": line,
        "temporary": [],
    }
    return wire.pack(
        (
            ("statement", pa.RecordBatch.from_pylist([statement], schema=wired.STATEMENT)),
            ("edge", pa.RecordBatch.from_pylist([_edge(link) for link in links], schema=wired.EDGE)),
            ("problem", pa.RecordBatch.from_pylist([], schema=wired.PROBLEM)),
        )
    )


def _edge(link: Mapping[str, Any]) -> dict[str, Any]:
    source, source_path = _column(link["source_field"])
    target, target_path = _column(
        "*" if link["target_field"] is None and link["type"] == DIRECT else link["target_field"]
    )
    subtype = link["subtype"]
    if subtype not in SUBTYPES:
        subtype = "TRANSFORMATION" if link["type"] == DIRECT else "FILTER"
    masking = bool(link["masking"])
    whole = source == "*"
    return {
        "statement": 0,
        "source_dataset": link["source_dataset"],
        "source_column": source,
        "source_path": source_path,
        "target_dataset": link["target_dataset"],
        "target_column": target,
        "target_path": target_path,
        "type": link["type"],
        "subtype": subtype,
        "masking": masking,
        "protection": _protection(subtype, masking=masking),
        "confidence": WHOLE if whole else SURE,
        "reason": "stated_whole" if whole else "stated",
        "expression": link["expression"],
        "line": link["line"],
    }


def _protection(subtype: str, *, masking: bool) -> str:
    """What a stated mask leaves: which function it was is not said, so it is never more than pseudonymised."""
    if subtype == "AGGREGATION" and masking:
        return "aggregated"
    return "pseudonymised" if masking else "none"


def _column(field: str | None) -> tuple[str | None, str | None]:
    """A field as (column, path inside it)."""
    if field is None:
        return None, None
    column, _, path = field.partition(".")
    return column, path or None
