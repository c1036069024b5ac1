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

from datagov.errors import DatagovError, PluginError, UsageError

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


def refuse_unwritable(wanted: Sequence[Target]) -> None:
    """Raise UsageError for a file that cannot be written, before there is anything to lose. No folder is made."""
    for target in wanted:
        if target.path is None:
            continue
        reason = _unwritable(target.path)
        if reason is not None:
            raise UsageError(f"The {target.format} report cannot be written to {target.path}: {reason}.")


def _unwritable(path: Path) -> str | None:
    try:
        if path.is_dir():
            return "it is a folder"
        if not path.parent.is_dir():
            return f"there is no folder {path.parent}"
        if not path.exists() or path.is_file():
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            os.close(handle)
            Path(temporary).unlink()
    except OSError as error:
        return os.strerror(error.errno or 0)
    return None


def deliver(audit: Audit, wanted: Sequence[Target], *, language: str) -> list[str]:
    """Render every wanted report; returns a sentence for each that could not be written."""
    failed = []
    for target in wanted:
        rendered = audit.report(target.format, language=language)
        if target.path is None:
            sys.stdout.buffer.write(rendered)
            sys.stdout.buffer.flush()
            continue
        try:
            write(target.path, rendered)
        except DatagovError as error:
            failed.append(str(error))
    return failed


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a full disk leaves what was there before. A device or pipe is written to.

    Raises DatagovError that names the file when it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                device.write(content)
        else:
            _replace(path, content)
    except OSError as error:
        raise DatagovError(f"{path} cannot be written: {os.strerror(error.errno or 0)}.") from None


def _replace(path: Path, content: bytes) -> None:
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
