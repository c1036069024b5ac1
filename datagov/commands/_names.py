"""The columns and datasets of a run by the names people type, with suggestions when there is none of that name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from datagov import runs
from datagov.errors import UsageError

if TYPE_CHECKING:
    from datagov.store import Evidence

_RUNS_SHOWN = 3
_COLUMN = (
    "SELECT * FROM (SELECT c.column_id, d.dataset_id, c.data_type, c.comment, d.name AS dataset, c.name AS top,"
    " d.name || '.' || c.name || coalesce('.' || c.field_path, '') AS name FROM column c"
    " JOIN dataset d USING (dataset_id))"
)


def column(evidence: Evidence, name: str) -> dict[str, Any]:
    """The column or nested field called ``schema.table.column``. Raises UsageError with the nearest names."""
    found = evidence.rows(f"{_COLUMN} WHERE lower(name) = lower(?)", (name,))
    if not found:
        raise UsageError(f"The run knows no column {name!r}; write it as schema.table.column.{_hint(evidence, name)}")
    return found[0]


def columns(evidence: Evidence, name: str) -> list[dict[str, Any]]:
    """The column called ``name`` with its nested fields, or all columns of the dataset called so, by identity.

    Raises UsageError with the nearest names when there is neither.
    """
    for where in ("lower(dataset || '.' || top) = lower(?)", "lower(name) = lower(?)", "lower(dataset) = lower(?)"):
        found = evidence.rows(f"{_COLUMN} WHERE {where} ORDER BY column_id", (name,))
        if found:
            return found
    if evidence.value("SELECT 1 FROM dataset WHERE lower(name) = lower(?)", (name,)):
        raise UsageError(f"The run knows no column of the dataset {name!r}; name a dataset whose columns were read.")
    raise UsageError(
        f"The run knows no column or dataset {name!r}; write schema.table[.column].{_hint(evidence, name)}"
    )


def _hint(evidence: Evidence, name: str) -> str:
    return f"{_near(evidence, name)}{_standing(evidence)}"


def _standing(evidence: Evidence) -> str:
    """What a run that did not see everything may be the reason of, and which runs saw everything."""
    here = runs.standing(evidence.path)
    if here == "complete":
        return ""
    others = [path for path in runs.finished(evidence.path.parents[2]) if runs.standing(path) == "complete"]
    known = ", ".join(path.parent.name for path in reversed(others[-_RUNS_SHOWN:]))
    way = f"choose a complete run: --run {known}" if known else "run 'datagov audit' again"
    was = "interrupted" if here == "stopped" else "incomplete"
    return f" Run {evidence.path.parent.name} was {was} and may not have seen it; {way}."


def _near(evidence: Evidence, name: str) -> str:
    last = name.rpartition(".")[2]
    near = evidence.rows(f"{_COLUMN} WHERE lower(top) = lower(?) ORDER BY name LIMIT 5", (last,))
    if near:
        return f" Columns of that name: {', '.join(row['name'] for row in near)}."
    every = evidence.rows(f"SELECT name FROM dataset UNION SELECT name FROM ({_COLUMN}) ORDER BY 1 LIMIT 20000")
    folded = {row["name"].lower(): row["name"] for row in every}
    close = get_close_matches(name.lower(), folded, n=5, cutoff=0.7)
    return f" Nearest names: {', '.join(folded[one] for one in close)}." if close else ""
