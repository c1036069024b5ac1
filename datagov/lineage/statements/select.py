"""SELECT: into a table when it says INTO, otherwise into ``<query>``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.model import QUERY
from datagov.lineage.phrases import token
from datagov.lineage.scope import Context
from datagov.lineage.variables import assign_variable


def read(node: Any, draft: Draft) -> None:
    """Read a query that stands alone."""
    draft.kind = "SELECT"
    context = draft.context
    assigned = _assigned(node, context)
    relation = context.query(node, context, None, None)
    into = _into(node)
    targets = [into.this, *into.expressions] if into is not None else []
    targets = [target for target in targets if isinstance(target, exp.Expr)]
    if assigned or (targets and all(_is_variable(target, context) for target in targets)):
        names = assigned or [_variable(target, context) for target in targets]
        draft.consults(relation)
        for name, (_, deps) in zip(names, relation.star(0), strict=False):
            assign_variable(context, name, deps)
        if assigned:
            _hold_texts(node, assigned, draft)
        return
    if targets and isinstance(targets[0], exp.Table):
        draft.kind = "SELECT_INTO"
        temporary = into is not None and bool(into.args.get("temporary"))
        table = context.table(targets[0], temporary=temporary)
        table.learn(write(draft, table, relation, names_new=True))
        return
    draft.result = relation
    query = Table(None, None, QUERY)
    write(draft, query, relation, names_new=True)
    del draft.targets[QUERY]


def _assigned(node: Any, context: Context) -> list[str]:
    """T-SQL and MySQL: the variables of ``SELECT @a = x, @b = y``; empty when it is a query."""
    if not isinstance(node, exp.Select):
        return []
    names = []
    for item in node.expressions:
        left = item.this if isinstance(item, (exp.EQ, exp.PropertyEQ)) else None
        if not isinstance(left, exp.Parameter):
            return []
        names.append(context.name(left))
    for item in node.expressions:
        item.set("this", exp.Null())
    return names


def _hold_texts(node: Any, names: list[str], draft: Draft) -> None:
    """``SELECT @sql = N'…'``: a constant that may be run later."""
    for name, item in zip(names, node.expressions, strict=True):
        value = item.expression
        if draft.text.tokens and (
            isinstance(value, exp.National) or (isinstance(value, exp.Literal) and value.is_string)
        ):
            draft.context.held.put(name, [token(TokenType.STRING, value.name, draft.text.tokens[0])])


def _variable(target: Any, context: Context) -> str:
    node = target.this if isinstance(target, (exp.Table, exp.Column)) else target
    return context.name(node).lower()


def _is_variable(target: Any, context: Context) -> bool:
    """``SELECT … INTO v`` fills a declared variable, not a table."""
    if isinstance(target, exp.Table) and target.args.get("db"):
        return False
    return isinstance(target, (exp.Parameter, exp.Placeholder)) or _variable(target, context) in context.variables


def _into(node: Any) -> Any:
    while isinstance(node, exp.SetOperation):
        node = node.this
    return node.args.get("into") if isinstance(node, exp.Select) else None
