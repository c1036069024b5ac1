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
from datagov.lineage.statements.generated import learn_formulas

_GLOBAL_TEMP = frozenset({"spark", "databricks"})
_QUERIES = (exp.Query, exp.Subquery, exp.Values, exp.Pivot)
_DEFINED_BY_NAME = frozenset({"mysql", "doris", "starrocks"})
"""Where a query's columns meet the definitions before it by name, not by position."""
_SKIPS_COMPUTED = frozenset({"duckdb", "sqlite", "tsql", "fabric"})
"""Where a row without a list of columns leaves out those the table computes."""
_TABLES = frozenset({"TABLE", "VIEW", "STREAM", "DYNAMIC TABLE", "FLOW", "SNAPSHOT", "STREAMING TABLE", "MODEL"})


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
    if context.speech.name in _GLOBAL_TEMP and _global(node):
        table = draft.catalog.find(table.name, "global_temp", None, plain=True)
        table.temporary = True
    draft.touches(table)
    listed = columns_of(schema, context)
    if listed:
        listed += [name for name in _partitioned_by(node, context) if name not in listed]
    query = node.args.get("expression")
    clone = node.args.get("clone")
    stored = _stored_elsewhere(node, table) if context.speech.name == "clickhouse" else None
    if stored is not None:
        draft.catalog.also_called(table, context.table(stored))
        return
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
        defined: list[str] = []
        if context.speech.name in _DEFINED_BY_NAME and _has_types(schema):
            defined, listed = listed, []
        other = _other_target(node)
        if other is not None:
            draft.targets.clear()
            write(draft, context.table(other), relation)
            return
        names = write(draft, table, relation, columns=listed or None, names_new=True)
        table.learn(None if names is None else [*(name for name in defined if name not in names), *names])
        return
    if clone is not None and isinstance(clone.this, exp.Table):
        draft.kind = "CREATE_TABLE_CLONE"
        copy(draft, context.table(clone.this), table)
        return
    models = _models(node)
    if models:
        draft.kind = "CREATE_TABLE_LIKE"
        taken = [context.table(model).columns for model in models]
        known = [name for columns in taken for name in columns or ()]
        table.learn(None if None in taken else list(dict.fromkeys((*known, *listed))))
        return
    path = _file_behind(node) if table.temporary else None
    if path is not None and not listed:
        file = Stored(draft.catalog, draft.catalog.find(f"path:{path}", None, None, plain=True))
        table.learn(write(draft, table, file, names_new=True))
        return
    table.learn(listed or None)
    computed = learn_formulas(schema.expressions if schema is not None else (), table, draft)
    if context.speech.name in _SKIPS_COMPUTED:
        table.computed = computed


def _stored_elsewhere(node: Any, table: Table) -> exp.Table | None:
    """ClickHouse: the table behind one of ``ENGINE = Distributed(cluster, db, t)`` or ``Buffer(db, t, …)``."""
    properties = node.args.get("properties")
    for item in properties.expressions if properties is not None else ():
        engine = item.this if isinstance(item, exp.EngineProperty) else None
        if not isinstance(engine, exp.Anonymous) or engine.name.lower() not in _FACADES:
            continue
        first = _FACADES[engine.name.lower()]
        names = [part.name for part in engine.expressions[first : first + 2]]
        if len(names) == 2 and names[1]:
            schema = names[0] or table.schema
            return exp.Table(this=exp.to_identifier(names[1]), db=exp.to_identifier(schema) if schema else None)
    return None


_FACADES = {"distributed": 1, "buffer": 0}
"""Engines of tables that hold no rows for long, and which argument names the database of the table that does."""


def _file_behind(node: Any) -> str | None:
    """Spark: the file of ``CREATE TEMPORARY VIEW v USING csv OPTIONS (path '…')``."""
    properties = node.args.get("properties")
    for item in properties.expressions if properties is not None else ():
        for option in item.expressions if isinstance(item, exp.OptionsProperty) else ():
            if isinstance(option, exp.Property) and option.this.name.lower() == "path":
                return str(option.args["value"].name)
    return None


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


def static_partitions(node: Any, context: Context) -> frozenset[str]:
    """The partition columns a statement sets itself: ``PARTITION (dt = '1', hr)`` sets dt."""
    target = node.this.this if isinstance(node.this, exp.Schema) else node.this
    names = set()
    for partition in (node.args.get("partition"), target.args.get("partition")):
        for item in partition.expressions if isinstance(partition, exp.Expr) else ():
            if isinstance(item, exp.EQ) and isinstance(item.this, exp.Column):
                names.add(context.name(item.this.this))
    return frozenset(names)


def _partitioned_by(node: Any, context: Context) -> list[str]:
    """Hive: the columns ``PARTITIONED BY (dt STRING)`` adds behind the others."""
    properties = node.args.get("properties")
    for item in properties.expressions if properties is not None else ():
        if isinstance(item, exp.PartitionedByProperty) and isinstance(item.this, exp.Schema):
            return [context.name(c.this) for c in item.this.expressions if isinstance(c, exp.ColumnDef)]
    return []


def _global(node: Any) -> bool:
    """Spark: is it a global temporary view, which lives in the schema ``global_temp``?"""
    properties = node.args.get("properties")
    return properties is not None and any(isinstance(p, exp.GlobalProperty) for p in properties.expressions)


def _temporary(node: Any) -> bool:
    properties = node.args.get("properties")
    if properties is None:
        return False
    return any(isinstance(p, (exp.TemporaryProperty, exp.GlobalProperty)) for p in properties.expressions)


def _models(node: Any) -> list[exp.Table]:
    """The tables whose columns a new one takes: ``LIKE y``, ``(LIKE y, z int)``, ``PARTITION OF y``, ``INHERITS
    (y)``.
    """
    found: list[exp.Table] = []
    properties = node.args.get("properties")
    for item in (
        *(properties.expressions if properties is not None else ()),
        *(node.this.expressions if isinstance(node.this, exp.Schema) else ()),
    ):
        if isinstance(item, (exp.LikeProperty, exp.PartitionedOfProperty)):
            found.append(item.this)
        elif isinstance(item, exp.InheritsProperty):
            found.extend(item.expressions)
    return [table for table in found if isinstance(table, exp.Table)]


def _has_types(schema: Any) -> bool:
    """Is the list one of definitions, not of names?"""
    return any(isinstance(i, exp.ColumnDef) and i.args.get("kind") for i in (schema.expressions if schema else ()))
