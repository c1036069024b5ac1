"""``datagov schema``: the JSON Schema of datagov.yaml, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> int:
    """Print the JSON Schema of datagov.yaml."""
    from datagov import config

    click.echo(json.dumps(config.json_schema(), indent=2, ensure_ascii=False))
    return 0
