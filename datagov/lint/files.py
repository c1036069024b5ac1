"""Which SQL files to lint, and how to read each: its dialect, its encoding, and the job of a run it belongs to."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from datagov.config import Config
from datagov.config import expand as expanded
from datagov.contracts import Source
from datagov.errors import UsageError

MAX_BYTES = 5 * 1024 * 1024
"""Largest file that is read, as in an audit."""


@dataclass(frozen=True, slots=True)
class SqlFile:
    """A file to lint. ``name`` is its path as findings show it; ``text`` is None when ``fault`` says why not."""

    path: Path
    name: str
    dialect: str
    source: str
    text: str | None
    fault: str | None = None

    def __repr__(self) -> str:
        return f"SqlFile({self.name!r}, {self.dialect!r})"


@dataclass(frozen=True, slots=True)
class _Folder:
    """A sqlfolder source of the configuration."""

    source: Source
    root: Path

    def _globs(self, key: str) -> Sequence[str]:
        globs = self.source.options.get(key) or ()
        return (globs,) if isinstance(globs, str) else tuple(map(str, globs))

    def wants(self, path: Path) -> bool:
        """Whether the source lets a file of its folder pass."""
        inside = path.relative_to(self.root).as_posix()
        include = self._globs("include")
        return (not include or any(fnmatchcase(inside, glob) for glob in include)) and not any(
            fnmatchcase(inside, glob) for glob in self._globs("exclude")
        )

    def option(self, key: str, otherwise: str) -> str:
        """An option that is text."""
        value = self.source.options.get(key)
        return value if isinstance(value, str) else otherwise


def choose(
    paths: Sequence[Path], *, base: Path, dialect: str | None, config: Config | None, dialects: Mapping[str, str]
) -> list[SqlFile]:
    """The files of ``paths`` in the order of their names; a folder gives its ``*.sql`` files.

    The dialect of a file is the one asked for, else that of the sqlfolder source that holds it, else the one that
    ``dialects`` has for its name, or for all files of the nearest folder above it. Raises UsageError for a path that
    is not there and for a file whose dialect nobody tells.
    """
    if dialect:
        _known(dialect)
    folders = _folders(config)
    found: dict[Path, Path | None] = {}
    closed: list[OSError] = []
    for path in paths:
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link is named as the user names it
        if not absolute.exists():
            raise UsageError(f"There is no file or folder {path}; name SQL files or folders of them.")
        if absolute.is_dir():
            for inside in _walk(absolute, closed):
                found.setdefault(inside, absolute)
        else:
            found[absolute] = None
    if not found and not closed and not dialects:
        raise UsageError(f"There is no .sql file in {', '.join(map(str, paths))}; nothing was checked.")
    chosen = [
        SqlFile(Path(error.filename), shown(Path(error.filename), base), "", "lint", None, _why(error))
        for error in closed
    ]
    for path, walked in sorted(found.items(), key=lambda item: shown(item[0], base)):
        folder = next((one for one in folders if path.is_relative_to(one.root)), None)
        if folder is not None and walked is not None and not folder.wants(path):
            continue
        name = shown(path, base)
        speaks = dialect or (folder.option("dialect", "") if folder else "") or _spoken(name, dialects)
        if not speaks:
            raise UsageError(
                f"Nobody says in which SQL dialect {name} is written; add --dialect (postgres, mysql, snowflake, …), "
                "or a source with 'use: sqlfolder' that holds it to datagov.yaml."
            )
        text, fault = _read(path, folder.option("encoding", "utf-8") if folder else "utf-8", inside=walked)
        chosen.append(SqlFile(path, name, speaks, folder.source.name if folder else "lint", text, fault))
    return chosen


def _known(dialect: str) -> None:
    from datagov.lineage.dialects import speech

    speech(dialect)


def _spoken(name: str, dialects: Mapping[str, str]) -> str:
    """The dialect of a file, or of its neighbours where they have one in common; empty when nobody tells."""
    if name in dialects:
        return dialects[name]
    folder = name
    while "/" in folder:
        folder = folder.rpartition("/")[0]
        near = {dialect for file, dialect in dialects.items() if file.startswith(f"{folder}/")}
        if near:
            return near.pop() if len(near) == 1 else ""
    return ""


def shown(path: Path, base: Path) -> str:
    """A path as facts show it: from the configuration's folder, with forward slashes, as UTF-8."""
    name = Path(os.path.relpath(path, base)).as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _folders(config: Config | None) -> list[_Folder]:
    """The sqlfolder sources, the innermost folder first."""
    found = []
    for source in config.sources if config else ():
        path = source.options.get("path")
        if source.plugin == "sqlfolder" and isinstance(path, str):
            root = Path(os.path.abspath(source.base / expanded(path)))  # noqa: PTH100 - see choose
            found.append(_Folder(source, root))
    return sorted(found, key=lambda folder: -len(folder.root.parts))


def _walk(root: Path, closed: list[OSError]) -> Iterator[Path]:
    """SQL files below a folder; linked folders and hidden ones are not walked into, ``closed`` gets what cannot be."""
    for folder, folders, names in os.walk(root, onerror=closed.append):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if name.lower().endswith(".sql"))


def _why(error: OSError) -> str:
    return f"It cannot be read: {error.strerror}."


def _read(path: Path, encoding: str, *, inside: Path | None) -> tuple[str | None, str | None]:
    """The text of a file, or why there is none: a sentence without anything of its content.

    A file that was found in the folder ``inside`` has to be there: a link may lead to anything of the machine.
    """
    try:
        if inside is not None and not path.resolve().is_relative_to(inside.resolve()):
            return None, "It is a link out of the folder; name the file itself, or leave it out."
        if not path.is_file():
            return None, "It is not a regular file; leave it out."
        if path.stat().st_size > MAX_BYTES:
            return None, f"It is larger than {MAX_BYTES // 1024 // 1024} MB; split it or leave it out."
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8).decode(encoding)
    except OSError as error:
        return None, _why(error)
    except (UnicodeError, LookupError):
        return None, f"It is not {encoding} text; save it so, or set the source's 'encoding'."
    if "\0" in text:
        return None, f"It holds NUL characters, so it is not {encoding} text; convert it."
    return text, None
