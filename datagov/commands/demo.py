"""``datagov demo``: build the demo platform, audit it, compare the findings with its answer key."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from datagov.errors import UsageError
from datagov.model import Exit

FOLDER = "datagov-demo"
MARK = ".datagov-demo"
"""File that says a folder was made by this command and may be made again."""


@click.command("demo")
@click.option("-o", "--output", "folder", default=FOLDER, show_default=True, type=click.Path(file_okay=False))
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result.")
def command(folder: str, *, lang: str, quiet: bool) -> int:
    """Build a fintech platform with planted faults, audit it, and say where the report is.

    Exits 0 when the findings equal the platform's answer key: nothing missing, nothing extra.
    """
    from datagov import audit, demo
    from datagov.commands import _output, _progress
    from datagov.demo import key

    path = Path(folder)
    if path.exists() and not (path / MARK).exists() and any(path.iterdir()):
        raise UsageError(f"The folder {path} exists and is not a demo platform; name another one with -o.")
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    (path / MARK).touch()
    config_file = demo.build(path)
    with _progress.progress(quiet=quiet) as show:
        result = audit.run(config_file, progress=show)
    if not quiet:
        click.echo(result.report("text", language=lang).decode(), nl=False)
    for name in ("html", "json", "sarif"):
        _output.write(path / _output.ENDINGS[name], result.report(name, language=lang))
    evidence = result.evidence()
    try:
        difference = key.compare(evidence)
    finally:
        evidence.close()
    for fault in difference.missing:
        click.echo(f"missing: {' '.join(fault)}", err=True)
    for fault in difference.extra:
        click.echo(f"extra: {' '.join(fault)}", err=True)
    click.echo(f"Report: {path / _output.ENDINGS['html']}")
    if not quiet:
        click.echo(f"To run the commands above: {_way_there(path)}")
    if difference or not result.complete:
        _output.say("The findings do not equal the answer key.")
        return int(Exit.INCOMPLETE)
    _output.say("The findings equal the answer key.", quiet=quiet)
    return int(Exit.CLEAN)


def _way_there(folder: Path) -> str:
    """What a shell needs before ``datagov report`` works: the folder, and the command where it is not on PATH."""
    step = f"cd {shlex.quote(str(folder))}"
    if shutil.which("datagov"):
        return step
    ours = Path(sys.executable).parent / "datagov"
    shown = os.path.relpath(ours, folder) if ours.is_relative_to(Path.cwd()) else str(ours)
    return f"{step}, and write {shlex.quote(shown)} for datagov"
