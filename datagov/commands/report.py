"""``datagov report``: render a finished run again."""

from __future__ import annotations

from pathlib import Path

import click

from datagov.config import FILE_NAME
from datagov.model import Exit


@click.command("report")
@click.argument("run", required=False)
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option(
    "-f", "--format", "formats", multiple=True, default=("text",), metavar="FMT[=PATH]", help="Report format."
)
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of reports with one language.")
def command(
    run: str | None, *, config_file: str, formats: tuple[str, ...], output: str | None, lang: str | None
) -> int:
    """Render RUN (default: the last one) in other formats; nothing is read from the sources.

    Exit code 3 when the evidence is not what it was when the run ended, or contradicts itself; 0 otherwise.
    """
    from datagov import audit, config, runs
    from datagov.commands import _output
    from datagov.history.verify import verify

    settings = config.load(Path(config_file))
    wanted = _output.targets(formats)
    _output.refuse_unwritable(wanted)
    path = runs.find(Path(output) if output else settings.base / settings.model.output, run)
    result = audit.reopen(path)
    language = lang or settings.model.language
    faults = verify(path).faults
    failed = _output.deliver(result, wanted, language=language)
    for sentence in failed:
        _output.say(f"datagov: {sentence}")
    for fault in faults:
        _output.say(f"datagov: {fault.of(language)}")
    return Exit.INCOMPLETE if faults or failed else Exit.CLEAN
