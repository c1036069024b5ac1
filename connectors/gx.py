"""Suites of Great Expectations as declarations: what a project already asserts of its tables and columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from datagov.connectors import _problems as problems
from datagov.connectors._folder import Found, files
from datagov.connectors._gx_context import Context
from datagov.connectors._gx_suite import Suite, suite
from datagov.connectors._options import Options, escaped, located, shown, validated
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter


class GxOptions(Options):
    """Options of a source with ``use: gx``."""

    path: Annotated[str, Field(min_length=1, description="The project, its folder gx, or the folder of its context.")]
    suites: Annotated[
        dict[str, str | tuple[str, ...]],
        Field(default_factory=dict, description="Suite to the tables it is about: crm_customer: crm.customer."),
    ]
    schema_: Annotated[
        str | None, Field(alias="schema", description="Schema of tables for which a data source names none.")
    ] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over paths of suites; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths of suites to leave out.")] = ()


class GxConnector:
    """Reads the suites of a file context; the library is not imported, no data source is opened.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, GxOptions)
        self._root = located(source, self._options.path)
        self._who = f"Source {source.name!r}: the folder {shown(self._root, source)!r}"

    def harvest(self) -> FactBatches:
        """``declaration`` facts with the key ``quality``: one per assertion and column, or table; no value of it."""
        writer = FactWriter(source_id=self._source.source_id)
        files(self._root, who=self._who, suffixes=("great_expectations.yml",), include=(), exclude=())
        context = Context(self._root, lambda path: shown(path, self._source))
        for fault in context.faults:
            self._refuse(writer, fault.file or self._source.name, fault)
        found = self._files(context)
        for one in found:
            name = shown(one.path, self._source)
            try:
                if one.fault:
                    raise ConfigError(f"The suite {one.fault}.", file=name)
                called = one.inside.removesuffix(".json").replace("/", ".")
                self._add(writer, context, suite(one.path, name, called=called), name)
            except ConfigError as error:
                self._refuse(writer, name, error)
        if not found:
            message = f"{self._who} holds no suite that 'include' and 'exclude' let pass; correct 'path' or them."
            problems.report(writer, self._source, self._source.name, "empty", message, fatal=True)
        yield from writer.batches()

    def _files(self, context: Context) -> Sequence[Found]:
        who = f"Source {self._source.name!r}: the folder of suites {shown(context.suites, self._source)!r}"
        options = self._options
        found = files(context.suites, who=who, suffixes=(".json",), include=options.include, exclude=options.exclude)
        return [one for one in found if not one.inside.startswith(".")]

    def _refuse(self, writer: FactWriter, name: str, error: ConfigError) -> None:
        line = error.line or 1
        problems.report(writer, self._source, name, "unreadable", str(error), fatal=True, file=name, line=line)

    def _add(self, writer: FactWriter, context: Context, found: Suite, name: str) -> None:
        for line in found.malformed:
            message = f"The expectation in {name}:{line} has no type, kwargs or names of columns; it does not count."
            problems.report(writer, self._source, name, "unreadable", message, fatal=True, file=name, line=line)
        tables = self._tables(context, found)
        if not tables and found.assertions:
            message = (
                f"Nothing says which table the suite in {name} is about (a validation definition or checkpoint over a "
                "table does), so it does not count; name the table in the option 'suites'."
            )
            problems.report(writer, self._source, name, "unassigned", message, fatal=False, file=name)
        for table in tables:
            for assertion in found.assertions:
                place = {"source_id": self._source.source_id, "file": name, "line": assertion.line}
                selector = escaped(table)
                for below in [f"{selector}.{escaped(column)}" for column in assertion.columns] or [selector]:
                    writer.add("declaration", selector=below, key="quality", value=assertion.word, **place)

    def _tables(self, context: Context, found: Suite) -> list[str]:
        """Tables of a suite: the option's, else those it is run on, else those its own ``meta`` cites."""
        given = self._options.suites.get(found.name)
        if given is not None:
            return [given] if isinstance(given, str) else list(given)
        cited = [table for asset in found.cited if (table := context.named(asset))]
        schema = self._options.schema_
        tables = context.tables(found.name) or cited
        return [f"{schema}.{table}" if schema and "." not in table else table for table in tables]
