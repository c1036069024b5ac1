"""A folder of ClickHouse as another one that may be opened: data is linked, what the engine may write is copied.

The engine puts a lock file into a folder it opens, repairs logs, merges and drops parts. So it never opens the folder
itself. Files of a part are never changed once they are written, and definitions of tables are replaced by new files, so
both are linked; all else is small and copied. Tables that take rows from streams as soon as they are opened are left
out.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from pathlib import Path

from datagov.errors import SourceError

_COPY_MB = 512
"""Most that is copied: metadata, and tables of engines without parts."""

_STREAMS = re.compile(
    r"\bENGINE\s*=\s*(Kafka|RabbitMQ|NATS|FileLog|S3Queue|AzureQueue|MaterializedPostgreSQL|MaterializedMySQL"
    r"|YTsaurus|ExternalDistributed)\b"
)
PART = "checksums.txt"
"""The file that every part has."""
_VERSION = "format_version.txt"
"""Made with a table, and never changed."""


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


def snapshot(folder: Path, target: Path, *, who: str) -> list[str]:
    """Make ``target`` show what ``folder``, a path without links, holds; returns names of tables that are left out."""
    left_out: list[str] = []
    try:
        _shown(str(folder), str(target), folder, left_out, [_COPY_MB << 20], who=who)
        target.chmod(0o700)
    except OSError as error:
        raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
    return sorted(left_out)


def _shown(place: str, here: str, root: Path, left_out: list[str], room: list[int], *, who: str) -> None:
    """One folder and those inside of it; ``room`` is how many bytes may still be copied."""
    with os.scandir(place) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    whole = any(entry.name == PART for entry in found)
    for entry in found:
        to = f"{here}/{entry.name}"
        if entry.is_dir():
            if entry.is_symlink():
                Path(to).symlink_to(_inside(Path(entry.path), root, who=who))
            elif entry.name not in ("tmp", "detached"):
                Path(to).mkdir()
                _shown(entry.path, to, root, left_out, room, who=who)
        elif entry.name == "status":
            continue
        elif whole:
            Path(to).symlink_to(Path(entry.path).resolve() if entry.is_symlink() else entry.path)
        elif entry.name.endswith(".sql"):
            if _STREAMS.search(Path(entry.path).read_text("utf-8", "replace")):
                left_out.append(entry.name.removesuffix(".sql"))
            else:
                Path(to).symlink_to(Path(entry.path).resolve() if entry.is_symlink() else entry.path)
        elif entry.name == _VERSION and not entry.is_symlink():
            Path(to).symlink_to(entry.path)
        else:
            room[0] -= entry.stat().st_size
            if room[0] < 0:
                raise SourceError(
                    f"{who} holds more than {_COPY_MB} MB outside of MergeTree tables, which would have to be "
                    "copied; keep them in MergeTree tables."
                )
            shutil.copy2(entry.path, to)
    if whole:
        shutil.copystat(place, here)


def _inside(link: Path, folder: Path, *, who: str) -> str:
    """What a link says; one that leads out of the folder is refused."""
    if not link.resolve().is_relative_to(folder.resolve()):
        raise SourceError(f"{who} holds a link that leads out of it; give a folder that holds its own data.")
    return str(link.readlink())
