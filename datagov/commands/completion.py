"""``datagov completion``: shell completion by click."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the completion script of SHELL; for bash: eval "$(datagov completion bash)"."""
    from datagov.cli import cli

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(cli, {}, "datagov", "_DATAGOV_COMPLETE").source())
    return 0
