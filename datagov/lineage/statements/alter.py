"""ALTER TABLE where it moves data: RENAME, SWAP WITH, EXCHANGE PARTITION; new and renamed columns are
remembered.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from datagov.lineage.catalog import Table
from datagov.lineage.draft import Draft, write
from datagov.lineage.expression import depends
from datagov.lineage.flow import KIND_BITS, QUALIFIED
from datagov.lineage.relation import Derived, Stored
from datagov.lineage.scope import Context, Scope
from datagov.lineage.statements.generated import learn_formulas


def read(node: Any, draft: Draft) -> None:
    """Read an ALTER statement."""
    kind = str(node.args.get("kind") or "").upper()
    draft.kind = f"ALTER_{kind.replace(' ', '_')}"
    context = draft.context
    if not isinstance(node.this, exp.Table) or kind not in {"TABLE", "VIEW", "MATERIALIZED VIEW"}:
        return
    table = context.table(node.this)
    for action in node.args.get("actions") or ():
        if isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
            draft.kind = "RENAME_TABLE"
            move(draft, table, beside(table, action.this, draft))
        elif isinstance(action, exp.SwapTable):
            draft.kind = "SWAP_TABLE"
            swap(draft, table, beside(table, action.this, draft))
        elif isinstance(action, exp.RenameColumn):
            rename_column(draft, table, context.name(action.this.this), context.name(action.args["to"].this))
        elif isinstance(action, exp.ModifyColumn) and action.args.get("rename_from") is not None:
            rename_column(draft, table, context.name(action.args["rename_from"]), context.name(action.this.this))
        elif isinstance(action, exp.AlterColumn) and action.args.get("using") is not None:
            _computed_anew(draft, table, action)
        elif isinstance(action, exp.ColumnDef):
            if table.columns is not None:
                table.learn(_with_column(table.columns, action, context))
            table.computed |= learn_formulas([action], table, draft)
        elif isinstance(action, exp.Schema) and table.columns is not None:
            for column in action.expressions:
                if isinstance(column, exp.ColumnDef):
                    table.learn(_with_column(table.columns, column, context))
        elif isinstance(action, exp.Drop) and table.columns is not None:
            dropped = [c for c in (action.this, *(action.args.get("tables") or ())) if isinstance(c, exp.Column)]
            gone = {context.name(column.this) for column in dropped}
            table.learn([name for name in table.columns if name not in gone])
        elif isinstance(action, (exp.Query, exp.Subquery)):
            draft.kind = "ALTER_VIEW"
            relation = context.query(action, context, None, None)
            table.learn(write(draft, table, relation, names_new=True))


def rename_column(draft: Draft, table: Table, old: str, new: str) -> None:
    """What was in ``old`` is from now on in ``new``."""
    draft.kind = "RENAME_COLUMN"
    draft.flow(table, new, Stored(draft.catalog, table).column(old, QUALIFIED, draft.text.start) or {})
    draft.reads(table)
    if table.columns is not None:
        table.learn([new if name == old else name for name in table.columns])


def _computed_anew(draft: Draft, table: Table, action: Any) -> None:
    """PostgreSQL: ``ALTER COLUMN a TYPE int USING b::int`` fills ``a`` from other columns of its row."""
    context = draft.context
    name = context.name(action.this)
    stored = Stored(draft.catalog, table)
    scope = Scope(None, None, Derived(), {context.speech.fold(table.name, quoted=True): stored})
    deps = depends(action.args["using"], scope, context)
    own = draft.catalog.number(table, name)
    others = {key: value for key, value in deps.items() if key >> KIND_BITS != own}
    if others:
        draft.flow(table, name, others)
        draft.reads(table)


def _with_column(columns: list[str], action: Any, context: Context) -> list[str]:
    """``ADD COLUMN``: at the end, ``FIRST``, or ``AFTER`` another one; one that exists stays where it is."""
    name = context.name(action.this)
    if name in columns:
        return columns
    position = action.args.get("position")
    if position is None:
        return [*columns, name]
    after = context.name(position.this.this) if isinstance(position.this, exp.Column) else None
    at = columns.index(after) + 1 if after in columns else 0
    return [*columns[:at], name, *columns[at:]]


def beside(table: Table, target: Any, draft: Draft) -> Table:
    """The table a rename or swap names; an unqualified new name stays in the old one's schema."""
    if target.args.get("db"):
        return draft.context.table(target)
    name = draft.catalog.told_table(target.name)
    name = draft.context.speech.fold_table(name, quoted=bool(target.this.args.get("quoted")))
    return draft.catalog.find(name, table.schema, table.catalog)


def move(draft: Draft, old: Table, new: Table) -> None:
    """All of ``old`` is from now on called ``new``."""
    _pass_on(draft, old, new)
    draft.catalog.rename(old, new)


def move_all(draft: Draft, steps: list[tuple[Table, Table]]) -> None:
    """Renames of one statement, in order; a name that only held a table for a moment is left out of them."""
    held: dict[str, Table] = {}
    ends: dict[str, Table] = {}
    for old, new in steps:
        held[new.dataset] = held.pop(old.dataset, old)
        ends[new.dataset] = new
        ends.pop(old.dataset, None)
    moved = [(held[name], new) for name, new in ends.items() if held[name] is not new]
    for old, new in moved:
        _pass_on(draft, old, new)
    known = {new.dataset: (old.columns, old.temporary) for old, new in moved}
    for old, _ in moved:
        old.learn(None)
        old.temporary = False
    for _, new in moved:
        columns, new.temporary = known[new.dataset]
        new.learn(columns)


def swap(draft: Draft, one: Table, other: Table) -> None:
    """The two tables exchange their rows and columns."""
    _pass_on(draft, one, other)
    _pass_on(draft, other, one)
    mine, theirs = one.columns, other.columns
    one.learn(theirs)
    other.learn(mine)


def _pass_on(draft: Draft, source: Table, target: Table) -> None:
    """Every column of ``source`` goes to the column of its name; of an unknown table, all of them as one."""
    draft.touches(target)
    draft.reads(source)
    for name, deps in Stored(draft.catalog, source).star(draft.text.start):
        draft.flow(target, name, deps)


def append(draft: Draft, source: Table, target: Table) -> None:
    """The rows of ``source`` join those of ``target``, column by column."""
    _pass_on(draft, source, target)
