"""The select list: stars with EXCEPT, REPLACE and RENAME, aliases, and the names of columns nobody named."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from sqlglot import exp

from datagov.lineage.choosing import chosen, like
from datagov.lineage.expression import depends, stacked
from datagov.lineage.flow import IDENTITY, NONE, STAR_UNRESOLVED, TRANSFORMATION, UNNAMED_COLUMN, Deps, blend, doubted
from datagov.lineage.relation import STAR, Derived, Relation, Remainder
from datagov.lineage.scope import Context, Scope, first_place
from datagov.lineage.structs import BUILDS, keep_fields, row_of

UNNAMED = "\x00"
_CHOOSING = frozenset({"duckdb", "clickhouse"})
"""Where an item of a select list may choose columns by their names."""
_PLAIN = (exp.Column, exp.Apply)
_CALL = re.compile(r"(?:[a-z_][a-z0-9_]*\.)*([a-z_][a-z0-9_]*)\(.*\)$")
_NAMED_BY_FUNCTION = frozenset({"postgres", "redshift", "materialize", "risingwave"})


def project(select: Any, scope: Scope, context: Context) -> None:
    """Fill ``scope.result`` with the columns of a select list."""
    result = scope.result
    fielded = scope.fielded
    choosing = context.speech.name in _CHOOSING
    if select.args.get("kind") == "VALUE" and len(select.expressions) == 1:
        made = list(row_of(select.expressions[0], scope, context))
        for name, deps in made:
            result.add(name, deps)
        if made:
            return
    if context.speech.name == "clickhouse":
        _foresee(select, scope, context)
    for position, item in enumerate(select.expressions):
        cls = item.__class__
        if choosing and cls not in _PLAIN and not (cls is exp.Alias and item.this.__class__ is exp.Column):
            many = chosen(item, scope, context)
            if many is not None:
                for name, deps in many:
                    result.add(name, deps)
                continue
        if cls is exp.Alias:
            name = context.name(item.args["alias"])
            if scope.later:
                scope.later.pop(name, None)
            deps = depends(item.this, scope, context)
            result.add(name, deps)
            if name not in scope.aliases:
                scope.aliases[name] = deps
                scope.aliased[name] = item.this
                if item.this.__class__ in BUILDS or fielded:
                    keep_fields(name, item.this, scope, context)
        elif cls is exp.Column:
            if item.this.__class__ is exp.Star:
                _qualified_star(item, scope, context)
            else:
                name = context.name(item.this)
                result.add(name, depends(item, scope, context))
                if fielded:
                    keep_fields(name, item, scope, context)
        elif cls is exp.Subquery and item.args.get("alias") is not None:
            alias = item.args["alias"]
            name = context.name(alias.this if isinstance(alias, exp.TableAlias) else alias)
            deps = depends(item, scope, context)
            scope.aliases.setdefault(name, deps)
            result.add(name, deps)
        elif cls is exp.Star:
            _star(item, scope.sources, scope, context)
        elif cls is exp.Aliases and item.this.__class__ is exp.Stack:
            names = [context.name(identifier) for identifier in item.args["expressions"]]
            for name, deps in zip(names, stacked(item.this, len(names), scope, context), strict=True):
                result.add(name, deps)
        elif cls is exp.Aliases:
            deps = depends(item.this, scope, context)
            for place, identifier in enumerate(item.args["expressions"]):
                counted = place == 0 and isinstance(item.this, exp.Posexplode)
                result.add(context.name(identifier), {} if counted else deps)
        elif cls is exp.Dot and item.expression.__class__ is exp.Star:
            result.add(STAR, doubted(depends(item.this, scope, context), STAR_UNRESOLVED))
        elif cls is exp.QueryTransform and item.args.get("schema") is not None:
            deps = depends(item, scope, context)
            for identifier in item.args["schema"].expressions:
                inner = identifier.this if isinstance(identifier, exp.ColumnDef) else identifier
                result.add(context.name(inner), deps)
        elif cls is exp.Apply:
            _applied(item, scope, context)
        elif isinstance(item, exp.Expr):
            result.add(_unnamed(item, position, context), depends(item, scope, context))


def _foresee(select: Any, scope: Scope, context: Context) -> None:
    """ClickHouse: an alias may be used before it stands, and one inside an expression like any other."""
    for item in select.expressions:
        for node in item.walk(prune=lambda node: isinstance(node, (exp.Query, exp.Lambda))):
            if isinstance(node, exp.Alias):
                name = context.name(node.args["alias"])
                scope.later.setdefault(name, partial(_told_later, name, node.this, scope, context))


def _told_later(name: str, node: Any, scope: Scope, context: Context) -> Deps:
    deps = scope.aliases.get(name)
    if deps is None:
        deps = depends(node, scope, context)
        scope.aliases.setdefault(name, deps)
    return deps


def _qualified_star(item: Any, scope: Scope, context: Context) -> None:
    alias = context.name(item.args["table"])
    here: Scope | None = scope
    while here is not None:
        if alias in here.sources:
            _star(item.this, {alias: here.sources[alias]}, scope, context)
            return
        here = here.outer
    structs = (relation.structs or {} for relation in scope.sources.values() if isinstance(relation, Derived))
    built = next((held[alias] for held in structs if alias in held), None)
    fields = list(built.row()) if built is not None else []
    for name, deps in fields:
        scope.result.add(name, deps)
    if fields:
        return
    deps = depends(exp.Column(this=item.args["table"]), scope, context)
    scope.result.add(STAR, doubted(deps, STAR_UNRESOLVED))
    for node in item.this.args.get("replace") or ():
        scope.result.add(context.name(node.args.get("alias")), depends(node.this, scope, context))


def _star(star: Any, sources: dict[str, Relation], scope: Scope, context: Context) -> None:
    """Expand a star over ``sources``, columns shared by USING once."""
    args = star.args
    without: set[str] = set()
    left_out: set[tuple[str, str]] = set()
    for node in args.get("except_") or ():
        owner = node.args.get("table") if node.__class__ is exp.Column else None
        if owner is not None and len(sources) > 1 and context.name(owner) in sources:
            left_out.add((context.name(owner), _plain_name(node, context)))
        else:
            without.add(_plain_name(node, context))
    replaced: dict[str, Deps] = {}
    for node in args.get("replace") or ():
        replaced[context.name(node.args.get("alias"))] = depends(node.this, scope, context)
    new_names: dict[str, str] = {}
    for node in args.get("rename") or ():
        new_names[_plain_name(node.this, context)] = context.name(node.args.get("alias"))
    ilike = args.get("ilike")
    wanted = like(ilike.name) if isinstance(ilike, exp.Literal) else None
    result = scope.result
    place = star.meta.get("start", 0) if star.meta else 0
    place = place or first_place(star)
    shared: set[str] = set()
    whole = len(sources) > 1 or sources is scope.sources
    for alias, relation in sources.items():
        for name, deps in relation.star(place):
            if (
                name in without
                or (alias, name) in left_out
                or (wanted is not None and name != STAR and not wanted(name))
            ):
                continue
            if whole and name in scope.merged:
                if name in shared:
                    continue
                shared.add(name)
                deps = _shared(name, scope, place)
            if name in replaced:
                deps = replaced.pop(name)
            result.add(new_names.get(name, name), deps)
        if isinstance(relation, Derived) and relation.structs:
            kept = {new_names.get(n, n): f for n, f in relation.structs.items() if n not in without}
            result.structs = {**kept, **(result.structs or {})}
        remainders = _remainders(relation)
        if remainders:
            own = {name for owner, name in left_out if owner == alias}
            gone = frozenset(without | own | set(replaced) | set(new_names))
            back = {new: old for old, new in new_names.items()}
            result.remainders.extend(Remainder(r, gone - set(back.values()), back) for r in remainders)
    for name, deps in replaced.items():
        result.add(name, deps)


def _applied(item: Any, scope: Scope, context: Context) -> None:
    """ClickHouse: ``* APPLY(sum)`` makes a column ``sum(a)`` of each column a."""
    calls: list[Any] = []
    node = item
    while isinstance(node, exp.Apply):
        calls.append(node.expression)
        node = node.this
    inner = Scope(scope.ctes, scope.outer, Derived(), scope.sources, merged=scope.merged)
    project(exp.Select(expressions=[node]), inner, context)
    for name, deps in zip(inner.result.names, inner.result.deps, strict=True):
        made: Deps = {}
        blend(made, deps, TRANSFORMATION, NONE, first_place(item))
        called = name
        for call in reversed(calls):
            called = f"{call.name}({called})" if isinstance(call, (exp.Var, exp.Column)) else called
        if name == STAR or not all(isinstance(call, (exp.Var, exp.Column)) for call in calls):
            made = doubted(made, UNNAMED_COLUMN)
        scope.result.add(name if name == STAR else called, made)


def _remainders(relation: Relation) -> list[Relation]:
    if relation.closed:
        return []
    return [relation]


def _shared(name: str, scope: Scope, place: int) -> Deps:
    out: Deps = {}
    for alias in scope.merged[name]:
        deps = scope.sources[alias].column(name, 0, place) if alias in scope.sources else None
        if deps:
            blend(out, deps, IDENTITY, NONE, place)
    return out


def _plain_name(node: Any, context: Context) -> str:
    if node.__class__ is exp.Identifier:
        return context.name(node)
    if isinstance(node, exp.Column):
        return context.name(node.this)
    return node.name.lower() if isinstance(node, exp.Expr) else ""


def _unnamed(item: Any, position: int, context: Context) -> str:
    """The name the dialect gives a column nobody named; where it gives none, its text without spaces."""
    dialect = context.speech.name
    node = item
    while isinstance(node, exp.Paren):
        node = node.this
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        return context.name(node.expression)
    if isinstance(node, exp.Subquery):
        inner = node.this
        if isinstance(inner, exp.Select) and len(inner.expressions) == 1:
            only = inner.expressions[0]
            if only.output_name and not isinstance(only, exp.Literal):
                return context.name(only.args.get("alias")) if isinstance(only, exp.Alias) else context.name(only)
    if dialect in {
        "postgres",
        "redshift",
        "materialize",
        "risingwave",
        "bigquery",
        "snowflake",
        "databricks",
    }:
        while isinstance(node, exp.Cast) and dialect in {"postgres", "redshift"}:
            node = node.this
        if isinstance(node, exp.Column) and isinstance(node.this, exp.Identifier):
            return context.name(node.this)
    if dialect in {"hive", "spark2"}:
        return f"_c{position}"
    if dialect == "bigquery":
        return f"f{position}_"
    if dialect in {"trino", "presto", "athena"}:
        return f"_col{position}"
    return f"{UNNAMED}{first_place(item)}"


def told_name(name: str, context: Context) -> str:
    """The name of a column as it is told: one nobody named is called by its text, literals masked."""
    if not name.startswith(UNNAMED):
        return name
    first, end = context.text.item(int(name[len(UNNAMED) :]))
    text = context.text.masked[first - context.text.start : end - context.text.start]
    plain = "".join(text.lower().split())
    called = _CALL.match(plain) if context.speech.name in _NAMED_BY_FUNCTION else None
    return called.group(1) if called else plain
