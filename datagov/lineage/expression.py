"""Walk one expression and gather the columns it depends on, with the kind and protection of each dependency.

The walk keeps its own stack: chains of thousands of operators are as deep as they are long. CASE and IF
conditions are CONDITIONAL, PARTITION BY and ORDER BY of a window are WINDOW, ``count(*)`` depends on no
column.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from datagov.lineage.calls import aggregate, chosen_by, function, having_max, protection_of, result, transform
from datagov.lineage.flow import (
    AGGREGATION,
    CONDITIONAL,
    IDENTITY,
    NESTED_FIELD,
    NONE,
    QUALIFIED,
    TABLE_FUNCTION,
    TRANSFORMATION,
    WINDOW,
    Deps,
    blend,
    doubted,
)
from datagov.lineage.relation import Relation, Stored, numbered
from datagov.lineage.resolving import FIELDS_BY_NUMBER, built_field, nested, resolve
from datagov.lineage.scope import Context, Scope, first_place, place_of

Item = tuple[Any, int, int]
Visit = Callable[[Any, int, int, "Walk"], None]


class Walk:
    """The state of one walk: what is still to visit, and the dependencies found so far."""

    __slots__ = ("context", "deps", "kind", "scope", "stack")

    def __init__(self, scope: Scope, context: Context, kind: int) -> None:
        self.scope = scope
        self.context = context
        self.kind = kind
        self.deps: Deps = {}
        self.stack: list[Item] = []

    def push(self, value: Any, kind: int, protection: int) -> None:
        """Visit a node or a list of nodes later."""
        if value.__class__ is list:
            for node in reversed(value):
                if _VISITS[node.__class__] is not _nothing:
                    self.stack.append((node, kind, protection))
        elif _VISITS[value.__class__] is not _nothing:
            self.stack.append((value, kind, protection))


def depends(node: Any, scope: Scope, context: Context, kind: int = IDENTITY) -> Deps:
    """Where the value of ``node`` comes from, seen as ``kind`` (IDENTITY for a projection, FILTER for a
    WHERE …).
    """
    while node.__class__ in _BARE:
        node = node.args["this"]
    if node.__class__ is exp.Column and kind == IDENTITY:
        identifier = node.args["this"]
        if identifier.__class__ is not exp.Star:
            return resolve(node, identifier, place_of(identifier), scope, context)
    walk = Walk(scope, context, kind)
    stack, deps = walk.stack, walk.deps
    stack.append((node, kind, NONE))
    while stack:
        node, kind, protection = stack.pop()
        visit = _VISITS[node.__class__]
        if visit is _column:
            identifier = node.args["this"]
            if identifier.__class__ is not exp.Star:
                place = place_of(identifier)
                blend(deps, resolve(node, identifier, place, scope, context), kind, protection, place)
            else:
                _row_of_star(node, kind, protection, walk)
        elif visit is not None:
            visit(node, kind, protection, walk)
        else:
            kind = kind or TRANSFORMATION
            for value in node.args.values():
                if value.__class__ is list:
                    for child in value:
                        if _VISITS[child.__class__] is not _nothing:
                            stack.append((child, kind, protection))
                elif _VISITS[value.__class__] is not _nothing:
                    stack.append((value, kind, protection))
    return deps


_BARE = frozenset({exp.Alias, exp.Paren})
_LEAVES = frozenset({
    exp.Literal, exp.Null, exp.Boolean, exp.DataType, exp.Var, exp.Identifier, exp.SessionParameter, exp.Star,
    exp.CurrentDate, exp.CurrentTimestamp, exp.National, exp.HexString, exp.BitString, exp.RawString,
    exp.ByteString, exp.JSONPath, exp.Pseudocolumn, exp.UnicodeString, exp.Heredoc,
})  # fmt: skip
_PASSED_ON = (exp.Alias, exp.Paren, exp.Distinct, exp.Ordered, exp.Order, exp.Where, exp.Tuple)
_SCHEMAS = frozenset({"main", "pg_catalog", "system", "information_schema"})
_ORDER_DECIDES_VALUE = (exp.PercentileCont, exp.PercentileDisc)


def _nothing(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """A leaf that carries no column."""


def _interval(node: Any, kind: int, protection: int, walk: Walk) -> None:
    walk.push(node.this, kind or TRANSFORMATION, protection)


def _column(node: Any, kind: int, protection: int, walk: Walk) -> None:
    identifier = node.args["this"]
    if identifier.__class__ is not exp.Star:
        place = place_of(identifier)
        blend(walk.deps, resolve(node, identifier, place, walk.scope, walk.context), kind, protection, place)


def _row_of_star(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``row_to_json(t.*)``: every column of ``t``; the rows that ``count(t.*)`` counts have no value in it."""
    above = node.parent
    while isinstance(above, exp.Paren):
        above = above.parent
    if isinstance(above, exp.Count):
        return
    alias = walk.context.name(node.args.get("table"))
    here: Scope | None = walk.scope
    while here is not None and alias not in here.sources:
        here = here.outer
    if here is not None:
        for _, deps in here.sources[alias].star(first_place(node)):
            blend(walk.deps, deps, kind or TRANSFORMATION, protection, first_place(node))


def _variable(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``@x``, ``:x``, ``$1``: what was put into the variable, or a column of a staged file."""
    context, name = walk.context, walk.context.name(node)
    held = context.variables.get(name.lower()) or context.variables.get(name.lstrip("@$:").lower())
    if not held and name[1:].isdigit() and context.speech.name in FIELDS_BY_NUMBER:
        held = next((numbered(r, name, first_place(node)) for r in walk.scope.sources.values()), None)
    if held:
        blend(walk.deps, held, kind, protection, place_of(node))


def _passed_on(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """The node adds nothing to the value itself."""
    for value in node.args.values():
        walk.push(value, kind, protection)


def stacked(node: Any, width: int, scope: Scope, context: Context) -> list[Deps]:
    """What each of the ``width`` columns of ``stack(n, …)`` depends on."""
    cells = node.expressions
    out: list[Deps] = []
    for position in range(width):
        deps: Deps = {}
        for cell in cells[position::width]:
            blend(deps, depends(cell, scope, context, TRANSFORMATION), TRANSFORMATION, NONE, first_place(cell))
        out.append(doubted(deps, TABLE_FUNCTION))
    return out


def _dot(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """A field of a struct, or a method or a function called through a path."""
    fields: list[str] = []
    root = node
    while isinstance(root, (exp.Dot, exp.Paren)):
        if isinstance(root, exp.Dot):
            if not isinstance(root.expression, exp.Identifier):
                if isinstance(root.expression, exp.Func) and isinstance(root.this, (exp.Identifier, exp.Dot)):
                    if _method(root, kind or TRANSFORMATION, protection, walk):
                        return
                    guard = max(protection, protection_of(root.expression, walk, dotted=root))
                    for value in root.expression.args.values():
                        walk.push(value, kind or TRANSFORMATION, guard)
                    if walk.context.catalog.functions:
                        result(root.expression, root.this, kind or TRANSFORMATION, guard, walk)
                    if walk.context.speech.name == "duckdb":
                        _receiver(root.this, kind or TRANSFORMATION, guard, walk)
                    return
                walk.push(root.expression, kind or TRANSFORMATION, protection)
                walk.push(root.this, kind or TRANSFORMATION, protection)
                return
            fields.append(walk.context.name(root.expression))
        root = root.this
    fields.reverse()
    if isinstance(root, exp.Column) and isinstance(root.this, exp.Identifier):
        args = root.args
        parts = [walk.context.name(args[key]) for key in ("catalog", "db", "table", "this") if args.get(key)]
        deps = nested(parts + fields, root.this, walk.scope, walk.context)
        blend(walk.deps, deps, kind, protection, place_of(root.this))
    elif isinstance(root, (exp.Placeholder, exp.Anonymous)) and root.name.lower() in walk.context.records and fields:
        record = walk.context.records[root.name.lower()]
        if isinstance(record, Stored):
            walk.scope.result.inputs.append(record)
        blend(walk.deps, record.column(fields[0], QUALIFIED, first_place(node)) or {}, kind, protection, 0)
    elif isinstance(root, exp.Identifier):
        deps = nested([walk.context.name(root), *fields], root, walk.scope, walk.context)
        blend(walk.deps, deps, kind, protection, place_of(root))
    else:
        from datagov.lineage.structs import built

        own = built(root, tuple(fields), walk.scope, walk.context)
        if own is not None:
            blend(walk.deps, own, kind, protection, first_place(root))
            return
        walk.push(root, kind or TRANSFORMATION, protection)


def _receiver(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """DuckDB: ``column.function(x)`` is ``function(column, x)``; before a dot may also stand a schema."""
    if isinstance(node, exp.Dot):
        walk.push(node, kind, protection)
    elif node.name.lower() not in _SCHEMAS:
        deps = nested([walk.context.name(node)], node, walk.scope, walk.context)
        blend(walk.deps, deps, kind, protection, place_of(node))


def _positional(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """DuckDB: ``#2`` is the second column of the sources."""
    columns = [deps for relation in walk.scope.sources.values() for _, deps in relation.star(0)]
    wanted = int(node.name) if node.name.isdigit() else 0
    if 0 < wanted <= len(columns):
        blend(walk.deps, columns[wanted - 1], kind, protection, 0)


_XML_METHODS = frozenset({"value", "query", "nodes", "exist", "getstringval", "getclobval", "getnumberval", "extract"})


def _method(node: Any, kind: int, protection: int, walk: Walk) -> bool:
    """``x.doc.value('…')``, ``doc.query('…')``: a method of a column, not a function of a schema."""
    parts: list[Any] = []
    root = node.this
    while isinstance(root, exp.Dot) and isinstance(root.expression, exp.Func):
        root = root.this
    while isinstance(root, exp.Dot) and isinstance(root.expression, exp.Identifier):
        parts.append(root.expression)
        root = root.this
    if not isinstance(root, exp.Identifier):
        return False
    context = walk.context
    names = [context.name(root), *(context.name(part) for part in reversed(parts))]
    here: Scope | None = walk.scope
    while here is not None and names[0] not in here.sources:
        here = here.outer
    if here is None and (len(names) > 1 or node.expression.name.lower() not in _XML_METHODS):
        return False
    if len(names) == 1:
        column = exp.Column(this=root)
        deps = resolve(column, root, place_of(root), walk.scope, context)
    else:
        deps = nested(names, root, walk.scope, context)
    blend(walk.deps, deps, kind, max(protection, protection_of(node.expression, walk)), place_of(root))
    for value in node.expression.args.values():
        walk.push(value, kind, protection)
    return True


def _case(node: Any, kind: int, protection: int, walk: Walk) -> None:
    args = node.args
    walk.push(args.get("default"), kind or TRANSFORMATION, protection)
    for branch in reversed(args.get("ifs") or ()):
        walk.push(branch.args.get("true"), kind or TRANSFORMATION, protection)
        walk.push(branch.this, max(kind, CONDITIONAL), protection)
    walk.push(args.get("this"), max(kind, CONDITIONAL), protection)


def _if(node: Any, kind: int, protection: int, walk: Walk) -> None:
    walk.push(node.args.get("false"), kind or TRANSFORMATION, protection)
    walk.push(node.args.get("true"), kind or TRANSFORMATION, protection)
    walk.push(node.this, max(kind, CONDITIONAL), protection)


def _nvl2(node: Any, kind: int, protection: int, walk: Walk) -> None:
    _if(node, kind, protection, walk)


def _decode(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``decode(x, search, result, …, default)``: the results flow, the comparisons decide."""
    parts = node.expressions
    if not parts:
        return
    walk.push(parts[0], max(kind, CONDITIONAL), protection)
    rest = parts[1:]
    for position in range(0, len(rest) - 1, 2):
        walk.push(rest[position], max(kind, CONDITIONAL), protection)
        walk.push(rest[position + 1], kind or TRANSFORMATION, protection)
    if len(rest) % 2:
        walk.push(rest[-1], kind or TRANSFORMATION, protection)


def _window(node: Any, kind: int, protection: int, walk: Walk) -> None:
    args = node.args
    seen: set[str] = set()
    over = node
    while over is not None:
        walk.push(over.args.get("order"), max(kind, WINDOW), protection)
        walk.push(over.args.get("partition_by"), max(kind, WINDOW), protection)
        name = walk.context.name(over.args.get("alias"))
        if not name or name in seen:
            break
        seen.add(name)
        over = walk.scope.windows.get(name)
    walk.push(args["this"], kind or TRANSFORMATION, protection)


def _within_group(node: Any, kind: int, protection: int, walk: Walk) -> None:
    call = node.this
    order = node.args.get("expression")
    percentile = isinstance(call, _ORDER_DECIDES_VALUE) or call.__class__.__name__ == "Mode"
    if percentile:
        guard = max(protection, protection_of(call, walk))
        walk.push(order.expressions if order is not None else None, max(kind, AGGREGATION), guard)
    else:
        walk.push(order, max(kind, WINDOW), protection)
    walk.push(call, kind or TRANSFORMATION, protection)


def _filter(node: Any, kind: int, protection: int, walk: Walk) -> None:
    walk.push(node.args.get("expression"), max(kind, CONDITIONAL), protection)
    walk.push(node.this, kind or TRANSFORMATION, protection)


def _ordered_inside(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """ORDER BY inside an aggregate's brackets: ``array_agg(a order by b)``."""
    walk.push(node.args.get("expressions"), max(kind, WINDOW), protection)
    walk.push(node.this, kind or TRANSFORMATION, protection)


def _lambda(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """A lambda's parameters, and those of the lambdas inside it, hide columns of the same name."""
    names = frozenset(
        walk.context.name(p)
        for inner in node.find_all(exp.Lambda)
        for p in inner.expressions
        if isinstance(p, exp.Identifier)
    )
    for column in node.this.find_all(exp.Column):
        parts = [walk.context.name(column.args[k]) for k in ("catalog", "db", "table", "this") if column.args.get(k)]
        if parts and parts[0] not in names and column.this.__class__ is not exp.Star:
            place = place_of(column.this)
            deps = resolve(column, column.this, place, walk.scope, walk.context)
            blend(walk.deps, deps, kind or TRANSFORMATION, protection, place)
    for identifier in node.this.find_all(exp.Identifier):
        parent = identifier.parent
        bare = isinstance(parent, (exp.Binary, exp.Func)) and not isinstance(parent, (exp.Dot, exp.Lambda))
        if isinstance(parent, exp.PropertyEQ) and parent.this is identifier:
            continue
        if bare and walk.context.name(identifier) not in names:
            place = place_of(identifier)
            deps = resolve(exp.Column(this=identifier.copy()), identifier, place, walk.scope, walk.context)
            blend(walk.deps, deps, kind or TRANSFORMATION, protection, place)


def _comprehension(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``[x + k for x in items if x > 0]``: its variable hides a column of that name."""
    args = node.args
    names = [args["expression"], args["position"]] if args.get("position") is not None else [args["expression"]]
    walk.push(args.get("iterator"), kind or TRANSFORMATION, protection)
    for part, seen in ((node.this, kind or TRANSFORMATION), (args.get("condition"), max(kind, CONDITIONAL))):
        if part is not None:
            _lambda(exp.Lambda(this=part.copy(), expressions=list(names)), seen, protection, walk)


def _subquery(node: Any, kind: int, protection: int, walk: Walk) -> None:
    relation = walk.context.query(node, walk.context, walk.scope.ctes, walk.scope)
    walk.scope.result.inputs.append(relation)
    place = first_place(node)
    for _, deps in relation.star(place):
        blend(walk.deps, deps, kind or IDENTITY, protection, place)


def _exists(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """EXISTS takes no value: only the inner query's own clauses matter, as influences."""
    query = node.this
    if not isinstance(query, (exp.Query, exp.Subquery)):
        function(node, kind, protection, walk)
        return
    relation: Relation = walk.context.query(query, walk.context, walk.scope.ctes, walk.scope)
    walk.scope.result.inputs.append(relation)


def _in(node: Any, kind: int, protection: int, walk: Walk) -> None:
    args = node.args
    inner = args.get("query")
    if inner is not None:
        _subquery(inner, max(kind, CONDITIONAL), protection, walk)
    walk.push(args.get("unnest"), max(kind, CONDITIONAL), protection)
    walk.push(args.get("expressions"), kind or TRANSFORMATION, protection)
    field = args.get("field")
    if field.__class__ is exp.Column and field.args.get("db") is None and _is_table(field, walk):
        table = exp.Table(this=field.this, db=field.args.get("table"))
        _subquery(table, max(kind, CONDITIONAL), protection, walk)
    else:
        walk.push(field, kind or TRANSFORMATION, protection)
    walk.push(node.this, kind or TRANSFORMATION, protection)


def _compared(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``a > ALL (SELECT …)``: the query decides, as that of IN does; the elements of an array are compared."""
    inner = node.this.unnest() if isinstance(node.this, exp.Expr) else None
    if isinstance(inner, exp.Query):
        _subquery(inner, max(kind, CONDITIONAL), protection, walk)
    else:
        walk.push(node.this, kind or TRANSFORMATION, protection)


def _is_table(field: Any, walk: Walk) -> bool:
    """ClickHouse: does ``x IN s.t`` name a table? It does unless s is a source in sight."""
    qualifier = field.args.get("table")
    if walk.context.speech.name != "clickhouse" or qualifier is None:
        return False
    name = walk.context.name(qualifier)
    here: Scope | None = walk.scope
    while here is not None:
        if name in here.sources or any(relation.has(name) for relation in here.sources.values()):
            return False
        here = here.outer
    return True


def _bracket(node: Any, kind: int, protection: int, walk: Walk) -> None:
    walk.push(node.args.get("expressions"), kind or TRANSFORMATION, protection)
    walk.push(node.this, kind or TRANSFORMATION, protection)


def _json_extract(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``j -> 'a'``, ``o:a.b``: of an object the query built, the value of that key alone."""
    keys: list[str] = []
    root = node
    while isinstance(root, _JSON_EXTRACTS):
        path = root.expression
        if not isinstance(path, exp.JSONPath):
            break
        keys[:0] = [str(part.this) for part in path.expressions if isinstance(part, exp.JSONPathKey)]
        if any(not isinstance(part, (exp.JSONPathKey, exp.JSONPathRoot)) for part in path.expressions):
            keys = []
            break
        root = root.this
    if keys and isinstance(root, exp.Column) and isinstance(root.this, exp.Identifier) and walk.scope.fielded:
        args = root.args
        parts = [walk.context.name(args[key]) for key in ("catalog", "db", "table", "this") if args.get(key)]
        deps = built_field(parts + keys, walk.scope)
        if deps is not None:
            blend(walk.deps, doubted(deps, NESTED_FIELD), kind or TRANSFORMATION, protection, place_of(root.this))
            return
    function(node, kind, protection, walk)


def _named_argument(node: Any, kind: int, protection: int, walk: Walk) -> None:
    """``name => value`` and ``value AS name`` inside a call: only the value counts."""
    walk.push(node.args.get("expression"), kind or TRANSFORMATION, protection)


def _property(node: Any, kind: int, protection: int, walk: Walk) -> None:
    walk.push(node.args.get("expression"), kind or TRANSFORMATION, protection)


_JSON_EXTRACTS = (exp.JSONExtract, exp.JSONExtractScalar, exp.JSONBExtract, exp.JSONBExtractScalar)
_SPECIAL: dict[type, Visit] = {
    exp.Column: _column,
    exp.Parameter: _variable,
    exp.Placeholder: _variable,
    exp.Dot: _dot,
    exp.Case: _case,
    exp.If: _if,
    exp.Nvl2: _nvl2,
    exp.DecodeCase: _decode,
    exp.Window: _window,
    exp.WithinGroup: _within_group,
    exp.Filter: _filter,
    exp.Lambda: _lambda,
    exp.PositionalColumn: _positional,
    exp.Comprehension: _comprehension,
    exp.Exists: _exists,
    exp.In: _in,
    exp.Any: _compared,
    exp.All: _compared,
    exp.Bracket: _bracket,
    exp.Kwarg: _named_argument,
    exp.PropertyEQ: _property,
    exp.ArgMax: chosen_by,
    exp.ArgMin: chosen_by,
    exp.HavingMax: having_max,
    exp.Interval: _interval,
    exp.NextValueFor: _nothing,
    exp.QueryTransform: transform,
    **dict.fromkeys(_JSON_EXTRACTS, _json_extract),
}


def _visitor(cls: type) -> Visit | None:
    """How to visit a value of this class; None for plain operators, whose children are simply visited."""
    if cls in _SPECIAL:
        return _SPECIAL[cls]
    if cls in _LEAVES or not issubclass(cls, exp.Expr):
        return _nothing
    if issubclass(cls, (exp.Subquery, exp.Query)):
        return _subquery
    if cls is exp.Order:
        return _ordered_inside
    if issubclass(cls, _PASSED_ON):
        return _passed_on
    if issubclass(cls, exp.AggFunc):
        return aggregate
    if issubclass(cls, exp.Func) and not issubclass(cls, exp.Binary):
        return function
    return None


class _Visits(dict[type, Visit | None]):
    """The visitor of every class seen so far."""

    def __missing__(self, cls: type) -> Visit | None:
        found = self[cls] = _visitor(cls)
        return found


_VISITS = _Visits()
