"""A whole file from outside: a regular one of bounded size, also when it is a device or grows while it is read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import IO


class TooLargeError(Exception):
    """The file holds more than its reader takes."""


def read(path: Path, *, most: int) -> bytes:
    """All bytes of a file of at most ``most``.

    Raises TooLargeError, and OSError whose ``strerror`` fits into a sentence.
    """
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise TooLargeError
        held = file.read(most + 1)
    if len(held) > most:
        raise TooLargeError
    return held


def opened(path: Path) -> IO[bytes]:
    """The file, open for reading. Raises OSError, also for a pipe, without waiting for its writer, and for a device."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    file = open(number, "rb") if stat.S_ISREG(os.fstat(number).st_mode) else None  # noqa: PTH123, SIM115 - a descriptor
    if file is None:
        os.close(number)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return file
