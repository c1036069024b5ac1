"""Fields of structs and objects that a query builds: ``s.a`` of ``struct(x AS a, y AS b) AS s`` is x alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datagov.lineage.expression import depends
from datagov.lineage.flow import QUALIFIED, Deps, merged
from datagov.lineage.relation import Derived, Fields, Relation
from datagov.lineage.resolving import below, built_field
from datagov.lineage.scope import Context, Scope, first_place

_PAIRS = frozenset({"json_build_object", "jsonb_build_object", "object_construct_keep_null", "json_object", "map"})
BUILDS = frozenset({
    exp.Struct, exp.JSONObject, exp.Cast, exp.Anonymous, exp.Bracket, exp.AnyValue, exp.ArgMax, exp.ArgMin,
    exp.ArrayAgg, exp.Max, exp.Min, exp.Explode, exp.ArraysZip,
})  # fmt: skip
"""Expressions that may build a struct."""
_AROUND_VALUES = (exp.Limit, exp.Order, exp.Distinct, exp.IgnoreNulls, exp.RespectNulls, exp.HavingMax)
_CHOOSES = (exp.ArrayAgg, exp.AnyValue, exp.ArgMax, exp.ArgMin, exp.Max, exp.Min)
_IN_ANOTHER_ORDER = (exp.ArraySort, exp.ArrayReverse, exp.Reverse)
_WRAPS = (exp.Alias, exp.Paren)


def keep_fields(name: str, node: Any, scope: Scope, context: Context) -> None:
    """Remember for the column ``name`` of a select list what its fields are made of, when that can be told."""
    node = _bare(node)
    chosen = _chosen(node)
    made = isinstance(chosen, (exp.Struct, exp.JSONObject, exp.Cast, exp.ArraysZip)) or _is_pairs(chosen)
    made = made or (chosen is not node and _row(node, scope, context) is not None)
    passed = isinstance(chosen, (exp.Column, exp.Dot)) and any(
        isinstance(relation, Derived) and relation.structs for relation in scope.sources.values()
    )
    if made or passed:
        result = scope.result
        result.structs = result.structs or {}
        result.structs.setdefault(name, _Built(node, scope, context))


@dataclass(frozen=True, slots=True)
class _Built:
    """The fields of the struct that the expression ``node`` builds."""

    node: Any
    scope: Scope
    context: Context

    def __call__(self, path: tuple[str, ...]) -> Deps | None:
        """What the field ``path`` depends on."""
        return _field(self.node, path, self.scope, self.context)

    def row(self) -> Iterator[tuple[str, Deps]]:
        """The fields in order."""
        return row_of(self.node, self.scope, self.context)


def row_of(node: Any, scope: Scope, context: Context) -> Iterator[tuple[str, Deps]]:
    """The fields of the struct or the row that an expression is, in order; none when they cannot be told."""
    node = _bare(node)
    relation = _row(node, scope, context)
    if relation is not None:
        yield from relation.star(first_place(node))
        return
    node = _chosen(node)
    if isinstance(node, (exp.Column, exp.Dot)):
        parts = _parts(node, context)
        for relation in scope.sources.values():
            structs = relation.structs if isinstance(relation, Derived) else None
            fields = structs.get(parts[-1]) if structs else None
            if fields is not None and len(parts) <= 2:
                yield from fields.row()
                return
    if isinstance(node, exp.Array):
        yield from _rows_of_array(node, scope, context)
        return
    yield from _starred(node, scope)
    for name, value in _named(node, context):
        yield name, depends(value, scope, context)


def _starred(node: Any, scope: Scope) -> Iterator[tuple[str, Deps]]:
    """The columns that ``struct(*)`` takes from every source."""
    if isinstance(node, exp.Struct) and any(isinstance(item, exp.Star) for item in node.expressions):
        for relation in scope.sources.values():
            yield from relation.star(0)


def _rows_of_array(node: Any, scope: Scope, context: Context) -> Iterator[tuple[str, Deps]]:
    """The fields of ``[STRUCT(a AS x), STRUCT(b)]``: called as those of the first, made of all."""
    rows = [
        [("", depends(cell, scope, context)) for cell in item.expressions]
        if isinstance(item, exp.Tuple)
        else list(row_of(item, scope, context))
        for item in node.expressions
    ]
    for position, (name, _) in enumerate(rows[0] if rows else ()):
        yield name, merged([row[position][1] for row in rows if position < len(row)])


def fields_of(node: Any, scope: Scope, context: Context) -> Fields | None:
    """The fields of the rows an array is made of; None when they are not known."""
    chosen = _chosen(_bare(node))
    known = isinstance(chosen, (exp.Struct, exp.Array, exp.ArraysZip)) or (
        isinstance(chosen, (exp.Column, exp.Dot))
        and any(isinstance(relation, Derived) and relation.structs for relation in scope.sources.values())
    )
    held = _Built(node, scope, context) if known else None
    return held if held is not None and next(iter(held.row()), None) is not None else None


def built(node: Any, path: tuple[str, ...], scope: Scope, context: Context) -> Deps | None:
    """The field ``path`` of an expression that builds a struct where it stands; None for any other expression."""
    return _field(node, path, scope, context) if path and _bare(node).__class__ in BUILDS else None


def _chosen(node: Any) -> Any:
    """The value behind ``ARRAY_AGG(x ORDER BY y LIMIT 1)[OFFSET(0)]`` and ``ANY_VALUE(x HAVING MAX y)``."""
    if isinstance(node, exp.Explode):
        node = _bare(node.this)
    if isinstance(node, exp.Bracket):
        inner = _bare(node.this)
        while isinstance(inner, _IN_ANOTHER_ORDER):
            inner = _bare(inner.this)
        if isinstance(inner, (exp.ArrayAgg, exp.Column, exp.Array)):
            node = inner
    if not isinstance(node, _CHOOSES) or (isinstance(node, (exp.Max, exp.Min)) and node.expressions):
        return node
    node = node.this
    while isinstance(node, _AROUND_VALUES):
        node = node.this if node.this is not None else node.expressions[0]
    return _bare(node)


def _row(node: Any, scope: Scope, context: Context) -> Relation | None:
    """The source whose whole row an expression is."""
    node = _chosen(node)
    if not isinstance(node, exp.Column) or node.args.get("table") is not None:
        return None
    return scope.sources.get(context.name(node.this)) if isinstance(node.this, exp.Identifier) else None


def _parts(node: Any, context: Context) -> list[str]:
    if isinstance(node, exp.Column):
        return [context.name(node.args[key]) for key in ("catalog", "db", "table", "this") if node.args.get(key)]
    return [context.name(part) for part in node.find_all(exp.Identifier, bfs=False)]


def _field(node: Any, path: tuple[str, ...], scope: Scope, context: Context) -> Deps | None:
    """What the field ``path`` of an expression depends on; None when it cannot be told from the other fields."""
    node = _bare(node)
    relation = _row(node, scope, context)
    if relation is not None:
        deps = relation.column(path[0], QUALIFIED, first_place(node))
        return below(deps, path[1:], context) if deps is not None else None
    node = _chosen(node)
    if isinstance(node, (exp.Column, exp.Dot)):
        return built_field([*_parts(node, context), *path], scope)
    for name, deps in _rows_of_array(node, scope, context) if isinstance(node, exp.Array) else _starred(node, scope):
        if name == path[0]:
            return below(deps, path[1:], context)
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
    elif isinstance(node, exp.ArraysZip):
        for position, item in enumerate(node.expressions):
            yield _label(item, context) or str(position), _bare(item)
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
