"""Columns whose name alone says personal data, leaving in the clear: for a path, or for another table."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from datagov.engine import wire
from datagov.engine.local import LocalEngine, Lost, Task
from datagov.lint.finding import Finding, finding
from datagov.lint.world import World
from datagov.stages.matching import harvested

_SURE = 4.4
"""Log-odds of a name that by itself names personal data; weaker names are not reported."""
_SHOWN = 4
_SCHEMA = pa.schema([("entity", pa.string()), ("confidence", pa.float64())])

_LEAVING = """
    SELECT e.edge_id, e.file, e.line, e.source_dataset_id, e.source_column_id, s.statement_id, j.job_id,
           d.name AS source, d.kind AS source_kind, c.name AS column, t.name AS target, t.kind AS kind,
           e.target_dataset_id
    FROM edge e JOIN statement s USING (statement_id) JOIN job j USING (job_id)
    JOIN dataset d ON d.dataset_id = e.source_dataset_id JOIN column c ON c.column_id = e.source_column_id
    JOIN dataset t ON t.dataset_id = e.target_dataset_id
    WHERE e.type = 'DIRECT' AND e.protection = 'none' AND e.source_dataset_id <> e.target_dataset_id
      AND d.kind NOT IN ('temporary', 'path') AND t.kind <> 'temporary' AND t.name <> '<query>' ORDER BY e.edge_id
"""


def named(names: list[tuple[str, str]]) -> bytes:
    """Worker: per (table, column) the entity that the name says, and the confidence of a verdict by name alone."""
    from datagov.detect import calibration, lexicon, naming
    from datagov.detect.weigh import PRIOR

    words = lexicon.shipped()
    rows = []
    for table, column in names:
        weights = naming.read(column, words, table=table).weights
        entity, weight = max(weights.items(), key=lambda item: item[1], default=("", 0.0))
        sure = weight >= _SURE
        rows.append(
            {
                "entity": entity if sure else None,
                "confidence": calibration.confidence(PRIOR + weight, "entity") if sure else None,
            }
        )
    return wire.pack([("named", pa.RecordBatch.from_pylist(rows, schema=_SCHEMA))])


def leaving(world: World, engine: LocalEngine) -> Iterator[Finding]:
    """One finding per statement and target; columns that a run's sources list are judged by the run, not by name."""
    rows = [row for row in world.store.query(_LEAVING) if row["job_id"] in world.files]
    if world.before is not None:
        rows = [row for row in rows if not harvested(row["source_column_id"])]
    wanted = sorted({(row["source"], row["column"]) for row in rows})
    if not wanted:
        return
    result = engine.result(engine.start(Task("names", named, (wanted,))))
    if isinstance(result, Lost):
        yield from (
            finding("LINT-R05", file.name, 1, file.name, arguments={"why": result.reason}, fatal=True)
            for file in world.files.values()
        )
        return
    ((_, batch),) = wire.unpack(result)
    said = dict(zip(wanted, batch.to_pylist(), strict=True))
    grouped: dict[tuple[int, str], list[dict[str, object]]] = {}
    for row in rows:
        verdict = said[row["source"], row["column"]]
        if verdict["entity"]:
            grouped.setdefault((row["statement_id"], row["target"]), []).append({**row, **verdict})
    for (_, target), found in grouped.items():
        columns = list(dict.fromkeys(f"{row['source']}.{row['column']} ({row['entity']})" for row in found))
        arguments = {
            "columns": columns,
            "confidence": round(min(float(str(row["confidence"])) for row in found), 2),
        }
        words = {
            "columns": ", ".join(columns[:_SHOWN]),
            "more_en": f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "",
            "more_zh": f" 等 {len(columns)} 列" if len(columns) > _SHOWN else "",
        }
        first = found[0]
        rule = "LINT-P01" if first["kind"] == "path" else "LINT-P02"
        job = world.files[int(str(first["job_id"]))]
        yield finding(
            rule,
            job.name,
            int(str(first["line"] or 1)),
            target,
            arguments=arguments,
            words=words,
            edge_id=int(str(first["edge_id"])),
            dataset_id=int(str(first["target_dataset_id"])),
        )
