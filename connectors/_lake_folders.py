"""Finds the tables below a folder or an S3 prefix: folders that hold the log of a table format."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote, urlsplit

from datagov.connectors._files_store import s3_reason
from datagov.connectors._options import readable
from datagov.contracts import Source
from datagov.errors import SourceError, SourceLimitError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

MOST_FOLDERS = 20_000
DEEPEST = 8

Place = TypeVar("Place")

Fault = tuple[str, str]
"""A folder, and why it was not looked into as the end of a sentence."""


def local_tables(root: Path, marker: str, *, who: str) -> tuple[Sequence[str], Sequence[Fault]]:
    """Paths below ``root`` of folders with a folder ``marker``; ``""`` is the root. What leads out is a fault.

    Raises SourceError, which begins with ``who``, when there is no such folder.
    """
    if not root.is_dir():
        raise SourceError(
            f"{who} does not exist or may not be seen; correct 'path', which starts at the configuration's folder."
        )
    found: list[str] = []
    faults: list[Fault] = []
    looked = 0

    def note(error: OSError) -> None:
        faults.append((_inside(Path(error.filename), root), f"cannot be listed: {error.strerror}"))

    for folder, below, _ in os.walk(root, onerror=note):
        looked += 1
        if looked > MOST_FOLDERS:
            raise SourceLimitError(f"{who} holds more than {MOST_FOLDERS} folders; split it into several sources.")
        inside = _inside(Path(folder), root)
        if marker in below:
            found.append(inside)
            below.clear()
            continue
        links = [name for name in below if Path(folder, name).is_symlink()]
        faults += [(_inside(Path(folder, name), root), "is a linked folder, which is not followed") for name in links]
        deep = inside.count("/") >= DEEPEST
        below[:] = [] if deep else sorted(name for name in below if name not in links and not _is_hidden(name))
    return found, faults


def stored_tables(filesystem: FileSystem, root: str, marker: str, *, who: str) -> tuple[Sequence[str], Sequence[Fault]]:
    """The same in a bucket, whose ``root`` is ``bucket/prefix``; one request lists a folder."""
    from pyarrow.fs import FileSelector, FileType

    found: list[str] = []
    faults: list[Fault] = []
    waiting, looked = [root], 0
    while waiting:
        folder = waiting.pop()
        inside = folder.removeprefix(root).strip("/")
        looked += 1
        if looked > MOST_FOLDERS:
            raise SourceLimitError(f"{who} holds more than {MOST_FOLDERS} folders; split it into several sources.")
        try:
            listed = filesystem.get_file_info(FileSelector(folder))
        except OSError as error:
            if not inside:
                raise SourceError(f"{who} cannot be listed: {s3_reason(error)}.") from None
            faults.append((inside, f"cannot be listed: {s3_reason(error)}"))
            continue
        below = sorted(one.base_name for one in listed if one.type is FileType.Directory)
        if marker in below:
            found.append(inside)
        elif inside.count("/") < DEEPEST:
            waiting += [posixpath.join(folder, name) for name in reversed(below) if not _is_hidden(name)]
    return found, faults


def named(inside: str, *, schema: str, root: str) -> str:
    """The dataset of a folder: ``schema.folder``, of one deeper down its folders with dots.

    >>> named("person", schema="lake", root="bronze"), named("crm/person", schema="lake", root="bronze")
    ('lake.person', 'crm.person')
    >>> named("", schema="lake", root="bronze")
    'lake.bronze'
    """
    words = inside.split("/") if inside else [root]
    return ".".join(words if len(words) > 1 else [schema, *words])


def told_apart(found: Iterable[tuple[str, Place]]) -> tuple[dict[str, Place], list[tuple[str, Place]]]:
    """What is found by the name of its dataset, and what has a name that something found before it has already.

    >>> told_apart([("crm.person", "person"), ("crm.person", "crm/person")])
    ({'crm.person': 'person'}, [('crm.person', 'crm/person')])
    """
    first: dict[str, Place] = {}
    others: list[tuple[str, Place]] = []
    for name, place in found:
        if first.setdefault(name, place) != place:
            others.append((name, place))
    return first, others


def is_local(location: str) -> bool:
    """Whether a table's location is a path of this machine."""
    return "://" not in location or location.startswith("file:")


def namespace_of(location: str) -> str:
    """OpenLineage namespace of a table by where its files lie.

    >>> namespace_of("s3://lake/crm/person"), namespace_of("file:///lake/crm/person")
    ('s3://lake', 'file')
    """
    if is_local(location):
        return "file"
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}"


def told_location(location: str, source: Source) -> str:
    """A location as SQL may name it; on this machine from the configuration's folder, or its last two steps."""
    if not is_local(location):
        return location
    path = Path(unquote(urlsplit(location).path) if location.startswith("file:") else location)
    base = Path(os.path.abspath(source.base))  # noqa: PTH100 - keeps links
    inside = path.relative_to(base) if path.is_relative_to(base) else Path(*path.parts[-2:])
    return readable(inside.as_posix())


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "_"))


def _inside(path: Path, root: Path) -> str:
    inside = readable(path.relative_to(root).as_posix())
    return "" if inside == "." else inside
