"""MERGE: every branch, from tables and renaming sub-queries, with ``INSERT *``, ``INSERT ROW`` and ``UPDATE
SET *``.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft
from datagov.lineage.expression import depends
from datagov.lineage.flow import CONDITIONAL, FILTER, IDENTITY, JOIN, NONE, TARGET_BY_ALIAS, Deps, blend
from datagov.lineage.query import with_ctes
from datagov.lineage.relation import STAR, Derived, Relation, Stored, surely, tables_read
from datagov.lineage.scope import Context, Scope
from datagov.lineage.sources import add_source, bind
from datagov.lineage.statements.create import columns_of
from datagov.lineage.statements.insert import assign
from datagov.lineage.words import upper

_TARGET_DECIDES = frozenset({"spark", "spark2", "databricks"})


def read(node: Any, draft: Draft) -> None:
    """Read a MERGE statement."""
    draft.kind = "MERGE"
    context = draft.context
    ctes = with_ctes(node, context, draft.ctes, None)
    scope = Scope(ctes, None, Derived())
    target = add_source(node.this, scope, context)
    if not isinstance(target, Stored):
        draft.outcome = "unsupported"
        draft.problem("unsupported", "The target of this MERGE is not a table lineage can name.")
        return
    table = target.table
    draft.touches(table)
    source = _source(node.args["using"], scope, context)
    whens = node.args.get("whens")
    _know_written(whens, target, scope, draft)
    own = scope.result.own
    condition = node.args.get("on")
    if condition is not None:
        blend(own, depends(condition, scope, context, JOIN), IDENTITY, NONE, 0)
    for when in whens.expressions if whens is not None else ():
        if when.args.get("condition") is not None:
            blend(own, depends(when.args["condition"], scope, context, FILTER), IDENTITY, NONE, 0)
        then = when.args.get("then")
        where = then.args.get("where") if isinstance(then, (exp.Update, exp.Insert)) else None
        if where is not None:
            blend(own, depends(where.this, scope, context, FILTER), IDENTITY, NONE, 0)
        _branch(when.args.get("then"), table, source, scope, draft)
    draft.influenced_by(table, scope.result)
    if table not in tables_read(source) and not any(
        draft.catalog.ref(k >> 4).dataset == table.dataset and k & 15 < CONDITIONAL
        for (_, column), deps in draft.columns.items()
        if column
        for k in deps
    ):
        draft.sources.pop(table.dataset, None)


def _source(using: Any, scope: Scope, context: Context) -> Relation:
    """What is merged from. A query that stands there does not see the target."""
    beside = Scope(scope.ctes, None, Derived(), merged=scope.merged)
    source = add_source(using, beside, context) or Derived()
    for alias, relation in beside.sources.items():
        bind(alias, relation, scope)
    return source


def _know_written(whens: Any, target: Stored, scope: Scope, draft: Draft) -> None:
    """What a branch sets without a qualifier are columns of the target, so the source has none of that name."""
    names: list[str] = []
    for when in whens.expressions if whens is not None else ():
        then = when.args.get("then")
        for item in then.expressions if isinstance(then, exp.Update) else ():
            left = item.this if isinstance(item, exp.EQ) else None
            if isinstance(left, exp.Column) and isinstance(left.this, exp.Identifier):
                names.append(draft.context.name(left.this))
    for alias, relation in scope.sources.items():
        if relation is target and names:
            scope.sources[alias] = surely(target, names)


def _branch(then: Any, table: Table, source: Relation, scope: Scope, draft: Draft) -> None:
    if isinstance(then, exp.Update):
        if then.expressions and not isinstance(then.expressions[0], exp.Star):
            assign(then.expressions, table, scope, draft)
        else:
            _whole_row(table, source, draft)
    elif isinstance(then, exp.Insert):
        _insert(then, table, source, scope, draft)


def _insert(then: Any, table: Table, source: Relation, scope: Scope, draft: Draft) -> None:
    context = draft.context
    values = then.args.get("expression")
    listed = then.this
    if not isinstance(values, exp.Tuple) and isinstance(listed, exp.Tuple) and len(listed.expressions) == 1:
        call = listed.expressions[0]
        if isinstance(call, exp.Anonymous) and call.name.upper() == "VALUES":
            values, listed = exp.Tuple(expressions=call.expressions), None
    if not isinstance(values, exp.Tuple) and isinstance(listed, exp.Tuple) and context.speech.name == "teradata":
        values, listed = listed, None
    columns: list[str] = []
    if isinstance(listed, exp.Tuple):
        columns = [context.name(c.this) if isinstance(c, exp.Column) else context.name(c) for c in listed.expressions]
    elif isinstance(listed, exp.Schema):
        columns = columns_of(listed, context)
    if values is None or not isinstance(values, exp.Tuple):
        row = list(source.star(draft.text.start)) if columns else []
        if len(row) != len(columns) or not row:
            _whole_row(table, source, draft)
        for column, (name, deps) in zip(columns, row, strict=False):
            if len(row) == len(columns) and name != STAR:
                draft.flow(table, column, deps)
        return
    doubt = 0
    inner = Scope(scope.ctes, scope, Derived())
    inner.sources = {alias: r for alias, r in scope.sources.items() if r is source}
    cells: list[Deps] = [depends(cell, inner, context) for cell in values.expressions]
    scope.result.inputs.extend(inner.result.inputs)
    if not columns:
        columns = list(table.columns or ())
    if not columns:
        doubt = TARGET_BY_ALIAS
        columns = [
            context.name(cell.this) if isinstance(cell, exp.Column) else f"_col{position}"
            for position, cell in enumerate(values.expressions)
        ]
    for column, deps in zip(columns, cells, strict=False):
        draft.flow(table, column, deps, doubt)


def _whole_row(table: Table, source: Relation, draft: Draft) -> None:
    """``INSERT *``, ``INSERT ROW``, ``UPDATE SET *``: by name. On Delta tables the target's columns are meant; others
    of the source stay behind unless the MERGE says WITH SCHEMA EVOLUTION.
    """
    kept = table.columns if draft.context.speech.name in _TARGET_DECIDES else None
    if kept is not None and upper(draft.text.tokens, 1) == "WITH":
        kept = None
    for name, deps in source.star(draft.text.start):
        if kept is not None and name != STAR and name not in kept:
            continue
        draft.flow(table, name, deps)
        if name == STAR:
            draft.problem("unresolved_star", "A star cannot be expanded: the columns of its table are not known.")
