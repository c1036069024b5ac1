"""UPDATE: with FROM, joins, an alias for the target, sub-queries, and columns of its own table."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft
from datagov.lineage.expression import depends
from datagov.lineage.flow import FILTER, IDENTITY, KIND_BITS, KIND_MASK, NONE, blend
from datagov.lineage.query import with_ctes
from datagov.lineage.relation import Derived, Stored, surely
from datagov.lineage.scope import Context, Scope
from datagov.lineage.sources import add_join, add_source
from datagov.lineage.statements.insert import _assign_row, is_default, target_column
from datagov.lineage.variables import assign_variable


def read(node: Any, draft: Draft) -> None:
    """Read an UPDATE statement."""
    draft.kind = "UPDATE"
    context = draft.context
    ctes = with_ctes(node, context, draft.ctes, None)
    scope = Scope(ctes, None, Derived())
    args = node.args
    clause = args.get("from_")
    target = node.this
    if clause is not None:
        add_source(clause.this, scope, context)
        for join in clause.args.get("joins") or ():
            add_join(join, scope, context)
    for join in args.get("joins") or ():
        add_join(join, scope, context)
    default = _target(target, scope, context)
    if default is not None and len(scope.sources) > 1:
        _know_assigned(node, default, scope, context)
    where = args.get("where")
    if where is not None:
        blend(scope.result.own, depends(where.this, scope, context, FILTER), IDENTITY, NONE, 0)
    written: dict[str, Table] = {}
    for item in node.expressions:
        if not isinstance(item, exp.EQ):
            continue
        left, right = item.this, item.expression
        if isinstance(left, (exp.Parameter, exp.Placeholder)):
            left, right = _assign_variable(left, right, scope, context)
            if left is None:
                continue
        table = _table_of(left, default, scope, context)
        if table is None:
            _through_view(left, right, scope, draft)
            continue
        written.setdefault(table.dataset, table)
        if isinstance(left, (exp.Tuple, exp.Paren)):
            _assign_row(left, right, table, scope, draft)
            continue
        name = target_column(left, context, scope)
        if name and not is_default(right):
            draft.flow(table, name, depends(right, scope, context))
    if default is None and not draft.targets:
        draft.problem("unsupported", "The target of this UPDATE cannot be told.")
    for table in written.values() or ([default] if default else []):
        draft.touches(table)
        draft.influenced_by(table, scope.result)
    for table in written.values():
        if not _reads_itself(table, draft):
            draft.sources.pop(table.dataset, None)


def _know_assigned(node: Any, default: Table, scope: Scope, context: Context) -> None:
    """What SET writes without a qualifier are columns of the target, so no other table of FROM has them."""
    keys = [key for key, held in scope.sources.items() if isinstance(held, Stored) and held.table is default]
    cells = [cell for item in node.expressions if isinstance(item, exp.EQ) for cell in _cells(item.this)]
    names = [context.name(cell.this) for cell in cells if isinstance(cell, exp.Column) and not cell.args.get("table")]
    stored = scope.sources[keys[0]] if len(keys) == 1 else None
    if isinstance(stored, Stored):
        scope.sources[keys[0]] = surely(stored, names)


def _cells(left: Any) -> list[Any]:
    return list(left.expressions) if isinstance(left, exp.Tuple) else [left]


def _assign_variable(left: Any, right: Any, scope: Scope, context: Context) -> tuple[Any, Any]:
    """T-SQL: ``SET @v = x`` and ``SET @v = a = x`` fill a variable; the second also writes the column."""
    column = None
    if isinstance(right, exp.EQ) and isinstance(right.this, exp.Column):
        column, right = right.this, right.expression
    assign_variable(context, context.name(left).lower(), depends(right, scope, context))
    return column, right


def _through_view(left: Any, right: Any, scope: Scope, draft: Draft) -> None:
    """An assignment to a column of a query writes the stored column behind it."""
    context = draft.context
    if not isinstance(left, exp.Column):
        return
    for key in depends(left, scope, context):
        if key & KIND_MASK == IDENTITY:
            ref = draft.catalog.ref(key >> KIND_BITS)
            table = draft.catalog.find(ref.table, ref.schema, ref.catalog, plain=True)
            draft.flow(table, ref.column, depends(right, scope, context))
            draft.influenced_by(table, scope.result)


def _reads_itself(table: Table, draft: Draft) -> bool:
    ref = draft.catalog.ref
    return any(
        ref(key >> 4).dataset == table.dataset and key & 15 < 3
        for (_, column), deps in draft.columns.items()
        if column is not None
        for key in deps
    )


def _target(target: Any, scope: Scope, context: Context) -> Table | None:
    """The updated table; its name may be an alias of a source in FROM."""
    if isinstance(target, exp.Table) and isinstance(target.this, exp.Identifier):
        name = context.name(target.this)
        alias = target.args.get("alias")
        relation = scope.sources.get(name)
        if relation is not None and alias is None and not target.args.get("db"):
            for join in target.args.get("joins") or ():
                add_join(join, scope, context)
            return stored_under(relation)
        named = _same_table(target, scope, context) if alias is None else None
        if named is not None:
            return named
    before = set(scope.sources)
    sources = scope.sources
    scope.sources = {}
    relation = add_source(target, scope, context)
    added = scope.sources
    scope.sources = {**added, **{k: v for k, v in sources.items() if k not in added}}
    del before
    first = next(iter(added.values()), None)
    return stored_under(first if relation is None or len(added) > 1 else relation)


def _same_table(target: Any, scope: Scope, context: Context) -> Table | None:
    """T-SQL: ``UPDATE s.t SET … FROM s.t AS x`` means the source x."""
    if context.speech.name not in {"tsql", "fabric"}:
        return None
    table = context.table(target)
    for relation in scope.sources.values():
        if isinstance(relation, Stored) and relation.table is table:
            return table
    return None


def stored_under(relation: Any) -> Table | None:
    """The one stored table under a source; T-SQL also updates through a CTE or a derived table."""
    while isinstance(relation, Derived):
        if len(relation.inputs) != 1:
            return None
        relation = relation.inputs[0]
    return relation.table if isinstance(relation, Stored) else None


def _table_of(left: Any, default: Table | None, scope: Scope, context: Context) -> Table | None:
    """The table an assignment writes: the one its qualifier names, else the updated one."""
    node = left
    while isinstance(node, (exp.Dot, exp.Bracket)):
        node = node.this
    if isinstance(node, exp.Column) and node.args.get("table") is not None:
        relation = scope.sources.get(context.name(node.args["table"]))
        found = stored_under(relation) if relation is not None else None
        if found is not None:
            return found
    return default
