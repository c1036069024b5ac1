"""``datagov lint``: SQL files before they are merged, without a database; against a run, the flows they open."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datagov.config import FILE_NAME

if TYPE_CHECKING:
    from datagov.config import Config
    from datagov.lint.run import Lint


@click.command("lint")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--dialect", help="SQL dialect; default: that of the source or the run that holds the file.")
@click.option("--against", metavar="RUN", help="Name flows that open since this run: latest, a name, a path.")
@click.option("--catalog", type=click.Path(path_type=Path), help="Tables and their columns: YAML, JSON, or .sql DDL.")
@click.option("-c", "--config", "config_file", help=f"The configuration; default: {FILE_NAME}, if there is one.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low"]),
    help="Lowest severity that gives exit code 1; default: rules.fail_on, or high.",
)
@click.option("-f", "--format", "formats", multiple=True, metavar="FMT[=PATH]", help="text, json, sarif, or a report.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the findings.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the findings.")
def command(
    paths: tuple[Path, ...],
    *,
    dialect: str | None,
    against: str | None,
    catalog: Path | None,
    config_file: str | None,
    output: str | None,
    fail_on: str | None,
    formats: tuple[str, ...],
    lang: str | None,
    quiet: bool,
) -> int:
    """Check SQL files and folders of them, without a database.

    With --against, name each flow of personal data that the files open to a purpose, legal entity, recipient or
    region, with what that run knows of it. Exit code: 0 clean, 1 findings, 2 wrong usage, 3 something was not read.
    """
    from datagov.commands import _output, _progress
    from datagov.lint.run import Request, lint
    from datagov.lint.show import caveats

    settings = _settings(config_file)
    language = lang or (settings.model.language if settings else "en")
    wanted = _output.targets(formats or ("text",))
    _output.refuse_unwritable(wanted)
    run, newer = _run(against, settings, output) if against else (None, None)
    request = Request(paths, settings, dialect, catalog, run, fail_on, newer)
    with _progress.progress(quiet=quiet) as show, lint(request, show) as result:
        if all(target.format != "text" for target in wanted):
            for sentence in caveats(result, language):
                _output.say(sentence, quiet=quiet)
        for target in wanted:
            rendered = _rendered(result, target.format, language)
            if target.path is None:
                sys.stdout.buffer.write(rendered)
                sys.stdout.buffer.flush()
            else:
                _output.write(target.path, rendered)
                _output.say(f"{target.format}: {target.path}", quiet=quiet)
        return int(result.exit)


def _settings(config_file: str | None) -> Config | None:
    from datagov import config

    if config_file is None and not Path(FILE_NAME).exists():
        return None
    return config.load(Path(config_file or FILE_NAME))


def _run(name: str, settings: Config | None, output: str | None) -> tuple[Path, Path | None]:
    """The evidence of a run: a path to it or its folder, ``latest``, or its name in the folder of runs.

    ``latest`` is the last run that can be compared with; behind it stands a newer one that cannot, if there is one.
    """
    from datagov import runs

    path = Path(name)
    if path.is_dir() and (path / runs.FILE).is_file():
        return path / runs.FILE, None
    if path.is_file():
        return _evidence(path), None
    base = settings.base / settings.model.output if settings else Path(".datagov")
    home = Path(output) if output else base
    return runs.comparable(home) if name == "latest" else (runs.find(home, name), None)


def _evidence(path: Path) -> Path:
    from datagov.errors import UsageError
    from datagov.store import open_read_only

    try:
        with closing(open_read_only(path)) as db:
            db.execute("SELECT value FROM run LIMIT 1").fetchall()
    except sqlite3.Error:
        raise UsageError(
            f"{path} is not the evidence of a run; name a run, its folder or its evidence.sqlite."
        ) from None
    return path


def _rendered(result: Lint, form: str, language: str) -> bytes:
    from datagov import plugins
    from datagov.lint import show
    from datagov.store import Evidence

    if form == "text":
        return show.text(result, language).encode("utf-8", "replace")
    if form == "json":
        return show.as_json(result).encode()
    render = plugins.load("datagov.reports", form)
    evidence = Evidence(result.evidence)
    try:
        rendered: bytes = render(evidence, language=language)
    finally:
        evidence.close()
    return rendered
