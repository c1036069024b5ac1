"""What a dbt project asserts of its tables: its tests as words, the access of its models, and on which lines.

Whether a test passes is not asked. The name of a test may hold the values it accepts, so what is told is its type, or
the file of a test that is a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from datagov.connectors._dbt_artifacts import Manifest, Node
from datagov.connectors._dbt_files import Project
from datagov.connectors._dbt_said import Entry, Said
from datagov.connectors._gx_suite import word_of
from datagov.connectors._options import escaped

_WORDS: Mapping[str, str] = {
    "accepted_values": "in_set",
    "relationships": "references",
    "dbt_utils.relationships_where": "references",
    "dbt_utils.accepted_range": "range",
    "dbt_utils.not_accepted_values": "not_in_set",
    "dbt_utils.not_empty_string": "length",
    "dbt_utils.not_null_proportion": "not_null",
    "dbt_utils.unique_combination_of_columns": "unique_together",
}
"""Tests of dbt and dbt_utils and the word they are declared by; others keep their name."""

_PARTLY = frozenset({"dbt_utils.relationships_where", "dbt_utils.not_null_proportion"})
_NAME = re.compile(r"[A-Za-z]\w{0,150}")
_SOURCE = re.compile(r"source\(\s*['\"]([^'\"]+)['\"]\s*,\s*['\"]([^'\"]+)['\"]")
_NONE_MAY_FAIL = ("!= 0", "> 0", ">0", "!=0", ">= 1")


class Tests:
    """The tests of a project by the table they are about; ``names`` maps unique ids to dataset names."""

    def __init__(self, project: Project, manifest: Manifest, names: Mapping[str, str]) -> None:
        self._project = project
        self._names = names
        self._by_node: dict[str, list[Node]] = {}
        sources = {
            (node.source_name, node.name): node.unique_id
            for node in manifest.nodes.values()
            if node.resource_type == "source"
        }
        for test in manifest.nodes.values():
            if test.resource_type == "test":
                for unique_id in _about(test, sources):
                    self._by_node.setdefault(unique_id, []).append(test)

    def of(self, node: Node) -> Iterator[Said]:
        """``quality`` of a table and of its columns, one per test, and the ``access`` of a model."""
        selector = escaped(self._names[node.unique_id])
        where = Entry(self._project, node)
        if node.access:
            yield Said(selector, "access", node.access, where.at(("access",)))
        columns = {name.casefold(): name for name in node.columns}
        for test in self._by_node.get(node.unique_id, ()):
            word = _word(test)
            named = _kwargs(test).get("column_name") or test.column_name
            column = columns.get(str(named).strip('"`[]').casefold(), str(named).strip('"`[]')) if named else None
            generic = bool(test.test_metadata)
            place = where.test(column, _called(test)) if generic else (self._project.shown(test), 1)
            below = f"{selector}.{escaped(column)}" if column else selector
            yield Said(below, "quality", word, place)


def _about(test: Node, sources: Mapping[tuple[str | None, str], str]) -> list[str]:
    """The tables a test is about: the one it stands at, or all that a query of its own reads."""
    if not test.test_metadata:
        return list(test.depends_on.nodes)
    if test.attached_node:
        return [test.attached_node]
    found = _SOURCE.search(str(_kwargs(test).get("model")))
    unique_id = sources.get((found[1], found[2])) if found else None
    return [unique_id] if unique_id else list(test.depends_on.nodes[:1])


def _kwargs(test: Node) -> Mapping[str, Any]:
    found = test.test_metadata.get("kwargs")
    return found if isinstance(found, Mapping) else {}


def _called(test: Node) -> str:
    """How a YAML file calls the type of a test: with its package, unless it is dbt's own or the project's."""
    package, name = test.test_metadata.get("namespace"), str(test.test_metadata.get("name"))
    return f"{package}.{name}" if package else name


def _word(test: Node) -> str:
    called = _called(test) if test.test_metadata else test.name
    bare = called.rpartition(".")[2]
    word = _WORDS.get(called) or word_of(bare)
    if not _NAME.fullmatch(word):
        word = "test"
    given = {key: test.config.get(key) for key in ("where", "error_if", "severity")}
    some_may_fail = given["error_if"] not in (None, *_NONE_MAY_FAIL) or str(given["severity"]).lower() == "warn"
    mostly = _kwargs(test).get("mostly")
    row_condition = _kwargs(test).get("row_condition") is not None
    partly = called in _PARTLY or given["where"] or some_may_fail or row_condition
    return f"{word}:partly" if partly or (isinstance(mostly, int | float) and mostly < 1) else word
