"""Columns a table computes from others of its row: ``full_name text GENERATED ALWAYS AS (a || b)``, ``f AS (a + b)``.

They are filled wherever a statement writes one of the columns they are made of.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft
from datagov.lineage.expression import depends
from datagov.lineage.relation import Derived, Stored, surely
from datagov.lineage.scope import Context, Scope


def formulas(items: Any, context: Context) -> dict[str, Any]:
    """The names of computed columns among column definitions, each with its expression."""
    found: dict[str, Any] = {}
    for item in items:
        for constraint in (item.args.get("constraints") or ()) if isinstance(item, exp.ColumnDef) else ():
            kind = constraint.args.get("kind")
            if isinstance(kind, exp.ComputedColumnConstraint):
                found[context.name(item.this)] = kind.this
            elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint) and kind.args.get("expression"):
                found[context.name(item.this)] = kind.args["expression"]
    return found


def learn_formulas(items: Any, table: Table, draft: Draft) -> frozenset[str]:
    """Let the columns a definition computes depend on those of their row; the names of the computed columns."""
    context = draft.context
    found = formulas(items, context)
    if not found:
        return frozenset()
    stored = surely(Stored(draft.catalog, table), list(table.columns or ()))
    scope = Scope(None, None, Derived(), {context.speech.fold(table.name, quoted=True): stored})
    for name, expression in found.items():
        deps = depends(expression, scope, context)
        if deps:
            table.formulas[name] = deps
            draft.flow(table, name, deps)
    return frozenset(found)
