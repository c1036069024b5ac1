"""Paths in SQL → datasets of files: ``s3://platform/bronze/person/*.parquet`` is what lies at ``…/bronze/person``."""

from __future__ import annotations

import re
from collections.abc import Iterator

_GLOB = re.compile(r"[*?\[{]")
_SAME_STORE = re.compile(r"^s3[an]://")


class Locations:
    """Datasets by where their files lie: a URI, or a path from the configuration's folder."""

    def __init__(self) -> None:
        self._datasets: dict[str, list[int]] = {}

    def add(self, dataset_id: int, location: str) -> None:
        """Make a dataset of files known."""
        self._datasets.setdefault(_plain(location), []).append(dataset_id)

    def find(self, path: str) -> tuple[int, ...]:
        """The datasets that a path in SQL may mean: what lies there, else what lies in the nearest folder above it.

        An absolute path is also a relative one from some folder on: another machine mounts the same lake elsewhere.
        """
        for place in _places(_plain(_GLOB.split(path, maxsplit=1)[0])):
            if place in self._datasets:
                return tuple(self._datasets[place])
        return ()


def _plain(path: str) -> str:
    """One spelling of a place.

    >>> _plain("s3a://b/x/"), _plain("./lake//x"), _plain("file:///data/lake")
    ('s3://b/x', 'lake/x', '/data/lake')
    """
    store, mark, rest = _SAME_STORE.sub("s3://", path.casefold()).partition("://")
    if not mark:
        rest = store
    rest = re.sub(r"/(\./)*/*", "/", rest.removeprefix("./")).rstrip("/")
    return f"{store}://{rest}" if mark and store != "file" else rest


def _places(path: str) -> Iterator[str]:
    """The path and the folders above it; of an absolute path also what is left without its first folders."""
    store, mark, rest = path.rpartition("://")
    parts = rest.split("/")
    for end in range(len(parts), 0, -1):
        yield f"{store}{mark}{'/'.join(parts[:end])}"
    if not mark and path.startswith("/"):
        for start in range(1, len(parts)):
            for end in range(len(parts), start + 1, -1):
                yield "/".join(parts[start:end])
