"""A folder of ClickHouse as another one that may be opened: data is linked, what the engine may write is copied.

The engine puts a lock file into a folder it opens, repairs logs, merges and drops parts. So it never opens the folder
itself. Files of a part are never changed once they are written, and definitions of tables are replaced by new files, so
both are linked; all else is small and copied. Tables that take rows from streams as soon as they are opened are left
out, and databases whose tables are those of another system.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from datagov.connectors import _clickhouse_catalog as catalog
from datagov.errors import SourceError

_COPY_MB = 512
"""Most that is copied: metadata, and tables of engines without parts."""

_MEMORY, _MEMORY_MB, _MEMORY_FREE_MB = Path("/dev/shm"), 32, 1_024  # noqa: S108 - folders of our own are made in it
"""A file system in memory, the most that is copied there, and what must be free in it."""

_STREAMS = re.compile(
    r"\bENGINE\s*=\s*(Kafka|RabbitMQ|NATS|FileLog|S3Queue|AzureQueue|MaterializedPostgreSQL|MaterializedMySQL"
    r"|YTsaurus|ExternalDistributed)\b"
)
_DATABASE = re.compile(r"\s*ATTACH\s+DATABASE\b.*?\bENGINE\s*=\s*(?P<engine>\w+)", re.DOTALL)
PART = "checksums.txt"
"""The file that every part has."""
_UNFINISHED = "tmp"
"""Sets and joins do not load their rows where this folder is missing; nothing in it is needed."""
_DETACHED = "detached"
"""Parts of a table that it does not read any more."""
_OF_A_TABLE = 3
"""How deep the folder of a table lies: ``store/abc/abcd…`` or ``data/database/table``. Above it the two names are those
of databases and tables.
"""
_VERSION = "format_version.txt"
"""Made with a table, and never changed."""


@dataclass(frozen=True, slots=True, order=True)
class LeftOut:
    """A table that reads a stream, or with ``engine`` a database of another system: neither is in the snapshot."""

    name: str
    engine: str = ""


class _RoomError(Exception):
    """More would have to be copied than there is room for."""


def check_folder(folder: Path, *, who: str) -> None:
    """Raise a SourceError sentence when there is no readable folder of ClickHouse, or another program has it open."""
    if not folder.exists():
        raise SourceError(f"{who} does not exist; correct 'path', which starts at the configuration's folder.")
    if not folder.is_dir():
        raise SourceError(f"{who} is a file; give the folder in which 'metadata' and 'store' lie.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise SourceError(f"{who} may not be read by this account; grant it read permission.")
    if not (folder / "metadata").is_dir():
        raise SourceError(f"{who} is not a folder of ClickHouse or chDB; give the one in which 'metadata' lies.")
    status = folder / "status"
    if not status.exists():
        return
    try:
        with status.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        raise SourceError(
            f"{who} is open in another program; run again when that program is done, or read a copy."
        ) from None


def snapshot(folder: Path, *, who: str) -> tuple[Path, list[LeftOut]]:
    """A new folder that shows what ``folder``, a path without links, holds, and what is left out.

    It is made in memory where this machine has such a file system with room: thousands of links and folders take
    seconds on a disk. Where TMPDIR is set, or much has to be copied, it is made among the temporary files.
    """
    if _memory_has_room():
        try:
            return _made(folder, _MEMORY, _MEMORY_MB, who=who)
        except _RoomError:
            pass
    try:
        return _made(folder, None, _COPY_MB, who=who)
    except _RoomError:
        raise SourceError(
            f"{who} holds more than {_COPY_MB} MB outside of MergeTree tables, which would have to be copied, or this "
            "machine's temporary files have no room left; keep them in MergeTree tables, or make room."
        ) from None


def _made(folder: Path, parent: Path | None, most_mb: int, *, who: str) -> tuple[Path, list[LeftOut]]:
    target = Path(tempfile.mkdtemp(prefix="datagov-", dir=parent))
    left_out: list[LeftOut] = []
    try:
        _shown(str(folder), str(target), folder, left_out, [most_mb << 20], who=who)
        target.chmod(0o700)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise _RoomError from None
            raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
        raise
    return target, sorted(left_out)


def _memory_has_room() -> bool:
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return False
    about = os.statvfs(_MEMORY)
    return about.f_bavail * about.f_frsize >= _MEMORY_FREE_MB << 20


def _shown(place: str, here: str, root: Path, left_out: list[LeftOut], room: list[int], *, who: str) -> None:
    """One folder and those inside of it; ``room`` is how many bytes may still be copied."""
    with os.scandir(place) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    whole = any(entry.name == PART for entry in found)
    depth = len(Path(place).relative_to(root).parts)
    for entry in found:
        to = f"{here}/{entry.name}"
        leads_nowhere = entry.is_symlink() and not Path(entry.path).exists()
        if entry.is_dir() or leads_nowhere:
            if entry.is_symlink():
                Path(to).symlink_to(_inside(Path(entry.path), root, who=who))
            elif entry.name == _UNFINISHED and (not depth or depth >= _OF_A_TABLE):
                Path(to).mkdir()
            elif entry.name != _DETACHED or depth < _OF_A_TABLE:
                Path(to).mkdir()
                _shown(entry.path, to, root, left_out, room, who=who)
        elif entry.name == "status":
            continue
        elif whole:
            Path(to).symlink_to(Path(entry.path).resolve() if entry.is_symlink() else entry.path)
        elif entry.name.endswith(".sql") and place == f"{root}/metadata":
            _show_database(entry.path, to, left_out)
        elif entry.name.endswith(".sql"):
            if _STREAMS.search(Path(entry.path).read_text("utf-8", "replace")):
                left_out.append(LeftOut(unquote(entry.name.removesuffix(".sql"))))
            else:
                Path(to).symlink_to(Path(entry.path).resolve() if entry.is_symlink() else entry.path)
        elif entry.name == _VERSION and not entry.is_symlink():
            Path(to).symlink_to(entry.path)
        else:
            room[0] -= entry.stat().st_size
            if room[0] < 0:
                raise _RoomError
            shutil.copy2(entry.path, to)
    if whole:
        shutil.copystat(place, here)


def _show_database(path: str, to: str, left_out: list[LeftOut]) -> None:
    """The definition of a database is copied: a link in its place would be taken for a database of that file's name."""
    said = Path(path).read_text("utf-8", "replace")
    found = _DATABASE.match(said)
    if found and (found["engine"] not in catalog.DATABASES or _STREAMS.search(said)):
        left_out.append(LeftOut(unquote(Path(path).stem), found["engine"]))
        return
    shutil.copy2(path, to)


def _inside(link: Path, folder: Path, *, who: str) -> str:
    """What a link says; one that leads out of the folder is refused."""
    if not link.resolve().is_relative_to(folder.resolve()):
        raise SourceError(f"{who} holds a link that leads out of it; give a folder that holds its own data.")
    return str(link.readlink())
