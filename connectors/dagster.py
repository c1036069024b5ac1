"""A Dagster project as a pipeline: assets with owners, groups and upstream assets, and SQL in their bodies, by AST."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._dagster_assets import Asset, Module
from datagov.connectors._dagster_names import Key, Names
from datagov.connectors._folder import Found, files
from datagov.connectors._notebook_code import State
from datagov.connectors._options import Options, escaped, located, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter
from datagov.jsonfile import text_of

_MOST_MB = 5


class DagsterOptions(Options):
    """Options of a source with ``use: dagster``."""

    path: Annotated[
        str, Field(min_length=1, description="The folder of Python files, from the configuration's folder.")
    ]
    dialect: Annotated[
        str, Field(pattern=r"^[a-z0-9_]+$", description="Dialect of SQL whose connection does not tell it.")
    ]
    schema_: Annotated[
        str | None, Field(alias="schema", description="Schema of assets whose key has one part only.")
    ] = None
    datasets: Annotated[
        dict[str, str], Field(default_factory=dict, description="Asset key to its table: shop/orders: dw.orders.")
    ]
    connections: Annotated[
        dict[str, str], Field(default_factory=dict, description="Names of connections in Python and their dialect.")
    ]
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class DagsterConnector:
    """Reads the ``*.py`` files of a folder as text; Dagster need not be installed.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "pipeline"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, DagsterOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """A dataset and a job per asset, its owners as assertions; upstream assets as links where no SQL says more."""
        writer = FactWriter(source_id=self._source.source_id)
        options = self._options
        found = files(self._root, who=self._who, suffixes=(".py",), include=options.include, exclude=options.exclude)
        modules: list[tuple[str, str, Module]] = []
        own: dict[str, tuple[ast.Module, Mapping[str, Key]]] = {}
        for one in found:
            name = shown(one.path, self._source)
            if read := self._module(writer, one, name):
                modules.append((name, one.inside, read[0]))
                own[one.inside] = read[0].tree, read[1]
        names = Names(own)
        elsewhere = names.everywhere()
        count = 0
        for name, inside, module in modules:
            module.elsewhere = elsewhere
            assets = self._assets(writer, name, names, inside, module)
            for asset in assets:
                self._add(writer, name, asset)
            count += len(assets)
        if not count:
            message = f"{self._who} holds no asset of Dagster that 'include' and 'exclude' let pass."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=not found)
        yield from writer.batches()

    def _module(self, writer: FactWriter, one: Found, name: str) -> tuple[Module, Mapping[str, Key]] | None:
        """A file as a module, with its names of assets; what is none is a problem, and the others are read."""
        kind, line = "failed", 1
        try:
            if one.fault:
                raise ConfigError(f"The file {one.fault}.", file=name)
            module = Module.of(text_of(one.path, name, most_mb=_MOST_MB))
            return module, dict(module.names())
        except ConfigError as error:
            kind, message = "unreadable", str(error)
        except SyntaxError as error:
            line = error.lineno or 1
            message = f"The file {name!r} is no valid Python at line {line}; its assets are not known."
        except (RecursionError, ValueError, MemoryError):
            message = _too_deep(name)
        problems.report(writer, self._source, name, kind, message, fatal=True, file=name, line=line)
        return None

    def _assets(self, writer: FactWriter, name: str, names: Names, inside: str, module: Module) -> list[Asset]:
        """The assets of a module; one that is nested too deeply is a problem, and the others are read."""
        try:
            return list(module.assets(names.of(inside), State(self._options.connections)))
        except (RecursionError, ValueError, MemoryError):
            message = _too_deep(name)
        problems.report(writer, self._source, name, "failed", message, fatal=True, file=name, line=1)
        return []

    def _dataset(self, key: Key, table: str | None = None) -> str:
        """The table of an asset: the option's, its own ``dagster/table_name``, else the last two parts of its key."""
        given = self._options.datasets.get("/".join(key))
        if given:
            return given
        parts = table.split(".")[-2:] if table else list(key[-2:])
        schema = self._options.schema_
        return ".".join([schema, *parts] if schema and len(parts) == 1 else parts)

    def _add(self, writer: FactWriter, name: str, asset: Asset) -> None:
        called = "/".join(asset.key)
        dataset = self._dataset(asset.key, asset.table)
        place = {"file": name, "line": asset.line}
        source_id = self._source.source_id
        writer.add("dataset", source_id=source_id, namespace="dagster", name=dataset, kind="table")
        owners = [owner.removeprefix("team:") for owner in asset.owners]
        for owner in dict.fromkeys(owners):
            writer.add(
                "owner_assertion",
                source_id=source_id,
                selector=escaped(dataset),
                principal=owner,
                role="data_owner",
                **place,
            )
        if asset.unread:
            message = f"The {' and the '.join(asset.unread)} of the asset {called} are put together when it is loaded."
            problems.report(writer, self._source, name, "opaque", message, fatal=False, file=name, line=asset.line)
        dialects = dict.fromkeys(run.dialect or self._options.dialect for run in asset.runs if run.text is not None)
        jobs: dict[str, int] = {}
        for dialect in dialects or [self._options.dialect]:
            jobs[dialect] = writer.add(
                "job",
                source_id=source_id,
                name=f"{asset.group}.{called}",
                kind="dagster_asset",
                dialect=dialect,
                owner=next(iter(owners), None),
                schedule=asset.cron,
                **place,
            )
        for ordinal, run in enumerate(asset.runs):
            if run.text is None or run.text.unknown:
                message = (
                    f"SQL of the asset {called} is put together when it runs; its lineage is not, or partly, known."
                )
                problems.report(writer, self._source, name, "opaque", message, fatal=False, file=name, line=run.line)
            if run.text is not None:
                writer.add(
                    "statement",
                    job_id=jobs[run.dialect or self._options.dialect],
                    ordinal=ordinal,
                    kind="SCRIPT",
                    outcome="parsed",
                    sql=run.text.sql,
                    file=name,
                    line=run.text.line,
                    end_line=run.text.line + run.text.sql.rstrip("\n").count("\n"),
                )
        for dep in asset.deps:
            writer.add(
                "link",
                job_id=next(iter(jobs.values())),
                source_dataset=self._dataset(dep),
                source_field="*",
                target_dataset=dataset,
                target_field="*",
                type="DIRECT",
                **place,
            )


def _too_deep(name: str) -> str:
    return f"The file {name!r} is nested too deeply or is no text; its assets are not known."
