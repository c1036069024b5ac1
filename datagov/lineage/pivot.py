"""PIVOT and UNPIVOT: which columns stay, which are made, and from what."""

from __future__ import annotations

from itertools import product
from typing import Any

from sqlglot import exp

from datagov.lineage.choosing import picked_names
from datagov.lineage.expression import depends
from datagov.lineage.flow import (
    AGGREGATION,
    IDENTITY,
    NONE,
    STAR_UNRESOLVED,
    TRANSFORMATION,
    WINDOW,
    Deps,
    blend,
    doubted,
    merged,
)
from datagov.lineage.flow import PIVOT as PIVOT_REASON
from datagov.lineage.relation import STAR, Derived, Relation, Remainder
from datagov.lineage.scope import Context, Scope, first_place


def pivoted(relation: Relation, pivot: Any, outer: Scope, context: Context) -> Relation:
    """``relation`` after a PIVOT or UNPIVOT clause."""
    scope = Scope(outer.ctes, outer, Derived(), {"": relation})
    if pivot.args.get("unpivot"):
        return _unpivoted(relation, pivot, scope, context)
    return _pivoted(relation, pivot, scope, context)


def _kept(relation: Relation, gone: set[str], place: int) -> Derived:
    result = Derived(inputs=[relation])
    for name, deps in relation.star(place):
        if name not in gone:
            result.add(name, deps)
    if not relation.closed:
        result.remainders.append(Remainder(relation, frozenset(gone)))
    return result


def _names(node: Any, context: Context) -> set[str]:
    return {context.name(c.this) for c in node.find_all(exp.Column) if isinstance(c.this, exp.Identifier)}


def _pivoted(relation: Relation, pivot: Any, scope: Scope, context: Context) -> Relation:
    aggregates = list(pivot.args.get("using") or ()) or list(pivot.expressions)
    fields: list[Any] = list(pivot.args.get("fields") or ())
    if pivot.args.get("using"):
        fields = list(pivot.expressions)
    gone: set[str] = set()
    for node in (*aggregates, *(f.this if isinstance(f, exp.In) else f for f in fields)):
        gone |= _names(node, context)
    place = first_place(pivot)
    group = pivot.args.get("group")
    if group is not None:
        kept = {name for item in group.expressions for name in _names(item, context)}
        result = Derived(inputs=[relation])
        for name in kept:
            result.add(name, relation.column(name, 0, place) or {})
    else:
        result = _kept(relation, gone, place)
    deciding: Deps = {}
    for field in fields:
        subject = field.this if isinstance(field, exp.In) else field
        blend(deciding, depends(subject, scope, context, WINDOW), IDENTITY, NONE, 0)
    made: list[Deps] = []
    for aggregate in aggregates:
        deps: Deps = {}
        blend(deps, depends(aggregate, scope, context, AGGREGATION), IDENTITY, NONE, 0)
        blend(deps, deciding, IDENTITY, NONE, 0)
        made.append(doubted(deps, PIVOT_REASON))
    names = [context.name(identifier) for identifier in pivot.args.get("columns") or ()]
    if pivot.args.get("using"):
        names = _made_names(fields, aggregates, context)
    for position, name in enumerate(_spelled(names)):
        result.add(name, made[position % len(made)] if made else {})
    if not names and made:
        result.add(STAR, doubted(merged(made), STAR_UNRESOLVED))
        result.anything = merged(made)
    return result


def _made_names(fields: list[Any], aggregates: list[Any], context: Context) -> list[str]:
    """DuckDB's ``PIVOT t ON a IN (1, 2) USING sum(b) AS s``: 1_s, 2_s; empty when the values are not listed."""
    if not fields or not all(isinstance(f, exp.In) and f.expressions for f in fields):
        return []
    rows = [[_value(option, context) for option in field.expressions] for field in fields]
    values = ["_".join(parts) for parts in product(*rows)]
    several = len(aggregates) > 1
    endings = [
        f"_{context.name(a.args['alias'])}" if isinstance(a, exp.Alias) else f"_{a.sql('duckdb').lower()}" * several
        for a in aggregates
    ]
    return [value + ending for value in values for ending in endings]


def _value(option: Any, context: Context) -> str:
    """What a column is called that is made of a value; a text that is hardly a name is masked."""
    name: str = option.alias_or_name
    return (context.catalog.told(name) if option.is_string else name).lower()


def _spelled(names: list[str]) -> list[str]:
    """Snowflake keeps the quotes of a string in the column's name; they are dropped here."""
    return [name.strip("'").lower() if name.startswith("'") else name for name in names]


def _unpivoted(relation: Relation, pivot: Any, scope: Scope, context: Context) -> Relation:
    into = pivot.args.get("into")
    if into is not None:
        return _unpivoted_into(relation, pivot, into, scope, context)
    fields: list[Any] = list(pivot.args.get("fields") or ())
    values: list[list[str]] = []
    for expression in pivot.expressions:
        cells = expression.expressions if isinstance(expression, exp.Tuple) else [expression]
        values.append([_label(cell, context) for cell in cells])
    gone: set[str] = set()
    place = first_place(pivot)
    labels: list[str] = []
    gathered: list[Deps] = [{} for _ in (values[0] if values else [""])]
    for field in fields:
        if not isinstance(field, exp.In):
            continue
        labels.append(_label(field.this, context))
        for option in field.expressions:
            inner = option.this if isinstance(option, (exp.PivotAlias, exp.Alias)) else option
            cells = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
            for position, cell in enumerate(cells):
                if not isinstance(cell, exp.Column):
                    continue
                gone.add(context.name(cell.this))
                deps = depends(cell, scope, context)
                blend(gathered[position % len(gathered)], deps, TRANSFORMATION, NONE, place)
    result = _kept(relation, gone, place)
    for label in labels:
        result.add(label, {})
    for name, deps in zip(values[0] if values else [], gathered, strict=False):
        result.add(name, doubted(deps, PIVOT_REASON))
    return result


def _unpivoted_into(relation: Relation, pivot: Any, into: Any, scope: Scope, context: Context) -> Relation:
    """DuckDB: ``UNPIVOT t ON a, b INTO NAME n VALUE v``."""
    place = first_place(pivot)
    gathered: Deps = {}
    gone: set[str] = set()
    for item in pivot.expressions:
        if isinstance(item, exp.Columns):
            chosen = picked_names(item, scope, context)
            gone.update(chosen)
            for name in chosen:
                blend(gathered, relation.column(name, 0, place) or {}, TRANSFORMATION, NONE, place)
            continue
        gone |= _names(item, context)
        blend(gathered, depends(item, scope, context), TRANSFORMATION, NONE, place)
    result = _kept(relation, gone, place)
    result.add(_label(into.this, context), {})
    for value in into.expressions:
        result.add(_label(value, context), doubted(gathered, PIVOT_REASON))
    return result


def _label(node: Any, context: Context) -> str:
    if isinstance(node, exp.Column):
        return context.name(node.this)
    if isinstance(node, exp.Identifier):
        return context.name(node)
    return node.name.lower() if isinstance(node, exp.Expr) else ""
