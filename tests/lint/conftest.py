"""The command as its users call it, and the demo platform audited once as the run that changes are compared with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from datagov import audit
from datagov.demo import build


@dataclass(frozen=True, slots=True)
class Linted:
    """What a call answered: its exit code, its JSON document, and what it said on stderr."""

    code: int
    document: dict[str, Any]
    stderr: str

    def lines(self, *prefixes: str) -> list[str]:
        """``file:line RULE subject`` of the findings of these rules."""
        return [
            f"{found['file']}:{found['line']} {found['rule']} {found['subject']}"
            for found in self.document["findings"]
            if found["rule"].startswith(prefixes or ("LINT",))
        ]


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "datagov", "lint", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=240,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def linted(*arguments: str, cwd: Path) -> Linted:
    done = call(*arguments, "-f", "json", cwd=cwd)
    assert done.stdout, done.stderr
    return Linted(done.returncode, json.loads(done.stdout), done.stderr)


@pytest.fixture(scope="session")
def audited_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    build(folder)
    audit.run(folder / "datagov.yaml")
    return folder


@pytest.fixture
def demo(audited_demo: Path, tmp_path: Path) -> Callable[..., Linted]:
    """Lint the demo's pipeline after a change: keywords are file stems and what is added, or (old, new)."""

    def against(*arguments: str, **changes: str | tuple[str, str]) -> Linted:
        folder = tmp_path / "platform"
        shutil.copytree(audited_demo, folder)
        for stem, change in changes.items():
            path = next(folder.glob(f"pipeline/*{stem}.sql"), folder / "pipeline" / f"{stem}.sql")
            text = path.read_text(encoding="utf-8") if path.exists() else ""
            if isinstance(change, tuple):
                assert change[0] in text
                path.write_text(text.replace(*change), encoding="utf-8")
            else:
                path.write_text(f"{text}\n{change}", encoding="utf-8")
        return linted("pipeline", "--against", "latest", *arguments, cwd=folder)

    return against
