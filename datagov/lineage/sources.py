"""The items of a FROM clause: tables, CTEs, sub-queries, laterals, table functions, VALUES, and their
pivots.
"""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp

from datagov.lineage.called import called
from datagov.lineage.expression import depends
from datagov.lineage.familiar import familiar, row_function
from datagov.lineage.flow import (
    FILTER,
    IDENTITY,
    JOIN,
    NONE,
    TABLE_FUNCTION,
    TRANSFORMATION,
    blend,
    doubted,
)
from datagov.lineage.named_by_call import SUBSTITUTED, files_of, named_inside, path_of, together
from datagov.lineage.passing import passed_rows
from datagov.lineage.pivot import pivoted
from datagov.lineage.relation import Derived, Relation, Remainder, Stored, renamed
from datagov.lineage.remote import remote_query
from datagov.lineage.rows import (
    FLATTEN,
    NO_VALUE,
    alias_columns,
    arguments,
    called_rows,
    declared_columns,
    stacked_rows,
    unnested,
    values_of,
)
from datagov.lineage.scope import Context, Scope, first_place, place_of
from datagov.lineage.structs import fields_of, row_of
from datagov.lineage.yields import yields

_WORD = re.compile(r"[^\W\d]\w*")
_SEARCHED = frozenset({"merge"})
_LATERAL_UNSAID = frozenset({"duckdb"})


def add_source(node: Any, scope: Scope, context: Context) -> Relation | None:
    """Resolve one FROM item and bind it to its alias; brackets and the joins inside them come along."""
    table = node.__class__ is exp.Table
    if not table and isinstance(node, (exp.Paren, exp.From)):
        return add_source(node.this, scope, context)
    if not table and isinstance(node, exp.TableAlias):
        return add_source(exp.Table(this=node.this), scope, context)
    if not table and isinstance(node, (exp.Final, exp.Stream)):
        outer = node.this
        inner = outer.this if isinstance(outer, exp.Subquery) and isinstance(outer.this, exp.Table) else outer
        alias = node.args.get("alias") or (outer.args.get("alias") if inner is not outer else None)
        if alias is not None:
            inner.set("alias", alias)
        return add_source(inner, scope, context)
    if not table and isinstance(node, exp.TableFromRows) and isinstance(node.this, exp.Literal):
        named = exp.to_table(node.this.name)
        named.set("alias", node.args.get("alias"))
        return add_source(named, scope, context)
    relation: Relation
    alias = node.args.get("alias")
    name = context.name(alias.this) if isinstance(alias, exp.TableAlias) and alias.args.get("this") else ""
    if not table and isinstance(node, exp.Subquery) and isinstance(node.this, (exp.Table, exp.Subquery)) and not name:
        inner = node.this
        if node.args.get("with_") is None and not node.args.get("pivots"):
            last = add_source(inner, scope, context)
            _own_joins(node, scope, context)
            return last
    if table or isinstance(node, exp.Table):
        relation, default = _table(node, scope, context)
    elif isinstance(node, (exp.Subquery, exp.Query)):
        relation, default = context.query(node, context, scope.ctes, _around(scope, context)), ""
    elif isinstance(node, exp.Lateral):
        relation, default = _lateral(node, scope, context), ""
    elif isinstance(node, exp.Unnest):
        relation, default = unnested(node, scope, context), ""
    elif isinstance(node, exp.Values):
        relation, default = values_of(node, scope, context), ""
    elif isinstance(node, exp.Pivot):
        relation, default = pivoted(_pivot_input(node, scope, context), node, scope, context), ""
    else:
        if not isinstance(node, (exp.Func, exp.UDTF)):
            message = "A source of the query is of a kind lineage does not read."
            context.notes.append(("unsupported", message, first_place(node)))
        known = called(node, None, context)
        if known is None and isinstance(node, exp.TableFromRows):
            _doubt_unknown(node.this, context)
        relation, default = known or called_rows(node, scope, context), ""
    columns = alias_columns(alias, context)
    for pivot in node.args.get("pivots") or ():
        relation = pivoted(relation, pivot, scope, context)
        pivot_alias = pivot.args.get("alias")
        if isinstance(pivot_alias, exp.TableAlias):
            names = alias_columns(pivot_alias, context)
            if names:
                relation = renamed(relation, names, first_place(pivot))
            name = context.name(pivot_alias.this) or name
            columns = []
    if columns and not isinstance(node, (exp.Unnest, exp.Lateral)):
        relation = renamed(relation, columns, place_of(alias.this) if alias is not None and alias.this else 0)
        if node.args.get("ordinality") and len(columns) > 1:
            relation.deps[-1] = {}
    bind(name or default, relation, scope)
    _own_joins(node, scope, context)
    return relation


def _around(scope: Scope, context: Context) -> Scope:
    """What a derived table sees of the query it stands in: all its sources where LATERAL goes without saying."""
    if not scope.sources or context.speech.name in _LATERAL_UNSAID:
        return scope
    return Scope(scope.ctes, scope.outer, scope.result, scope.sources, hidden=scope.hidden, beside=True)


def _own_joins(node: Any, scope: Scope, context: Context) -> None:
    for join in node.args.get("joins") or ():
        add_join(join, scope, context)
    for lateral in node.args.get("laterals") or ():
        add_source(lateral, scope, context)


def bind(name: str, relation: Relation, scope: Scope) -> None:
    """Make a source known by its alias; one without a name still answers for unqualified columns."""
    scope.result.inputs.append(relation)
    key = name
    while key in scope.sources or not key:
        key += "\x00"
    scope.sources[key] = relation


def _array_of(node: Any, scope: Scope, context: Context) -> Relation | None:
    """BigQuery: ``FROM s.t, s.t.items`` unnests a column of a table before it."""
    if context.speech.name != "bigquery" or not node.args.get("catalog"):
        return None
    wanted = (context.name(node.args["catalog"]), context.name(node.args["db"]))
    for relation in scope.sources.values():
        if not isinstance(relation, Stored):
            continue
        if ((relation.table.schema or "").lower(), relation.table.name.lower()) == wanted:
            column = context.name(node.this)
            deps = relation.column(column, TABLE_FUNCTION, first_place(node)) or {}
            return Derived([column], [deps], {column: 0}, fields=deps)
    return None


def _table(node: Any, scope: Scope, context: Context) -> tuple[Relation, str]:
    this = node.this
    path = path_of(node)
    if path is not None:
        return Stored(context.catalog, context.catalog.find(path, None, None, plain=True)), ""
    paths = files_of(node)
    if paths:
        return together(paths, first_place(node), context), ""
    if isinstance(this, exp.Parameter) and context.speech.name in {"tsql", "fabric"}:
        return Stored(context.catalog, context.table(node)), context.name(this)
    if not isinstance(this, (exp.Identifier, exp.Dot)):
        if isinstance(this, (exp.Parameter, exp.Placeholder, exp.Var, exp.SessionParameter)):
            context.notes.append(("opaque", "A table is named by a variable and cannot be known.", first_place(node)))
            return Derived(), ""
        remote = remote_query(this, scope, context) or passed_rows(this, scope, context)
        if remote is not None:
            return remote, ""
        inner = named_inside(this, context)
        if inner is None and context.speech.name == "clickhouse" and isinstance(this, exp.Anonymous):
            inner = exp.Table(this=exp.to_identifier(this.name), db=node.args["db"]) if node.args.get("db") else None
            if this.name.lower() in _SEARCHED:
                context.notes.append(
                    ("opaque", "Tables are found by a pattern and cannot be known.", first_place(node))
                )
        if inner is None and isinstance(this, exp.DynamicIdentifier):
            context.notes.append(("opaque", "A table is named by a variable and cannot be known.", first_place(node)))
        if inner is not None:
            return Stored(context.catalog, context.table(inner)), inner.name.lower()
        known = called(this, node.args.get("db"), context)
        if known is not None:
            return known, ""
        _doubt_unknown(this, context)
        alias = node.args.get("alias")
        named = context.name(alias.this) if isinstance(alias, exp.TableAlias) and alias.args.get("this") else ""
        return called_rows(this, scope, context, named), ""
    if isinstance(this, exp.Identifier) and not node.args.get("db"):
        name = context.name(this)
        if scope.ctes is not None:
            cte = scope.ctes.find(name)
            if cte is not None:
                return cte, name
        record = context.records.get(name)
        if isinstance(record, Stored):
            return record, name
    alias = node.args.get("alias") if context.speech.name in SUBSTITUTED else None
    if alias is not None and isinstance(alias.this, (exp.Parameter, exp.Placeholder)):
        message = "Part of a table's name is a variable and cannot be known."
        context.notes.append(("opaque", message, first_place(node)))
        return Derived(anything={}), ""
    array = _array_of(node, scope, context)
    if array is not None:
        return array, ""
    table = context.table(node)
    return Stored(context.catalog, table), context.speech.fold(table.name, quoted=True)


def _doubt_unknown(node: Any, context: Context) -> None:
    """Of a function that nobody knows it is not known which tables it reads."""
    function = row_function(node)
    if isinstance(function, exp.Anonymous):
        context.doubts(familiar().new_source(function))


def _lateral(node: Any, scope: Scope, context: Context) -> Relation:
    """LATERAL sub-queries and functions, LATERAL VIEW explode, CROSS APPLY, FLATTEN."""
    inner = node.this
    alias = node.args.get("alias")
    columns = alias_columns(alias, context)
    if isinstance(inner, (exp.Query, exp.Subquery)):
        relation = context.query(inner, context, scope.ctes, scope)
        return renamed(relation, columns, 0) if columns else relation
    if isinstance(inner, exp.Unnest):
        return unnested(inner, scope, context, columns)
    if isinstance(inner, exp.Table):
        return _table(inner, scope, context)[0]
    if isinstance(inner, exp.Stack) and columns:
        return stacked_rows(inner, columns, scope, context)
    known = called(inner, None, context)
    if known is not None:
        return renamed(known, columns, 0) if columns else known
    fields = list(row_of(inner.this, scope, context)) if isinstance(inner, exp.Inline) else []
    if fields and len(columns) in {0, len(fields)}:
        made = Derived()
        for (_, deps), column in zip(fields, columns or [name for name, _ in fields], strict=True):
            made.add(column, doubted(deps, TABLE_FUNCTION))
        return made
    deps = arguments(inner, scope, context)
    if not columns and isinstance(inner, exp.Explode) and context.speech.name == "snowflake":
        columns = list(FLATTEN)
    columns = columns or list(yields(inner, context.speech.name, ""))
    result = Derived(fields=deps) if columns else Derived(anything=deps)
    posexplode = isinstance(inner, (exp.Posexplode,)) and columns
    for position, column in enumerate(columns):
        numbered = column in NO_VALUE or (posexplode and position == 0)
        result.add(column, {} if numbered else deps)
    for column, numbers in declared_columns(inner, context):
        result.add(column, {} if numbers else deps)
    rows = fields_of(inner.this, scope, context) if isinstance(inner, exp.Explode) and columns else None
    if rows is not None:
        result.structs = {columns[-1]: rows}
    return result


def _pivot_input(node: Any, scope: Scope, context: Context) -> Relation:
    """DuckDB's ``PIVOT t ON …`` as a source of its own."""
    inner = Scope(scope.ctes, scope.outer, Derived())
    relation = add_source(node.this, inner, context)
    return relation if relation is not None else Derived()


def add_join(join: Any, scope: Scope, context: Context) -> None:
    """Add a joined source and what its ON, USING or NATURAL decides."""
    args = join.args
    if args.get("kind") == "ARRAY":
        _array_join(join, scope, context)
        return
    left = dict(scope.sources)
    add_source(join.this, scope, context)
    right = [alias for alias in scope.sources if alias not in left]
    own = scope.result.own
    condition = args.get("on")
    if condition is not None:
        blend(own, depends(condition, scope, context, JOIN), IDENTITY, NONE, 0)
    shared = {context.name(identifier): first_place(identifier) for identifier in args.get("using") or ()}
    names = list(shared)
    if args.get("method") == "NATURAL":
        names = _common(left, [scope.sources[alias] for alias in right])
    for name in names:
        sides = [alias for alias in left if left[alias].has(name)]
        if not sides:
            sides = [alias for alias in left if not left[alias].closed][:1] or list(left)[:1]
        group = scope.merged.setdefault(name, [])
        for alias in (sides if not group else []) + right:
            if alias not in group:
                group.append(alias)
        for alias in group:
            deps = scope.sources[alias].column(name, 0, 0)
            if deps:
                blend(own, deps, JOIN, NONE, shared.get(name) or first_place(join))
    if args.get("kind") in {"SEMI", "ANTI"}:
        for alias in right:
            del scope.sources[alias]


def _array_join(join: Any, scope: Scope, context: Context) -> None:
    """ClickHouse: ``ARRAY JOIN a AS x, b AS y`` adds a column for each alias."""
    result = Derived()
    for item in (join.this, *join.expressions):
        if isinstance(item, exp.Alias):
            deps = depends(item.this, scope, context, TRANSFORMATION)
            result.add(context.name(item.args["alias"]), doubted(deps, TABLE_FUNCTION))
    if result.names:
        bind("", result, scope)


def match_rows(node: Any, scope: Scope, context: Context) -> None:
    """MATCH_RECOGNIZE replaces the sources by its partition keys and measures."""
    args = node.args
    result = Derived(inputs=list(scope.sources.values()))
    whole = "ALL" in str(args["rows"].name).upper() if args.get("rows") is not None else False
    if whole:
        for relation in scope.sources.values():
            for name, deps in relation.star(first_place(node)):
                result.add(name, deps)
            if not relation.closed:
                result.remainders.append(Remainder(relation))
    else:
        for key in args.get("partition_by") or ():
            result.add(context.name(key.this), depends(key, scope, context))
    inner = Scope(scope.ctes, scope, Derived(), dict(scope.sources), hidden=_patterns(node, context))
    for measure in args.get("measures") or ():
        item = measure.this
        if isinstance(item, exp.Alias):
            result.add(context.name(item.args["alias"]), depends(item.this, inner, context, TRANSFORMATION))
    for define in args.get("define") or ():
        blend(result.own, depends(define.this, inner, context, FILTER), IDENTITY, NONE, 0)
    alias = args.get("alias")
    scope.sources.clear()
    bind(context.name(alias.this) if isinstance(alias, exp.TableAlias) else "", result, scope)


def _patterns(node: Any, context: Context) -> frozenset[str]:
    """The names of a pattern's row variables; ``x.price`` means the column price of rows matched as x."""
    names = {context.name(define.args.get("alias")) for define in node.args.get("define") or ()}
    pattern = node.args.get("pattern")
    if isinstance(pattern, exp.Expr):
        names |= {context.speech.fold(word, quoted=False) for word in _WORD.findall(pattern.name)}
    return frozenset(names)


def _common(left: dict[str, Relation], right: list[Relation]) -> list[str]:
    """The columns both sides of a NATURAL JOIN are known to have."""
    names: list[str] = []
    for relation in right:
        if not relation.closed:
            continue
        for name, _ in relation.star(0):
            if any(other.has(name) for other in left.values()):
                names.append(name)
    return names
