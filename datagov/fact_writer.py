"""Collects facts row by row and hands them over as record batches: what connectors and stages write with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from datagov.facts import ID_STRIDE, TABLES

_MOST = 2**63 - 1


class FactWriter:
    """Collects the facts of one source row by row and hands them over as record batches.

    ``source_id`` fixes the id range; ``add`` fills a table's own id (``dataset_id`` of ``dataset`` …) when it is
    not given, and returns it.

    >>> facts = FactWriter(source_id=1)
    >>> shop = facts.add("dataset", source_id=1, namespace="sqlite://shop.db", name="main.customer", kind="table")
    >>> shop == ID_STRIDE
    True
    >>> [batch.num_rows for name, batch in facts.batches()]
    [1]
    """

    def __init__(self, *, source_id: int, start: int = 0) -> None:
        self._base = source_id * ID_STRIDE
        self._start = start
        self._columns: dict[str, dict[str, list[Any]]] = {}
        self._next: dict[str, int] = {}

    def add(self, table: str, **values: Any) -> int:
        """Add one row; a field not given is NULL. Returns the row's own id, or -1 when the table has none.

        Raises KeyError for an unknown table, TypeError for an unknown field or a missing required one.
        """
        spec = TABLES[table]
        columns = self._columns.setdefault(table, {f.name: [] for f in spec.fields})
        identity = -1
        if spec.identity:
            if spec.identity not in values:
                n = self._next.get(table, self._start)
                self._next[table] = n + 1
                values[spec.identity] = self._base + n
            identity = values[spec.identity]
        if unknown := values.keys() - columns.keys():
            raise TypeError(f"Fact table {table!r} has no field {sorted(unknown)[0]!r}.")
        for f in spec.fields:
            value = values.get(f.name)
            if value is None and f.required:
                raise TypeError(f"Fact table {table!r} needs a value for {f.name!r}.")
            columns[f.name].append(value)
        return identity

    def successor(self) -> FactWriter:
        """An empty writer whose ids go on where this one's end."""
        fresh = FactWriter(source_id=0)
        fresh._base, fresh._start, fresh._next = self._base, self._start, dict(self._next)
        return fresh

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """The (table name, batch) pairs collected so far, in the order tables were first used."""
        for table, columns in self._columns.items():
            schema = TABLES[table].schema
            arrays = [_array(columns[f.name], f.type) for f in schema]
            yield table, pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    """A column; what the type cannot hold is brought into it: half characters by U+FFFD, integers by its bounds."""
    try:
        return pa.array(values, type=kind)
    except (UnicodeEncodeError, OverflowError, pa.ArrowInvalid):
        return pa.array([_held(value) for value in values], type=kind)


def _held(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_MOST - 1, min(value, _MOST))
    return value
