"""Where files lie: a local folder or an S3 bucket. Lists them and opens them, and never writes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pyarrow as pa

from datagov.connectors._file_token import version
from datagov.connectors._folder import MAX_FILES, Found, files
from datagov.connectors._options import chosen, readable, shown
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file: its path below the root with forward slashes, its size in bytes, and what changes when it does."""

    inside: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Listing:
    """What is there to read, by path, and what is there and must not or cannot be read: (path, end of a sentence)."""

    files: Sequence[StoredFile]
    faults: Sequence[tuple[str, str]]
    managed: Mapping[str, str]
    """Folders whose files a table format manages, with the connector that reads them: some rows may be deleted."""


class Store(ABC):
    """A folder of files. Every method raises SourceError with a sentence when it cannot be reached."""

    who: str
    """How messages call it."""
    namespace: str
    """OpenLineage namespace of its datasets."""
    place: str
    """The folder as SQL names it: a URI, or a path from the configuration's folder (of an absolute one its end)."""

    @abstractmethod
    def list(self, *, include: Sequence[str], exclude: Sequence[str]) -> Listing:
        """Every file that the globs let pass; hidden ones (``.x``, ``_x``) are no data."""

    @abstractmethod
    def open(self, inside: str) -> AbstractContextManager[pa.NativeFile]:
        """A file for random access."""


class LocalStore(Store):
    """A folder of this machine; links that lead out of it are not followed."""

    def __init__(self, source: Source, root: Path, told: str) -> None:
        self._root = root
        self.who = f"Source {source.name!r}: the folder {shown(root, source)!r}"
        self.namespace = "file"
        self.place = Path(told).name if Path(told).is_absolute() else Path(told).as_posix()

    def list(self, *, include: Sequence[str], exclude: Sequence[str]) -> Listing:
        found = files(self._root, who=self.who, suffixes=("",), include=include, exclude=exclude)
        stored, faults = [], []
        for one in found:
            if hidden(one.inside):
                continue
            try:
                stored.append(_stored(one)) if one.fault is None else faults.append((one.inside, one.fault))
            except OSError as error:
                faults.append((one.inside, f"cannot be read: {error.strerror}; grant it or exclude it"))
        return Listing(stored, faults, managed(_logs(self._root, found), [file.inside for file in stored]))

    @contextmanager
    def open(self, inside: str) -> Iterator[pa.NativeFile]:
        try:
            opened = pa.OSFile(str(self._root / inside))
        except OSError as error:
            # Arrow's own text of the reason holds the whole path.
            reason = os.strerror(error.errno) if error.errno else "it is gone or may not be read"
            raise SourceError(f"{self.who}: the file {told(inside)!r} cannot be opened: {reason}.") from None
        with opened:
            yield opened


class S3Store(Store):
    """A prefix of an S3 bucket, by Arrow's own client."""

    def __init__(self, source: Source, url: str, filesystem: FileSystem) -> None:
        parts = urlsplit(url)
        self._filesystem = filesystem
        self._prefix = f"{parts.netloc}/{parts.path.strip('/')}".rstrip("/")
        self.who = f"Source {source.name!r}: {parts.scheme}://{self._prefix}"
        self.namespace = f"s3://{parts.netloc}"
        self.place = f"s3://{self._prefix}"

    def list(self, *, include: Sequence[str], exclude: Sequence[str]) -> Listing:
        from pyarrow.fs import FileSelector, FileType

        try:
            found = self._filesystem.get_file_info(FileSelector(self._prefix, recursive=True))
        except OSError as error:
            raise SourceError(f"{self.who} cannot be listed: {s3_reason(error)}.") from None
        stored = []
        paths = [info.path.removeprefix(f"{self._prefix}/") for info in found]
        for info, inside in zip(found, paths, strict=True):
            if info.type is not FileType.File or hidden(inside) or not chosen(inside, include=include, exclude=exclude):
                continue
            stored.append(StoredFile(inside, info.size, f"{info.size}-{info.mtime_ns}"))
            if len(stored) > MAX_FILES:
                raise SourceLimitError(f"{self.who} holds more than {MAX_FILES} files; split it into several sources.")
        stored.sort(key=lambda one: one.inside)
        return Listing(stored, (), managed(paths, [file.inside for file in stored]))

    @contextmanager
    def open(self, inside: str) -> Iterator[pa.NativeFile]:
        try:
            opened = self._filesystem.open_input_file(f"{self._prefix}/{inside}")
        except OSError as error:
            raise SourceError(f"{self.who}: the file {told(inside)!r} cannot be opened: {s3_reason(error)}.") from None
        with opened:
            yield opened


def told(inside: str) -> str:
    """A path as messages show it: without the values of partitions, which are values of a column.

    >>> told("t/phone=13800138000/part-0.parquet")
    't/phone=…/part-0.parquet'
    """
    *folders, name = inside.split("/")
    return "/".join([*(f"{one.partition('=')[0]}=…" if "=" in one else one for one in folders), name])


def hidden(inside: str) -> bool:
    """Whether some part of a path begins with a dot or an underscore, as Hive and Spark mark what is no data.

    The folder of a partition is data all the same, as it is for Spark.

    >>> hidden("t/_SUCCESS"), hidden("t/day=1/part-0.parquet"), hidden("t/_day=1/part-0.parquet")
    (True, False, False)
    """
    *folders, name = inside.split("/")
    marked = any(one.startswith(".") or (one.startswith("_") and "=" not in one) for one in folders)
    return marked or name.startswith((".", "_"))


def managed(paths: Iterable[str], chosen: Iterable[str]) -> dict[str, str]:
    """Folders below which a table format keeps its log, as far as chosen files lie in them; ``""`` is the root.

    >>> managed(["t/_delta_log/0.json", "u/metadata/v1.metadata.json"], ["t/part-0.parquet", "u/data/part-0.parquet"])
    {'t': 'delta', 'u': 'iceberg'}
    >>> managed(["_delta_log/0.json"], ["part-0.parquet"]), managed(["t/_delta_log/0.json"], ["v/part-0.parquet"])
    ({'': 'delta'}, {})
    """
    within = {folder for inside in chosen for folder in _above(inside)}
    found = {}
    for path in paths:
        folder, mark, _ = f"/{path}".partition("/_delta_log/")
        if mark and folder[1:] in within:
            found[folder[1:]] = "delta"
        folder, mark, rest = f"/{path}".rpartition("/metadata/")
        if mark and rest.endswith(".metadata.json") and folder[1:] in within:
            found[folder[1:]] = "iceberg"
        folder, mark, _ = f"/{path}".partition("/.hoodie/")
        if mark and folder[1:] in within:
            found[folder[1:]] = "hudi"
    return found


def _above(inside: str) -> Iterator[str]:
    """The folders that a file lies in, up to the root."""
    while inside:
        inside = inside.rpartition("/")[0]
        yield inside


def _logs(root: Path, found: Iterable[Found]) -> Iterator[str]:
    """Paths of files of logs in all folders that hold some file, whether or not globs let the logs pass."""
    folders = {root: ""}
    for one in found:
        if one.fault is None:
            parents = list(one.path.relative_to(root).parents)
            folders |= {root / inside: f"{readable(inside.as_posix())}/" for inside in parents if inside.name}
    for folder, inside in folders.items():
        for name in ("_delta_log", "metadata", ".hoodie"):
            try:
                yield from (f"{inside}{name}/{file}" for file in os.listdir(folder / name))  # noqa: PTH208 - names only
            except OSError:
                continue


def _stored(one: Found) -> StoredFile:
    status = one.path.stat()
    return StoredFile(one.inside, status.st_size, version(status))


def s3_reason(error: OSError) -> str:
    """Why a store refused, in words of our own: the client's text holds URLs and request ids."""
    text = str(error)
    for mark, reason in (
        ("ACCESS_DENIED", "access is denied; grant s3:ListBucket and s3:GetObject"),
        ("NO_SUCH_BUCKET", "there is no such bucket"),
        ("INVALID_ACCESS_KEY_ID", "the access key is not known there"),
        ("SIGNATURE_DOES_NOT_MATCH", "the secret does not fit the access key"),
        ("NETWORK_CONNECTION", "it cannot be reached; check 'endpoint' and the network"),
        ("does not exist", "it does not exist"),
        ("not found", "it does not exist"),
    ):
        if mark.lower() in text.lower():
            return reason
    return f"the store answered with {type(error).__name__}"
