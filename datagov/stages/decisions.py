"""Decisions: tags that people confirmed stand whatever was read; one about a column that is gone is said so."""

from __future__ import annotations

import json
from collections.abc import Callable

from datagov.detect.corrections import Corrections
from datagov.fact_writer import FactWriter
from datagov.night import Night

_COLUMNS = """
SELECT c.column_id, d.name AS dataset, d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS name
FROM column c JOIN dataset d USING (dataset_id) WHERE d.kind <> 'temporary' ORDER BY c.column_id DESC
"""


def take_up(night: Night, decided: Corrections, only: Callable[[str], bool] | None) -> None:
    """Land a ``detection`` for every confirmed tag that values did not show, and problems for unmatched decisions.

    ``only`` tells the datasets that were read; None says all, and only then can a decision be called unmatched.
    """
    if not decided.by_column:
        return
    columns = {row["name"].casefold(): (row["column_id"], row["dataset"]) for row in night.store.query(_COLUMNS)}
    found = {(row["column_id"], row["entity"]) for row in night.store.query("SELECT column_id, entity FROM detection")}
    facts = FactWriter(source_id=0)
    for name, said in decided.by_column.items():
        if name not in columns:
            if only is None:
                _say_unmatched(night, said[0].column, said[0].file, said[0].line)
            continue
        column_id, dataset = columns[name]
        for decision in said:
            if decision.confirmed and (column_id, decision.entity) not in found and (only is None or only(dataset)):
                facts.add(
                    "detection",
                    column_id=column_id,
                    entity=decision.entity,
                    mode="declared",
                    confidence=1.0,
                    by_content=False,
                    evidence=json.dumps(
                        {"confirmed": {**decision.told(), "values_agree": False}}, ensure_ascii=False, sort_keys=True
                    ),
                )
    night.store.land(facts.batches())
    night.store.commit()


def _say_unmatched(night: Night, column: str, file: str, line: int) -> None:
    night.problem(
        stage="detect",
        object=column,
        kind="unmatched",
        message=(
            f"The correction about {column} matches no column that was read, so it says nothing; correct the name, "
            "or take the line out if the column is gone."
        ),
        fatal=False,
        file=file,
        line=line,
    )
