"""The files of one table of a catalog, in its folder and those of its partitions, read in place without Spark."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from datagov.connectors import _s3 as s3
from datagov.connectors._files_store import LocalStore, S3Store, Store, StoredFile, told
from datagov.connectors._files_tables import partition_of
from datagov.connectors._hive_metastore import Partition
from datagov.connectors._lake_folders import is_local
from datagov.connectors._lake_rows import DataFile
from datagov.connectors._spark_relation import Relation
from datagov.connectors._spark_schema import arrow_type
from datagov.connectors._spark_text import Layout
from datagov.contracts import Source
from datagov.errors import SourceError

IN_PLACE = ("parquet", "orc")
"""Formats whose files say their own types."""
_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A file, the folder it was found in, and the values of the table's partition columns."""

    store: int
    file: StoredFile
    given: Mapping[str, Any]


class TableFiles:
    """What lies at a table's location. Raises SourceError, which begins with ``who``, when it is first looked at.

    ``partitions`` are those that the catalog has: files of others are not rows of the table. None means that the
    folders alone tell them.
    """

    def __init__(
        self,
        source: Source,
        options: s3.S3Options,
        relation: Relation,
        partitions: Sequence[Partition] | None,
        *,
        who: str,
    ) -> None:
        self._source = source
        self._options = options
        self._relation = relation
        self._partitions = partitions
        self._who = who
        self._stores: list[Store] = []

    @cached_property
    def files(self) -> Sequence[DataFile]:
        """Data files with the values of their partition; ``inside`` is what :meth:`open` takes."""
        return [
            DataFile(f"{one.store}/{one.file.inside}", one.file.size, None, one.given)
            for one in self._placed
            if one.file.size
        ]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(one.file.size for one in self._placed)

    @property
    def change_token(self) -> str:
        """A digest of what the catalog last heard, paths, sizes and times of all files, and values of partitions."""
        digest = blake2b(f"{self._relation.ddl_at}\0".encode(), digest_size=16)
        for one in self._placed:
            told = f"{one.store}/{one.file.inside}\0{one.file.version}\0{sorted(one.given.items())!r}\0"
            digest.update(told.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    def open(self, inside: str) -> AbstractContextManager[pa.NativeFile]:
        """A file for random access."""
        number, _, path = inside.partition("/")
        return self._stores[int(number)].open(path)

    @cached_property
    def _placed(self) -> Sequence[_Placed]:
        location = self._relation.location or ""
        if self._partitions is None or not self._relation.partitions:
            number, found = self._listed(location)
            return [_Placed(number, file, self._typed(partition_of(file.inside))) for file in found]
        return self._of_partitions(location, self._partitions)

    def _of_partitions(self, location: str, partitions: Sequence[Partition]) -> list[_Placed]:
        """Files of the partitions that the catalog has; the table's own folder is listed once for all in it."""
        root = path_of(location)
        within: dict[str, Mapping[str, Any]] = {}
        elsewhere: list[tuple[str, Mapping[str, Any]]] = []
        for one in partitions:
            values = self._typed(dict(zip(self._relation.partitions, one.values, strict=False)))
            place = path_of(one.location or "")
            if place.startswith(f"{root}/"):
                within[place.removeprefix(f"{root}/")] = values
            else:
                elsewhere.append((one.location or "", values))
        placed = []
        if within:
            number, found = self._listed(location)
            for file in found:
                folders = file.inside.split("/")[:-1]
                heads = ("/".join(folders[:end]) for end in range(len(folders), 0, -1))
                head = next((head for head in heads if head in within), None)
                if head is not None:
                    placed.append(_Placed(number, file, within[head]))
        for place, given in elsewhere:
            number, found = self._listed(place)
            placed += [_Placed(number, file, given) for file in found]
        return placed

    def _listed(self, location: str) -> tuple[int, Sequence[StoredFile]]:
        store = self._store(location)
        listing = store.list(include=(), exclude=())
        if listing.faults:
            inside, fault = listing.faults[0]
            raise SourceError(f"{self._who}: {told(inside)!r} in its folder {fault}.")
        self._stores.append(store)
        return len(self._stores) - 1, listing.files

    def _store(self, location: str) -> Store:
        if s3.is_s3(location):
            return S3Store(self._source, location, s3.filesystem(self._source, self._options))
        if not is_local(location) or not location:
            raise SourceError(f"{self._who} lies where it cannot be read without Spark; exclude it.")
        root = Path(path_of(location))
        if not os.path.isdir(root):  # noqa: PTH112 - unlike Path.is_dir it never raises
            raise SourceError(
                f"{self._who} has a folder that is gone or may not be seen; restore it, drop the table or exclude it."
            )
        return LocalStore(self._source, root, root.name)

    @cached_property
    def _types(self) -> Mapping[str, pa.DataType | None]:
        return {str(one["name"]): arrow_type(one["type"]) for one in self._relation.fields}

    def _typed(self, values: Mapping[str, str | None]) -> dict[str, Any]:
        """Texts of partition values as their columns hold them; what is not of its type stays text."""
        known = {name.lower(): name for name in self._relation.partitions}
        made: dict[str, Any] = {}
        for said, text in values.items():
            name = known.get(said.lower())
            if name is None or text is None or text == _NULL:
                continue
            kind = self._types.get(name)
            try:
                made[name] = pa.scalar(text).cast(kind).as_py() if kind is not None else text
            except pa.ArrowException:
                made[name] = text
        return made


def can_be_read(relation: Relation) -> bool:
    """Whether the files of a table can be read in place: of a known format, on this machine or in S3.

    Hive's transactional tables are not: what they deleted stands in files beside.
    """
    place = relation.location or ""
    reached = bool(place) and (s3.is_s3(place) or is_local(place))
    acid = relation.properties.get("transactional", "").lower() == "true"
    known = relation.provider in IN_PLACE or isinstance(relation.layout, Layout)
    return relation.kind == "table" and known and reached and not acid


def path_of(location: str) -> str:
    """The path of a local location, without what Hadoop writes before it; of another all of it.

    >>> path_of("file:/srv/lake/t/"), path_of("file:///srv/lake"), path_of("s3a://b/t")
    ('/srv/lake/t', '/srv/lake', 's3a://b/t')
    """
    if not location.startswith("file:"):
        return location.rstrip("/")
    rest = location.removeprefix("file:")
    return (f"/{rest.lstrip('/')}" if not urlsplit(location).netloc else rest).rstrip("/")
