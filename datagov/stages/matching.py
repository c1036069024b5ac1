"""Dotted names → datasets: which ones a name in SQL may mean, the job's own source first, then the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from datagov.facts import ID_STRIDE
from datagov.stages.locations import Locations

TRACED = 2**31
"""Ids from here on, within a source's range, belong to what SQL named and harvest did not find."""


def harvested(identity: int) -> bool:
    """Whether a dataset or column with this id was found in its source, and not only named by SQL."""
    return identity % ID_STRIDE < TRACED


class Names:
    """An index of dataset names, compared without case, by every tail: ``db.s.t``, ``s.t`` and ``t``.

    ``sources`` maps source_id to the source's name in the configuration.
    """

    def __init__(self, sources: Mapping[int, str]) -> None:
        self._sources = {source_id: name.casefold() for source_id, name in sources.items()}
        self._name: dict[int, str] = {}
        self._full: dict[str, list[int]] = {}
        self._tail: dict[str, list[int]] = {}
        self._locations = Locations()
        self._settled: dict[tuple[str, int], tuple[int, ...]] = {}

    def __getitem__(self, dataset_id: int) -> str:
        return self._name[dataset_id]

    def add(self, dataset_id: int, name: str) -> None:
        """Make a dataset known."""
        key = name.casefold()
        self._name[dataset_id] = name
        self._full.setdefault(key, []).append(dataset_id)
        for tail in _tails(key):
            self._tail.setdefault(tail, []).append(dataset_id)

    def lies(self, dataset_id: int, location: str) -> None:
        """Make known where the files of a dataset lie."""
        self._locations.add(dataset_id, location)

    def find(self, name: str, home: int) -> tuple[int, ...]:
        """The datasets that ``name`` may mean in SQL of the source ``home``: none, one, or several.

        A dataset that some source has goes before one that only SQL names; among those, the source's own go
        first; then the whole name, then a name that says less than the dataset's, then one that says more (a
        database in front of ``schema.table``).
        """
        settled = self._settled.get((name, home))
        if settled is not None:
            return settled
        pools: Sequence[Callable[[int], bool]] = (
            lambda dataset: harvested(dataset) and dataset // ID_STRIDE == home,
            harvested,
            lambda _: True,
        )
        for number, belongs in enumerate(pools):
            for tier in self._tiers(name.casefold()):
                found = [dataset for dataset in tier if belongs(dataset)]
                if found:
                    told = self._told_apart(name, found)
                    if number < 2:
                        self._settled[name, home] = told
                    return told
        return ()

    def _tiers(self, key: str) -> Iterator[Sequence[int]]:
        yield self._full.get(key, ())
        if key.startswith("path:"):
            yield self._locations.find(key.removeprefix("path:"))
        else:
            yield self._tail.get(key, ())
            for tail in _tails(key):
                if "." in tail:
                    yield self._full.get(tail, ())

    def _told_apart(self, name: str, found: list[int]) -> tuple[int, ...]:
        """The one that is spelled exactly so, or whose source is called as the name begins; otherwise all."""
        lead = name.casefold().partition(".")[0]
        for sure in (
            [dataset for dataset in found if self._name[dataset] == name],
            [dataset for dataset in found if self._sources.get(dataset // ID_STRIDE) == lead],
        ):
            if len(sure) == 1:
                return (sure[0],)
        return tuple(found)


def _tails(key: str) -> Iterator[str]:
    """What is left of a dotted name without its first parts; a path has no parts."""
    while not key.startswith("path:") and "." in key:
        key = key.partition(".")[2]
        yield key
