"""``datagov scan``: what columns hold, without lineage and rules; of a database as it stands, or of datagov.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datagov.config import FILE_NAME
from datagov.errors import UsageError
from datagov.model import Exit

if TYPE_CHECKING:
    from datagov.config import Config

SENSITIVE = "sensitive"
PERSONAL = "personal"


@click.command("scan")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("--table", "tables", multiple=True, metavar="GLOB", help="Only tables such as lending.*; repeatable.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="What goes to stdout.",
)
@click.option("--all", "every", is_flag=True, help="Text: list columns in which nothing was recognised, too.")
@click.option("--full", is_flag=True, help="Read free text and identifiers to the last row, within the budget.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="ENTITY",
    help="Exit with 1 when a column holds it: an entity, 'sensitive' (PIPL Art. 28) or 'personal'; repeatable.",
)
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder for runs and scans.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the text.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the result.")
def command(
    sources: tuple[str, ...],
    *,
    config_file: str,
    tables: tuple[str, ...],
    form: str,
    every: bool,
    full: bool,
    fail_on: tuple[str, ...],
    output: str | None,
    lang: str | None,
    quiet: bool,
) -> int:
    """Say what columns hold: of every source of datagov.yaml, of those named, or of a URL without configuration.

    \b
    datagov scan
    datagov scan app --table "app.customer*"
    datagov scan sqlite:///shop.sqlite
    """
    from datagov import scan
    from datagov.commands import _output, _progress, _scan_report

    settings, names, last = _settings(sources, config_file)
    _refuse_unknown(fail_on, settings)
    if full:
        settings = scan.with_full_scan(settings)
    if output is not None:
        output = str(Path(output).absolute())
        last += f" -o {output}"
    with _progress.progress(quiet=quiet) as show:
        result = scan.run(settings, sources=names, tables=tables, output=output, progress=show)
    evidence = result.evidence()
    try:
        rows = _scan_report.rows(evidence)
        if form == "json":
            text = _scan_report.as_json(evidence, rows)
        elif form == "csv":
            text = _scan_report.as_csv(rows)
        else:
            language = lang or settings.model.language
            text = _scan_report.as_text(evidence, rows, language=language, every=every, command=last)
    finally:
        evidence.close()
    click.echo(text, nl=False)
    if not result.complete:
        _output.say("The scan is incomplete: some of what was asked could not be read.", quiet=quiet)
        return int(Exit.INCOMPLETE)
    return int(Exit.FINDINGS if any(_fails(row, fail_on) for row in rows) else Exit.CLEAN)


def _settings(sources: tuple[str, ...], config_file: str) -> tuple[Config, tuple[str, ...], str]:
    """The configuration, the names of the sources in it, and the command that shows a column of the scan."""
    from datagov import config, scan
    from datagov.commands._url import source_of

    urls = [name for name in sources if "://" in name]
    if not urls:
        named = "" if config_file == FILE_NAME else f" -c {config_file}"
        return config.load(Path(config_file)), sources, f"datagov column{named}"
    if len(sources) > 1:
        raise UsageError("Scan one URL at a time; several sources belong into datagov.yaml, by name.")
    given = source_of(urls[0])
    made = scan.of_source(given.name, given.plugin, given.options, base=Path.cwd())
    return made, (), "datagov column"


def _refuse_unknown(fail_on: tuple[str, ...], settings: Config) -> None:
    """An entity that nothing can find would never fail; with recognisers of the user's own, any name may be one."""
    from datagov.vocabulary.categories import known_entity

    for entity in fail_on:
        if entity in (SENSITIVE, PERSONAL) or settings.model.detection.recognisers:
            continue
        try:
            known_entity(entity)
        except ValueError as error:
            raise UsageError(f"--fail-on {entity}: {error}.") from None


def _fails(row: dict[str, Any], fail_on: tuple[str, ...]) -> bool:
    return bool(
        row["entity"]
        and (
            row["entity"] in fail_on
            or (SENSITIVE in fail_on and row["pipl_sensitive"])
            or (PERSONAL in fail_on and row["personal"])
        )
    )
