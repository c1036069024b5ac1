"""Owners of files own the jobs in them, and through what a job writes its datasets: a proposal that gives way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from datagov.contracts import FactBatches
from datagov.fact_writer import FactWriter
from datagov.ownership.numbering import next_number
from datagov.ownership.selectors import Index, escaped
from datagov.store import FactStore

Row = dict[str, Any]

_OWN = (
    "UPDATE job SET owner = (SELECT f.principal FROM file_owner AS f WHERE f.owned_file = job.file"
    " ORDER BY f.kind = 'history', f.rowid LIMIT 1)"
    " WHERE owner IS NULL AND file IN (SELECT owned_file FROM file_owner)"
)
_FILLED = (
    "SELECT DISTINCT f.source_id, f.principal, f.role, f.file, f.line, d.name FROM file_owner AS f"
    " JOIN job AS j ON j.file = f.owned_file JOIN statement AS s USING (job_id) JOIN edge AS e USING (statement_id)"
    " JOIN dataset AS d ON d.dataset_id = e.target_dataset_id"
    " WHERE f.kind = 'stated' AND d.kind <> 'temporary'"
    " ORDER BY f.source_id, d.name, f.line, f.principal"
)


def read(store: FactStore) -> FactBatches:
    """``owner_assertion`` facts for datasets that jobs of owned files write; jobs without owner get their file's.

    A dataset for which somebody else names an owner in the same role gets none.
    """
    if not store.query("SELECT 1 FROM file_owner LIMIT 1"):
        return
    store.execute(_OWN)
    said = _said(store.query("SELECT selector, role FROM owner_assertion"))
    proposed = [
        row
        for row in store.query(_FILLED)
        if row["role"] not in said or not any(said[row["role"]].matching(row["name"]))
    ]
    yield from _assertions(store, proposed)


def _said(assertions: Iterable[Row]) -> dict[str, Index]:
    """Role to the selectors for which somebody names an owner."""
    selectors: dict[str, set[str]] = defaultdict(set)
    for row in assertions:
        selectors[row["role"]].add(row["selector"])
    return {role: Index(texts) for role, texts in selectors.items()}


def _assertions(store: FactStore, proposed: Sequence[Row]) -> FactBatches:
    writers: dict[int, FactWriter] = {}
    seen: set[tuple[int, str, str]] = set()
    for row in proposed:
        source_id = row["source_id"]
        if (source_id, row["name"], row["principal"]) in seen:
            continue
        seen.add((source_id, row["name"], row["principal"]))
        if source_id not in writers:
            writers[source_id] = FactWriter(source_id=source_id, start=next_number(store, source_id))
        given = {key: row[key] for key in ("source_id", "principal", "role", "file", "line")}
        writers[source_id].add("owner_assertion", selector=escaped(row["name"]), **given)
    for writer in writers.values():
        yield from writer.batches()
