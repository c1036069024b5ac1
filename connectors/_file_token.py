"""The change token of a database that lies in files: a digest while they are small, else their sizes and times."""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path

_DIGEST_BYTES = 256 * 1024 * 1024
"""Up to this size together the token is a digest of what the files hold."""


def version(status: os.stat_result) -> str:
    """Size and times of a file; the time of the last change is kept by no copy, unlike that of the last writing."""
    return f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}"


def file_token(paths: Iterable[Path]) -> str:
    """A text that changes whenever the data may have changed; the same for equal files. Empty ones do not count."""
    files = [file for file in paths if file.exists() and file.stat().st_size]
    if sum(file.stat().st_size for file in files) > _DIGEST_BYTES:
        return "stat:" + ",".join(version(file.stat()) for file in files)
    digest = blake2b(digest_size=16)
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1024 * 1024):
                digest.update(block)
    return f"blake2b:{digest.hexdigest()}"
