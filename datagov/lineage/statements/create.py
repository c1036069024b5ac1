"""CREATE TABLE, VIEW and MATERIALIZED VIEW: from a query, LIKE or CLONE of another table, or from column
definitions.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.relation import Relation, Stored
from datagov.lineage.scope import Context

_BESIDE_DEFINITIONS = frozenset({"mysql", "doris", "starrocks"})
_QUERIES = (exp.Query, exp.Subquery, exp.Values, exp.Pivot)
_TABLES = frozenset({"TABLE", "VIEW", "STREAM", "DYNAMIC TABLE", "FLOW", "SNAPSHOT", "STREAMING TABLE"})


def read(node: Any, draft: Draft) -> None:
    """Read a CREATE statement."""
    kind = str(node.args.get("kind") or "").upper()
    draft.kind = f"CREATE_{kind.replace(' ', '_')}"
    if kind not in _TABLES:
        return
    context = draft.context
    this = node.this
    schema = this if isinstance(this, exp.Schema) else None
    target = this.this if schema is not None else this
    if not isinstance(target, exp.Table):
        return
    table = context.table(target, temporary=_temporary(node))
    draft.touches(table)
    listed = columns_of(schema, context)
    query = node.args.get("expression")
    clone = node.args.get("clone")
    if isinstance(query, exp.Table) and context.speech.name == "clickhouse":
        draft.kind = "CREATE_TABLE_LIKE"
        table.learn(context.table(query).columns)
        return
    if isinstance(query, exp.Table):
        query = exp.select("*").from_(query, copy=False)
    if isinstance(query, _QUERIES):
        if kind == "TABLE":
            draft.kind = "CREATE_TABLE_AS"
        relation = context.query(query, context, _outer_ctes(node, draft), None)
        other = _other_target(node)
        if other is not None:
            draft.targets.clear()
            write(draft, context.table(other), relation)
            return
        if listed and context.speech.name in _BESIDE_DEFINITIONS and kind == "TABLE":
            _beside_definitions(draft, table, relation, listed)
            return
        table.learn(write(draft, table, relation, columns=listed or None, names_new=True))
        return
    if clone is not None and isinstance(clone.this, exp.Table):
        draft.kind = "CREATE_TABLE_CLONE"
        copy(draft, context.table(clone.this), table)
        return
    like = _like(node)
    if like is not None:
        draft.kind = "CREATE_TABLE_LIKE"
        source = context.table(like)
        table.learn(source.columns)
        return
    table.learn(listed or None)


def _beside_definitions(draft: Draft, table: Table, relation: Relation, listed: list[str]) -> None:
    """MySQL: the query's columns go to the defined columns of their names, and beside those."""
    names = write(draft, table, relation, names_new=True)
    if names is not None:
        table.learn([name for name in listed if name not in names] + names)


def _other_target(node: Any) -> Any:
    """ClickHouse: a materialized view ``TO`` a table writes into that table."""
    properties = node.args.get("properties")
    for item in properties.expressions if properties is not None else ():
        if isinstance(item, exp.ToTableProperty) and isinstance(item.this, exp.Table):
            return item.this
    return None


def read_cache(node: Any, draft: Draft) -> None:
    """Spark: ``CACHE TABLE x AS SELECT …`` is a temporary view."""
    draft.kind = "CACHE"
    query = node.args.get("expression")
    if isinstance(query, _QUERIES) and isinstance(node.this, exp.Table):
        context = draft.context
        table = context.table(node.this, temporary=True)
        table.learn(write(draft, table, context.query(query, context, None, None), names_new=True))


def _outer_ctes(node: Any, draft: Draft) -> Any:
    from datagov.lineage.query import with_ctes

    return with_ctes(node, draft.context, None, None)


def copy(draft: Draft, source: Table, target: Table) -> None:
    """``target`` becomes what ``source`` is, rows and columns."""
    names = write(draft, target, Stored(draft.catalog, source), names_new=True)
    target.learn(names)


def columns_of(schema: Any, context: Context) -> list[str]:
    """The column names of a column list or of column definitions; constraints are left out."""
    names: list[str] = []
    for item in schema.expressions if schema is not None else ():
        if isinstance(item, (exp.ColumnDef, exp.Column)):
            names.append(context.name(item.this))
        elif isinstance(item, exp.Identifier):
            names.append(context.name(item))
        elif isinstance(item, exp.Dot):
            names.append(context.name(item.expression))
    return names


def _temporary(node: Any) -> bool:
    properties = node.args.get("properties")
    if properties is None:
        return False
    return any(isinstance(p, (exp.TemporaryProperty, exp.GlobalProperty)) for p in properties.expressions)


def _like(node: Any) -> Any:
    """The table of ``CREATE TABLE x LIKE y`` or ``CREATE TABLE x (LIKE y)``."""
    properties = node.args.get("properties")
    for item in (
        *(properties.expressions if properties is not None else ()),
        *(node.this.expressions if isinstance(node.this, exp.Schema) else ()),
    ):
        if isinstance(item, exp.LikeProperty) and isinstance(item.this, exp.Table):
            return item.this
    return None
