"""How long a whole audit takes and how much memory all its processes hold together.

Run ``python benchmarks/audit.py``. Goals on two idle cores: the demo 30 s and 1.5 GB, an empty database 6 s,
``datagov --help`` 250 ms. Memory is the largest sum of resident sets seen, sampled every 50 ms; pages that
processes share count in each.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import psutil

from datagov.demo import build


def measure(*arguments: str, cwd: Path) -> tuple[float, float, int]:
    """(seconds, megabytes, exit code) of one datagov command with all its processes."""
    began = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "datagov", *arguments],
        cwd=cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    family, most = psutil.Process(running.pid), 0
    while running.poll() is None:
        held = 0
        try:
            members = [family, *family.children(recursive=True)]
        except psutil.Error:
            break
        for member in members:
            try:
                held += member.memory_info().rss
            except psutil.Error:
                continue
        most = max(most, held)
        time.sleep(0.05)
    return time.perf_counter() - began, most / 2**20, running.wait()


def best(count: int, *arguments: str, cwd: Path) -> tuple[float, float, int]:
    """The quickest of several measures, with the largest memory."""
    found = [measure(*arguments, cwd=cwd) for _ in range(count)]
    return min(f[0] for f in found), max(f[1] for f in found), found[0][2]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        demo, empty = Path(folder, "demo"), Path(folder, "empty")
        build(demo)
        empty.mkdir()
        with closing(sqlite3.connect(empty / "empty.db")) as db:
            db.execute("CREATE TABLE t (id INTEGER)")
            db.execute("DROP TABLE t")
        (empty / "datagov.yaml").write_text("platform: empty\nsources: {empty: {use: sqlite, path: empty.db}}\n")
        load = os.getloadavg()[0]
        print(f"load before: {load:.1f} on {os.cpu_count()} cores\n")
        print("| command | best time | goal | memory of all processes | goal | exit |")
        print("|---|---|---|---|---|---|")
        for name, arguments, cwd, goal, memory in (
            ("audit of the demo", ("audit", "-f", "html=r.html"), demo, "30 s", "1500 MB"),
            ("audit of an empty database", ("audit", "-f", "html=r.html"), empty, "6 s", ""),
            ("--help", ("--help",), empty, "0.25 s", ""),
        ):
            seconds, megabytes, code = best(3, *arguments, cwd=cwd)
            print(f"| {name} | {seconds:.2f} s | {goal} | {megabytes:.0f} MB | {memory} | {code} |")


if __name__ == "__main__":
    main()
