"""A raw dbt model: the table that the query of a template fills, named as dbt names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from datagov.lineage.model import QUERY, ColumnEdge, Statement

_SNAPSHOT = re.compile(r"\{%-?\s*snapshot\s+(\w+)\s*-?%\}")


@dataclass(slots=True)
class Asked:
    """What a template asked dbt for: whether it called ``ref``, ``source`` or ``config`` at all, and what it set."""

    at_all: bool = False
    settings: dict[str, str] = field(default_factory=dict)

    def watched(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """The names a template finds, those of a model watched."""
        return {
            **names,
            "ref": self._told(names["ref"]),
            "source": self._told(names["source"]),
            "config": self._config,
        }

    def _told(self, made: Callable[..., Any]) -> Callable[..., Any]:
        def called(*given: Any, **named: Any) -> Any:
            self.at_all = True
            return made(*given, **named)

        return called

    def _config(self, *given: Any, **named: Any) -> str:
        self.at_all = True
        for settings in (*given, named):
            if isinstance(settings, Mapping):
                self.settings.update((str(k), v) for k, v in settings.items() if isinstance(v, str))
        return ""


def relation(template: str, file: str | None, asked: Asked) -> tuple[str | None, str] | None:
    """(schema, table) of the model in ``file``: its alias, its snapshot's name or the file's name without ``.sql``.

    None when the template asked for nothing of dbt, or stands in no file.
    """
    path = PurePosixPath(file or "")
    if not asked.at_all or path.suffix.lower() != ".sql":
        return None
    snapshot = _SNAPSHOT.search(template)
    name = asked.settings.get("alias") or (snapshot.group(1) if snapshot else path.stem)
    return asked.settings.get("schema") or asked.settings.get("target_schema"), name


def filled(
    schema: str | None, table: str, statements: list[Statement], edges: list[ColumnEdge]
) -> tuple[list[Statement], list[ColumnEdge]]:
    """The same with the only query of the script filling the table; unchanged when it is not one bare query."""
    read = [statement for statement in statements if statement.kind != "TEMPLATE"]
    if [(one.kind, one.outcome) for one in read] != [("SELECT", "parsed")]:
        return statements, edges
    name = f"{schema}.{table}" if schema else table
    return (
        [replace(one, targets=(name,)) if one is read[0] else one for one in statements],
        [
            replace(edge, target=replace(edge.target, table=table, schema=schema))
            if edge.target.table == QUERY
            else edge
            for edge in edges
        ],
    )
