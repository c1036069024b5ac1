"""Writes this project again, as ``sqlmesh init`` makes it: ``python build.py``, with SQLMesh and DuckDB installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

KEPT = ("config.yaml", "models", "audits", "seeds")

if __name__ == "__main__":
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as work:
        command = [str(Path(sys.executable).with_name("sqlmesh")), "init", "-t", "default", "duckdb"]
        subprocess.run(command, check=True, cwd=work)
        for name in KEPT:
            made = Path(work) / name
            if made.is_dir():
                shutil.copytree(made, here / name, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gitkeep"))
            else:
                shutil.copy(made, here / name)
