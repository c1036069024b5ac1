"""Data contracts (Open Data Contract Standard 3.0 to 3.2) as declarations: owners, purposes, rights, retention."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from datagov import yamlfile
from datagov.connectors import _odcs_read as odcs
from datagov.connectors import _problems as problems
from datagov.connectors._odcs_contract import contract
from datagov.connectors._options import Options, escaped, located, validated
from datagov.connectors._yaml_documents import documents
from datagov.contracts import FactBatches, Source
from datagov.errors import ConfigError, SourceError
from datagov.fact_writer import FactWriter

_NOT_IN_FORCE = ("proposed", "draft", "retired")


class OdcsOptions(Options):
    """Options of a source with ``use: odcs``."""

    path: Annotated[str, Field(min_length=1, description="A contract, or a folder of them.")]
    schema_: Annotated[
        str | None, Field(alias="schema", description="Schema of tables for which a contract names none.")
    ] = None
    include: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder; none means all.")] = ()
    exclude: Annotated[tuple[str, ...], Field(description="Globs over paths inside the folder to leave out.")] = ()


class OdcsConnector:
    """Reads contracts from ``*.yaml`` and ``*.yml`` files, in the order of their paths.

    Raises ConfigError for wrong options at once, SourceError for a missing folder when it is harvested.
    """

    role = "declarations"

    def __init__(self, source: Source) -> None:
        self._source = source
        self._options = validated(source, OdcsOptions)
        self._root = located(source, self._options.path)

    def harvest(self) -> FactBatches:
        """``owner_assertion`` and ``declaration`` facts, and a problem for every file that is not a valid contract.

        A contract counts whole or not at all. One whose status is proposed, draft or retired does not count.
        """
        writer = FactWriter(source_id=self._source.source_id)
        given = {"include": self._options.include, "exclude": self._options.exclude}
        for document in documents(self._root, self._source, writer, what="contract", **given):
            name = document.file
            try:
                self._read(writer, document)
            except (ConfigError, SourceError) as error:
                line = getattr(error, "line", None) or 1
                problems.report(
                    writer, self._source, name, "invalid_contract", str(error), fatal=True, file=name, line=line
                )
        yield from writer.batches()

    def _read(self, writer: FactWriter, document: yamlfile.Document) -> None:
        """Add the facts of one document; nothing is added when any part of it is wrong."""
        name = document.file
        if self._is_other_yaml(document):
            message = f"The file {name!r} is not a data contract and was left out; it has no 'kind: DataContract'."
            problems.report(writer, self._source, name, "not_a_contract", message, fatal=False, file=name, line=1)
            return
        read = contract(document)
        members = list(odcs.owners(read, document))
        said: list[odcs.Said] = []
        names: list[str] = []
        for n, table in enumerate(read.schema_):
            for dataset in odcs.datasets(read, table, n, document, schema=self._options.schema_):
                names.append(dataset)
                said += odcs.said(read, table, n, document, dataset=dataset)
        if (read.status or "").strip().casefold() in _NOT_IN_FORCE:
            message = f"The contract {name!r} is not in force by its status, so nothing in it was counted."
            problems.report(
                writer,
                self._source,
                name,
                "not_in_force",
                message,
                fatal=False,
                file=name,
                line=document.line("status"),
            )
            return
        if not names:
            message = f"The contract {name!r} names no table under 'schema', so it declares nothing."
            problems.report(writer, self._source, name, "empty", message, fatal=False, file=name, line=1)
        source_id = self._source.source_id
        for dataset in dict.fromkeys(names):
            for owner in members:
                writer.add(
                    "owner_assertion",
                    source_id=source_id,
                    selector=escaped(dataset),
                    principal=owner.principal,
                    role=owner.role,
                    valid_from=owner.valid_from,
                    valid_to=owner.valid_to,
                    replaced_by=owner.replaced_by,
                    file=name,
                    line=owner.line,
                )
        for one in said:
            writer.add(
                "declaration",
                source_id=source_id,
                selector=one.selector,
                key=one.key,
                value=one.value,
                file=name,
                line=one.line,
            )

    def _is_other_yaml(self, document: yamlfile.Document) -> bool:
        """Whether a YAML file is plainly something else; ``*.odcs.yaml`` and a file given by its path never are."""
        named = ".odcs." in Path(document.file).name or self._root.is_file()
        return not named and not (isinstance(document.value, dict) and {"kind", "apiVersion"} & document.value.keys())
