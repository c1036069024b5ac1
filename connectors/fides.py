"""fideslang manifests as declarations: categories of columns, purposes, legal bases, retention, owners of datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from datagov import yamlfile
from datagov.connectors import _problems as problems
from datagov.connectors._fides_manifest import (
    OTHER_SECTIONS,
    SECTIONS,
    Dataset,
    DataUse,
    System,
    entries,
    validated,
)
from datagov.connectors._fides_said import Fault, Owner, Placed, Said, Table, of_dataset, of_system, tables
from datagov.connectors._options import Options, located, shown
from datagov.connectors._options import validated as options_of
from datagov.connectors._yaml_documents import documents
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError
from datagov.fact_writer import FactWriter

_MODELS: Mapping[str, type[Dataset | System | DataUse]] = {"dataset": Dataset, "system": System, "data_use": DataUse}


class FidesOptions(Options):
    """Options of a source with ``use: fides``."""

    path: Annotated[str, Field(min_length=1, description="A manifest, or a folder of them.")]
    schemas: Annotated[
        Mapping[str, str],
        Field(default_factory=dict, description="fides_key of a dataset to the schema of its tables: app_db: public."),
    ]
    purposes: Annotated[
        Mapping[str, str],
        Field(default_factory=dict, description="fideslang data use to the purpose of your register that it means."),
    ]
    owners: Annotated[
        Mapping[str, str], Field(default_factory=dict, description="Owner as written to principal: Marketing: li@x.")
    ]
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class FidesConnector:
    """Reads manifests from ``*.yml`` and ``*.yaml`` files, in the order of their paths; systems may refer to any file.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = options_of(source, FidesOptions)
        self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """``declaration`` and ``owner_assertion`` facts, and a problem for every entry that is not fideslang.

        An entry counts whole or not at all; its neighbours count.
        """
        writer = FactWriter(source_id=self._source.source_id)
        datasets: dict[str, Placed] = {}
        systems: dict[str, Placed] = {}
        bases: dict[str, str] = {}
        for document in self._documents(writer):
            for placed in self._entries(writer, document):
                match placed:
                    case DataUse():
                        bases[placed.fides_key] = placed.legal_basis or ""
                    case Placed(value=Dataset() as value):
                        self._keep(writer, datasets, value.fides_key, placed)
                    case Placed(value=System() as value):
                        self._keep(writer, systems, value.fides_key, placed)
        held: dict[str, Sequence[Table]] = {}
        for key, placed in datasets.items():
            assert isinstance(placed.value, Dataset)
            held[key] = tables(placed.value, self._options.schemas.get(key))
            self._add(writer, of_dataset(placed, placed.value, held[key]))
        for placed in systems.values():
            assert isinstance(placed.value, System)
            self._add(writer, of_system(placed, placed.value, held, bases, self._options.purposes))
        yield from writer.batches()

    def _documents(self, writer: FactWriter) -> Iterator[yamlfile.Document]:
        """The manifests among the files; what is not one is a problem."""
        options = self._options
        given = {"include": options.include, "exclude": options.exclude}
        for document in documents(self._root, self._source, writer, what="manifest", **given):
            name = document.file
            known = (SECTIONS | OTHER_SECTIONS) & (document.value.keys() if isinstance(document.value, dict) else set())
            if known:
                yield document
                continue
            message = (
                f"The file {name!r} is not a fideslang manifest and was left out; it has no 'dataset' or 'system'."
            )
            alone = name == shown(self._root, self._source)
            self._say(writer, name, 1, "not_a_manifest", message, fatal=alone)

    def _entries(self, writer: FactWriter, document: yamlfile.Document) -> Iterator[Placed | DataUse]:
        for section, model in _MODELS.items():
            try:
                found = list(entries(document, section))
            except ConfigError as error:
                self._refuse(writer, document, error)
                continue
            for at, value in found:
                try:
                    entry = validated(document, at, value, model)
                except ConfigError as error:
                    self._refuse(writer, document, error)
                    continue
                yield entry if isinstance(entry, DataUse) else Placed(entry, document, at)

    def _keep(self, writer: FactWriter, kept: dict[str, Placed], key: str, placed: Placed) -> None:
        if key in kept:
            first = kept[key]
            message = (
                f"This fides_key already stands in {first.document.file}:{first.line()}, which counts; "
                "give one of the two another key."
            )
            self._say(writer, placed.document.file, placed.line(), "invalid_manifest", message, fatal=True)
            return
        kept[key] = placed

    def _add(self, writer: FactWriter, found: Iterator[Said | Owner | Fault]) -> None:
        source_id = self._source.source_id
        said: set[Said | Owner | Fault] = set()
        for one in found:
            if one in said:
                continue
            said.add(one)
            if isinstance(one, Fault):
                self._say(writer, one.file, one.line, "unread_value", one.message, fatal=False)
                continue
            place = {"source_id": source_id, "selector": one.selector, "file": one.file, "line": one.line}
            if isinstance(one, Owner):
                principal = self._options.owners.get(one.principal, one.principal)
                writer.add("owner_assertion", principal=principal, role="data_owner", **place)
            else:
                writer.add("declaration", key=one.key, value=one.value, **place)

    def _refuse(self, writer: FactWriter, document: yamlfile.Document, error: ConfigError) -> None:
        self._say(writer, document.file, error.line or 1, "invalid_manifest", str(error), fatal=True)

    def _say(self, writer: FactWriter, name: str, line: int, kind: str, message: str, *, fatal: bool) -> None:
        problems.report(writer, self._source, name, kind, message, fatal=fatal, file=name, line=line)
