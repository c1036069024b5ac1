"""The columns and datasets of a run by the names people type, with suggestions when there is none of that name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from datagov.errors import UsageError

if TYPE_CHECKING:
    from datagov.store import Evidence

_COLUMN = (
    "SELECT c.column_id, d.dataset_id, d.name || '.' || c.name AS name, c.data_type, c.comment FROM column c"
    " JOIN dataset d USING (dataset_id)"
)


def column(evidence: Evidence, name: str) -> dict[str, Any]:
    """The column called ``schema.table.column``. Raises UsageError with the nearest names when there is none."""
    found = evidence.rows(
        f"{_COLUMN} WHERE lower(d.name || '.' || c.name) = lower(?) AND c.field_path IS NULL", (name,)
    )
    if not found:
        raise UsageError(f"The run knows no column {name!r}; write it as schema.table.column.{_hint(evidence, name)}")
    return found[0]


def columns(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    """The columns called ``name``, with their nested fields, or all columns of the dataset of that name. Raises
    UsageError.
    """
    found = evidence.rows(f"{_COLUMN} WHERE lower(d.name || '.' || c.name) = lower(?) ORDER BY 1", (name,))
    if found:
        return found
    found = evidence.rows(f"{_COLUMN} WHERE lower(d.name) = lower(?) ORDER BY 1", (name,))
    if found:
        return found
    if evidence.value("SELECT 1 FROM dataset WHERE lower(name) = lower(?)", (name,)):
        raise UsageError(f"The run knows no column of the dataset {name!r}; name a dataset whose columns were read.")
    raise UsageError(
        f"The run knows no column or dataset {name!r}; write schema.table[.column].{_hint(evidence, name)}"
    )


def _hint(evidence: Evidence, name: str) -> str:
    near = evidence.rows(
        "SELECT DISTINCT d.name || '.' || c.name AS name FROM column c JOIN dataset d USING (dataset_id)"
        " WHERE lower(c.name) = lower(?) ORDER BY 1 LIMIT 5",
        (name.rpartition(".")[2],),
    )
    if near:
        return f" Columns of that name: {', '.join(row['name'] for row in near)}."
    every = evidence.rows(
        "SELECT DISTINCT name FROM dataset UNION SELECT d.name || '.' || c.name FROM column c"
        " JOIN dataset d USING (dataset_id) ORDER BY 1 LIMIT 20000"
    )
    folded = {row["name"].lower(): row["name"] for row in every}
    close = get_close_matches(name.lower(), folded, n=5, cutoff=0.7)
    return f" Nearest names: {', '.join(folded[one] for one in close)}." if close else ""
