"""The index of finished runs, beside them and outside their evidence: which digest each had when it ended.

``evidence.jsonl`` in the output folder has one JSON object per line, and every line the SHA-256 of itself and of the
line before it, so that a line that is changed, removed or put in between shows. Whoever may write the whole folder
could write it anew: the digest is therefore printed on every report, which leaves the machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from datagov.errors import DatagovError

FILE = "evidence.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is kept of a run. ``previous`` is the run whose verdicts on columns it started from, if any."""

    run: str
    as_of: str
    digest: str
    complete: bool
    findings: int
    previous: str | None


def append(output: Path, entry: Entry) -> None:
    """Add a run to the index of an output folder. Raises DatagovError when it cannot be written."""
    try:
        with os.fdopen(os.open(output / FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            last = next(reversed(file.read().splitlines()), "")
            end = os.fstat(file.fileno()).st_size
            try:
                file.write(_line(entry, last) + "\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), end)  # half a line would look like one that was changed
                raise
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise DatagovError(f"The digest of the evidence cannot be kept in {output / FILE}: {reason}.") from None


def read(output: Path) -> list[Entry]:
    """The entries of an output folder, oldest first. Raises DatagovError when a line does not follow the one before."""
    path = output / FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        raise DatagovError(f"The index of runs {path} cannot be read; nothing can be said of the evidence.") from None
    entries = []
    for number, (line, before) in enumerate(zip(lines, ["", *lines], strict=False), start=1):
        try:
            values = json.loads(line)
            values.pop("chain")
            entry = Entry(**values)
        except (ValueError, TypeError, KeyError, AttributeError):
            entry = None
        if entry is None or _line(entry, before) != line:
            raise DatagovError(
                f"{path}:{number}: This line was not written by a run that followed the line before; "
                "the index of runs was changed."
            )
        entries.append(entry)
    return entries


def find(output: Path, run: str) -> Entry | None:
    """The newest entry of a run, or None. Raises as :func:`read` does."""
    return next((entry for entry in reversed(read(output)) if entry.run == run), None)


def _line(entry: Entry, before: str) -> str:
    """An entry as its line, given the line before (empty for the first)."""
    values = asdict(entry)
    chain = hashlib.sha256(f"{before}\n{json.dumps(values)}".encode()).hexdigest()
    return json.dumps({**values, "chain": chain})
