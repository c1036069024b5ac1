"""One file per kind of statement: each reads a parse tree into a draft. ``READERS`` is the table of
contents.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from datagov.lineage.draft import Draft
from datagov.lineage.statements import alter, copy, create, delete, insert, merge, select, update

Reader = Callable[[Any, Draft], None]

READERS: dict[type, Reader] = {
    exp.Create: create.read,
    exp.Insert: insert.read,
    exp.MultitableInserts: insert.read_many,
    exp.Update: update.read,
    exp.Merge: merge.read,
    exp.Delete: delete.read,
    exp.TruncateTable: delete.read_truncate,
    exp.Drop: delete.read_drop,
    exp.Alter: alter.read,
    exp.Copy: copy.read,
    exp.Export: copy.read_export,
    exp.LoadData: copy.read_load,
    exp.Cache: create.read_cache,
}


def reader_of(node: Any) -> Reader | None:
    """The reader for a parsed statement, or None when lineage has none."""
    found = READERS.get(node.__class__)
    if found is None and isinstance(node, (exp.Query, exp.Subquery, exp.Values, exp.Pivot)):
        return select.read
    return found
