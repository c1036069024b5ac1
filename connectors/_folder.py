"""Walks a folder of text files: sorted, filtered by globs, never through a link that leads out of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from datagov.connectors._options import chosen, readable
from datagov.errors import SourceError, SourceLimitError

MAX_FILES = 20_000
"""Most files of one folder."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file or folder below the root; ``inside`` is its path there, with forward slashes, as UTF-8.

    ``fault`` says why it must not or cannot be read, as the end of a sentence, or is None.
    """

    path: Path
    inside: str
    fault: str | None = None


def files(
    root: Path, *, who: str, suffixes: Sequence[str], include: Sequence[str], exclude: Sequence[str]
) -> Sequence[Found]:
    """The chosen files below ``root`` by path, and folders that cannot be listed or are links out of it.

    Raises SourceError, which begins with ``who``, when there is no such folder, SourceLimitError for too many files.
    """
    if not os.path.lexists(root):
        raise SourceError(
            f"{who} does not exist or may not be seen; correct 'path', which starts at the configuration's folder."
        )
    if not os.path.isdir(root):  # noqa: PTH112 - unlike Path.is_dir it never raises
        raise SourceError(f"{who} is a file or a link to nothing; give the folder that holds the files.")
    found: list[Found] = []
    for one in _walk(root):
        wanted = one.fault or one.inside.lower().endswith(tuple(suffixes))
        if wanted and chosen(one.inside, include=() if one.fault else include, exclude=exclude):
            found.append(one if one.fault else _judged(one, root))
        if len(found) > MAX_FILES:
            raise SourceLimitError(f"{who} holds more than {MAX_FILES} files; split it into several sources.")
    return sorted(found, key=lambda one: one.inside)


def file_or_files(
    root: Path, *, who: str, suffixes: Sequence[str], include: Sequence[str], exclude: Sequence[str]
) -> Sequence[Found]:
    """The file itself when ``root`` is one, whatever its name; else the chosen files below the folder."""
    if os.path.isfile(root):  # noqa: PTH113 - unlike Path.is_file it never raises
        return [Found(root, root.name)]
    return files(root, who=who, suffixes=suffixes, include=include, exclude=exclude)


def _walk(root: Path) -> Iterator[Found]:
    """Every file, every folder that cannot be listed, and every linked folder, which is not walked into."""
    closed: list[Found] = []

    def note(error: OSError) -> None:
        path = Path(error.filename)
        if path == root:
            raise SourceError(f"The folder {readable(root.name)!r} cannot be listed: {error.strerror}.") from None
        closed.append(Found(path, _inside(path, root), f"cannot be listed: {error.strerror}; grant it or exclude it"))

    for folder, folders, names in os.walk(root, onerror=note):
        yield from (Found(path, _inside(path, root)) for path in (Path(folder, name) for name in names))
        for path in (Path(folder, name) for name in folders):
            if path.is_symlink():
                yield Found(path, _inside(path, root), "is a linked folder, which is not followed; exclude it")
    yield from closed


def _judged(one: Found, root: Path) -> Found:
    """The file with its fault, if it is not a regular file inside the folder."""
    real = Path(os.path.realpath(one.path))
    if not real.is_relative_to(os.path.realpath(root)):
        return Found(one.path, one.inside, "is a link that leads out of its folder; put a copy there or exclude it")
    if not os.path.isfile(real):  # noqa: PTH113 - unlike Path.is_file it never raises
        return Found(one.path, one.inside, "is not a regular file, or a link to nothing; exclude it")
    return one


def _inside(path: Path, root: Path) -> str:
    return readable(path.relative_to(root).as_posix())
