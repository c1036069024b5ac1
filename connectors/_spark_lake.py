"""How the Parquet, ORC and text files of a table of a catalog become rows with the catalog's names and types."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datagov.connectors._lake_rows import DataFile, Lake, Rows
from datagov.connectors._nested import Column
from datagov.connectors._orc import Orc
from datagov.connectors._parquet import Parquet
from datagov.connectors._reshape import Mark
from datagov.connectors._spark_files import TableFiles
from datagov.connectors._spark_relation import Relation
from datagov.connectors._spark_schema import arrow_type, column, is_padded
from datagov.connectors._spark_text import Layout, Text, unpacked
from datagov.contracts import DatasetRef
from datagov.errors import SourceError

_NUMBERED = re.compile(r"_col(\d+)")
_NOTHING = np.empty(0, np.int64)


def lake(relation: Relation, files: TableFiles, dataset: DatasetRef, *, who: str) -> Lake:
    """How the dataset's columns are read. Raises SourceError when the table has one of them no more."""
    known = {str(one["name"]): one for one in relation.fields}
    if missing := [name for _, name in dataset.columns if name not in known]:
        raise SourceError(f"{who} has no column {missing[0]!r} any more; run again.")
    columns = [column(known[name], mark=_folded) for _, name in dataset.columns]
    stored = [name.lower() for name in known if name not in relation.partitions]

    def reading(_: DataFile, schema: pa.Schema) -> tuple[Sequence[Column], Mark]:
        if relation.provider == "orc" and schema.names and all(_NUMBERED.fullmatch(name) for name in schema.names):
            return columns, lambda field: _by_number(field.name, stored)
        return columns, lambda field: field.name.lower()

    packed = isinstance(relation.layout, Layout)
    return Lake(
        open=(lambda inside: unpacked(files.open(inside), inside)) if packed else files.open,
        who=lambda inside: f"{who}: the file {posixpath.basename(inside)!r}",
        deleted=lambda _: _NOTHING,
        reading=reading,
        form=_form(relation),
    )


def _form(relation: Relation) -> Callable[[pa.NativeFile], Rows]:
    if isinstance(relation.layout, Layout):
        stored = [one for one in relation.fields if str(one["name"]) not in relation.partitions]
        return partial(Text, layout=relation.layout, fields=stored)
    return Orc if relation.provider == "orc" else Parquet


def as_declared(batch: pa.RecordBatch, relation: Relation, dataset: DatasetRef) -> pa.RecordBatch:
    """The rows in the types that the catalog declares, where cells can be of them; ``char(n)`` without its filling."""
    known = {str(one["name"]): one for one in relation.fields}
    arrays, fields = [], []
    for (_, name), array, old in zip(dataset.columns, batch.columns, batch.schema, strict=True):
        made = declared(array, known[name])
        arrays.append(made)
        fields.append(old.with_type(made.type))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def declared(array: pa.Array, told: Mapping[str, Any]) -> pa.Array:
    """One column in its declared type."""
    wanted = arrow_type(told["type"])
    if wanted is not None and array.type != wanted:
        try:
            array = array.cast(wanted)
        except pa.ArrowException:
            return array
    return pc.utf8_rtrim(array, " ") if is_padded(told) and pa.types.is_string(array.type) else array


def _folded(field: Mapping[str, Any]) -> str:
    """Names are compared without case, as Spark and Hive do."""
    return str(field["name"]).lower()


def _by_number(name: str, stored: Sequence[str]) -> str:
    """The column of a place, for ORC files that Hive wrote without names."""
    found = _NUMBERED.fullmatch(name)
    place = int(found[1]) if found else len(stored)
    return stored[place] if place < len(stored) else name.lower()
