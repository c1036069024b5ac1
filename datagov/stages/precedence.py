"""What a database says of its tables goes before what a pipeline's own catalogue says of the same ones."""

from __future__ import annotations

import json

from datagov.night import Night
from datagov.stages.matching import Names
from datagov.store import quote


def run(night: Night) -> None:
    """Forget tables and views of pipelines that a data source of the audit holds; SQL and declarations then mean that.

    A pipeline's catalogue stands where no source of rows does: for a warehouse that this audit does not read.
    """
    rows = night.store.query(
        "SELECT d.dataset_id, d.name, s.role, s.source_id, s.name AS source FROM dataset AS d JOIN source AS s"
        " USING (source_id) WHERE d.kind IN ('table', 'view', 'file') ORDER BY d.dataset_id"
    )
    held = Names({row["source_id"]: row["source"] for row in rows if row["role"] == "data"})
    for row in rows:
        if row["role"] == "data":
            held.add(row["dataset_id"], row["name"])
    known = [row["dataset_id"] for row in rows if row["role"] != "data" and held.find(row["name"], 0)]
    for table in ("column", "dataset"):
        night.store.execute(
            f"DELETE FROM {quote(table)} WHERE dataset_id IN (SELECT value FROM json_each(?))", (json.dumps(known),)
        )
    night.store.commit()
