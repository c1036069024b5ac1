"""DELETE, TRUNCATE and DROP: no value flows, but the rows that stay are influenced, and the event is kept."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.draft import Draft
from datagov.lineage.expression import depends
from datagov.lineage.flow import FILTER, IDENTITY, NONE, blend
from datagov.lineage.query import with_ctes
from datagov.lineage.relation import Derived, Relation, tables_read
from datagov.lineage.scope import Context, Scope
from datagov.lineage.sources import add_join, add_source
from datagov.lineage.statements.update import stored_under


def read(node: Any, draft: Draft) -> None:
    """Read a DELETE statement."""
    draft.kind = "DELETE"
    context = draft.context
    scope = Scope(with_ctes(node, context, draft.ctes, None), None, Derived())
    args = node.args
    using = args.get("using")
    for source in using if isinstance(using, list) else [using]:
        if isinstance(source, exp.Expr):
            add_source(source, scope, context)
    for join in args.get("joins") or ():
        add_join(join, scope, context)
    beside = [table.dataset for r in scope.sources.values() if isinstance(r, Derived) for table in tables_read(r)]
    named = args.get("tables") or ()
    target = node.this
    written = []
    if isinstance(target, exp.Table):
        relation = scope.sources.get(context.name(target.this)) if not target.args.get("db") else None
        if relation is None:
            sources, scope.sources = scope.sources, {}
            relation = add_source(target, scope, context)
            scope.sources = {**scope.sources, **{k: v for k, v in sources.items() if k not in scope.sources}}
        written = [relation]
    elif isinstance(target, (exp.Subquery, exp.Query)):
        written = [add_source(target, scope, context)]
    if using and isinstance(target, exp.Table) and target.args.get("joins"):
        named = [target, *(join.this for join in target.args["joins"])]
    if named:
        written = [_named(table, scope, context) for table in named]
    where = args.get("where")
    if where is not None:
        blend(scope.result.own, depends(where.this, scope, context, FILTER), IDENTITY, NONE, 0)
    for relation in written:
        table = stored_under(relation)
        if table is None:
            draft.problem("unsupported", "The target of this DELETE cannot be told.")
            continue
        draft.touches(table)
        draft.influenced_by(table, scope.result)
    for dataset in draft.targets:
        if dataset not in beside:
            draft.sources.pop(dataset, None)


def _named(table: Any, scope: Scope, context: Context) -> Relation | None:
    """The table or alias that stands before FROM or USING; without FROM it is a table of its own."""
    known = scope.sources.get(context.name(table.this))
    return known if known is not None else add_source(table, scope, context)


def read_truncate(node: Any, draft: Draft) -> None:
    """Read a TRUNCATE statement."""
    draft.kind = "TRUNCATE"
    for table in node.expressions:
        if isinstance(table, exp.Table):
            draft.touches(draft.context.table(table))


def read_drop(node: Any, draft: Draft) -> None:
    """Read a DROP statement; what is known of the table is forgotten."""
    kind = str(node.args.get("kind") or "").upper()
    draft.kind = f"DROP_{kind.replace(' ', '_')}"
    if kind in {"TABLE", "VIEW"}:
        for target in [node.this, *(node.args.get("tables") or ())]:
            if isinstance(target, exp.Table):
                table = draft.context.table(target)
                draft.dropped.append(table.dataset)
                if table.temporary:
                    draft.catalog.forget(table)
                table.learn(None)
