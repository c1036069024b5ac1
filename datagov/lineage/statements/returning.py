"""What a statement that writes gives back: ``RETURNING a, b`` as a relation over the table written."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.projection import project
from datagov.lineage.relation import Derived
from datagov.lineage.scope import Context, Ctes, Scope
from datagov.lineage.sources import add_source


def returned(node: Any, context: Context, ctes: Ctes | None) -> Derived:
    """The rows a RETURNING clause yields; a relation without columns when there is none."""
    result = Derived()
    clause = node.args.get("returning")
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    if clause is None or not isinstance(target, exp.Table):
        return result
    scope = Scope(ctes, None, result)
    add_source(target, scope, context)
    project(clause, scope, context)
    return result
