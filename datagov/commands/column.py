"""``datagov column``: what the last run knows of one column."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.commands import _names
from datagov.commands._lineage_forms import certainty, not_seen, protection
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
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the labels of the evidence.")
def command(name: str, *, config_file: str, output: str | None, run_name: str | None, form: str, lang: str) -> int:
    """Show what is known of column NAME (schema.table.column): verdict, evidence, lineage, owner."""
    from datagov import config, runs

    if output:
        home = Path(output)
    elif Path(config_file).exists() or config_file != FILE_NAME:
        settings = config.load(Path(config_file))
        home = settings.base / settings.model.output
    else:
        home = Path(config.ConfigModel.model_fields["output"].default)
    known = _first_that_knows(runs.newest(home, run_name), name)
    if form == "json":
        click.echo(json.dumps(known, indent=2, ensure_ascii=False))
    else:
        _print(known, lang)
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


def _edges(evidence: Evidence, sql: str, key: tuple[int]) -> list[dict[str, Any]]:
    """Edges of a query, each with the weakest protection its source carries personal data in: ``carried``."""
    from datagov.lineage.arriving import carried

    rows = evidence.rows(sql, key)
    before = carried(evidence.rows, (row["source_column_id"] for row in rows))
    return [{**row, "carried": before.get(row.pop("source_column_id"))} for row in rows]


def _print(known: dict[str, Any], language: str) -> None:
    from datagov.vocabulary import terms

    click.echo(f"{known['column']}  {known['data_type'] or ''}".rstrip())
    for row in known["examination"]:
        click.echo(f"  content   {_examined(row)}")
        if not known["detections"]:
            _print_evidence(row["evidence"], language)
    if not known["examination"]:
        click.echo("  content   not read: it is in no data source")
    for row in known["detections"]:
        mask = f", masked ({row['masking']})" if row["masking"] else ""
        click.echo(f"  detected  {row['mode']} {row['entity']}, confidence {row['confidence']:.2f}{mask}")
        _print_evidence(row["evidence"], language)
    for row in known["exposures"]:
        steps = "1 step" if row["hops"] == 1 else f"{row['hops']} steps"
        how = terms.load().name("protection", row["protection"], language)
        click.echo(f"  carries   {row['entity']} ({how}) from {row['origin']}, {steps} away")
    if not known["detections"] and not known["exposures"]:
        click.echo("  detected  no personal data")
    if known["run"]["kind"] == "scan":
        click.echo("  scan      lineage, owners and rules were not looked at; 'datagov audit' does")
        return
    for word, rows in (("from", known["from"]), ("to", known["to"])):
        for row in rows:
            kind = ", ".join((row["subtype"].lower(), *protection(row, language), certainty(row)))
            click.echo(f"  {word:9} {row['column']}  ({kind}) {row['file'] or row['job']}:{row['line']}")
    for sentence in not_seen(known["unread"]):
        click.echo(f"  sql       {sentence}")
    if not known["owners"]:
        click.echo("  owner     none")
    for row in known["owners"]:
        place = f"  {row['file']}:{row['line']}" if row["file"] else ""
        click.echo(f"  {row['role']:9} {row['principal']} ({_standing(row)}){place}")
    for row in known["findings"]:
        click.echo(f"  finding   {row['rule']} {row['severity']}: {row['message_en']} {row['file']}:{row['line']}")


def _print_evidence(evidence: dict[str, Any], language: str) -> None:
    """Counts, chance rate, interval, name tokens, runners-up, vetoes, masked shape, decisions, what was kept."""
    from datagov.vocabulary import terms

    words = terms.load()
    for key, value in evidence.items():
        if value not in (None, {}, [], ""):
            click.echo(f"            {words.name('evidence', key, language)}: {_shown(value)}")


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
    of = "" if row["rows_total"] is None else f" of {row['rows_total']}"
    text = f"{row['outcome']}, {row['rows_examined']}{of} rows"
    if row["outcome"] == "sampled" and row["excludable_prevalence"]:
        text += f"; excludes a share above {row['excludable_prevalence']:.2%} at 95 %"
    if row.get("full_scan"):
        text += f"; full scan: {row['full_scan'].replace('_', ' ')}, {row['rows_scanned']:,} rows"
    return text
