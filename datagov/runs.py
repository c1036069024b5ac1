"""Finished runs on disk: which there are, and which is the last."""

from __future__ import annotations

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
