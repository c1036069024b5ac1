"""Fields of structs and objects that a query builds: ``s.a`` of ``struct(x AS a, y AS b) AS s`` is x alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

from datagov.lineage.expression import depends
from datagov.lineage.flow import Deps
from datagov.lineage.relation import Derived, Fields
from datagov.lineage.scope import Context, Scope, built_field

_PAIRS = frozenset({"json_build_object", "jsonb_build_object", "object_construct_keep_null", "json_object", "map"})
BUILDS = frozenset({exp.Struct, exp.JSONObject, exp.Cast, exp.Anonymous})
"""Expressions that may build a struct."""
_WRAPS = (exp.Alias, exp.Paren)


def keep_fields(name: str, node: Any, scope: Scope, context: Context) -> None:
    """Remember for the column ``name`` of a select list what its fields are made of, when that can be told."""
    node = _bare(node)
    made = isinstance(node, (exp.Struct, exp.JSONObject, exp.Cast)) or _is_pairs(node)
    passed = isinstance(node, (exp.Column, exp.Dot)) and any(
        isinstance(relation, Derived) and relation.structs for relation in scope.sources.values()
    )
    if made or passed:
        result = scope.result
        result.structs = result.structs or {}
        result.structs.setdefault(name, _fields(node, scope, context))


def _fields(node: Any, scope: Scope, context: Context) -> Fields:
    def field(path: tuple[str, ...]) -> Deps | None:
        return _field(node, path, scope, context)

    return field


def _field(node: Any, path: tuple[str, ...], scope: Scope, context: Context) -> Deps | None:
    """What the field ``path`` of an expression depends on; None when it cannot be told from the other fields."""
    node = _bare(node)
    if isinstance(node, (exp.Column, exp.Dot)):
        parts = [context.name(part) for part in node.find_all(exp.Identifier, bfs=False)]
        if isinstance(node, exp.Column):
            parts = [context.name(node.args[key]) for key in ("catalog", "db", "table", "this") if node.args.get(key)]
        return built_field([*parts, *path], scope)
    for name, value in _named(node, context):
        if name == path[0]:
            if len(path) == 1:
                return depends(value, scope, context)
            return _field(value, path[1:], scope, context) or depends(value, scope, context)
    return None


def _bare(node: Any) -> Any:
    while isinstance(node, _WRAPS):
        node = node.this
    return node


def _is_pairs(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() in _PAIRS


def _named(node: Any, context: Context) -> Iterator[tuple[str, Any]]:
    """The fields an expression builds, each with its value."""
    if isinstance(node, exp.Cast):
        inner, to = _bare(node.this), node.args.get("to")
        names = [context.name(d.this) for d in to.expressions if isinstance(d, exp.ColumnDef)] if to is not None else []
        is_row = isinstance(inner, exp.Anonymous) and inner.name.lower() == "row"
        if isinstance(inner, (exp.Struct, exp.Tuple)) or is_row:
            yield from zip(names, (_value(item) for item in inner.expressions), strict=False)
    elif isinstance(node, exp.Struct):
        for item in node.expressions:
            name = _label(item.this if isinstance(item, exp.PropertyEQ) else item, context)
            if name:
                yield name, _value(item)
    elif isinstance(node, exp.JSONObject):
        for item in node.expressions:
            if isinstance(item, exp.JSONKeyValue) and isinstance(item.this, exp.Literal):
                yield item.this.name, item.expression
    elif _is_pairs(node):
        cells = node.expressions
        for key, value in zip(cells[::2], cells[1::2], strict=False):
            if isinstance(key, exp.Literal):
                yield key.name, value


def _value(item: Any) -> Any:
    return item.expression if isinstance(item, exp.PropertyEQ) else _bare(item)


def _label(item: Any, context: Context) -> str:
    if isinstance(item, exp.Alias):
        return context.name(item.args["alias"])
    if isinstance(item, exp.Literal):
        return item.name
    if isinstance(item, exp.Identifier):
        return context.name(item)
    return context.name(item.this) if isinstance(item, exp.Column) and isinstance(item.this, exp.Identifier) else ""
