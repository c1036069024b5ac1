"""What several commands share: rendering a run to files or stdout, and sentences on stderr."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datagov.errors import PluginError, UsageError

if TYPE_CHECKING:
    from datagov.audit import Audit

ENDINGS = {"html": "report.html", "json": "report.json", "sarif": "report.sarif", "text": "report.txt"}


@dataclass(frozen=True, slots=True)
class Target:
    """A report format and where it goes; no path means stdout."""

    format: str
    path: Path | None


def targets(formats: Sequence[str]) -> list[Target]:
    """Parse ``-f fmt[=path]``. Raises UsageError for an unknown format and for two on stdout."""
    from datagov import plugins

    parsed = []
    for text in formats:
        name, equals, path = text.partition("=")
        try:
            plugins.find("datagov.reports", name)
        except PluginError as error:
            raise UsageError(str(error)) from None
        if equals and not path:
            raise UsageError(f"'-f {text}' names no file after '='.")
        parsed.append(Target(name, Path(path) if path else None))
    if sum(target.path is None for target in parsed) > 1:
        raise UsageError("Only one report can go to stdout; give the others a file: -f json=report.json.")
    return parsed


def deliver(audit: Audit, wanted: Sequence[Target], *, language: str) -> None:
    """Render every wanted report."""
    for target in wanted:
        rendered = audit.report(target.format, language=language)
        if target.path is None:
            sys.stdout.buffer.write(rendered)
            sys.stdout.buffer.flush()
        else:
            write(target.path, rendered)


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a full disk leaves what was there before. A device or pipe is written to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.write(content)
        return
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def say(sentence: str, *, quiet: bool = False) -> None:
    """A sentence for the person, on stderr."""
    if not quiet:
        click.echo(sentence, err=True)
