"""Builds the demo platform into a folder: databases from a seed, everything else copied as it stands in ``platform/``.

>>> from pathlib import Path
>>> from tempfile import TemporaryDirectory
>>> with TemporaryDirectory() as folder:
...     print(build(Path(folder)).name)
datagov.yaml
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from pathlib import Path

from datagov.demo import application
from datagov.errors import UsageError

SEED = 20201231
"""Seed of every made-up value."""

AS_OF = "2026-06-30T16:00:00Z"
"""The moment the demo is judged at; ``datagov.yaml`` of the platform names the same."""

_PLATFORM = Path(__file__).with_name("platform")
_UNDECLARED = Path(__file__).with_name("undeclared")


def build(folder: Path) -> Path:
    """Write the platform into ``folder``, which is made when missing; returns the path of its ``datagov.yaml``.

    Equal versions of Python's SQLite give equal bytes. Raises UsageError when the folder already holds a platform.
    """
    return _build(folder, _PLATFORM)


def build_undeclared(folder: Path) -> Path:
    """The same databases and pipeline with every declaration gone: no contract, register or selector."""
    return _build(folder, _UNDECLARED)


def _build(folder: Path, declarations: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "datagov.yaml"
    application_db, warehouse_db = folder / "app.db", folder / "warehouse.db"
    for path in (config, application_db, warehouse_db):
        if path.exists():
            raise UsageError(f"The folder {folder.name!r} already holds {path.name!r}; name an empty folder.")
    shutil.copytree(declarations, folder, dirs_exist_ok=True)
    if declarations != _PLATFORM:
        shutil.copytree(_PLATFORM / "pipeline", folder / "pipeline")
    application.create(application_db, seed=SEED)
    run_pipeline(folder / "pipeline", application_db=application_db, warehouse_db=warehouse_db)
    return config


def run_pipeline(pipeline: Path, *, application_db: Path, warehouse_db: Path) -> None:
    """Run the ``*.sql`` files in order of their names: ``app`` is the application database, ``dw`` the warehouse."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    try:
        database.create_function("sha256", 1, _sha256, deterministic=True)
        database.create_function("tokenise", 1, application.token, deterministic=True)
        database.execute("ATTACH ? AS app", (str(application_db),))
        database.execute("ATTACH ? AS dw", (str(warehouse_db),))
        for file in sorted(pipeline.glob("*.sql")):
            database.executescript(f"BEGIN;\n{file.read_text(encoding='utf-8')}\nCOMMIT;")
    finally:
        database.close()


def _sha256(value: str) -> str:
    """What the warehouse's ``sha256`` function does: 64 hex digits."""
    return hashlib.sha256(value.encode()).hexdigest()
