"""What a dbt project says of its tables: owners by ``meta`` and groups, declarations by ``meta.datagov``, and where."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagov.connectors._dbt_artifacts import Manifest, Node
from datagov.connectors._dbt_files import Place, Project
from datagov.connectors._options import escaped
from datagov.yamlfile import Document, Key

ROLES: Mapping[str, str] = {"owner": "data_owner", "steward": "steward", "custodian": "custodian"}
"""Keys of ``meta.datagov`` that assert ownership, with the role they give."""

TABLE_KEYS = frozenset(
    [
        "purpose",
        "legal_basis",
        "controller",
        "region",
        "retention",
        "subject_key",
        "processed_at",
        "right_hold",
        "right_process_use",
        "right_operate",
        "scope",
        "sensitive",
    ]
)
"""Keys of ``meta.datagov`` of a table, named as in datagov.yaml."""

COLUMN_KEYS = frozenset(["entity_type", "classification", "fides", "dpv", "sensitive"])
"""Keys of ``meta.datagov`` of a column."""

_DURATION = re.compile(r"^P(?=\d)(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$")
_SECTIONS = {"model": "models", "seed": "seeds", "snapshot": "snapshots", "exposure": "exposures", "group": "groups"}


@dataclass(frozen=True, slots=True)
class Assertion:
    """Somebody owns a dataset."""

    selector: str
    principal: str
    role: str
    place: Place


@dataclass(frozen=True, slots=True)
class Said:
    """One value of a key for a dataset or column."""

    selector: str
    key: str
    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Fault:
    """A key or value that does not count, as a sentence that repeats no value."""

    message: str
    place: Place


class Voice:
    """Reads what the project says; ``names`` maps unique ids to dataset names."""

    def __init__(self, project: Project, manifest: Manifest, names: Mapping[str, str]) -> None:
        self._project = project
        self._groups = {(one.package_name, one.name): one for one in manifest.groups.values()}
        self._names = names

    def of(self, node: Node) -> Iterator[Assertion | Said | Fault]:
        """Owners of a node, and what is declared of it and its columns."""
        selector = escaped(self._names[node.unique_id])
        where = Entry(self._project, node)
        meta = _mapping(node.said.get("datagov"))
        yield from self._owners(node, meta, selector, where)
        yield from _declared(meta, TABLE_KEYS | ROLES.keys(), selector, where, ())
        for name, column in sorted(node.columns.items()):
            below = _mapping(column.config.get("meta"))
            said = _mapping({**column.meta, **below}.get("datagov"))
            yield from _declared(said, COLUMN_KEYS, f"{selector}.{escaped(name)}", where, ("columns", name))

    def _owners(self, node: Node, meta: Mapping[str, Any], selector: str, where: Entry) -> Iterator[Assertion | Fault]:
        """``meta.datagov.owner``, else ``meta.owner``, else an exposure's owner, else the owner of its group."""
        steps: tuple[Key, ...] = ("meta", "datagov", "owner")
        owners = meta.get("owner")
        if not owners:
            steps, owners = ("meta", "owner"), node.said.get("owner")
        if not owners and node.owner:
            steps, owners = ("owner",), node.owner
        if not owners and (group := self._groups.get((node.package_name, node.in_group or ""))):
            where, steps, owners = Entry(self._project, group), ("owner",), group.owner
        principals = _people(owners)
        if owners and not principals:
            yield Fault("The owner must be a text, a list of texts, or a mapping with email or name.", where.at(steps))
        for principal in principals:
            yield Assertion(selector, principal, "data_owner", where.at(steps))
        for key in ("steward", "custodian"):
            for principal in _people(meta.get(key)):
                yield Assertion(selector, principal, ROLES[key], where.at(("meta", "datagov", key)))


def entry_of(project: Project, node: Node) -> Place:
    """Where the entry of an exposure or a source's table begins in its YAML file."""
    return Entry(project, node).at(("name",))


def _declared(
    meta: Mapping[str, Any], known: frozenset[str], selector: str, where: Entry, below: tuple[Key, ...]
) -> Iterator[Said | Fault]:
    for key, value in meta.items():
        place = where.at((*below, "meta", "datagov", key))
        values = value if isinstance(value, list) else [value]
        if key not in known:
            yield Fault(f"datagov knows no key {key!r} here; known: {', '.join(sorted(known))}.", place)
        elif any(not isinstance(one, str | int | float) or one == "" for one in values):
            if key not in ROLES:
                yield Fault(f"The value of {key!r} must be a text or a list of texts.", place)
        elif key == "retention" and not all(_DURATION.match(str(one)) for one in values):
            yield Fault("The value of 'retention' must be an ISO 8601 duration such as P3Y.", place)
        elif key not in ROLES:
            yield from (Said(selector, key, _text(one), place) for one in values)


class Entry:
    """The entry of a node in the YAML file that describes it."""

    def __init__(self, project: Project, node: Node) -> None:
        inside = node.patch_path.partition("://")[2] if node.patch_path else node.original_file_path
        package = node.patch_path.partition("://")[0] if node.patch_path else node.package_name
        described = inside.endswith((".yml", ".yaml"))
        self._document = project.document(inside, package) if described else None
        self._at = _find(self._document, node) if self._document else None
        self._fallback: Place = (project.shown(node), 1)

    def at(self, steps: Sequence[Key]) -> Place:
        """Line of what stands below the entry, with ``meta`` beside ``config`` or in it; else of the node's file.

        A value that stands in no YAML entry comes from the node's own ``config()`` or from ``dbt_project.yml``.
        """
        document = self._document
        if document is None or self._at is None:
            return self._fallback
        for start in (self._at, self._at[:2] if "tables" in self._at else self._at):
            named = self._columns(start, steps)
            if named is None:
                continue
            head, tail = named
            for path in ((*head, *tail), (*head, "config", *tail)):
                if path in document.lines:
                    return document.file, document.lines[path]
        return self._fallback if self._fallback[0] != document.file else (document.file, document.line(*self._at))

    def test(self, column: str | None, called: str) -> Place:
        """Line of a test of a column, or with None of the table, below ``tests`` or ``data_tests``."""
        above: tuple[Key, ...] = () if column is None else ("columns", column)
        for word in ("data_tests", "tests"):
            named = self._columns(self._at, (*above, word)) if self._at is not None else None
            path = None if named is None else (*named[0], *named[1])
            for n, one in enumerate(_list(_value(self._document, path)) if path else ()):
                keys = [one] if isinstance(one, str) else [*_mapping(one), _mapping(one).get("test_name")]
                if called in keys and path and self._document:
                    return self._document.file, self._document.line(*path, n)
        return self.at((*above, "name") if above else ("name",))

    def _columns(self, start: tuple[Key, ...], steps: Sequence[Key]) -> tuple[tuple[Key, ...], tuple[Key, ...]] | None:
        """(path of the entry or its column, the steps below it)."""
        if steps[0] != "columns":
            return start, tuple(steps)
        columns = _value(self._document, (*start, "columns"))
        for n, one in enumerate(columns if isinstance(columns, list) else ()):
            if isinstance(one, dict) and str(one.get("name")).casefold() == str(steps[1]).casefold():
                return (*start, "columns", n), tuple(steps[2:])
        return None


def _find(document: Document, node: Node) -> tuple[Key, ...] | None:
    """Path of a node's entry in a YAML file."""
    top = _mapping(document.value)
    if node.resource_type == "source":
        for n, one in enumerate(_list(top.get("sources"))):
            if _mapping(one).get("name") == node.source_name:
                for m, table in enumerate(_list(_mapping(one).get("tables"))):
                    if _mapping(table).get("name") == node.name:
                        return ("sources", n, "tables", m)
        return None
    section = _SECTIONS.get(node.resource_type, "groups" if "group." in node.unique_id else "models")
    for n, one in enumerate(_list(top.get(section))):
        if _mapping(one).get("name") == node.name:
            return (section, n)
    return None


def _people(value: Any) -> Sequence[str]:
    """Keys of principals: a text, a list of texts, or dbt's owner with ``email`` before ``name``."""
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("name")
    values = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(one.strip() for one in values if isinstance(one, str) and one.strip()))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _value(document: Document | None, path: Sequence[Key]) -> Any:
    value: Any = document.value if document else None
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            return None
    return value
