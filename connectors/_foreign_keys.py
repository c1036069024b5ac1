"""Foreign keys as a source's catalog states them: which column of a table must match which column of another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from datagov.fact_writer import FactWriter


@dataclass(frozen=True, slots=True)
class Reference:
    """One column of a foreign key, in the order of the key; tables are ``schema.table``.

    ``key`` tells the keys of a table apart, by its name or whatever the source has. ``enforced`` is None where a source
    keeps a key but does not say whether all rows there are meet it.
    """

    dataset: str
    key: str | int
    column: str
    referenced_dataset: str
    referenced_column: str | None
    enforced: bool | None = None


def add_foreign_keys(
    writer: FactWriter, references: Iterable[Reference], columns: Mapping[str, Mapping[str, int]]
) -> None:
    """``foreign_key`` facts of the datasets in ``columns``, which maps names of datasets to ids of columns by name."""
    numbers: dict[str, dict[str | int, int]] = {}
    width: dict[tuple[str, str | int], int] = {}
    for one in references:
        column_id = columns.get(one.dataset, {}).get(one.column)
        if column_id is None:
            continue
        mine = numbers.setdefault(one.dataset, {})
        number = mine.setdefault(one.key, len(mine))
        ordinal = width.get((one.dataset, one.key), 0)
        width[one.dataset, one.key] = ordinal + 1
        writer.add(
            "foreign_key",
            column_id=column_id,
            number=number,
            ordinal=ordinal,
            referenced_dataset=one.referenced_dataset,
            referenced_column=one.referenced_column,
            enforced=one.enforced,
        )
