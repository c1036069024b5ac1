"""Variables of scripts and procedures: what a SELECT, a SET or a FETCH puts into them, until it is used."""

from __future__ import annotations

from datagov.lineage.flow import IDENTITY, NONE, VARIABLE, Deps, blend, doubted
from datagov.lineage.relation import Stored
from datagov.lineage.scope import Context


def assign_variable(context: Context, name: str, deps: Deps) -> None:
    """Put a value into a variable; what other branches put there stays, because any branch may have run.

    ``new.a`` in a trigger is the column of the trigger's table.
    """
    record, _, column = name.partition(".")
    row = context.records.get(record) if column else None
    if isinstance(row, Stored):
        context.writes(row.table, column, deps)
        return
    held = dict(context.variables.get(name, {}))
    blend(held, doubted(deps, VARIABLE), IDENTITY, NONE, 0)
    context.variables[name] = held
    context.held.texts.pop(name, None)
