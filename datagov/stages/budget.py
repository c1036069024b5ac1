"""Budget: how many rows of each dataset are read this night, so that no source gives more than it was asked to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from datagov.config_models import LimitsModel
from datagov.night import Night
from datagov.plural import counted
from datagov.stages.examine import Work

_UNKNOWN_ROW_BYTES = 1_000
"""Bytes a row is taken to have where the source does not say."""
SPENT = "The night's budget was spent before this dataset; raise 'limits.night_rows' or 'limits.night_mb'."


def rows_of_one(limits: LimitsModel, count: int | None, width: int | None) -> int:
    """How many rows are read of a dataset of ``count`` rows of ``width`` bytes each, as far as the source says them."""
    rows = limits.sample_rows if count is None else min(limits.sample_rows, count)
    if limits.table_mb is not None:
        rows = max(1, min(rows, limits.table_mb * 2**20 // (width or _UNKNOWN_ROW_BYTES)))
    return int(rows)


def within(night: Night, works: Iterable[Work]) -> Iterator[Work]:
    """Every work with the rows it may read; when the night's budget is spent, the rest is closed and said to be.

    Datasets that were read longest ago are not known here, so the order is that of the sources and their names.
    """
    limits = night.config.model.limits
    widths = {
        row["dataset_id"]: max(1, row["size_bytes"] // max(1, row["row_count"] or row["row_estimate"] or 1))
        for row in night.store.query(
            "SELECT dataset_id, size_bytes, row_count, row_estimate FROM dataset WHERE size_bytes > 0"
        )
    }
    rows_left = limits.night_rows if limits.night_rows is not None else float("inf")
    bytes_left = limits.night_mb * 2**20 if limits.night_mb is not None else float("inf")
    closed = 0
    for work in works:
        if work.closed or work.empty:
            yield work
            continue
        width = widths.get(work.dataset.dataset_id, _UNKNOWN_ROW_BYTES)
        count = work.dataset.row_count
        rows = rows_of_one(limits, count, width)
        if rows > rows_left or rows * width > bytes_left:
            closed += 1
            yield replace(work, closed=SPENT)
            continue
        rows_left -= rows
        bytes_left -= rows * width
        yield replace(work, rows=rows)
    if closed:
        night.problem(
            stage="detect",
            object="budget",
            kind="budget",
            message=f"The night's budget was spent before {counted(closed, 'dataset')} could be read; raise "
            "'limits.night_rows' or 'limits.night_mb'. What is unchanged keeps its answers, so that the next night "
            "gets further.",
            fatal=False,
            file=night.config.document.file,
            line=night.config.document.line("limits"),
        )
