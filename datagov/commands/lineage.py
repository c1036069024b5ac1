"""``datagov lineage``: where a column or a dataset comes from and goes, and its routes to another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from datagov.commands import _lineage_forms as forms
from datagov.commands import _names
from datagov.config import FILE_NAME
from datagov.errors import UsageError
from datagov.model import Exit


@click.command("lineage")
@click.argument("column")
@click.option("--up", is_flag=True, help="Only where it comes from.")
@click.option("--down", is_flag=True, help="Only where it goes.")
@click.option("--depth", type=click.IntRange(1, 1000), default=20, show_default=True, help="Steps to follow at most.")
@click.option("--to", "other", metavar="OTHER", help="The routes from COLUMN to this column or dataset, with the flow.")
@click.option("--routes", "count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="With --to.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "openlineage"]),
    default="text",
    show_default=True,
    help="openlineage: one RunEvent per job and line.",
)
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option("--run", "run_name", help="Run; default: the last one.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Language of the text.")
def command(
    column: str,
    *,
    up: bool,
    down: bool,
    depth: int,
    other: str | None,
    count: int,
    form: str,
    config_file: str,
    output: str | None,
    run_name: str | None,
    lang: str,
) -> int:
    """Show where COLUMN (schema.table.column, or schema.table for all its columns) comes from and where it goes.

    Values flow along DIRECT edges, which are followed. What only decides which values appear (filters, joins,
    groups) is INDIRECT and listed apart. Exit code 3 when the run itself was incomplete.
    """
    from datagov import config, runs
    from datagov.store import Evidence
    from datagov.vocabulary.terms import Spoken

    if other and (up or down):
        raise UsageError("--to goes with the flow, from COLUMN to OTHER. Leave out --up and --down.")
    settings = config.load(Path(config_file))
    evidence = Evidence(runs.find(Path(output) if output else settings.base / settings.model.output, run_name))
    try:
        if other:
            known = _between(evidence, column, other, depth, count)
        else:
            known = _around(evidence, column, [d for d, on in (("up", up), ("down", down)) if on or up == down], depth)
    finally:
        evidence.close()
    words = Spoken(lang)
    if form == "json":
        click.echo(json.dumps(known, indent=2, ensure_ascii=False))
    elif form == "csv":
        click.echo(forms.csv_text(known), nl=False)
    elif form == "openlineage":
        click.echo(forms.events(known), nl=False)
    else:
        click.echo("\n".join(forms.text(known, words)))
    if form in ("csv", "openlineage"):
        click.echo("\n".join(forms.caveats(known, words)), err=True)
    return Exit.CLEAN if known["run"]["complete"] else Exit.INCOMPLETE


def _known(evidence: Any) -> dict[str, Any]:
    from datagov.lineage import unread

    run = evidence.run()
    about = {"name": evidence.path.parent.name, "as_of": run["as_of"], "platform": run["platform"]}
    return {"run": {**about, "complete": run.get("complete") == "true"}, "unread": unread.of_run(evidence.rows)}


def _around(evidence: Any, name: str, directions: list[str], depth: int) -> dict[str, Any]:
    from datagov.lineage.walk import LineageOfRun

    start = _names.columns(evidence, name)
    lineage = LineageOfRun(evidence)
    known = {**_known(evidence), "of": [row["name"] for row in start], "depth": depth}
    ids = [row["column_id"] for row in start]
    for direction in directions:
        walk = lineage.walk(ids, up=direction == "up", depth=depth)
        known[direction] = {"edges": walk.edges, "influences": walk.influences, "cut": walk.cut}
    known["column_ids"] = ids
    return known


def _between(evidence: Any, name: str, other: str, length: int, count: int) -> dict[str, Any]:
    from datagov.lineage.walk import LineageOfRun

    start, end = _names.columns(evidence, name), _names.columns(evidence, other)
    lineage = LineageOfRun(evidence)
    routes: list[list[dict[str, Any]]] = []
    by_count = by_length = False
    for source in start:
        for target in end:
            if source["column_id"] == target["column_id"]:
                continue
            cut, found = lineage.routes(source["column_id"], target["column_id"], length=length, count=count)
            routes.extend(found)
            by_count, by_length = by_count or cut.cut_by_count, by_length or cut.cut_by_length
    routes.sort(key=len)
    return {
        **_known(evidence),
        "of": [row["name"] for row in start],
        "to": [row["name"] for row in end],
        "depth": length,
        "routes": routes[:count],
        "cut_by_count": by_count or len(routes) > count,
        "cut_by_length": by_length,
    }
