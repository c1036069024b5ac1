"""``datagov column``: what the last run knows of one column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.commands import _names
from datagov.config import FILE_NAME
from datagov.errors import UsageError

if TYPE_CHECKING:
    from datagov.store import Evidence


@click.command("column")
@click.argument("name")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option("--run", "run_name", help="Run or scan; default: the last one.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the text.")
def command(name: str, *, config_file: str, output: str | None, run_name: str | None, form: str, lang: str) -> int:
    """Show what is known of column NAME (schema.table.column): verdict, evidence, lineage, owner."""
    from datagov import config, config_models, runs

    if output:
        home = Path(output)
    elif Path(config_file).exists() or config_file != FILE_NAME:
        settings = config.load(Path(config_file))
        home = settings.base / settings.model.output
    else:
        home = Path(config_models.ConfigModel.model_fields["output"].default)
    known = _first_that_knows(runs.newest(home, run_name), name)
    if form == "json":
        click.echo(json.dumps(known, indent=2, ensure_ascii=False))
    else:
        from datagov.commands._column_text import lines

        for line in lines(known, lang):
            click.echo(line)
    return 0


def _first_that_knows(paths: list[Path], name: str) -> dict[str, Any]:
    """The column from the newest run or scan that has it; a scan may have been of other tables."""
    from datagov.store import Evidence

    refused = None
    for path in paths:
        evidence = Evidence(path)
        try:
            return describe(evidence, name)
        except UsageError as error:
            refused = refused or error
        finally:
            evidence.close()
    assert refused is not None
    raise refused


def describe(evidence: Evidence, name: str) -> dict[str, Any]:
    """Everything the run knows of a column. Raises UsageError when there is no such column."""
    from datagov.lineage import unread

    column = _names.column(evidence, name)
    key = (column["column_id"],)
    detections = evidence.rows("SELECT * FROM detection WHERE column_id = ? ORDER BY confidence DESC, entity", key)
    for detection in detections:
        detection["evidence"] = json.loads(detection["evidence"])
    examined = evidence.rows("SELECT * FROM examination WHERE column_id = ?", key)
    for row in examined:
        row["evidence"] = json.loads(row["evidence"]) if row["evidence"] else {}
        row["evidence"].pop("memory", None)
    run = evidence.run()
    seen = unread.of_run(evidence.rows)
    edge = (
        "SELECT d.name || '.' || c.name AS column, e.source_column_id, e.type, e.subtype, e.protection,"
        " e.confidence, e.reason, e.file, e.line, j.name AS job"
        " FROM edge e JOIN statement USING (statement_id) JOIN job j USING (job_id)"
        " JOIN column c ON c.column_id = e.{other}_column_id JOIN dataset d USING (dataset_id)"
        " WHERE e.{this}_column_id = ? ORDER BY 1, e.edge_id"
    )
    return {
        "column": column["name"],
        "data_type": column["data_type"],
        "comment": column["comment"],
        "run": {"name": evidence.path.parent.name, "kind": run.get("kind", "audit"), "as_of": run.get("as_of")},
        "examination": examined,
        "detections": detections,
        "exposures": evidence.rows(
            "SELECT x.entity, x.protection, x.hops, d.name || '.' || c.name AS origin FROM exposure x"
            " JOIN column c ON c.column_id = x.origin_column_id JOIN dataset d USING (dataset_id)"
            " WHERE x.column_id = ? ORDER BY x.entity",
            key,
        ),
        "from": _edges(evidence, edge.format(this="target", other="source"), key),
        "to": _edges(evidence, edge.format(this="source", other="target"), key),
        "unread": seen,
        "references": evidence.rows(
            "SELECT referenced_dataset || coalesce('.' || referenced_column, '') AS column, enforced FROM foreign_key"
            " WHERE column_id = ? ORDER BY number",
            key,
        ),
        "referenced_by": evidence.rows(
            "SELECT d.name || '.' || c.name AS column, k.enforced FROM foreign_key k JOIN column c USING (column_id)"
            " JOIN dataset d USING (dataset_id) JOIN dataset t ON t.source_id = d.source_id"
            " AND t.name = k.referenced_dataset JOIN column o ON o.dataset_id = t.dataset_id"
            " AND o.name = k.referenced_column WHERE o.column_id = ? ORDER BY 1",
            key,
        ),
        "owners": evidence.rows(
            "SELECT a.principal, a.role, CASE WHEN p.status IN ('left', 'disabled') THEN p.status ELSE a.status END"
            " AS status, p.replaced_by, a.file, a.line FROM owner_assignment a LEFT JOIN principal p USING (principal)"
            " WHERE a.dataset_id = ? ORDER BY a.role, a.principal",
            (column["dataset_id"],),
        ),
        "findings": evidence.rows(
            "SELECT rule, severity, message_en, message_zh, file, line FROM finding WHERE column_id = ? ORDER BY rule",
            key,
        ),
    }


def _edges(evidence: Evidence, sql: str, key: tuple[int]) -> list[dict[str, Any]]:
    """Edges of a query, each with the weakest protection its source carries personal data in: ``carried``."""
    from datagov.lineage.arriving import carried

    rows = evidence.rows(sql, key)
    before = carried(evidence.rows, (row["source_column_id"] for row in rows))
    return [{**row, "carried": before.get(row.pop("source_column_id"))} for row in rows]
