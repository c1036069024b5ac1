"""COPY, UNLOAD, EXPORT and LOAD: between tables and paths; a path is the dataset ``path:<uri>``."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.flow import TABLE_FUNCTION, doubted
from datagov.lineage.named_by_call import path_of
from datagov.lineage.relation import STAR, Derived, Relation, Stored
from datagov.lineage.statements.create import columns_of, static_partitions


def read(node: Any, draft: Draft) -> None:
    """Read a COPY, COPY INTO, or EXPORT DATA statement."""
    draft.kind = "COPY"
    context = draft.context
    this = node.this
    schema = this if isinstance(this, exp.Schema) else None
    subject = this.this if schema is not None else this
    files = [node_path(file, draft) for file in node.args.get("files") or ()]
    columns = columns_of(schema, context) if schema is not None else None
    if isinstance(subject, (exp.Subquery, exp.Query)):
        unload(draft, context.query(subject, context, None, None), _first(files))
        return
    if not isinstance(subject, exp.Table):
        draft.outcome = "unsupported"
        draft.problem("unsupported", "Lineage cannot tell what this COPY moves.")
        return
    table = _table(subject, draft)
    source = _query_in(node)
    if source is not None:
        write(
            draft,
            table,
            context.query(source, context, None, None),
            columns=columns,
            names_new=table.name.startswith("path:"),
        )
        return
    if node.args.get("kind") and not table.name.startswith("path:"):
        load(draft, table, _first(files), columns)
        return
    if node.args.get("kind"):
        stored = [f for f in node.args.get("files") or () if isinstance(f, exp.Table)]
        unload(draft, Stored(draft.catalog, context.table(stored[0])) if stored else Derived(), table)
        return
    relation: Relation = Stored(draft.catalog, table)
    if columns:
        part = Derived(inputs=[relation])
        for name in columns:
            part.add(name, relation.column(name, TABLE_FUNCTION, draft.text.start) or {})
        relation = part
    unload(draft, relation, _first(files))


def read_export(node: Any, draft: Draft) -> None:
    """Read BigQuery's EXPORT DATA."""
    draft.kind = "EXPORT"
    context = draft.context
    uri = "?"
    options = node.args.get("options")
    for option in options.expressions if options is not None else ():
        if isinstance(option, exp.Property) and option.this.name.lower() == "uri":
            uri = option.args["value"].name
    unload(draft, context.query(node.this, context, None, None), Table(None, None, f"path:{uri}"))


def read_load(node: Any, draft: Draft) -> None:
    """Read Hive's LOAD DATA."""
    draft.kind = "LOAD"
    path = node.args.get("inpath")
    if isinstance(node.this, exp.Table):
        table = draft.context.table(node.this)
        fixed = static_partitions(node, draft.context)
        columns = [name for name in table.columns or () if name not in fixed] or None
        load(draft, table, Table(None, None, f"path:{path.name}") if path is not None else None, columns)


def unload(draft: Draft, relation: Relation, path: Table | None) -> None:
    """The columns of ``relation`` leave to a path."""
    write(draft, path or Table(None, None, "path:?"), relation, names_new=True)


def load(draft: Draft, table: Table, path: Table | None, columns: list[str] | None) -> None:
    """A file arrives in ``table``: by the columns that are known, by position; otherwise as a whole."""
    source = path or Table(None, None, "path:?")
    draft.touches(table)
    draft.reads(source)
    stored = Stored(draft.catalog, source)
    for name in columns or table.columns or [STAR]:
        deps = stored.column(name, TABLE_FUNCTION, draft.text.start) or {}
        draft.flow(table, name, doubted(deps, TABLE_FUNCTION))


def _first(files: list[Table]) -> Table | None:
    return files[0] if files else None


def node_path(node: Any, draft: Draft) -> Table:
    """The dataset of a file, a stage or a standard stream."""
    if isinstance(node, exp.Table):
        if isinstance(node.this, (exp.Literal, exp.Var)):
            return Table(None, None, f"path:{node.this.name}")
        return draft.context.table(node)
    return Table(None, None, f"path:{node.name}" if isinstance(node, exp.Expr) else "path:?")


def _table(node: Any, draft: Draft) -> Table:
    path = path_of(node)
    return Table(None, None, path) if path else draft.context.table(node)


def _query_in(node: Any) -> Any:
    for file in node.args.get("files") or ():
        if isinstance(file, (exp.Subquery, exp.Query)):
            return file
    return None
