"""A dbt project as a pipeline: models with the SQL dbt compiled, and the owners and declarations of its YAML files."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import Field

from datagov import yamlfile
from datagov.connectors import _dbt_artifacts as artifacts
from datagov.connectors import _problems as problems
from datagov.connectors._dbt_facts import Told
from datagov.connectors._dbt_files import Project, added
from datagov.connectors._dbt_sql import DIALECTS, Templates
from datagov.connectors._options import Options, chosen, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError, SourceError, UsageError
from datagov.fact_writer import FactWriter

_SHOWN = 5
_RUN = "run 'dbt compile' in the project, or name the file by 'manifest'"


class DbtOptions(Options):
    """Options of a source with ``use: dbt``; paths start at the configuration's folder."""

    path: Annotated[str, Field(min_length=1, description="The project: the folder with dbt_project.yml.")]
    target: Annotated[
        str | None,
        Field(min_length=1, description="Folder of the artifacts; else the project's target-path, else target."),
    ] = None
    manifest: Annotated[str | None, Field(min_length=1, description="manifest.json, if not in the target folder.")] = (
        None
    )
    catalog: Annotated[str | None, Field(min_length=1, description="catalog.json, if not in the target folder.")] = None
    run_results: Annotated[
        str | None, Field(min_length=1, description="run_results.json, if not in the target folder.")
    ] = None
    dialect: Annotated[
        str | None, Field(pattern=r"^[a-z0-9_]+$", description="sqlglot's name of the dialect, if not the adapter's.")
    ] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over files inside the project; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over files inside the project to leave out.")] = ()


class DbtConnector:
    """Reads what dbt wrote into its target folder, and the project's own files. It neither runs nor imports dbt.

    Raises ConfigError for wrong options at once, SourceError without a readable manifest when it is harvested.
    """

    role = "pipeline"

    @staticmethod
    def options_from_url(url: str) -> dict[str, str]:
        """Options for ``dbt:///relative/project`` or ``dbt:////absolute/project``; raises UsageError without a path."""
        path = unquote(urlsplit(url).path).removeprefix("/")
        if not path:
            raise UsageError("The URL names no project; write dbt:///path/to/project.")
        return {"path": path}

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, DbtOptions)
        self._root = source.base / self._options.path
        self._who = f"Source {source.name!r}"

    def harvest(self) -> FactBatches:
        """Relations as ``dataset``, what fills them as ``job`` and ``statement``, owners, declarations and problems."""
        if not os.path.isdir(self._root):  # noqa: PTH112 - unlike Path.is_dir it never raises
            raise SourceError(
                f"{self._who}: the folder {shown(self._root, self._source)!r} does not exist or may not be seen; "
                "correct 'path', which starts at the configuration's folder."
            )
        writer = FactWriter(source_id=self._source.source_id)
        project = Project(self._root, self._source)
        project.settings = self._settings(writer)
        path = self._artifact("manifest", self._options.manifest, project)
        who = f"{self._who}: the manifest {shown(path, self._source)!r}"
        manifest = artifacts.manifest(artifacts.read_json(path, who=who, way_out=_RUN), who=who, way_out=_RUN)
        project.name = manifest.project or str(project.settings.get("name") or "")
        nodes = [
            node
            for node in manifest.nodes.values()
            if chosen(node.original_file_path, include=self._options.include, exclude=self._options.exclude)
        ]
        dialect = self._dialect(manifest)
        told = Told(
            source=self._source,
            writer=writer,
            project=project,
            manifest=manifest,
            catalog=self._catalog(writer, project),
            templates=Templates(manifest, _variables(project.settings, project.name), dialect),
            dialect=dialect,
            nodes=nodes,
            shown_manifest=shown(path, self._source),
        )
        told.write()
        self._say_version(writer, manifest, told.shown_manifest)
        self._say_broken(writer, manifest.broken, told.shown_manifest)
        self._say_files(told, [] if self._options.include else added(project, manifest))
        self._say_failed(writer, project, told)
        if not nodes:
            message = f"{who} holds no resource that 'include' and 'exclude' let pass; correct them or the project."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _settings(self, writer: FactWriter) -> Mapping[str, Any]:
        """``dbt_project.yml``, for its target path, its variables and its packages; empty with a problem without it."""
        path = self._root / "dbt_project.yml"
        name = shown(path, self._source)
        try:
            value = yamlfile.load(path, name=name).value
        except ConfigError as error:
            message = f"The variables and paths of the project are not known. {error}"
            problems.report(writer, self._source, name, "unreadable", message, fatal=os.path.lexists(path))
            return {}
        return value if isinstance(value, dict) else {}

    def _artifact(self, name: str, given: str | None, project: Project) -> Path:
        """Path of an artifact. Raises SourceError for one that a link takes out of the project unasked."""
        if given:
            return self._source.base / given
        if self._options.target:
            return self._source.base / self._options.target / f"{name}.json"
        folder = project.settings.get("target-path")
        inside = folder if isinstance(folder, str) and folder and "{" not in folder else "target"
        path = self._root / inside / f"{name}.json"
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._root)):
            raise SourceError(
                f"{self._who}: {shown(path, self._source)!r} leads out of the project; if that is meant, name it by "
                f"{name!r} or its folder by 'target'."
            )
        return path

    def _dialect(self, manifest: artifacts.Manifest) -> str:
        if self._options.dialect:
            return self._options.dialect
        found = DIALECTS.get(manifest.adapter.casefold())
        if found is None:
            raise SourceError(
                f"{self._who}: datagov does not know which SQL dbt's adapter {manifest.adapter!r} speaks; "
                "set the option 'dialect', for example postgres."
            )
        return found

    def _catalog(self, writer: FactWriter, project: Project) -> Mapping[str, artifacts.CatalogTable]:
        """The catalog; none, with a problem, when it is not there: only ``dbt docs generate`` writes it."""
        path, who = self._optional("catalog", self._options.catalog, project)
        if path is None:
            return {}
        way_out = "run 'dbt docs generate' or remove it"
        try:
            tables, broken = artifacts.catalog(
                artifacts.read_json(path, who=who, way_out=way_out), who=who, way_out=way_out
            )
        except SourceError as error:
            problems.report(writer, self._source, "catalog", "unreadable", str(error), fatal=True)
            return {}
        self._say_broken(writer, broken, shown(path, self._source))
        return tables

    def _optional(self, name: str, given: str | None, project: Project) -> tuple[Path | None, str]:
        path = self._artifact(name, given, project)
        there = bool(given) or os.path.lexists(path)
        return (path if there else None), f"{self._who}: {shown(path, self._source)!r}"

    def _say_version(self, writer: FactWriter, manifest: artifacts.Manifest, file: str) -> None:
        if manifest.version in artifacts.KNOWN_VERSIONS:
            return
        called = "of no version that datagov can tell" if manifest.version is None else f"of version {manifest.version}"
        first, last = artifacts.KNOWN_VERSIONS[0], artifacts.KNOWN_VERSIONS[-1]
        message = (
            f"The manifest is {called}; datagov was tried with versions {first} to {last}. What it understands was "
            "read, the rest was not."
        )
        problems.report(writer, self._source, file, "unknown_version", message, fatal=False, file=file)

    def _say_broken(self, writer: FactWriter, broken: Sequence[str], file: str) -> None:
        for name in broken:
            message = f"The entry {name!r} of {file} does not have the shape that dbt documents and was left out."
            problems.report(writer, self._source, name, "unreadable", message, fatal=True, file=file)

    def _say_files(self, told: Told, fresh: Sequence[str]) -> None:
        """Files that changed since, that are new, or that are not there: each kind once."""
        report = problems.report
        if stale := [*told.stale, *fresh]:
            message = (
                f"{_listed(stale)} changed since dbt wrote the manifest, so the lineage is that of an older state; "
                "run 'dbt compile' and audit again."
            )
            report(told.writer, self._source, stale[0], "stale", message, fatal=True, file=stale[0])
        if told.missing:
            message = (
                f"{_listed(told.missing)} cannot be read beside the manifest, so lines are those of the text in the "
                "manifest and nobody can tell whether it is current; give 'path' the whole project."
            )
            report(told.writer, self._source, told.missing[0], "no_file", message, fatal=False)

    def _say_failed(self, writer: FactWriter, project: Project, told: Told) -> None:
        """Models that the last run did not build: their tables are older than their SQL."""
        path, who = self._optional("run_results", self._options.run_results, project)
        if path is None:
            return
        try:
            statuses = artifacts.failed(artifacts.read_json(path, who=who, way_out="run dbt again or remove it"))
        except SourceError as error:
            problems.report(writer, self._source, "run_results", "unreadable", str(error), fatal=True)
            return
        for node in told.nodes:
            if node.is_relation and node.unique_id in statuses:
                message = (
                    f"The last run of dbt ended with {statuses[node.unique_id]!r} for {node.unique_id}; its table may "
                    "be older than its SQL, or not be there."
                )
                file = project.shown(node)
                problems.report(writer, self._source, node.unique_id, "not_built", message, fatal=False, file=file)


def _variables(settings: Mapping[str, Any], project: str) -> Mapping[str, Any]:
    """The project's own variables over those for all packages; a value that is a template itself is none."""
    given = settings.get("vars")
    if not isinstance(given, dict):
        return {}
    own = given.get(project)
    merged = {**given, **(own if isinstance(own, dict) else {})}
    return {key: value for key, value in merged.items() if not re.search(r"{[{%]", str(value))}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more files" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"
