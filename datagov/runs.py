"""Finished runs on disk: which there are, which is the last, and which of them saw everything."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from datagov.errors import UsageError

FILE = "evidence.sqlite"
SCANS = "scans"
"""Folder of scans: they have no findings, so no report takes one for the last run of the audit."""


def finished(output: Path, kind: str = "runs") -> list[Path]:
    """Evidence files of finished runs, or of scans, oldest first."""
    found = (output / kind).glob(f"*/{FILE}")
    return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.parent.name))


def last(output: Path) -> Path | None:
    """Evidence of the last finished run, or None."""
    return next(reversed(finished(output)), None)


def last_of(output: Path, config: str) -> Path | None:
    """Evidence of the last finished run of the configuration file of that name, or None."""
    from datagov.store import open_read_only

    for path in reversed(finished(output)):
        try:
            with closing(open_read_only(path)) as db:
                if db.execute("SELECT 1 FROM run WHERE key = 'config' AND value = ?", (config,)).fetchone():
                    return path
        except sqlite3.Error:
            continue
    return None


def standing(path: Path) -> str:
    """How far a run got, by its evidence.

    ``complete``; ``untraced`` when nothing but some SQL could not be read; ``stopped`` when somebody or something ended
    the run early; ``incomplete`` otherwise.
    """
    from datagov.store import open_read_only

    try:
        with closing(open_read_only(path)) as db:
            if db.execute("SELECT 1 FROM run WHERE key = 'complete' AND value = 'true'").fetchone():
                return "complete"
            stopped = db.execute("SELECT 1 FROM problem WHERE kind = 'stopped' AND object = 'audit'").fetchone()
            stages = {row[0] for row in db.execute("SELECT DISTINCT stage FROM problem WHERE fatal")}
    except sqlite3.Error:
        return "incomplete"
    return "stopped" if stopped else "untraced" if stages == {"trace"} else "incomplete"


COMPARABLE = frozenset({"complete", "untraced"})
"""Runs a change of SQL can be held against: what they did not trace only makes the answer an 'at least'."""


def comparable(output: Path) -> tuple[Path, Path | None]:
    """Evidence of the last run of COMPARABLE, and of the last run when that one is another and newer.

    When there is no such run it is the last run, and None. Raises UsageError when there is no run.
    """
    newest = find(output)
    for path in reversed(finished(output)):
        if standing(path) in COMPARABLE:
            return path, None if path == newest else newest
    return newest, None


def find(output: Path, name: str | None = None) -> Path:
    """Evidence of the run called ``name``, or of the last one. Raises UsageError when there is none."""
    runs = finished(output)
    if name is not None:
        for path in runs:
            if path.parent.name == name:
                return path
        known = ", ".join(path.parent.name for path in runs) or "none"
        raise UsageError(f"There is no finished run called {name!r} in {output}. Finished runs: {known}.")
    if not runs:
        raise UsageError(f"There is no finished run in {output}; run 'datagov audit' first.")
    return runs[-1]


def newest(output: Path, name: str | None = None) -> list[Path]:
    """Evidence of the run or scan called ``name``, or of the last twenty of both, newest first.

    Raises UsageError when there is none.
    """
    scans = finished(output, SCANS)
    if name is not None:
        return [path for path in scans if path.parent.name == name] or [find(output, name)]
    both = sorted([*finished(output), *scans], key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return both[:20] or [find(output)]
