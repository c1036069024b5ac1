"""A file context of Great Expectations: where its suites lie, and which tables each of them is checked on."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datagov import yamlfile
from datagov.errors import ConfigError

FOLDERS = ("gx", "great_expectations")
"""Names of the context's folder inside a project: since 0.17, and before."""
CONFIG = "great_expectations.yml"


class Context:
    """The context below a folder; ``faults`` are files that say which table a suite is about and cannot be read.

    ``names`` gives each file's name in messages. Nothing of a data source but its tables is looked at.
    """

    def __init__(self, root: Path, names: Any) -> None:
        self.root = next((root / one for one in FOLDERS if os.path.isdir(root / one)), root)  # noqa: PTH112 - never raises
        self.faults: list[ConfigError] = []
        self._names = names
        config = self._loaded(self.root / CONFIG) if os.path.lexists(self.root / CONFIG) else {}
        self.suites = self._folder(config, "expectations_store", "expectations_store_name", "expectations")
        self._tables: dict[tuple[str, str], str] = {}
        for source, said in _mapping(config.get("fluent_datasources")).items():
            for asset, told in _assets(said):
                if table := _table(told):
                    self._tables[str(source), asset] = table
        self._of_suite: dict[str, list[str]] = defaultdict(list)
        definitions = self._folder(
            config, "validation_definition_store", "validation_definition_store_name", "validation_definitions"
        )
        for document in self._documents(definitions, (".json",)):
            self._define(document)
        for document in self._documents(self.root / "checkpoints", (".yml", ".yaml", ".json")):
            self._check(document)

    def tables(self, suite: str) -> list[str]:
        """Tables that validation definitions and checkpoints run a suite on; ``schema.table`` where that is known."""
        return list(dict.fromkeys(self._of_suite.get(suite, ())))

    def named(self, asset: str) -> str | None:
        """The table of an asset of any data source; a name with a dot is one itself."""
        known = {table for (_, name), table in self._tables.items() if name == asset}
        return known.pop() if len(known) == 1 else asset if "." in asset and " " not in asset else None

    def _folder(self, config: Mapping[str, Any], store: str, naming: str, usual: str) -> Path:
        """Where a store keeps its files, when that is inside the context; else where it usually does."""
        said = _mapping(_mapping(config.get("stores")).get(str(config.get(naming) or store)))
        base = _mapping(said.get("store_backend")).get("base_directory")
        folder = (
            self.root / base if isinstance(base, str) and base and not {"$", "\0"} & set(base) else self.root / usual
        )
        inside = os.path.realpath(folder).startswith(os.path.realpath(self.root) + os.sep)
        return folder if inside else self.root / usual

    def _documents(self, folder: Path, suffixes: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        if os.path.isdir(folder):  # noqa: PTH112 - unlike Path.is_dir it never raises
            root = os.path.realpath(self.root)
            for path in sorted(folder.iterdir()):
                inside = os.path.realpath(path).startswith(root + os.sep)
                if path.name.endswith(suffixes) and not path.name.startswith(".") and inside:
                    yield self._loaded(path)

    def _loaded(self, path: Path) -> Mapping[str, Any]:
        try:
            return _mapping(yamlfile.load(path, name=self._names(path)).value)
        except ConfigError as error:
            self.faults.append(error)
            return {}

    def _define(self, document: Mapping[str, Any]) -> None:
        """A validation definition of 1.x: a suite, and the asset of a data source."""
        data = _mapping(document.get("data"))
        source, asset = _mapping(data.get("datasource")).get("name"), _mapping(data.get("asset")).get("name")
        suite = _mapping(document.get("suite")).get("name")
        if isinstance(suite, str) and (table := self._tables.get((str(source), str(asset)))):
            self._of_suite[suite].append(table)

    def _check(self, document: Mapping[str, Any]) -> None:
        """A checkpoint of 0.13 to 0.18: suites, and batches of assets, below ``validations`` or for all of them."""
        listed = document.get("validations")
        for one in [document, *(listed if isinstance(listed, list) else ())]:
            said = _mapping(one)
            suite = said.get("expectation_suite_name") or document.get("expectation_suite_name")
            batch = _mapping(said.get("batch_request")) or _mapping(document.get("batch_request"))
            source, asset = batch.get("datasource_name"), batch.get("data_asset_name")
            if isinstance(suite, str) and isinstance(asset, str):
                table = self._tables.get((str(source), asset)) or self.named(asset)
                self._of_suite[suite] += [table] if table else []


def _assets(source: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Assets of a data source: by name as they are written, or a list of them as 0.16 did."""
    assets = _mapping(source).get("assets")
    if isinstance(assets, list):
        assets = {one["name"]: one for one in assets if isinstance(one, Mapping) and isinstance(one.get("name"), str)}
    for name, told in _mapping(assets).items():
        if isinstance(name, str) and isinstance(told, Mapping):
            yield name, told


def _table(asset: Mapping[str, Any]) -> str | None:
    """The table of an asset of a table; None for queries, files and frames."""
    table, schema = asset.get("table_name"), asset.get("schema_name")
    if not isinstance(table, str) or not table or asset.get("type", "table") != "table":
        return None
    return f"{schema}.{table}" if isinstance(schema, str) and schema else table


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
