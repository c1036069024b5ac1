"""The committed dbt project, and copies of it that a test may change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagov.contracts import Source

PROJECT = Path(__file__).with_name("dbt_project")
OLDER = ("target-1.5", "target-1.6", "target-1.7")
"""Artifacts of the same project by dbt 1.5, 1.6 and 1.7: manifest v9, v10 and v11."""


def copy(folder: Path, *, target: str = "target") -> Path:
    """The project in ``folder/dw``, with the artifacts of one dbt as its target folder."""
    ignored = shutil.ignore_patterns("target*", "*.py", "raw.sql")
    project = Path(shutil.copytree(PROJECT, folder / "dw", ignore=ignored))
    shutil.copytree(PROJECT / target, project / "target")
    return project


def source(folder: Path, **options: Any) -> Source:
    return Source(2, "dw", "dbt", {"path": "dw", **options}, folder, "datagov.yaml", 5)


def edited(project: Path, change: Callable[[dict[str, Any]], object], *, name: str = "manifest") -> None:
    """Change an artifact of a copy as JSON."""
    path = project / "target" / f"{name}.json"
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))
