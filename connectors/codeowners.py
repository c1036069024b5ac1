"""CODEOWNERS of a repository: who owns the files of pipelines, and may be asked about the data they write."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._codeowners_history import authors
from datagov.connectors._codeowners_rules import CodeOwners, Rule, has_sections, parsed
from datagov.connectors._folder import Found, files
from datagov.connectors._options import Options, located, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError, SourceError
from datagov.fact_writer import FactWriter
from datagov.jsonfile import text_of

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where a repository keeps the file; the first that is there counts."""

_MOST_MB = 3
"""GitHub's own limit."""


class CodeOwnersOptions(Options):
    """Options of a source with ``use: codeowners``."""

    path: Annotated[str, Field(min_length=1, description="The repository's folder, or its CODEOWNERS file.")]
    root: Annotated[
        str | None, Field(description="The repository's folder, when the file stands elsewhere than usual.")
    ] = None
    syntax: Annotated[
        Literal["github", "gitlab"] | None,
        Field(description="How to read it; GitLab when it is there or has sections."),
    ] = None
    role: Annotated[
        Literal["data_owner", "steward", "custodian"], Field(description="Role of a file's owners for what it fills.")
    ] = "custodian"
    owners: Annotated[
        Mapping[str, str], Field(default_factory=dict, description="Owner as written to principal: '@org/crm': crm@x.")
    ]
    suffixes: Annotated[
        tuple[str, ...], Field(min_length=1, description="Ends of the names of files that run SQL.")
    ] = (
        ".sql",
        ".py",
        ".csv",
    )
    history: Annotated[
        int, Field(ge=0, le=100_000, description="Commits to look at for files without owner; 0: none.")
    ] = 0
    include: Annotated[tuple[str, ...], Field(description="Globs over paths in the repository; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths in the repository to leave out.")] = (
        ".git/*",
    )


class CodeOwnersConnector:
    """Says of every file of the repository that may be a job who owns it.

    Raises ConfigError for wrong options at once, SourceError for a missing repository or file when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, CodeOwnersOptions)
        self._path = located(source, self._options.path)
        self._who = f"Source {source.name!r}: {shown(self._path, source)!r}"

    def harvest(self) -> FactBatches:
        """``file_owner`` facts, and a problem for every line that does not count and for history that is not there."""
        writer = FactWriter(source_id=self._source.source_id)
        path, root = self._located()
        name = shown(path, self._source)
        try:
            text = text_of(path, name, most_mb=_MOST_MB)
        except ConfigError as error:
            raise SourceError(f"{self._who} cannot be used: {error}") from None
        gitlab = self._options.syntax == "gitlab" or (
            self._options.syntax is None and (path.parent.name == ".gitlab" or has_sections(text))
        )
        rules = parsed(text, gitlab=gitlab)
        for fault in rules.faults:
            message = f"The line {fault.reason}; it does not count."
            problems.report(writer, self._source, name, "wrong_rule", message, fatal=False, file=name, line=fault.line)
        found = self._files(root)
        if not found:
            message = f"{self._who} holds no file that 'suffixes', 'include' and 'exclude' let pass; correct them."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        history = self._history(writer, root, name)
        for one in found:
            self._add(writer, one, name, rules, history)
        yield from writer.batches()

    def _located(self) -> tuple[Path, Path]:
        """The CODEOWNERS file and the folder its patterns start at."""
        if not os.path.lexists(self._path):
            raise SourceError(
                f"{self._who} does not exist or may not be seen; correct 'path', which starts at the configuration's "
                "folder."
            )
        path = self._path
        if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir it never raises
            path = next((path / one for one in _PLACES if os.path.lexists(path / one)), path / _PLACES[1])
        if self._options.root is not None:
            return path, located(self._source, self._options.root)
        return path, path.parent.parent if path.parent.name in (".github", ".gitlab", "docs") else path.parent

    def _files(self, root: Path) -> list[Found]:
        who = f"Source {self._source.name!r}: the folder {shown(root, self._source)!r}"
        suffixes, include, exclude = self._options.suffixes, self._options.include, self._options.exclude
        found = files(root, who=who, suffixes=suffixes, include=include, exclude=exclude)
        return [one for one in found if one.fault is None]

    def _history(self, writer: FactWriter, root: Path, name: str) -> Mapping[str, str]:
        if not self._options.history:
            return {}
        try:
            return authors(root, commits=self._options.history)
        except SourceError as error:
            message = (
                f"The history of {shown(root, self._source)!r} was not read: {error}; set 'history' to 0 without one."
            )
            problems.report(writer, self._source, name, "no_history", message, fatal=False)
            return {}

    def _add(self, writer: FactWriter, one: Found, name: str, rules: CodeOwners, history: Mapping[str, str]) -> None:
        owned = {"source_id": self._source.source_id, "owned_file": shown(one.path, self._source)}
        stated = [(owner, rule) for rule in rules.of(one.inside) for owner in rule.owners]
        for owner, line in self._principals(stated).items():
            writer.add(
                "file_owner", principal=owner, role=self._options.role, kind="stated", file=name, line=line, **owned
            )
        author = history.get(one.inside)
        if author and not stated:
            place = {"file": owned["owned_file"], "line": 1}
            writer.add("file_owner", principal=author, role=self._options.role, kind="history", **place, **owned)

    def _principals(self, stated: list[tuple[str, Rule]]) -> dict[str, int]:
        """Principal to the line that names it first; ``@`` in front of a name is how a platform writes it."""
        found: dict[str, int] = {}
        for owner, rule in stated:
            found.setdefault(self._options.owners.get(owner) or owner.lstrip("@"), rule.line)
        return found
