"""``datagov audit``: the whole night."""

from __future__ import annotations

from pathlib import Path

import click

from datagov.config import FILE_NAME
from datagov.model import Exit


@click.command("audit")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option(
    "--plan",
    type=click.Choice(["short", "full"]),
    is_flag=False,
    flag_value="short",
    help="Read no row: print the queries for each source; --plan=full: those of its catalog and look-ups too.",
)
@click.option("--as-of", metavar="TIME", help="Judge as of this UTC time; default: the start of the run.")
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "high", "medium", "low"]),
    help="Lowest severity that gives exit code 1; default: rules.fail_on.",
)
@click.option("-f", "--format", "formats", multiple=True, metavar="FMT[=PATH]", help="Report: text, html, json, sarif.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder for runs and reports.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the plan, and of reports with one language.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but the report.")
@click.option("-v", "--verbose", is_flag=True, help="Also list every problem.")
def command(
    config_file: str,
    *,
    plan: str | None,
    as_of: str | None,
    fail_on: str | None,
    formats: tuple[str, ...],
    output: str | None,
    lang: str | None,
    quiet: bool,
    verbose: bool,
) -> int:
    """Audit the platform that datagov.yaml describes.

    Without -f a summary goes to stdout and report.html into the output folder.
    """
    from datagov import audit, config
    from datagov.commands import _output, _progress
    from datagov.vocabulary import terms

    settings = config.load(Path(config_file))
    if output is not None:
        output = str(Path(output).absolute())
    if plan is not None:
        from datagov.commands import _plan

        return int(_plan.show(settings, lang or settings.model.language, full=plan == "full"))
    language = lang or settings.model.language
    wanted = _output.targets(formats)
    _output.refuse_unwritable(wanted)
    if not formats:
        folder = settings.base / (output or settings.model.output)
        wanted = [_output.Target("text", None), _output.Target("html", folder / "report.html")]
    with _progress.progress(quiet=quiet) as show:
        result = audit.run(settings, as_of=as_of, fail_on=fail_on, output=output, progress=show)
    try:
        failed = _output.deliver(result, wanted, language=language)
    except BaseException as error:
        error.add_note(f"The audit is kept in {result.evidence_path.parent}; 'datagov report' renders it.")
        raise
    if failed and all(target.path is not None for target in wanted):
        _output.deliver(result, [_output.Target("text", None)], language=language)
    if verbose:
        _list_problems(result, language)
    for sentence in failed:
        _output.say(f"datagov: {sentence} The audit is kept; 'datagov report -f FMT=PATH' renders it again.")
    for target in wanted:
        if target.path is not None and not failed:
            _output.say(f"{target.format}: {target.path}", quiet=quiet)
    if result.exit is Exit.INCOMPLETE:
        _output.say(terms.load().say("audit.incomplete", language), quiet=quiet)
    return int(Exit.INCOMPLETE if failed else result.exit)


def _list_problems(result: object, language: str) -> None:
    from datagov.audit import Audit
    from datagov.vocabulary import sentences, terms

    assert isinstance(result, Audit)
    evidence = result.evidence()
    try:
        for row in evidence.each("SELECT * FROM problem ORDER BY stage, object, line"):
            told = not row["file"] or row["message"].startswith(f"{row['file']}:")
            place = "" if told else f"{row['file']}:{row['line']}: "
            stage = terms.load().name("stage", row["stage"], language)
            said = sentences.text(row["message"]).of(language)
            click.echo(terms.load().say("pair", language, what=stage, value=f"{place}{said}"), err=True)
    finally:
        evidence.close()
