"""SELECT: into a table when it says INTO, otherwise into ``<query>``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.model import QUERY


def read(node: Any, draft: Draft) -> None:
    """Read a query that stands alone."""
    draft.kind = "SELECT"
    context = draft.context
    relation = context.query(node, context, None, None)
    into = _into(node)
    target = into.this if into is not None else None
    if isinstance(target, exp.Table) and _is_variable(target, draft):
        target = None
        into = None
    if isinstance(target, exp.Table):
        draft.kind = "SELECT_INTO"
        temporary = bool(into.args.get("temporary"))
        table = context.table(target, temporary=temporary)
        names = write(draft, table, relation, names_new=True)
        table.learn(names)
        return
    query = Table(None, None, QUERY)
    write(draft, query, relation, names_new=True)
    del draft.targets[QUERY]


def _is_variable(target: Any, draft: Draft) -> bool:
    """``SELECT … INTO v`` fills a declared variable, not a table."""
    return not target.args.get("db") and draft.context.name(target.this) in draft.context.variables


def _into(node: Any) -> Any:
    while isinstance(node, exp.SetOperation):
        node = node.this
    return node.args.get("into") if isinstance(node, exp.Select) else None
