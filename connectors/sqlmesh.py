"""A SQLMesh project as a pipeline: models with their headers and queries, read as text; SQLMesh is not needed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from datagov import yamlfile
from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, files
from datagov.connectors._options import Options, escaped, located, shown, validated
from datagov.connectors._sqlmesh_model import Model, NoModelError, model, parts
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.jsonfile import text_of

_MOST_MB = 5
_VIEWS = ("VIEW", "EMBEDDED")
_CONFIGS = ("config.yaml", "config.yml")
_LEFT_OUT = (".*", "*/.*", "audits/*", "tests/*", "logs/*", "macros/*", "seeds/*", "*/venv/*", "venv/*")


class SqlMeshOptions(Options):
    """Options of a source with ``use: sqlmesh``."""

    path: Annotated[str, Field(min_length=1, description="The project: the folder with config.yaml.")]
    dialect: Annotated[
        str | None,
        Field(pattern=r"^[a-z0-9_]+$", description="Dialect of models where neither they nor the config say."),
    ] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the project; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the project to leave out.")] = ()


class SqlMeshConnector:
    """Reads the models of a project. Raises ConfigError for wrong options, SourceError for a missing folder."""

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, SqlMeshOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """A dataset and a job per model, its owner, and what its audits and grain assert as ``quality``."""
        writer = FactWriter(source_id=self._source.source_id)
        options = self._options
        excluded = (*options.exclude, *_LEFT_OUT)
        found = files(self._root, who=self._who, suffixes=(".sql", ".py"), include=options.include, exclude=excluded)
        config = self._config(writer)
        defaults = _mapping(config.get("model_defaults"))
        variables = {
            str(name).lower(): value
            for name, value in _mapping(config.get("variables")).items()
            if isinstance(value, str | int | float)
        }
        count = 0
        for one in found:
            count += self._read(writer, one, defaults, variables)
        if not count:
            message = f"{self._who} holds no model of SQLMesh that 'include' and 'exclude' let pass; correct 'path'."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=not found)
        yield from writer.batches()

    def _config(self, writer: FactWriter) -> Mapping[str, Any]:
        """``config.yaml``; nothing of its gateways is looked at."""
        for name in _CONFIGS:
            path = self._root / name
            inside = os.path.realpath(path).startswith(os.path.realpath(self._root) + os.sep)
            if os.path.lexists(path) and inside:
                try:
                    return _mapping(yamlfile.load(path, name=shown(path, self._source)).value)
                except ConfigError as error:
                    self._refuse(writer, path, str(error), error.line or 1)
        return {}

    def _refuse(self, writer: FactWriter, path: Path, message: str, line: int = 1) -> None:
        name = shown(path, self._source)
        problems.report(writer, self._source, name, "unreadable", message, fatal=True, file=name, line=line)

    def _read(
        self, writer: FactWriter, one: Found, defaults: Mapping[str, Any], variables: Mapping[str, str | float]
    ) -> bool:
        """Whether the file holds a model; a broken one is a problem, and the others are read."""
        name = shown(one.path, self._source)
        try:
            if one.fault:
                raise ConfigError(f"The file {one.fault}.", file=name)
            text = text_of(one.path, name, most_mb=_MOST_MB)
            if one.inside.endswith(".py"):
                return self._python(writer, name, text)
        except ConfigError as error:
            self._refuse(writer, one.path, str(error), error.line or 1)
            return False
        read = 0
        for line, part in parts(text):
            try:
                found = model(part, variables, line)
            except NoModelError as error:
                self._refuse(writer, one.path, f"The model {name!r} {error}.", line)
                continue
            dialect = found.text("dialect") or defaults.get("dialect") or self._options.dialect
            if not isinstance(dialect, str):
                self._refuse(writer, one.path, f"No dialect of {name!r} is known; set the source's 'dialect'.", line)
                continue
            self._add(writer, (name, line), found, dialect.partition(",")[0].strip().lower(), defaults)
            read += 1
        return read > 0

    def _python(self, writer: FactWriter, name: str, text: str) -> bool:
        """A model in Python is opaque; other Python files are none."""
        at = re.search(r"(?m)^@model\(", text)
        if at is None:
            return False
        line = text.count("\n", 0, at.start()) + 1
        message = f"The model in {name!r} is written in Python; where its data flows is not known."
        problems.report(writer, self._source, name, "opaque", message, fatal=False, file=name, line=line)
        return True

    def _add(
        self, writer: FactWriter, place_of: tuple[str, int], found: Model, dialect: str, defaults: Mapping[str, Any]
    ) -> None:
        name, first_line = place_of
        source_id = self._source.source_id
        dataset = ".".join(found.name.split(".")[-2:])
        view = found.kind in _VIEWS
        dataset_id = writer.add(
            "dataset",
            source_id=source_id,
            namespace="sqlmesh",
            name=dataset,
            kind="view" if view else "table",
            comment=found.text("description"),
        )
        for ordinal, (column, type_) in enumerate(found.columns):
            writer.add("column", dataset_id=dataset_id, name=column, ordinal=ordinal, data_type=type_ or None)
        place = {"source_id": source_id, "file": name, "line": first_line}
        owner = found.text("owner") or (defaults.get("owner") if isinstance(defaults.get("owner"), str) else None)
        if owner:
            writer.add("owner_assertion", selector=escaped(dataset), principal=owner, role="data_owner", **place)
        for said in found.assertions:
            for below in [f".{escaped(column)}" for column in said.columns] or [""]:
                writer.add("declaration", selector=escaped(dataset) + below, key="quality", value=said.word, **place)
        cron = found.text("cron") or (defaults.get("cron") if isinstance(defaults.get("cron"), str) else None)
        job_id = writer.add(
            "job", name=found.name, kind="sqlmesh_model", dialect=dialect, owner=owner, schedule=cron, **place
        )
        if found.unknown or (found.sql is None and found.kind not in ("SEED", "EXTERNAL")):
            message = f"The query of {found.name} holds macros or Jinja that only SQLMesh renders: lineage is partial."
            problems.report(writer, self._source, name, "opaque", message, fatal=False, file=name, line=found.line)
        if found.sql is not None:
            writer.add(
                "statement",
                job_id=job_id,
                ordinal=0,
                kind="SCRIPT",
                outcome="parsed",
                sql=f"CREATE {'VIEW' if view else 'TABLE'} {found.name} AS {found.sql}",
                file=name,
                line=found.line,
                end_line=found.line + found.sql.count("\n"),
            )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
