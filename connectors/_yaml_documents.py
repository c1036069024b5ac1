"""YAML files of a source one after the other: each as a document, and what cannot be read as a problem in its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from datagov import yamlfile
from datagov.connectors import _problems as problems
from datagov.connectors._folder import file_or_files
from datagov.connectors._options import shown
from datagov.contracts import Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter


def documents(
    root: Path, source: Source, writer: FactWriter, *, what: str, include: Sequence[str], exclude: Sequence[str]
) -> Iterator[yamlfile.Document]:
    """The documents of ``*.yaml`` and ``*.yml`` in the order of their paths; ``what`` is one of them in messages.

    A broken file is a problem of the kind ``invalid_…``, none at all one of the kind ``empty``; both are fatal.
    Raises SourceError for a missing folder.
    """
    who = f"Source {source.name!r}: {shown(root, source)!r}"
    found = file_or_files(root, who=who, suffixes=(".yaml", ".yml"), include=include, exclude=exclude)
    for one in found:
        name = shown(one.path, source)
        line, message = 1, f"The {what} {name!r} {one.fault}."
        if one.fault is None:
            try:
                document = yamlfile.load(one.path, name=name)
            except ConfigError as error:
                line, message = error.line or 1, str(error)
            else:
                yield document
                continue
        problems.report(writer, source, name, f"invalid_{what}", message, fatal=True, file=name, line=line)
    if not found:
        message = f"{who} holds no YAML {what} that 'include' and 'exclude' let pass; correct 'path' or them."
        problems.report(writer, source, source.name, "empty", message, fatal=True)
