"""``datagov column``: what the last run knows of one column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.config import FILE_NAME
from datagov.errors import UsageError

if TYPE_CHECKING:
    from datagov.store import Evidence


@click.command("column")
@click.argument("name")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option("--run", "run_name", help="Run; default: the last one.")
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str, *, config_file: str, output: str | None, run_name: str | None, form: str) -> int:
    """Show what is known of column NAME (schema.table.column): verdict, evidence, lineage, owner."""
    from datagov import config, runs
    from datagov.store import Evidence

    settings = config.load(Path(config_file))
    evidence = Evidence(runs.find(Path(output) if output else settings.base / settings.model.output, run_name))
    try:
        known = describe(evidence, name)
    finally:
        evidence.close()
    if form == "json":
        click.echo(json.dumps(known, indent=2, ensure_ascii=False))
    else:
        _print(known)
    return 0


def describe(evidence: Evidence, name: str) -> dict[str, Any]:
    """Everything the run knows of a column. Raises UsageError when there is no such column."""
    found = evidence.rows(
        "SELECT c.column_id, d.dataset_id, d.name || '.' || c.name AS name, c.data_type, c.comment FROM column c"
        " JOIN dataset d USING (dataset_id) WHERE lower(d.name || '.' || c.name) = lower(?) AND c.field_path IS NULL",
        (name,),
    )
    if not found:
        near = evidence.rows(
            "SELECT d.name || '.' || c.name AS name FROM column c JOIN dataset d USING (dataset_id)"
            " WHERE lower(c.name) = lower(?) ORDER BY 1 LIMIT 5",
            (name.rpartition(".")[2],),
        )
        hint = f" Columns of that name: {', '.join(row['name'] for row in near)}." if near else ""
        raise UsageError(f"The run knows no column {name!r}; write it as schema.table.column.{hint}")
    column = found[0]
    key = (column["column_id"],)
    detections = evidence.rows("SELECT * FROM detection WHERE column_id = ? ORDER BY confidence DESC, entity", key)
    for detection in detections:
        detection["evidence"] = json.loads(detection["evidence"])
    edge = (
        "SELECT d.name || '.' || c.name AS column, e.type, e.subtype, e.protection, e.confidence, e.file, e.line"
        " FROM edge e JOIN column c ON c.column_id = e.{other}_column_id JOIN dataset d USING (dataset_id)"
        " WHERE e.{this}_column_id = ? ORDER BY 1, e.edge_id"
    )
    return {
        "column": column["name"],
        "data_type": column["data_type"],
        "comment": column["comment"],
        "examination": evidence.rows("SELECT * FROM examination WHERE column_id = ?", key),
        "detections": detections,
        "exposures": evidence.rows(
            "SELECT x.entity, x.protection, x.hops, d.name || '.' || c.name AS origin FROM exposure x"
            " JOIN column c ON c.column_id = x.origin_column_id JOIN dataset d USING (dataset_id)"
            " WHERE x.column_id = ? ORDER BY x.entity",
            key,
        ),
        "from": evidence.rows(edge.format(this="target", other="source"), key),
        "to": evidence.rows(edge.format(this="source", other="target"), key),
        "owners": evidence.rows(
            "SELECT a.principal, a.role, CASE WHEN p.status IN ('left', 'disabled') THEN p.status ELSE a.status END"
            " AS status, p.replaced_by, a.file, a.line FROM owner_assignment a LEFT JOIN principal p USING (principal)"
            " WHERE a.dataset_id = ? ORDER BY a.role, a.principal",
            (column["dataset_id"],),
        ),
        "findings": evidence.rows(
            "SELECT rule, severity, message_en, file, line FROM finding WHERE column_id = ? ORDER BY rule", key
        ),
    }


def _print(known: dict[str, Any]) -> None:
    click.echo(f"{known['column']}  {known['data_type'] or ''}".rstrip())
    for row in known["examination"]:
        click.echo(f"  content   {_examined(row)}")
    if not known["examination"]:
        click.echo("  content   not read: it is in no data source")
    for row in known["detections"]:
        mask = f", masked ({row['masking']})" if row["masking"] else ""
        click.echo(f"  detected  {row['mode']} {row['entity']}, confidence {row['confidence']:.2f}{mask}")
        for key, value in row["evidence"].items():
            if value not in (None, {}, [], ""):
                click.echo(f"            {key.replace('_', ' ')}: {_shown(value)}")
    for row in known["exposures"]:
        steps = "1 step" if row["hops"] == 1 else f"{row['hops']} steps"
        click.echo(f"  carries   {row['entity']} ({row['protection']}) from {row['origin']}, {steps} away")
    if not known["detections"] and not known["exposures"]:
        click.echo("  detected  no personal data")
    for word, rows in (("from", known["from"]), ("to", known["to"])):
        for row in rows:
            kind = f"{row['subtype'].lower()}, {row['protection']}"
            click.echo(f"  {word:9} {row['column']}  ({kind}) {row['file']}:{row['line']}")
    if not known["owners"]:
        click.echo("  owner     none")
    for row in known["owners"]:
        place = f"  {row['file']}:{row['line']}" if row["file"] else ""
        click.echo(f"  {row['role']:9} {row['principal']} ({_standing(row)}){place}")
    for row in known["findings"]:
        click.echo(f"  finding   {row['rule']} {row['severity']}: {row['message_en']} {row['file']}:{row['line']}")


def _standing(row: dict[str, Any]) -> str:
    successor = f", replaced by {row['replaced_by']}" if row["replaced_by"] else ""
    return f"{row['status']}{successor}"


def _shown(value: Any) -> str:
    """A value of the evidence for people: numbers to three digits, lists with commas."""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items())
    return str(value)


def _examined(row: dict[str, Any]) -> str:
    if row["outcome"] in ("not_examined", "unreadable"):
        return f"{row['outcome'].replace('_', ' ')}: {row['reason']}"
    text = f"{row['outcome']}, {row['rows_examined']} of {row['rows_total']} rows"
    if row["outcome"] == "sampled" and row["excludable_prevalence"]:
        text += f"; excludes a share above {row['excludable_prevalence']:.2%} at 95 %"
    return text
