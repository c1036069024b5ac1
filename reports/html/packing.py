"""How rows become numbers: texts and ids are replaced by their place in an array, so that a large run stays small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from datagov.reports.inert import inert


@dataclass(slots=True)
class Pool:
    """Texts numbered in the order they are met, made inert once; -1 stands for NULL."""

    texts: list[str] = field(default_factory=list)
    _known: dict[str, int] = field(default_factory=dict)

    def __call__(self, text: str | None) -> int:
        """The number of a text; a new one is made inert and kept."""
        if text is None:
            return -1
        number = self._known.get(text)
        if number is None:
            number = self._known[text] = len(self.texts)
            self.texts.append(inert(text))
        return number


@dataclass(frozen=True, slots=True)
class Places:
    """Row numbers of datasets and columns in the document, by their ids."""

    datasets: Mapping[int, int]
    columns: Mapping[int, int]

    def dataset(self, dataset_id: int | None) -> int:
        """The dataset's number, or -1."""
        return -1 if dataset_id is None else self.datasets.get(dataset_id, -1)

    def column(self, column_id: int | None) -> int:
        """The column's number, or -1."""
        return -1 if column_id is None else self.columns.get(column_id, -1)
