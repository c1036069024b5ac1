"""Which files make a table: folders to a depth, with Hive partitions as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import unquote

from datagov.connectors._files_formats import stem
from datagov.connectors._files_store import StoredFile

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(slots=True)
class FileTable:
    """A dataset of files. ``folder`` is where all of them lie, or the one file; ``""`` is the root itself."""

    name: str
    folder: str
    files: list[StoredFile] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def change_token(self) -> str:
        """A digest of the paths, sizes and times (on S3: versions) of all files."""
        digest = blake2b(digest_size=16)
        for file in self.files:
            digest.update(f"{file.inside}\0{file.version}\0".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @property
    def partitions(self) -> list[str]:
        """Names of the partition columns, in the order of the folders."""
        return list(dict.fromkeys(name for file in self.files for name in partition_of(file.inside)))


def partition_of(inside: str) -> Mapping[str, str | None]:
    """Partition columns and their value by the folders of a path (Hive's ``key=value``).

    >>> partition_of("t/day=2025-01-01/city=%E5%8C%97/part-0.parquet")
    {'day': '2025-01-01', 'city': '北'}
    """
    found: dict[str, str | None] = {}
    for folder in inside.split("/")[:-1]:
        name, mark, value = folder.partition("=")
        if mark and name:
            found[unquote(name)] = None if value == _HIVE_NULL else unquote(value)
    return found


def tables(files: Iterable[StoredFile], *, depth: int, schema: str, root: str) -> dict[str, FileTable]:
    """Files by the table they belong to.

    A table is a folder ``depth`` levels below the root with everything in it; a file that lies higher is a table of its
    own; a root that is partitioned itself is one table, called ``root``. With one level the name is ``schema.table``,
    with more the folders are the schema.
    """
    found: dict[str, FileTable] = {}
    for file in files:
        parts = file.inside.split("/")
        folders: list[str] = []
        for part in parts[:-1]:
            if "=" in part:
                break
            folders.append(part)
        partitioned = len(folders) < len(parts) - 1
        if len(folders) >= depth or (partitioned and folders):
            words = folders[:depth]
            place = "/".join(words)
        elif partitioned:
            words, place = [root], ""
        else:
            words, place = [*folders, stem(parts[-1])], file.inside
        name = ".".join(words if len(words) > 1 else [schema, *words])
        found.setdefault(name, FileTable(name, place)).files.append(file)
    return found
