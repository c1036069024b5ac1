"""Declare: registers, comments and declarations are read and resolved per dataset: nearest wins, conflicts are kept."""

from __future__ import annotations

from datagov.night import Night
from datagov.ownership import comments, jobs
from datagov.ownership.registers import read
from datagov.ownership.resolve import resolve


def run(night: Night) -> None:
    """Land what was declared, then what it means for each dataset."""
    night.store.land(read(night.config))
    night.store.land(comments.read(night.store))
    night.store.land(jobs.read(night.store))
    night.store.land(resolve(night.store, as_of=night.as_of))
    night.store.commit()
    night.progress("declare", 1, 1)
