"""What ``datagov demo`` prints as next steps works where it was run, also when ``datagov`` is not on PATH."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_the_next_steps_work_where_the_demo_was_run(tmp_path: Path) -> None:
    bare = {**os.environ, "PATH": "/usr/bin:/bin"}
    built = subprocess.run(
        [sys.executable, "-m", "datagov", "demo"], cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=300
    )

    assert built.returncode == 0, built.stderr
    (told,) = [line for line in built.stdout.splitlines() if line.startswith("To run the commands above: ")]
    way = told.removeprefix("To run the commands above: ")
    change, _, how = way.partition(", and write ")
    command = how.removesuffix(" for datagov") or "datagov"
    step = next(line.strip() for line in built.stdout.splitlines() if line.strip().startswith("datagov explain"))
    for one in (step, "datagov verify"):
        script = f"{change} && {command} {one.removeprefix('datagov ')}"
        done = subprocess.run(["/bin/sh", "-c", script], cwd=tmp_path, env=bare, capture_output=True, text=True)
        assert done.returncode == 0, (script, done.stderr)
    assert shlex.split(change)[0] == "cd"
