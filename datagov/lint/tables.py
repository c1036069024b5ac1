"""Single tables and columns that a change puts personal data into, takes it from, or leaves less protected there.

A purpose that the data reached before is nothing new, but a column of it that loses its mask is, and so is one table
more. Only tables that the changed SQL itself writes are named, temporary ones of the same file in between left out;
what lies behind them follows from them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datagov.lint.places import Place, Places
from datagov.lint.reach import Arrival, Reach

Edges = Mapping[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Landing:
    """A column that data lands in by a changed edge: its protection there now, and until now (None: not there)."""

    place: Place
    column_id: int
    edge_id: int
    now: int | None
    until: int | None


def opened(places: Places, old: Reach, new: Reach, edges: Edges, fresh: Collection[int]) -> Iterator[Landing]:
    """Columns that data reaches less protected than before, and tables it did not reach, by ``fresh`` of ``edges``.

    A column that the data did not reach before is measured by the table it is in.
    """
    before = _by_table(places, old)
    for column, arrival in sorted(new.items()):
        place = places.of_column[column]
        edge = _written_by(places, arrival, edges, fresh) if places.counts(column) else None
        until = old[column].level if column in old else before.get(place.dataset_id)
        if edge is not None and (until is None or until > arrival.level):
            yield Landing(place, column, edge, arrival.level, until)


def closed(places: Places, old: Reach, new: Reach, edges: Edges, gone: Collection[int]) -> Iterator[Landing]:
    """Tables that data no longer reaches, or only better protected, because edges are ``gone``."""
    before, after = _by_table(places, old), _by_table(places, new)
    for column, arrival in sorted(old.items()):
        place = places.of_column[column]
        edge = _written_by(places, arrival, edges, gone) if places.counts(column) else None
        now = after.get(place.dataset_id)
        weakest = before.get(place.dataset_id) == arrival.level
        if edge is not None and weakest and (now is None or now > arrival.level):
            yield Landing(place, column, edge, now, arrival.level)


def _by_table(places: Places, reached: Reach) -> dict[int, int]:
    """The weakest protection of the data in each table it reaches, by the table's identity."""
    found: dict[int, int] = {}
    for column, arrival in reached.items():
        if places.counts(column):
            dataset = places.of_column[column].dataset_id
            found[dataset] = min(found.get(dataset, arrival.level), arrival.level)
    return found


def _written_by(places: Places, arrival: Arrival, edges: Edges, changed: Collection[int]) -> int | None:
    """The changed edge that brings the data into this very column, through temporary tables at most."""
    for edge in reversed(arrival.path):
        if edge in changed:
            return edge
        if edge not in edges or places.counts(edges[edge]["source_column_id"]):
            return None
    return None
