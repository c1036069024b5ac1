"""Who changed a file most, from the history that git keeps: the program is asked, no hook of the repository runs."""

from __future__ import annotations

import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from datagov.errors import SourceError

SECONDS = 120
"""Longest time git may take."""

_SAFE = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}


def authors(root: Path, *, commits: int) -> Mapping[str, str]:
    """File, by its path below ``root``, to the e-mail address, as .mailmap corrects it, of who changed it most often.

    Of equally frequent ones the latest. Only the last ``commits`` count, merges left out. Raises SourceError with the
    end of a sentence.
    """
    command = ["git", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false", "-C", os.fspath(root), "log"]
    command += [f"--max-count={commits}", "--no-merges", "--use-mailmap", "--format=%x01%aE", "--name-only", "-z"]
    command += ["--relative", "--no-renames"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed options
            command,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"PATH": os.environ.get("PATH", ""), **_SAFE},
        )
    except FileNotFoundError:
        raise SourceError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise SourceError(f"git took longer than {SECONDS} s; look at fewer commits") from None
    if done.returncode:
        raise SourceError("git knows no history here, or the repository belongs to another account")
    return _most(done.stdout.decode("utf-8", "surrogateescape"))


def _most(log: str) -> Mapping[str, str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    author = ""
    for part in log.split("\0"):
        token = part.lstrip("\n")
        if token.startswith("\1"):
            author = token[1:].strip()
        elif token and author:
            counts[token][author] += 1
    return {file: found.most_common(1)[0][0] for file, found in counts.items()}
