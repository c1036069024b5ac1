"""INSERT: column lists, positions by catalog, partitions, OVERWRITE, directories, ON CONFLICT, and many
targets at once.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.expression import depends
from datagov.lineage.flow import FILTER, IDENTITY, NONE, blend
from datagov.lineage.named_by_call import named_inside, path_of
from datagov.lineage.query import read_from, with_ctes
from datagov.lineage.relation import Derived, Relation, Stored, renamed, surely
from datagov.lineage.rows import alias_columns
from datagov.lineage.scope import Context, Ctes, Scope
from datagov.lineage.statements.create import columns_of, static_partitions


def read(node: Any, draft: Draft) -> None:
    """Read an INSERT statement."""
    draft.kind = "INSERT"
    context = draft.context
    ctes = with_ctes(node, context, draft.ctes, None)
    _insert(node, draft, ctes, None)


def _insert(node: Any, draft: Draft, ctes: Ctes | None, outer: Scope | None) -> Derived | None:
    context = draft.context
    target = node.this
    schema = target if isinstance(target, exp.Schema) else None
    if schema is not None:
        target = schema.this
    if isinstance(target, exp.Directory):
        table = Table(None, None, f"path:{target.this.name}")
    elif isinstance(target, exp.Func) and path_of(exp.Table(this=target)):
        table = Table(None, None, path_of(exp.Table(this=target)) or "")
    elif isinstance(target, exp.Func) and named_inside(target, context) is not None:
        table = context.table(named_inside(target, context))
    elif isinstance(target, exp.Table) and named_inside(target.this, context) is not None:
        table = context.table(named_inside(target.this, context))
    elif isinstance(target, exp.Table) and isinstance(target.this, (exp.Identifier, exp.Dot, exp.Parameter)):
        table = context.table(target)
    else:
        draft.outcome = "unsupported"
        draft.problem("unsupported", "The target of this INSERT is not a table lineage can name.")
        return None
    draft.touches(table)
    columns = _listed(schema, table, context) if schema is not None else None
    query = node.args.get("expression")
    if query is None and isinstance(node.args.get("source"), exp.Table):
        query = node.args["source"]
    if isinstance(query, exp.Command):
        draft.outcome = "opaque"
        draft.problem("opaque", "The rows come from a call that cannot be seen here.")
    relation: Relation | None = None
    if isinstance(query, (exp.Query, exp.Subquery, exp.Values, exp.Table)):
        if isinstance(query, exp.Values) and columns and context.speech.name == "mysql":
            own = surely(Stored(context.catalog, table), columns)
            outer = Scope(ctes, outer, Derived(), {_alias(target, table, context): own})
        relation = context.query(query, context, ctes, outer)
        write(
            draft,
            table,
            relation,
            columns=columns or None,
            fixed=static_partitions(node, context) | table.computed,
            by_name=bool(node.args.get("by_name")),
        )
    _on_conflict(node, draft, table, relation, columns or table.columns, ctes)
    return None


def _listed(schema: Any, table: Table, context: Context) -> list[str]:
    """The columns of a list; ClickHouse also writes ``(* EXCEPT (a))``, which takes the catalog to tell."""
    star = next((item for item in schema.expressions if isinstance(item, exp.Star)), None)
    if star is None:
        return columns_of(schema, context)
    gone = {context.name(item.this) for item in star.args.get("except_") or () if isinstance(item, exp.Column)}
    return [name for name in table.columns or () if name not in gone]


def _on_conflict(
    node: Any, draft: Draft, table: Table, relation: Relation | None, columns: list[str] | None, ctes: Ctes | None
) -> None:
    """ON CONFLICT … DO UPDATE SET and ON DUPLICATE KEY UPDATE: ``excluded`` is the row that was offered."""
    conflict = node.args.get("conflict")
    if conflict is None or not conflict.expressions:
        return
    context = draft.context
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    offered = Derived()
    given = list(relation.star(0)) if relation is not None else []
    for (name, deps), column in zip(given, columns or [name for name, _ in given], strict=False):
        offered.add(column, deps)
        del name
    fresh = Scope(None, None, Derived())
    fresh.sources = dict.fromkeys(("excluded", "values", "new"), offered)
    query = node.args.get("expression")
    stored = Stored(context.catalog, table)
    scope = Scope(None, fresh, Derived(), {_alias(target, table, context): stored})
    if conflict.args.get("duplicate"):
        named = [*(columns or ()), *(item.this.name for item in conflict.expressions if isinstance(item, exp.EQ))]
        scope.sources = dict.fromkeys(scope.sources, surely(stored, [name.lower() for name in named]))
    if isinstance(query, exp.Values) and isinstance(query.args.get("alias"), exp.TableAlias):
        alias = query.args["alias"]
        listed = alias_columns(alias, context)
        scope.sources[context.name(alias.this)] = renamed(offered, listed, 0) if listed else offered
    elif conflict.args.get("duplicate") and isinstance(query, exp.Select):
        scope.ctes = with_ctes(query, context, ctes, None)
        read_from(query.args, scope, context)
    assign(conflict.expressions, table, scope, draft, default=_alias(target, table, context))


def _alias(target: Any, table: Table, context: Context) -> str:
    alias = target.args.get("alias")
    if isinstance(alias, exp.TableAlias) and alias.this:
        return context.name(alias.this)
    return context.speech.fold(table.name, quoted=True)


def assign(expressions: list[Any], table: Table, scope: Scope, draft: Draft, *, default: str = "") -> None:
    """``SET a = x, (b, c) = (SELECT …)``: each value flows into its column of ``table``."""
    context = draft.context
    del default
    for item in expressions:
        if not isinstance(item, exp.EQ):
            continue
        left, right = item.this, item.expression
        if isinstance(left, (exp.Tuple, exp.Paren)):
            _assign_row(left, right, table, scope, draft)
            continue
        name = target_column(left, context, scope)
        if name and not is_default(right):
            draft.flow(table, name, depends(right, scope, context))


def is_default(node: Any) -> bool:
    """``SET a = DEFAULT``: the word, not a column."""
    if not isinstance(node, exp.Column) or node.args.get("table") is not None:
        return False
    return not node.this.args.get("quoted") and node.name.upper() == "DEFAULT"


def _assign_row(left: Any, right: Any, table: Table, scope: Scope, draft: Draft) -> None:
    context = draft.context
    names = [target_column(cell, context) for cell in (left.expressions or [left.this])]
    if isinstance(right, exp.Paren):
        right = right.this
    row = isinstance(right, exp.Func) and len(right.expressions) == len(names) > 1
    if isinstance(right, exp.Tuple) or row:
        values = [depends(cell, scope, context) for cell in right.expressions]
    elif isinstance(right, (exp.Query, exp.Subquery)):
        relation = context.query(right, context, scope.ctes, scope)
        scope.result.inputs.append(relation)
        values = [deps for _, deps in relation.star(0)]
    else:
        values = [depends(right, scope, context)]
    for name, deps in zip(names, values, strict=False):
        if name:
            draft.flow(table, name, deps)


def target_column(node: Any, context: Context, scope: Scope | None = None) -> str:
    """The column an assignment writes; empty when it writes a variable. A field of a struct writes its
    column.
    """
    while isinstance(node, (exp.Dot, exp.Bracket, exp.Paren)):
        node = node.this
    if isinstance(node, exp.Column):
        for key in ("catalog", "db", "table"):
            part = node.args.get(key)
            if part is None:
                continue
            name = context.name(part)
            known = scope is None or name in scope.sources or key != "table"
            if key == "table" and not known:
                return name
            if key != "table" and scope is not None and name in scope.sources:
                return context.name(node.args["table" if key == "db" else "db"])
        return context.name(node.this) if isinstance(node.this, exp.Identifier) else ""
    return context.name(node) if isinstance(node, exp.Identifier) else ""


def read_many(node: Any, draft: Draft) -> None:
    """Hive's ``FROM t INSERT … INSERT …`` and Oracle's and Snowflake's ``INSERT ALL … SELECT``."""
    draft.kind = "INSERT"
    context = draft.context
    ctes = with_ctes(node, context, None, None)
    source = node.args.get("source")
    scope = Scope(ctes, None, Derived())
    read_from({"from_": exp.From(this=source)} if source is not None else {}, scope, context)
    for item in node.expressions:
        insert = item
        condition = None
        if isinstance(item, exp.ConditionalInsert):
            insert, condition = item.this, item.args.get("expression")
        _one_of_many(insert, condition, source, scope, draft, ctes)


def _one_of_many(insert: Any, condition: Any, source: Any, scope: Scope, draft: Draft, ctes: Ctes | None) -> None:
    context = draft.context
    query = insert.args.get("expression")
    if isinstance(query, exp.Select) and query.args.get("from_") is None and source is not None:
        query.set("from_", exp.From(this=source.copy()))
        _insert(insert, draft, ctes, None)
        return
    target = insert.this
    schema = target if isinstance(target, exp.Schema) else None
    table = context.table(schema.this if schema is not None else target)
    columns = columns_of(schema, context) if schema is not None else None
    result = Derived(inputs=list(scope.sources.values()))
    if condition is not None:
        blend(result.own, depends(condition, scope, context, FILTER), IDENTITY, NONE, 0)
    if isinstance(query, (exp.Values, exp.Tuple)):
        rows = query.expressions if isinstance(query, exp.Values) else [query]
        cells = rows[0].expressions if isinstance(rows[0], exp.Tuple) else rows
        for position, cell in enumerate(cells):
            name = context.name(cell.this) if isinstance(cell, exp.Column) else f"column{position + 1}"
            result.add(name, depends(cell, scope, context))
    else:
        for relation in scope.sources.values():
            for name, deps in relation.star(0):
                result.add(name, deps)
    write(draft, table, result, columns=columns or None)
