"""Resolve a query once into its columns and their dependencies: SELECT, set operations, VALUES, and CTEs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from datagov.lineage.expression import depends
from datagov.lineage.flow import (
    FILTER,
    GROUP_BY,
    IDENTITY,
    NONE,
    SORT,
    STAR_THROUGH_UNKNOWN,
    TRANSFORMATION,
    Deps,
    blend,
    doubted,
)
from datagov.lineage.projection import project
from datagov.lineage.relation import STAR, Derived, Relation, Remainder, renamed
from datagov.lineage.rows import alias_columns
from datagov.lineage.scope import Context, Ctes, Scope, first_place, place_of
from datagov.lineage.sources import add_join, add_source, match_rows

_PASSES_LIMIT = 12


def resolve_query(node: Any, context: Context, ctes: Ctes | None, outer: Scope | None) -> Relation:
    """The relation a query node yields. ``outer`` is the SELECT around a correlated one."""
    if isinstance(node, exp.Subquery):
        ctes = with_ctes(node, context, ctes, outer)
        return _bracketed(node, context, ctes, outer)
    if isinstance(node, (exp.Paren, exp.Alias, exp.Lateral)):
        return resolve_query(node.this, context, ctes, outer)
    ctes = with_ctes(node, context, ctes, outer)
    if isinstance(node, exp.Select):
        return _select(node, context, ctes, outer)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, context, ctes, outer)
    result = Derived()
    scope = Scope(ctes, outer, result)
    if isinstance(node, exp.Expr):
        relation = add_source(node, scope, context)
        if relation is not None:
            return relation
    return result


def with_ctes(node: Any, context: Context, ctes: Ctes | None, outer: Scope | None) -> Ctes | None:
    """The common table expressions in sight inside ``node``, its own WITH resolved in order."""
    clause = node.args.get("with_")
    if clause is None:
        return ctes
    named: dict[str, Relation] = {}
    inner = Ctes(named, ctes)
    for cte in clause.expressions:
        alias = cte.args.get("alias")
        name = context.name(alias.this) if alias is not None else ""
        columns = alias_columns(alias, context)
        body = cte.this
        if cte.args.get("scalar"):
            inner.values[name] = _scalar(name, body, inner, context)
            continue
        if _is_recursive(clause, body, name, context):
            named[name] = _recursive(body, name, columns, inner, context, outer)
            continue
        relation = _cte_body(body, context, inner, outer)
        named[name] = renamed(relation, columns, first_place(cte)) if columns else relation
    return inner


def _scalar(name: str, body: Any, ctes: Ctes, context: Context) -> Callable[[Scope], Deps]:
    """ClickHouse: ``WITH expression AS name`` stands for the expression wherever the name is used."""

    def value(scope: Scope) -> Deps:
        own = ctes.values.pop(name)
        try:
            return depends(body, scope, context, TRANSFORMATION)
        finally:
            ctes.values[name] = own

    return value


def _cte_body(body: Any, context: Context, ctes: Ctes, outer: Scope | None) -> Relation:
    if isinstance(body, (exp.Query, exp.Subquery, exp.Values, exp.Table, exp.Pivot)):
        return resolve_query(body, context, ctes, outer)
    if isinstance(body, (exp.Insert, exp.Update, exp.Delete, exp.Merge)):
        return context.writing(body, context, ctes)
    result = Derived()
    scope = Scope(ctes, outer, result)
    result.add("", depends(body, scope, context))
    return result


def _is_recursive(clause: Any, body: Any, name: str, context: Context) -> bool:
    if not isinstance(body, exp.SetOperation):
        return False
    if not clause.args.get("recursive") and not context.speech.recursion_without_word:
        return False
    return any(context.name(table.this) == name and not table.args.get("db") for table in body.find_all(exp.Table))


def _recursive(body: Any, name: str, columns: list[str], ctes: Ctes, context: Context, outer: Scope | None) -> Relation:
    """The least fixed point: the non-recursive branches first, then all until nothing new flows."""
    inner = with_ctes(body, context, ctes, outer)
    branches = [branch for branch, _ in _branches(body)]
    result = Derived()
    rest = []
    bound = Ctes({}, inner)
    for branch in branches:
        if any(context.name(t.this) == name and not t.args.get("db") for t in branch.find_all(exp.Table)):
            rest.append(branch)
        else:
            _absorb(result, resolve_query(branch, context, bound, outer), columns)
    bound.named[name] = result
    for _ in range(_PASSES_LIMIT):
        before = [dict(deps) for deps in result.deps]
        for branch in rest:
            _absorb(result, resolve_query(branch, context, bound, outer), columns)
        if before == result.deps:
            break
    return result


def _absorb(result: Derived, branch: Relation, columns: list[str]) -> None:
    """Add a branch's columns to ``result`` by position."""
    result.inputs.append(branch)
    first = not result.names
    if not first and STAR in result.index:
        _absorb_after_star(result, branch)
        return
    if not first and isinstance(branch, Derived) and branch.names == [STAR]:
        _absorb_star(result, branch)
        return
    for position, (name, deps) in enumerate(branch.star(0)):
        if position < len(result.names):
            blend(result.deps[position], dict(deps), IDENTITY, NONE, 0)
        elif first:
            result.add(columns[position] if position < len(columns) else name, dict(deps))
    if isinstance(branch, Derived) and branch is not result:
        result.remainders.extend(branch.remainders)


def _absorb_after_star(result: Derived, branch: Relation) -> None:
    """After a star nobody could expand a position says little: all flow into it, and a name is looked for in all."""
    star = result.deps[result.index[STAR]]
    columns = list(branch.star(0))
    for name, deps in columns:
        position = result.index.get(name, -1) if len(columns) == len(result.names) else -1
        blend(result.deps[position] if position >= 0 else star, dict(deps), IDENTITY, NONE, 0)
    if isinstance(branch, Derived) and branch.remainders:
        result.remainders.extend(branch.remainders)
    elif branch is not result:
        result.remainders.append(Remainder(branch))


def _absorb_star(result: Derived, branch: Derived) -> None:
    """A star nobody could expand below named columns: each is taken to be among it, by its name."""
    for name, deps in zip(result.names, result.deps, strict=True):
        found = branch.column(name, STAR_THROUGH_UNKNOWN, 0)
        if found:
            blend(deps, doubted(found, STAR_THROUGH_UNKNOWN), IDENTITY, NONE, 0)


def _branches(node: Any) -> list[tuple[Any, type]]:
    """The operands of a chain of set operations from left to right, each with the operation in front of
    it.
    """
    out: list[tuple[Any, type]] = []
    while isinstance(node, exp.SetOperation):
        out.append((node.args["expression"], node.__class__))
        node = node.this
        if node.args.get("with_"):
            break
    out.append((node, exp.Union))
    out.reverse()
    return out


def _set_operation(node: Any, context: Context, ctes: Ctes | None, outer: Scope | None) -> Relation:
    result = Derived()
    by_name = bool(node.args.get("by_name"))
    for branch, operation in _branches(node):
        relation = resolve_query(branch, context, ctes, outer)
        if operation is exp.Except:
            result.inputs.append(relation)
            for _, deps in relation.star(0):
                blend(result.own, deps, FILTER, NONE, 0)
        elif by_name:
            _absorb_by_name(result, relation)
        else:
            _absorb(result, relation, [])
    scope = Scope(ctes, outer, Derived())
    for name, deps in zip(result.names, result.deps, strict=True):
        scope.aliases.setdefault(name, deps)
    _sort(node, scope, result, context)
    return result


def _absorb_by_name(result: Derived, branch: Relation) -> None:
    result.inputs.append(branch)
    for name, deps in branch.star(0):
        position = result.index.get(name)
        if position is None:
            result.add(name, dict(deps))
        else:
            blend(result.deps[position], dict(deps), IDENTITY, NONE, 0)
    if isinstance(branch, Derived):
        result.remainders.extend(branch.remainders)


def _bracketed(node: Any, context: Context, ctes: Ctes | None, outer: Scope | None) -> Relation:
    inner = node.this
    relation: Relation
    if isinstance(inner, (exp.Table, exp.Subquery)) and (node.args.get("joins") or inner.args.get("joins")):
        result = Derived()
        scope = Scope(ctes, outer, result)
        add_source(inner, scope, context)
        return scope_star(scope, result)
    relation = resolve_query(inner, context, ctes, outer)
    if node.args.get("order"):
        scope = Scope(ctes, outer, Derived(), {"": relation})
        influenced = Derived(inputs=[relation])
        for name, deps in relation.star(0):
            influenced.add(name, deps)
        if isinstance(relation, Derived):
            influenced.remainders = relation.remainders
        _sort(node, scope, influenced, context)
        return influenced
    return relation


def scope_star(scope: Scope, result: Derived) -> Derived:
    """Everything the sources of a scope offer, as one relation."""
    for relation in scope.sources.values():
        for name, deps in relation.star(0):
            result.add(name, deps)
        if isinstance(relation, Derived):
            result.remainders.extend(relation.remainders)
        elif not relation.closed:
            result.remainders.append(Remainder(relation))
    return result


def _select(node: Any, context: Context, ctes: Ctes | None, outer: Scope | None) -> Relation:
    args = node.args
    result = Derived()
    scope = Scope(ctes, outer, result)
    read_from(args, scope, context)
    if len(scope.sources) == 1 and not (context.variables or context.pseudo or context.speech.lateral_alias):
        (scope.alone,) = scope.sources.values()
    for window in args.get("windows") or ():
        scope.windows[context.name(window.this)] = window
    project(node, scope, context)
    _clauses(args, scope, result, context)
    return result


def read_from(args: dict[str, Any], scope: Scope, context: Context) -> None:
    """Add the sources of FROM, its joins and lateral views to ``scope``."""
    clause = args.get("from_")
    if clause is not None:
        add_source(clause.this, scope, context)
    for join in args.get("joins") or ():
        add_join(join, scope, context)
    for lateral in args.get("laterals") or ():
        add_source(lateral, scope, context)
    matching = args.get("match")
    if matching is not None:
        match_rows(matching, scope, context)
    for pivot in args.get("pivots") or ():
        context.notes.append(("unsupported", "A PIVOT after the whole FROM clause is not read.", place_of(pivot)))


def _clauses(args: dict[str, Any], scope: Scope, result: Derived, context: Context) -> None:
    """The influences of WHERE, HAVING, QUALIFY, GROUP BY, ORDER BY and the like on the whole result."""
    own = result.own
    for key in ("prewhere", "where", "having", "qualify", "connect"):
        clause = args.get(key)
        if clause is not None:
            _influence(clause, scope, context, own, FILTER)
    group = args.get("group")
    if group is not None:
        for value in group.args.values():
            for item in value if isinstance(value, list) else ():
                _by_position(item, scope, result, context, GROUP_BY)
    distinct = args.get("distinct")
    if distinct is not None and distinct.args.get("on") is not None:
        _influence(distinct.args["on"], scope, context, own, GROUP_BY)
    for key in ("order", "sort", "cluster", "distribute"):
        clause = args.get(key)
        if clause is not None:
            for item in clause.expressions:
                _by_position(item, scope, result, context, SORT)


def _sort(node: Any, scope: Scope, result: Derived, context: Context) -> None:
    clause = node.args.get("order")
    if clause is not None:
        for item in clause.expressions:
            _by_position(item, scope, result, context, SORT)


def _influence(clause: Any, scope: Scope, context: Context, own: Deps, kind: int) -> None:
    inner = clause.this if isinstance(clause, (exp.Where, exp.Having, exp.Qualify)) else clause
    blend(own, depends(inner, scope, context, kind), IDENTITY, NONE, 0)


def _by_position(item: Any, scope: Scope, result: Derived, context: Context, kind: int) -> None:
    """GROUP BY and ORDER BY also take the number or the alias of a projection; between an alias and a column of the
    same name ORDER BY takes the alias and GROUP BY the column.
    """
    inner = item.this if isinstance(item, exp.Ordered) else item
    if isinstance(inner, exp.Literal):
        if inner.is_int and 0 < int(inner.this) <= len(result.deps):
            blend(result.own, result.deps[int(inner.this) - 1], kind, NONE, 0)
        return
    if isinstance(inner, exp.Column) and inner.args.get("table") is None:
        name = context.name(inner.this)
        if name in scope.aliases and (kind == SORT or not any(r.has(name) for r in scope.sources.values())):
            blend(result.own, scope.aliases[name], kind, NONE, place_of(inner.this))
            return
    blend(result.own, depends(inner, scope, context, kind), IDENTITY, NONE, 0)
