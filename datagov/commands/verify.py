"""``datagov verify``: is the evidence of a run still what it was when the run ended."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from datagov.config import FILE_NAME
from datagov.model import Exit


@click.command("verify")
@click.argument("run", required=False)
@click.option("--digest", "expected", metavar="SHA256", help="Compare with this digest too, as a report printed it.")
@click.option("-c", "--config", "config_file", default=FILE_NAME, show_default=True, help="The configuration.")
@click.option("-o", "--output", type=click.Path(file_okay=False), help="Folder of runs.")
@click.option("--lang", type=click.Choice(["en", "zh"]), help="Language of the sentences.")
def command(run: str | None, *, expected: str | None, config_file: str, output: str | None, lang: str | None) -> int:
    """Compare the evidence of RUN (default: the last one) with the digest that was kept when the run ended.

    Exit code: 0 it is the same, 3 it differs, contradicts itself, or no digest of it was kept. Nothing is read from
    the sources; to see that the sources say the same, repeat the night as the last lines tell and compare digests.
    """
    from datagov import config, runs
    from datagov.history.verify import verify
    from datagov.store import Evidence
    from datagov.vocabulary import terms

    settings = config.load(Path(config_file)) if output is None or Path(config_file).exists() else None
    language = lang or (settings.model.language if settings else "en")
    path = runs.find(Path(output or "") if output or not settings else settings.base / settings.model.output, run)
    result = verify(path, expected=expected)
    say = terms.load().say
    name = path.parent.name
    click.echo(say("verify.digest", language, run=name, digest=result.digest))
    for fault in result.faults:
        click.echo(f"- {fault.of(language)}")
    click.echo(say("verify.changed" if result.faults else "verify.same", language))
    evidence = Evidence(path)
    try:
        facts = evidence.run()
    finally:
        evidence.close()
    to_meet = result.entry.digest if result.entry else result.digest
    as_of = shlex.quote(facts.get("as_of", ""))
    click.echo(say("verify.repeat", language, seed=facts.get("seed", ""), config=facts.get("config_sha256", "")[:16]))
    click.echo(f"  datagov audit --as-of {as_of} -o repeated")
    click.echo(f"  datagov verify -o repeated --digest {to_meet}")
    if result.entry is not None and result.entry.previous is not None:
        click.echo(say("verify.previous", language, previous=result.entry.previous))
    return Exit.INCOMPLETE if result.faults else Exit.CLEAN
