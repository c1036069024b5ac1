"""Rows that no table holds: VALUES, table functions, UNNEST and ``stack``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.expression import depends, stacked
from datagov.lineage.flow import (
    AMBIGUOUS,
    NONE,
    TABLE_FUNCTION,
    TRANSFORMATION,
    Deps,
    blend,
    doubted,
    merged,
)
from datagov.lineage.relation import Derived, Relation
from datagov.lineage.scope import Context, Scope, first_place
from datagov.lineage.structs import fields_of
from datagov.lineage.yields import yields

FLATTEN = ("seq", "key", "path", "index", "value", "this")
_BESIDE_ARGUMENTS = (exp.TableAlias, exp.Schema, exp.Join, exp.Pivot)
_VALUES = {
    **dict.fromkeys(("spark", "spark2", "databricks", "hive"), ("col", 1)),
    **dict.fromkeys(("trino", "presto", "athena"), ("_col", 0)),
    "clickhouse": ("c", 1),
}
"""What VALUES calls its columns, and the number of the first, where it is not ``column1``."""
NO_VALUE = frozenset({"seq", "pos", "ordinality", "ordinal", "offset", "index"})


def alias_columns(alias: Any, context: Context) -> list[str]:
    """The column names listed after an alias."""
    if not isinstance(alias, exp.TableAlias):
        return []
    names: list[str] = []
    for column in alias.args.get("columns") or ():
        inner = column.this if isinstance(column, (exp.ColumnDef, exp.Column)) else column
        names.append(context.name(inner))
    return names


def values_of(node: Any, scope: Scope, context: Context) -> Relation:
    """Rows of VALUES: each column depends on what its expressions depend on (nothing, for literals)."""
    result = Derived()
    scope = Scope(scope.ctes, scope.outer, result, scope.sources, scope.aliases)
    prefix, first = _VALUES.get(context.speech.name, ("column", 1))
    for row in node.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        for position, cell in enumerate(cells):
            if position == len(result.names):
                result.add(f"{prefix}{position + first}", {})
            blend(result.deps[position], depends(cell, scope, context), TRANSFORMATION, NONE, 0)
    return result


def arguments(node: Any, scope: Scope, context: Context) -> Deps:
    """What a table function is given."""
    place = first_place(node)
    out: Deps = {}
    for value in node.args.values():
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, exp.Expr) and not isinstance(child, _BESIDE_ARGUMENTS):
                found = depends(child, scope, context, TRANSFORMATION)
                blend(out, found, TRANSFORMATION, NONE, place)
    return doubted(out, TABLE_FUNCTION)


def called_rows(node: Any, scope: Scope, context: Context, alias: str = "") -> Relation:
    """A table function: every column of it depends on everything it is given, the number of a row on nothing."""
    deps = arguments(node, scope, context)
    if (
        context.speech.name == "snowflake"
        and isinstance(node, exp.TableFromRows)
        and isinstance(node.this, exp.Explode)
    ):
        result = Derived(fields=deps)
        for column in FLATTEN:
            result.add(column, {} if column in NO_VALUE else deps)
        return result
    names = yields(node, context.speech.name, alias)
    result = Derived() if names else Derived(anything=deps)
    for column in names:
        result.add(column, {} if column in NO_VALUE else deps)
    for column, numbers in declared_columns(node, context):
        result.add(column, {} if numbers else deps)
    return result


def declared_columns(node: Any, context: Context) -> list[tuple[str, bool]]:
    """Columns a table function declares itself: ``openjson(x) with (a int)``, ``json_table(… columns (a
    …))``; with each, whether it only numbers the rows (FOR ORDINALITY).
    """
    out: list[tuple[str, bool]] = []
    for column in node.find_all(exp.OpenJSONColumnDef, exp.JSONColumnDef, exp.ColumnDef):
        this = column.this
        if this is not None:
            name = context.name(this) if isinstance(this, exp.Identifier) else str(this).lower()
            out.append((name, bool(column.args.get("ordinality"))))
    return out


def stacked_rows(node: Any, columns: list[str], scope: Scope, context: Context) -> Relation:
    """``stack(2, a, b, c, d)`` makes two rows: the first column is made of a and c, the second of b and d."""
    parts = stacked(node, len(columns), scope, context)
    result = Derived()
    for column, deps in zip(columns, parts, strict=True):
        result.add(column, deps)
    return result


def _of_maps(parts: list[Deps], position: int, columns: int) -> Deps:
    """What the column at ``position`` comes from when some of the parts are maps, of two columns each: the parts that
    can lie there, doubted when they are several.
    """
    maps, count = columns - len(parts), len(parts)
    if not 0 <= maps <= count:
        return {}
    found: list[Deps] = []
    for at, deps in enumerate(parts):
        starts = range(at + max(0, maps - (count - at)), at + min(at, maps) + 1)
        after = count - at - 1
        if any(
            (start == position and maps - (start - at) <= after + 1)
            or (start + 1 == position and 1 <= maps - (start - at) <= after + 1)
            for start in starts
        ):
            found.append(deps)
    return merged([doubted(deps, AMBIGUOUS) for deps in found]) if len(found) > 1 else found[0] if found else {}


def unnested(node: Any, scope: Scope, context: Context, given: list[str] | None = None) -> Relation:
    """UNNEST: the i-th column comes from the i-th array when they pair up, from all of them otherwise."""
    alias = node.args.get("alias")
    columns = given or alias_columns(alias, context)
    parts = []
    for expression in node.expressions:
        place = first_place(expression)
        deps: Deps = {}
        blend(deps, depends(expression, scope, context, TRANSFORMATION), TRANSFORMATION, NONE, place)
        parts.append(doubted(deps, TABLE_FUNCTION))
    everything = merged(parts) if parts else {}
    offset = node.args.get("offset")
    rows = fields_of(node.expressions[0], scope, context) if len(parts) == 1 and len(columns) < 2 else None
    if rows is not None and not columns:
        result = Derived()
        for name, deps in rows.row():
            result.add(name, doubted(deps, TABLE_FUNCTION))
        if isinstance(offset, exp.Expr):
            result.add(context.name(offset) or "offset", {})
        return result
    if not columns and isinstance(alias, exp.TableAlias) and alias.args.get("this"):
        columns = [context.name(alias.this)]
    result = Derived(fields=everything) if columns else Derived(anything=everything)
    if rows is not None:
        result.structs = {columns[0]: rows}
    values = len(columns) - (1 if offset is True and len(columns) > len(parts) else 0)
    for position, column in enumerate(columns):
        if position >= values:
            result.add(column, {})
        elif values == len(parts):
            result.add(column, parts[position])
        else:
            result.add(column, _of_maps(parts, position, values) or everything)
    if isinstance(offset, exp.Expr):
        result.add(context.name(offset) or "offset", {})
    return result
