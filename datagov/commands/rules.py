"""``datagov rules``: what is installed."""

from __future__ import annotations

import json
from pathlib import Path

import click

from datagov.errors import UsageError


@click.command("rules")
@click.option(
    "--pack", "packs", multiple=True, default=("core",), show_default=True, help="Rule pack: a name, or a folder."
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("-f", "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(packs: tuple[str, ...], *, lang: str, form: str) -> int:
    """List the rules of the installed packs."""
    from datagov.rulepacks import documents

    rules = list(documents(packs, base=Path()))
    if not rules:
        raise UsageError(f"There is no rule in {', '.join(packs)}; a rule is a YAML file called after its id.")
    if form == "json":
        click.echo(json.dumps(rules, indent=2, ensure_ascii=False))
        return 0
    for rule in rules:
        click.echo(f"{rule['id']:8} {rule['severity']:9} {rule['title'][lang]}")
    return 0
