"""Engines of this process by folder: each runs chDB in a child, on a snapshot, for all who read the folder.

A worker of an audit constructs a connector per task. Copying and opening a folder of some thousand tables takes
seconds, so an engine whose last reader left stays a little while, and serves the next one when the folder is the same.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

from datagov.connectors import _clickhouse_engine as engine
from datagov.connectors._clickhouse_open import Caps, ClickhouseError
from datagov.connectors._clickhouse_snapshot import PART, check_folder, snapshot
from datagov.errors import SourceError, SourceLimitError

_GRACE = 10
"""Seconds that a reader waits longer than a statement may work."""
_OPEN_SECONDS = 120.0
_FAREWELL_SECONDS = 3.0
"""How long an engine may take to leave by itself."""
_ENGINE_MB = 512
"""What an engine takes beside the memory of one statement."""
_RESTING = 2
"""Engines without a reader that are kept."""


class Engine:
    """A running child and its snapshot. Made by :func:`claimed`; ``left_out`` is what the snapshot does not have, and
    ``offline`` whether the kernel refuses every network to the child.
    """

    def __init__(self, folder: Path, state: str, caps: Caps, *, who: str) -> None:
        self.folder, self.state, self.limit_mb = folder, state, caps.memory_mb + _ENGINE_MB
        self.readers = 1
        self._lock = threading.Lock()
        self._copy, self.left_out = snapshot(folder, who=who)
        try:
            self._start(who)
        except BaseException:
            shutil.rmtree(self._copy, ignore_errors=True)
            raise

    def ask(self, sql: bytes, settings: Mapping[str, str], form: str, *, seconds: float, who: str) -> bytearray:
        """What a statement answers in a format of ClickHouse.

        Raises ClickhouseError, and SourceError beginning with ``who`` when the child is gone or does not answer.
        """
        header = json.dumps({"settings": dict(settings), "format": form}).encode()
        with self._lock:
            try:
                self._peer.settimeout(seconds + _GRACE)
                self._peer.sendall(engine.HEAD.pack(len(header), len(sql)) + header + sql)
                return self._taken()
            except TimeoutError:
                self.close()
                raise SourceError(f"{who} stopped answering; run again, and look at this machine's load.") from None
            except (OSError, EOFError):
                raise self._ended(who) from None

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it still answers."""
        try:
            return self.ask(b"SELECT 1", {}, "TabSeparated", seconds=0, who="") == b"1\n"
        except (SourceError, ClickhouseError):
            return False

    def rest(self) -> None:
        """Let it end by itself unless it is asked soon."""
        header = json.dumps({"rest": True}).encode()
        with self._lock, suppress(OSError):
            self._peer.sendall(engine.HEAD.pack(len(header), 0) + header)

    def close(self) -> None:
        """End the child and remove the snapshot; the child does so by itself, also when this process is killed here."""
        self._peer.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(_FAREWELL_SECONDS)
        with suppress(OSError):
            self._child.kill()
        self._child.wait()
        shutil.rmtree(self._copy, ignore_errors=True)

    def _start(self, who: str) -> None:
        self._peer, theirs = socket.socketpair()
        words = [str(theirs.fileno()), str(self._copy), str(self.limit_mb)]
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - this Python, and paths made here
                [sys.executable, "-P", "-m", "datagov.connectors._clickhouse_engine", *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        try:
            self._peer.settimeout(_OPEN_SECONDS)
            self.offline = self._taken() == engine.OFFLINE
        except ClickhouseError as error:
            self.close()
            reason = f": ClickHouse reports error {error.code}" if error.code else ""
            raise SourceError(f"{who} cannot be opened{reason}; check that this version of chDB reads it.") from None
        except (OSError, EOFError):
            raise self._ended(who) from None

    def _taken(self) -> bytearray:
        kind, size = engine.ANSWER.unpack(engine.taken(self._peer, engine.ANSWER.size))
        data = engine.taken(self._peer, size)
        if kind == engine.FAILED:
            raise ClickhouseError("", int(data))
        return data

    def _ended(self, who: str) -> SourceError:
        """Why the child is gone."""
        self._peer.close()
        with suppress(subprocess.TimeoutExpired):
            self._child.wait(5)
        code = self._child.poll()
        self.close()
        if code == engine.OUTGREW:
            return SourceLimitError(f"{who} needs more memory than 'memory_mb' allows; raise it, or exclude the table.")
        cause = f" (signal {signal.Signals(-code).name})" if code is not None and code < 0 else ""
        return SourceError(f"{who} cannot be read because the process of chDB ended{cause}; run again.")


_lock = threading.RLock()
_kept: dict[Path, Engine] = {}
"""The newest engine of each folder, in the order in which they were last left."""


def claimed(folder: Path, caps: Caps, *, who: str) -> Engine:
    """An engine over the folder as it is now; give it back to :func:`released`. Raises SourceError."""
    check_folder(folder, who=who)
    place = folder.resolve()
    try:
        now = _state(place)
    except OSError as error:
        raise SourceError(f"{who} cannot be read: {error.strerror}.") from None
    with _lock:
        known = _kept.get(place)
        if known is not None:
            known.readers += 1
            if known.state == now and known.limit_mb >= caps.memory_mb + _ENGINE_MB and known.alive:
                return known
            _kept.pop(place, None)
            known.readers -= 1
            if not known.readers:
                known.close()
        made = Engine(place, now, caps, who=who)
        _kept[place] = made
        return made


def released(one: Engine) -> None:
    """A reader left: the engine rests, and the one that rested longest ends when more than two do."""
    with _lock:
        one.readers -= 1
        if one.readers:
            return
        if _kept.get(one.folder) is not one:
            one.close()
            return
        one.rest()
        _kept[one.folder] = _kept.pop(one.folder)
        for other in [each for each in _kept.values() if not each.readers][:-_RESTING]:
            del _kept[other.folder]
            other.close()


def running() -> list[int]:
    """Process ids of the engines of this process."""
    return [one.pid for one in _kept.values()]


@atexit.register
def _end() -> None:
    for one in list(_kept.values()):
        one.close()
    _kept.clear()


def _state(folder: Path) -> str:
    """A digest that differs when tables, parts or files outside of parts do; files of a part never change."""
    digest = blake2b(digest_size=16)
    todo = [str(folder)]
    while todo:
        place = todo.pop()
        with os.scandir(place) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        if any(entry.name == PART for entry in found):
            continue
        for entry in found:
            told = entry.stat(follow_symlinks=False)
            digest.update(
                f"{entry.path}\0{told.st_size}\0{told.st_mtime_ns}\0{told.st_ino}\n".encode("utf-8", "replace")
            )
            if entry.is_dir(follow_symlinks=False):
                todo.append(entry.path)
    return digest.hexdigest()
