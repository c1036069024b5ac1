"""What a statement that writes gives back: ``RETURNING a, b`` as a relation over the table written."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.projection import project
from datagov.lineage.relation import Derived
from datagov.lineage.scope import Context, Ctes, Scope
from datagov.lineage.sources import add_join, add_source


def returned(node: Any, context: Context, ctes: Ctes | None) -> Derived:
    """The rows a RETURNING clause yields, which also sees the tables of FROM and USING; a relation without
    columns when there is none.
    """
    result = Derived()
    clause = node.args.get("returning")
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    if clause is None or not isinstance(target, exp.Table):
        return result
    scope = Scope(ctes, None, result)
    add_source(target, scope, context)
    args = node.args
    others = args.get("using")
    for source in [args.get("from_"), *(others if isinstance(others, list) else [others])]:
        if isinstance(source, exp.Expr):
            add_source(source, scope, context)
    for join in args.get("joins") or ():
        add_join(join, scope, context)
    project(clause, scope, context)
    return result
