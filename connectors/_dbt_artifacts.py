"""What dbt writes into its target folder, as values: ``manifest.json``, ``catalog.json`` and ``run_results.json``.

Shapes follow https://schemas.getdbt.com, manifest v9 to v12; what is not needed is not read, and an entry that does not
fit is told apart from the others.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from datagov import wholefile
from datagov.errors import SourceError, SourceLimitError

MAX_BYTES = 128 * 1024 * 1024
"""Largest artifact that is read; parsed it takes some six times its size."""

KNOWN_VERSIONS = range(9, 13)
"""Versions of the manifest's schema that were read for real."""

WRITTEN = ("model", "seed", "snapshot")
"""Resource types that become a table or view."""

_HALVES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
"""A backslash, a character in two halves, or half a one alone, as JSON escapes them."""
_VERSION = re.compile(r"/manifest/v(\d+)\.json$")

Empty = BeforeValidator(lambda value: {} if value is None else value)
Nothing = BeforeValidator(lambda value: [] if value is None else value)


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True, populate_by_name=True)


class Checksum(_Shape):
    """Digest of a file's text without white space around it; ``name`` is sha256 when it is one."""

    name: str = "none"
    checksum: str = ""


class DependsOn(_Shape):
    """Unique ids of what a node needs."""

    macros: Annotated[list[str], Nothing] = []
    nodes: Annotated[list[str], Nothing] = []


class ExtraCte(_Shape):
    """An ephemeral model as dbt put it into the compiled text of another one."""

    id: str = ""
    sql: str | None = None


class Column(_Shape):
    """A column that the project documents."""

    name: str
    description: str | None = None
    meta: Annotated[dict[str, Any], Empty] = {}
    config: Annotated[dict[str, Any], Empty] = {}


class Node(_Shape):
    """A model, seed, snapshot, source table, operation or exposure."""

    unique_id: str
    name: str
    resource_type: str
    package_name: str = ""
    original_file_path: str = ""
    patch_path: str | None = None
    database: str | None = None
    schema_: Annotated[str | None, Field(alias="schema")] = None
    alias: str | None = None
    identifier: str | None = None
    relation_name: str | None = None
    description: str | None = None
    language: str | None = None
    raw_code: Annotated[str | None, Field(validation_alias=AliasChoices("raw_code", "raw_sql"))] = None
    compiled_code: Annotated[str | None, Field(validation_alias=AliasChoices("compiled_code", "compiled_sql"))] = None
    checksum: Checksum = Checksum()
    config: Annotated[dict[str, Any], Empty] = {}
    meta: Annotated[dict[str, Any], Empty] = {}
    columns: Annotated[dict[str, Column], Empty] = {}
    group: str | None = None
    depends_on: Annotated[DependsOn, Empty] = DependsOn()
    extra_ctes: Annotated[list[ExtraCte], Nothing] = []
    version: str | None = None
    latest_version: str | None = None
    source_name: str | None = None
    owner: Annotated[dict[str, Any], Empty] = {}
    access: str | None = None
    test_metadata: Annotated[dict[str, Any], Empty] = {}
    attached_node: str | None = None
    column_name: str | None = None

    @property
    def materialized(self) -> str:
        """How it is built: table, view, incremental, ephemeral, snapshot, seed, or an adapter's own word."""
        return str(self.config.get("materialized") or "view")

    @property
    def table(self) -> str:
        """Name of its relation in the schema."""
        return self.identifier or self.alias or self.name

    @property
    def is_relation(self) -> bool:
        """Whether a table or view of the database stands for it."""
        if self.resource_type == "source":
            return True
        return self.resource_type in WRITTEN and self.materialized != "ephemeral"

    @property
    def said(self) -> Mapping[str, Any]:
        """Its ``meta``: since dbt 1.10 below ``config``, before beside it."""
        below = self.config.get("meta")
        return {**self.meta, **(below if isinstance(below, dict) else {})}

    @property
    def in_group(self) -> str | None:
        """Name of the group it belongs to."""
        return self.group or (self.config.get("group") or None)


class Macro(_Shape):
    """A macro with its text."""

    unique_id: str
    name: str
    package_name: str = ""
    macro_sql: str = ""
    depends_on: Annotated[DependsOn, Empty] = DependsOn()


class CatalogColumn(_Shape):
    """A column as the database listed it."""

    name: str
    type: str | None = None
    index: int = 0
    comment: str | None = None


class CatalogTable(_Shape):
    """A relation as the database listed it."""

    metadata: Annotated[dict[str, Any], Empty] = {}
    columns: Annotated[dict[str, CatalogColumn], Empty] = {}


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest, sorted by unique id; ``broken`` names entries that do not fit their shape."""

    version: int | None
    project: str
    adapter: str
    nodes: Mapping[str, Node]
    macros: Mapping[str, Macro]
    groups: Mapping[str, Node]
    disabled: frozenset[str]
    """Files of disabled resources."""
    broken: Sequence[str] = field(default=())


def read_json(path: Path, *, who: str, way_out: str) -> dict[str, Any]:
    """The object in a JSON file. Raises SourceError, which begins with ``who`` and holds nothing of the file."""
    try:
        if not os.path.isfile(path):  # noqa: PTH113 - unlike Path.is_file it never raises
            gone = "is not a file, or a link to nothing" if os.path.lexists(path) else "does not exist"
            raise SourceError(f"{who} {gone}; {way_out}.")
        text = wholefile.read(path, most=MAX_BYTES).decode("utf-8-sig")
        value = json.loads(_without_halves(text))
    except wholefile.TooLargeError:
        size = MAX_BYTES // 1024 // 1024
        message = f"{who} is larger than {size} MB; split the project or have dbt select part of it."
        raise SourceLimitError(message) from None
    except OSError as error:
        raise SourceError(f"{who} cannot be read: {error.strerror}; grant it.") from None
    except (ValueError, RecursionError):
        raise SourceError(f"{who} is not valid JSON; {way_out}.") from None
    if not isinstance(value, dict):
        raise SourceError(f"{who} is not an artifact of dbt: it holds no JSON object; {way_out}.")
    return value


def _without_halves(text: str) -> str:
    """JSON without half characters, which it can spell and nothing else can hold.

    >>> len(_without_halves(chr(92) + "ud83d" + chr(92) + "ude00")), _without_halves(chr(92) + "ud800")[1:]
    (12, 'ufffd')
    """
    if "\\ud" not in text and "\\uD" not in text:
        return text
    return _HALVES.sub(lambda found: r"\ufffd" if found[1] else found[0], text)


def manifest(value: Mapping[str, Any], *, who: str, way_out: str) -> Manifest:
    """The manifest in a JSON object. Raises SourceError when it is something else."""
    about, nodes = value.get("metadata"), value.get("nodes")
    if not isinstance(about, dict) or not isinstance(nodes, dict):
        raise SourceError(f"{who} is not a manifest of dbt: it has no 'metadata' or no 'nodes'; {way_out}.")
    version = _VERSION.search(str(about.get("dbt_schema_version")))
    broken: list[str] = []
    found: dict[str, Node] = {}
    for kind in ("nodes", "sources", "exposures"):
        found |= _shaped(value.get(kind), Node, broken)
    return Manifest(
        version=int(version[1]) if version else None,
        project=str(about.get("project_name") or ""),
        adapter=str(about.get("adapter_type") or ""),
        nodes=dict(sorted(found.items())),
        macros=_shaped(value.get("macros"), Macro, broken),
        groups=_shaped(value.get("groups"), Node, broken),
        disabled=_disabled(value.get("disabled")),
        broken=sorted(broken),
    )


def catalog(value: Mapping[str, Any], *, who: str, way_out: str) -> tuple[Mapping[str, CatalogTable], Sequence[str]]:
    """(relations by unique id, entries that do not fit). Raises SourceError when it is something else."""
    if not isinstance(value.get("nodes"), dict):
        raise SourceError(f"{who} is not a catalog of dbt: it has no 'nodes'; {way_out}.")
    broken: list[str] = []
    tables = _shaped(value["nodes"], CatalogTable, broken) | _shaped(value.get("sources"), CatalogTable, broken)
    return tables, sorted(broken)


def failed(value: Mapping[str, Any]) -> Mapping[str, str]:
    """Status by unique id of what did not end well in the last run: error, fail, skipped, partial success."""
    results = value.get("results")
    return {
        str(one.get("unique_id")): str(one.get("status"))
        for one in (results if isinstance(results, list) else ())
        if isinstance(one, dict) and one.get("status") in ("error", "skipped", "partial success")
    }


def _shaped(value: Any, shape: type[Any], broken: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, entry in (value if isinstance(value, dict) else {}).items():
        try:
            found[str(key)] = shape.model_validate(entry)
        except (ValidationError, RecursionError):
            broken.append(str(key))
    return found


def _disabled(value: Any) -> frozenset[str]:
    entries = value.values() if isinstance(value, dict) else ()
    lists = [entry for entry in entries if isinstance(entry, list)]
    return frozenset(str(one.get("original_file_path")) for entry in lists for one in entry if isinstance(one, dict))
